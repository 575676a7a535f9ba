package feed

import (
	"errors"
	"maps"
	"sync"
	"time"

	"atalaya/codec"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// State is what a feed's health comes to.
type State string

// States of a feed.
const (
	Starting State = "starting" // nothing yet, and not long enough to call it silent
	Up       State = "up"
	Degraded State = "degraded" // frames come, but many are bad, or late, or the connection fails again and again
	Silent   State = "silent"   // no good frame for longer than the feed's limit
	Refused  State = "refused"  // what comes may not enter: sender or sensor not allowed
)

// Sample is one piece of bad input, kept for diagnosis.
type Sample struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind"`
	Why  string    `json:"why"`
	Raw  []byte    `json:"raw"`
}

// Health is what people see of a feed.
type Health struct {
	Feed       sensor.FeedID     `json:"feed"`
	Sensor     sensor.ID         `json:"sensor"`
	Format     sensor.Format     `json:"format"`
	Source     string            `json:"source"`
	State      State             `json:"state"`
	Why        string            `json:"why"` // what is wrong and what to do
	Since      time.Time         `json:"since"`
	LastFrame  time.Time         `json:"last_frame"` // zero: none yet
	Good       uint64            `json:"good"`
	Bad        map[string]uint64 `json:"bad"` // by kind
	Duplicate  uint64            `json:"duplicate"`
	Late       uint64            `json:"late"`
	ClockDoubt uint64            `json:"clock_doubt"`
	Refused    uint64            `json:"refused"`
	Lost       uint64            `json:"lost"` // dropped by the kernel before we could read
	Bytes      uint64            `json:"bytes"`
	Restarts   uint64            `json:"restarts"`
	Unproven   bool              `json:"sender_unproven"`
	// ClockOffset is how far the sensor's stated times lie before our receive
	// times, smoothed, in seconds; only where the sensor states full times.
	ClockOffset *float64 `json:"clock_offset_s,omitempty"`
	Samples     []Sample `json:"samples,omitempty"`
}

const (
	maxSamples  = 8
	lateAfter   = 10 * time.Second
	badShare    = 0.1              // of frames in a window: above it a feed is degraded
	shareWindow = 30 * time.Second // the window
	restartable = 3                // restarts in a window: from here degraded
	maxBadKinds = 64
)

// Meter counts what one feed brings and judges its health. It is safe for
// concurrent use.
type Meter struct {
	feed  sensor.Feed
	clock func() time.Time

	mu           sync.Mutex
	h            Health
	started      time.Time
	lastState    State
	refusedWhy   string
	refusedAt    time.Time
	connectError string
	window       [2]share // the running window and the one before
	windowStart  time.Time
}

// share counts frames of one window.
type share struct{ good, bad, doubt, restarts uint64 }

// NewMeter makes the meter of a feed.
func NewMeter(f sensor.Feed, clock func() time.Time) *Meter {
	now := clock()
	return &Meter{
		feed: f, clock: clock, started: now, windowStart: now, lastState: Starting,
		h: Health{
			Feed: f.ID, Sensor: f.Sensor, Format: f.Format, Source: f.Source,
			Since: now, Bad: map[string]uint64{}, Unproven: !f.Proven,
		},
	}
}

func (m *Meter) roll(now time.Time) {
	if now.Sub(m.windowStart) < shareWindow {
		return
	}
	m.window[1], m.window[0] = m.window[0], share{}
	if now.Sub(m.windowStart) >= 2*shareWindow {
		m.window[1] = share{}
	}
	m.windowStart = now
}

func (m *Meter) good(received time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.roll(m.clock())
	m.h.Good++
	m.window[0].good++
	m.h.LastFrame = received
	m.connectError = ""
}

func (m *Meter) bad(err error) {
	kind, raw := kindOf(err)
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock()
	m.roll(now)
	k := string(kind)
	if _, known := m.h.Bad[k]; !known && len(m.h.Bad) >= maxBadKinds {
		k = "other"
	}
	m.h.Bad[k]++
	m.window[0].bad++
	if len(m.h.Samples) == maxSamples {
		copy(m.h.Samples, m.h.Samples[1:])
		m.h.Samples = m.h.Samples[:maxSamples-1]
	}
	m.h.Samples = append(m.h.Samples, Sample{At: now, Kind: k, Why: err.Error(), Raw: raw})
}

