package measure

import (
	"testing"

	"atalaya/fuse/imm"
	"atalaya/obs"
)

func model() *imm.Model {
	return &imm.Model{
		Share: [imm.Ways]float64{0.6, 0.1, 0.1, 0.2}, Mean: 60, Noise: [imm.Ways]float64{0.02, 0.05, 0.05, 0},
		Turn: 3 * degree, Drift: 0.4, Calm: 10,
	}
}

func kinds() map[string]Measurement {
	v := Velocity{5, -3, 1}
	place := Place(10, 5020, obs.Round(30))
	place.Velocity = v
	place.After = 0.7
	near := Polar(0, 0, 5010, 20, 0.001, 0.1*degree)
	wide := Polar(0, 0, 5010, 20, 0.02, 2*degree)
	wide.After = 0.7
	return map[string]Measurement{"place": place, "converted": near, "polar": wide, "bearing": Bearing(0, 0, 0.01, degree)}
}

func BenchmarkUpdate(b *testing.B) {
	for name, m := range kinds() {
		b.Run(name, func(b *testing.B) {
			e := belief(5000, 0, 100, 60, 0.4)
			start := model().New(&e)
			b.ReportAllocs()
			for b.Loop() {
				s := start
				m.Update(&s)
			}
		})
	}
}

func BenchmarkLikelihood(b *testing.B) {
	for name, m := range kinds() {
		b.Run(name, func(b *testing.B) {
			e := belief(5000, 0, 100, 60, 0.4)
			s := model().New(&e)
			b.ReportAllocs()
			for b.Loop() {
				m.Likelihood(&s)
			}
		})
	}
}
