package rule

import (
	"time"

	"atalaya/area"
	"atalaya/valid"
)

// Book keeps every version of every rule and says which one decides. Its zero
// value is ready. It is not safe for concurrent use.
type Book struct{ valid.History[Rule] }

// For gives the rule that decides about a finding: of those in force at its
// time whose scope holds it, the one with the narrowest scope, and of several
// the one whose id comes first. A newer version replaces the older ones.
func (b *Book) For(d Detector, id area.ID, kind area.Kind, t time.Time) (Rule, bool) {
	return Narrowest(b.Of(d, t), id, kind)
}

// Of gives the rules of a detector that are in force at t, ordered by id.
func (b *Book) Of(d Detector, t time.Time) []Rule {
	var out []Rule
	for _, key := range b.Keys() {
		if r, ok := b.At(key, t); ok && r.Detector == d {
			out = append(out, r)
		}
	}
	return out
}

// Narrowest gives the first of the rules with the narrowest scope that holds
// the place.
func Narrowest(rules []Rule, id area.ID, kind area.Kind) (best Rule, ok bool) {
	narrowest := 0
	for i := range rules {
		if n := rules[i].holds(id, kind); n > narrowest {
			best, narrowest = rules[i], n
		}
	}
	return best, narrowest > 0
}

// Everywhere reports whether the rule's scope is no area and no kind of areas.
func (r *Rule) Everywhere() bool { return r.Area == "" && r.AreaKind == "" }

// holds tells how narrow the rule's scope is: 1 anywhere, 2 areas of a kind,
// 3 one area; 0 when it does not hold the place.
func (r *Rule) holds(id area.ID, kind area.Kind) int {
	switch {
	case r.Area != "":
		if r.Area == id {
			return 3
		}
	case r.AreaKind != "":
		if r.AreaKind == kind {
			return 2
		}
	default:
		return 1
	}
	return 0
}

// Overdue reports whether a rule should have been looked at again. It goes on
// working: no rule is ever off in silence.
func (r *Rule) Overdue(now time.Time) bool { return !now.Before(r.Review) }
