package registry

import (
	"bytes"
	"encoding/json"
	"time"

	"atalaya/desk"
	"atalaya/track"
	"atalaya/valid"
)

// Least gives the least role that may change things of a kind.
func Least(k Kind) desk.Role {
	switch k {
	case Area, Permit, Decision:
		return desk.Officer
	case Rule:
		return desk.Supervisor
	default:
		return desk.Administrator
	}
}

// Same compares two changes by content, whatever their times and versions.
func Same(a, b track.Change) bool {
	x, ok1 := clone(a)
	y, ok2 := clone(b)
	if !ok1 || !ok2 {
		return false
	}
	for _, c := range []*track.Change{&x, &y} {
		c.At = time.Time{}
		if v := record(c); v != nil {
			*v = valid.Record{}
		}
	}
	jx, err1 := json.Marshal(x)
	jy, err2 := json.Marshal(y)
	return err1 == nil && err2 == nil && bytes.Equal(jx, jy)
}

// clone copies a change so that its version can be set. It fails for one that
// does not have exactly one content.
func clone(c track.Change) (track.Change, bool) {
	kind, _, _ := desk.Subject(c)
	switch Kind(kind) {
	case Sensor:
		c.Sensor = new(*c.Sensor)
	case Feed:
		c.Feed = new(*c.Feed)
	case Area:
		c.Area = new(*c.Area)
	case Asset:
		c.Asset = new(*c.Asset)
	case Rule:
		c.Rule = new(*c.Rule)
	case Permit:
		c.Permit = new(*c.Permit)
	case Decision:
		c.Decision = new(*c.Decision)
	default:
		return c, false
	}
	return c, true
}

// record gives the place of a change's version record; nil for a decision.
func record(c *track.Change) *valid.Record {
	switch {
	case c.Sensor != nil:
		return &c.Sensor.Valid
	case c.Feed != nil:
		return &c.Feed.Valid
	case c.Area != nil:
		return &c.Area.Valid
	case c.Asset != nil:
		return &c.Asset.Valid
	case c.Rule != nil:
		return &c.Rule.Valid
	case c.Permit != nil:
		return &c.Permit.Valid
	}
	return nil
}
