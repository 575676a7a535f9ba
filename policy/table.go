package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Table gives all that the policies allow, of every request that there can be
// and some that there cannot: a line each, beside the safe acts. Two tables tell
// what a change of the policies changes.
func (p *Policy) Table() []string {
	var out []string
	for _, r := range requests() {
		d := p.Decide(r.subject, r.act, r.thing, r.facts)
		if d.Allowed && !Safe(r.act) {
			out = append(out, fmt.Sprintf("%s instructor=%v %s exercise=%v %s %s: %s", r.subject.Role, r.subject.Instructor, r.act, r.thing.Exercise, r.facts.Authority, r.facts.Purpose, strings.Join(d.Reasons, " ")))
		}
	}
	return out
}

// Difference tells what one table has that another has not: what goes after "-",
// what comes after "+".
func Difference(was, is []string) []string {
	var out []string
	for _, l := range was {
		if !slices.Contains(is, l) {
			out = append(out, "- "+l)
		}
	}
	for _, l := range is {
		if !slices.Contains(was, l) {
			out = append(out, "+ "+l)
		}
	}
	return out
}

// request is one that Decide can be asked.
type request struct {
	subject Subject
	act     string
	thing   Thing
	facts   Facts
}

// requests are all that there can be, with names that there are not.
func requests() (out []request) {
	acts := []string{string(Turn), string(Look), string(Record), string(Fly), "fire", "arm", "release", ""}
	for _, a := range SafeActs() {
		acts = append(acts, string(a))
	}
	purposes := append(Purposes(), "protest", "assembly", "union", "party", "press", "")
	for _, role := range []string{"viewer", "officer", "supervisor", "administrator", "auditor", ""} {
		for _, instructor := range []bool{false, true} {
			for _, act := range acts {
				for _, exercise := range []bool{false, true} {
					for _, state := range []State{NoAuthority, Draft, Signed, Emergency, Expired, "", "invented"} {
						for _, purpose := range purposes {
							for _, inside := range []bool{true, false} {
								out = append(out, request{Subject{role, instructor}, act, Thing{exercise}, Facts{state, purpose, inside}})
							}
						}
					}
				}
			}
		}
	}
	return out
}
