package registration

import "atalaya/fuse/measure"

// Registry keeps the biases of sensors, by number, so that they do not depend on
// the order in which things become known. Time is divided into periods; in period
// n holds what was told of times up to the end of n-2. Name is of things.
type Registry[Name comparable] struct {
	// Period is its length, ns. Whatever is told of a period is told before the
	// turn to the next but one.
	Period int64

	any        bool
	begun      bool
	period     int64
	estimators []*Estimator // nil: it has no bias
	cfgs       []Config
	now        [2][]Estimate // by even and odd period
	lessons    []lesson[Name]
	witness    Witnesses[Name]
}

// lesson is what is told: of a thing its fix, a plot, or its end, or that an
// identity is claimed where it is not, or by several.
type lesson[Name comparable] struct {
	period int64
	of     Name
	what   uint8
	sensor int32
	at     int64
	fix    Fix
	plot   measure.Measurement
	honest float64
}

const (
	isFix = iota
	isPlot
	isEnd
	isDoubt
)

// Set is for what is known of a new sensor, or of one that changed: it is learnt
// anew then. Noise is how unsteadily things move between fixes, m2/s3.
func (r *Registry[Name]) Set(sensor int32, cfg Config, noise float64) {
	for len(r.estimators) <= int(sensor) {
		r.estimators, r.cfgs = append(r.estimators, nil), append(r.cfgs, Config{})
		for i := range r.now {
			r.now[i] = append(r.now[i], Estimate{})
		}
	}
	r.witness.Noise = noise
	if cfg == r.cfgs[sensor] {
		return
	}
	r.cfgs[sensor], r.estimators[sensor] = cfg, nil
	if cfg.Any() {
		r.any = true
		r.estimators[sensor] = New(cfg)
		r.now[0][sensor] = r.estimators[sensor].At(0)
		r.now[1][sensor] = r.now[0][sensor]
	}
}

// Any reports whether any sensor has a bias.
func (r *Registry[Name]) Any() bool { return r.any }

// Has reports whether a sensor has.
func (r *Registry[Name]) Has(sensor int32) bool { return r.estimators[sensor] != nil }

// Report tells of a sensor that has, at a time.
func (r *Registry[Name]) Report(sensor int32, at int64) Report {
	return r.estimators[sensor].Report(at)
}

// Now are the estimates, by sensor, for a time of the last two periods.
func (r *Registry[Name]) Now(at int64) []Estimate { return r.now[min(r.of(at), r.period)&1] }

func (r *Registry[Name]) of(at int64) int64 {
	n := at / r.Period
	if at%r.Period < 0 {
		n--
	}
	return n
}

// Turn goes on to the period of a time.
func (r *Registry[Name]) Turn(at int64) {
	now := r.of(at)
	if !r.begun {
		r.begun, r.period = true, now
	}
	for n := max(r.period+1, now-1); n <= now; n++ {
		r.learn(n - 2)
		for i, e := range r.estimators {
			if e != nil {
				r.now[n&1][i] = e.At(n * r.Period)
			}
		}
	}
	r.period = max(r.period, now)
}

// Finish takes over what is left to be learnt, at the end.
func (r *Registry[Name]) Finish() { r.learn(1<<63 - 1) }

// Fix tells where a thing says that it is, in a look of a time now: of that it is
// told, whatever the time of the fix itself.
func (r *Registry[Name]) Fix(now int64, of Name, f Fix, honest float64) {
	r.tell(now, &lesson[Name]{of: of, what: isFix, fix: f, honest: honest})
}

// Plot tells of a thing's plot as it was measured.
func (r *Registry[Name]) Plot(now int64, of Name, sensor int32, at int64, plot *measure.Measurement, honest float64) {
	r.tell(now, &lesson[Name]{of: of, what: isPlot, sensor: sensor, at: at, plot: *plot, honest: honest})
}

// End tells that nothing is left of a thing.
func (r *Registry[Name]) End(now int64, of Name) { r.tell(now, &lesson[Name]{of: of, what: isEnd}) }

// Doubt tells that an identity is claimed where it is not, or by several.
func (r *Registry[Name]) Doubt(now int64) { r.tell(now, &lesson[Name]{what: isDoubt}) }

func (r *Registry[Name]) tell(at int64, l *lesson[Name]) {
	if r.any {
		l.period = r.of(at)
		r.lessons = append(r.lessons, *l)
	}
}

// learn takes over what was told up to a period.
func (r *Registry[Name]) learn(upTo int64) {
	used := 0
	for used < len(r.lessons) && r.lessons[used].period <= upTo {
		switch x := &r.lessons[used]; x.what {
		case isFix:
			r.witness.Fix(x.of, x.fix, x.honest, r.estimators)
		case isPlot:
			r.witness.Plot(x.of, x.sensor, x.at, &x.plot, x.honest)
		case isEnd:
			r.witness.End(x.of)
		case isDoubt:
			for _, e := range r.estimators {
				if e != nil {
					e.Doubt()
				}
			}
		}
		used++
	}
	r.lessons = r.lessons[:copy(r.lessons, r.lessons[used:])]
}
