package kalman

import "atalaya/obs"

// Past is where the place of a state was some time before, as the state has it.
type Past struct {
	E, N float64
	Cov  obs.Cov2
	With [4][2]float64 // the covariance of the state with it
}

// Past gives the place before a motion that led to the state: forward is that
// motion, and back the same from its end. It is false where the state is no belief.
//
// What the state says of the way to it depends on how well the thing was known
// before: nothing else tells how much of the motion's noise the state has found
// out. Like the one-step algorithm of Bar-Shalom, Chen and Mallick (One-step
// solution for the multistep out-of-sequence-measurement problem in tracking,
// IEEE TAES 40(1), 2004) it takes all measurements since for one; and as states of
// that time are not kept, it takes the thing to have been known as well as now. So:
//
//	M = F P F' + Q       what was to be expected of the state
//	G = P F' M^-1        the smoother's gain
//	covariance of state and place before: P G' H'
//	of the place: H (P - G M G' + G P G') H' + L M L', L = B - H G
//
// where the place before is B x, because the mean of that time is not kept; what
// this is off the smoothed mean is the last term.
func (m *Estimate) Past(forward, back *Motion) (Past, bool) {
	expected := Estimate{P: m.P}
	expected.Move(forward)
	inverse, _, ok := Invert4(&expected.P)
	if !ok {
		return Past{}, false
	}
	b := [2][4]float64{{1, 0, back.a, -back.b}, {0, 1, back.b, back.a}}
	var p Past
	var k, l [2][4]float64 // H G, and B - H G
	for i := range 2 {
		moved := forward.of(&m.P[i])
		for j := range 4 {
			k[i][j] = dot(&moved, &inverse[j]) // it is symmetric
			l[i][j] = b[i][j] - k[i][j]
		}
		for j := range 4 {
			p.With[j][i] = dot(&m.P[j], &k[i])
		}
	}
	cov := func(i, j int) float64 {
		return (m.P[i][j] - form(&k[i], &expected.P, &k[j])) + form(&k[i], &m.P, &k[j]) + form(&l[i], &expected.P, &l[j])
	}
	p.E, p.N = dot(&b[0], &m.X), dot(&b[1], &m.X)
	p.Cov = obs.Cov2{EE: cov(0, 0), EN: cov(0, 1), NN: cov(1, 1)}
	return p, p.Cov.EE > 0 && Det(p.Cov) > 0
}

// Recall replaces what the state says of its past place by (e, n) of covariance c;
// the state follows by regression, as in Replace. It is false, and nothing
// changes, where no belief is left.
func (m *Estimate) Recall(p *Past, e, n float64, c obs.Cov2) bool {
	d := Det(p.Cov)
	if !(d > 0) {
		return false
	}
	ee, en, nn := p.Cov.EE-c.EE, p.Cov.EN-c.EN, p.Cov.NN-c.NN
	out := *m
	var gain [4][2]float64
	for k := range 4 {
		w := &p.With[k]
		gain[k][0] = (float64(w[0]*p.Cov.NN) - float64(w[1]*p.Cov.EN)) / d
		gain[k][1] = (float64(w[1]*p.Cov.EE) - float64(w[0]*p.Cov.EN)) / d
		out.X[k] += float64(gain[k][0]*(e-p.E)) + float64(gain[k][1]*(n-p.N))
	}
	for k := range 4 {
		a := float64(gain[k][0]*ee) + float64(gain[k][1]*en)
		b := float64(gain[k][0]*en) + float64(gain[k][1]*nn)
		for l := range k + 1 {
			out.P[k][l] -= float64(a*gain[l][0]) + float64(b*gain[l][1])
		}
	}
	out.Mirror()
	if _, _, ok := Invert4(&out.P); !ok {
		return false
	}
	*m = out
	return true
}

// MixPast gives the moments of several pasts of one state, with weights; it is
// false where no weight is above 0.
func MixPast(of []Past, weights []float64) (out Past, ok bool) {
	sum := 0.0
	for i, w := range weights {
		sum += w
		out.E, out.N = out.E+float64(w*of[i].E), out.N+float64(w*of[i].N)
	}
	if !(sum > 0) {
		return Past{}, false
	}
	out.E, out.N = out.E/sum, out.N/sum
	for i, w := range weights {
		p := &of[i]
		w /= sum
		e, n := p.E-out.E, p.N-out.N
		out.Cov.EE += float64(w * (p.Cov.EE + float64(e*e)))
		out.Cov.EN += float64(w * (p.Cov.EN + float64(e*n)))
		out.Cov.NN += float64(w * (p.Cov.NN + float64(n*n)))
		for k := range 4 {
			out.With[k][0] += float64(w * p.With[k][0])
			out.With[k][1] += float64(w * p.With[k][1])
		}
	}
	return out, true
}

// Place is the past place alone, with a velocity of variance 1.
func (p *Past) Place() Estimate {
	return Estimate{X: [4]float64{p.E, p.N}, P: [4][4]float64{{p.Cov.EE, p.Cov.EN}, {p.Cov.EN, p.Cov.NN}, {2: 1}, {3: 1}}}
}

// of is what the motion makes of a state, without noise.
func (f *Motion) of(x *[4]float64) [4]float64 {
	return [4]float64{
		x[0] + float64(f.a*x[2]) - float64(f.b*x[3]),
		x[1] + float64(f.b*x[2]) + float64(f.a*x[3]),
		float64(f.c*x[2]) - float64(f.s*x[3]),
		float64(f.s*x[2]) + float64(f.c*x[3]),
	}
}

// form is a P b'.
func form(a *[4]float64, p *[4][4]float64, b *[4]float64) float64 {
	sum := 0.0
	for i := range 4 {
		sum += float64(a[i] * dot(&p[i], b))
	}
	return sum
}
