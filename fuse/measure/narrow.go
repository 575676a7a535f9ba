package measure

import (
	"math"

	"atalaya/fuse/kalman"
	"atalaya/geo/fmath"
	"atalaya/obs"
)

// The posterior of a place by a bearing that sees the belief under a small angle:
// nearly all of them.
//
//  1. In the frame of the measured bearing, a ahead and c to the right, a ray is
//     c = w a. With P the belief's covariance there and m its mean, let
//     N = Pcc - 2w Pac + w2 Paa and M = ma (Pcc - w Pac) - mc (Pac - w Paa). Then
//     the mean of the distance on the ray is M/N ahead, its variance det P/N, and
//     nothing lies behind.
//  2. What is to be integrated over w is nearly a normal density, round the w
//     that fits best: five points (Gauss and Hermite) give its moments.
type narrow struct {
	a, c       float64 // the belief's mean
	aa, ac, cc float64 // its covariance
	det        float64
	sin, cos   float64 // of the bearing
	sd         float64
}

const (
	// small is the spread of a belief as a part of its distance, and aside how far
	// to the side of the bearing it lies as a part of that, up to which this holds:
	// likelihood and moments are within 1e-3 and 1e-2.
	small, aside = 0.05, 0.25
)

// narrow gives the measurement as seen along its bearing; false: the belief is not
// seen under a small angle.
func (a *arc) narrow() (n narrow, ok bool) {
	if a.ranged {
		return n, false
	}
	d2 := float64(a.mx*a.mx) + float64(a.my*a.my)
	if !(a.p.EE+a.p.NN <= float64(float64(small*small)*d2)) {
		return n, false
	}
	sin, cos := fmath.Sincos(a.bearing)
	n.a, n.c = float64(a.mx*sin)+float64(a.my*cos), float64(a.mx*cos)-float64(a.my*sin)
	if !(math.Abs(n.c) <= float64(aside*n.a)) {
		return n, false
	}
	ss, sc, cc := float64(sin*sin), float64(sin*cos), float64(cos*cos)
	both := float64(2 * float64(sc*a.p.EN))
	n.aa = float64(ss*a.p.EE) + both + float64(cc*a.p.NN)
	n.cc = float64(cc*a.p.EE) - both + float64(ss*a.p.NN)
	n.ac = float64(sc*(a.p.EE-a.p.NN)) + float64((cc-ss)*a.p.EN)
	n.det, n.sin, n.cos, n.sd = a.det, sin, cos, a.sd
	return n, true
}

// angle is the arc tangent of a slope up to 0.5.
func angle(w float64) float64 {
	x := float64(w * w)
	s := 1.0/13 - x/15
	s = 1.0/11 - float64(x*s)
	s = 1.0/9 - float64(x*s)
	s = 1.0/7 - float64(x*s)
	s = 1.0/5 - float64(x*s)
	s = 1.0/3 - float64(x*s)
	return w - float64(float64(w*x)*s)
}

// best finds the slope that fits best, its standard deviation, and the squared
// distance there, as arc.best does.
func (n *narrow) best() (w, sd, d2 float64) {
	own, across := 1/float64(n.sd*n.sd), n.a/n.cc
	w = float64(across*n.c) / (own + float64(across*n.a))
	for range rounds {
		v := n.cc - float64(2*float64(w*n.ac)) + float64(float64(w*w)*n.aa)
		root := math.Sqrt(v)
		t, miss := angle(w)/n.sd, (n.c-float64(n.a*w))/root
		dt := 1 / float64(n.sd*(1+float64(w*w)))
		dMiss := (-n.a - float64(miss*((float64(w*n.aa)-n.ac)/root))) / root
		d2 = float64(t*t) + float64(miss*miss)
		curve := float64(dt*dt) + float64(dMiss*dMiss)
		sd = 1 / math.Sqrt(curve)
		by := (float64(t*dt) + float64(miss*dMiss)) / curve
		if !(math.Abs(by) > float64(enough*sd)) {
			break
		}
		w = min(max(w-by, -2*aside), 2*aside)
	}
	return w, sd, d2
}

// The points of Gauss and Hermite, and their weights for what is not divided by
// the normal density.
//
//nolint:gochecknoglobals // constant table
var five = [5][2]float64{
	{-2.856970013872806, 1.6708772380225412},
	{-1.355626179974266, 1.3952362259854358},
	{0, 1.3368684131365334},
	{1.355626179974266, 1.3952362259854358},
	{2.856970013872806, 1.6708772380225412},
}

// integrate is arc.integrate.
func (n *narrow) integrate(to *outcome) float64 {
	best, sd, d2 := n.best()
	if !(d2 < impossible) {
		return 0
	}
	var mass, a, c, aa, ac, cc float64
	for _, x := range five {
		w := best + float64(sd*x[0])
		v := n.cc - float64(2*float64(w*n.ac)) + float64(float64(w*w)*n.aa)
		ahead := float64(n.a*(n.cc-float64(w*n.ac))) - float64(n.c*(n.ac-float64(w*n.aa)))
		t, miss := angle(w)/n.sd, n.c-float64(n.a*w)
		q := float64(t*t) + float64(miss*miss)/v
		m := float64(float64(x[1]*fmath.Exp(-q/2)) * (ahead / float64(v*math.Sqrt(v))))
		// The moments of the distance, which has a density with itself as a factor.
		more := n.det / ahead
		da := ahead/v + more - n.a
		dc := float64((da+n.a)*w) - n.c
		variance := n.det/v - float64(more*more)
		mass += m
		a += float64(m * da)
		c += float64(m * dc)
		aa += float64(m * (float64(da*da) + variance))
		ac += float64(m * (float64(da*dc) + float64(w*variance)))
		cc += float64(m * (float64(dc*dc) + float64(float64(w*w)*variance)))
	}
	lik := float64(mass*sd) / float64(2*math.Pi*n.sd)
	if !(lik > 0) || math.IsInf(lik, 1) {
		return 0
	}
	a, c, aa, ac, cc = a/mass, c/mass, aa/mass, ac/mass, cc/mass
	aa, ac, cc = aa-float64(a*a), ac-float64(a*c), cc-float64(c*c)
	ss, sc, co := float64(n.sin*n.sin), float64(n.sin*n.cos), float64(n.cos*n.cos)
	to.x = float64((n.a+a)*n.sin) + float64((n.c+c)*n.cos)
	to.y = float64((n.a+a)*n.cos) - float64((n.c+c)*n.sin)
	both := float64(2 * float64(sc*ac))
	to.cov = obs.Cov2{
		EE: float64(ss*aa) + both + float64(co*cc),
		NN: float64(co*aa) - both + float64(ss*cc),
		EN: float64(sc*(aa-cc)) + float64((co-ss)*ac),
	}
	if !(to.cov.EE > 0 && kalman.Det(to.cov) > 0) {
		return 0
	}
	return lik
}
