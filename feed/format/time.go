package format

import (
	"time"

	"atalaya/codec/asterix"
	"atalaya/obs"
	"atalaya/sensor"
)

// A clock that is further from ours than this is not believed.
const (
	doubtAhead  = 10 * time.Second
	doubtBehind = 10 * time.Minute
)

// doubtful reports whether a time contradicts the time of its reception.
func doubtful(t, received time.Time) bool {
	behind := received.Sub(t)
	return behind > doubtBehind || behind < -doubtAhead
}

// pulse watches whether a sensor's clock goes on.
type pulse struct {
	latest time.Time // that it stated
	heard  time.Time // when that came
}

// stuckAfter is how long a clock may state nothing later than before. Messages
// overtake each other by less; those that were held back on the way are late,
// but their times go on.
const stuckAfter = 10 * time.Second

// stuck reports whether the clock is frozen or was set back: messages come,
// but for stuckAfter none with a later time.
func (p *pulse) stuck(stated, received time.Time) bool {
	if stated.After(p.latest) {
		p.latest, p.heard = stated, received
		return false
	}
	return received.Sub(p.heard) > stuckAfter
}

// timed gives the observation the time that its sensor states, corrected by
// the sensor's known offset. One that contradicts the receive time, or of a
// clock that is stuck, is kept and marked: order is by sequence then.
func (p *pulse) timed(o *obs.Observation, s *sensor.Sensor, stated time.Time, clock obs.Clock) {
	o.Time, o.Clock = stated.Add(-s.TimeOffset).UTC(), clock
	if doubtful(o.Time, o.Received) || p.stuck(o.Time, o.Received) {
		o.Clock = obs.ClockDoubt
	}
}

// timeOfDay is timed for a time of day, completed from the receive time. What
// is no time of day leaves the receive time.
func (p *pulse) timeOfDay(o *obs.Observation, s *sensor.Sensor, ofDay time.Duration) {
	if t, _, ok := asterix.CompleteTime(ofDay, o.Received); ok {
		p.timed(o, s, t, obs.ClockCoarse)
	}
}

// completeMinute gives the time nearest to received that has this second of
// the minute.
func completeMinute(received time.Time, second int) time.Time {
	received = received.UTC()
	t := received.Truncate(time.Minute).Add(time.Duration(second) * time.Second)
	const half = 30 * time.Second
	switch d := t.Sub(received); {
	case d > half:
		return t.Add(-2 * half)
	case d < -half:
		return t.Add(2 * half)
	}
	return t
}
