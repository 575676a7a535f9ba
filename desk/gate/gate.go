// Package gate is the desk's Ledger over the transparency log: the log gates
// the act.
//
//  1. The record of an act, with the secret of its commitment, is stored
//     sealed, durably.
//  2. Its root is appended to the log. Until it is durable and sequenced there,
//     nothing happens; where it cannot be, the act is refused.
//  3. The act runs.
//  4. Its outcome is stored, durably, and Do returns. The outcome's entry
//     follows in the log, from what is stored, so that it is never lost.
//
// After a crash, Recover finds out how far every act came.
package gate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"atalaya/desk"
	"atalaya/ledger"
)

// Part is what a stored commitment is of.
type Part int

// Parts.
const (
	ActPart Part = iota
	OutcomePart
	SinglePart
)

// Act is an act's record as it was stored.
type Act struct {
	Journal uint64 // its number in the journal
	Row     uint64 // of its commitment
	Root    ledger.Hash
	Record  ledger.Record
	// Index is where its entry stands; false while that is not known.
	Index  uint64
	Placed bool
	// Open: the journal has no outcome yet.
	Open bool
	// Found is what the store knows of an act without an outcome.
	Found string
}

// Ending is how an act ended.
type Ending struct {
	Act     Act
	Outcome desk.JournalOutcome
	Ended   time.Time
	Detail  string
	Record  *ledger.Record // nil: the act has no entry
}

// Place is where the entry of a stored commitment stands.
type Place struct {
	Row   uint64
	Index uint64
	Void  bool // it never came into the log
}

// Owed is a commitment that is stored and not known to be in the log.
type Owed struct {
	Row  uint64
	Root ledger.Hash
	Part Part
}

// Store keeps what entries commit to. What it acknowledges is durable, but for
// Place, which may come with a later change.
type Store interface {
	// Announce keeps an act's record.
	Announce(ctx context.Context, rec desk.Record, c ledger.Record) (Act, error)
	// Conclude keeps an outcome. Without room it keeps it as soon as there is.
	Conclude(ctx context.Context, e Ending) error
	// Commit keeps single records, and gives their rows.
	Commit(ctx context.Context, c []ledger.Record) ([]Owed, error)
	// Place notes where entries stand.
	Place(p ...Place)
	// Unplaced gives commitments that are not known to be in the log, in the
	// order they were stored, from row after+1.
	Unplaced(ctx context.Context, after uint64, limit int) ([]Owed, error)
	// Acts gives the acts without an outcome, and those with these rows.
	Acts(ctx context.Context, rows []uint64) ([]Act, error)
	// PlacedBefore gives the index of an entry whose commitment was stored
	// before row.
	PlacedBefore(ctx context.Context, row uint64) (uint64, error)
}

// Config is what a Gate is made from.
type Config struct {
	Store  Store
	Log    ledger.Storage
	Clock  desk.Clock
	Random io.Reader // crypto/rand's
	// Pseudonym gives a person's name for those who check.
	Pseudonym func(desk.PersonID) string
	// Count is how often a count entry is made; 0: never.
	Count  time.Duration
	Logger *slog.Logger
}

// Gate is a desk.Ledger. Its methods may be called from several goroutines.
type Gate struct {
	cfg Config

	kick chan struct{} // an outcome is stored
	stop context.CancelFunc
	done chan struct{}
	sent uint64 // the last row that send looked at; of the goroutine run

	mu   sync.Mutex
	last map[string]map[string]uint64 // number of the last use of each "sensor", each "aircraft"
}

var _ desk.Ledger = (*Gate)(nil)

// Open closes what the last run left open and starts the gate.
func Open(ctx context.Context, cfg Config) (*Gate, error) {
	g := &Gate{cfg: cfg, kick: make(chan struct{}, 1), done: make(chan struct{}), last: map[string]map[string]uint64{}}
	if err := g.recover(ctx); err != nil {
		return nil, fmt.Errorf("look for what the ledger owes: %w", err)
	}
	var run context.Context
	run, g.stop = context.WithCancel(context.WithoutCancel(ctx))
	go g.run(run)
	return g, nil
}

// Close sends what is owed and ends the gate. The store and the log are to be
// closed after it.
func (g *Gate) Close() error {
	g.stop()
	<-g.done
	if err := g.send(context.Background()); err != nil {
		return fmt.Errorf("outcomes wait for the next start: %w", err)
	}
	return nil
}

// Do implements desk.Ledger.
func (g *Gate) Do(ctx context.Context, rec desk.Record, act func(context.Context) error) error {
	if rec.ID == "" || rec.Kind == "" {
		return fmt.Errorf("%w: a record needs an ID and a kind", desk.ErrInvalid)
	}
	if err := g.refused(ctx); err != nil {
		return err
	}
	c, err := g.actRecord(rec)
	if err != nil {
		return err
	}
	a, err := g.cfg.Store.Announce(ctx, rec, c)
	if err != nil {
		return err
	}
	at, err := g.cfg.Log.Append(ctx, []ledger.Hash{a.Root})
	if err != nil {
		err = fmt.Errorf("nothing was done, because the record of it did not come into the ledger: %w", refusal(err))
		// Whether the entry stands there all the same is found out at the next
		// start.
		g.conclude(ctx, Ending{Act: a, Outcome: desk.Failed, Detail: err.Error()})
		return err
	}
	a.Index, a.Placed = at[0], true
	g.uses(c)
	acted := act(desk.WithEntry(ctx, a.Index))
	e := Ending{Act: a}
	e.Outcome, e.Detail = desk.OutcomeOf(acted)
	// The act is done or has failed, whatever becomes of the record of it.
	g.conclude(context.WithoutCancel(ctx), e)
	return acted
}

