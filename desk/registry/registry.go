// Package registry keeps what observations are judged by, and lets people
// change it while the program runs: versions of sensors, feeds, areas, assets,
// rules and permits, and officers' decisions about tracks.
//
// Everything is in memory, so that reading never waits for the disk. A change
// is checked, gets the next version, is made durable through the ledger, and
// then told to whoever acts on it, in order.
package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"atalaya/area"
	"atalaya/asset"
	"atalaya/desk"
	"atalaya/permit"
	"atalaya/rule"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/valid"
)

// Kind names what a change is about, as desk.Subject does.
type Kind string

// The kinds of things.
const (
	Sensor   Kind = "sensor"
	Feed     Kind = "feed"
	Area     Kind = "area"
	Asset    Kind = "asset"
	Rule     Kind = "rule"
	Permit   Kind = "permit"
	Decision Kind = "decision"
)

// Bounds of what a client may send with a change, in bytes.
const (
	maxRequest = 200
	maxReason  = 1000
)

// Config is what a Registry is made from.
type Config struct {
	Store  desk.RegistryStore
	Ledger desk.Ledger
	Clock  desk.Clock
	Policy desk.Policy
	// Check says what is wrong with a change beyond what the thing itself
	// knows; nil: nothing.
	Check func(track.Change) error
	// Changed is told every change, in order, after it is durable; nil: nobody.
	// It must not call the registry's Apply or Retire.
	Changed func(track.Change)
}

// Registry is the live registry. Its methods, and those of its books, may be
// called from several goroutines.
type Registry struct {
	Sensors *Book[sensor.Sensor]
	Feeds   *Book[sensor.Feed]
	Areas   *Book[area.Area]
	Assets  *Book[asset.Asset]
	Rules   *Book[rule.Rule]
	Permits *Book[permit.Permit]

	cfg   Config
	write sync.Mutex // one change at a time, also while the store works

	mu        sync.RWMutex // of the books and what follows
	revisions map[Kind]uint64
	requests  map[string]track.Change // what was made for a request
}

// Open makes the registry of what the store has, in the order in which it was
// kept.
func Open(cfg Config, have []track.Change) (*Registry, error) {
	r := &Registry{cfg: cfg, revisions: map[Kind]uint64{}, requests: map[string]track.Change{}}
	r.Sensors = &Book[sensor.Sensor]{mu: &r.mu}
	r.Feeds = &Book[sensor.Feed]{mu: &r.mu}
	r.Areas = &Book[area.Area]{mu: &r.mu}
	r.Assets = &Book[asset.Asset]{mu: &r.mu}
	r.Rules = &Book[rule.Rule]{mu: &r.mu}
	r.Permits = &Book[permit.Permit]{mu: &r.mu}
	for _, c := range have {
		if err := r.put(c); err != nil {
			return nil, fmt.Errorf("the registry of the store: %w", err)
		}
	}
	return r, nil
}

// put takes a version into memory.
func (r *Registry) put(c track.Change) error {
	kind, _, v := desk.Subject(c)
	r.mu.Lock()
	defer r.mu.Unlock()
	var err error
	switch Kind(kind) {
	case Sensor:
		err = r.Sensors.h.Put(*c.Sensor)
	case Feed:
		err = r.Feeds.h.Put(*c.Feed)
	case Area:
		err = r.Areas.h.Put(*c.Area)
	case Asset:
		err = r.Assets.h.Put(*c.Asset)
	case Rule:
		err = r.Rules.h.Put(*c.Rule)
	case Permit:
		err = r.Permits.h.Put(*c.Permit)
	case Decision:
	default:
		err = errNoSubject()
	}
	if err != nil {
		return err
	}
	r.revisions[Kind(kind)]++
	if v.Request != "" {
		r.requests[v.Request] = c
	}
	return nil
}

func errNoSubject() error {
	return fmt.Errorf("%w: a change has exactly one of sensor, feed, area, asset, rule, permit, decision", desk.ErrInvalid)
}

// Revisions counts the versions of each kind: where a count grew, something of
// that kind changed.
func (r *Registry) Revisions() map[Kind]uint64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return maps.Clone(r.revisions)
}

// Version gives the number of the last version of a thing; 0: there is none.
func (r *Registry) Version(kind Kind, key string) uint32 {
	c, ok := r.latest(kind, key)
	if !ok {
		return 0
	}
	return record(&c).Number
}

