package proof

import (
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// What headquarters entered of an outpost is held against the outpost's log,
// where the outpost signed it.
func TestHeadquarters(t *testing.T) {
	keys := testKeys(t)
	full, forked, short := story(), story(), story()
	forked.records[storyLooks].set("look.pose", "-16.3000000,-68.8000000")
	short.records = short.records[:15]
	// headquarters has entered what of shows; it is another log, whose key has
	// the same name here.
	headquarters := func(of *testLog, edit func(string) string, sizes ...int) fstest.MapFS {
		l := newTestLog()
		for i, size := range sizes {
			c := string(of.checkpoint(t, size))
			if edit != nil {
				c = edit(c)
			}
			l.add(0, "outpost", "outpost/"+strconv.Itoa(i), "origin", testOrigin, "size", strconv.Itoa(size), "checkpoint", c)
			l.add(0, "outpost", "outpost/other", "origin", "atalaya.example/other", "checkpoint", "x")
		}
		return l.export(t, "public", public)
	}
	for _, x := range []struct {
		name    string
		log     *testLog
		over    fstest.MapFS
		want    []string
		entered int
	}{
		{"honest", full, headquarters(full, nil, 3, 15, 21), nil, 3},
		{"a fork", forked, headquarters(full, nil, 3, 15, 21), []string{Fork}, 3},
		{"rolled back", short, headquarters(full, nil, 3, 21), []string{Rollback}, 2},
		{"never signed", full, headquarters(full, func(c string) string { return strings.Replace(c, "\n15\n", "\n14\n", 1) }, 3, 15), []string{BadSignature}, 2},
	} {
		s, findings, err := CheckExport(x.log.export(t, "public", public), Options{Keys: keys, Now: storyEnd(), Headquarters: x.over, HeadquartersKeys: keys})
		if err != nil {
			t.Fatal(err)
		}
		var got []Finding
		for _, f := range findings {
			if f.Kind == Fork || f.Kind == Rollback || f.Kind == BadSignature {
				got = append(got, f)
			}
		}
		if len(x.want) != len(got) && (x.want == nil || len(got) == 0) {
			t.Errorf("%s: found %v, want %v", x.name, got, x.want)
		}
		for _, f := range got {
			if f.Kind != x.want[0] {
				t.Errorf("%s: found %v, want %v", x.name, f, x.want)
			}
		}
		if s.Entered != x.entered {
			t.Errorf("%s: %d heads, want %d", x.name, s.Entered, x.entered)
		}
	}
	// Headquarters' own log must hold.
	broken := headquarters(full, nil, 3)
	broken["checkpoint"] = &fstest.MapFile{Data: full.checkpoint(t, 4)}
	if _, findings, err := CheckExport(full.export(t, "public", public), Options{Keys: keys, Now: storyEnd(), Headquarters: broken, HeadquartersKeys: keys}); err != nil || len(findings) == 0 {
		t.Errorf("a false log of headquarters: %v, %v", findings, err)
	}
}
