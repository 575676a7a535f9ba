package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"atalaya/desk"
	"atalaya/store"
)

// journal is the first inside of desk.Ledger: records and their outcomes in
// durable.db.
type journal struct {
	mu   sync.Mutex
	owed []ending // outcomes that found no room
}

// ending is the outcome of a record.
type ending struct {
	Number  uint64              `cbor:"-"`
	Outcome desk.JournalOutcome `cbor:"outcome"`
	Ended   time.Time           `cbor:"ended"`
	Detail  string              `cbor:"detail,omitempty"`
}

var _ desk.Ledger = (*Store)(nil)

// Do implements desk.Ledger.
func (s *Store) Do(ctx context.Context, rec desk.Record, act func(context.Context) error) error {
	if rec.ID == "" || rec.Kind == "" {
		return fmt.Errorf("%w: a record needs an ID and a kind", desk.ErrInvalid)
	}
	var n uint64
	owed := s.takeOwed()
	err := s.keep(ctx, "journal "+rec.Kind, func(tx *sql.Tx) error {
		if err := s.end(ctx, tx, owed); err != nil {
			return err
		}
		minute, content, err := s.seal(store.ClassJournal, rec.At, rec)
		if err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, "INSERT INTO journal (minute, content) VALUES (?, ?)", minute, content)
		if err != nil {
			return err
		}
		id, err := res.LastInsertId()
		if err != nil {
			return err
		}
		n = uint64(id)
		_, err = tx.ExecContext(ctx, "INSERT INTO journal_open (n) VALUES (?)", n)
		return err
	})
	if err != nil {
		s.owe(owed...)
		return err
	}
	acted := act(ctx)
	e := ending{Number: n, Outcome: desk.Done, Ended: s.cfg.Clock.Now().UTC()}
	if acted != nil {
		e.Outcome, e.Detail = desk.Failed, acted.Error()
	}
	// The act is done or has failed, whatever becomes of the record of it: an
	// outcome that finds no room waits for the next write.
	ctx = context.WithoutCancel(ctx)
	if err := s.keep(ctx, "journal the outcome of "+rec.Kind, func(tx *sql.Tx) error { return s.end(ctx, tx, []ending{e}) }); err != nil {
		s.owe(e)
		s.cfg.Log.Warn("the outcome of a journal record waits for room", "record", rec.ID, "error", err)
	}
	return acted
}

// end writes outcomes.
func (s *Store) end(ctx context.Context, tx *sql.Tx, ends []ending) error {
	for _, e := range ends {
		minute, content, err := s.seal(store.ClassJournal, e.Ended, e)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO journal (of, minute, content) VALUES (?, ?, ?)", e.Number, minute, content); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM journal_open WHERE n = ?", e.Number); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) owe(e ...ending) {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	s.journal.owed = append(s.journal.owed, e...)
}

func (s *Store) takeOwed() []ending {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	owed := s.journal.owed
	s.journal.owed = nil
	return owed
}

// settleJournal writes the outcomes that are owed.
func (s *Store) settleJournal(ctx context.Context) error {
	owed := s.takeOwed()
	if len(owed) == 0 {
		return nil
	}
	err := s.keep(ctx, "journal outcomes that waited", func(tx *sql.Tx) error { return s.end(ctx, tx, owed) })
	if err != nil {
		s.owe(owed...)
	}
	return err
}

// recoverJournal closes the records that the last run left without an outcome.
func (s *Store) recoverJournal(ctx context.Context) error {
	open, err := s.entries(ctx, `SELECT j.n, j.minute, j.content, NULL, NULL FROM journal_open o JOIN journal j ON j.n = o.n ORDER BY j.n`)
	if err != nil {
		return fmt.Errorf("look for open journal records: %w", err)
	}
	for _, e := range open {
		detail := "found without an outcome at start"
		for _, f := range e.Record.Fields {
			if f.Name != "request" {
				continue
			}
			switch _, _, err := s.DecisionByRequest(ctx, f.Value); {
			case err == nil:
				detail += "; the change is in the store"
			case errors.Is(err, desk.ErrNotFound):
				detail += "; the change is not in the store"
			default:
				return fmt.Errorf("journal record %d: %w", e.Number, err)
			}
		}
		s.owe(ending{Number: e.Number, Outcome: desk.UnknownOutcome, Ended: s.cfg.Clock.Now().UTC(), Detail: detail})
	}
	// Without room they are closed later.
	if err := s.settleJournal(ctx); err != nil && !errors.Is(err, store.ErrFull) {
		return err
	}
	return nil
}

// Journal gives up to limit records with their outcomes, from number after+1.
func (s *Store) Journal(ctx context.Context, after uint64, limit int) ([]desk.Entry, error) {
	out, err := s.entries(ctx, `SELECT j.n, j.minute, j.content, o.minute, o.content
		FROM journal j LEFT JOIN journal o ON o.of = j.n
		WHERE j.of IS NULL AND j.n > ? ORDER BY j.n LIMIT ?`, after, max(1, min(limit, 1000)))
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	return out, nil
}

func (s *Store) entries(ctx context.Context, query string, args ...any) ([]desk.Entry, error) {
	rows, err := s.durable.read.QueryContext(ctx, query, args...)
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
		if err := s.unseal(store.ClassJournal, minute, content, &e.Record); err != nil {
			return nil, fmt.Errorf("record %d: %w", e.Number, err)
		}
		if ended.Valid {
			var end ending
			if err := s.unseal(store.ClassJournal, ended.Int64, outcome, &end); err != nil {
				return nil, fmt.Errorf("outcome of record %d: %w", e.Number, err)
			}
			e.Outcome, e.Ended, e.Detail = end.Outcome, end.Ended, end.Detail
		}
		out = append(out, e)
	}
	return out, rows.Err()
}
