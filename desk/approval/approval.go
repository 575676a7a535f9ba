// Package approval keeps acts that wait for a second person.
//
// Where desk.Policy asks for two people, a service refuses the act of one with
// desk.ErrSecondPerson. What was asked for is then kept here as a request:
// another person of at least the same role approves or refuses it within a
// time. Approved, it runs, once, with both names in its record.
package approval

import (
	"encoding/json"
	"maps"
	"time"

	"atalaya/desk"
)

// DocumentKind is that of requests among the desk's documents.
const DocumentKind desk.DocumentKind = "approval"

// State is how far a request has come.
type State string

// States of a request.
const (
	Pending   State = "pending"   // waits for a second person
	Approved  State = "approved"  // is being done
	Done      State = "done"      // was approved and done
	Failed    State = "failed"    // was approved and could not be done
	Unknown   State = "unknown"   // was approved; the program ended while it was done
	Refused   State = "refused"   // by a second person
	Withdrawn State = "withdrawn" // by who had asked
	Expired   State = "expired"   // nobody decided in time
)

// Request is an act that waits, or waited, for a second person.
type Request struct {
	ID      string            `json:"id" doc:"name of the request, for ever"`
	Kind    string            `json:"kind" doc:"what kind of act: person.role, rule.change"`
	Subject string            `json:"subject" doc:"what it is about: person:P3"`
	Fields  map[string]string `json:"fields" doc:"what it would do, for the second person to judge"`
	Reason  string            `json:"reason,omitempty" doc:"why it is asked for"`
	Least   desk.Role         `json:"least" doc:"who approves has at least this role"`
	By      desk.Who          `json:"by" doc:"who asked"`
	Asked   time.Time         `json:"asked" doc:"when"`
	Expires time.Time         `json:"expires" doc:"it can be approved until then"`
	State   State             `json:"state" enum:"pending,approved,done,failed,unknown,refused,withdrawn,expired" doc:"how far it has come"`
	Second  desk.Who          `json:"second" doc:"who decided; empty: nobody yet"`
	Decided time.Time         `json:"decided" doc:"when they did; zero: not yet"`
	Note    string            `json:"note,omitempty" doc:"what they wrote"`
	Detail  string            `json:"detail,omitempty" doc:"why it could not be done"`
	Version uint64            `json:"version" doc:"counts the changes, from 1"`
}

// kept is a request as its document has it.
type kept struct {
	Request
	Act json.RawMessage `json:"act"`
}

// Wish is an act that takes two people.
type Wish struct {
	Kind    string
	Subject string
	Fields  map[string]string
	Reason  string
	// Act is what the kind's Do understands.
	Act json.RawMessage
	// Request is the client's name for the wish; a retry has the same. Empty:
	// one that already waits for the same act is given.
	Request string
}

// Needed says that an act takes two people, and which one it is: give the Wish
// to Book.Ask. It matches desk.ErrSecondPerson.
type Needed struct {
	Wish Wish
	err  error
}

// Need makes a Needed of what desk.Policy says about an act; nil where it
// allows it.
func Need(allowed error, w Wish) error {
	if allowed == nil {
		return nil
	}
	return &Needed{w, allowed}
}

func (n *Needed) Error() string { return n.err.Error() }

// Unwrap gives what the policy said.
func (n *Needed) Unwrap() error { return n.err }

// same reports whether a request is for the same act.
func (k *kept) same(who desk.Who, w *Wish) bool {
	return k.Kind == w.Kind && k.Subject == w.Subject && k.By.ID == who.ID && string(k.Act) == string(w.Act) && maps.Equal(k.Fields, w.Fields)
}
