package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"atalaya/desk"
	"atalaya/obs"
	"atalaya/store"
	"atalaya/track"
)

// What alerts rest on.
//
//  1. Saving an alert enters the sequences of its finding's observations into
//     durable.db, in the same write.
//  2. After the step that holds them, the writer copies the observations there
//     from the step or from the history.
//  3. Retention leaves the inputs of a step alone while one of them is wanted.

// openEvidence finds what the last run did not copy, and which tracks' history
// is to be spared.
func (s *Store) openEvidence(ctx context.Context) error {
	rows, err := s.durable.read.QueryContext(ctx, "SELECT seq FROM evidence WHERE content IS NULL AND lost = 0")
	if err != nil {
		return fmt.Errorf("look for evidence to copy: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var seq uint64
		if err := rows.Scan(&seq); err != nil {
			return fmt.Errorf("look for evidence to copy: %w", err)
		}
		s.writer.wanted[seq] = true
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("look for evidence to copy: %w", err)
	}
	return s.openKept(ctx)
}

// openKept notes again which tracks are to be spared: the last run may have
// ended between an alert and its note in the history.
func (s *Store) openKept(ctx context.Context) error {
	rows, err := s.durable.read.QueryContext(ctx, "SELECT DISTINCT f.track, f.minute FROM alert a JOIN finding f ON f.id = a.finding WHERE a.minute >= ?",
		minuteOf(s.cfg.Clock.Now().Add(-s.cfg.Policy.Tracks)))
	if err != nil {
		return fmt.Errorf("look for tracks to spare: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id track.ID
		var minute int64
		if err := rows.Scan(&id, &minute); err != nil {
			return fmt.Errorf("look for tracks to spare: %w", err)
		}
		s.writer.keep(around(id, minute))
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("look for tracks to spare: %w", err)
	}
	return nil
}

// around is the history of a track that an alert of a minute rests on: the day
// before and the day after.
func around(id track.ID, minute int64) keptTrack {
	const day = 24 * 60
	return keptTrack{id, minute - day, minute + day}
}

// want notes what an alert rests on, to be copied and spared.
func (s *Store) want(a *desk.Alert) {
	w := &s.writer
	w.keep(around(a.Finding.Track, minuteOf(a.Finding.Time)))
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, seq := range a.Finding.Inputs {
		w.wanted[seq] = true
	}
}

// takeWanted gives what is wanted up to a sequence, in order.
func (w *writer) takeWanted(last uint64) []uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	seqs := slices.Sorted(maps.Keys(w.wanted))
	n, _ := slices.BinarySearch(seqs, last+1)
	return seqs[:n]
}

// copyEvidence copies what is wanted and was written by now.
func (s *Store) copyEvidence(ctx context.Context, step store.Step) error {
	w := &s.writer
	seqs := w.takeWanted(step.LastSeq)
	if len(seqs) == 0 {
		return nil
	}
	found := make([]*obs.Observation, len(seqs))
	for i, seq := range seqs {
		if found[i] = observationIn(step.Inputs, seq); found[i] != nil {
			continue
		}
		o, err := s.observed(ctx, seq)
		if err == nil {
			found[i] = &o
		} else if !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("copy observation %d: %w", seq, err)
		}
	}
	err := s.keep(ctx, "copy evidence", func(tx *sql.Tx) error {
		for i, seq := range seqs {
			if found[i] == nil {
				if _, err := tx.ExecContext(ctx, "UPDATE evidence SET lost = 1 WHERE seq = ? AND content IS NULL", seq); err != nil {
					return err
				}
				continue
			}
			minute, content, err := s.seal(store.ClassEvidence, step.Now, found[i])
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "UPDATE evidence SET minute = ?, content = ? WHERE seq = ? AND content IS NULL", minute, content, seq); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, store.ErrFull) {
		return nil // they stay wanted
	}
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, seq := range seqs {
		delete(w.wanted, seq)
	}
	return nil
}

// evidence gives a copied observation.
func (s *Store) evidence(ctx context.Context, seq uint64) (obs.Observation, error) {
	var minute int64
	var content []byte
	err := s.durable.read.QueryRowContext(ctx, "SELECT minute, content FROM evidence WHERE seq = ? AND content IS NOT NULL", seq).Scan(&minute, &content)
	if errors.Is(err, sql.ErrNoRows) {
		return obs.Observation{}, store.ErrNotFound
	}
	if err != nil {
		return obs.Observation{}, err
	}
	var o obs.Observation
	return o, s.unseal(store.ClassEvidence, minute, content, &o)
}

// firstWanted is the lowest sequence that is still to be copied.
func (w *writer) firstWanted() (first uint64, wanted bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for seq := range w.wanted {
		if !wanted || seq < first {
			first, wanted = seq, true
		}
	}
	return first, wanted
}
