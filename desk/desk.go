package desk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"atalaya/rule"
	"atalaya/track"
	"atalaya/watch"
)

// Store keeps findings and alerts. Writes are durable when they return. Where
// there is no room they fail with ErrFull and change nothing.
type Store interface {
	// OpenAlerts gives all alerts that are not closed, in the order of raising.
	OpenAlerts(ctx context.Context) ([]Alert, error)
	// AlertByID gives one alert; ErrNotFound.
	AlertByID(ctx context.Context, id AlertID) (Alert, error)
	// ClosedAlerts gives closed alerts, newest first.
	ClosedAlerts(ctx context.Context, f Filter) (Page, error)
	// SaveFindings keeps revisions of findings and the alerts that changed
	// with them, all or nothing. Saving the same again changes nothing.
	// ErrConflict when the store knows a later version of one of the alerts.
	SaveFindings(ctx context.Context, findings []Noted, alerts []Alert) error
	// SaveDecision keeps the last change of each alert, which is a decision, all
	// or nothing. ErrConflict when an alert in the store is not exactly one
	// version behind, or a change's request id is known already.
	SaveDecision(ctx context.Context, alerts ...Alert) error
	// WaitingFindings gives the findings whose latest revision waits, in the
	// order in which they were kept.
	WaitingFindings(ctx context.Context) ([]Noted, error)
	// DecisionByRequest gives the decision that was made for a request id;
	// ErrNotFound.
	DecisionByRequest(ctx context.Context, request string) (AlertID, Change, error)
}

// Noted is one revision of a finding, the step time at which it was known, and
// what the desk made of it.
type Noted struct {
	Known time.Time
	watch.Finding
	// Of is the alert that stands for it; empty: none.
	Of AlertID
	// Waits says that it must stand longer before it is told.
	Waits bool
}

// maxOwed bounds the findings that wait for room on the disk. Alerts are never
// shed: they are what the officer must see.
const maxOwed = 10_000

// Config is what a Desk is made from.
type Config struct {
	Store  Store
	Ledger Ledger
	Clock  Clock
	Log    *slog.Logger
	// Explain gives the permits that would explain a finding; nil: none do. It
	// must depend on nothing but what the loop was given.
	Explain func(ctx context.Context, f watch.Finding) []Explanation
	// Shift is the longest time on the shelf. Default 8 hours.
	Shift time.Duration
	// Flood is how many alerts may come in ten minutes; more are a flood.
	// Default 10.
	Flood int
	// Changed is told every decision, in order, after it is durable; nil:
	// nobody. (What Consider changes, it returns.) It must not block nor call
	// the desk.
	Changed func(AlertChange)
}

// Desk keeps the alerts and takes the officers' decisions. Its methods may be
// called from several goroutines.
type Desk struct {
	cfg Config

	// write is held by whoever changes something, also while the store works;
	// mu only while memory is read or changed, so that reading never waits for
	// the disk. An *Alert in memory is never changed: it is replaced.
	write      sync.Mutex
	waiting    bool // the store did not take what it was given last
	rules      rule.Book
	subjects   map[subject]told
	standing   []standing // findings that must stand longer, the oldest first
	flood      flood
	conditions map[string]*condition
	ticked     atomic.Int64 // step time of the last tick, nanoseconds since 1970

	mu     sync.RWMutex
	alerts map[AlertID]*Alert // the open ones, and those that are owed to the store
	order  []AlertID          // of the open ones, in the order of raising
	owed   []Noted            // findings that the store has not got yet
	owing  []AlertID          // alerts with changes that the store has not got yet
	shed   uint64             // findings dropped for want of room
}

// Start makes a desk with the alerts that wait in the store.
func Start(ctx context.Context, cfg Config) (*Desk, error) {
	alerts, err := cfg.Store.OpenAlerts(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the open alerts: %w", err)
	}
	cfg.Shift = cmp.Or(cfg.Shift, 8*time.Hour)
	cfg.Flood = cmp.Or(cfg.Flood, 10)
	d := &Desk{
		cfg: cfg, alerts: make(map[AlertID]*Alert, len(alerts)),
		subjects: map[subject]told{}, conditions: map[string]*condition{},
	}
	for i := range alerts {
		d.alerts[alerts[i].ID] = &alerts[i]
		d.order = append(d.order, alerts[i].ID)
	}
	if err := d.remember(ctx, alerts); err != nil {
		return nil, err
	}
	return d, nil
}

// remember takes up what the last run knew beside the open alerts: what was
// told lately, what waits, and whether there is a flood.
func (d *Desk) remember(ctx context.Context, open []Alert) error {
	now := d.cfg.Clock.Now()
	page, err := d.cfg.Store.ClosedAlerts(ctx, Filter{Since: now.Add(-24 * time.Hour), Limit: maxLimit})
	if err != nil {
		return fmt.Errorf("load the last alerts: %w", err)
	}
	slices.Reverse(page.Alerts)
	for _, a := range slices.Concat(page.Alerts, open) {
		d.told(&a)
		d.flood.recall(&a, now)
		if a.Kind == rule.Health && a.Open() {
			d.conditions[conditionOf(&a)] = &condition{alert: a.ID}
		}
	}
	waiting, err := d.cfg.Store.WaitingFindings(ctx)
	if err != nil {
		return fmt.Errorf("load the findings that wait: %w", err)
	}
	for _, f := range waiting {
		d.standing = append(d.standing, standing{Noted: f, since: f.Known})
	}
	return nil
}

