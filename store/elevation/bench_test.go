package elevation

import (
	"math/rand/v2"
	"testing"

	"atalaya/terrain"
)

// benched is a store with one dataset of 4096 x 4096 posts.
func benched(b *testing.B, more float32) (*Dataset, *Store) {
	b.Helper()
	l := degrees(-69, -15, 4096, 4096)
	z := hills(l)
	for i := range z {
		z[i] += more
	}
	s := open(b, b.TempDir())
	bring(b, s, file(grid(b, l, terrain.About{}, z), "a"))
	return s.Datasets()[0], s
}

func BenchmarkRead(b *testing.B) {
	for name, more := range map[string]float32{"int16": 0, "float32": 0.5} {
		b.Run(name, func(b *testing.B) {
			d, _ := benched(b, more)
			r := rand.New(rand.NewPCG(1, 2))
			const n = 1000
			dst := make([]float32, n*n)
			b.SetBytes(n * n * 4)
			for b.Loop() {
				if err := d.Read(dst, terrain.Window{X: r.IntN(3000), Y: r.IntN(3000), Width: n, Height: n}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(n*n*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mposts/s")
		})
	}
}

func BenchmarkHeight(b *testing.B) {
	d, s := benched(b, 0)
	r := rand.New(rand.NewPCG(1, 2))
	l := d.Lattice()
	b.Run("Bilinear", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, ok, err := d.Bilinear(l.Position(r.Float64()*4095, r.Float64()*4095)); !ok || err != nil {
				b.Fatal(ok, err)
			}
		}
	})
	b.Run("Store", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Height(l.Position(r.Float64()*4095, r.Float64()*4095)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkImport(b *testing.B) {
	l := degrees(-69, -15, 4096, 4096)
	g := grid(b, l, terrain.About{}, hills(l))
	b.ReportAllocs()
	for b.Loop() {
		bring(b, open(b, b.TempDir()), file(g, "a"))
	}
	b.ReportMetric(4096*4096*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mposts/s")
}
