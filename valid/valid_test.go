package valid

import (
	"strings"
	"testing"
	"time"
)

type thing struct {
	name string
	Record
}

func (t thing) Key() string     { return t.name }
func (t thing) Version() Record { return t.Record }

func TestVersionInForce(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	var h History[thing]
	for _, v := range []thing{
		{"lane", Record{Number: 1}},
		{"lane", Record{Number: 2, From: day(10), Until: day(20)}},
		{"post", Record{Number: 1, From: day(5)}},
		{"gone", Record{Number: 1}},
		{"gone", Record{Number: 2, From: day(5), Until: day(5)}},
		{"planned", Record{Number: 1, Until: day(30)}},
		{"planned", Record{Number: 2, From: day(5)}},
	} {
		if err := h.Put(v); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		key  string
		at   time.Time
		want uint32 // 0: none
	}{
		{"lane", day(1), 1},
		{"lane", day(10), 2},
		{"lane", day(19), 2},
		{"lane", day(20), 0}, // the second has ended, and the first was replaced
		{"gone", day(4), 1},
		{"gone", day(5), 0}, // retired
		{"gone", day(6), 0},
		{"planned", day(4), 1},
		{"planned", day(5), 2},
		{"post", day(4), 0},
		{"post", day(5), 1},
		{"nothing", day(5), 0},
	} {
		v, ok := h.At(tc.key, tc.at)
		if ok != (tc.want != 0) || v.Number != tc.want {
			t.Errorf("%s at %s: version %d, %v; want %d", tc.key, tc.at.Format(time.DateOnly), v.Number, ok, tc.want)
		}
	}
	if got := h.Versions("lane"); len(got) != 2 || got[0].Number != 1 || got[1].Number != 2 || len(h.Versions("nothing")) != 0 {
		t.Errorf("versions of lane: %+v", got)
	}
	if got := h.AllAt(day(12)); len(got) != 3 || got[0].name != "lane" || got[0].Number != 2 || got[2].name != "post" {
		t.Errorf("all at day 12: %+v", got)
	}
}

func TestVersionsAreNeverEditedOrSkipped(t *testing.T) {
	var h History[thing]
	if err := h.Put(thing{"a", Record{Number: 2}}); err == nil {
		t.Error("a history that begins with version 2")
	}
	if err := h.Put(thing{"a", Record{Number: 1}}); err != nil {
		t.Fatal(err)
	}
	for _, n := range []uint32{0, 1, 3} {
		if err := h.Put(thing{"a", Record{Number: n}}); err == nil {
			t.Errorf("version %d after version 1", n)
		}
	}
	if v, ok := h.Latest("a"); !ok || v.Number != 1 {
		t.Errorf("latest: %+v, %v", v, ok)
	}
}

func TestKeysCanStandInAddresses(t *testing.T) {
	for key, good := range map[string]bool{
		"ais-a": true, "Puesto.Kasani_2": true, "Ñandú": true, strings.Repeat("a", MaxKey): true,
		"": false, "a b": false, "a/b": false, "..": false, ".": false, "a\x00": false, "\xff": false, strings.Repeat("a", MaxKey+1): false,
	} {
		if err := CheckKey(key); (err == nil) != good {
			t.Errorf("%q: %v", key, err)
		}
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if (Record{From: now, Until: now}).Check() != nil || (Record{From: now, Until: now.Add(-1)}).Check() == nil {
		t.Error("a record may end when it begins, but not before")
	}
}