// Learn takes a change of what the desk judges by; others it passes over.
func (d *Desk) Learn(c *track.Change) error {
	if c.Rule == nil {
		return nil
	}
	d.write.Lock()
	defer d.write.Unlock()
	return d.rules.Put(*c.Rule)
}

// NameAlert gives the name of the alert that a finding raises: "A" and 13
// characters (65 bits) of the hash of the finding's ID.
func NameAlert(findingID string) AlertID {
	sum := sha256.Sum256([]byte(findingID))
	return AlertID("A" + base32.StdEncoding.EncodeToString(sum[:])[:13])
}

// Alert gives one alert, open or closed; ErrNotFound.
func (d *Desk) Alert(ctx context.Context, id AlertID) (Alert, error) {
	a, err := d.find(ctx, id)
	if err != nil {
		return Alert{}, fmt.Errorf("alert %s: %w", id, err)
	}
	return *a, nil
}

// find looks in memory first.
func (d *Desk) find(ctx context.Context, id AlertID) (*Alert, error) {
	d.mu.RLock()
	a := d.alerts[id]
	d.mu.RUnlock()
	if a != nil {
		return a, nil
	}
	b, err := d.cfg.Store.AlertByID(ctx, id)
	if err != nil {
		return nil, err
	}
	return &b, nil
}

// change puts the new form of an alert into memory and owes it to the store.
func (d *Desk) change(a *Alert) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.put(a)
	if !slices.Contains(d.owing, a.ID) {
		d.owing = append(d.owing, a.ID)
	}
}

// put replaces or adds an alert in memory, under mu.
func (d *Desk) put(a *Alert) {
	if _, have := d.alerts[a.ID]; !have && a.Open() {
		d.order = append(d.order, a.ID)
	}
	if !a.Open() {
		d.order = slices.DeleteFunc(d.order, func(id AlertID) bool { return id == a.ID })
	}
	d.alerts[a.ID] = a
}

// owe notes a finding that the store has not got yet. When too many are owed,
// the oldest that no alert stands for is dropped and counted.
func (d *Desk) owe(f Noted) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.owed = append(d.owed, f)
	if len(d.owed) <= maxOwed {
		return
	}
	i := max(0, slices.IndexFunc(d.owed, func(n Noted) bool { return n.Of == "" && !n.Waits }))
	d.owed = slices.Delete(d.owed, i, i+1)
	d.shed++
}

func (d *Desk) owes() bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return len(d.owed) > 0 || len(d.owing) > 0
}

// settle gives the store what it is owed, under write.
func (d *Desk) settle(ctx context.Context) error {
	d.mu.RLock()
	findings := slices.Clone(d.owed)
	alerts := make([]Alert, 0, len(d.owing))
	for _, id := range d.owing {
		alerts = append(alerts, *d.alerts[id])
	}
	d.mu.RUnlock()
	if len(findings) == 0 && len(alerts) == 0 {
		return nil
	}
	err := d.cfg.Store.SaveFindings(ctx, findings, alerts)
	if errors.Is(err, ErrConflict) {
		if alerts, err = d.yield(ctx, alerts); err == nil {
			err = d.cfg.Store.SaveFindings(ctx, findings, alerts)
		}
	}
	// Said once: the loop tries again with every step.
	switch {
	case err != nil && !d.waiting:
		d.cfg.Log.Warn("findings and alerts wait in memory until the store takes them", slog.Any("error", err))
	case err == nil && d.waiting:
		d.cfg.Log.Info("the store took the findings and alerts that waited", slog.Int("findings", len(findings)), slog.Int("alerts", len(alerts)))
	}
	if d.waiting = err != nil; err != nil {
		return fmt.Errorf("keep %d findings and %d alerts: %w", len(findings), len(alerts), err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range d.owing {
		if a := d.alerts[id]; a != nil && !a.Open() {
			delete(d.alerts, id)
		}
	}
	d.owed, d.owing = nil, nil
	return nil
}

// yield takes the store's word for alerts of which it knows as late a version,
// and gives the others.
func (d *Desk) yield(ctx context.Context, alerts []Alert) (others []Alert, err error) {
	for _, a := range alerts {
		stored, err := d.cfg.Store.AlertByID(ctx, a.ID)
		switch {
		case errors.Is(err, ErrNotFound) || (err == nil && stored.Version < a.Version):
			others = append(others, a)
		case err != nil:
			return alerts, fmt.Errorf("alert %s: %w", a.ID, err)
		default:
			if stored.Finding.Revision < a.Finding.Revision {
				stored.Finding = a.Finding
			}
			d.keep(&stored)
		}
	}
	return others, nil
}

// Owed tells how many findings and alerts wait for the store, and how many
// findings were dropped because too many waited.
func (d *Desk) Owed() (findings, alerts int, shed uint64) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return len(d.owed), len(d.owing), d.shed
}
