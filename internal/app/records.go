package app

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"atalaya/area"
	"atalaya/desk"
	"atalaya/exercise"
	"atalaya/geo/fmath"
	"atalaya/sensor"
	"atalaya/store"
	"atalaya/track"
	"atalaya/valid"
	"atalaya/web/wire"
)

// policy is the retention policy that the store keeps to.
func (k KeepConfig) policy() store.Policy {
	p := store.DefaultPolicy()
	p.Inputs, p.Whole, p.Tracks = time.Duration(k.Observations), time.Duration(k.Thin), time.Duration(k.Tracks)
	p.MaxBytes, p.MinFree = k.MaxBytes, k.MinFree
	return p
}

// seeds gives the configured records as changes.
func (c *Config) seeds(now time.Time) ([]track.Change, error) {
	var out []track.Change
	for _, s := range c.Sensors {
		v, err := s.Sensor(now)
		if err != nil {
			return nil, err
		}
		out = append(out, track.Change{At: now, Sensor: &v})
	}
	for _, s := range c.Feeds {
		v, err := s.Feed(now)
		if err != nil {
			return nil, err
		}
		out = append(out, track.Change{At: now, Feed: &v})
	}
	if !slices.ContainsFunc(c.Areas, func(s AreaSeed) bool { return s.Kind == string(area.Border) }) {
		lines, err := builtIn(now)
		if err != nil {
			return nil, err
		}
		for i := range lines {
			out = append(out, track.Change{At: now, Area: &lines[i]})
		}
	}
	for _, s := range c.Areas {
		v, err := s.Area(now)
		if err != nil {
			return nil, err
		}
		out = append(out, track.Change{At: now, Area: &v})
	}
	for _, s := range c.Assets {
		v, err := s.Asset(now)
		if err != nil {
			return nil, err
		}
		out = append(out, track.Change{At: now, Asset: &v})
	}
	return out, nil
}

// gear gives the exercise's records as changes.
func gear(g exercise.Gear, now time.Time) []track.Change {
	var out []track.Change
	for i := range g.Sensors {
		out = append(out, track.Change{At: now, Sensor: &g.Sensors[i]})
	}
	for i := range g.Feeds {
		out = append(out, track.Change{At: now, Feed: &g.Feeds[i]})
	}
	for i := range g.Areas {
		out = append(out, track.Change{At: now, Area: &g.Areas[i]})
	}
	for i := range g.Assets {
		out = append(out, track.Change{At: now, Asset: &g.Assets[i]})
	}
	return out
}

// newer gives c as the next version of what is kept already, and whether it
// differs from it at all.
func newer(have []track.Change, c track.Change) (next track.Change, changed bool) {
	kind, key, _ := desk.Subject(c)
	var last *track.Change
	for i := range have {
		if k, id, _ := desk.Subject(have[i]); k == kind && id == key {
			last = &have[i]
		}
	}
	if last == nil {
		return c, true
	}
	_, _, old := desk.Subject(*last)
	record := *version(&c)
	*version(&c) = old
	if same(last, &c) {
		return c, false
	}
	record.Number = old.Number + 1
	record.From = c.At
	record.Reason = "the exercise was configured anew"
	*version(&c) = record
	return c, true
}

// version gives the place of a change's version record. Decisions have none
// and do not come here.
func version(c *track.Change) *valid.Record {
	switch {
	case c.Sensor != nil:
		return &c.Sensor.Valid
	case c.Feed != nil:
		return &c.Feed.Valid
	case c.Area != nil:
		return &c.Area.Valid
	case c.Rule != nil:
		return &c.Rule.Valid
	case c.Permit != nil:
		return &c.Permit.Valid
	default:
		return &c.Asset.Valid
	}
}

// same compares two changes by content, whatever their time.
func same(a, b *track.Change) bool {
	x, y := *a, *b
	x.At, y.At = time.Time{}, time.Time{}
	jx, err1 := json.Marshal(x)
	jy, err2 := json.Marshal(y)
	return err1 == nil && err2 == nil && bytes.Equal(jx, jy)
}

// feedsInForce gives the feeds that are to run now.
func (p *program) feedsInForce() []sensor.Feed { return p.feedRecords.AllAt(p.clock.Now()) }

// newEpoch draws the number that tells this run of the server from others.
func newEpoch() (uint64, error) {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return 0, fmt.Errorf("draw an epoch: %w", err)
	}
	return binary.BigEndian.Uint64(b[:]) & wire.MaxSafe, nil
}

// deviation is the standard deviation of a position along its worst axis, m.
func deviation(s *track.State) float64 {
	ee, en, nn := s.Cov[0][0], s.Cov[0][1], s.Cov[1][1]
	return math.Sqrt((ee+nn)/2 + fmath.Hypot((ee-nn)/2, en))
}
