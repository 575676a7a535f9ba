package watch

import (
	"math"

	"atalaya/geo/fmath"
)

// crossed is the probability that something crossed a line between two fixes.
//
// The true line lies l metres beyond where it is drawn, everywhere near by the
// same: l is normal with deviation line. The first fix lies from metres before
// the drawn line, with deviation fromSD across it, the second to metres beyond
// it, with deviation toSD; their errors are independent of each other and of
// the line. The thing crossed if it was before the true line then, and is
// beyond it now:
//
//	P = integral of N(l; 0, line) Phi((l+from)/fromSD) Phi((to-l)/toSD) dl
//
// An error of the line works against one of the two, so this is less than the
// product of both probabilities. The integral is taken by the midpoints of 200
// strips over ten deviations.
func crossed(from, fromSD, to, toSD, line float64) float64 {
	fromSD, toSD = max(fromSD, 0.1), max(toSD, 0.1)
	if line < 0.1 {
		return float64(fmath.Normal(from/fromSD) * fmath.Normal(to/toSD))
	}
	const strips = 200
	sum := 0.0
	step := 10 * line / strips
	for i := range strips {
		l := float64((float64(i)+0.5)*step) - float64(5*line)
		z := l / line
		density := fmath.Exp(-float64(z*z)/2) / float64(line*math.Sqrt(2*math.Pi))
		sum += float64(float64(density*step) * float64(fmath.Normal((l+from)/fromSD)*fmath.Normal((to-l)/toSD)))
	}
	return min(sum, 1)
}

// sidewaysSD is the standard deviation of a fix in the direction from the
// nearest position of a line or edge to it.
func (f *fix) sidewaysSD(east, north float64) float64 {
	d2 := float64(east*east) + float64(north*north)
	if d2 < 1e-6 { // on the line: no direction is better than another
		return math.Sqrt(max(0, f.ee, f.nn))
	}
	v := float64(float64(east*east)*f.ee) + float64(float64(2*float64(east*north))*f.en) + float64(float64(north*north)*f.nn)
	return math.Sqrt(max(0, v/d2))
}