// Wish is what somebody wants changed.
type Wish struct {
	// Request is the client's name for this wish, unique to it: a retry has
	// the same, and is done once. Empty: it cannot be repeated safely.
	Request string
	// Who wants it. One without ID is the program itself, which may all; its
	// name says which part.
	Who desk.Who
	// Made is the version that the change was made from; 0: the thing is new.
	Made   uint32
	Reason string
	// Change has the thing as it shall be. Of its version record From and Until
	// count; a zero From means from now on. A decision has no versions.
	Change track.Change
}

// Result is what became of a wish.
type Result struct {
	Change   track.Change // with its version
	Repeated bool         // the same request had been done before
}

// VersionError says that a thing has changed since. It matches desk.ErrConflict.
type VersionError struct {
	Kind Kind
	Key  string
	Made uint32       // what the wish was made from
	Now  valid.Record // the last version
}

func (e *VersionError) Error() string {
	now := fmt.Sprintf("version %d, by %s at %s (%s)", e.Now.Number, e.Now.By, e.Now.Known.UTC().Format(time.RFC3339), e.Now.Reason)
	if e.Made == 0 {
		return fmt.Sprintf("there is %s %s already: %s: change that one, or choose another id", e.Kind, e.Key, now)
	}
	return fmt.Sprintf("you changed version %d of %s %s, and it has %s: look at it again", e.Made, e.Kind, e.Key, now)
}

// Is makes every VersionError a desk.ErrConflict.
func (e *VersionError) Is(target error) bool { return target == desk.ErrConflict }

// Apply does a wish: afterwards the change is durable, in force for whoever
// asks, and told.
func (r *Registry) Apply(ctx context.Context, w Wish) (Result, error) {
	c, ok := clone(w.Change)
	if !ok {
		return Result{}, errNoSubject()
	}
	return r.apply(ctx, w, c, false)
}

// Retire ends a thing now, by a last version. Of the wish's change only kind
// and key count.
func (r *Registry) Retire(ctx context.Context, w Wish) (Result, error) {
	kind, key, _ := desk.Subject(w.Change)
	c, ok := r.latest(Kind(kind), key)
	if !ok {
		return Result{}, fmt.Errorf("%w: there is no %s %q", desk.ErrNotFound, kind, key)
	}
	if c.Rule != nil && c.Rule.Detector == rule.Distress {
		return Result{}, fmt.Errorf("%w: a call for help is always told: its rule does not end", desk.ErrInvalid)
	}
	now := r.cfg.Clock.Now().UTC()
	*record(&c) = valid.Record{From: now, Until: now}
	return r.apply(ctx, w, c, true)
}

func (r *Registry) apply(ctx context.Context, w Wish, c track.Change, retire bool) (Result, error) {
	kind, key, asked := desk.Subject(c)
	what := kind + " " + key
	if err := w.Who.Needs(Least(Kind(kind)), "change a "+kind); err != nil {
		return Result{}, err
	}
	switch {
	case w.Reason == "":
		return Result{}, fmt.Errorf("%w: say why %s is changed: a reason is kept with every version", desk.ErrInvalid, what)
	case len(w.Reason) > maxReason || len(w.Request) > maxRequest:
		return Result{}, fmt.Errorf("%w: a reason has at most %d bytes, a request id %d", desk.ErrInvalid, maxReason, maxRequest)
	}
	r.write.Lock()
	defer r.write.Unlock()
	if res, err := r.repeated(w, c, retire); err != nil || res.Repeated {
		return res, err
	}
	now := r.cfg.Clock.Now().UTC()
	c.At = now
	number := uint32(0)
	if v := record(&c); v != nil {
		if err := r.next(w, Kind(kind), key, retire); err != nil {
			return Result{}, err
		}
		if asked.From.IsZero() {
			asked.From = now
		}
		number = w.Made + 1
		*v = valid.Record{
			Number: number, From: asked.From.UTC(), Until: asked.Until.UTC(), Known: now,
			By: by(w.Who), Reason: w.Reason, Request: w.Request,
		}
	} else {
		c.Decision.By, c.Decision.Reason = by(w.Who), w.Reason
	}
	if err := r.check(c, retire); err != nil {
		return Result{}, fmt.Errorf("%w: %w", desk.ErrInvalid, err)
	}
	if err := r.second(w, c, retire); err != nil {
		return Result{}, err
	}
	id := fmt.Sprintf("registry.%s/%s/%d", kind, key, number)
	if c.Decision != nil {
		id = fmt.Sprintf("registry.%s/%s/%d", kind, key, now.UnixNano())
	}
	fields := []desk.Field{{Name: "version", Value: fmt.Sprint(number)}, {Name: "reason", Value: w.Reason}}
	if c.Asset != nil {
		before, _ := r.latest(Asset, key)
		fields = append(fields, Aircraft(before.Asset, c.Asset)...)
	}
	err := r.keep(ctx, desk.Record{
		ID: id, Kind: "registry." + kind, At: now, Who: w.Who, Subject: kind + ":" + key, Fields: fields,
	}, []track.Change{c})
	if err != nil {
		return Result{}, fmt.Errorf("change %s: %w", what, err)
	}
	return Result{Change: c}, nil
}

