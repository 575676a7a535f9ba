package registration

import (
	"cmp"
	"slices"

	"atalaya/fuse/measure"
)

// Witnesses are cooperative things, by name. They make pairs of plots and of
// where they were, and teach the sensors' estimators. What they are told of comes
// in order of time.
type Witnesses[Name comparable] struct {
	// Noise is how unsteadily things move between fixes, m2/s3.
	Noise float64
	of    map[Name]*witness
}

type witness struct {
	last    Fix
	waiting []waiting // for the next fix
}

type waiting struct {
	sensor int32
	at     int64
	plot   measure.Measurement
	honest float64
}

// mostWaiting is how many plots wait for a fix.
const mostWaiting = 64

// longest is the time between two fixes of which anything is learnt, ns.
const longest = 60e9

// Plot is for a plot that is a thing's, as it was measured. Of those of a sensor
// between two fixes that nearest to the middle counts: to either side the errors
// of place and velocity go together.
func (w *Witnesses[Name]) Plot(of Name, sensor int32, at int64, plot *measure.Measurement, honest float64) {
	x := w.of[of]
	if x != nil && len(x.waiting) < mostWaiting {
		x.waiting = append(x.waiting, waiting{sensor, at, *plot, honest})
	}
}

// Fix is for where a thing says that it is. Estimators are by sensor; nil: it has
// no bias.
func (w *Witnesses[Name]) Fix(of Name, f Fix, honest float64, estimators []*Estimator) {
	if w.of == nil {
		w.of = map[Name]*witness{}
	}
	x := w.of[of]
	if x == nil {
		w.of[of] = &witness{last: f}
		return
	}
	if f.At <= x.last.At {
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
		truth, ok := Between(&x.last, &f, p.at, w.Noise)
		if e := estimators[p.sensor]; ok && e != nil && f.At-x.last.At <= longest {
			e.Learn(p.at, &p.plot, &truth, min(honest, p.honest))
		}
	}
	x.last, x.waiting = f, x.waiting[:0]
}

// End forgets a thing.
func (w *Witnesses[Name]) End(of Name) { delete(w.of, of) }
