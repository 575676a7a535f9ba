package feed

import (
	"errors"
	"maps"
	"math"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"atalaya/codec"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

const (
	maxSamples  = 8
	maxBadKinds = 64
	maxRaw      = 256 // bytes of a sample

	lateAfter   = 10 * time.Second
	badShare    = 0.1              // of frames in a window: above it a feed is degraded
	window      = 30 * time.Second // the last one to two of these are judged
	restartable = 3                // restarts in a window: from here degraded
	// failedFor is how long the last failure explains silence: longer than the
	// longest pause of the supervisor and the connecting.
	failedFor = time.Minute
	silent    = 30 * time.Second // where the feed says nothing of it
)

// Meter counts what one feed brings and judges its health. It is safe for
// concurrent use.
type Meter struct {
	feed  sensor.Feed
	clock func() time.Time
	tap   atomic.Pointer[tap] // nil: nobody watches

	mu        sync.Mutex
	h         sensor.Health
	started   time.Time
	heard     bool     // a good frame came since then
	shares    [2]share // the running window and the one before
	windowAt  time.Time
	shut      cause                // why the feed may not run at all
	refused   cause                // the last that was not let in
	barred    bool                 // and nothing is let in
	failure   cause                // of the last run
	kinds     [2]map[string]uint64 // of bad frames, as shares
	ended     bool                 // the source had an end
	dropped   func() uint64
	notServed func() uint64
	turned    func() (netip.Addr, time.Time)
}

// Renew goes on with another version of the feed: the counters stay, and the
// judgement begins anew.
func (m *Meter) Renew(f sensor.Feed) {
	fresh := NewMeter(f, m.clock)
	m.mu.Lock()
	defer m.mu.Unlock()
	h := fresh.h
	h.LastFrame, h.Good, h.Bad = m.h.LastFrame, m.h.Good, m.h.Bad
	h.Duplicate, h.Late, h.ClockDoubt, h.Refused = m.h.Duplicate, m.h.Late, m.h.ClockDoubt, m.h.Refused
	h.Lost, h.Bytes, h.Restarts = m.h.Lost, m.h.Bytes, m.h.Restarts
	if m.dropped != nil {
		h.Lost += m.dropped()
	}
	if m.notServed != nil {
		h.Refused += m.notServed()
	}
	m.feed, m.h, m.started, m.heard, m.windowAt = fresh.feed, h, fresh.started, false, fresh.windowAt
	m.shares, m.kinds = [2]share{}, [2]map[string]uint64{}
	m.shut, m.refused, m.barred = cause{}, cause{}, false
	m.failure, m.ended, m.dropped, m.notServed, m.turned = cause{}, false, nil, nil, nil
}

// share counts frames of one window.
type share struct{ good, bad, doubt, late, restarts uint64 }

// cause is what went wrong, for programs and in words.
type cause struct {
	sensor.Cause
	why string
}

// NewMeter makes the meter of a feed.
func NewMeter(f sensor.Feed, clock func() time.Time) *Meter {
	if f.Silent <= 0 {
		f.Silent = silent
	}
	now := clock()
	return &Meter{
		feed: f, clock: clock, started: now, windowAt: now,
		h: sensor.Health{
			Feed: f.ID, Sensor: f.Sensor, Format: f.Format, Source: f.Source,
			State: sensor.Starting, Since: now, Bad: map[string]uint64{}, Unproven: !f.Proven,
		},
	}
}

// locked locks, and gives the time, with the windows that belong to it.
func (m *Meter) locked() (now time.Time, unlock func()) {
	m.mu.Lock()
	now = m.clock()
	switch age := now.Sub(m.windowAt); {
	case age >= 2*window:
		m.shares, m.kinds, m.windowAt = [2]share{}, [2]map[string]uint64{}, now
	case age >= window:
		m.shares, m.windowAt = [2]share{{}, m.shares[0]}, m.windowAt.Add(window)
		m.kinds = [2]map[string]uint64{nil, m.kinds[0]}
	}
	return now, m.mu.Unlock
}

func (m *Meter) good() {
	now, unlock := m.locked()
	defer unlock()
	m.h.Good++
	m.shares[0].good++
	m.h.LastFrame, m.heard = now, true
}

// blame gives the kind and the bytes of a bad message.
func blame(err error) (codec.Kind, []byte) {
	if b, ok := errors.AsType[*codec.Bad](err); ok {
		return b.Kind, b.Raw
	}
	return codec.Malformed, nil
}

func (m *Meter) bad(err error) {
	kind, raw := blame(err)
	now, unlock := m.locked()
	defer unlock()
	k := string(kind)
	if _, known := m.h.Bad[k]; !known && len(m.h.Bad) >= maxBadKinds {
		k = "other"
	}
	m.h.Bad[k]++
	m.shares[0].bad++
	if m.kinds[0] == nil {
		m.kinds[0] = map[string]uint64{}
	}
	m.kinds[0][k]++
	m.sample(sensor.Sample{At: now, Kind: k, Why: err.Error(), Raw: raw})
}

// sample keeps the newest of each kind, the newest kinds where there are many.
func (m *Meter) sample(s sensor.Sample) {
	at := slices.IndexFunc(m.h.Samples, func(have sensor.Sample) bool { return have.Kind == s.Kind })
	if at < 0 && len(m.h.Samples) == maxSamples {
		at = 0
	}
	if at >= 0 {
		m.h.Samples = slices.Delete(m.h.Samples, at, at+1)
	}
	m.h.Samples = append(m.h.Samples, s)
}

// emitted looks at an input's times.
func (m *Meter) emitted(in *track.Input) {
	_, unlock := m.locked()
	defer unlock()
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
	switch {
	case o.Clock == obs.ClockNone, m.feed.Format == sensor.FormatReports: // people tell later what they saw
		return
	case o.Clock == obs.ClockDoubt: // how late it is nobody knows
		m.h.ClockDoubt++
		m.shares[0].doubt++
	case behind > lateAfter:
		m.h.Late++
		m.shares[0].late++
	}
	if o.Clock == obs.ClockCoarse && m.feed.Format == sensor.FormatAIS {
		return // the second of a minute tells nothing of the clock
	}
	const smooth = 0.05
	s := behind.Seconds()
	if m.h.ClockOffset == nil {
		m.h.ClockOffset = &s
	} else {
		*m.h.ClockOffset += smooth * (s - *m.h.ClockOffset)
	}
}

// Duplicate counts an observation that another receiver brought before.
func (m *Meter) Duplicate(o *obs.Observation) {
	if t := m.tap.Load(); t != nil {
		t.mark(o, sensor.Duplicate)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.h.Duplicate++
}

func (m *Meter) bytes(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.h.Bytes += uint64(n)
}

// watch asks a transport that counts for itself what never came to us.
func (m *Meter) watch(t Transport) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d, ok := t.(interface{ Dropped() uint64 }); ok {
		m.dropped = d.Dropped
	}
	if r, ok := t.(interface{ Refused() uint64 }); ok {
		m.notServed = r.Refused
	}
	if s, ok := t.(interface {
		Turned() (netip.Addr, time.Time)
	}); ok {
		m.turned = s.Turned
	}
}

// refuse counts input that may not enter, and why; n of its bytes are not
// counted yet. Barred says that nothing may enter now, whoever sends it.
func (m *Meter) refuse(of sensor.Cause, why string, raw []byte, n int, barred bool) {
	now, unlock := m.locked()
	defer unlock()
	m.h.Refused++
	m.h.Bytes += uint64(n)
	of.At, of.Count = now, 1
	if m.refused.Code == of.Code && now.Sub(m.refused.At) < window {
		of.Count += m.refused.Count
	}
	m.refused, m.barred = cause{of, why}, barred
	m.sample(sensor.Sample{At: now, Kind: "refused", Why: why, Raw: slices.Clone(raw[:min(len(raw), maxRaw)])})
}

// Refuse says that the feed as a whole may not run, and what to do about it.
func (m *Meter) Refuse(of sensor.Cause, why string) {
	now, unlock := m.locked()
	defer unlock()
	of.At = now
	m.shut = cause{of, why}
}

// failed notes that the feed's run ended with an error and will be tried again.
func (m *Meter) failed(err error) {
	now, unlock := m.locked()
	defer unlock()
	m.h.Restarts++
	m.shares[0].restarts++
	m.failure = cause{sensor.Cause{At: now, Detail: err.Error()}, err.Error()}
}

// over notes that the source came to its end.
func (m *Meter) over() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended = true
}

