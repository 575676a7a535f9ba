package app

import (
	"math"
	"runtime/metrics"
	"time"

	"golang.org/x/sys/unix"
)

// cost is what some work took.
type cost struct {
	wall, cpu time.Duration
	objects   uint64 // put on the heap
}

func (c cost) plus(o cost) cost { return cost{c.wall + o.wall, c.cpu + o.cpu, c.objects + o.objects} }

func (c cost) minus(o cost) cost { return cost{c.wall - o.wall, c.cpu - o.cpu, c.objects - o.objects} }

// meter tells what the program took since it was made. Objects are counted by
// the runtime when it fetches room for the next ones, so that a span's objects
// may count a little later than they were made; where none are made none are
// counted.
type meter struct {
	began   time.Time
	samples []metrics.Sample
}

func newMeter() *meter {
	return &meter{time.Now(), []metrics.Sample{{Name: "/gc/heap/allocs:objects"}, {Name: "/gc/heap/tiny/allocs:objects"}}}
}

func (m *meter) now() cost {
	metrics.Read(m.samples)
	c := cost{wall: time.Since(m.began)}
	for _, s := range m.samples {
		if s.Value.Kind() == metrics.KindUint64 {
			c.objects += s.Value.Uint64()
		}
	}
	var cpu unix.Timespec
	if unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &cpu) == nil {
		c.cpu = time.Duration(cpu.Nano())
	}
	return c
}

// milliseconds are given to the microsecond.
func milliseconds(d time.Duration) float64 { return math.Round(d.Seconds()*1e6) / 1e3 }
