package kalman

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os/exec"
	"testing"

	"atalaya/internal/peer"
	"atalaya/obs"
)

// random beliefs of one thing.
func beliefs(r *rand.Rand) (Estimate, Other) {
	var a, root [4][4]float64
	e := Estimate{X: [4]float64{100 * r.NormFloat64(), 100 * r.NormFloat64(), 5 * r.NormFloat64(), 5 * r.NormFloat64()}}
	scale := [4]float64{30, 30, 3, 3}
	for i := range 4 {
		for j := range 4 {
			root[i][j] = scale[i] * r.NormFloat64()
		}
		a[i][i] = 0.1 * scale[i] * scale[i]
	}
	for i := range 4 {
		for j := range 4 {
			for k := range 4 {
				a[i][j] += root[i][k] * root[j][k]
			}
		}
	}
	e.P = a
	p, q, s := 60*r.Float64()+5, 60*r.Float64()+5, 1.8*r.Float64()-0.9
	o := Other{E: 100 * r.NormFloat64(), N: 100 * r.NormFloat64(), Cov: obs.Cov2{EE: p * p, EN: s * p * q, NN: q * q}}
	if r.IntN(2) == 0 {
		o.VE, o.VN, o.V = 5*r.NormFloat64(), 5*r.NormFloat64(), math.Exp(3*r.NormFloat64())
	}
	return e, o
}

func logDet(t *testing.T, p *[4][4]float64) float64 {
	t.Helper()
	_, d, ok := Invert4(p)
	if !ok {
		t.Fatalf("%v is no covariance", p)
	}
	return d
}

// with is the intersection with a share of ours.
func with(e Estimate, o *Other, w float64) Estimate {
	for i := range 4 {
		for j := range 4 {
			e.P[i][j] /= w
		}
	}
	r := e.Place(o.E, o.N, scaled(o.Cov, 1/(1-w)))
	e.Update(&r, 0)
	if o.V > 0 {
		r = e.Velocity(o.VE, o.VN, o.V/(1-w))
		e.Update(&r, 2)
	}
	return e
}

// TestIntersect: no other share has a smaller determinant.
func TestIntersect(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 41))
	inside := 0
	for range 300 {
		e, o := beliefs(r)
		got := e
		w := got.Intersect(&o)
		best := logDet(t, &e.P)
		for k := 1; k < 1000; k++ {
			if v := float64(k) / 1000; v >= least {
				x := with(e, &o, v)
				best = min(best, logDet(t, &x.P))
			}
		}
		if d := logDet(t, &got.P); d > best+1e-5 {
			t.Errorf("share %v: log det %v, best %v", w, d, best)
		}
		if w > least+1e-6 && w < 1 {
			inside++
		}
		if w == 1 && got != e {
			t.Error("the other added nothing, and something changed")
		}
		again := got
		if again.Intersect(&o); w < least+1e-6 {
			continue // a little is still the other's to add
		}
		for i := range 4 {
			for j := range 4 {
				if math.Abs(again.P[i][j]-got.P[i][j]) > 1e-4*math.Sqrt(got.P[i][i]*got.P[j][j]) {
					t.Errorf("twice is surer than once: %v, %v", again.P, got.P)
				}
			}
		}
	}
	if inside < 100 {
		t.Errorf("only %d of 300 shares lie inside", inside)
	}
}

// TestIntersectConsistent: whatever the correlation of the errors, the error is
// not greater than it says; of two copies of one belief it is that one. Taken for
// independent they are surer than they are.
func TestIntersectConsistent(t *testing.T) {
	const runs = 4000
	r := rand.New(rand.NewPCG(2, 42))
	for _, copies := range []bool{true, false} {
		sum, naive := 0.0, 0.0
		for range runs {
			sd := 20.0
			common := [4]float64{sd * r.NormFloat64(), sd * r.NormFloat64(), 2 * r.NormFloat64(), 2 * r.NormFloat64()}
			e := Estimate{X: common, P: [4][4]float64{{sd * sd}, {1: sd * sd}, {2: 4}, {3: 4}}}
			o := Other{E: common[0], N: common[1], Cov: obs.Round(sd), VE: common[2], VN: common[3], V: 4}
			if !copies { // they share the common error, each along an axis of its own more
				own := [2]float64{30 * r.NormFloat64(), 30 * r.NormFloat64()}
				e.X[0] += own[0]
				e.P[0][0] += 900
				o.N += own[1]
				o.Cov.NN += 900
			}
			other := e
			p := other.Place(o.E, o.N, o.Cov)
			other.Update(&p, 0)
			p = other.Velocity(o.VE, o.VN, o.V)
			other.Update(&p, 2)
			naive += Distance4(other.X, other.P)
			e.Intersect(&o)
			sum += Distance4(e.X, e.P)
		}
		got, blind := sum/runs, naive/runs
		t.Logf("copies %v: normalised error squared %.2f of 4, taken for independent %.2f", copies, got, blind)
		if got > 4+4*math.Sqrt(8.0/runs) || got < 2 {
			t.Errorf("copies %v: normalised error squared %.2f, should be at most 4", copies, got)
		}
		if blind < 5 {
			t.Errorf("taken for independent: %.2f: the test shows nothing", blind)
		}
	}
}

// TestIntersectStoneSoup: the same as Stone Soup 1.9.1's covariance intersection
// with our share, and no share of its minimiser's is better.
func TestIntersectStoneSoup(t *testing.T) {
	python := peer.Python(t)
	r := rand.New(rand.NewPCG(3, 43))
	type request struct {
		X     [4]float64    `json:"x"`
		P     [4][4]float64 `json:"p"`
		OX    [4]float64    `json:"ox"`
		OP    [4][4]float64 `json:"op"`
		Share float64       `json:"share"`
	}
	var in []request
	var got []Estimate
	for len(in) < 40 {
		e, o := beliefs(r)
		if o.V == 0 {
			continue
		}
		q := request{X: e.X, P: e.P, OX: [4]float64{o.E, o.N, o.VE, o.VN}}
		q.OP = [4][4]float64{{o.Cov.EE, o.Cov.EN}, {o.Cov.EN, o.Cov.NN}, {2: o.V}, {3: o.V}}
		q.Share = e.Intersect(&o)
		in, got = append(in, q), append(got, e)
	}
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "-W", "ignore", "testdata/intersection_peer.py")
	cmd.Stdin = bytes.NewReader(body)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("Stone Soup: %v\n%s", err, stderr.Bytes())
	}
	var answers []struct {
		X    [4]float64    `json:"x"`
		P    [4][4]float64 `json:"p"`
		Best float64       `json:"best"`
	}
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	if len(answers) != len(in) {
		t.Fatalf("%d answers for %d", len(answers), len(in))
	}
	for i, a := range answers {
		for k := range 4 {
			if math.Abs(a.X[k]-got[i].X[k]) > 1e-6 {
				t.Errorf("case %d: %v, theirs %v", i, got[i].X, a.X)
			}
			for l := range 4 {
				if math.Abs(a.P[k][l]-got[i].P[k][l]) > 1e-6*math.Sqrt(a.P[k][k]*a.P[l][l]) {
					t.Errorf("case %d: %v, theirs %v", i, got[i].P, a.P)
				}
			}
		}
		if math.Abs(a.Best-in[i].Share) > 1e-3 && in[i].Share > least+1e-6 {
			t.Errorf("case %d: share %v, scipy's best %v", i, in[i].Share, a.Best)
		}
	}
}
