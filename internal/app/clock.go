package app

import (
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"atalaya/sensor"
	"atalaya/web"
)

// Clock is the program's own: the system's time at the start plus the
// monotonic time since, so it never jumps. What the system's clock does in
// between is measured, shown and logged.
type Clock struct {
	start time.Time // with its monotonic reading
	log   *slog.Logger

	mu        sync.Mutex
	offset    time.Duration // system's clock minus ours
	stepped   time.Duration
	steppedAt time.Time
}

// NewClock starts the clock.
func NewClock(log *slog.Logger) *Clock { return &Clock{start: time.Now(), log: log} }

// Now implements desk.Clock: UTC, without a monotonic reading.
func (c *Clock) Now() time.Time { return c.start.Add(time.Since(c.start)).Round(0).UTC() }

// stepAtLeast is a jump of the system's clock that is worth a line in the log.
// Slewing by a time service stays far below it.
const stepAtLeast = 500 * time.Millisecond

// Observe compares the system's clock with ours; it is called every second.
func (c *Clock) Observe() {
	offset := time.Now().Round(0).Sub(c.Now())
	c.mu.Lock()
	defer c.mu.Unlock()
	jump := offset - c.offset
	c.offset = offset
	if jump.Abs() < stepAtLeast {
		return
	}
	c.stepped += jump
	c.steppedAt = c.Now()
	c.log.Warn("the system's clock jumped; Atalaya goes on with its own until it is restarted",
		slog.Duration("jump", jump), slog.Duration("system_minus_ours", offset))
}

// State tells what is known of the clock, beside how far the sensors' clocks
// lie behind it.
func (c *Clock) State(feeds []sensor.Health) web.HostClock {
	c.mu.Lock()
	out := web.HostClock{Stepped: c.stepped.Seconds(), SteppedAt: c.steppedAt}
	c.mu.Unlock()
	var tx unix.Timex
	if state, err := unix.Adjtimex(&tx); err == nil {
		const unsynchronized = 0x40 // STA_UNSYNC, adjtimex(2)
		out.Synchronized = state != unix.TIME_ERROR && tx.Status&unsynchronized == 0
		out.ErrorSeconds = float64(tx.Maxerror) / 1e6
	}
	var offsets []float64
	for _, f := range feeds {
		if f.ClockOffset != nil && !math.IsNaN(*f.ClockOffset) {
			offsets = append(offsets, *f.ClockOffset)
		}
	}
	if len(offsets) > 0 {
		slices.Sort(offsets)
		m := offsets[len(offsets)/2]
		out.Sensors = &m
	}
	return out
}
