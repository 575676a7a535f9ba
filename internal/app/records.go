package app

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"

	"atalaya/area"
	"atalaya/desk"
	"atalaya/desk/registry"
	"atalaya/exercise"
	"atalaya/geo/fmath"
	"atalaya/store"
	"atalaya/track"
	"atalaya/web/wire"
)

// policy is the retention policy that the store keeps to.
func (k KeepConfig) policy() store.Policy {
	p := store.DefaultPolicy()
	p.Inputs, p.Whole, p.Tracks = time.Duration(k.Observations), time.Duration(k.Thin), time.Duration(k.Tracks)
	p.Events = time.Duration(k.Lineage)
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
	for _, s := range c.Rules {
		v, err := s.Rule(now)
		if err != nil {
			return nil, err
		}
		out = append(out, track.Change{At: now, Rule: &v})
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

// differs reports whether c is another than what was registered last by whoever
// registers it: what people changed in between is no difference.
func differs(have []track.Change, c track.Change) bool {
	kind, key, v := desk.Subject(c)
	for _, h := range slices.Backward(have) {
		if k, id, old := desk.Subject(h); k == kind && id == key && old.By == v.By {
			return !registry.Same(h, c)
		}
	}
	return true
}

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
