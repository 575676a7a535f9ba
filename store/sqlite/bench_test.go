package sqlite_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/store"
	"atalaya/store/sqlite"
	"atalaya/store/storetest"
	"atalaya/track"
	"atalaya/watch"
)

func openBench(b *testing.B, dir string, clock *storetest.Clock) *sqlite.Store {
	b.Helper()
	s, err := sqlite.Open(b.Context(), sqlite.Config{Dir: dir, Clock: clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// BenchmarkAppend writes steps of 250 ms with so many boats at 1 Hz: each an
// observation and an event a second. One operation is one step; "%core" is how
// much of one core the writing takes at the loop's pace.
func BenchmarkAppend(b *testing.B) {
	for _, boats := range []int{100, 1000, 10000} {
		b.Run(fmt.Sprint(boats), func(b *testing.B) {
			dir := b.TempDir()
			clock := storetest.NewClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
			s := openBench(b, dir, clock)
			w := storetest.NewWorld(boats, s.Resume(), clock.Now())
			before := size(b, dir)
			steps, observations := 0, 0
			var cpu time.Duration
			for b.Loop() {
				b.StopTimer()
				step := w.Step()
				clock.Advance(storetest.StepTime)
				b.StartTimer()
				cpu -= used(b)
				if err := s.Append(b.Context(), step); err != nil {
					b.Fatal(err)
				}
				if err := s.Sync(b.Context()); err != nil {
					b.Fatal(err)
				}
				cpu += used(b)
				steps++
				observations += len(step.Inputs)
			}
			b.ReportMetric(100*float64(cpu)/float64(steps)/float64(storetest.StepTime), "%core")
			b.ReportMetric(float64(size(b, dir)-before)/float64(observations), "B/observation")
			b.ReportMetric(float64(cpu.Microseconds())/1000/float64(steps), "cpu-ms/step")
		})
	}
}

// used is the processor time of this process.
func used(b *testing.B) time.Duration {
	b.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// size is what the files take, the log apart, which is bounded.
func size(b *testing.B, dir string) (sum int64) {
	b.Helper()
	for _, name := range []string{"history.db", "durable.db"} {
		st, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			b.Fatal(err)
		}
		sum += st.Size()
	}
	return sum
}

// BenchmarkQuery asks a store with ten minutes of so many boats.
func BenchmarkQuery(b *testing.B) {
	for _, boats := range []int{1000, 10000} {
		dir := b.TempDir()
		clock := storetest.NewClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
		s := openBench(b, dir, clock)
		w := storetest.NewWorld(boats, s.Resume(), clock.Now())
		const minutes = 10
		for range minutes * 240 {
			if err := s.Append(b.Context(), w.Step()); err != nil {
				b.Fatal(err)
			}
			if err := s.Sync(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		b.Run(fmt.Sprintf("picture/%d", boats), func(b *testing.B) {
			for b.Loop() {
				k, err := s.AsKnownAt(b.Context(), clock.Now().Add(5*time.Minute+59*time.Second))
				if err != nil || len(k.Tracks) != boats || k.Gap {
					b.Fatal(len(k.Tracks), k.Gap, err)
				}
			}
		})
		b.Run(fmt.Sprintf("track/%d", boats), func(b *testing.B) {
			id := track.ID(1)
			for b.Loop() {
				id = 1 + (id+7)%track.ID(boats)
				points, err := s.TrackHistory(b.Context(), store.HistoryQuery{Track: id})
				if err != nil || len(points) < 59*minutes {
					b.Fatal(len(points), err)
				}
			}
			b.ReportMetric(minutes, "minutes")
		})
		b.Run(fmt.Sprintf("observation/%d", boats), func(b *testing.B) {
			seq := uint64(1)
			for b.Loop() {
				seq = 1 + (seq*7919)%(w.Seq/2)
				if _, err := s.Observation(b.Context(), seq); err != nil && seq%11 == 0 {
					b.Log(seq, err) // a scan has a sequence too
				}
			}
		})
	}
}

// BenchmarkDecide acknowledges alerts: a record, the change and the outcome,
// each fsynced.
func BenchmarkDecide(b *testing.B) {
	clock := storetest.NewClock(noon())
	s := openBench(b, b.TempDir(), clock)
	d, err := desk.Start(b.Context(), desk.Config{Store: s, Ledger: s, Clock: clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	var took []time.Duration
	n := 0
	for b.Loop() {
		b.StopTimer()
		n++
		changes, err := d.Consider(b.Context(), clock.Now(), []watch.Finding{storetest.Finding(n, 1, clock.Now())})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		begin := time.Now()
		if _, err := d.Acknowledge(b.Context(), desk.Decision{Request: fmt.Sprint(n), Alert: changes[0].Alert.ID, Who: ana()}); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
