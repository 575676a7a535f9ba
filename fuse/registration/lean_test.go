package registration

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os/exec"
	"testing"

	"atalaya/fuse/kalman"
	"atalaya/internal/peer"
	"atalaya/obs"
)

// follower is a thing as a tracker has it.
type follower struct {
	e     kalman.Estimate
	leans Leans
}

func begin(sensor int32, x, y float64, cov obs.Cov2, j *[2]Bias, now []Estimate) follower {
	f := follower{e: kalman.Estimate{X: [4]float64{x, y}, P: [4][4]float64{{cov.EE, cov.EN}, {cov.EN, cov.NN}, {2: 64}, {3: 64}}}}
	if sensor > 0 {
		f.leans = Begin(sensor, j, now)
	}
	return f
}

func (f *follower) see(sensor int32, x, y float64, cov obs.Cov2, j *[2]Bias, now []Estimate) {
	wide := plus(cov, f.leans.Against(sensor, j, now))
	g := GainOf(placeOf(&f.e), wide)
	r := f.e.Place(x, y, wide)
	f.e.Update(&r, 0)
	c := f.leans.Follow(sensor, j, &g, 1, now)
	f.e.P[0][0] += c.EE
	f.e.P[1][1] += c.NN
	f.e.P[0][1] += c.EN
	f.e.P[1][0] += c.EN
}

// nees of the place.
func (f *follower) nees(b *boat, now []Estimate) float64 {
	c := plus(placeOf(&f.e), f.leans.Spread(now))
	r := kalman.Residual{E: b.x - f.e.X[0], N: b.y - f.e.X[1], S: c}
	return r.Distance2()
}

// TestConsidered: what is believed of a thing's place, with what is left of
// biases, is as sure as it says. Without considering them it is much too sure.
func TestConsidered(t *testing.T) {
	const runs, seconds = 400, 80
	r := rand.New(rand.NewPCG(11, 12))
	at := [][2]float64{{0, 0}, {6000, 1000}, {2000, 7000}} // radars
	one := Estimate{Cov: Matrix{{0.25 * degree * degree}, {1: 50 * 50}, {2: 0.25}}}
	now := []Estimate{one, one, one}
	for _, c := range []struct {
		what    string
		first   int     // plots of AIS before
		sensors []int32 // in turn; 0 is AIS: no bias, and 10 m
		most    float64
	}{
		{"one radar", 0, []int32{1}, 2.3},
		{"two radars", 0, []int32{1, 2}, 2.4},
		{"three radars", 0, []int32{1, 2, 3}, 2.4},
		{"AIS, then a radar", 20, []int32{1}, 2.6},
		{"a radar and AIS", 0, []int32{1, 1, 1, 0}, 2.4},
	} {
		sum, blind, n := 0.0, 0.0, 0
		for range runs {
			var wrong [3]Bias
			for k := range wrong {
				for p := range Parts {
					wrong[k][p] = math.Sqrt(one.Cov[p][p]) * r.NormFloat64()
				}
			}
			b := boat{4000 + 500*r.NormFloat64(), 3000 + 500*r.NormFloat64(), 5 * r.NormFloat64(), 5 * r.NormFloat64()}
			var f, without follower
			for k := range seconds / 2 {
				b.move(r, 2, 0.1)
				f.e.Predict(2, 0.1)
				without.e.Predict(2, 0.1)
				s := c.sensors[k%len(c.sensors)]
				if k < c.first {
					s = 0
				}
				x, y, cov, j := b.x+10*r.NormFloat64(), b.y+10*r.NormFloat64(), obs.Round(10), [2]Bias{}
				if s > 0 {
					o := at[s-1]
					m := plot(r, boat{b.x - o[0], b.y - o[1], b.vx, b.vy}, wrong[s-1], 20, 0.5*degree)
					m.X, m.Y = o[0], o[1]
					x, y, cov = m.Convert()
					vx, vy := f.e.X[2], f.e.X[3]
					if k == 0 {
						vx, vy = 0, 0
					}
					j = Slopes(o[0], o[1], x, y, vx, vy)
				}
				if k == 0 {
					f = begin(s, x, y, cov, &j, now)
					without = begin(0, x, y, cov, &j, now)
					continue
				}
				f.see(s, x, y, cov, &j, now)
				without.see(0, x, y, cov, &j, now)
				if k > 20 {
					sum += f.nees(&b, now)
					blind += without.nees(&b, now)
					n++
				}
			}
		}
		got, other := sum/float64(n), blind/float64(n)
		t.Logf("%s: normalised error squared %.2f of 2, without considering %.2f", c.what, got, other)
		if got > c.most || got < 1 {
			t.Errorf("%s: normalised error squared %.2f, should be 2", c.what, got)
		}
		if other < 3 {
			t.Errorf("%s: without considering %.2f: the test shows nothing", c.what, other)
		}
	}
}

