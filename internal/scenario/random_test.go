package scenario

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestRandomWorlds makes worlds of boats, aircraft, radars, late and wrong
// reports at random, and holds what must be true of each: sound, and the same
// when it is run again.
func TestRandomWorlds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
		n := func(from, to int, what string) int { return rapid.IntRange(from, to).Draw(t, what) }
		place := func(what string) string { return fmt.Sprintf("%d,%d", n(-4000, 4000, what), n(-4000, 4000, what)) }

		line("origin %d.5 %s", n(-60, 60, "lat"), rapid.SampledFrom([]string{"-68.9", "179.99", "0"}).Draw(t, "lon"))
		line("exercise %s\nseed %d\nrun 3m", rapid.SampledFrom([]string{"yes", "no"}).Draw(t, "exercise"), n(1, 1e6, "seed"))
		line("sensor a ais-receiver range=40000\nsensor b ais-receiver\nsensor s adsb-receiver")
		for i := range n(0, 2, "radars") {
			line("sensor r%d radar at=%s range=9000 scan=%dms detection=0.8 range-sd=30 bearing-sd=0.5 clutter=%d", i, place("radar"), n(4, 20, "scan")*250, n(0, 4, "clutter"))
		}
		for i := range n(0, 2, "lines") {
			line("area l%d border line=%s:%s:%s left=PER right=BOL accuracy=%d demonstration=yes", i, place("line"), place("line"), place("line"), n(0, 300, "accuracy"))
		}
		for i := range n(0, 2, "zones") {
			line("area z%d watched polygon=%s:%s:%s", i, place("zone"), place("zone"), place("zone"))
		}
		line("area post legal-post point=%s buffer=500", place("post"))
		line("asset ours boat mmsi=760000001")
		for i := range n(1, 5, "things") {
			kind := rapid.SampledFrom([]string{"vessel", "vessel", "aircraft", "distress-beacon", "unknown"}).Draw(t, "kind")
			line("thing t%d %s path=0s@%s/%ds@%s/200s@%s", i, kind, place("path"), n(1, 199, "bend"), place("path"), place("path"))
			for range n(0, 2, "reports") {
				id := rapid.SampledFrom([]string{"mmsi=760000001", "mmsi=760000002", "icao=e49406", "target=1", ""}).Draw(t, "name")
				extra := rapid.SampledFrom([]string{"", "", "delay=13s", "delay=90s", "clock=5s", "clock=1h doubt=yes", "velocity=no", "place=no distress=safety-text", "distress=ais-sart", "stated=200"}).Draw(t, "extra")
				line("report t%d sensor=%s %s every=%ds sd=%d %s", i, rapid.SampledFrom([]string{"a", "b", "s"}).Draw(t, "sensor"), id, n(1, 20, "every"), n(0, 80, "sd"), extra)
			}
		}
		s, err := Parse(b.String())
		if err != nil {
			t.Fatalf("%v\n%s", err, b.String())
		}
		r := s.Run()
		sound(t, r)
		again, err := Parse(b.String())
		if err != nil {
			t.Fatal(err)
		}
		if summary(again.Run()) != summary(r) {
			t.Errorf("another run of the same world differs:\n%s", b.String())
		}
	})
}
