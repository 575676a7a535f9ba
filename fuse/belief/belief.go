// Package belief keeps what a track claims to be, ordered by kind and value,
// with the probability that each claim is honest. Sets of beliefs are shared
// with events: they are never written, only replaced.
package belief

import (
	"cmp"
	"slices"
	"strings"

	"atalaya/obs"
	"atalaya/track"
)

// The probability that a claim is honest.
const (
	Proven    = 0.98 // the sender is proven, and nothing speaks against it
	Usual     = 0.9  // the sender is not proven
	Contested = 0.5  // the identity was seen in two places at once
	Replaced  = 0.3  // another name or call sign came later

	maxReplaced = 3 // older names or call signs that are remembered
)

// Add adds claims to a set, and reports whether that changed it. How honest an
// identity is that one thing in the world has is not for it to say: that is Set's.
func Add(have []track.Belief, claims []obs.Claim, honest float64) (set []track.Belief, changed bool) {
	for _, c := range claims {
		if c.Kind == 0 || c.Value == "" {
			continue
		}
		i, found := slices.BinarySearchFunc(have, c, compare)
		if found && (have[i].Honest >= honest || c.Kind <= obs.SystemID) {
			continue
		}
		next := make([]track.Belief, 0, len(have)+1)
		next = append(next, have[:i]...)
		next = append(next, track.Belief{Claim: c, Honest: honest})
		if found {
			i++
		}
		next = append(next, have[i:]...)
		have, changed = supersede(next, c), true
	}
	return have, changed
}

// little is a difference of honesty that is not worth a new set.
const little = 0.02

// Set gives the set with a claim as honest as is said, to little.
func Set(have []track.Belief, c obs.Claim, honest float64) []track.Belief {
	i, found := slices.BinarySearchFunc(have, c, compare)
	if !found {
		return slices.Insert(slices.Clone(have), i, track.Belief{Claim: c, Honest: honest})
	}
	if d := have[i].Honest - honest; d < little && d > -little {
		return have
	}
	have = slices.Clone(have)
	have[i].Honest = honest
	return have
}

func compare(b track.Belief, c obs.Claim) int {
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
				if NumberedBy(b.Value) == NumberedBy(c.Value) {
					continue
				}
			case obs.CallSign, obs.Name:
				if old++; old > maxReplaced {
					continue
				}
				b.Honest = Replaced
			case obs.MMSI, obs.ICAO, obs.SystemID:
			}
		}
		kept = append(kept, b)
	}
	return kept
}

// NumberedBy is the sensor in a target number, "sensor/number".
func NumberedBy(target string) string {
	if i := strings.LastIndexByte(target, '/'); i >= 0 {
		return target[:i]
	}
	return ""
}

// Contest gives the set with an identity marked as claimed in two places.
func Contest(have []track.Belief, c obs.Claim) []track.Belief {
	i, found := slices.BinarySearchFunc(have, c, compare)
	if !found || have[i].Honest == Contested {
		return have
	}
	have = slices.Clone(have)
	have[i].Honest = Contested
	return have
}

// Strong reports whether the set has an identity that one thing in the world
// has.
func Strong(have []track.Belief) bool {
	return len(have) > 0 && have[0].Kind <= obs.SystemID
}

// Differ reports whether two sets name different things: two values of one
// strong identity.
func Differ(a, b []track.Belief) bool {
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
