package digest_test

import (
	"fmt"
	"testing"

	"atalaya/web/portal/digest"
)

func entry(index uint64, hour string, values ...string) digest.Entry {
	e := digest.Entry{Index: index, Values: map[string]string{"hour": hour}}
	for i := 0; i < len(values); i += 2 {
		e.Values[values[i]] = values[i+1]
	}
	return e
}

func TestDigest(t *testing.T) {
	look := func(index uint64, hour, cell string) digest.Entry {
		return entry(index, hour, "kind", "look", "phase", "act", "purpose", "training", "sensor", "camera-1", "fence", "inside", "cell", cell)
	}
	d := digest.New()
	late := look(3, "2026-12-01T00Z", "")
	late.Delayed = true
	for _, e := range []digest.Entry{
		entry(0, "2026-11-30T23Z", "kind", "system.start", "phase", "single"),
		look(1, "2026-11-30T23Z", "-16.3,-68.9"),
		entry(2, "2026-11-30T23Z", "kind", "look", "phase", "outcome", "outcome", "failed"),
		late,
		{Index: 4, Gone: true},
		entry(5, "2026-12-01T00Z", "kind", "purge", "phase", "single", "class", "input", "items", "0"),
		entry(6, "2026-12-01T00Z", "kind", "purge", "phase", "single", "class", "input", "items", "7"),
		entry(7, "2026-12-01T00Z", "kind", "session.in", "phase", "act", "role", "overseer"),
		entry(8, "2026-12-01T00Z", "kind", "look", "phase", "act", "late", "true", "sensor", "camera-1"),
		entry(9, "2027-01-01T00Z", "kind", "notice.given", "phase", "single", "notice", "n"),
	} {
		d.Add(e)
	}
	rows := func(begin string) (out string) {
		for _, r := range d.Rows(begin) {
			out += fmt.Sprintf("%s/%s %d %d-%d\n", r.Section, r.Name, r.N, r.First, r.Last)
		}
		return out
	}
	check := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s:\n%s\nwant\n%s", what, got, want)
		}
	}
	check("November", rows("2026-11"), `entries/look 1 1-1
entries/system.start 1 0-0
outcomes/look failed 1 2-2
purposes/training 1 1-1
sensors/camera-1 1 1-1
fences/inside 1 1-1
cells/-16.3,-68.9 1 1-1
hours/2026-11-30T23Z 1 1-1
`)
	if w := d.Waiting(); len(w) != 1 || w[0] != 3 {
		t.Errorf("waiting: %v", w)
	}
	d.Open(look(3, "2026-12-01T00Z", "-16.3,-68.9"))
	if w := d.Waiting(); len(w) != 0 {
		t.Errorf("still waiting: %v", w)
	}
	check("the year", rows("2026"), `entries/look 3 1-8
entries/purge 2 5-6
entries/session.in 1 7-7
entries/system.start 1 0-0
outcomes/look failed 1 2-2
purposes/ 1 8-8
purposes/training 2 1-3
sensors/camera-1 3 1-8
fences/ 1 8-8
fences/inside 2 1-3
cells/ 1 8-8
cells/-16.3,-68.9 2 1-3
hours/2026-11-30T23Z 1 1-1
hours/2026-12-01T00Z 2 3-8
late/look 1 8-8
access/overseer 1 7-7
purged/input 7 5-6
`)
	if s := d.Spots("2026-12-01"); len(s) != 2 || s[1].Cell != "-16.3,-68.9" {
		t.Errorf("spots: %+v", s)
	}
	if r := d.Records("notice"); len(r) != 1 || d.Next() != 10 {
		t.Errorf("records %v, next %d", r, d.Next())
	}
	if a := d.NewestOf(digest.Aircraft, "data.aircraft"); len(a) != 0 {
		t.Errorf("aircraft of nowhere: %v", a)
	}
	if y := d.Years(); len(y) != 2 || y[0] != "2027" {
		t.Errorf("years: %v", y)
	}
}

// TestAircraft lists each drone once, as its newest entry says; what failed was
// never there.
func TestAircraft(t *testing.T) {
	d := digest.New()
	drone := func(index uint64, name, maker string) digest.Entry {
		return entry(index, "2026-11-30T23Z", "kind", "registry.asset", "phase", "act", "data.aircraft", name, "data.maker", maker)
	}
	for _, e := range []digest.Entry{
		drone(0, "d1", "one"),
		entry(1, "2026-11-30T23Z", "kind", "registry.asset", "phase", "act"), // a boat
		drone(2, "d2", "two"),
		drone(3, "d1", "three"),
		drone(4, "d3", "never"),
		entry(5, "2026-11-30T23Z", "kind", "registry.asset", "phase", "outcome", "outcome", "failed", "of", "4"),
		drone(6, "d2", "perhaps"),
		entry(7, "2026-11-30T23Z", "kind", "registry.asset", "phase", "outcome", "outcome", "unknown", "of", "6"),
	} {
		d.Add(e)
	}
	got := ""
	for _, e := range d.NewestOf(digest.Aircraft, "data.aircraft") {
		got += fmt.Sprintf("%d %s %s\n", e.Index, e.Values["data.aircraft"], e.Values["data.maker"])
	}
	if want := "3 d1 three\n6 d2 perhaps\n"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
