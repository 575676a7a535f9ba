package measure

import (
	"math"

	"atalaya/fuse/kalman"
	"atalaya/geo/fmath"
	"atalaya/obs"
)

// The posterior of a place by a bearing, and a range where there is one.
//
//  1. On the ray of one bearing the belief, a normal density in the plane, is a
//     normal density of the distance r, times r. With a measured range it stays
//     one. Its mass and moments on r > 0 have a closed form.
//  2. Over the rays: find the bearing that fits belief and measurement best, by
//     Gauss-Newton over their residuals; that gives its standard deviation too.
//  3. Add up rays round it by the trapezoidal rule in t, bearing = best + sd
//     sinh(t). For integrands that fall like a normal density its error falls
//     exponentially with the number of rays, and the widening steps reach the
//     tails of those that fall slower.

// arc is a measurement seen from the sensor.
type arc struct {
	mx, my float64  // the belief's mean
	p      obs.Cov2 // its covariance
	det    float64  // of p

	bearing, sd float64
	ranged      bool
	r, rv       float64 // range and its variance
}

func (m *Measurement) arc(x, y float64, p obs.Cov2) arc {
	return arc{
		mx: x, my: y, p: p, det: kalman.Det(p),
		bearing: m.Bearing, sd: m.BearingSD, ranged: m.Kind == OfPolar, r: m.Range, rv: float64(m.RangeSD * m.RangeSD),
	}
}

// ray is the belief on one bearing.
type ray struct {
	sin, cos float64
	cross    float64 // the mean's distance from the ray, to its right
	v        float64 // variance of that
	r, rv    float64 // mean and variance of the distance along the ray
}

func (a *arc) ray(bearing float64) ray {
	var y ray
	y.sin, y.cos = fmath.Sincos(bearing)
	y.cross = float64(a.mx*y.cos) - float64(a.my*y.sin)
	ue := float64(a.p.NN*y.sin) - float64(a.p.EN*y.cos) // of adj(P) u
	un := float64(a.p.EE*y.cos) - float64(a.p.EN*y.sin)
	y.v = float64(ue*y.sin) + float64(un*y.cos)
	y.r = (float64(ue*a.mx) + float64(un*a.my)) / y.v
	y.rv = a.det / y.v
	return y
}

// rounds of Gauss-Newton; how near to the best, in standard deviations, is near
// enough; and the squared distance from which on another start is tried.
const (
	rounds = 10
	enough = 0.02
	poor   = 4
)

// best finds the bearing that fits best, its standard deviation, and the
// squared distance there. It goes from the measured bearing or from that of the
// belief's mean, whichever fits better: of a long belief the other may lie across
// a ridge.
func (a *arc) best() (bearing, sd, d2 float64) {
	try := a.bearing
	mean := a.bearing + math.Remainder(fmath.Atan2(a.mx, a.my)-a.bearing, 2*math.Pi)
	if here, _, _ := a.fit(try); here > poor {
		if there, _, _ := a.fit(mean); there < here {
			try = mean
		}
	}
	d2 = math.Inf(1)
	step := 0.0
	for range rounds {
		fit, slope, curve := a.fit(try)
		if fit < d2 {
			bearing, sd, d2 = try, 1/math.Sqrt(curve), fit
			step = min(max(-slope/curve, -0.5), 0.5)
		} else {
			step /= 3 // too far
		}
		if !(math.Abs(step) > float64(enough*sd)) {
			break
		}
		try = min(max(bearing+step, a.bearing-math.Pi), a.bearing+math.Pi)
	}
	return bearing, sd, d2
}

// fit is the sum of the squared residuals on a bearing, with half its slope and,
// after Gauss and Newton, half its curvature.
func (a *arc) fit(bearing float64) (d2, slope, curve float64) {
	y := a.ray(bearing)
	root := math.Sqrt(y.v)
	ahead := float64(a.mx*y.sin) + float64(a.my*y.cos)
	// Half the derivative of v by the bearing: u' adj(P) u.
	dv := float64(float64(y.sin*y.cos)*(a.p.NN-a.p.EE)) - float64(a.p.EN*(float64(y.cos*y.cos)-float64(y.sin*y.sin)))
	own := (bearing - a.bearing) / a.sd
	across := y.cross / root
	dAcross := (-ahead - float64(across*(dv/root))) / root
	d2 = float64(own*own) + float64(across*across)
	slope = own/a.sd + float64(across*dAcross)
	curve = 1/float64(a.sd*a.sd) + float64(dAcross*dAcross)
	if !a.ranged {
		if y.r < 0 {
			d2 += float64(y.r*y.r) / y.rv
		}
		return d2, slope, curve
	}
	s := math.Sqrt(y.rv + a.rv)
	ue := float64(a.p.NN*y.cos) + float64(a.p.EN*y.sin) // of adj(P) u'
	un := float64(-a.p.EE*y.sin) - float64(a.p.EN*y.cos)
	dr := (float64(ue*a.mx) + float64(un*a.my) - float64(2*float64(y.r*dv))) / y.v
	along, dAlong := (a.r-y.r)/s, -dr/s
	return d2 + float64(along*along), slope + float64(along*dAlong), curve + float64(dAlong*dAlong)
}

const (
	// negligible is a sum of squares with which a ray counts for nothing beside
	// others.
	negligible = 80
	// impossible is the squared distance, six standard deviations, at which a
	// measurement is of something else.
	impossible = 40
)

