package proof

import (
	"fmt"
	"time"
)

// purgeGrace is how long after its term the key of a day may still be there.
const purgeGrace = 24 * time.Hour

// maxKeep bounds a term, in days: a century is no term.
const maxKeep = 36500

// retention is how long a class of content is kept. Content lies under a key a
// day, so whole days go: a day that ended at E must be gone at E + keep +
// purgeGrace.
type retention struct {
	keep   time.Duration
	before time.Duration // the term until changed
	since  time.Time     // when the term changed
	purged time.Time     // everything before it is gone
}

// retain notes a term. The first one of a class counts from the beginning of the
// log, whenever it was declared: what is older than the declaration has a term
// too. A shorter one binds a grace later, because its purge needs a moment.
func (a *audit) retain(r record) {
	class := r.values["class"]
	at, _, known := r.span()
	if !known {
		return
	}
	n, ok := r.count("keep")
	if !ok || n > maxKeep {
		if _, has := r.get("keep"); has {
			a.r.entry(OverduePurge, r.index, "class %.40q is kept for %.40q, which is no term in days up to %d", class, r.values["keep"], maxKeep)
		}
		return
	}
	keep := time.Duration(n) * 24 * time.Hour
	p := a.retention[class]
	if p == nil {
		from := at
		if !a.began.IsZero() && a.began.Before(at) {
			from = a.began
		}
		a.retention[class] = &retention{keep: keep, before: keep, since: at, purged: from}
		return
	}
	p.check(a, class, at, entryName(r.index))
	if keep != p.keep {
		if err := a.approvals(r, 2); err != nil && !a.partial {
			a.r.entry(OnePerson, r.index, "class %.40q is kept for %d days from here on, and was for %d: %v", class, n, p.keep/(24*time.Hour), err)
		}
		p.before, p.keep, p.since = max(p.keep, keep), keep, at
	}
}

// purge is a purge that was announced.
type purge struct {
	class string
	at    time.Time
	until time.Time
	hold  string // what it kept is purged; empty: a class, up to until
	key   string
}

// purge notes that a class is purged up to a time: where it is an act, when its
// outcome says that it was done.
func (a *audit) purge(r record) {
	until, ok := r.time("until")
	at, _, known := r.span()
	p := purge{class: r.values["class"], at: at, until: until, hold: r.values["hold"], key: r.values["key"]}
	if (!ok && p.hold == "") || !known {
		return
	}
	if until.After(at) {
		p.until = at // of what comes nobody can say that it is gone
	}
	if r.values["phase"] == "act" {
		a.purges[r.index] = p
		return
	}
	a.gonePast(p, r.index)
}

// purgeEnded counts a purge that was done. One that failed, or of which nobody
// knows, purged nothing that can be relied on.
func (a *audit) purgeEnded(r record) {
	of, ok := r.count("of")
	if !ok {
		return
	}
	p, ok := a.purges[of]
	if !ok {
		return
	}
	delete(a.purges, of)
	if r.values["outcome"] != "done" {
		return
	}
	if at, _, known := r.span(); known && at.After(p.at) {
		p.at = at
	}
	a.gonePast(p, r.index)
}

func (a *audit) gonePast(p purge, index int64) {
	if p.hold != "" {
		a.unheld(p.hold, p.key, p.at, index)
		return
	}
	if p.class == ledgerClass && p.until.After(a.purged) {
		a.purged = p.until
	}
	if c := a.retention[p.class]; c != nil {
		c.check(a, p.class, p.at, entryName(index))
		if p.until.After(c.purged) {
			c.purged = p.until
		}
	}
}

// ledgerClass is the content of the entries themselves: only its purge explains
// an entry whose content is gone.
const ledgerClass = "ledger"

// check reports a class whose purge did not reach as far as it must at a time.
func (p *retention) check(a *audit, class string, at time.Time, where string) {
	keep := p.keep
	if at.Before(p.since.Add(purgeGrace)) {
		keep = p.before
	}
	if must := at.Add(-keep - purgeGrace).Truncate(24 * time.Hour); p.purged.Before(must) && !a.partial {
		a.r.add(OverduePurge, where, "class %s is purged up to %s, and must be up to %s", class, stamp(p.purged), stamp(must))
	}
}

// gone notes an entry whose content was purged.
func (a *audit) gone(index int64) { a.goneAt = append(a.goneAt, gone{index, a.latest}) }

// gone is such an entry.
type gone struct {
	index int64
	after time.Time
}

// unexplained reports entries that are called gone although no purge reached
// them.
func (a *audit) unexplained() {
	for _, g := range a.goneAt {
		if !a.purged.After(g.after) {
			a.r.entry(MissingSequence, g.index, "its content is called purged, and no purge reaches it")
		}
	}
}

// endOfLog is where what only the end shows is found.
func endOfLog(size int64) string { return fmt.Sprintf("end of %d entries", size) }