// TestRenew: when the bias becomes known, what was made with it goes along.
func TestRenew(t *testing.T) {
	wrong := Bias{degree, 80, 0}
	j := Slopes(0, 0, 3000, 4000, 0, 0)
	now := []Estimate{{Cov: Matrix{{degree * degree}, {1: 6400}}}}
	shown := [2]float64{3000, 4000}
	for k := range Parts {
		shown[0] += j[0][k] * wrong[k]
		shown[1] += j[1][k] * wrong[k]
	}
	f := begin(1, shown[0], shown[1], obs.Round(20), &j, now)
	for range 5 {
		f.e.Predict(2, 0.1)
		f.see(1, shown[0], shown[1], obs.Round(20), &j, now)
	}
	if d := math.Hypot(f.e.X[0]-3000, f.e.X[1]-4000); d < 100 {
		t.Fatalf("%.1f m off before", d)
	}
	now[0].Bias = wrong
	x, y := f.leans.Renew(now)
	if d := math.Hypot(f.e.X[0]+x-3000, f.e.X[1]+y-4000); d > 0.1 {
		t.Errorf("%.1f m off when the bias is known", d)
	}
	if x, y = f.leans.Renew(now); x != 0 || y != 0 {
		t.Errorf("it moves again, by %v %v", x, y)
	}
}

type peerStep struct {
	Z [2]float64    `json:"z"`
	R [2][2]float64 `json:"r"`
}

// TestAgainstStoneSoup: Stone Soup 1.9.1's Schmidt-Kalman filter, of a state
// with the bias in it. What one sensor makes alone is the same. The
// first plot of what did not rest on it gives the same place, and ours is not
// surer.
func TestAgainstStoneSoup(t *testing.T) {
	python := peer.Python(t)
	r := rand.New(rand.NewPCG(31, 32))
	j := Slopes(0, 0, 3000, 4000, 0, 0)
	b := Matrix{{0.25 * degree * degree}, {1: 50 * 50}, {2: 1e-12}}
	now := []Estimate{{Cov: b}}
	type request struct {
		Leans bool          `json:"leans"` // the start is a plot of the sensor
		Start [2]float64    `json:"start"`
		J     [2][3]float64 `json:"j"`
		B     Matrix        `json:"b"`
		Steps []peerStep    `json:"steps"`
	}
	var in []request
	var ours []follower
	for i, steps := range []int{1, 1, 12} {
		q := request{Leans: i != 1, Start: [2]float64{3000, 4000}, J: [2][3]float64{j[0], j[1]}, B: b}
		cov := obs.Round(25)
		sensor := int32(0)
		if q.Leans {
			sensor = 1
		}
		f := begin(sensor, q.Start[0], q.Start[1], cov, &j, now)
		for range steps {
			s := peerStep{Z: [2]float64{3000 + 40*r.NormFloat64(), 4000 + 40*r.NormFloat64()}, R: [2][2]float64{{900, 100}, {100, 400}}}
			f.e.Predict(2, 0.1)
			f.see(1, s.Z[0], s.Z[1], obs.Cov2{EE: 900, EN: 100, NN: 400}, &j, now)
			q.Steps = append(q.Steps, s)
		}
		in, ours = append(in, q), append(ours, f)
	}
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "-W", "ignore", "testdata/schmidt_peer.py")
	cmd.Stdin = bytes.NewReader(body)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("Stone Soup: %v\n%s", err, stderr.Bytes())
	}
	var answers []struct {
		X []float64   `json:"x"`
		P [][]float64 `json:"p"`
	}
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	if len(answers) != len(in) {
		t.Fatalf("%d answers for %d", len(answers), len(in))
	}
	for i, a := range answers {
		f := &ours[i]
		c := plus(placeOf(&f.e), f.leans.Spread(now))
		theirs := obs.Cov2{EE: a.P[0][0], EN: a.P[0][1], NN: a.P[1][1]}
		t.Logf("case %d: ours %v, theirs %v", i, c, theirs)
		for k := range 4 {
			if math.Abs(f.e.X[k]-a.X[k]) > 1e-6 {
				t.Errorf("case %d: state %d is %v, theirs %v", i, k, f.e.X[k], a.X[k])
			}
		}
		if in[i].Leans {
			if math.Abs(c.EE-theirs.EE)+math.Abs(c.EN-theirs.EN)+math.Abs(c.NN-theirs.NN) > 1e-5 {
				t.Errorf("case %d: covariance %v, theirs %v", i, c, theirs)
			}
			continue
		}
		more := obs.Cov2{EE: c.EE - theirs.EE, EN: c.EN - theirs.EN, NN: c.NN - theirs.NN}
		if more.EE < -1e-6 || more.NN < -1e-6 || kalman.Det(more) < -1e-3 {
			t.Errorf("case %d: covariance %v is surer than theirs %v", i, c, theirs)
		}
		if math.Sqrt(kalman.Det(c)) > 1.5*math.Sqrt(kalman.Det(theirs)) {
			t.Errorf("case %d: covariance %v, theirs %v", i, c, theirs)
		}
	}
}