// step is that of the trapezoidal rule, and side the sinh and cosh of its
// multiples.
const step = 0.5

//nolint:gochecknoglobals // constant table
var side = [...][2]float64{
	{0, 1},
	{0.5210953054937474, 1.1276259652063807},
	{1.1752011936438014, 1.5430806348152437},
	{2.1292794550948173, 2.352409615243247},
	{3.626860407847019, 3.7621956910836314},
	{6.0502044810397875, 6.132289479663686},
	{10.017874927409903, 10.067661995777765},
}

// sums over rays: of the posterior's mass, and of its moments about the belief's
// mean; and of the heaviest ray its mass, bearing and weight.
type sums struct {
	mass, e, n, ee, en, nn float64
	most, bearing, weight  float64
}

// add a ray with a weight.
func (t *sums) add(a *arc, bearing, weight float64) {
	turn := bearing - a.bearing
	if math.Abs(turn) > math.Pi {
		return
	}
	off := turn / a.sd
	y := a.ray(bearing)
	q := float64(off*off) + float64(y.cross*y.cross)/y.v
	if a.ranged {
		s := y.rv + a.rv
		d := a.r - y.r
		q += float64(d*d) / s
		y.r += float64(y.rv * (d / s))
		y.rv = float64(y.rv * (a.rv / s))
		y.v = float64(y.v * float64(2*math.Pi*s))
	}
	if !(q < negligible) {
		return
	}
	tau := math.Sqrt(y.rv)
	mass, mean, variance := along(y.r / tau)
	w := float64(float64(weight*fmath.Exp(-q/2))*float64(tau*mass)) / math.Sqrt(y.v)
	if !(w > 0) {
		return
	}
	mean = float64(mean * tau)
	variance = float64(variance * y.rv)
	e, n := float64(mean*y.sin)-a.mx, float64(mean*y.cos)-a.my
	if w > t.most {
		t.most, t.bearing, t.weight = w, bearing, weight
	}
	t.mass += w
	t.e += float64(w * e)
	t.n += float64(w * n)
	t.ee += float64(w * (float64(e*e) + float64(float64(y.sin*y.sin)*variance)))
	t.en += float64(w * (float64(e*n) + float64(float64(y.sin*y.cos)*variance)))
	t.nn += float64(w * (float64(n*n) + float64(float64(y.cos*y.cos)*variance)))
}

// sum adds up rays round a bearing.
func (a *arc) sum(best, sd float64) sums {
	var t sums
	t.add(a, best, 1)
	for k := 1; k < len(side); k++ {
		by := float64(sd * side[k][0])
		t.add(a, best-by, side[k][1])
		t.add(a, best+by, side[k][1])
	}
	return t
}

// finer is how often to try again with rays nearer together.
const finer = 4

// integrate gives the likelihood and the moments of the posterior, from the
// sensor. Where the likelihood is 0 there is none.
func (a *arc) integrate(to *outcome) float64 {
	if !(a.det > 0) {
		return 0
	}
	if n, ok := a.narrow(); ok {
		return n.integrate(to)
	}
	best, sd, d2 := a.best()
	if !(d2 < impossible) {
		return 0
	}
	t := a.sum(best, sd)
	for range finer {
		if float64(2*t.most) < t.mass {
			break
		}
		// One ray has more than the rest: the posterior is narrower than it seemed.
		best, sd = t.bearing, float64(0.3*float64(sd*t.weight))
		t = a.sum(best, sd)
	}
	if !(float64(2*t.most) < t.mass) { // or nothing is left at all
		return 0
	}
	lik := float64(t.mass*float64(step*sd)) / float64(2*math.Pi*a.sd)
	if a.ranged {
		lik /= a.r // from per metre of range and radian to per square metre
	}
	if !(lik > 0) || math.IsInf(lik, 1) {
		return 0
	}
	e, n := t.e/t.mass, t.n/t.mass
	to.x, to.y = a.mx+e, a.my+n
	to.cov = obs.Cov2{EE: t.ee/t.mass - float64(e*e), EN: t.en/t.mass - float64(e*n), NN: t.nn/t.mass - float64(n*n)}
	if !(to.cov.EE > 0 && kalman.Det(to.cov) > 0) {
		return 0
	}
	return lik
}

// along gives for a distance of normal density with mean a and variance 1 the
// mass of t times it on t > 0, and the mean and variance of t in that.
func along(a float64) (mass, mean, variance float64) {
	switch {
	case a > 6: // nothing lies behind
		return a, a + 1/a, 1 - 1/float64(a*a)
	case !(a > -3): // all lies behind
		return 0, 0, 0
	}
	// Abramowitz and Stegun 26.2.11: Phi(a) = 1/2 + phi(a) (a + a^3/3 + a^5/15 ...).
	phi := fmath.Exp(-float64(a*a)/2) / math.Sqrt(2*math.Pi)
	term, series := a, a
	for k := 3.0; math.Abs(term) > 1e-17*math.Abs(series); k += 2 {
		term = float64(term * float64(float64(a*a)/k))
		series += term
	}
	m0 := 0.5 + float64(phi*series)
	m1 := float64(a*m0) + phi
	m2 := float64(a*m1) + m0
	m3 := float64(a*m2) + float64(2*m1)
	mean = m2 / m1
	return m1, mean, m3/m1 - float64(mean*mean)
}
