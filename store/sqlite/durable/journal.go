package durable

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"atalaya/desk"
	"atalaya/desk/gate"
	"atalaya/store"
)

// The journal has the records of acts, and their outcomes, to be read again: by
// case files, and in the screens. The ledger's gate writes it together with what
// the entries of the log commit to (ledger.go).

// ending is the outcome of a record.
type ending struct {
	Number  uint64              `cbor:"-"`
	Outcome desk.JournalOutcome `cbor:"outcome"`
	Ended   time.Time           `cbor:"ended"`
	Detail  string              `cbor:"detail,omitempty"`

	act   *gate.Act // nil: the act is in the journal only
	entry *sealed   // what the outcome's entry commits to; nil: it has none
}

var _ desk.Ledger = (*Durable)(nil)

// Do implements desk.Ledger, without a transparency log.
func (d *Durable) Do(ctx context.Context, rec desk.Record, act func(context.Context) error) error {
	if rec.ID == "" || rec.Kind == "" {
		return fmt.Errorf("%w: a record needs an ID and a kind", desk.ErrInvalid)
	}
	var n uint64
	err := d.withOwed(ctx, "journal "+rec.Kind, func(tx *sql.Tx) (err error) {
		n, err = d.begin(ctx, tx, rec)
		return err
	})
	if err != nil {
		return err
	}
	acted := act(ctx)
	e := ending{Number: n, Ended: d.clock.Now().UTC()}
	e.Outcome, e.Detail = desk.OutcomeOf(acted)
	// The act is done or has failed, whatever becomes of the record of it: an
	// outcome that finds no room waits for the next write.
	if err := d.conclude(context.WithoutCancel(ctx), e); err != nil {
		d.log.Warn("the outcome of a journal record waits for room", slog.String("record", rec.ID), slog.Any("error", err))
	}
	return acted
}

// begin writes a record without an outcome.
func (d *Durable) begin(ctx context.Context, tx *sql.Tx, rec desk.Record) (n uint64, err error) {
	minute, content, err := d.records.Seal(store.ClassJournal, rec.At, rec)
	if err != nil {
		return 0, err
	}
	res, err := tx.ExecContext(ctx, "INSERT INTO journal (minute, content) VALUES (?, ?)", minute, content)
	if err != nil {
		return 0, err
	}
	id, err := res.LastInsertId()
	if err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO journal_open (n) VALUES (?)", id)
	return uint64(id), err //nolint:gosec // not negative
}

// end writes outcomes. One that is there already, because a commit failed and
// was kept nevertheless, stays.
func (d *Durable) end(ctx context.Context, tx *sql.Tx, ends []ending) error {
	for _, e := range ends {
		minute, content, err := d.records.Seal(store.ClassJournal, e.Ended, e)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO journal (of, minute, content) VALUES (?, ?, ?)", e.Number, minute, content); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM journal_open WHERE n = ?", e.Number); err != nil {
			return err
		}
		if err := d.endLedger(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

func (d *Durable) owe(e ...ending) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.owed = append(d.owed, e...)
}

func (d *Durable) takeOwed() []ending {
	d.mu.Lock()
	defer d.mu.Unlock()
	owed := d.owed
	d.owed = nil
	return owed
}

// settleJournal writes the outcomes that are owed.
func (d *Durable) settleJournal(ctx context.Context) error {
	owed := d.takeOwed()
	if len(owed) == 0 {
		return nil
	}
	err := d.db.Change(ctx, "journal outcomes that waited", func(tx *sql.Tx) error { return d.end(ctx, tx, owed) })
	if err != nil {
		d.owe(owed...)
	}
	return err
}

// recoverJournal closes the records that the last run left without an outcome.
// Those that have an entry in the ledger are for the gate to close.
func (d *Durable) recoverJournal(ctx context.Context) error {
	open, err := d.entries(ctx, `SELECT j.n, j.minute, j.content, NULL, NULL FROM journal_open o JOIN journal j ON j.n = o.n
		WHERE NOT EXISTS (SELECT 1 FROM ledger l WHERE l.journal = j.n) ORDER BY j.n`)
	if err != nil {
		return fmt.Errorf("look for open journal records: %w", err)
	}
	for _, e := range open {
		request := ""
		for _, f := range e.Record.Fields {
			if f.Name == "request" {
				request = f.Value
			}
		}
		detail, err := d.found(ctx, request)
		if err != nil {
			return fmt.Errorf("journal record %d: %w", e.Number, err)
		}
		d.owe(ending{Number: e.Number, Outcome: desk.UnknownOutcome, Ended: d.clock.Now().UTC(), Detail: detail})
	}
	// Without room they are closed later.
	if err := d.settleJournal(ctx); err != nil && !errors.Is(err, store.ErrFull) {
		return err
	}
	return nil
}

// known reports whether something was kept for a request.
func (d *Durable) known(ctx context.Context, request string) (there bool, err error) {
	err = d.db.Read().QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM alert_change WHERE request = ?1) OR EXISTS (SELECT 1 FROM document WHERE request = ?1)", request).Scan(&there)
	return there, err
}

// Journal gives up to limit records with their outcomes, from number after+1.
func (d *Durable) Journal(ctx context.Context, after uint64, limit int) ([]desk.Entry, error) {
	out, err := d.entries(ctx, `SELECT j.n, j.minute, j.content, o.minute, o.content
		FROM journal j LEFT JOIN journal o ON o.of = j.n
		WHERE j.of IS NULL AND j.n > ? ORDER BY j.n LIMIT ?`, after, max(1, min(limit, 1000)))
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	return out, nil
}

func (d *Durable) entries(ctx context.Context, query string, args ...any) ([]desk.Entry, error) {
	rows, err := d.db.Read().QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []desk.Entry
	for rows.Next() {
		var e desk.Entry
		var minute int64
		var content, outcome []byte
		var ended sql.NullInt64
		if err := rows.Scan(&e.Number, &minute, &content, &ended, &outcome); err != nil {
			return nil, err
		}
		if err := d.records.Open(store.ClassJournal, minute, content, &e.Record); err != nil {
			return nil, fmt.Errorf("record %d: %w", e.Number, err)
		}
		if ended.Valid {
			var end ending
			if err := d.records.Open(store.ClassJournal, ended.Int64, outcome, &end); err != nil {
				return nil, fmt.Errorf("outcome of record %d: %w", e.Number, err)
			}
			e.Outcome, e.Ended, e.Detail = end.Outcome, end.Ended, end.Detail
		}
		out = append(out, e)
	}
	return out, rows.Err()
}
