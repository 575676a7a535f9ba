package fmath

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// bounds is what the package comment promises, in ulps.
var bounds = map[string]float64{
	"Sin": 0.9, "Cos": 0.9, "SincosDegrees": 1.5, "Tan": 1, "Atan": 0.9, "Atan2": 1.5,
	"Asin": 1, "Acos": 1, "Exp": 1, "Log": 1, "Hypot": 1, "Atan2Degrees": 2.5,
}

type check struct {
	t        *testing.T
	name     string
	worst    float64
	at       [2]float64
	compared int
}

func (c *check) see(got float64, want *big.Float, args ...float64) {
	c.compared++
	if u := ulps(got, want); u > c.worst {
		c.worst = u
		copy(c.at[:], args)
	}
}

func (c *check) done() {
	c.t.Helper()
	c.t.Logf("%s: %.3f ulp at %v, of %d", c.name, c.worst, c.at, c.compared)
	if c.worst > bounds[c.name] {
		c.t.Errorf("%s is wrong by %.3f ulp at %v, bound %.2f", c.name, c.worst, c.at, bounds[c.name])
	}
}

// spread gives doubles of either sign with exponents evenly in [lo, hi).
func spread(r *rand.Rand, lo, hi int) float64 {
	x := math.Ldexp(1+r.Float64(), lo+r.IntN(hi-lo))
	if r.IntN(2) == 0 {
		return -x
	}
	return x
}

const trials = 2500

func TestTrigonometry(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	args := []float64{
		// Near multiples of pi/2: the hardest to reduce, below and above 2^20.
		math.Pi / 4, math.Nextafter(math.Pi/4, 1), math.Pi / 2, math.Pi, 3 * math.Pi / 2, 355, 1e5 * math.Pi, 1647099,
		0x1p20, math.Nextafter(0x1p20, 0), 1e22, 6381956970095103 * 0x1p797, 5.319372648326541e+255,
		math.MaxFloat64, 0x1p-27, 0x1p-28, 1e-300, 0x1p-1022, 0x1p-1074, 0.7853981633974484,
	}
	for i := range 200 {
		args = append(args, float64(i)*(math.Pi/2), float64(r.IntN(1<<20))*(math.Pi/2))
	}
	for range trials {
		args = append(args, spread(r, -40, 0), spread(r, 0, 20), spread(r, 20, 1024))
	}
	sin, cos, tan := check{t: t, name: "Sin"}, check{t: t, name: "Cos"}, check{t: t, name: "Tan"}
	for _, x := range args {
		for _, x := range []float64{x, -x} {
			wantSin, wantCos := refSincos(x)
			sin.see(Sin(x), wantSin, x)
			cos.see(Cos(x), wantCos, x)
			tan.see(Tan(x), quo(wantSin, wantCos), x)
			if s, c := Sincos(x); s != Sin(x) || c != Cos(x) {
				t.Fatalf("Sincos(%v) = %v, %v is not Sin and Cos", x, s, c)
			}
		}
	}
	sin.done()
	cos.done()
	tan.done()
}

func TestSincosDegrees(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	c := check{t: t, name: "SincosDegrees"}
	args := []float64{1e-12, 29.999999999, 30, 44.999, 45, 45.001, 60, 89.9999999, 134, 179.99999999, 359, 361, 1e9 + 1}
	for range trials {
		args = append(args, r.Float64()*720-360, spread(r, -30, 30))
	}
	for _, x := range args {
		s, co := SincosDegrees(x)
		wantS, wantC := refSincosDegrees(x)
		// Exactly 0 wherever it should be; the table below tests that.
		if math.Mod(x, 90) != 0 {
			c.see(s, wantS, x)
			c.see(co, wantC, x)
		}
	}
	c.done()
	for _, w := range []struct{ deg, sin, cos float64 }{
		{0, 0, 1}, {90, 1, 0}, {180, 0, -1}, {270, -1, 0}, {360, 0, 1}, {-90, -1, 0}, {-180, 0, -1}, {450, 1, 0}, {36000090, 1, 0},
	} {
		if s, c := SincosDegrees(w.deg); s != w.sin || c != w.cos {
			t.Errorf("SincosDegrees(%v) = %v, %v", w.deg, s, c)
		}
	}
}

