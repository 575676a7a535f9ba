package fence

import (
	"testing"

	"atalaya/geo"
)

// The cost of a verdict, over all borders of the base map (13 lines, some 9,000
// positions).
func BenchmarkVerdict(b *testing.B) {
	f := mustNew(b, lake(b))
	c := quiet()
	point := c
	point.Vehicle, point.Way, point.Loss, point.Wind = Vehicle{Exercise: true, Latency: 1}, nil, Loss{Act: LossNone}, Wind{}
	point.Look = &Look{Sigma: 3, Outlines: c.Look.Outlines[:1]}
	mission := c
	mission.Look, mission.Way = nil, nil
	for i := range 200 {
		mission.Way = append(mission.Way, geo.Position{Lat: -16.1 - 0.0005*float64(i%100), Lon: -69 + 0.0004*float64(i/2)})
	}
	run := func(name string, judge func() Verdict) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var v Verdict
			for b.Loop() {
				v = judge()
			}
			if !v.Pass {
				b.Fatal(v.Text())
			}
		})
	}
	run("command/point", func() Verdict { return f.Command(point) })
	run("command/fly+look", func() Verdict { return f.Command(c) })
	run("command/200 legs", func() Verdict { return f.Command(mission) })
	run("report/pose+look", func() Verdict { return f.Report(reportOf(point)) })
	b.Run("new", func(b *testing.B) {
		bounds := lake(b)
		for b.Loop() {
			if _, err := New(bounds); err != nil {
				b.Fatal(err)
			}
		}
	})
}
