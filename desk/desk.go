package desk

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"atalaya/obs"
	"atalaya/rule"
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
	// SaveDecision keeps the last change of a, which is a decision. ErrConflict
	// when the alert in the store is not exactly one version behind, or the
	// change's request id is known already.
	SaveDecision(ctx context.Context, a Alert) error
	// DecisionByRequest gives the decision that was made for a request id;
	// ErrNotFound.
	DecisionByRequest(ctx context.Context, request string) (AlertID, Change, error)
}

// Noted is one revision of a finding and the step time at which it was known.
type Noted struct {
	Known time.Time
	watch.Finding
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
	write   sync.Mutex
	waiting bool // the store did not take what it was given last

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
	d := &Desk{cfg: cfg, alerts: make(map[AlertID]*Alert, len(alerts))}
	for i := range alerts {
		d.alerts[alerts[i].ID] = &alerts[i]
		d.order = append(d.order, alerts[i].ID)
	}
	return d, nil
}

// NameAlert gives the name of the alert that a finding raises: "A" and 13
// characters (65 bits) of the hash of the finding's ID.
func NameAlert(findingID string) AlertID {
	sum := sha256.Sum256([]byte(findingID))
	return AlertID("A" + base32.StdEncoding.EncodeToString(sum[:])[:13])
}

// Consider takes the findings of one step: those that ask somebody to act
// raise an alert, once; later revisions update it; a withdrawn finding marks
// it. The changes are good, and are kept in memory, even where err tells that
// they could not be stored: they are then owed and stored later.
func (d *Desk) Consider(ctx context.Context, now time.Time, findings []watch.Finding) ([]AlertChange, error) {
	if len(findings) == 0 && !d.owes() {
		return nil, nil
	}
	d.write.Lock()
	defer d.write.Unlock()

	var out []AlertChange
	var failed []error
	for i := range findings {
		f := Noted{Known: now, Finding: findings[i]}
		change, err := d.consider(ctx, f)
		if err != nil {
			failed = append(failed, fmt.Errorf("consider finding %s: %w", f.ID, err))
		}
		if change.Kind != "" {
			out = append(out, change)
		}
		d.owe(f)
	}
	if err := d.settle(ctx); err != nil {
		failed = append(failed, err)
	}
	return out, errors.Join(failed...)
}

// consider applies one revision of a finding to the alert that it is of. The
// zero change says that no alert is concerned.
func (d *Desk) consider(ctx context.Context, f Noted) (AlertChange, error) {
	if !f.Alert && f.Revision <= 1 {
		return AlertChange{}, nil // it never asked for one
	}
	id := NameAlert(f.ID)
	a, err := d.find(ctx, id)
	if err != nil {
		// What cannot be looked up is raised: better an alert too many than one
		// too few.
		if errors.Is(err, ErrNotFound) {
			err = nil
		}
		if !f.Alert || f.Status == watch.Withdrawn {
			return AlertChange{}, err
		}
		fresh := Alert{
			ID: id, Kind: rule.Alert, Finding: f.Finding, Priority: priority(f.Finding), Raised: f.Known, Count: 1, Last: f.Time,
		}
		fresh = fresh.With(Change{Version: 1, Kind: WasRaised, At: f.Known, Revision: f.Revision})
		d.change(&fresh)
		return AlertChange{Kind: WasRaised, Alert: fresh}, err
	}
	if f.Revision <= a.Finding.Revision {
		return AlertChange{}, nil // seen before
	}
	c := Change{Version: a.Version + 1, Kind: WasRevised, At: f.Known, Revision: f.Revision}
	switch withdrawn := f.Status == watch.Withdrawn; {
	case withdrawn && !a.Withdrawn:
		c.Kind = WasWithdrawn
	case !withdrawn && a.Withdrawn:
		c.Kind = WasRestored
	}
	next := a.With(c)
	next.Finding = f.Finding
	// A call for help that was heard keeps its priority, whatever late data say.
	if a.Finding.Belief.Distress == obs.NoDistress {
		next.Priority = priority(f.Finding)
	}
	d.change(&next)
	return AlertChange{Kind: c.Kind, Alert: next}, nil
}

// priority of a finding; life goes before everything.
func priority(f watch.Finding) rule.Priority {
	if f.Belief.Distress != obs.NoDistress {
		return rule.Top
	}
	return f.Priority
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

// owe notes a finding that the store has not got yet. When too many wait, the
// oldest that raised no alert is dropped and counted.
func (d *Desk) owe(f Noted) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.owed = append(d.owed, f)
	if len(d.owed) <= maxOwed {
		return
	}
	i := max(0, slices.IndexFunc(d.owed, func(n Noted) bool { return !n.Alert }))
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
