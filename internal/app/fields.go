package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"atalaya/fuse"
	"atalaya/geo"
	"atalaya/sensor"
	"atalaya/store/elevation"
	"atalaya/terrain"
	"atalaya/terrain/regard"
	"atalaya/track"
)

// How the tracker comes to know where sensors see.
//
//  1. A field of regard is worked out in the background for each version of a
//     sensor that looks and stands somewhere, where there is elevation; again
//     when another dataset is the best there.
//  2. While it is worked out the loop is told so by a change, and when it is
//     done by another. Both are inputs, kept with the step that took them, so
//     that a replay changes its fields at the same steps.
//  3. A change names the field by its hash. A replay works the fields out again:
//     where the elevation is another now, the hash is, and nothing is known of
//     what that sensor sees (docs/decisions/0021-fields-of-regard.md).

// looker is a version of a sensor.
type looker struct {
	id      sensor.ID
	version uint32
}

// fields are the fields of regard of the sensors.
type fields struct {
	store    *elevation.Store
	exercise bool
	// keep says that a replay asks for old ones, too.
	keep bool

	mu     sync.Mutex
	byHash map[string]*regard.Field
	states map[looker]*fieldState
}

// fieldState is how far the field of a version is.
type fieldState struct {
	over  *elevation.Dataset // nil: there is none
	field *regard.Field      // nil: none yet, or never
	why   error              // there is none
}

func newFields(store *elevation.Store, exercise bool) *fields {
	return &fields{store: store, exercise: exercise, byHash: map[string]*regard.Field{}, states: map[looker]*fieldState{}}
}

// named gives the field that a change names.
func (f *fields) named(r *sensor.Regard) *regard.Field {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.byHash[r.Hash]
}

// over gives the best elevation around a sensor; nil: there is none. The
// exercise's sensors stand on its own elevation, all others on real.
func (f *fields) over(s *sensor.Sensor) *elevation.Dataset {
	if regard.Has(*s) != nil || s.Exercise != f.exercise {
		return nil
	}
	box := geo.BoxOf(s.Position).Grow(s.MaxRange)
	var best *elevation.Dataset
	most := 0.0
	for _, d := range f.store.Datasets() {
		if d.About().Synthetic != s.Exercise || !d.Lattice().Contains(s.Position) {
			continue
		}
		have, err := d.Covers(box)
		const nearly = 0.95
		switch {
		case err != nil:
			continue // 'atalaya terrain check' says what is wrong with it
		case have >= nearly:
			return d
		case have > most:
			best, most = d, have
		}
	}
	return best
}

// begin notes which elevation a version is to be looked at over. It gives what
// the loop is to be told, nil where nothing has changed.
func (f *fields) begin(s *sensor.Sensor) *sensor.Regard {
	d := f.over(s)
	key := looker{s.ID, s.Valid.Number}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch old := f.states[key]; {
	case old != nil && old.over == d, old == nil && d == nil:
		return nil
	case d == nil:
		delete(f.states, key)
		return &sensor.Regard{Sensor: s.ID, Version: s.Valid.Number}
	}
	f.states[key] = &fieldState{over: d}
	return &sensor.Regard{Sensor: s.ID, Version: s.Valid.Number, Elevation: d.Name()}
}

// make works out the field of a version that was begun, and gives what the
// loop is to be told then; nil, if it was done or another has begun.
func (f *fields) make(ctx context.Context, s *sensor.Sensor) (*sensor.Regard, error) {
	key := looker{s.ID, s.Valid.Number}
	f.mu.Lock()
	st := f.states[key]
	f.mu.Unlock()
	if st == nil || st.field != nil || st.why != nil {
		return nil, nil //nolint:nilnil // there is nothing to tell
	}
	field, err := regard.Make(ctx, regard.Config{Sensor: *s, Levels: levels(st.over)})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.states[key] != st {
		return nil, nil //nolint:nilnil // other elevation has come
	}
	r := &sensor.Regard{Sensor: s.ID, Version: s.Valid.Number}
	if err != nil {
		st.why = err
		return r, err
	}
	r.Elevation, r.Hash = st.over.Name(), field.Hash()
	if same := f.byHash[r.Hash]; same != nil { // nothing of it has changed
		field = same
	}
	st.field, f.byHash[r.Hash] = field, field
	if !f.keep {
		f.forget(key)
	}
	return r, nil
}

// forget lets go of fields that no scan asks for any more: all but those of the
// version before one that has its field, and later ones. The loop may still be
// about to be told of another of the same version.
func (f *fields) forget(done looker) {
	for key := range f.states {
		if key.id == done.id && key.version+1 < done.version {
			delete(f.states, key)
		}
	}
	const spare = 4 // of each
	if len(f.byHash) <= spare*len(f.states) {
		return
	}
	used := map[string]bool{}
	for _, st := range f.states {
		if st.field != nil {
			used[st.field.Hash()] = true
		}
	}
	for hash := range f.byHash {
		if !used[hash] {
			delete(f.byHash, hash)
		}
	}
}

