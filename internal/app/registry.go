package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"atalaya/asset"
	"atalaya/desk"
	"atalaya/desk/registry"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/valid"
)

// openRegistry makes the live registry: of what the store has, or, in an empty
// store, of what the configuration or the exercise seeds. All of it, and every
// later change, goes to the loop.
func (p *program) openRegistry(ctx context.Context) error {
	seeds, err := p.cfg.seeds(p.begun)
	if err != nil {
		return err
	}
	if p.cfg.Exercise.Enabled {
		if p.world, err = p.cfg.world(ctx, p.clock.Now, p.log); err != nil {
			return err
		}
		seeds = gear(p.world.Gear(), p.begun)
	}
	if err := p.seed(ctx, append(slices.Clip(seeds), lacking(seeds, p.begun)...)); err != nil {
		return fmt.Errorf("seed the store: %w", err)
	}
	have, err := p.store.Registry(ctx)
	if err != nil {
		return err
	}
	p.registry, err = registry.Open(registry.Config{
		Store: p.store, Ledger: p.ledger, Clock: p.clock, Policy: p.cfg.Desk.policy(), Check: p.checkChange, Changed: p.changed,
	}, have)
	if err != nil {
		return err
	}
	if err := p.openPermits(have); err != nil {
		return err
	}
	for _, in := range records(have) {
		p.queue.put(ctx, in)
	}
	if err := p.addRules(ctx, have); err != nil {
		return err
	}
	if p.world == nil {
		p.tellIgnored(have, seeds)
	} else if err := p.moveGear(ctx, have, seeds); err != nil {
		return err
	}
	return p.registerReports(ctx)
}

// seed fills an empty store. The drones in it are published first, each with a
// record of its own, as if somebody registered it.
func (p *program) seed(ctx context.Context, seeds []track.Change) error {
	have, err := p.store.Registry(ctx)
	if err != nil || len(have) > 0 {
		return err
	}
	act := func(ctx context.Context) error {
		_, err := p.store.Seed(ctx, seeds)
		return err
	}
	for _, c := range seeds {
		if c.Asset == nil || c.Asset.Kind != asset.Drone {
			continue
		}
		drone, next := *c.Asset, act
		if drone.Valid.From.IsZero() { // it was always so: published from now on
			drone.Valid.From = p.begun
		}
		rec := desk.Record{
			ID: fmt.Sprintf("registry.asset/%s/%d", drone.ID, drone.Valid.Number), Kind: "registry.asset", At: p.begun, Subject: "asset:" + string(drone.ID),
			Fields: append([]desk.Field{
				{Name: "version", Value: fmt.Sprint(drone.Valid.Number)}, {Name: "reason", Value: drone.Valid.Reason},
			}, registry.Aircraft(nil, &drone)...),
		}
		act = func(ctx context.Context) error { return p.ledger.Do(ctx, rec, next) }
	}
	return act(ctx)
}

// changed tells the loop, the feeds and the screens what is durable now. It is
// called with one change at a time.
func (p *program) changed(c track.Change) {
	p.queue.put(context.Background(), track.Input{Change: &c}) // a change never waits
	if c.Feed != nil || c.Sensor != nil {
		p.feeds.changed()
	}
	if c.Sensor != nil {
		p.beginField(c.Sensor)
	}
	if c.Permit != nil {
		if err := p.permits.Put(*c.Permit); err != nil {
			p.log.Error("a permit is kept, but explains only after a restart", slog.Any("error", err))
		}
	}
	if p.hub != nil { // else it begins with it
		p.hub.Registry(p.registry.Revisions())
	}
}

// checkChange says what is wrong with a change that only the whole program
// knows.
func (p *program) checkChange(c track.Change) error {
	switch {
	case c.Sensor != nil && c.Sensor.Exercise != p.cfg.Exercise.Enabled,
		c.Feed != nil && c.Feed.Exercise != p.cfg.Exercise.Enabled,
		c.Asset != nil && c.Asset.Exercise != p.cfg.Exercise.Enabled:
		return errApart
	case c.Feed != nil:
		return p.checkFeed(c.Feed)
	}
	return nil
}

// checkFeed says why a feed cannot run.
func (p *program) checkFeed(f *sensor.Feed) error {
	old, known := p.registry.Feeds.At(string(f.ID), p.clock.Now())
	if f.Scheme() == "file" && (!known || old.Source != f.Source) {
		if err := p.feeds.playable(f); err != nil {
			return valid.In("source", err)
		}
	}
	_, err := p.feeds.source(*f, nil)
	return err
}

// tellIgnored says which configured records the store does not follow: they
// seed an empty store, and afterwards the store's own versions hold.
func (p *program) tellIgnored(have, seeds []track.Change) {
	var ignored []string
	for _, c := range seeds {
		if differs(have, c) {
			kind, id, _ := desk.Subject(c)
			ignored = append(ignored, kind+" "+id)
		}
	}
	if len(ignored) > 0 {
		p.log.Warn("the configuration differs from the store, and the store holds: configured sensors, feeds, areas and assets only fill an empty store",
			slog.Any("ignored", ignored), slog.String("store", p.cfg.dir()),
			slog.String("do", "change them in the program, or start with another 'data' folder"))
	}
}

// moveGear registers what the exercise places elsewhere than in its store, as
// new versions: other ports, another seed. What people changed stays, where
// the exercise did not move it.
func (p *program) moveGear(ctx context.Context, have, want []track.Change) error {
	for _, c := range want {
		if !differs(have, c) {
			continue
		}
		kind, key, _ := desk.Subject(c)
		w := registry.Wish{
			Who: desk.Who{Name: "exercise"}, Reason: "the exercise was configured anew",
			Made: p.registry.Version(registry.Kind(kind), key), Change: c,
		}
		if _, err := p.registry.Apply(ctx, w); err != nil {
			return fmt.Errorf("register the exercise's gear: %w", err)
		}
	}
	return nil
}

// openFolder opens a folder from which files are read.
func openFolder(name string) (*os.Root, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	return os.OpenRoot(abs)
}