// emitted looks at an input's times.
func (m *Meter) emitted(in *track.Input) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if in.Observation != nil {
		m.times(in.Observation)
	}
	if in.Scan != nil {
		for i := range in.Scan.Observations {
			m.times(&in.Scan.Observations[i])
		}
	}
}

func (m *Meter) times(o *obs.Observation) {
	behind := o.Received.Sub(o.Time)
	if o.Clock == obs.ClockDoubt {
		m.h.ClockDoubt++
		m.window[0].doubt++
	}
	if behind > lateAfter {
		m.h.Late++
	}
	if o.Clock == obs.ClockStated || o.Clock == obs.ClockGNSS || o.Clock == obs.ClockDoubt {
		const smooth = 0.05
		s := behind.Seconds()
		if m.h.ClockOffset == nil {
			m.h.ClockOffset = &s
		} else {
			*m.h.ClockOffset += smooth * (s - *m.h.ClockOffset)
		}
	}
}

// Duplicate counts an observation that another receiver brought before.
func (m *Meter) Duplicate() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.h.Duplicate++
}

// Lost sets how much the kernel dropped before we could read it.
func (m *Meter) Lost(n uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.h.Lost = n
}

func (m *Meter) bytes(n int, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.h.Bytes += uint64(n)
	_ = at
}

// refuse counts input that may not enter, and why.
func (m *Meter) refuse(why string, n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.h.Refused++
	m.h.Bytes += uint64(n)
	m.refusedWhy, m.refusedAt = why, m.clock()
}

// Refuse says that the feed as a whole may not run, and what to do about it.
func (m *Meter) Refuse(why string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refusedWhy, m.refusedAt = why, time.Time{}
}

func (m *Meter) connecting() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.connectError = ""
}

// failed notes that the feed's run ended with an error and will be tried again.
func (m *Meter) failed(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.roll(m.clock())
	m.h.Restarts++
	m.window[0].restarts++
	m.connectError = err.Error()
}

// Health gives the feed's health now.
func (m *Meter) Health() Health {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock()
	m.roll(now)
	h := m.h
	h.Bad = maps.Clone(m.h.Bad)
	h.Samples = append([]Sample(nil), m.h.Samples...)
	if m.h.ClockOffset != nil {
		v := *m.h.ClockOffset
		h.ClockOffset = &v
	}
	h.State, h.Why = m.judge(now)
	if h.State != m.lastState {
		m.lastState, m.h.Since = h.State, now
	}
	h.Since = m.h.Since
	return h
}

func (m *Meter) judge(now time.Time) (State, string) {
	quiet := now.Sub(m.started)
	if !m.h.LastFrame.IsZero() {
		quiet = now.Sub(m.h.LastFrame)
	}
	fresh := !m.h.LastFrame.IsZero() && quiet < m.feed.Silent
	w := share{
		good: m.window[0].good + m.window[1].good, bad: m.window[0].bad + m.window[1].bad,
		doubt: m.window[0].doubt + m.window[1].doubt, restarts: m.window[0].restarts + m.window[1].restarts,
	}
	switch {
	case m.refusedWhy != "" && (m.refusedAt.IsZero() || !fresh && now.Sub(m.refusedAt) < shareWindow):
		return Refused, m.refusedWhy
	case !fresh && m.connectError != "":
		return Silent, "the connection fails: " + m.connectError + "; check the source address and the device"
	case !fresh && quiet >= m.feed.Silent:
		return Silent, "no good frame for " + quiet.Round(time.Second).String() + ": check the device, its cable or network, and the feed's source and format"
	case !fresh:
		return Starting, ""
	case w.restarts >= restartable:
		return Degraded, "the connection was lost several times: " + m.connectError
	case float64(w.bad) > badShare*float64(w.good+w.bad):
		return Degraded, "many bad frames: see the counts by kind and the samples; check the feed's format"
	case w.doubt > 0 && 2*w.doubt > w.good:
		return Degraded, "the sensor's clock contradicts ours: its times are not used; set its clock or the sensor's time offset"
	}
	return Up, ""
}

func asBad(err error) (*codec.Bad, bool) {
	var b *codec.Bad
	ok := errors.As(err, &b)
	return b, ok
}
