package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"atalaya/desk"
	"atalaya/desk/gate"
	"atalaya/desk/terms"
	"atalaya/ledger"
	"atalaya/store"
	"atalaya/store/sqlite"
)

// How content goes when its term is over.
//
// The store deletes rows as they expire. Once all of a day's are over their term,
// the day's key is destroyed, as an act through the gate: what was sealed with it
// cannot be read any more, wherever a copy of it lies, unless there is a copy of
// the key too. Outsiders see every day's purge, and a day that lacks one.

// purgeEvery is how often days are looked for whose term is over.
const purgeEvery = 10 * time.Minute

// keptClass is a class of content with how long it is kept, and how many pieces
// of it were deleted since the store was opened.
type keptClass struct {
	class   store.Class
	keep    time.Duration
	deleted uint64
}

// purger destroys the keys of days whose term is over.
type purger struct {
	policy store.Policy
	store  *sqlite.Store
	gate   *gate.Gate
	clock  desk.Clock
	log    *slog.Logger
	// settle puts right what a hold left half done; nil: there are no holds.
	settle func(context.Context) error

	mu    sync.Mutex                // held while keys are destroyed, or a hold chooses
	since map[store.Class]time.Time // when the terms came into force
	told  map[store.Class]uint64    // pieces that the ledger was told of
	to    map[store.Class]time.Time // up to when the ledger says that a class is purged
}

func newPurger(policy store.Policy, s *sqlite.Store, g *gate.Gate, clock desk.Clock, log *slog.Logger) *purger {
	return &purger{policy: policy, store: s, gate: g, clock: clock, log: log, since: map[store.Class]time.Time{}, told: map[store.Class]uint64{}, to: map[store.Class]time.Time{}}
}

func (p *purger) kept() []keptClass {
	policy, done := p.policy, p.store.Retention()
	return []keptClass{
		{store.ClassInput, policy.Inputs, done.ExpiredInputs},
		// A step goes after all its content, and its head is an event.
		{store.ClassEvent, max(policy.Events, policy.Inputs), done.ExpiredEvents},
		{store.ClassTrack, policy.Tracks, done.ExpiredTracks},
		{store.ClassFinding, policy.Findings, done.Findings},
	}
}

// term is how long a class is kept, in whole days, as the ledger says it.
func (k keptClass) term() time.Duration {
	const day = 24 * time.Hour
	return (k.keep + day - 1) / day * day
}

func (k keptClass) days() int { return int(k.term() / (24 * time.Hour)) }

// adopt takes the terms that hold: the configured ones, but where another was in
// force and two people have not signed the change.
func (p *purger) adopt(ctx context.Context, t *terms.Service) error {
	for _, k := range p.kept() {
		held, err := t.Want(ctx, string(k.class), k.days())
		if err != nil {
			return err
		}
		p.since[k.class] = held.Since
		if held.Days == k.days() {
			continue
		}
		p.log.Warn("two people have not signed the configured term: the one before it holds", slog.String("class", held.Class),
			slog.Int("days", held.Days), slog.Int("configured_days", held.Wanted))
		keep := time.Duration(held.Days) * 24 * time.Hour
		switch k.class {
		case store.ClassInput:
			p.policy.Inputs = keep
		case store.ClassEvent:
			p.policy.Events = keep
		case store.ClassTrack:
			p.policy.Tracks = keep
		case store.ClassFinding:
			p.policy.Findings = keep
		default: // kept has no other
		}
	}
	p.store.SetPolicy(p.policy)
	return nil
}

// declare gives the records that say how long content is kept.
func (p *purger) declare(run string, at time.Time) (out []gate.Single) {
	for _, k := range p.kept() {
		s := gate.Single{Kind: "retention", ID: run + "/" + string(k.class), At: at, Fields: []ledger.Field{
			ledger.Text("class", string(k.class)), ledger.Text("keep", strconv.Itoa(k.days())),
		}}
		if since := p.since[k.class]; !since.IsZero() {
			s.Fields = append(s.Fields, ledger.Text("since", since.Format(time.RFC3339)))
		}
		out = append(out, s)
	}
	return out
}

// run purges until ctx ends.
func (p *purger) run(ctx context.Context) {
	p.purge(ctx)
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.purge(ctx)
		}
	}
}

// purge destroys the keys of the days that are over their term, oldest first,
// and says of each class up to when nothing of it is left.
func (p *purger) purge(ctx context.Context) {
	if p.settle != nil {
		if err := p.settle(ctx); err != nil {
			p.log.Warn("what a hold kept could not be purged; it is tried again", slog.Any("error", err))
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now().UTC()
	for _, k := range p.kept() {
		if err := p.purgeClass(ctx, k, now); err != nil {
			p.log.Warn("content is over its term and could not be purged; it is tried again", slog.String("class", string(k.class)), slog.Any("error", err))
		}
		if ctx.Err() != nil {
			return
		}
	}
}

func (p *purger) purgeClass(ctx context.Context, k keptClass, now time.Time) error {
	until := now.Add(-k.term()).Truncate(24 * time.Hour)
	var reached time.Time
	var failed error
	for _, key := range p.dataKeys() {
		if key.Class != k.class || key.End().After(until) {
			continue
		}
		over, err := p.store.Over(ctx, k.class, key.End())
		if err == nil && over {
			err = p.purgeDay(ctx, k, key, now)
		}
		if err != nil || !over {
			failed, until = err, key.Day
			break
		}
		reached = key.End()
	}
	// Days without content have no key, and outsiders wait for their purge all
	// the same.
	if until.After(p.to[k.class]) {
		if !reached.Equal(until) {
			err := p.gate.Note(ctx, gate.Single{Kind: "purge", ID: purgeID(k.class, until), At: now, Fields: []ledger.Field{
				ledger.Text("class", string(k.class)), ledger.Text("until", until.Format(time.RFC3339)), ledger.Text("items", p.items(k)),
			}})
			if err != nil {
				return errors.Join(failed, err)
			}
		}
		p.to[k.class] = until
	}
	return failed
}

func (p *purger) dataKeys() []store.DataKey {
	if keys := p.store.Keys(); keys != nil {
		return keys.Keys()
	}
	return nil
}

// items says how many pieces of a class were deleted since the last purge of it.
func (p *purger) items(k keptClass) string {
	n := k.deleted - min(k.deleted, p.told[k.class])
	p.told[k.class] = k.deleted
	return strconv.FormatUint(n, 10)
}

func purgeID(class store.Class, until time.Time) string {
	return fmt.Sprintf("purge/%s/%s", class, until.Format(time.DateOnly))
}

// purgeDay destroys the key of a day.
func (p *purger) purgeDay(ctx context.Context, k keptClass, key store.DataKey, now time.Time) error {
	err := p.gate.Do(ctx, desk.Record{
		ID: purgeID(k.class, key.End()), Kind: "purge", At: now, Subject: "class:" + string(k.class),
		Fields: []desk.Field{
			{Name: "class", Value: string(k.class)},
			{Name: "day", Value: key.Day.Format(time.DateOnly)},
			{Name: "until", Value: key.End().Format(time.RFC3339)},
			{Name: "items", Value: p.items(k)},
			{Name: "key", Value: key.Hash()},
		},
	}, func(ctx context.Context) error { return p.store.Destroy(ctx, key) })
	if err != nil {
		return err
	}
	if err := p.store.Keys().Release(key); err != nil && !errors.Is(err, store.ErrConflict) {
		return err
	}
	return nil
}
