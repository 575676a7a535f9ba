package registration

import (
	"cmp"
	"slices"

	"atalaya/fuse/measure"
)

// witnesses are cooperative things that sensors with a bias see, by name. They
// make pairs of plots and of where they were, and teach the sensors. What they are
// told of comes in order of time. A thing that no such sensor sees costs nothing.
type witnesses[Name comparable] struct {
	noise float64 // how unsteadily things move between fixes, m2/s3
	of    map[Name]*witness
}

type witness struct {
	last    Fix
	fixed   bool      // it has said where it is
	waiting []waiting // for the next fix
	by      []seen
}

type waiting struct {
	sensor int32
	at     int64
	plot   measure.Measurement
	honest float64
}

// seen tells when a sensor saw it last.
type seen struct {
	sensor int32
	at     int64
}

// mostWaiting is how many plots wait for a fix.
const mostWaiting = 64

// longest is the time between two fixes of which anything is learnt, ns; and what
// no sensor with a bias has seen for so long is no witness any more.
const longest = 60e9

// plot is for a plot that is a thing's, as it was measured. Of those of a sensor
// between two fixes that nearest to the middle counts: to either side the errors
// of place and velocity go together.
func (w *witnesses[Name]) plot(of Name, sensor int32, at int64, plot *measure.Measurement, honest float64) {
	x := w.of[of]
	if x == nil {
		if w.of == nil {
			w.of = map[Name]*witness{}
		}
		x = new(witness)
		w.of[of] = x
	}
	if i := slices.IndexFunc(x.by, func(s seen) bool { return s.sensor == sensor }); i < 0 {
		x.by = append(x.by, seen{sensor, at})
	} else {
		x.by[i].at = max(x.by[i].at, at)
	}
	if x.fixed && len(x.waiting) < mostWaiting {
		x.waiting = append(x.waiting, waiting{sensor, at, *plot, honest})
	}
}

// fix is for where a thing says that it is.
func (w *witnesses[Name]) fix(of Name, f Fix, honest float64, pupils []pupil) {
	x := w.of[of]
	if x == nil || x.fixed && f.At <= x.last.At {
		return
	}
	if !slices.ContainsFunc(x.by, func(s seen) bool { return f.At-s.at <= longest }) {
		delete(w.of, of)
		return
	}
	middle := x.last.At + (f.At-x.last.At)/2
	slices.SortStableFunc(x.waiting, func(a, b waiting) int {
		return cmp.Or(cmp.Compare(a.sensor, b.sensor), cmp.Compare(max(a.at-middle, middle-a.at), max(b.at-middle, middle-b.at)))
	})
	for i := range x.waiting {
		p := &x.waiting[i]
		if i > 0 && p.sensor == x.waiting[i-1].sensor {
			continue
		}
		to := &pupils[p.sensor]
		if to.Estimator == nil || f.At-x.last.At > longest || !to.offered() {
			continue
		}
		if truth, ok := Between(&x.last, &f, p.at, w.noise); ok {
			to.Learn(p.at, &p.plot, &truth, min(honest, p.honest))
		}
	}
	x.last, x.fixed, x.waiting = f, true, x.waiting[:0]
}

// doubt is for a thing whose identity is claimed elsewhere as well: those that
// see it cannot learn from it.
func (w *witnesses[Name]) doubt(of Name, at int64, pupils []pupil) {
	x := w.of[of]
	if x == nil {
		return
	}
	for _, s := range x.by {
		if to := &pupils[s.sensor]; to.Estimator != nil && at-s.at <= longest && to.offered() {
			to.Doubt(at)
		}
	}
}
