package corridor_test

import (
	"math"
	"testing"

	"atalaya/geo"
	"atalaya/geo/projection"
	"atalaya/plan/corridor"
	"atalaya/terrain"
)

// BenchmarkFind: a strip of 200 km x 20 km at 90 m, half a million cells, five
// corridors; the sensors' viewsheds are part of it.
func BenchmarkFind(b *testing.B) {
	l := terrain.Lattice{Projection: projection.Geographic{}, X0: -69.5, Y0: -16, DX: 1.0 / 1200, DY: 1.0 / 1200, Width: 2600, Height: 500}
	z := make([]float32, l.Width*l.Height)
	for i := range z {
		c, r := float64(i%l.Width), float64(i/l.Width)
		z[i] = float32(4000 + 150*math.Sin(c/17)*math.Cos(r/13) + 60*math.Sin(c/5+r/7))
	}
	g, err := terrain.NewGrid(l, terrain.About{Name: "made for the benchmark"}, z)
	if err != nil {
		b.Fatal(err)
	}
	border := geo.Line{l.Position(100, 250), l.Position(1300, 240), l.Position(2400, 255)}
	var sensors []corridor.Sensor
	for i := range 5 {
		sensors = append(sensors, sensor(string(rune('A'+i)), l.Position(300+450*float64(i), 260), 10, 20_000, 0.3))
	}
	for _, m := range []corridor.Mover{corridor.Walker(), corridor.Vehicle()} {
		b.Run(m.Name, func(b *testing.B) {
			for b.Loop() {
				a, err := corridor.Find(b.Context(), corridor.Config{
					Elevation: g, Mover: m, Sensors: sensors, Count: 5,
					Strip: corridor.Strip{Border: border, Abroad: 10_000, Inside: 10_000, OursRight: true},
				})
				if err != nil || len(a.Corridors) != 5 {
					b.Fatal(err, a)
				}
			}
		})
	}
}