// ApplyAll does many changes of one kind, all or none, such as an import. They
// have their versions already, by who keeps a book of that kind, and these must
// follow the last ones.
func (r *Registry) ApplyAll(ctx context.Context, who desk.Who, changes []track.Change) error {
	if len(changes) == 0 {
		return nil
	}
	kind, first, v := desk.Subject(changes[0])
	if err := who.Needs(Least(Kind(kind)), "change a "+kind); err != nil {
		return err
	}
	r.write.Lock()
	defer r.write.Unlock()
	sum := sha256.New()
	own := make([]track.Change, len(changes))
	now := r.cfg.Clock.Now().UTC()
	next := map[string]uint32{}
	for i := range changes {
		c, ok := clone(changes[i])
		k, key, v := desk.Subject(c)
		switch {
		case !ok || k != kind || c.Decision != nil:
			return fmt.Errorf("%w: changes that are done together are of one kind, and have versions", desk.ErrInvalid)
		case c.Asset != nil && c.Asset.Kind == asset.Drone:
			return fmt.Errorf("%w: drone %s: each drone is published with a record of its own: change it alone", desk.ErrInvalid, key)
		}
		if next[key] == 0 {
			next[key] = r.Version(Kind(k), key) + 1
		}
		if v.Number != next[key] {
			return fmt.Errorf("%w: version %d of %s %s; the next version is %d", desk.ErrConflict, v.Number, kind, key, next[key])
		}
		next[key]++
		if err := r.check(c, false); err != nil {
			return fmt.Errorf("%w: %w", desk.ErrInvalid, err)
		}
		if err := r.cfg.Policy.Allows(who, r.act(c)); err != nil {
			return fmt.Errorf("change %s %s among others: %w: change it alone, and import the others", k, key, err)
		}
		c.At, own[i] = now, c
		line, err := json.Marshal(c)
		if err != nil {
			return fmt.Errorf("change %s %s: %w", kind, key, err)
		}
		sum.Write(line)
	}
	id := fmt.Sprintf("registry.%s/%s/%d", kind, first, v.Number)
	subject := kind + ":" + first
	if len(own) > 1 {
		id += fmt.Sprintf("+%d", len(own)-1)
		subject = kind
	}
	err := r.keep(ctx, desk.Record{
		ID: id, Kind: "registry." + kind, At: now, Who: who, Subject: subject,
		Fields: []desk.Field{
			{Name: "count", Value: fmt.Sprint(len(own))},
			{Name: "sha256", Value: hex.EncodeToString(sum.Sum(nil))},
			{Name: "reason", Value: v.Reason},
		},
	}, own)
	if err != nil {
		return fmt.Errorf("change %d of kind %s: %w", len(own), kind, err)
	}
	return nil
}

// by names who made a version.
func by(w desk.Who) string {
	if w.Name == "" {
		return "atalaya"
	}
	return w.Name
}

