package measure

import (
	"errors"
	"math"

	"atalaya/fuse/kalman"
	"atalaya/geo/fmath"
	"atalaya/obs"
)

// Start is one of several beginnings of a thing. Their weights add up to 1.
type Start struct {
	Weight float64
	kalman.Estimate
}

// likeness is the standard deviation of each range of a bank, as a share of it.
const likeness = 0.15

// MostStarts is how many a bank has at the most.
const MostStarts = 32

// Bank appends to starts those from one bearing: a row of ranges from near to
// far that grow geometrically, so that each is as sure as the others beside its
// own length, and equally likely (Peach, Bearings-only tracking using a set of
// range-parameterised extended Kalman filters, IEE Proc. Control Theory and
// Applications 142(1), 1995). The speed is of standard deviation speedSD either
// way. Follow each with the bearings that come, multiply its weight by the
// likelihoods, and drop those that fall behind.
//
// They are hypotheses: no bearing by itself is a track.
func Bank(starts []Start, m *Measurement, near, far, speedSD float64) []Start {
	if m.Kind != OfBearing || !m.Sound() || !(near >= leastSD && far > near && far < farthest) {
		return starts
	}
	// The mean and deviation of a uniform stretch from 1 to ratio.
	const w = likeness * 1.7320508075688772
	all := fmath.Log(far / near)
	n := min(math.Ceil(all/fmath.Log((1+w)/(1-w))), MostStarts)
	ratio := fmath.Exp(all / n)
	from := near
	for range int(n) {
		to := float64(from * ratio)
		p := Measurement{
			Kind: OfPolar, X: m.X, Y: m.Y, Bearing: m.Bearing, BearingSD: m.BearingSD,
			Range: (from + to) / 2, RangeSD: (to - from) / math.Sqrt(12),
		}
		s := Start{Weight: 1 / n}
		x, y, cov := p.Convert()
		s.Estimate = begin(x, y, cov, speedSD)
		if m.After != 0 {
			s.Predict(-m.After, 0)
		}
		starts = append(starts, s)
		from = to
	}
	return starts
}

// Mixture is the moments of several starts, of which there is one at least.
func Mixture(starts []Start) kalman.Estimate {
	var e kalman.Estimate
	total := 0.0
	for i := range starts {
		s := &starts[i]
		total += s.Weight
		for k := range 4 {
			e.X[k] += float64(s.Weight * s.X[k])
		}
	}
	for k := range 4 {
		e.X[k] /= total
	}
	for i := range starts {
		s := &starts[i]
		w := s.Weight / total
		for k := range 4 {
			for j := range 4 {
				e.P[k][j] += float64(w * (s.P[k][j] + float64((s.X[k]-e.X[k])*(s.X[j]-e.X[j]))))
			}
		}
	}
	return e
}

// begin is a thing at a place whose velocity is only not above all bounds.
func begin(x, y float64, cov obs.Cov2, speedSD float64) kalman.Estimate {
	e := kalman.Estimate{X: [4]float64{x, y}}
	v := float64(speedSD * speedSD)
	e.P = [4][4]float64{{cov.EE, cov.EN}, {cov.EN, cov.NN}, {2: v}, {3: v}}
	return e
}

// What makes two bearings no start.
var (
	ErrNoBearings = errors.New("not two sound bearings and a speed")
	ErrBehind     = errors.New("the bearings do not cross ahead of both sensors")
	ErrParallel   = errors.New("the bearings are too nearly parallel for a place")
)

// unsure is the greatest standard deviation of a crossing along either bearing,
// as a share of its distance.
const unsure = 0.25

// Cross is where two bearings from different places cross: of two sensors, or of
// one that moved. Between their times the thing may have moved as well, with a
// speed of standard deviation speedSD either way. The estimate is for the time
// of the state that both are measured after.
func Cross(a, b *Measurement, speedSD float64) (kalman.Estimate, error) {
	sa, ca := fmath.Sincos(a.Bearing)
	sb, cb := fmath.Sincos(b.Bearing)
	dx, dy := b.X-a.X, b.Y-a.Y
	sin := float64(sb*ca) - float64(cb*sa) // of the angle between them
	if a.Kind != OfBearing || b.Kind != OfBearing || !a.Sound() || !b.Sound() || !(speedSD > 0 && speedSD < farthest) {
		return kalman.Estimate{}, ErrNoBearings
	}
	if !(math.Abs(sin) > a.BearingSD+b.BearingSD) {
		return kalman.Estimate{}, ErrParallel
	}
	// a + ra ua = b + rb ub.
	ra := (float64(sb*dy) - float64(cb*dx)) / sin
	rb := (float64(sa*dy) - float64(ca*dx)) / sin
	if !(ra > 0 && rb > 0) {
		return kalman.Estimate{}, ErrBehind
	}
	x, y := a.X+float64(ra*sa), a.Y+float64(ra*ca)
	// The information of both lines, n (x + After v) = 0 from the crossing.
	var info [4][4]float64
	info[2][2] = 1 / float64(speedSD*speedSD)
	info[3][3] = info[2][2]
	for _, l := range [2]struct{ r, sin, cos, sd, after float64 }{{ra, sa, ca, a.BearingSD, a.After}, {rb, sb, cb, b.BearingSD, b.After}} {
		sd := float64(l.r * l.sd)
		h := [4]float64{l.cos / sd, -l.sin / sd, float64(l.after*l.cos) / sd, float64(-l.after*l.sin) / sd}
		for i := range 4 {
			for j := range 4 {
				info[i][j] += float64(h[i] * h[j])
			}
		}
	}
	p, _, ok := kalman.Invert4(&info)
	if !ok || spread(&p, sa, ca) > float64(unsure*ra) || spread(&p, sb, cb) > float64(unsure*rb) {
		return kalman.Estimate{}, ErrParallel
	}
	return kalman.Estimate{X: [4]float64{x, y}, P: p}, nil
}

// spread is the standard deviation of the place along (sin, cos).
func spread(p *[4][4]float64, sin, cos float64) float64 {
	return math.Sqrt(float64(float64(sin*sin)*p[0][0]) + float64(2*float64(float64(sin*cos)*p[0][1])) + float64(float64(cos*cos)*p[1][1]))
}
