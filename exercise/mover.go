package exercise

import (
	"math/rand/v2"
	"time"

	"atalaya/geo"
)

// mover is a thing that moves in straight legs.
type mover struct {
	name     string
	mmsi     uint32 // 0: no AIS
	icao     uint32 // 0: no ADS-B
	class    class
	from     geo.Position // start of the leg
	began    time.Time
	bearing  float64 // degrees
	length   float64 // metres
	speed    float64 // m/s
	height   float64 // m above the sea, of aircraft
	next     func(*mover, time.Time)
	reported time.Time // next AIS report
	odd      bool      // next CPR format
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

// at gives position, course and speed at a time; past the end of its leg a
// mover has been given another.
func (m *mover) at(now time.Time) (p geo.Position, course, speed float64) {
	along := min(m.speed*now.Sub(m.began).Seconds(), m.length)
	p, course = geo.Direct(m.from, m.bearing, max(along, 0))
	if along >= m.length {
		return p, course, 0
	}
	return p, course, m.speed
}

// done reports whether the leg is over.
func (m *mover) done(now time.Time) bool {
	return m.speed*now.Sub(m.began).Seconds() >= m.length
}

// leg sets out for a place.
func (m *mover) leg(now time.Time, from, to geo.Position, speed float64) {
	m.from, m.began, m.speed = from, now, speed
	m.length, m.bearing, _ = geo.Inverse(from, to)
}

// rest stays where it is for a time.
func (m *mover) rest(now time.Time, where geo.Position, lasts time.Duration) {
	const drift = 0.05 // m/s: nobody lies quite still on water
	m.from, m.began, m.bearing, m.speed = where, now, 0, drift
	m.length = drift * lasts.Seconds()
}

// wander gives a boat short legs on the lake that stay so far from the border,
// with rests as fishermen take them.
func (g *geography) wander(r *rand.Rand, speed, fromBorder float64) func(*mover, time.Time) {
	return func(m *mover, now time.Time) {
		here, _, _ := m.at(now)
		if r.Float64() < 0.3 {
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

// smuggle crosses the line at a stated time, goes on, waits, and comes back
// much later.
func smuggle(c crossing, crosses time.Time, speed, beyond float64) func(*mover, time.Time) {
	far, _ := geo.Direct(c.at, c.toPeru, beyond)
	near, _ := geo.Direct(c.at, c.toPeru+180, beyond)
	stage := 0
	return func(m *mover, now time.Time) {
		here, _, _ := m.at(now)
		stage++
		switch stage % 4 {
		case 1: // over the line
			before := speed * crosses.Sub(now).Seconds()
			start := here
			if stage == 1 {
				start, _ = geo.Direct(c.at, c.toPeru+180, max(before, 100))
			}
			m.leg(now, start, far, speed)
		case 3: // and back
			m.leg(now, here, near, speed)
		default:
			const wait = 20 * time.Minute
			m.rest(now, here, wait)
		}
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
