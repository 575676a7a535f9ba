package scenario

import (
	"math"

	"atalaya/geo/fmath"
)

// noise gives random numbers by counter: the same for the same keys, on every
// processor and in every order.
type noise uint64

func (n noise) key(keys ...uint64) uint64 {
	x := uint64(n)
	for _, k := range keys {
		x = mix(x ^ mix(k+0x9e3779b97f4a7c15))
	}
	return x
}

// mix is the finaliser of splitmix64.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// uniform is in [0, 1).
func (n noise) uniform(keys ...uint64) float64 {
	return float64(n.key(keys...)>>11) / (1 << 53)
}

// pair is two independent standard normal numbers (Box and Muller).
func (n noise) pair(keys ...uint64) (a, b float64) {
	x := n.key(keys...)
	u := (float64(x>>11) + 0.5) / (1 << 53)
	v := float64(mix(x)>>11) / (1 << 53)
	r := math.Sqrt(-2 * fmath.Log(u))
	s, c := fmath.SincosDegrees(360 * v)
	return float64(r * c), float64(r * s)
}
