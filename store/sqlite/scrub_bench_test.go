package sqlite_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"atalaya/store/storetest"
)

// BenchmarkScrub asks a store for the picture at times drawn at random.
func BenchmarkScrub(b *testing.B) {
	for _, boats := range []int{1000, 10000} {
		b.Run(fmt.Sprint(boats), func(b *testing.B) {
			dir := b.TempDir()
			clock := storetest.NewClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
			s := openBench(b, dir, clock)
			w := storetest.NewWorld(boats, s.Resume(), clock.Now())
			w.Every = 10 * time.Second
			const minutes = 3
			for range minutes * 240 {
				if err := s.Append(b.Context(), w.Step()); err != nil {
					b.Fatal(err)
				}
				if err := s.Sync(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			r := rand.New(rand.NewPCG(1, 2))
			cpu := -used(b)
			for b.Loop() {
				at := clock.Now().Add(time.Second + time.Duration(r.Int64N(int64(minutes*time.Minute-2*time.Second))))
				k, err := s.AsKnownAt(b.Context(), at)
				if err != nil || len(k.Tracks) != boats || k.Gap {
					b.Fatal(len(k.Tracks), k.Gap, err)
				}
			}
			b.ReportMetric(float64((cpu+used(b)).Milliseconds())/float64(b.N), "cpu-ms/op")
		})
	}
}
