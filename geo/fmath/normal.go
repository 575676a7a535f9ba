package fmath

import "math"

// Normal returns the standard normal distribution function of x: the
// probability that what is normal, with mean 0 and deviation 1, lies below x.
// Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17, with an
// error below 7.5e-8; beyond 8 deviations it is 0 or 1.
func Normal(x float64) float64 {
	a := math.Abs(x)
	if a > 8 {
		if x < 0 {
			return 0
		}
		return 1
	}
	t := 1 / (1 + float64(0.2316419*a))
	p := float64(t * (0.319381530 + float64(t*(-0.356563782+float64(t*(1.781477937+float64(t*(-1.821255978+float64(t*1.330274429)))))))))
	tail := float64(Exp(-float64(a*a)/2) / math.Sqrt(2*math.Pi) * p)
	if x < 0 {
		return tail
	}
	return 1 - tail
}
