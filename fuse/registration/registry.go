package registration

import "atalaya/fuse/measure"

// Registry keeps the biases of sensors, by number, so that they do not depend on
// the order in which things become known. Time is divided into periods; in period
// n holds what was told of times up to the end of n-2. Name is of things.
type Registry[Name comparable] struct {
	// Period is its length, ns. What is told comes in order of its times, and all
	// of a period before the turn to the next but one.
	Period int64

	any     bool
	begun   bool
	period  int64
	taught  bool  // something was told
	told    int64 // the last period of which
	sets    int64
	pupils  []pupil
	now     [2][]Estimate // by even and odd period
	witness witnesses[Name]
}

// pupil is a sensor that learns.
type pupil struct {
	*Estimator // nil: it has no bias
	cfg        Config
	// As it was at the end of each of the last periods but that of which it is told.
	ended [periods]Estimator
	// How much was offered to learn from in a period, and that of it each so many
	// was taken: a bias changes slowly, and needs few pairs.
	offers, every int
}

const (
	// periods: of a turn to period n, what is told is of n at most; it asks for
	// the end of n-2, and of n-3 where it goes to two at once.
	periods = 4
	// enough is how many pairs are learnt from in a period, about.
	enough = 64
)

// offered tells whether what is offered is taken.
func (p *pupil) offered() bool {
	p.offers++
	return p.offers%p.every == 0
}

// end notes what is known at the end of a period.
func (p *pupil) end(period int64) {
	if p.Estimator != nil {
		p.ended[period&(periods-1)] = *p.Estimator
	}
}

// Set is for what is known of a new sensor, or of one that changed: it is learnt
// anew then. Noise is how unsteadily things move between fixes, m2/s3.
func (r *Registry[Name]) Set(sensor int32, cfg Config, noise float64) {
	for len(r.pupils) <= int(sensor) {
		r.pupils = append(r.pupils, pupil{})
		for i := range r.now {
			r.now[i] = append(r.now[i], Estimate{})
		}
	}
	r.witness.noise = noise
	p := &r.pupils[sensor]
	if cfg == p.cfg {
		return
	}
	r.sets++
	*p = pupil{cfg: cfg, every: 1}
	if !cfg.Any() {
		return
	}
	r.any = true
	p.Estimator = New(cfg)
	for n := range int64(periods) {
		p.end(n)
	}
	for i := range r.now {
		r.now[i][sensor] = p.At(0)
	}
}

// Any reports whether any sensor has a bias.
func (r *Registry[Name]) Any() bool { return r.any }

// Has reports whether a sensor has.
func (r *Registry[Name]) Has(sensor int32) bool { return r.pupils[sensor].Estimator != nil }

// Report tells of a sensor that has, at a time.
func (r *Registry[Name]) Report(sensor int32, at int64) Report {
	return r.pupils[sensor].Report(at)
}

// Now are the estimates, by sensor, for a time of the last two periods.
func (r *Registry[Name]) Now(at int64) []Estimate { return r.now[min(r.of(at), r.period)&1] }

// Version tells the estimates of one time from those of another: where it is the
// same they are.
func (r *Registry[Name]) Version(at int64) int64 { return min(r.of(at), r.period) + r.sets<<40 }

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
		for i := range r.pupils {
			p := &r.pupils[i]
			switch e := p.Estimator; {
			case e == nil:
			case r.taught && r.told > n-2:
				r.now[n&1][i] = p.ended[(n-2)&(periods-1)].At(n * r.Period)
			default:
				r.now[n&1][i] = e.At(n * r.Period)
			}
		}
	}
	r.period = max(r.period, now)
}

// Sees reports whether a sensor with a bias saw a thing not long ago: of others
// Fix and Doubt need not tell.
func (r *Registry[Name]) Sees(of Name) bool { return r.witness.of[of] != nil }

// Fix tells where a thing says that it is, in a look of a time now: of that it is
// told, whatever the time of the fix itself.
func (r *Registry[Name]) Fix(now int64, of Name, f Fix, honest float64) {
	r.tell(now)
	r.witness.fix(of, f, honest, r.pupils)
}

// Plot tells of a thing's plot as it was measured.
func (r *Registry[Name]) Plot(now int64, of Name, sensor int32, at int64, plot *measure.Measurement, honest float64) {
	r.tell(now)
	r.witness.plot(of, sensor, at, plot, honest)
}

// End tells that nothing is left of a thing.
func (r *Registry[Name]) End(of Name) { delete(r.witness.of, of) }

// Doubt tells that the identity of a thing is claimed where it is not, or by
// several.
func (r *Registry[Name]) Doubt(now int64, of Name) {
	r.tell(now)
	r.witness.doubt(of, now, r.pupils)
}

// tell ends the periods before that of a time.
func (r *Registry[Name]) tell(at int64) {
	now := r.of(at)
	if !r.taught {
		r.taught, r.told = true, now
	}
	if now <= r.told {
		return
	}
	for i := range r.pupils {
		p := &r.pupils[i]
		for n := max(r.told, now-periods); n < now; n++ {
			p.end(n)
		}
		p.offers, p.every = 0, 1+p.offers/enough
	}
	r.told = now
}
