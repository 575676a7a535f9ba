package live

import (
	"fmt"
	"testing"
	"time"

	"atalaya/geo"
	"atalaya/track"
	"atalaya/web/wire"
)

// BenchmarkStep is one step in which every track moved, with its delta for one
// client: taken into the picture, collected, encoded.
func BenchmarkStep(b *testing.B) {
	for _, n := range []int{1000, 10_000, 50_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			now := start
			h := NewHub(Config{Epoch: 1, Clock: func() time.Time { return now }})
			v := newView()
			v.part = mostPart
			u := Update{Now: now}
			for i := range n {
				u.Tracks = append(u.Tracks, tracked(track.ID(i+1), geo.Position{Lat: -16, Lon: -69}))
			}
			var f wire.Frame
			var buf []byte
			var apply, frame time.Duration
			b.ReportAllocs()
			for b.Loop() {
				u.Step++
				now = now.Add(250 * time.Millisecond)
				for i := range u.Tracks {
					s := &u.Tracks[i].Track.State
					s.Time, s.Position.Lat = now, s.Position.Lat+1e-6
				}
				began := time.Now()
				h.Apply(u)
				apply += time.Since(began)
				began = time.Now()
				h.frame(&v, &f, now, true)
				var err error
				if buf, err = f.Append(buf[:0]); err != nil {
					b.Fatal(err)
				}
				frame += time.Since(began)
			}
			b.ReportMetric(float64(apply.Microseconds())/float64(b.N)/1000, "ms-apply/op")
			b.ReportMetric(float64(frame.Microseconds())/float64(b.N)/1000, "ms-frame/op")
			b.ReportMetric(float64(len(buf)), "B/frame")
		})
	}
}
