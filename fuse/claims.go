package fuse

import (
	"cmp"
	"slices"
	"strings"

	"atalaya/obs"
	"atalaya/track"
)

// The probability that a claim is honest.
const (
	provenHonest = 0.98 // the sender is proven, and nothing speaks against it
	usualHonest  = 0.9  // the sender is not proven
	contested    = 0.5  // the identity was seen in two places at once
	replaced     = 0.3  // another name or call sign came later

	maxReplaced = 3 // older names or call signs that are remembered
)

func honesty(r *report) float64 {
	if r.o.Source.Proven {
		return provenHonest
	}
	return usualHonest
}

// claim adds what a report claims to the track's beliefs, and reports whether
// they changed. The beliefs are shared with events, so they are replaced.
func (l *live) claim(claims []obs.Claim, honest float64) bool {
	changed := false
	for _, c := range claims {
		if c.Kind == 0 || c.Value == "" {
			continue
		}
		i, found := slices.BinarySearchFunc(l.Claims, c, compareClaim)
		if found && (l.Claims[i].Honest >= honest || l.Claims[i].Honest == contested) {
			continue
		}
		next := make([]track.Belief, 0, len(l.Claims)+1)
		next = append(next, l.Claims[:i]...)
		next = append(next, track.Belief{Claim: c, Honest: honest})
		if found {
			i++
		}
		next = append(next, l.Claims[i:]...)
		l.Claims, changed = supersede(next, c), true
	}
	return changed
}

func compareClaim(b track.Belief, c obs.Claim) int {
	return cmp.Or(cmp.Compare(b.Kind, c.Kind), cmp.Compare(b.Value, c.Value))
}

// supersede makes room for c among the weak identities: a squawk and a
// sensor's target number are settings, which the new one replaces; older names
// and call signs stay as doubtful, a few of them.
func supersede(claims []track.Belief, c obs.Claim) []track.Belief {
	old := 0
	kept := claims[:0]
	for _, b := range claims {
		if b.Kind == c.Kind && b.Value != c.Value {
			switch c.Kind {
			case obs.Squawk:
				continue
			case obs.RadarTarget:
				if numberedBy(b.Value) == numberedBy(c.Value) {
					continue
				}
			case obs.CallSign, obs.Name:
				if old++; old > maxReplaced {
					continue
				}
				b.Honest = replaced
			case obs.MMSI, obs.ICAO, obs.SystemID:
			}
		}
		kept = append(kept, b)
	}
	return kept
}

// numberedBy is the sensor in a target number, "sensor/number".
func numberedBy(target string) string {
	if i := strings.LastIndexByte(target, '/'); i >= 0 {
		return target[:i]
	}
	return ""
}

// contest marks an identity as claimed in two places.
func (l *live) contest(n name) {
	i, found := slices.BinarySearchFunc(l.Claims, obs.Claim{Kind: n.kind, Value: n.value}, compareClaim)
	if !found || l.Claims[i].Honest == contested {
		return
	}
	l.Claims = slices.Clone(l.Claims)
	l.Claims[i].Honest = contested
}

// differ reports whether two sets of beliefs name different things: two values
// of one strong identity.
func differ(a, b []track.Belief) bool {
	for _, x := range a {
		if x.Kind > obs.SystemID {
			break
		}
		for _, y := range b {
			if x.Kind == y.Kind && x.Value != y.Value {
				return true
			}
		}
	}
	return false
}
