package exercise

import (
	"math/rand/v2"
	"time"

	"atalaya/geo"
)

// deceivers adds boats that are not what their transponders say, all on our side,
// far from the border and in sight of the radar:
//
//   - KANTUTA switches its AIS off, and sails on.
//   - URU and CHULLPA meet, and when they have passed each other swap identities.
//   - INTI is two boats, far from each other, that bought their transmitters in the
//     same shop.
//
// They draw from numbers of their own: the others are where they are without them.
func (w *World) deceivers() {
	r := rand.New(rand.NewPCG(w.cfg.Seed, 4)) //nolint:gosec // a world, no secret
	when := w.begin.Add(w.cfg.Deceive)
	const near, far = 10_000.0, 20_000.0 // m from the radar
	const room, speed = 1500.0, 3.0
	sails := func(m *mover, from geo.Position) {
		m.class, m.from, m.reported = fisher, from, w.begin
		m.next = w.geo.wander(r.Uint64(), speed, room, underWay)
		w.movers = append(w.movers, m)
	}
	sails(&mover{mmsi: bolivia + 81, name: "KANTUTA", changes: when}, w.openly(r, near, room))
	w.swappers(r, when)
	first := w.openly(r, near, room)
	second := w.openly(r, far, room)
	for geo.Distance(first, second) < near {
		second = w.openly(r, far, room)
	}
	sails(&mover{mmsi: bolivia + 84, name: "INTI"}, first)
	sails(&mover{mmsi: bolivia + 84, name: "INTI"}, second)
}

// swappers adds two boats that pass each other and then swap identities, so far
// apart that the radar knows which is which.
func (w *World) swappers(r *rand.Rand, when time.Time) {
	const speed, beyond, abeam, room = 4.0, 1500.0, 150.0, 1500.0
	const since = 50 * time.Second // that they passed each other
	one, two := guise{bolivia + 82, "URU"}, guise{bolivia + 83, "CHULLPA"}
	for {
		a, course := w.openly(r, 10_000, room+beyond), 360*r.Float64()
		b, _ := geo.Direct(a, course+90, abeam)
		if !w.way(a, course, beyond) || !w.way(b, course, beyond) {
			continue
		}
		add := func(at geo.Position, course float64, as, later guise) {
			w.movers = append(w.movers, &mover{
				class: fisher, mmsi: as.mmsi, name: as.name, later: later, changes: when, reported: w.begin,
				next: pass(at, course, when.Add(-since), speed, beyond, w.geo.wander(r.Uint64(), speed, room, underWay)),
			})
		}
		add(a, course, one, two)
		add(b, course+180, two, one)
		return
	}
}

// way reports whether there is water so far before and behind a place.
func (w *World) way(p geo.Position, course, metres float64) bool {
	from, _ := geo.Direct(p, course+180, metres)
	to, _ := geo.Direct(p, course, metres)
	return w.geo.water(from, to)
}

// openly is homely with open water between the place and the radar's hill, so
// that the radar sees it whatever mountains there are.
func (w *World) openly(r *rand.Rand, within, fromBorder float64) geo.Position {
	for {
		if p := w.homely(r, within, fromBorder); w.geo.open(p) {
			return p
		}
	}
}

// homely draws a place on our side of the lake.
func (w *World) homely(r *rand.Rand, within, fromBorder float64) geo.Position {
	for {
		if p := w.geo.spot(r, within, fromBorder); w.geo.home(p) {
			return p
		}
	}
}