func TestArctangents(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	atan, atan2 := check{t: t, name: "Atan"}, check{t: t, name: "Atan2"}
	atan2d := check{t: t, name: "Atan2Degrees"}
	toDegrees := quo(bigFloat(180), pi())
	for range trials {
		x, y := spread(r, -30, 30), spread(r, -30, 30)
		for _, x := range []float64{x, spread(r, -3, 3), spread(r, 60, 70)} {
			atan.see(Atan(x), refAtan(bigFloat(x)), x)
		}
		for _, v := range [][2]float64{{y, x}, {spread(r, -2, 2), spread(r, -2, 2)}} {
			want := refAtan2(v[0], v[1])
			atan2.see(Atan2(v[0], v[1]), want, v[:]...)
			atan2d.see(Atan2Degrees(v[0], v[1]), mul(want, toDegrees), v[:]...)
		}
	}
	atan.done()
	atan2.done()
	atan2d.done()
	for _, w := range []struct{ y, x, deg float64 }{
		{0, 1, 0},
		{1, 1, 45},
		{1, 0, 90},
		{1, -1, 135},
		{0, -1, 180},
		{-1, -1, -135},
		{-1, 0, -90},
		{-1, 1, -45},
		{math.Copysign(0, -1), -1, -180},
		{0, 0, 0},
	} {
		if got := Atan2Degrees(w.y, w.x); got != w.deg {
			t.Errorf("Atan2Degrees(%v, %v) = %v", w.y, w.x, got)
		}
	}
}

func TestArcsines(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 4))
	asin, acos := check{t: t, name: "Asin"}, check{t: t, name: "Acos"}
	for range trials {
		nearOne := math.Copysign(1-math.Exp2(-1-r.Float64()*51), r.Float64()-0.5)
		for _, x := range []float64{2*r.Float64() - 1, nearOne, spread(r, -40, 0)} {
			if x == 1 || x == -1 {
				continue
			}
			asin.see(Asin(x), refAsin(x), x)
			acos.see(Acos(x), refAcos(x), x)
		}
	}
	asin.done()
	acos.done()
}

func TestExpLog(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 5))
	exp, log := check{t: t, name: "Exp"}, check{t: t, name: "Log"}
	xs := []float64{709.78, 709.4, 709.0, 708.3, -708.4, -745.1, -744, -720, 1e-9, -1e-17, 0.3465735, 0.34657359}
	ys := []float64{0x1p-1074, 0x1p-1022, math.MaxFloat64, math.Sqrt2, math.Sqrt2 / 2, 1 + 0x1p-52, 1 - 0x1p-53, 2, 10}
	for range trials {
		xs = append(xs, r.Float64()*1454-744.9, spread(r, -30, 3))
		ys = append(ys, math.Abs(spread(r, -1074, 1023)), 0.5+r.Float64())
	}
	for _, x := range xs {
		exp.see(Exp(x), refExp(bigFloat(x)), x)
	}
	for _, y := range ys {
		if y != 1 {
			log.see(Log(y), refLog(y), y)
		}
	}
	exp.done()
	log.done()
}

func TestHypot(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 6))
	c := check{t: t, name: "Hypot"}
	for range 4 * trials {
		for _, v := range [][2]float64{
			{spread(r, -3, 3), spread(r, -3, 3)},
			{spread(r, -1074, 1022), spread(r, -1074, 1022)},
			{spread(r, -1074, -1000), spread(r, -1074, -1000)},
			{spread(r, 1000, 1022), spread(r, 1000, 1022)},
			{spread(r, -20, 20), spread(r, -20, 20)},
		} {
			c.see(Hypot(v[0], v[1]), refHypot(v[0], v[1]), v[:]...)
		}
	}
	c.done()
}

