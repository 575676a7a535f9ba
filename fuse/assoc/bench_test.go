package assoc

import "testing"

func bench(b *testing.B, p *Problem) {
	s := solver(b, Config{})
	solve(b, s, p)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Solve(p); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(p.Missed)), "ns/track")
}

// 50,000 tracks with a plot each, and half as much clutter that is nobody's.
func BenchmarkApart(b *testing.B) {
	p := apart(50_000, 1, 1)
	p.New = append(p.New, filled[float64](nil, 25_000, 0.5)...)
	bench(b, p)
}

// 50,000 tracks in clusters of two to four tracks, with as many plots.
func BenchmarkClusters(b *testing.B) {
	p := &Problem{}
	for n := 2; n <= 4; n++ {
		beside(p, apart(50_000/9, n, n))
	}
	bench(b, p)
}

// One cluster of 12 tracks and 12 plots, each of which may be each.
func BenchmarkTwelve(b *testing.B) { bench(b, dense(12, 12, 12)) }

// 10,000 tracks 100 m apart, each with a plot in nine of ten looks, and 20,000
// plots in all: gates overlap, and everything is one cluster.
func BenchmarkGiant(b *testing.B) { bench(b, clutter(10_000, 20_000)) }