// repeated gives the first result of a request that was done before.
func (r *Registry) repeated(w Wish, c track.Change, retire bool) (Result, error) {
	if w.Request == "" {
		return Result{}, nil
	}
	r.mu.RLock()
	done, ok := r.requests[w.Request]
	r.mu.RUnlock()
	if !ok {
		return Result{}, nil
	}
	kind, key, had := desk.Subject(done)
	_, _, asked := desk.Subject(c)
	same := had.By == by(w.Who) && had.Reason == w.Reason && had.Number == w.Made+1 &&
		(asked.From.IsZero() || retire || asked.From.Equal(had.From)) && (retire || asked.Until.Equal(had.Until)) &&
		retire == retired(had) && Same(c, done)
	if !same {
		return Result{}, fmt.Errorf("%w: %s was for version %d of %s %s by %s at %s; use a new request id",
			desk.ErrRequestReused, w.Request, had.Number, kind, key, had.By, had.Known.Format(time.RFC3339))
	}
	return Result{Change: done, Repeated: true}, nil
}

// retired reports whether a version only ended a thing.
func retired(v valid.Record) bool { return !v.Until.IsZero() && v.Until.Equal(v.From) }

// next says whether a wish was made from the last version.
func (r *Registry) next(w Wish, kind Kind, key string, retire bool) error {
	c, known := r.latest(kind, key)
	if !known {
		if w.Made != 0 {
			return fmt.Errorf("%w: there is no %s %q", desk.ErrNotFound, kind, key)
		}
		return nil
	}
	_, _, last := desk.Subject(c)
	switch {
	case w.Made != last.Number:
		return &VersionError{Kind: kind, Key: key, Made: w.Made, Now: last}
	case retire && last.Ended(r.cfg.Clock.Now()):
		return fmt.Errorf("%w: %s %s has ended already, by %s at %s: nothing is left to do", desk.ErrConflict, kind, key, last.By, last.Known.UTC().Format(time.RFC3339))
	}
	return nil
}

// latest gives a copy of the last version of a thing, as a change.
func (r *Registry) latest(kind Kind, key string) (c track.Change, ok bool) {
	switch kind {
	case Sensor:
		c.Sensor, ok = pointer(r.Sensors.At(key, time.Time{}))
	case Feed:
		c.Feed, ok = pointer(r.Feeds.At(key, time.Time{}))
	case Area:
		c.Area, ok = pointer(r.Areas.At(key, time.Time{}))
	case Asset:
		c.Asset, ok = pointer(r.Assets.At(key, time.Time{}))
	case Rule:
		c.Rule, ok = pointer(r.Rules.At(key, time.Time{}))
	case Permit:
		c.Permit, ok = pointer(r.Permits.At(key, time.Time{}))
	case Decision:
	}
	return c, ok
}

func pointer[T any](v T, ok bool) (*T, bool) { return &v, ok }

// check says what is wrong with a thing. What is retired stays as it was.
func (r *Registry) check(c track.Change, retire bool) error {
	if retire {
		return nil
	}
	if v := record(&c); v != nil {
		if err := v.Check(); err != nil {
			return err
		}
	}
	var err error
	switch {
	case c.Sensor != nil:
		err = c.Sensor.Check()
	case c.Feed != nil:
		if err = c.Feed.Check(); err == nil {
			if _, known := r.Sensors.At(string(c.Feed.Sensor), time.Time{}); !known {
				err = valid.In("sensor", fmt.Errorf("feed %q: there is no sensor %q: register it first", c.Feed.ID, c.Feed.Sensor))
			}
		}
	case c.Area != nil:
		err = c.Area.Check()
	case c.Asset != nil:
		err = c.Asset.Check()
	case c.Rule != nil:
		err = c.Rule.Check()
	case c.Permit != nil:
		err = c.Permit.Check()
	case c.Decision != nil && c.Decision.Track == 0:
		err = errors.New("a decision names a track")
	}
	if err == nil && r.cfg.Check != nil {
		err = r.cfg.Check(c)
	}
	return err
}

// keep makes versions durable, on record, puts them in force and tells them.
func (r *Registry) keep(ctx context.Context, rec desk.Record, changes []track.Change) error {
	// It runs to its end, also when the one who asked for it goes away.
	err := r.cfg.Ledger.Do(context.WithoutCancel(ctx), rec, func(ctx context.Context) error {
		return r.cfg.Store.SaveChanges(ctx, changes)
	})
	if err != nil {
		return err
	}
	for _, c := range changes {
		if err := r.put(c); err != nil {
			return fmt.Errorf("it is kept, but holds only after a restart: %w", err)
		}
		if r.cfg.Changed != nil {
			r.cfg.Changed(c)
		}
	}
	return nil
}
