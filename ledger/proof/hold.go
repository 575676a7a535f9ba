package proof

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// hold is content that is kept beyond its term. Two people order one and two
// lift it; what it keeps lies under a key of its own, whose purge must follow:
//
//   - of a hold that was lifted, within purgeGrace;
//   - of one that two people did not sign, when the first of its classes is over
//     its term, as if there were none.
type hold struct {
	index   int64
	act     bool // an outcome follows
	at      time.Time
	signed  bool // by two people
	classes []string
	until   time.Time // end of the newest day of it
	key     string
	lifted  time.Time
	gone    bool
	told    bool
}

// hold notes one. A name is held once.
func (a *audit) hold(r record) {
	name, ok := r.get("hold")
	at, _, known := r.span()
	if !ok || !known || a.partial {
		return
	}
	if a.holds[name] != nil {
		a.r.entry(OverduePurge, r.index, "there is a hold %.40q already: what it keeps can be told from this one's no more", name)
		return
	}
	h := &hold{index: r.index, act: r.values["phase"] == "act", at: at, signed: a.approvals(r, 2) == nil, key: r.values["key"]}
	h.until, _ = r.time("until")
	for w := range strings.FieldsSeq(r.values["classes"]) {
		class, _, _ := strings.Cut(w, "=")
		h.classes = append(h.classes, class)
	}
	a.holds[name] = h
}

// lift notes the end of one, whoever signed it.
func (a *audit) lift(r record) {
	if h := a.holds[r.values["hold"]]; h != nil && h.lifted.IsZero() {
		h.lifted, _, _ = r.span()
	}
}

// holdFailed forgets a hold that kept nothing.
func (a *audit) holdFailed(of int64) {
	for name, h := range a.holds {
		if h.act && h.index == of {
			delete(a.holds, name)
		}
	}
}

// unheld notes that what a hold kept was purged.
func (a *audit) unheld(name, key string, at time.Time, index int64) {
	h := a.holds[name]
	if h == nil || (h.key != "" && key != h.key) {
		return
	}
	a.heldTooLong(name, h, at, entryName(index))
	h.gone = true
}

// heldTooLong reports a hold whose purge is overdue at a time.
func (a *audit) heldTooLong(name string, h *hold, at time.Time, where string) {
	if h.gone || h.told {
		return
	}
	var due time.Time
	why := "it was lifted"
	switch {
	case !h.lifted.IsZero():
		due = h.lifted.Add(purgeGrace)
	case h.signed:
		return
	default:
		why = "two people did not sign it, and the term of what it keeps is over"
		for _, class := range h.classes {
			if c := a.retention[class]; c != nil {
				if d := h.until.Add(c.keep + purgeGrace); due.IsZero() || d.Before(due) {
					due = d
				}
			}
		}
		if due.IsZero() {
			return
		}
		if first := h.at.Add(purgeGrace); due.Before(first) {
			due = first
		}
	}
	if at.After(due) {
		h.told = true
		a.r.add(OverduePurge, where, "hold %.40q keeps content that must be purged by %s: %s", name, stamp(due), why)
	}
}

// heldOn reports at the end what holds keep too long.
func (a *audit) heldOn(where string) {
	for _, name := range slices.Sorted(maps.Keys(a.holds)) {
		a.heldTooLong(name, a.holds[name], a.now, where)
	}
}
