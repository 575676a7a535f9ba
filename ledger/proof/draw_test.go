package proof

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
	"time"
)

// drawnLog is a log with a draw of four of its entries, revealed or not.
func drawnLog(reveal bool) (*testLog, []byte) {
	l := newTestLog()
	for i := range 30 {
		l.add(time.Duration(i)*time.Second, "look", fmt.Sprintf("l%d", i), "purpose", "illegal-fishing", "sensor", "S-1", "seq.sensor", fmt.Sprint(i+1))
	}
	seed := testSeed("draw")
	l.add(time.Minute, "audit.draw", "d1", "draw", "D1", "overseer", "O", "content", drawCommitment(seed), "first", "5", "draws", "4", "within", "72")
	l.add(time.Minute, "look", "l30", "sensor", "S-1", "seq.sensor", "31") // after the draw: never drawn
	if reveal {
		l.add(2*time.Minute, "audit.reveal", "d2", "draw", "D1", "seed", hex.EncodeToString(seed), "opens", "2026-11-04T08:00:00Z")
	}
	return l, seed
}

func TestCheckDraw(t *testing.T) {
	o := Options{Keys: testKeys(t), Now: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)}
	l, seed := drawnLog(true)
	dir := l.export(t, "public", public)
	draw := func(answer []byte, o Options) (DrawSummary, []Finding) {
		t.Helper()
		s, found, err := CheckDraw(dir, "D1", nil, answer, o)
		if err != nil {
			t.Fatal(err)
		}
		return s, found
	}
	s, found := draw(nil, o)
	expect(t, found)
	if len(s.Selected) != 4 || s.Of != 26 || s.Entry != 30 || slices.Min(s.Selected) < 5 || slices.Max(s.Selected) > 30 || len(slices.Compact(slices.Clone(s.Selected))) != 4 {
		t.Fatalf("the draw is %+v", s)
	}
	late := o
	late.Now = late.Now.Add(72 * time.Hour)
	_, found = draw(nil, late)
	expect(t, found, OverdueOpening)
	var drawn []int
	for _, i := range s.Selected {
		drawn = append(drawn, int(i))
	}
	wholly := func(indexes ...int) []byte { return l.bundle(t, "court", nil, indexes...) }
	s, found = draw(wholly(drawn...), late)
	expect(t, found)
	if s.Opened != 4 {
		t.Errorf("opened %d", s.Opened)
	}
	_, found = draw(wholly(drawn[1:]...), o)
	expect(t, found, OverdueOpening)
	_, found = draw(l.bundle(t, "public", func(name string) bool { return name != "purpose" }, drawn...), o)
	expect(t, found, OverdueOpening)
	// The log hides the reveal; the overseer has the seed.
	l, _ = drawnLog(false)
	dir = l.export(t, "public", public)
	if s, found = draw(nil, late); s.Revealed || len(found) > 0 {
		t.Errorf("unrevealed: %+v, %v", s, found)
	}
	hidden, found, err := CheckDraw(dir, "D1", seed, nil, o)
	if err != nil || len(found) > 0 || len(hidden.Selected) != 4 {
		t.Errorf("with the overseer's seed: %+v, %v, %v", hidden, found, err)
	}
	_, found, err = CheckDraw(dir, "D1", testSeed("another"), nil, o)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, found, BadProof)
	if _, _, err := CheckDraw(dir, "D2", nil, nil, o); err == nil {
		t.Error("a draw that is not there was found")
	}
}

// The writer's vectors, which a third implementation can use.
func TestDrawVectors(t *testing.T) {
	raw, err := os.ReadFile("../testdata/draws.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Seed, Content, Root string
		First, Size, Draws  int64
		Selected            []int64
	}
	if err := json.Unmarshal(raw, &all); err != nil || len(all) < 5 {
		t.Fatalf("%d vectors, %v", len(all), err)
	}
	for i, v := range all {
		seed, err1 := hex.DecodeString(v.Seed)
		root, err2 := hex.DecodeString(v.Root)
		if err1 != nil || err2 != nil || drawCommitment(seed) != v.Content || !slices.Equal(selectEntries(seed, Hash(root), v.First, v.Size, v.Draws), v.Selected) {
			t.Errorf("vector %d does not hold", i)
		}
	}
}

func TestMissed(t *testing.T) {
	for _, tc := range []struct {
		n, m, k int64
		want    float64
	}{
		{1000, 10, 100, 0.3469},
		{1000, 10, 300, 0.0277},
		{1000, 1, 100, 0.9},
		{5000, 5, 500, 0.5903},
		{10, 5, 6, 0},
		{10, 0, 3, 1},
		{10, 10, 0, 1},
		{4, 1, 4, 0},
	} {
		if got := Missed(tc.n, tc.m, tc.k); math.Abs(got-tc.want) > 1e-4 {
			t.Errorf("%d of %d, %d drawn: %g, want %g", tc.m, tc.n, tc.k, got, tc.want)
		}
	}
}
