package exercise

import (
	"math/rand/v2"
	"time"

	"atalaya/geo"
)

// mover is a thing that moves in straight legs.
type mover struct {
	name    string
	mmsi    uint32    // 0: no AIS
	later   guise     // what its transponder says from changes on
	changes time.Time // zero: never
	icao    uint32    // 0: no ADS-B
	class   class
	from    geo.Position // start of the leg
	began   time.Time
	bearing float64 // degrees
	length  float64 // metres
	speed   float64 // m/s
	ends    time.Time
	fro     bool    // the last drift was back
	height  float64 // m above the sea, of aircraft
	// next gives it another leg at the end of one.
	next     func(m *mover, now time.Time)
	reported time.Time // next AIS report
	odd      bool      // next CPR format
}

// random gives numbers that depend on a seed only.
func random(seed uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, 0x41746c61)) //nolint:gosec // a world, no secret
}

// guise is what a transponder says that the boat is; without an MMSI it is off.
type guise struct {
	mmsi uint32
	name string
}

// says is what the boat's transponder says at a time.
func (m *mover) says(now time.Time) guise {
	if m.changes.IsZero() || now.Before(m.changes) {
		return guise{m.mmsi, m.name}
	}
	return m.later
}

// class is what a mover is.
type class uint8

const (
	fisher class = iota
	ferry
	dark
	patrol
	plane
)

// at gives position, course and speed at a time.
func (m *mover) at(now time.Time) (p geo.Position, course, speed float64) {
	along := min(max(m.speed*now.Sub(m.began).Seconds(), 0), m.length)
	p, course = geo.Direct(m.from, m.bearing, along)
	if along >= m.length {
		return p, course, 0
	}
	return p, course, m.speed
}

// advance gives the mover the legs that it needs until now. Each begins when
// the one before ends, whenever that is found out: where a mover is depends on
// the seed and the time alone.
func (m *mover) advance(now time.Time) {
	for !now.Before(m.ends) {
		m.next(m, m.ends)
	}
}

// leg sets out for a place.
func (m *mover) leg(now time.Time, from, to geo.Position, speed float64) {
	m.from, m.began, m.speed = from, now, speed
	m.length, m.bearing, _ = geo.Inverse(from, to)
	const shortest = time.Second
	m.ends = now.Add(max(time.Duration(m.length/speed*float64(time.Second)), shortest))
	// What sets out reports as what moves does, and not when it would have, lying.
	soon := classA
	if m.class == fisher {
		soon = classB
	}
	if m.reported.After(now.Add(soon)) {
		m.reported = now.Add(soon)
	}
}

// rest stays where it is for a time, but for a little drift to and fro: nobody
// lies quite still on water.
func (m *mover) rest(now time.Time, where geo.Position, lasts time.Duration) {
	const drift, most = 0.05, 5.0 // m/s, m
	m.fro = !m.fro
	m.bearing = 0
	if m.fro {
		m.bearing = 180
	}
	m.from, m.began, m.speed, m.ends = where, now, drift, now.Add(lasts)
	m.length = min(drift*lasts.Seconds(), most)
}

// How often a boat that wanders rests in the place of another leg.
const fishes, underWay = 0.3, 0

// wander gives a boat short legs on the lake that stay so far from the border,
// with rests.
func (g *geography) wander(seed uint64, speed, fromBorder, rests float64) func(*mover, time.Time) {
	r := random(seed)
	return func(m *mover, now time.Time) {
		here, _, _ := m.at(now)
		if r.Float64() < rests {
			m.rest(now, here, time.Duration(30+r.IntN(240))*time.Second)
			return
		}
		for range 40 {
			to, _ := geo.Direct(here, r.Float64()*360, 300+r.Float64()*3000)
			if g.water(here, to) && g.keeps(here, to, fromBorder) {
				m.leg(now, here, to, speed*(0.7+0.6*r.Float64()))
				return
			}
		}
		m.rest(now, here, time.Minute)
	}
}

// shuttle goes to and fro between two places with a stop at each.
func shuttle(a, b geo.Position, speed float64, stop time.Duration) func(*mover, time.Time) {
	away, stopped := true, false
	return func(m *mover, now time.Time) {
		here, _, _ := m.at(now)
		if !stopped {
			stopped = true
			m.rest(now, here, stop)
			return
		}
		stopped = false
		to := a
		if away {
			to = b
		}
		away = !away
		m.leg(now, here, to, speed)
	}
}

// smuggle lies on its own side, crosses the line at a stated time, waits, comes
// back much later, and goes again. It goes no farther than beyond metres from
// the line.
func smuggle(c crossing, crosses time.Time, speed, beyond float64) func(*mover, time.Time) {
	far, _ := geo.Direct(c.at, c.toPeru, beyond)
	near, _ := geo.Direct(c.at, c.toPeru+180, beyond)
	begun, under, over := false, false, false
	return func(m *mover, now time.Time) {
		here, _, _ := m.at(now)
		if !begun {
			begun = true
			before := speed * crosses.Sub(now).Seconds()
			if before > beyond {
				m.rest(now, near, time.Duration((before-beyond)/speed*float64(time.Second)))
				return
			}
			here, _ = geo.Direct(c.at, c.toPeru+180, max(before, 100))
		}
		if under {
			under = false
			m.rest(now, here, 20*time.Minute)
			return
		}
		under, over = true, !over
		to := near
		if over {
			to = far
		}
		m.leg(now, here, to, speed)
	}
}

// pass sails straight through a place at a stated time, from at most beyond metres
// before it to as many behind it, and then goes on as then has it.
func pass(at geo.Position, course float64, when time.Time, speed, beyond float64, then func(*mover, time.Time)) func(*mover, time.Time) {
	start, _ := geo.Direct(at, course+180, beyond)
	end, _ := geo.Direct(at, course, beyond)
	begun, under := false, false
	return func(m *mover, now time.Time) {
		var here geo.Position
		switch before := speed * when.Sub(now).Seconds(); {
		case under:
			then(m, now)
			return
		case begun:
			here, _, _ = m.at(now)
		case before > beyond:
			begun = true
			m.rest(now, start, time.Duration((before-beyond)/speed*float64(time.Second)))
			return
		default:
			here, _ = geo.Direct(at, course+180, before)
		}
		under = true
		m.leg(now, here, end, speed)
	}
}

// fly goes round between places in the air.
func fly(places []geo.Position, speed float64) func(*mover, time.Time) {
	i := 0
	return func(m *mover, now time.Time) {
		from := places[i%len(places)]
		i++
		m.leg(now, from, places[i%len(places)], speed)
	}
}
