package scenarios

import (
	"math"
	"math/rand/v2"

	"atalaya/geo/fmath"
)

// chance draws random numbers that are the same on every processor: a PCG
// seeded with the run, and our own logarithm and sines.
type chance struct{ *rand.Rand }

func newChance(run int) chance { return chance{rand.New(rand.NewPCG(uint64(run), 0xa7a1a7a))} }

// normal draws with unit variance (Box and Muller; the second value is not kept).
func (c chance) normal() float64 {
	r := math.Sqrt(-2 * fmath.Log(1-c.Float64()))
	return r * fmath.Cos(2*math.Pi*c.Float64())
}

// between draws uniformly.
func (c chance) between(low, high float64) float64 { return low + float64((high-low)*c.Float64()) }

// poisson counts the arrivals of a unit of time, exactly for any mean.
func (c chance) poisson(mean float64) int {
	n := 0
	for t := c.exponential(mean); t < 1; t += c.exponential(mean) {
		n++
	}
	return n
}

// exponential draws the time to the next of so many arrivals a second.
func (c chance) exponential(rate float64) float64 { return -fmath.Log(1-c.Float64()) / rate }

// target moves with near constant velocity.
type target struct{ x, y, vx, vy float64 }

// after gives the target a time later, pushed by white acceleration of density
// q (m2/s3), drawn from its exact distribution.
func (t target) after(seconds, q float64, c chance) target {
	kick, sway := math.Sqrt(q*seconds), math.Sqrt(q*seconds*seconds*seconds)
	axis := func(p, v float64) (float64, float64) {
		a, b := c.normal(), c.normal()
		return p + float64(v*seconds) + float64(sway*(float64(a/2)+float64(b/math.Sqrt(12)))), v + float64(kick*a)
	}
	t.x, t.vx = axis(t.x, t.vx)
	t.y, t.vy = axis(t.y, t.vy)
	return t
}

func (t target) truth(time float64, id string) Truth {
	return Truth{Time: time, ID: id, Pos: []float64{milli(t.x), milli(t.y)}, Vel: []float64{milli(t.vx), milli(t.vy)}}
}

// heading starts a target in a direction, degrees from north.
func heading(x, y, deg, speed float64) target {
	sin, cos := fmath.SincosDegrees(deg)
	return target{x, y, float64(speed * sin), float64(speed * cos)}
}

// milli rounds to a thousandth: a millimetre, a millisecond.
func milli(x float64) float64 { return math.Round(x*1000) / 1000 }

// bearing gives degrees from north, clockwise, in [0, 360).
func bearing(east, north float64) float64 {
	return wrap(fmath.Atan2Degrees(east, north))
}

// wrap brings an angle into [0, 360), to a thousandth of a degree.
func wrap(deg float64) float64 {
	deg = milli(math.Mod(deg, 360))
	if deg < 0 {
		deg += 360
	}
	return milli(math.Mod(deg, 360))
}

// position measures a place, with the same standard deviation on both axes.
func (c chance) position(x, y, sd float64) Detection {
	return at(x+float64(sd*c.normal()), y+float64(sd*c.normal()), sd)
}

// at is a detection at a place.
func at(x, y, sd float64) Detection {
	return Detection{Pos: []float64{milli(x), milli(y)}, Cov: [][]float64{{sd * sd, 0}, {0, sd * sd}}}
}

// shuffle takes away from the order of detections what it would tell.
func (c chance) shuffle(d []Detection) {
	c.Shuffle(len(d), func(i, j int) { d[i], d[j] = d[j], d[i] })
}