// of gives the field of a version, or why there is none; both are nil while it
// is worked out.
func (f *fields) of(s *sensor.Sensor) (*regard.Field, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if st := f.states[looker{s.ID, s.Valid.Number}]; st != nil {
		return st.field, st.why
	}
	if err := regard.Has(*s); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("%w: there is no elevation around it", regard.ErrNone)
}

// all works out the fields of all versions at once, for a replay, and gives
// what its loop is to be told first.
func (f *fields) all(ctx context.Context, changes []track.Change, log *slog.Logger) ([]track.Change, error) {
	f.keep = true
	var out []track.Change
	for _, c := range changes {
		if c.Sensor == nil || f.begin(c.Sensor) == nil {
			continue
		}
		r, err := f.make(ctx, c.Sensor)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			log.Warn("a sensor is taken to see all of its range", slog.String("sensor", string(c.Sensor.ID)), slog.Any("error", err))
		case r != nil:
			out = append(out, track.Change{At: c.At, Regard: r})
		}
	}
	return out, nil
}

// levels are a dataset and its pyramid, of the highest posts.
func levels(d *elevation.Dataset) []terrain.Source {
	out := []terrain.Source{d}
	for n := 1; n <= elevation.Levels; n++ {
		l := d.Level(n, elevation.Highest)
		if l.Lattice().Width < 2 || l.Lattice().Height < 2 {
			break
		}
		out = append(out, l)
	}
	return out
}

// unknown is the sight of a sensor whose field is being worked out.
func unknown(geo.Position, geo.Height) (float64, bool) { return 0, false }

// regard takes up where a version of a sensor sees.
func (l *Loop) regard(r *sensor.Regard) {
	key := looker{r.Sensor, r.Version}
	if r.Elevation == "" {
		delete(l.sights, key)
		return
	}
	l.sights[key] = unknown
	if r.Hash == "" || l.field == nil {
		return
	}
	if f := l.field(r); f != nil {
		l.sights[key] = f.Sees
	}
	if r.Version > 1 { // late scans are of the version before
		for old := range l.sights {
			if old.id == r.Sensor && old.version+1 < r.Version {
				l.sights[old] = unknown
			}
		}
	}
}

// visible is where a version of a sensor sees, for the tracker.
func (l *Loop) visible(id sensor.ID, version uint32) fuse.Sight { return l.sights[looker{id, version}] }

// field gives the field that a change names. There is none before the elevation
// is open, and no change.
func (p *program) field(r *sensor.Regard) *regard.Field { return p.fields.named(r) }

// beginFields tells the loop which sensors' fields are worked out from now on.
func (p *program) beginFields() {
	for _, s := range p.looking() {
		p.beginField(&s)
	}
}

// looking are the versions of sensors that are, or may come to be, in force.
func (p *program) looking() []sensor.Sensor {
	now := p.clock.Now()
	var out []sensor.Sensor
	for _, s := range p.registry.Sensors.Latest() {
		for _, v := range p.registry.Sensors.Versions(string(s.ID)) {
			if in, ok := p.registry.Sensors.At(string(s.ID), now); !ok || v.Valid.Number >= in.Valid.Number {
				out = append(out, v)
			}
		}
	}
	return out
}

func (p *program) beginField(s *sensor.Sensor) {
	if p.fields == nil {
		return // all begin when it is there
	}
	if r := p.fields.begin(s); r != nil {
		p.queue.put(context.Background(), track.Input{Change: &track.Change{At: p.clock.Now(), Regard: r}})
		select {
		case p.fieldsBegun <- struct{}{}:
		default:
		}
	}
}

// makeFields works out fields until ctx ends.
func (p *program) makeFields(ctx context.Context) {
	const every = 5 * time.Second // is looked whether elevation has come
	tick := time.NewTicker(every)
	defer tick.Stop()
	var watch elevationWatch
	for {
		p.takeUpElevation(&watch)
		for _, s := range p.looking() {
			r, err := p.fields.make(ctx, &s)
			switch {
			case ctx.Err() != nil:
				return
			case err != nil && errors.Is(err, regard.ErrNone):
				p.log.Warn("a sensor is taken to see all of its range", slog.String("sensor", string(s.ID)), slog.Any("error", err))
			case err != nil:
				p.log.Error("a field of regard could not be worked out; the sensor is taken to see all of its range", slog.String("sensor", string(s.ID)), slog.Any("error", err))
			}
			if r != nil {
				p.queue.put(ctx, track.Input{Change: &track.Change{At: p.clock.Now(), Regard: r}})
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-p.fieldsBegun:
		}
	}
}
