package measure

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os/exec"
	"testing"

	"atalaya/fuse/kalman"
	"atalaya/internal/peer"
)

type peerCase struct {
	X         [4]float64    `json:"x"`
	P         [4][4]float64 `json:"p"`
	Sensor    [2]float64    `json:"sensor"`
	Range     float64       `json:"range"`
	RangeSD   float64       `json:"range_sd"`
	Bearing   float64       `json:"bearing"`
	BearingSD float64       `json:"bearing_sd"`
}

type peerState struct {
	X [4]float64
	P [4][4]float64
}

// away is how far b is from a by a's covariance, and by how much the volumes of
// their covariances differ.
func away(a, b *kalman.Estimate) (distance, volume float64) {
	var d [4]float64
	for k := range 4 {
		d[k] = b.X[k] - a.X[k]
	}
	_, la, _ := kalman.Invert4(&a.P)
	_, lb, _ := kalman.Invert4(&b.P)
	return math.Sqrt(kalman.Distance4(d, a.P)), math.Exp(lb-la) - 1
}

// Stone Soup 1.9.1: a cloud of particles, which is right wherever enough of them
// count, and its unscented and iterated filters, which are where the measurement is
// almost linear.
func TestAgainstStoneSoup(t *testing.T) {
	python := peer.Python(t)
	r := rand.New(rand.NewPCG(21, 22))
	var in []peerCase
	for i := range 12 {
		distance, b := 500*math.Exp(3*r.Float64()), 2*math.Pi*r.Float64()
		wide := 0.01 + 0.12*float64(i%3) // of the distance: almost linear, and not
		e := belief(distance, b, wide*distance, wide*distance*(0.4+0.6*r.Float64()), 3*r.Float64())
		c := peerCase{P: e.P, Sensor: [2]float64{1000 * r.NormFloat64(), 1000 * r.NormFloat64()}, BearingSD: (1 + 2*r.Float64()) * degree}
		if i%2 == 0 {
			c.RangeSD = distance * (0.02 + 0.02*r.Float64())
		}
		c.Range, c.Bearing = seenFrom(r, draw(r, &e), c.RangeSD, c.BearingSD)
		c.X = [4]float64{e.X[0] + c.Sensor[0], e.X[1] + c.Sensor[1], e.X[2], e.X[3]}
		in = append(in, c)
	}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "-W", "ignore", "testdata/stonesoup_peer.py")
	cmd.Stdin = bytes.NewReader(b)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("Stone Soup: %v\n%s", err, stderr.Bytes())
	}
	var answers []struct {
		Unscented, Iterated, Particles peerState
		Likelihood, Effective          float64
	}
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	if len(answers) != len(in) {
		t.Fatalf("%d answers for %d cases", len(answers), len(in))
	}
	for i, c := range in {
		m := Measurement{Kind: OfBearing, X: c.Sensor[0], Y: c.Sensor[1], Bearing: c.Bearing, BearingSD: c.BearingSD}
		if c.RangeSD > 0 {
			m.Kind, m.Range, m.RangeSD = OfPolar, c.Range, c.RangeSD
		}
		e := kalman.Estimate{X: c.X, P: c.P}
		lik := m.UpdateOne(&e)
		if m.Kind == OfPolar {
			lik *= m.Range // per rad and m
		}
		want := answers[i]
		noise := 1 / math.Sqrt(want.Effective)
		if noise > 0.04 {
			t.Fatalf("case %d: only %.0f particles count", i, want.Effective)
		}
		particles := kalman.Estimate(want.Particles)
		distance, volume := away(&e, &particles)
		if distance > 6*noise || math.Abs(volume) > 10*noise {
			t.Errorf("case %d %+v: particles' mean is %.3f sd away, the volume %.3f off; noise %.3f", i, c, distance, volume, noise)
		}
		if math.Abs(lik/want.Likelihood-1) > 5*noise {
			t.Errorf("case %d: likelihood %g, particles' %g", i, lik, want.Likelihood)
		}
		for name, s := range map[string]peerState{"unscented": want.Unscented, "iterated": want.Iterated} {
			other := kalman.Estimate(s)
			distance, volume := away(&e, &other)
			t.Logf("case %2d: %s is %.3f sd away, volume %+.3f; particles %.3f", i, name, distance, volume, noise)
			if i%3 == 0 && (distance > 0.02 || math.Abs(volume) > 0.03) {
				t.Errorf("case %d, almost linear: %s is %.3f sd away, the volume %.3f off", i, name, distance, volume)
			}
		}
	}
}
