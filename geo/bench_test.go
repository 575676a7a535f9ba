package geo

import (
	"fmt"
	"math"
	"testing"
)

// shore is a closed line of n legs round Lake Titicaca, wavy like a shore.
func shore(n int) Line {
	l := make(Line, n)
	for i := range l {
		a := 2 * math.Pi * float64(i) / float64(n)
		r := 0.7 + 0.1*math.Sin(9*a) + 0.03*math.Sin(71*a)
		l[i] = Position{Lat: -15.9 + r*math.Sin(a), Lon: -69.3 + 0.8*r*math.Cos(a)}
	}
	return append(l, l[0])
}

func BenchmarkInverse(b *testing.B) {
	p := Position{-16, -69}
	for _, c := range []struct {
		name string
		q    Position
	}{
		{"60m", Position{-16.0005, -69.0003}},
		{"90km", Position{-16.5, -68.3}},
		{"9000km", Position{40, -3}},
		{"antipodal", Position{16.1, 110.8}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				Inverse(p, c.q)
			}
		})
	}
}

func BenchmarkDirect(b *testing.B) {
	for b.Loop() {
		Direct(Position{-16, -69}, 33, 1000)
	}
}

func BenchmarkPlane(b *testing.B) {
	pl := NewPlane(Position{-16, -69})
	b.Run("XY", func(b *testing.B) {
		for b.Loop() {
			pl.XY(Position{-16.2, -69.1})
		}
	})
	b.Run("Position", func(b *testing.B) {
		for b.Loop() {
			pl.Position(1000, 2000)
		}
	})
	b.Run("New", func(b *testing.B) {
		for b.Loop() {
			NewPlane(Position{-16.2, -69.1})
		}
	})
}

func BenchmarkShapes(b *testing.B) {
	far, near, inside := Position{-17.5, -68}, Position{-15.81, -68.7}, Position{-15.9, -69.4}
	to := Position{-15.8095, -68.701}
	for _, n := range []int{10, 100, 1000, 10000} {
		l := shore(n)
		pg := Polygon{Ring(l[:n])}
		li, pi := l.Index(), pg.Index()
		run := func(name string, plain, indexed func()) {
			b.Run(fmt.Sprintf("%s/%d/plain", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					plain()
				}
			})
			b.Run(fmt.Sprintf("%s/%d/indexed", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					indexed()
				}
			})
		}
		run("Contains", func() { pg.Contains(inside) }, func() { pi.Contains(inside) })
		run("NearestNear", func() { l.Nearest(near) }, func() { li.Nearest(near) })
		run("NearestFar", func() { l.Nearest(far) }, func() { li.Nearest(far) })
		run("NearestInside", func() { l.Nearest(inside) }, func() { li.Nearest(inside) })
		run("Crosses", func() { l.Crosses(near, to) }, func() { li.Crosses(near, to) })
	}
}
