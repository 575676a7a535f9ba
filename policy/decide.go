package policy

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
)

//go:embed policies.cedar
var builtIn []byte

// Subject is who asks.
type Subject struct {
	Role string // viewer, officer, supervisor, administrator
	// Instructor: lent by a supplier, for exercises only.
	Instructor bool
}

// Act is what may be done to a sensor, beside the safe acts.
type Act string

// The acts. There are no others.
const (
	Turn   Act = "turn"
	Look   Act = "look"
	Record Act = "record"
	Fly    Act = "fly"
)

// Thing is the sensor that it is done to.
type Thing struct {
	Exercise bool
}

// State is how the authority stands to which the act appeals.
type State string

// The states of an authority.
const (
	NoAuthority State = "none"
	Draft       State = "draft"
	Signed      State = "signed"    // by two people, in force
	Emergency   State = "emergency" // by one, to be reviewed
	Expired     State = "expired"
)

// Facts are what a decision rests on beside who and what.
type Facts struct {
	Authority State
	Purpose   Purpose
	// Inside is the fence's verdict on the command.
	Inside bool
}

// Decision says whether, and why.
type Decision struct {
	Allowed bool
	// Reasons are the policies that permit or forbid, in order of their names,
	// or the rule that is compiled in.
	Reasons []string
}

// Policy decides. It is safe for use by several goroutines.
type Policy struct{ set *cedar.PolicySet }

// New reads the policies that are built in.
func New() (*Policy, error) {
	set, err := cedar.NewPolicySetFromBytes("policies.cedar", builtIn)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return &Policy{set}, nil
}

// Text is what the policies say.
func (p *Policy) Text() string { return string(builtIn) }

// Hash names the policies: the SHA-256 of their text, in hexadecimal digits.
func (p *Policy) Hash() string {
	h := sha256.Sum256(builtIn)
	return hex.EncodeToString(h[:])
}

// Decide says whether the subject may do the act to the thing. A safe act is
// never refused; nothing else is allowed outside the fence, for a purpose that
// is none, or without a policy that permits it.
func (p *Policy) Decide(s Subject, act string, thing Thing, f Facts) Decision {
	switch {
	case Safe(act):
		return Decision{true, []string{"safe-act"}}
	case !Lawful(string(f.Purpose)):
		return Decision{false, []string{"no-purpose"}}
	case !f.Inside:
		return Decision{false, []string{"outside-fence"}}
	}
	person, sensor := types.NewEntityUID("Person", "it"), types.NewEntityUID("Sensor", "it")
	entities := types.EntityMap{
		person: {
			UID: person, Parents: types.NewEntityUIDSet(types.NewEntityUID("Role", types.String(s.Role))),
			Attributes: types.NewRecord(types.RecordMap{"instructor": types.Boolean(s.Instructor)}),
		},
		sensor: {UID: sensor, Attributes: types.NewRecord(types.RecordMap{"exercise": types.Boolean(thing.Exercise)})},
	}
	// A role has what those before it have.
	var below types.EntityUIDSet
	for _, role := range [...]string{"viewer", "officer", "supervisor", "administrator"} {
		uid := types.NewEntityUID("Role", types.String(role))
		entities[uid] = types.Entity{UID: uid, Parents: below}
		below = types.NewEntityUIDSet(uid)
	}
	decision, why := cedar.Authorize(p.set, entities, types.Request{
		Principal: person, Action: types.NewEntityUID("Action", types.String(act)), Resource: sensor,
		Context: types.NewRecord(types.RecordMap{"authority": types.String(f.Authority), "purpose": types.String(f.Purpose)}),
	})
	var reasons []string
	for _, r := range why.Reasons {
		name := string(r.PolicyID)
		if q := p.set.Get(r.PolicyID); q != nil {
			if id, ok := q.Annotations()["id"]; ok {
				name = string(id)
			}
		}
		reasons = append(reasons, name)
	}
	slices.Sort(reasons)
	switch {
	case len(why.Errors) > 0: // a policy that cannot be evaluated decides nothing
		return Decision{false, []string{"policy-error"}}
	case len(reasons) == 0:
		reasons = []string{"no-policy"}
	}
	return Decision{bool(decision), reasons}
}
