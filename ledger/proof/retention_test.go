package proof

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// A log of purges only: it begins on 1 November, 8 h, and is checked at the time
// of its last entry.
func TestPurges(t *testing.T) {
	const day = 24 * time.Hour
	type purge struct {
		after   time.Duration // since the beginning
		until   string
		outcome string // empty: no act, a single record
	}
	daily := func(n int) (out []purge) { // at 1 h of every day, keep 2 days
		for d := range n {
			out = append(out, purge{65*time.Hour + time.Duration(d)*day, fmt.Sprintf("2026-11-%02dT00:00:00Z", 2+d), "done"})
		}
		return out
	}
	for _, tc := range []struct {
		name   string
		keeps  map[time.Duration]string // terms, by when they are declared
		purges []purge
		end    time.Duration
		want   bool // overdue
	}{
		{"whole days, each an hour after its term", map[time.Duration]string{0: "2"}, daily(10), 300 * time.Hour, false},
		{"one day late by a day", map[time.Duration]string{0: "2"}, slices.Delete(daily(10), 4, 5), 300 * time.Hour, true},
		{"never", map[time.Duration]string{0: "2"}, nil, 89 * time.Hour, true},
		{"never, and not due yet", map[time.Duration]string{0: "2"}, nil, 87 * time.Hour, false},
		{"announced and not done", map[time.Duration]string{0: "2"}, []purge{{65 * time.Hour, "2026-11-02T00:00:00Z", ""}, {88*time.Hour + 30*time.Minute, "2026-11-03T00:00:00Z", "failed"}}, 113 * time.Hour, true},
		{"nobody knows whether it was done", map[time.Duration]string{0: "2"}, []purge{{65 * time.Hour, "2026-11-02T00:00:00Z", "unknown"}}, 89 * time.Hour, true},
		{"done at the second attempt", map[time.Duration]string{0: "2"}, []purge{{65 * time.Hour, "2026-11-02T00:00:00Z", "unknown"}, {66 * time.Hour, "2026-11-02T00:00:00Z", "done"}}, 89 * time.Hour, false},
		{"once for ever", map[time.Duration]string{0: "2"}, []purge{{time.Hour, "2099-01-01T00:00:00Z", "done"}}, 200 * time.Hour, true},
		{"the term comes late, and counts from the beginning", map[time.Duration]string{80 * time.Hour: "2"}, nil, 89 * time.Hour, true},
		{"declared again at every start", map[time.Duration]string{0: "2", day: "2", 2 * day: "2", 3 * day: "2"}, nil, 89 * time.Hour, true},
		{"longer after it was overdue", map[time.Duration]string{0: "2", 89 * time.Hour: "30"}, nil, 90 * time.Hour, true},
		{"longer in time", map[time.Duration]string{0: "2", 80 * time.Hour: "30"}, nil, 200 * time.Hour, false},
		{"shorter, and purged within the day", map[time.Duration]string{0: "30", 10 * day: "2"}, []purge{{10*day + time.Hour, "2026-11-09T00:00:00Z", "done"}}, 11 * day, false},
		{"shorter, and not purged", map[time.Duration]string{0: "30", 10 * day: "2"}, nil, 11*day + time.Hour, true},
		{"a term that is none", map[time.Duration]string{0: "1000000"}, nil, time.Hour, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := newTestLog()
			l.add(0, "system.start", "s", "version", "1", "software", hexOf("program"))
			type entry struct {
				at  time.Duration
				add func()
			}
			var all []entry
			for at, keep := range tc.keeps {
				all = append(all, entry{at, func() { l.add(at, "retention", fmt.Sprint("r", at), "class", "pose", "keep", keep) }})
			}
			for i, p := range tc.purges {
				all = append(all, entry{p.after, func() {
					r := l.add(p.after, "purge", fmt.Sprint("u", i), "class", "pose", "until", p.until)
					if p.outcome == "" {
						return
					}
					r.set("phase", "act")
					o := l.add(p.after, "purge", fmt.Sprint("u", i), "of", fmt.Sprint(len(l.records)-1), "outcome", p.outcome)
					o.set("phase", "outcome")
				}})
			}
			slices.SortStableFunc(all, func(a, b entry) int { return int(a.at - b.at) })
			for _, e := range all {
				e.add()
			}
			l.add(tc.end, "system.stop", "e")
			got := check(t, l.export(t, "public", public), Options{Keys: testKeys(t), Now: l.start.Add(tc.end)})
			overdue := slices.ContainsFunc(got, func(f Finding) bool { return f.Kind == OverduePurge })
			if overdue != tc.want {
				t.Fatalf("overdue: %v, want %v: %v", overdue, tc.want, got)
			}
		})
	}
}

// Only a purge of the ledger's own content explains an entry without content.
func TestGoneNeedsItsOwnPurge(t *testing.T) {
	l := story()
	dir := l.export(t, "public", public)
	lines := strings.SplitAfter(string(dir["openings.jsonl"].Data), "\n")
	lines[storyLooks] = fmt.Sprintf(`{"index":%d,"gone":true}`+"\n", storyLooks)
	dir["openings.jsonl"] = &fstest.MapFile{Data: []byte(strings.Join(lines, ""))}
	got := check(t, dir, Options{Keys: testKeys(t), Now: storyEnd()})
	if !slices.ContainsFunc(got, func(f Finding) bool { return f.Where == entryName(storyLooks) && f.Kind == MissingSequence }) {
		t.Fatalf("found %v", got)
	}
}
