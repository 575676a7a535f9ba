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
	var best Rule
	narrowest := 0
	for _, key := range b.Keys() {
		r, ok := b.At(key, t)
		if !ok || r.Detector != d {
			continue
		}
		if n := r.holds(id, kind); n > narrowest {
			best, narrowest = r, n
		}
	}
	return best, narrowest > 0
}

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
