package fmath

import (
	"math"
	"math/big"
	"sync"
)

// The references: plain series in math/big, with 256 bits unless more are
// needed, far beyond what a double shows.
const precision = 256

func bigFloat(x float64) *big.Float { return newFloat().SetFloat64(x) }
func newFloat() *big.Float          { return new(big.Float).SetPrec(precision) }
func add(x, y *big.Float) *big.Float {
	return newFloat().Add(x, y)
}

func sub(x, y *big.Float) *big.Float {
	return newFloat().Sub(x, y)
}

func mul(x, y *big.Float) *big.Float {
	return newFloat().Mul(x, y)
}

func quo(x, y *big.Float) *big.Float {
	return newFloat().Quo(x, y)
}

func sqrt(x *big.Float) *big.Float { return newFloat().Sqrt(x) }

// negligible reports whether adding term to sum changes nothing.
func negligible(term, sum *big.Float) bool {
	return term.Sign() == 0 || (sum.Sign() != 0 && term.MantExp(nil) < sum.MantExp(nil)-precision-4)
}

// bigPi has 1,400 bits, for the reduction of the biggest doubles (Machin).
var bigPi = sync.OnceValue(func() *big.Float {
	const bits = 1400
	one := new(big.Int).Lsh(big.NewInt(1), bits+32)
	arccot := func(n int64) *big.Int {
		sum, power := new(big.Int), new(big.Int).Quo(one, big.NewInt(n))
		for k := int64(1); power.Sign() != 0; k += 2 {
			term := new(big.Int).Quo(power, big.NewInt(k))
			if k%4 == 1 {
				sum.Add(sum, term)
			} else {
				sum.Sub(sum, term)
			}
			power.Quo(power, big.NewInt(n*n))
		}
		return sum
	}
	pi := arccot(5)
	pi.Lsh(pi, 2).Sub(pi, arccot(239)).Lsh(pi, 2)
	f := new(big.Float).SetPrec(bits).SetInt(pi)
	return f.SetMantExp(f, -(bits + 32))
})

func pi() *big.Float { return newFloat().Set(bigPi()) }

func half(x *big.Float) *big.Float { return newFloat().SetMantExp(x, -1) }

// refSincos reduces x by multiples of pi/2 in full precision and sums the
// series of the quarter's angle.
func refSincos(x float64) (sin, cos *big.Float) {
	halfPi := new(big.Float).SetPrec(1400).Copy(bigPi())
	halfPi.SetMantExp(halfPi, -1)
	exact := new(big.Float).SetPrec(1400).SetFloat64(x)
	return refSincosBig(exact, halfPi)
}

func refSincosBig(x, halfPi *big.Float) (sin, cos *big.Float) {
	q := new(big.Float).SetPrec(1400).Quo(x, halfPi)
	q.Add(q, new(big.Float).SetFloat64(math.Copysign(0.5, float64(q.Sign()))))
	n, _ := q.Int(nil)
	r := new(big.Float).SetPrec(1400).SetInt(n)
	r.Sub(x, r.Mul(r, halfPi))
	y := newFloat().Set(r)

	y2 := mul(y, y)
	series := func(first *big.Float, k int64) *big.Float {
		sum, term := newFloat().Set(first), first
		for ; ; k += 2 {
			term = quo(mul(term, y2), newFloat().SetInt64(-k*(k+1)))
			if negligible(term, sum) {
				return sum
			}
			sum = add(sum, term)
		}
	}
	s, c := series(y, 2), series(bigFloat(1), 1)
	switch new(big.Int).And(n, big.NewInt(3)).Int64() {
	case 0:
		return s, c
	case 1:
		return c, s.Neg(s)
	case 2:
		return s.Neg(s), c.Neg(c)
	default:
		return c.Neg(c), s
	}
}

func refSincosDegrees(deg float64) (sin, cos *big.Float) {
	x := new(big.Float).SetPrec(1400).SetFloat64(math.Mod(deg, 360))
	x.Mul(x, bigPi()).Quo(x, big.NewFloat(180))
	halfPi := new(big.Float).SetPrec(1400).Copy(bigPi())
	return refSincosBig(x, halfPi.SetMantExp(halfPi, -1))
}

// refAtan halves the angle five times, then sums the series.
func refAtan(x *big.Float) *big.Float {
	if x.Sign() < 0 {
		a := refAtan(newFloat().Neg(x))
		return a.Neg(a)
	}
	one := bigFloat(1)
	if x.Cmp(one) > 0 {
		return sub(half(pi()), refAtan(quo(one, x)))
	}
	const halvings = 5
	y := newFloat().Set(x)
	for range halvings {
		y = quo(y, add(one, sqrt(add(one, mul(y, y)))))
	}
	y2 := mul(y, y)
	sum, power := newFloat().Set(y), y
	for k := int64(3); ; k += 2 {
		power = mul(power, y2)
		power.Neg(power)
		term := quo(power, newFloat().SetInt64(k))
		if negligible(term, sum) {
			return sum.SetMantExp(sum, halvings)
		}
		sum = add(sum, term)
	}
}

func refAtan2(y, x float64) *big.Float {
	a := refAtan(quo(bigFloat(y), bigFloat(x)))
	switch {
	case x > 0:
		return a
	case y < 0:
		return sub(a, pi())
	default:
		return add(a, pi())
	}
}

func refAsin(x float64) *big.Float {
	b := bigFloat(x)
	return refAtan(quo(b, sqrt(sub(bigFloat(1), mul(b, b)))))
}

func refAcos(x float64) *big.Float {
	b, one := bigFloat(x), bigFloat(1)
	a := refAtan(sqrt(quo(sub(one, b), add(one, b))))
	return a.SetMantExp(a, 1)
}

// refExp halves the argument until it is small and squares back.
func refExp(x *big.Float) *big.Float {
	halvings := max(0, x.MantExp(nil)+8)
	r := newFloat().SetMantExp(x, -halvings)
	sum, term := bigFloat(1), bigFloat(1)
	for k := int64(1); ; k++ {
		term = quo(mul(term, r), newFloat().SetInt64(k))
		if negligible(term, sum) {
			break
		}
		sum = add(sum, term)
	}
	for range halvings {
		sum = mul(sum, sum)
	}
	return sum
}

// refLog improves the standard library's logarithm by Halley's method. (The
// start is that of the mantissa: math.Log on amd64 has log(5e-324) = -709.)
func refLog(x float64) *big.Float {
	m, e := math.Frexp(x)
	y, b := bigFloat(math.Log(m)+float64(e)*math.Ln2), bigFloat(x)
	for range 3 {
		e := refExp(y)
		d := quo(sub(b, e), add(b, e))
		y = add(y, d.SetMantExp(d, 1))
	}
	return y
}

func refHypot(x, y float64) *big.Float {
	return sqrt(add(mul(bigFloat(x), bigFloat(x)), mul(bigFloat(y), bigFloat(y))))
}

// ulps is the distance of got from want in units in the last place of want.
func ulps(got float64, want *big.Float) float64 {
	if math.IsNaN(got) || math.IsInf(got, 0) {
		return math.Inf(1)
	}
	near, _ := want.Float64()
	if math.IsInf(near, 0) {
		return math.Inf(1)
	}
	_, e := math.Frexp(near)
	ulp := math.Ldexp(1, max(e-53, -1074))
	d, _ := quo(sub(bigFloat(got), want), bigFloat(ulp)).Float64()
	return math.Abs(d)
}
