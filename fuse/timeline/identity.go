package timeline

import (
	"math"

	"atalaya/fuse/measure"
	"atalaya/geo"
)

// identity is what a thing is taken for: it speaks for and against plots beside
// their place, and never in its stead.
//
//  1. A plot with the thing's identity is likelier its own, one with another of
//     the same kind is less; how much, that depends on how honest the claim is.
//  2. A plot with its identity where the thing cannot be is of the thing with a
//     wrong place, or of another thing that claims the same: the first is likely
//     once, and a second plot that agrees with the first makes it the other.
//  3. A plot with an identity that nothing has is hardly of a thing with another.
//  4. A new thing does not honestly claim what a known one does.
type identity struct {
	claim   uint64
	honest  float64 // the probability that the claim is
	also    uint64  // what it claimed last, if that was another of the kind; else 0
	domain  uint8
	told    bool // only people told of it
	foreign bool // only other trackers know it
	height  geo.Height
	sd      float64 // of the height, m
}

// number is a sensor's own for a thing.
type number struct {
	sensor int32
	value  uint64
}

// numbers are the last ones of several sensors.
type numbers [mostNumbers]number

const (
	mostNumbers = 3
	// identities is how many there are to be claimed, about.
	identities = 1000
	// honest is how likely the first claim of a thing is; it grows and falls
	// between the other two.
	honest, mostHonest, leastHonest = 0.95, 0.999, 0.3
	// unheard is how likely something claims another identity than before that no
	// other thing claims, rather than one of those: a plot with a new name is of a
	// new thing, also beside others.
	unheard = 1e-3
	// alongside is how much less likely that is of what lies still, slower than
	// moored m/s: boats lie alongside each other.
	alongside, moored = 1e-2, 0.5
	// A plot with the sensor's number of the thing is so much likelier its own,
	// one with another number so much less: numbers are given anew.
	sameNumber, otherNumber = 50, 0.02
	// otherDomain, otherHeight: what a boat is no aircraft is.
	otherDomain, otherHeight = 1e-4, 1e-3
	// heightGate is how many standard deviations heights of one thing differ.
	heightGate = 5
	// wild is how likely a plot of the thing is elsewhere, per m2: one in a
	// hundred, anywhere within 10 km.
	wild = 1e-2 / (math.Pi * 1e8)
	// impostor is how likely at least a plot elsewhere is not a wild place of the
	// thing but of another that claims the same, or of a way the thing cannot have
	// gone by its model: without that a second plot would find nothing to agree with.
	impostor = 0.05
	// mostBearers is how many things may claim one identity.
	mostBearers = 4
)

// kindOf is the kind of a claim.
func kindOf(claim uint64) uint64 { return claim >> 56 }

// factor is how much likelier a plot with what it says of itself is of the thing
// than of one that is not known. Where an officer said its domain plots do not
// speak of that.
func (v *version) factor(l *look, p *plot, said bool) float64 {
	f := 1.0
	switch {
	case p.Claim == 0 || v.claim == 0:
	case p.Claim == v.claim:
		f = float64(v.honest*identities) + (1 - v.honest)
	case p.Claim == v.also:
		f = float64((1-v.honest)*identities) + v.honest
	case kindOf(p.Claim) == kindOf(v.claim):
		f = max(1-v.honest, 1e-6)
	}
	m := l.with(p)
	if m.Number != 0 {
		for _, n := range v.numbers {
			if n.value == 0 || n.sensor != l.key.Sensor {
				continue
			}
			if n.value == m.Number {
				f = float64(f * sameNumber)
			} else {
				f = float64(f * otherNumber)
			}
		}
	}
	if !said && p.Domain != 0 && v.domain != 0 && p.Domain != v.domain {
		f = float64(f * otherDomain)
	}
	if measure.Contradict(v.height, m.Height, v.sd, m.HeightSD, geo.Position{}, heightGate) {
		f = float64(f * otherHeight)
	}
	return f
}

// named reports whether a plot says what the thing is taken for.
func (v *identity) named(p *plot) bool { return p.Claim != 0 && p.Claim == v.claim }

// others reports whether a thing has an identity other than a plot's, of its kind,
// and never claimed that.
func (v *identity) others(p *plot) bool {
	return p.Claim != 0 && v.claim != 0 && p.Claim != v.claim && p.Claim != v.also && kindOf(p.Claim) == kindOf(v.claim)
}

// lies reports whether the thing lies still.
func (v *version) lies() bool {
	e := v.state.Mean()
	return float64(e.X[2]*e.X[2])+float64(e.X[3]*e.X[3]) < moored*moored
}

// hear takes over what a plot of the thing says.
func (v *version) hear(l *look, p *plot, elsewhere bool) {
	m := l.with(p)
	v.foreign = v.foreign && p.Foreign
	if p.Foreign && v.claim != 0 { // what it says again and again is no news
		if m.Number != 0 {
			v.numbers.hear(number{l.key.Sensor, m.Number})
		}
		return
	}
	switch {
	case p.Claim == 0:
	case v.claim == 0 || kindOf(p.Claim) < kindOf(v.claim):
		v.claim, v.honest = p.Claim, honest
	case elsewhere:
		v.honest = max(float64(v.honest*0.8), leastHonest)
		return
	case p.Claim == v.claim:
		v.honest = min(v.honest+float64((mostHonest-v.honest)*0.1), mostHonest)
		v.also = 0
	case kindOf(p.Claim) == kindOf(v.claim):
		v.also = p.Claim
		if v.honest = float64(v.honest * 0.5); v.honest < leastHonest {
			v.claim, v.also, v.honest = p.Claim, v.claim, 0.5
		}
	}
	if m.Number != 0 {
		v.numbers.hear(number{l.key.Sensor, m.Number})
	}
	if p.Domain != 0 && (v.domain == 0 || p.Claim != 0) {
		v.domain = p.Domain
	}
	if m.Height.Known() {
		v.height, v.sd = m.Height, m.HeightSD
	}
	v.told = v.told && p.Told
}

// hear puts a sensor's number first, in place of its last one or of the
// oldest.
func (all *numbers) hear(n number) {
	i := 0
	for i < mostNumbers-1 && all[i].value != 0 && all[i].sensor != n.sensor {
		i++
	}
	copy(all[1:i+1], all[:i])
	all[0] = n
}

// domain tells how the thing moves.
func (t *Timeline) domain(v *identity) *Domain { return t.domainOf(v.domain) }

func (t *Timeline) domainOf(d uint8) *Domain { return &t.domains[min(int(d), len(t.domains)-1)] }