// Health gives the feed's health now.
func (m *Meter) Health() sensor.Health {
	now, unlock := m.locked()
	defer unlock()
	m.untap(now)
	state, of := m.judge(now)
	if state != m.h.State {
		m.h.State, m.h.Since = state, now
	}
	h := m.h
	h.Why, h.Cause = of.why, of.Cause
	h.Bad = maps.Clone(m.h.Bad)
	h.Samples = slices.Clone(m.h.Samples)
	if m.h.ClockOffset != nil {
		v := *m.h.ClockOffset
		h.ClockOffset = &v
	}
	if m.dropped != nil {
		h.Lost += m.dropped()
	}
	if m.notServed != nil {
		h.Refused += m.notServed()
	}
	return h
}

func (m *Meter) judge(now time.Time) (sensor.State, cause) {
	quiet := now.Sub(m.started)
	if m.heard {
		quiet = now.Sub(m.h.LastFrame)
	}
	fresh := m.heard && quiet < m.feed.Silent
	refusing := m.refused.why != "" && now.Sub(m.refused.At) < window
	failing := m.failure.why != "" && now.Sub(m.failure.At) < failedFor && !m.failure.At.Before(m.h.LastFrame)
	if m.turned != nil {
		if from, at := m.turned(); now.Sub(at) < window && at.After(m.refused.At) {
			m.refused, refusing = cause{sensor.Cause{Code: sensor.CauseSender, Sender: from.String(), At: at, Count: m.notServed()}, notAllowed(from)}, true
		}
	}
	switch {
	case m.shut.why != "":
		return sensor.Refused, m.shut
	case refusing && (m.barred || !fresh):
		return sensor.Refused, m.refused
	case m.feed.Format == sensor.FormatReports:
		return sensor.Up, cause{} // people report when they see something
	case fresh:
		return m.degraded()
	case m.ended:
		return sensor.Silent, cause{sensor.Cause{Code: sensor.CauseEnded}, "the recording has ended"}
	case failing:
		of := m.failure.Cause
		of.Code, of.Count = sensor.CauseConnection, m.shares[0].restarts+m.shares[1].restarts
		return sensor.Silent, cause{of, "the connection fails: " + m.failure.why + "; check the source address and the device"}
	case quiet >= m.feed.Silent:
		return sensor.Silent, m.silent(quiet)
	}
	return sensor.Starting, cause{sensor.Cause{Code: sensor.CauseWaiting, Seconds: round((m.feed.Silent - quiet).Seconds(), 1)}, ""}
}

