package desk

import (
	"context"
	"fmt"
	"sync"

	"atalaya/track"
	"atalaya/valid"
)

// RegistryStore keeps what observations are judged by: versions of sensors,
// feeds, areas, assets, rules and permits, and officers' decisions about tracks.
type RegistryStore interface {
	// SaveChange keeps a version. ErrConflict when its number does not follow
	// the last one of its key.
	SaveChange(ctx context.Context, c track.Change) error
}

// Registry changes what observations are judged by, on record.
type Registry struct {
	store  RegistryStore
	ledger Ledger
	clock  Clock
	write  sync.Mutex
}

// NewRegistry makes the service.
func NewRegistry(store RegistryStore, ledger Ledger, clock Clock) *Registry {
	return &Registry{store: store, ledger: ledger, clock: clock}
}

// Change makes a new version durable; then it is to be given to the loop. The
// change's time becomes the desk's.
func (r *Registry) Change(ctx context.Context, who Who, c track.Change) (track.Change, error) {
	if err := who.Needs(Officer, "change what observations are judged by"); err != nil {
		return c, err
	}
	c.At = r.clock.Now().UTC()
	kind, key, v := Subject(c)
	if kind == "" {
		return c, fmt.Errorf("%w: a change has exactly one of sensor, feed, area, asset, rule, permit, decision", ErrInvalid)
	}
	r.write.Lock()
	defer r.write.Unlock()
	id := fmt.Sprintf("registry.%s/%s/%d", kind, key, v.Number)
	if kind == "decision" {
		id = fmt.Sprintf("registry.%s/%s/%d", kind, key, c.At.UnixNano())
	}
	err := r.ledger.Do(context.WithoutCancel(ctx), Record{
		ID: id, Kind: "registry." + kind, At: c.At, Who: who, Subject: kind + ":" + key,
		Fields: []Field{{"version", fmt.Sprint(v.Number)}, {"reason", v.Reason}},
	}, func(ctx context.Context) error { return r.store.SaveChange(ctx, c) })
	if err != nil {
		return c, fmt.Errorf("change %s %s: %w", kind, key, err)
	}
	return c, nil
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
