package modes

import (
	"math"
	"time"

	"atalaya/codec/modes/cpr"
	"atalaya/geo"
	"atalaya/geo/fmath"
)

const (
	// airbornePair, slowPair and fastPair are how far apart the messages of a
	// pair may be: in the air, on the surface up to 25 knots, on the surface
	// faster (ICAO Doc 9871, C.2.6).
	airbornePair = 10 * time.Second
	slowPair     = 50 * time.Second
	fastPair     = 25 * time.Second

	// fixMemory is how long a position serves as reference and as check: in
	// that time nothing flies half a zone.
	fixMemory = 2 * time.Minute

	// airborneReach and surfaceReach are half a zone: local decoding is
	// unambiguous as far as that.
	airborneReach = 180 * nauticalMile
	surfaceReach  = 45 * nauticalMile

	// rivalsWin is how many refused positions in a row, plausible among
	// themselves, overthrow the one that refused them.
	rivalsWin = 3
)

// locate decodes a position message: by its pair where it has one, else near
// the aircraft's last position, else near the receiver.
func (d *Decoder) locate(m *Message, a *aircraft, c cpr.Position, slow bool) {
	now := half{cpr: c, at: d.now, slow: slow, set: true}
	mine, others := &a.even, &a.odd
	if c.Odd {
		mine, others = others, mine
	}
	*mine = now
	other := *others
	if paired(now, other) {
		if reference, ok := d.reference(a, c.Surface); ok || !c.Surface {
			if p, ok := cpr.Global(other.cpr, c, reference); ok && d.accept(m, a, p, c.Surface, true) {
				m.place(p, ByPair)
				return
			}
		}
	}
	if d.fresh(a.fix) {
		if p, ok := cpr.Local(c, a.fix.at); ok && d.accept(m, a, p, c.Surface, false) {
			m.place(p, ByLast)
		}
		return
	}
	if receiver, reach, ok := d.near(c.Surface); ok {
		if p, ok := cpr.Local(c, receiver); ok && distance(p, receiver) <= reach && d.accept(m, a, p, c.Surface, false) {
			m.place(p, ByReceiver)
		}
	}
}

// near gives the receiver as reference for a single message, and how far from
// it the aircraft can be. In the air that needs a receiver that is known to
// hear no farther than half a zone; on the surface none does.
func (d *Decoder) near(surface bool) (receiver geo.Position, reach float64, ok bool) {
	receiver, ok = d.cfg.Receiver.Get()
	if surface {
		return receiver, surfaceReach, ok
	}
	return receiver, d.cfg.MaxRange, ok && d.cfg.MaxRange > 0 && d.cfg.MaxRange <= airborneReach
}

// paired reports whether two messages of different parity make a pair.
func paired(now, other half) bool {
	if !other.set || other.cpr.Surface != now.cpr.Surface {
		return false
	}
	limit := airbornePair
	if now.cpr.Surface {
		limit = fastPair
		if now.slow && other.slow {
			limit = slowPair
		}
	}
	return within(now.at, other.at, limit)
}

// reference gives a place near the aircraft: its last position or, on the
// surface, the receiver, which hears nothing on the ground beyond 45 NM.
func (d *Decoder) reference(a *aircraft, surface bool) (geo.Position, bool) {
	if d.fresh(a.fix) {
		return a.fix.at, true
	}
	receiver, ok := d.cfg.Receiver.Get()
	return receiver, ok && surface
}

func (d *Decoder) fresh(f fix) bool { return f.set && within(d.now, f.when, fixMemory) }

// accept takes a decoded position as the aircraft's, or refuses it: because it
// lies beyond the stated range, or because nothing gets there from its last
// position in the time. A last position that was itself wrong loses against
// several refused ones that agree; those that were decoded relative to it have
// no vote.
func (d *Decoder) accept(m *Message, a *aircraft, p geo.Position, surface, independent bool) bool {
	f := fix{at: p, when: d.now, surface: surface, set: true}
	receiver, ok := d.cfg.Receiver.Get()
	if ok && d.cfg.MaxRange > 0 && distance(p, receiver) > d.cfg.MaxRange {
		m.Refused = RefusedRange
		d.counts.RefusedRange++
		return false
	}
	if d.fresh(a.fix) && !d.reachable(a, a.fix, f) {
		if !independent {
			return false
		}
		if !d.outvoted(a, f) {
			m.Refused = RefusedJump
			d.counts.RefusedJump++
			return false
		}
	}
	a.fix = f
	if independent {
		a.rivals = 0
	}
	return true
}

// outvoted counts a refused position and reports whether enough of them agree.
func (d *Decoder) outvoted(a *aircraft, f fix) bool {
	if a.rivals > 0 && d.fresh(a.rival) && d.reachable(a, a.rival, f) {
		a.rivals++
	} else {
		a.rivals = 1
	}
	a.rival = f
	return a.rivals >= rivalsWin
}

// reachable reports whether an aircraft gets from one fix to another. Frames
// that a network held back seem faster than they were, so there is an
// allowance that does not depend on time.
func (d *Decoder) reachable(a *aircraft, from, to fix) bool {
	const (
		airborneSpeed, airborneAllowance = 700.0, 5000.0 // m/s, m
		surfaceSpeed, surfaceAllowance   = 100.0, 1500.0
	)
	speed, allowance := airborneSpeed, airborneAllowance
	if from.surface && to.surface {
		speed, allowance = surfaceSpeed, surfaceAllowance
	} else if within(d.now, a.speedAt, fixMemory) {
		speed = max(speed, float64(1.2*a.speed))
	}
	elapsed := (to.when - from.when).Abs().Seconds()
	return distance(from.at, to.at) <= float64(speed*elapsed)+allowance
}

// distance is the distance of two positions in metres, on a sphere and along
// a chord: good for gates, not for navigation.
func distance(a, b geo.Position) float64 {
	const diameter = 2 * 6_371_000.0
	sinLat, _ := fmath.SincosDegrees((b.Lat - a.Lat) / 2)
	sinLon, _ := fmath.SincosDegrees((b.Lon - a.Lon) / 2)
	_, cosA := fmath.SincosDegrees(a.Lat)
	_, cosB := fmath.SincosDegrees(b.Lat)
	return float64(diameter * math.Sqrt(float64(sinLat*sinLat)+float64(float64(cosA*cosB)*float64(sinLon*sinLon))))
}
