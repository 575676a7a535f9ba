package belief

import (
	"fmt"
	"testing"

	"atalaya/obs"
	"atalaya/track"
)

func TestAdd(t *testing.T) {
	claim := func(k obs.ClaimKind, v string) []obs.Claim { return []obs.Claim{{Kind: k, Value: v}} }
	steps := []struct {
		claims []obs.Claim
		honest float64
		want   string
	}{
		{claim(obs.Name, "A"), Usual, "[name:A 0.9]"},
		{claim(obs.Name, "A"), Usual, ""},
		{claim(obs.MMSI, "760000001"), Usual, "[mmsi:760000001 0.9 name:A 0.9]"},
		{claim(obs.MMSI, "760000001"), Proven, ""},
		{claim(obs.Name, "A"), Proven, "[mmsi:760000001 0.9 name:A 0.98]"},
		{claim(obs.Name, "B"), Usual, "[mmsi:760000001 0.9 name:A 0.3 name:B 0.9]"},
		{claim(obs.Squawk, "1200"), Usual, "[mmsi:760000001 0.9 name:A 0.3 name:B 0.9 squawk:1200 0.9]"},
		{claim(obs.Squawk, "7700"), Usual, "[mmsi:760000001 0.9 name:A 0.3 name:B 0.9 squawk:7700 0.9]"},
		{claim(obs.RadarTarget, "r1/5"), Usual, "[mmsi:760000001 0.9 target:r1/5 0.9 name:A 0.3 name:B 0.9 squawk:7700 0.9]"},
		{claim(obs.RadarTarget, "r1/6"), Usual, "[mmsi:760000001 0.9 target:r1/6 0.9 name:A 0.3 name:B 0.9 squawk:7700 0.9]"},
		{claim(obs.RadarTarget, "r2/6"), Usual, "[mmsi:760000001 0.9 target:r1/6 0.9 target:r2/6 0.9 name:A 0.3 name:B 0.9 squawk:7700 0.9]"},
		{claim(obs.MMSI, ""), Usual, ""},
		{claim(0, "x"), Usual, ""},
	}
	var set []track.Belief
	for i, s := range steps {
		before := fmt.Sprint(set)
		next, changed := Add(set, s.claims, s.honest)
		if fmt.Sprint(set) != before {
			t.Fatalf("step %d wrote into the old set", i)
		}
		got := ""
		if changed {
			got = text(next)
		}
		if got != s.want {
			t.Errorf("step %d: %s, not %s", i, got, s.want)
		}
		set = next
	}
	contested := Contest(set, obs.Claim{Kind: obs.MMSI, Value: "760000001"})
	if contested[0].Honest != Contested || set[0].Honest != Usual {
		t.Errorf("%v, was %v", contested[0].Honest, set[0].Honest)
	}
	if again, changed := Add(contested, claim(obs.MMSI, "760000001"), Proven); changed {
		t.Errorf("what is contested became honest again: %s", text(again))
	}
	for i := range 10 {
		set, _ = Add(set, claim(obs.CallSign, fmt.Sprint("C", i)), Usual)
	}
	n := 0
	for _, b := range set {
		if b.Kind == obs.CallSign {
			n++
		}
	}
	if n != maxReplaced+1 {
		t.Errorf("%d call signs are remembered", n)
	}
}

func text(set []track.Belief) string {
	var out []string
	for _, b := range set {
		out = append(out, fmt.Sprint(b.Claim, " ", b.Honest))
	}
	return fmt.Sprint(out)
}

func TestDiffer(t *testing.T) {
	set := func(claims ...obs.Claim) []track.Belief {
		s, _ := Add(nil, claims, Usual)
		return s
	}
	a := obs.Claim{Kind: obs.MMSI, Value: "1"}
	b := obs.Claim{Kind: obs.MMSI, Value: "2"}
	icao := obs.Claim{Kind: obs.ICAO, Value: "e49406"}
	n, m := obs.Claim{Kind: obs.Name, Value: "X"}, obs.Claim{Kind: obs.Name, Value: "Y"}
	for _, c := range []struct {
		x, y []track.Belief
		want bool
	}{
		{set(a), set(b), true},
		{set(a), set(a), false},
		{set(a), set(icao), false},
		{set(a, icao), set(b, icao), true},
		{set(n), set(m), false},
		{nil, set(a), false},
	} {
		if got := Differ(c.x, c.y); got != c.want {
			t.Errorf("%s and %s: %v", text(c.x), text(c.y), got)
		}
	}
	if Strong(set(n)) || !Strong(set(n, a)) || Strong(nil) {
		t.Error("strong")
	}
}