// refused says why the log takes nothing.
func (g *Gate) refused(ctx context.Context) error {
	if _, err := g.cfg.Log.Append(ctx, nil); err != nil {
		return refusal(err)
	}
	return nil
}

// refusal says of a log that takes nothing that the desk cannot write now.
func refusal(err error) error {
	if errors.Is(err, ledger.ErrRefused) {
		return fmt.Errorf("%w: %w", desk.ErrLedger, err)
	}
	return err
}

// conclude keeps an act's outcome. Where it cannot be made or kept now, it is
// owed.
func (g *Gate) conclude(ctx context.Context, e Ending) {
	e.Ended = g.cfg.Clock.Now().UTC()
	if e.Act.Placed {
		c, err := g.outcomeRecord(e)
		if err != nil {
			g.cfg.Logger.Error("an outcome has no record", slog.String("act", e.Act.Record.Text(ledger.FieldID)), slog.Any("error", err))
			return
		}
		e.Record = &c
	}
	if err := g.cfg.Store.Conclude(ctx, e); err != nil {
		g.cfg.Logger.Warn("the outcome of a record waits for room", slog.String("record", e.Act.Record.Text(ledger.FieldID)), slog.Any("error", err))
		return
	}
	if e.Record != nil {
		select {
		case g.kick <- struct{}{}:
		default:
		}
	}
}

// Single is a record without an outcome.
type Single struct {
	Kind, ID string
	At       time.Time
	Fields   []ledger.Field
}

// Note makes single records durable and sequenced, all or none.
func (g *Gate) Note(ctx context.Context, s ...Single) error {
	if err := g.refused(ctx); err != nil {
		return err
	}
	records, err := g.singleRecords(s)
	if err != nil {
		return err
	}
	rows, err := g.cfg.Store.Commit(ctx, records)
	if err != nil {
		return err
	}
	roots := make([]ledger.Hash, len(rows))
	for i, o := range rows {
		roots[i] = o.Root
	}
	at, err := g.cfg.Log.Append(context.WithoutCancel(ctx), roots)
	if err != nil {
		// Whether they stand there all the same is found out at the next start,
		// and then they come there.
		return fmt.Errorf("the records did not come into the ledger: %w", refusal(err))
	}
	places := make([]Place, len(rows))
	for i, o := range rows {
		places[i] = Place{Row: o.Row, Index: at[i]}
	}
	g.cfg.Store.Place(places...)
	return nil
}

// run sends outcomes and makes count entries.
func (g *Gate) run(ctx context.Context) {
	defer close(g.done)
	const again = time.Second // after a failure
	retry := time.NewTicker(again)
	defer retry.Stop()
	failed := false
	var minute <-chan time.Time
	if g.cfg.Count > 0 {
		t := time.NewTicker(g.cfg.Count)
		defer t.Stop()
		minute = t.C
	}
	from := g.cfg.Clock.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.kick:
		case <-retry.C:
			if !failed {
				continue
			}
		case <-minute:
			now := g.cfg.Clock.Now()
			if err := g.noteCount(ctx, from, now); err != nil {
				g.cfg.Logger.Warn("no count entry in the ledger", slog.Any("error", err))
				continue
			}
			from = now
		}
		err := g.send(ctx)
		if err != nil && !failed && ctx.Err() == nil { // Close sends once more
			g.cfg.Logger.Warn("outcomes wait for the ledger", slog.Any("error", err))
		}
		failed = err != nil
	}
}

// send appends the outcomes that are stored, in their order.
func (g *Gate) send(ctx context.Context) error {
	const most = 2048
	for {
		rows, err := g.cfg.Store.Unplaced(ctx, g.sent, most)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return nil
		}
		var roots []ledger.Hash
		var whose []uint64
		for _, o := range rows {
			if o.Part == OutcomePart { // who makes the others sends them
				roots, whose = append(roots, o.Root), append(whose, o.Row)
			}
		}
		if len(roots) > 0 {
			at, err := g.cfg.Log.Append(context.WithoutCancel(ctx), roots)
			if err != nil {
				return g.sendAgain(ctx, whose, roots, err)
			}
			places := make([]Place, len(whose))
			for i := range whose {
				places[i] = Place{Row: whose[i], Index: at[i]}
			}
			g.cfg.Store.Place(places...)
		}
		g.sent = rows[len(rows)-1].Row
	}
}

// sendAgain finds out which of some entries stand in the log although appending
// them failed, so that none comes twice.
func (g *Gate) sendAgain(ctx context.Context, rows []uint64, roots []ledger.Hash, failed error) error {
	found, err := g.find(ctx, rows[0], roots)
	if err != nil {
		return errors.Join(failed, err)
	}
	for i, root := range roots {
		at, there := found[root]
		if !there {
			return failed
		}
		g.cfg.Store.Place(Place{Row: rows[i], Index: at})
		g.sent = rows[i]
	}
	return nil
}

// find looks for entries whose commitments were stored from row on.
func (g *Gate) find(ctx context.Context, row uint64, roots []ledger.Hash) (map[ledger.Hash]uint64, error) {
	from, err := g.cfg.Store.PlacedBefore(ctx, row)
	if err != nil {
		return nil, err
	}
	// Entries of several goroutines pass each other on the way.
	const passing = 1 << 14
	if from > passing {
		from -= passing
	} else {
		from = 0
	}
	return g.cfg.Log.Find(ctx, from, roots)
}
