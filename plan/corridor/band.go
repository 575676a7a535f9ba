package corridor

import (
	"context"

	"atalaya/terrain/sight"
)

// Band is the probability to be seen on the same way with the coefficient of
// refraction at the ends of its range, for all sensors at once, as one air lies
// over all of them. Another way may be the weakest there.
type Band struct {
	Low  float64 `json:"k_low_probability"`
	High float64 `json:"k_high_probability"`
}

// bands goes the ways that were found again, at the ends of the range of k.
func (f *field) bands(ctx context.Context, found []Corridor) error {
	if len(found) == 0 {
		return nil
	}
	exposures := make([][2]float64, len(found))
	for end := range 2 {
		for i, s := range f.Sensors {
			f.tell("range of refraction", end*len(f.Sensors)+i, 2*len(f.Sensors))
			k := [2]float64{s.Refraction.Low, s.Refraction.High}[end]
			s.Refraction = sight.Refraction{K: k, Low: k, High: k}
			w, err := f.watch(ctx, s)
			if err != nil {
				return err
			}
			for n := range found {
				exposures[n][end] += f.exposure(found[n].cells, func(cell int32) float64 { return w.at(f, int(cell)) })
			}
		}
	}
	f.tell("range of refraction", 2*len(f.Sensors), 2*len(f.Sensors))
	for n := range found {
		found[n].Band = Band{seenOnce(exposures[n][0]), seenOnce(exposures[n][1])}
	}
	return nil
}
