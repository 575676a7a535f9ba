package proof

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// A hold of content of 1 November, of a class that is kept for two days: it is
// over its term, with the grace, at noon of the 5th (100 h after the beginning).
func TestHolds(t *testing.T) {
	const day = 24 * time.Hour
	type act struct {
		at      time.Duration
		kind    string
		signed  int    // people
		outcome string // empty: a single record
		key     string
	}
	hold := func(signed int) act { return act{time.Hour, "hold", signed, "done", "k"} }
	for _, tc := range []struct {
		name    string
		acts    []act
		end     time.Duration
		overdue bool
		one     bool // one-person
	}{
		{"two people hold it", []act{hold(2)}, 40 * day, false, false},
		{"one person holds it, and its term is not over", []act{hold(1)}, 2 * day, false, true},
		{"one person holds it beyond its term", []act{hold(1)}, 6 * day, true, true},
		{"nobody signed it", []act{hold(0)}, 6 * day, true, true},
		{"one person held it, and it was purged in time", []act{hold(1), {day, "purge", 0, "done", "k"}}, 6 * day, false, true},
		{"it could not be done", []act{{time.Hour, "hold", 1, "failed", "k"}}, 6 * day, false, true},
		{"nobody knows whether it was done", []act{{time.Hour, "hold", 2, "unknown", "k"}}, 40 * day, false, false},
		{"lifted and purged", []act{hold(2), {9 * day, "hold.lift", 2, "done", ""}, {9 * day, "purge", 0, "done", "k"}}, 40 * day, false, false},
		{"lifted and not purged", []act{hold(2), {9 * day, "hold.lift", 2, "done", ""}}, 11 * day, true, false},
		{"lifted a moment ago", []act{hold(2), {9 * day, "hold.lift", 2, "done", ""}}, 9*day + time.Hour, false, false},
		{"lifted and purged late", []act{hold(2), {9 * day, "hold.lift", 2, "done", ""}, {11 * day, "purge", 0, "done", "k"}}, 11 * day, true, false},
		{"lifted, and its purge failed", []act{hold(2), {9 * day, "hold.lift", 2, "done", ""}, {9 * day, "purge", 0, "failed", "k"}}, 11 * day, true, false},
		{"lifted, and another key was purged", []act{hold(2), {9 * day, "hold.lift", 2, "done", ""}, {9 * day, "purge", 0, "done", "other"}}, 11 * day, true, false},
		{"one person lifts it and purges", []act{hold(2), {9 * day, "hold.lift", 1, "done", ""}, {9 * day, "purge", 0, "done", "k"}}, 40 * day, false, true},
		{"held again under its name", []act{hold(2), {9 * day, "hold", 2, "done", "k2"}}, 40 * day, true, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := newTestLog()
			l.add(0, "system.start", "s", "version", "1", "software", hexOf("program"))
			for _, p := range []person{ana, beto} {
				l.add(0, "key", p.name, "person", p.name, "unit", p.unit, "device", p.device, "key", p.public())
			}
			l.add(0, "retention", "r", "class", "pose", "keep", "2")
			purged := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
			purges := func(until time.Duration) { // of the class, daily
				for ; purged.Add(2*day + time.Hour).Before(l.start.Add(until)); purged = purged.Add(day) {
					l.add(purged.Add(2*day+time.Hour).Sub(l.start), "purge", "u"+purged.String(), "class", "pose", "until", stamp(purged))
				}
			}
			for i, x := range tc.acts {
				purges(x.at)
				id := fmt.Sprint("x", i)
				r := l.add(x.at, x.kind, id, "hold", "H1")
				switch x.kind {
				case "hold":
					r.set("classes", "pose=3")
					r.set("until", "2026-11-02T00:00:00Z")
					r.set("items", "3")
					r.set("key", hexOf(x.key))
					r.set("content", hexOf("hold"))
				case "hold.lift":
					r.set("content", hexOf("lift"))
				case "purge":
					r.set("class", "hold")
					r.set("key", hexOf(x.key))
				}
				for n, p := range []person{ana, beto}[:x.signed] {
					p.approve(r, n+1)
				}
				r.set("phase", "act")
				o := l.add(x.at, x.kind, id, "of", fmt.Sprint(len(l.records)-1), "outcome", x.outcome)
				o.set("phase", "outcome")
			}
			purges(tc.end)
			l.add(tc.end, "system.stop", "e")
			got := check(t, l.export(t, "public", public), Options{Keys: testKeys(t), Now: l.start.Add(tc.end)})
			of := func(kind string) bool {
				return slices.ContainsFunc(got, func(f Finding) bool { return f.Kind == kind })
			}
			if of(OverduePurge) != tc.overdue || of(OnePerson) != tc.one {
				t.Fatalf("overdue %v, one person %v: found %v", tc.overdue, tc.one, got)
			}
		})
	}
}

// A term is changed by two people, whichever way.
func TestTermsTakeTwo(t *testing.T) {
	for keep, signed := range map[string]int{"1": 1, "3": 1, "4": 2, "2": 0} {
		l := newTestLog()
		l.add(0, "system.start", "s", "version", "1", "software", hexOf("program"))
		for _, p := range []person{ana, beto} {
			l.add(0, "key", p.name, "person", p.name, "unit", p.unit, "device", p.device, "key", p.public())
		}
		l.add(0, "retention", "r", "class", "pose", "keep", "2")
		r := l.add(time.Hour, "retention", "r2", "class", "pose", "keep", keep, "content", hexOf(keep))
		for n, p := range []person{ana, beto}[:signed] {
			p.approve(r, n+1)
		}
		got := check(t, l.export(t, "public", public), Options{Keys: testKeys(t), Now: l.start.Add(time.Hour)})
		one := slices.ContainsFunc(got, func(f Finding) bool { return f.Kind == OnePerson })
		if want := keep != "2" && signed < 2; one != want {
			t.Errorf("%s days, signed by %d: found %v", keep, signed, got)
		}
	}
}
