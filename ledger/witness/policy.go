package witness

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Policy says whose signatures a checkpoint needs (C2SP tlog-policy).
type Policy struct {
	Logs      []note.Verifier
	Witnesses []Peer
	quorum    *group // nil: none is needed
	stated    bool   // there is a quorum line
}

// Peer is a witness of a policy.
type Peer struct {
	Name string // in the policy
	Key  *Cosigner
	URL  string // where it takes checkpoints; empty: only its signatures are known
}

// group is a witness, or so many of some groups.
type group struct {
	witness *Cosigner
	need    int
	members []*group
}

func (g *group) holds(signed func(note.Verifier) bool) bool {
	if g.witness != nil {
		return signed(g.witness)
	}
	n := 0
	for _, m := range g.members {
		if m.holds(signed) {
			n++
		}
	}
	return n >= g.need
}

// Held reports whether the quorum is held by those of the witnesses who signed.
func (p *Policy) Held(signed func(note.Verifier) bool) bool {
	return p.quorum == nil || p.quorum.holds(signed)
}

// Quorum reports whether the policy asks for any witness.
func (p *Policy) Quorum() bool { return p.quorum != nil }

// HeldBy reports whether a checkpoint has the quorum's cosignatures. raw is a
// checkpoint of the policy's log; who signed for the log is not asked here.
func (p *Policy) HeldBy(raw []byte) bool {
	got := p.cosignatures(raw)
	return p.Held(func(v note.Verifier) bool {
		return slices.ContainsFunc(got, func(s note.Signature) bool { return s.Name == v.Name() && s.Hash == v.KeyHash() })
	})
}

// cosignatures gives those of the policy's witnesses on a checkpoint.
func (p *Policy) cosignatures(raw []byte) []note.Signature {
	var all []note.Verifier
	for _, w := range p.Witnesses {
		all = append(all, w.Key)
	}
	n, err := note.Open(raw, note.VerifierList(all...))
	if err != nil {
		return nil
	}
	return n.Sigs
}

// limits of a policy: what the format asks for is 32 of each.
const (
	maxLines  = 4096
	maxPolicy = 1 << 20 // bytes
)

// ParsePolicy reads a policy. One without a quorum line is refused.
func ParsePolicy(text string) (*Policy, error) {
	p, err := parsePolicy(text)
	if err == nil && !p.stated {
		err = errors.New("policy: there is no quorum line; 'quorum none' asks for no witness")
	}
	return p, err
}

// ParseLogs reads the log lines of a policy: those whose checkpoints a witness
// cosigns. It needs no quorum.
func ParseLogs(text string) ([]note.Verifier, error) {
	p, err := parsePolicy(text)
	if err != nil {
		return nil, err
	}
	if len(p.Logs) == 0 {
		return nil, errors.New("policy: there is no line 'log VKEY'")
	}
	return p.Logs, nil
}

func parsePolicy(text string) (*Policy, error) {
	if len(text) > maxPolicy || strings.Count(text, "\n") > maxLines {
		return nil, errors.New("policy: it is too long")
	}
	r := policyReader{policy: &Policy{}, names: map[string]*group{}, used: map[string]bool{}, keys: map[string]bool{}}
	for i, line := range strings.Split(text, "\n") {
		if err := r.line(line); err != nil {
			return nil, fmt.Errorf("policy, line %d: %w", i+1, err)
		}
	}
	return r.policy, nil
}

type policyReader struct {
	policy *Policy
	names  map[string]*group
	used   map[string]bool // a name is a member once at most
	keys   map[string]bool // public keys, whatever they are called
}

func (r *policyReader) line(line string) error {
	if strings.ContainsFunc(line, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
		return errors.New("a control character")
	}
	w := strings.FieldsFunc(line, func(c rune) bool { return c == ' ' || c == '\t' })
	if len(w) == 0 || strings.HasPrefix(w[0], "#") {
		return nil
	}
	switch {
	case w[0] == "log" && (len(w) == 2 || len(w) == 3):
		v, err := note.NewVerifier(w[1])
		if err != nil {
			return fmt.Errorf("key of a log %q: %w", w[1], err)
		}
		r.policy.Logs = append(r.policy.Logs, v)
		return r.key(w[1])
	case w[0] == "witness" && (len(w) == 3 || len(w) == 4):
		c, err := ParseCosigner(w[2])
		if err != nil {
			return err
		}
		p := Peer{Name: w[1], Key: c}
		if len(w) == 4 {
			p.URL = w[3]
		}
		r.policy.Witnesses = append(r.policy.Witnesses, p)
		return errors.Join(r.define(w[1], &group{witness: c}), r.key(w[2]))
	case w[0] == "group" && len(w) >= 4:
		return r.group(w[1], w[2], w[3:])
	case w[0] == "quorum" && len(w) == 2:
		if r.policy.stated {
			return errors.New("a second quorum")
		}
		r.policy.stated = true
		if w[1] == none {
			return nil
		}
		if r.policy.quorum = r.names[w[1]]; r.policy.quorum == nil {
			return fmt.Errorf("%q is not defined before it", w[1])
		}
		return nil
	}
	return fmt.Errorf("%.80q is none of log, witness, group and quorum", line)
}

// none is the quorum of nobody.
const none = "none"

func (r *policyReader) define(name string, g *group) error {
	if name == none || r.names[name] != nil {
		return fmt.Errorf("the name %q is taken", name)
	}
	r.names[name] = g
	return nil
}

// key refuses a second line with the same public key.
func (r *policyReader) key(vkey string) error {
	_, rest, _ := strings.Cut(vkey, "+")
	_, key, _ := strings.Cut(rest, "+")
	if r.keys[key] {
		return fmt.Errorf("the key of %q is there before", vkey)
	}
	r.keys[key] = true
	return nil
}

func (r *policyReader) group(name, need string, members []string) error {
	g := &group{}
	for _, m := range members {
		switch {
		case r.names[m] == nil:
			return fmt.Errorf("%q is not defined before it", m)
		case r.used[m]:
			return fmt.Errorf("%q is a member already", m)
		}
		r.used[m] = true
		g.members = append(g.members, r.names[m])
	}
	switch need {
	case "any":
		g.need = 1
	case "all":
		g.need = len(members)
	default:
		n, err := strconv.Atoi(need)
		if err != nil || n < 1 || n > len(members) || strconv.Itoa(n) != need {
			return fmt.Errorf("%q is not any, all or a number from 1 to %d", need, len(members))
		}
		g.need = n
	}
	return r.define(name, g)
}
