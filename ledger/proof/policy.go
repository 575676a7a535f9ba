package proof

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Rule says which witnesses must have cosigned: one, or so many of some rules.
type Rule struct {
	witness note.Verifier
	need    int
	members []*Rule
}

// holds says whether those who cosigned are enough. No rule asks for nobody.
func (r *Rule) holds(signed []note.Signature) bool {
	if r == nil {
		return true
	}
	if r.witness != nil {
		return slices.ContainsFunc(signed, func(s note.Signature) bool { return s.Name == r.witness.Name() && s.Hash == r.witness.KeyHash() })
	}
	n := 0
	for _, m := range r.members {
		if m.holds(signed) {
			n++
		}
	}
	return n >= r.need
}

// maxPolicyLines bounds a policy.
const maxPolicyLines = 4096

// ParsePolicy reads the keys that an overseer trusts, and the quorum of
// witnesses, from a policy (C2SP tlog-policy). URLs are not looked at.
func ParsePolicy(text string) (Keys, error) {
	lines := strings.Split(text, "\n")
	if len(lines) > maxPolicyLines {
		return Keys{}, errors.New("policy: it is too long")
	}
	p := policy{rules: map[string]*Rule{}, used: map[string]bool{}, keys: map[string]bool{}}
	for i, line := range lines {
		if err := p.line(line); err != nil {
			return Keys{}, fmt.Errorf("policy, line %d: %w", i+1, err)
		}
	}
	if !p.quorum {
		return Keys{}, errors.New("policy: there is no quorum line")
	}
	return p.out, nil
}

// policy is a policy that is being read.
type policy struct {
	out    Keys
	quorum bool
	rules  map[string]*Rule // by name
	used   map[string]bool  // names that are members
	keys   map[string]bool  // public keys
}

func (p *policy) line(line string) error {
	if strings.ContainsFunc(line, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
		return errors.New("it has a control character")
	}
	w := strings.FieldsFunc(line, func(c rune) bool { return c == ' ' || c == '\t' })
	if len(w) == 0 || w[0][0] == '#' {
		return nil
	}
	switch {
	case w[0] == "log" && (len(w) == 2 || len(w) == 3):
		v, err := ParseLogKey(w[1])
		if err != nil {
			return err
		}
		p.out.Log = append(p.out.Log, v)
		return p.key(w[1])
	case w[0] == "witness" && (len(w) == 3 || len(w) == 4):
		v, err := ParseWitnessKey(w[2])
		if err != nil {
			return err
		}
		p.out.Witnesses = append(p.out.Witnesses, v)
		if err := p.key(w[2]); err != nil {
			return err
		}
		return p.define(w[1], &Rule{witness: v})
	case w[0] == "group" && len(w) >= 4:
		return p.group(w[1], w[2], w[3:])
	case w[0] == "quorum" && len(w) == 2 && !p.quorum:
		p.quorum = true
		if w[1] == "none" {
			return nil
		}
		p.out.Rule = p.rules[w[1]]
		if p.out.Rule == nil {
			return fmt.Errorf("%q is not defined before it", w[1])
		}
		return nil
	}
	return errors.New("it is no line of a policy")
}

// key refuses a public key that is there before, under whatever name.
func (p *policy) key(vkey string) error {
	k := vkey[strings.LastIndexByte(vkey, '+')+1:]
	if parts := strings.SplitN(vkey, "+", 3); len(parts) == 3 {
		k = parts[2] // base64 has plus signs of its own
	}
	if p.keys[k] {
		return errors.New("its key is there before")
	}
	p.keys[k] = true
	return nil
}

func (p *policy) define(name string, r *Rule) error {
	if name == "none" || p.rules[name] != nil {
		return fmt.Errorf("the name %q is taken", name)
	}
	p.rules[name] = r
	return nil
}

func (p *policy) group(name, need string, members []string) error {
	r := &Rule{}
	for _, m := range members {
		if p.rules[m] == nil || p.used[m] {
			return fmt.Errorf("the member %q is not defined before it, or is a member already", m)
		}
		p.used[m] = true
		r.members = append(r.members, p.rules[m])
	}
	switch need {
	case "any":
		r.need = 1
	case "all":
		r.need = len(members)
	default:
		n, err := strconv.Atoi(need)
		if err != nil || n < 1 || n > len(members) || strconv.Itoa(n) != need {
			return fmt.Errorf("%.20q is not any, all or a number from 1 to %d", need, len(members))
		}
		r.need = n
	}
	return p.define(name, r)
}