// silent tells whether nothing comes at all, or nothing that can be read.
func (m *Meter) silent(quiet time.Duration) cause {
	of := sensor.Cause{Code: sensor.CauseNothing, Seconds: round(quiet.Seconds(), 1)}
	why := "no good frame for " + quiet.Round(time.Second).String() + ": "
	if bad := m.shares[0].bad + m.shares[1].bad; bad > 0 {
		of.Code, of.Count, of.Kind = sensor.CauseUnreadable, bad, m.worst()
		return cause{of, why + "bytes come, but none of it can be read (" + of.Kind + "): check the feed's format, and the speed of a serial line"}
	}
	return cause{of, why + "check the device, its cable or network, and the feed's source and format"}
}

// worst gives the most frequent kind of bad frames of the windows.
func (m *Meter) worst() string {
	best, most := "", uint64(0)
	for _, k := range slices.Sorted(maps.Keys(m.h.Bad)) {
		if n := m.kinds[0][k] + m.kinds[1][k]; n > most {
			best, most = k, n
		}
	}
	return best
}

// degraded judges a feed that brings frames.
func (m *Meter) degraded() (sensor.State, cause) {
	a, b := m.shares[0], m.shares[1]
	good, bad := a.good+b.good, a.bad+b.bad
	of := sensor.Cause{}
	if m.h.ClockOffset != nil {
		of.Seconds = round(*m.h.ClockOffset, 10)
	}
	part := func(n, all uint64) float64 { return round(float64(n)/float64(max(all, 1)), 1000) }
	switch {
	case a.restarts+b.restarts >= restartable:
		of = m.failure.Cause
		of.Code, of.Count = sensor.CauseUnstable, a.restarts+b.restarts
		return sensor.Degraded, cause{of, "the connection was lost several times: " + m.failure.why}
	case float64(bad) > badShare*float64(good+bad):
		of = sensor.Cause{Code: sensor.CauseManyBad, Share: part(bad, good+bad), Count: bad, Kind: m.worst()}
		return sensor.Degraded, cause{of, "many bad frames: see the counts by kind and the samples; check the feed's format"}
	case 2*(a.doubt+b.doubt) > good:
		of.Code, of.Share = sensor.CauseClock, min(part(a.doubt+b.doubt, good), 1)
		return sensor.Degraded, cause{of, "the sensor's clock contradicts ours: its times are not used; set its clock or the sensor's time offset"}
	case 2*(a.late+b.late) > good:
		of.Code, of.Share = sensor.CauseLate, min(part(a.late+b.late, good), 1)
		return sensor.Degraded, cause{of, "most reports come more than " + lateAfter.String() + " late: check the network, the sensor's clock and its time offset"}
	}
	return sensor.Up, cause{}
}

// round gives v to so many parts of one.
func round(v, parts float64) float64 { return math.Round(v*parts) / parts }
