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
	h            sensor.Health
	started      time.Time
	lastState    sensor.State
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
		feed: f, clock: clock, started: now, windowStart: now, lastState: sensor.Starting,
		h: sensor.Health{
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
	m.h.Samples = append(m.h.Samples, sensor.Sample{At: now, Kind: k, Why: err.Error(), Raw: raw})
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

func (m *Meter) bytes(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.h.Bytes += uint64(n)
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
func (m *Meter) Health() sensor.Health {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock()
	m.roll(now)
	h := m.h
	h.Bad = maps.Clone(m.h.Bad)
	h.Samples = append([]sensor.Sample(nil), m.h.Samples...)
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

func (m *Meter) judge(now time.Time) (sensor.State, string) {
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
		return sensor.Refused, m.refusedWhy
	case !fresh && m.connectError != "":
		return sensor.Silent, "the connection fails: " + m.connectError + "; check the source address and the device"
	case !fresh && quiet >= m.feed.Silent:
		return sensor.Silent, "no good frame for " + quiet.Round(time.Second).String() + ": check the device, its cable or network, and the feed's source and format"
	case !fresh:
		return sensor.Starting, ""
	case w.restarts >= restartable:
		return sensor.Degraded, "the connection was lost several times: " + m.connectError
	case float64(w.bad) > badShare*float64(w.good+w.bad):
		return sensor.Degraded, "many bad frames: see the counts by kind and the samples; check the feed's format"
	case w.doubt > 0 && 2*w.doubt > w.good:
		return sensor.Degraded, "the sensor's clock contradicts ours: its times are not used; set its clock or the sensor's time offset"
	}
	return sensor.Up, ""
}

func asBad(err error) (*codec.Bad, bool) {
	var b *codec.Bad
	ok := errors.As(err, &b)
	return b, ok
}
