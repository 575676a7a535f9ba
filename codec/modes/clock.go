package modes

import (
	"time"

	"atalaya/codec"
)

const (
	counterRate = 12_000_000 // Hz
	// mlatStamp stands in frames that a multilateration server made up from
	// what several receivers heard ("MLAT" in ASCII).
	mlatStamp = 0xFF004D4C4154
)

// clock makes times of the stamps of a container.
type clock struct {
	gps      bool
	recorded bool

	started bool
	first   time.Time // of the first frame

	// Of a recording: the last frame's time and counter.
	last    time.Time
	counter codec.Opt[uint64]
}

// read sets the times of a message.
func (c *clock) read(m *Message, stamp codec.Opt[uint64], received time.Time) {
	m.Received = received
	ticks, ok := stamp.Get()
	switch {
	case !ok:
	case ticks == mlatStamp:
		m.Source = MLAT
		ok = false
	case c.gps:
		m.Stated = gpsTime(ticks, received)
		ok = false
	default:
		m.Ticks = stamp
	}
	if !c.recorded {
		return
	}
	if c.last.IsZero() {
		c.last = received
	}
	if !m.Stated.IsZero() {
		c.last = m.Stated
	}
	if ok {
		// A counter that went backwards, or far ahead, began anew.
		before, known := c.counter.Get()
		if known && ticks >= before && ticks-before < 3600*counterRate {
			c.last = c.last.Add(time.Duration((ticks - before) * 1000 / 12))
		}
		c.counter = stamp
	}
	m.Received = c.last
}

// since gives the time since the first frame.
func (c *clock) since(t time.Time) time.Duration {
	if !c.started {
		c.started, c.first = true, t
	}
	return t.Sub(c.first)
}

// status takes from a receiver's status which clock it counts with: switch 7,
// bit 4 of the first byte.
func (c *clock) status(data []byte) { c.gps = data[0]&0x10 != 0 }

// gpsTime completes a Radarcape stamp, 18 bits of seconds of the day and 30 of
// nanoseconds, by the day nearest to when it was received.
func gpsTime(stamp uint64, received time.Time) time.Time {
	ofDay := time.Duration(stamp>>30)*time.Second + time.Duration(stamp&(1<<30-1))
	t := received.UTC().Truncate(24 * time.Hour).Add(ofDay)
	switch ahead := t.Sub(received); {
	case ahead > 12*time.Hour:
		return t.Add(-24 * time.Hour)
	case ahead < -12*time.Hour:
		return t.Add(24 * time.Hour)
	}
	return t
}