// Special values are those of package math.
func TestSpecialValues(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	negZero := math.Copysign(0, -1)
	values := []float64{nan, inf, -inf, 0, negZero, 1, -1, 2, -2, math.MaxFloat64, -math.MaxFloat64, 0x1p-1074, -0x1p-1074}
	same := func(a, b float64) bool {
		return math.Float64bits(a) == math.Float64bits(b) || (a != a && b != b)
	}
	unary := []struct {
		name       string
		ours, math func(float64) float64
	}{
		{"Sin", Sin, math.Sin},
		{"Cos", Cos, math.Cos},
		{"Tan", Tan, math.Tan},
		{"Atan", Atan, math.Atan},
		{"Asin", Asin, math.Asin},
		{"Acos", Acos, math.Acos},
		{"Exp", Exp, math.Exp},
		{"Log", Log, math.Log},
	}
	for _, f := range unary {
		for _, x := range []float64{nan, inf, -inf, 0, negZero} {
			if a, b := f.ours(x), f.math(x); !same(a, b) {
				t.Errorf("%s(%v) = %v, package math says %v", f.name, x, a, b)
			}
		}
	}
	for _, x := range values {
		for _, y := range values {
			if a, b := Hypot(x, y), math.Hypot(x, y); !same(a, b) {
				t.Errorf("Hypot(%v, %v) = %v, package math says %v", x, y, a, b)
			}
			if y < 0 && x < 0 && y/x == 0 {
				continue // package math says +pi where y/x underflows; C99 F.9.1.4 has -pi
			}
			if a, b := Atan2(y, x), math.Atan2(y, x); !same(a, b) && math.Abs(a-b) > 1e-15 {
				t.Errorf("Atan2(%v, %v) = %v, package math says %v", y, x, a, b)
			}
		}
	}
	for _, c := range []struct{ got, want float64 }{
		{Atan2(-0x1p-1074, -2), -math.Pi},
		{Asin(1), math.Pi / 2},
		{Asin(-1), -math.Pi / 2},
		{Acos(1), 0},
		{Acos(-1), math.Pi},
		{Asin(1.1), nan},
		{Acos(-1.1), nan},
		{Log(-1), nan},
		{Log(1), 0},
		{Exp(709.8), inf},
		{Exp(-745.2), 0},
		{Exp(math.MaxFloat64), inf},
		{Exp(-math.MaxFloat64), 0},
	} {
		if !same(c.got, c.want) {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
}

// The table of 2/pi's bits is what it says.
func TestTwoOverPi(t *testing.T) {
	q := new(big.Float).SetPrec(1390).Quo(big.NewFloat(2), bigPi())
	n, _ := q.SetMantExp(q, 64*len(twoOverPi)).Int(nil)
	for i := len(twoOverPi) - 1; i >= 0; i-- {
		word := new(big.Int).And(n, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
		if word != twoOverPi[i] {
			t.Errorf("word %d is %#x, not %#x", i, twoOverPi[i], word)
		}
		n.Rsh(n, 64)
	}
}

func benchmark(b *testing.B, ours, theirs func(float64) float64, lo, hi float64) {
	b.Helper()
	var xs [1024]float64
	r := rand.New(rand.NewPCG(1, 7))
	for i := range xs {
		xs[i] = lo + r.Float64()*(hi-lo)
	}
	for name, f := range map[string]func(float64) float64{"fmath": ours, "math": theirs} {
		b.Run(name, func(b *testing.B) {
			i, sum := 0, 0.0
			for b.Loop() {
				sum += f(xs[i&1023])
				i++
			}
			if math.IsNaN(sum) {
				b.Fatal("not a number")
			}
		})
	}
}

func BenchmarkSin(b *testing.B)    { benchmark(b, Sin, math.Sin, -3, 3) }
func BenchmarkSinBig(b *testing.B) { benchmark(b, Sin, math.Sin, 1e10, 1e300) }
func BenchmarkTan(b *testing.B)    { benchmark(b, Tan, math.Tan, -3, 3) }
func BenchmarkAsin(b *testing.B)   { benchmark(b, Asin, math.Asin, -1, 1) }
func BenchmarkExp(b *testing.B)    { benchmark(b, Exp, math.Exp, -20, 20) }
func BenchmarkLog(b *testing.B)    { benchmark(b, Log, math.Log, 1e-3, 1e3) }

func BenchmarkAtan2(b *testing.B) {
	benchmark(b, func(x float64) float64 { return Atan2(1, x) }, func(x float64) float64 { return math.Atan2(1, x) }, -4, 4)
}

func BenchmarkHypot(b *testing.B) {
	benchmark(b, func(x float64) float64 { return Hypot(1, x) }, func(x float64) float64 { return math.Hypot(1, x) }, -4, 4)
}

func BenchmarkSincos(b *testing.B) {
	sum := func(f func(float64) (float64, float64)) func(float64) float64 {
		return func(x float64) float64 {
			s, c := f(x)
			return s + c
		}
	}
	benchmark(b, sum(Sincos), sum(math.Sincos), -3, 3)
}
