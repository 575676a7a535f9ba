package registration

import (
	"atalaya/fuse/kalman"
	"atalaya/obs"
)

// Fix is where a cooperative thing said that it was.
type Fix struct {
	At   int64
	X, Y float64
	Cov  obs.Cov2
}

// Between is where a thing was at a time from two of its fixes, one before and
// one after, if it moves steadily but for white noise of spectral density q in
// m2/s3. Nothing else goes into it: what a biased sensor says must not be
// measured by itself. It is false where the time is not between them.
//
// Its covariance is for use once between each two fixes in a row. Each fix then
// counts twice, with shares that add up to 1: with the shares instead of their
// squares all together are as sure as all the fixes, and no more.
func Between(a, b *Fix, at int64, q float64) (kalman.Estimate, bool) {
	var e kalman.Estimate
	if at < a.At || at > b.At || a.At >= b.At {
		return e, false
	}
	t := float64(b.At-a.At) / 1e9
	u := float64(at-a.At) / float64(b.At-a.At)
	w := 1 - u
	vx, vy := (b.X-a.X)/t, (b.Y-a.Y)/t
	e.X = [4]float64{a.X + float64(u*(b.X-a.X)), a.Y + float64(u*(b.Y-a.Y)), vx, vy}
	// How far white noise of the acceleration takes it from the straight line
	// between two places that it meets, and how far the velocity from the mean one.
	off := float64(u * w)
	bow := float64(float64(q*float64(t*float64(t*t)))*float64(off*off)) / 3
	both := float64(float64(q*float64(t*t))*float64(off*(1-float64(2*u)))) / 3
	pace := float64(float64(q*t)*(1-float64(3*off))) / 3
	t2 := float64(t * t)
	for i, c := range [2][2]float64{{a.Cov.EE, b.Cov.EE}, {a.Cov.NN, b.Cov.NN}} {
		e.P[i][i] = float64(w*c[0]) + float64(u*c[1]) + bow
		e.P[i+2][i+2] = (c[0]+c[1])/t2 + pace
		e.P[i][i+2] = (float64(u*c[1])-float64(w*c[0]))/t + both
		e.P[i+2][i] = e.P[i][i+2]
	}
	e.P[0][1] = float64(w*a.Cov.EN) + float64(u*b.Cov.EN)
	e.P[1][0] = e.P[0][1]
	e.P[2][3] = (a.Cov.EN + b.Cov.EN) / t2
	e.P[3][2] = e.P[2][3]
	return e, true
}
