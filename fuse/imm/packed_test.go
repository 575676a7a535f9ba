package imm

import (
	"math/rand/v2"
	"testing"

	"atalaya/fuse/kalman"
	"atalaya/obs"
)

// A state is the same after it was packed, and goes on to be.
func TestPacked(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	lake := &Model{Share: [Ways]float64{0.7, 0.1, 0.1, 0.1}, Mean: 30, Noise: [Ways]float64{0.1, 0.2, 0.2}, Turn: 0.05, Drift: 0.5, Calm: 10}
	land := &Model{Share: [Ways]float64{Steady: 0.7, Slow: 0.3}, Mean: 30, Noise: [Ways]float64{0.1}, Drift: 0.5, Calm: 10}
	for _, models := range [][]*Model{{lake}, {land}, {land, lake}} {
		ways := Occurring(models...)
		m := models[0]
		s := m.New(&kalman.Estimate{X: [4]float64{1, 2, 3, 4}, P: [4][4]float64{{100, 3}, {3, 100}, {2: 25}, {3: 25}}})
		room := make([]float64, len(ways)*Packed)
		for range 100 {
			m.Predict(&s, 10*r.Float64())
			s.Place(10*r.NormFloat64(), 10*r.NormFloat64(), obs.Round(10))
			s.Pack(ways, room)
			got := State{Prob: [Ways]float64{9, 9, 9, 9}} // another's
			got.Unpack(ways, room)
			for k := range Ways {
				if m.Share[k] > 0 && (got.Prob[k] != s.Prob[k] || got.Est[k] != s.Est[k]) || m.Share[k] == 0 && got.Prob[k] != 0 {
					t.Fatalf("way %d: %v\nwas %v", k, got, s)
				}
			}
			if !s.Is(ways, room) {
				t.Fatal("it is not what was packed")
			}
			for i := range room {
				room[i]++
				if s.Is(ways, room) {
					t.Fatalf("number %d is not compared", i)
				}
				room[i]--
			}
			s = got
		}
	}
}
