package measure

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"atalaya/fuse/kalman"
	"atalaya/obs"
)

const degree = math.Pi / 180

// belief makes an estimate at distance and bearing from the origin, with
// standard deviations along that direction, turned by turn, and across it, and
// a velocity that goes with the place.
func belief(distance, bearing, along, across, turn float64) kalman.Estimate {
	sin, cos := math.Sincos(bearing)
	st, ct := math.Sincos(bearing + turn)
	e := kalman.Estimate{X: [4]float64{distance * sin, distance * cos, 5, -3}}
	e.P[0][0] = along*along*st*st + across*across*ct*ct
	e.P[1][1] = along*along*ct*ct + across*across*st*st
	e.P[0][1] = (along*along - across*across) * st * ct
	e.P[1][0] = e.P[0][1]
	// Velocity as after some time of motion from a start that is known better.
	const t = 60.0
	for k := range 2 {
		for l := range 2 {
			e.P[k][l+2] = e.P[k][l] / t * 0.8
			e.P[k+2][l] = e.P[k][l] / t * 0.8
			e.P[k+2][l+2] = e.P[k][l] / (t * t)
		}
		e.P[k+2][k+2] += 0.5
	}
	return e
}

// brute is Bayes on a grid of rays and distances, the measurement's sd times 9
// to either side: likelihood per radian, and per m of range where measured, and
// the moments of the place.
func brute(m *Measurement, e *kalman.Estimate) (lik float64, to outcome) {
	x, y, p := m.place(e)
	x, y = x-m.X, y-m.Y
	det := kalman.Det(p)
	low, high := 0.0, math.Hypot(x, y)+9*math.Sqrt(kalman.Largest(p))
	if m.Kind == OfPolar {
		low, high = max(low, m.Range-9*m.RangeSD), min(high, m.Range+9*m.RangeSD)
	}
	// No wider than the belief is seen.
	width := min(9*m.BearingSD, math.Pi)
	middle := m.Bearing
	const n = 900
	var mass, sx, sy, sxx, sxy, syy float64
	for i := range n {
		b := middle + width*(2*(float64(i)+0.5)/n-1)
		sin, cos := math.Sincos(b)
		off := (b - m.Bearing) / m.BearingSD
		for j := range n {
			r := low + (high-low)*(float64(j)+0.5)/n
			dx, dy := r*sin-x, r*cos-y
			q := off*off + (p.NN*dx*dx-2*p.EN*dx*dy+p.EE*dy*dy)/det
			if m.Kind == OfPolar {
				q += (r - m.Range) * (r - m.Range) / (m.RangeSD * m.RangeSD)
			}
			if q > 100 {
				continue
			}
			w := r * math.Exp(-q/2)
			mass += w
			sx += w * dx
			sy += w * dy
			sxx += w * dx * dx
			sxy += w * dx * dy
			syy += w * dy * dy
		}
	}
	sx, sy = sx/mass, sy/mass
	to = outcome{x + sx + m.X, y + sy + m.Y, obs.Cov2{EE: sxx/mass - sx*sx, EN: sxy/mass - sx*sy, NN: syy/mass - sy*sy}}
	lik = mass * (2 * width / n) * ((high - low) / n) / (2 * math.Pi * math.Sqrt(det)) / (math.Sqrt(2*math.Pi) * m.BearingSD)
	if m.Kind == OfPolar {
		lik /= math.Sqrt(2*math.Pi) * m.RangeSD * m.Range
	}
	return lik, to
}

// TestAgainstBruteForce: likelihood and moments are those of Bayes' rule.
func TestAgainstBruteForce(t *testing.T) {
	type scene struct {
		distance, along, across, turn float64 // of the belief
		off                           float64 // bearing of the measurement beside it, sd
		sd                            float64 // degrees
		rangeSD, rangeOff             float64 // 0: bearing only
	}
	var scenes []scene
	for _, sd := range []float64{0.1, 1, 5} {
		for _, prior := range []float64{50, 300, 2000} {
			scenes = append(scenes,
				scene{5000, prior, prior, 0, 0.7, sd, 10, 30},
				scene{5000, prior, prior / 5, 0.8, -1.2, sd, 50, -20},
				scene{5000, prior, prior, 0, 0.7, sd, 0, 0},
				scene{5000, prior, prior / 5, 0.8, -1.2, sd, 0, 0})
		}
	}
	scenes = append(scenes,
		scene{100, 50, 50, 0, 1, 2, 0, 0},
		scene{100, 200, 150, 0.4, 1, 2, 0, 0}, // the belief lies on both sides of the sensor
		scene{0.1, 500, 500, 0, 0, 2, 0, 0},   // and all round it
		scene{300, 100, 100, 0, 1, 10, 0, 0},
		scene{300, 200, 50, 1.2, -1, 20, 5, 20},
		scene{50e3, 20e3, 300, 0, 1, 1, 0, 0},        // what an earlier bearing from here left
		scene{20e3, 8e3, 300, 0.01, -1.5, 0.5, 0, 0}, // and almost from here
		scene{50e3, 5e3, 5e3, 0.5, 1, 1, 100, 900},
	)
	r := rand.New(rand.NewPCG(1, 2))
	for i, c := range scenes {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			heading := 2 * math.Pi * r.Float64()
			e := belief(c.distance, heading, c.along, c.across, c.turn)
			sx, sy := 1000*float64(i), -70.0
			e.X[0], e.X[1] = e.X[0]+sx, e.X[1]+sy
			seen := math.Hypot(c.sd*degree, math.Min(c.across/c.distance, 0.2))
			m := Measurement{Kind: OfBearing, X: sx, Y: sy, Bearing: heading + c.off*seen, BearingSD: c.sd * degree}
			if c.rangeSD > 0 {
				m.Kind, m.Range, m.RangeSD = OfPolar, c.distance+c.rangeOff, c.rangeSD
			}
			var got outcome
			x, y, p := m.place(&e)
			lik := m.likelihood(x, y, p, &got)
			wantLik, want := brute(&m, &e)
			if math.Abs(lik/wantLik-1) > 0.01 {
				t.Errorf("likelihood %g, want %g", lik, wantLik)
			}
			r := kalman.Residual{E: got.x - want.x, N: got.y - want.y, S: want.cov}
			if d := math.Sqrt(r.Distance2()); d > 0.02 {
				t.Errorf("mean %.3f %.3f is %.3f sd from %.3f %.3f (%.1f %.1f)", got.x, got.y, d, want.x, want.y, math.Sqrt(want.cov.EE), math.Sqrt(want.cov.NN))
			}
			if trace, det := within(got.cov, want.cov); math.Abs(trace-2) > 0.04 || math.Abs(det-1) > 0.04 {
				t.Errorf("covariance %v, want %v: %.4f %.4f", got.cov, want.cov, trace, det)
			}
		})
	}
}

// within gives trace and determinant of a/b: 2 and 1 where they are the same.
func within(a, b obs.Cov2) (trace, det float64) {
	d := kalman.Det(b)
	return (a.EE*b.NN - 2*a.EN*b.EN + a.NN*b.EE) / d, kalman.Det(a) / d
}
