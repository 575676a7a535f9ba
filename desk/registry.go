package desk

import (
	"context"

	"atalaya/track"
	"atalaya/valid"
)

// RegistryStore keeps what observations are judged by: versions of sensors,
// feeds, areas, assets, rules and permits, and officers' decisions about tracks.
type RegistryStore interface {
	// SaveChanges keeps versions, all or none. ErrConflict when the number of
	// one does not follow the last one of its key.
	SaveChanges(ctx context.Context, changes []track.Change) error
}

// Subject tells what a change is about: its kind, the key of the thing and the
// version. The kind is empty when the change does not have exactly one
// content.
func Subject(c track.Change) (kind, key string, v valid.Record) {
	n := 0
	set := func(k string, x valid.Versioned) {
		n++
		kind, key, v = k, x.Key(), x.Version()
	}
	if c.Sensor != nil {
		set("sensor", c.Sensor)
	}
	if c.Feed != nil {
		set("feed", c.Feed)
	}
	if c.Area != nil {
		set("area", c.Area)
	}
	if c.Asset != nil {
		set("asset", c.Asset)
	}
	if c.Rule != nil {
		set("rule", c.Rule)
	}
	if c.Permit != nil {
		set("permit", c.Permit)
	}
	if d := c.Decision; d != nil {
		n++
		kind, key, v = "decision", d.Track.String(), valid.Record{By: d.By, Reason: d.Reason, Known: c.At}
	}
	if n != 1 {
		return "", "", valid.Record{}
	}
	return kind, key, v
}
