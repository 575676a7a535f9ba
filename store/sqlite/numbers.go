package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"atalaya/store"
	"atalaya/track"
)

// Numbers are reserved ahead in durable.db, so that after a power cut, which
// may take the last seconds of history.db, none is given twice. The blocks are
// a minute of 10,000 observations a second, some minutes of steps, and more
// tracks than are born meanwhile.
const (
	blockSteps  = 2048
	blockSeqs   = 1 << 20
	blockTracks = 2048
)

// openNumbers finds the highest numbers that may be in use.
func (s *Store) openNumbers(ctx context.Context) error {
	w := &s.writer
	var value []byte
	err := s.durable.read.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'numbers'").Scan(&value)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return fmt.Errorf("read the numbers: %w", err)
	case len(value) != 24:
		return fmt.Errorf("%w: the numbers have %d bytes", store.ErrDamaged, len(value))
	default:
		w.used.Step = binary.BigEndian.Uint64(value)
		w.used.Seq = binary.BigEndian.Uint64(value[8:])
		w.used.Track = track.ID(binary.BigEndian.Uint64(value[16:]))
	}
	var step, seq sql.Null[uint64]
	var sec sql.NullInt64
	if err := s.history.read.QueryRowContext(ctx, "SELECT max(n), max(last_seq), max(sec) FROM step").Scan(&step, &seq, &sec); err != nil {
		return fmt.Errorf("read the numbers: %w", err)
	}
	w.used.Step, w.used.Seq = max(w.used.Step, step.V), max(w.used.Seq, seq.V)
	if sec.Valid {
		w.used.Known = time.Unix(sec.Int64, 0).UTC()
	}
	w.reserved = w.used
	// On a full disk nothing new is kept under these numbers either.
	if err := s.reserve(ctx); err != nil && !errors.Is(err, store.ErrFull) {
		return err
	}
	return nil
}

// reserve moves the reserved numbers ahead when half a block is used.
func (s *Store) reserve(ctx context.Context) error {
	w := &s.writer
	if w.used.Step+blockSteps/2 < w.reserved.Step && w.used.Seq+blockSeqs/2 < w.reserved.Seq && w.used.Track+blockTracks/2 < w.reserved.Track {
		return nil
	}
	next := store.Resume{Step: w.used.Step + blockSteps, Seq: w.used.Seq + blockSeqs, Track: w.used.Track + blockTracks}
	if err := s.saveNumbers(ctx, next); err != nil {
		return err
	}
	w.reserved = next
	return nil
}

func (s *Store) saveNumbers(ctx context.Context, r store.Resume) error {
	b := binary.BigEndian.AppendUint64(nil, r.Step)
	b = binary.BigEndian.AppendUint64(b, r.Seq)
	b = binary.BigEndian.AppendUint64(b, uint64(r.Track))
	return s.keep(ctx, "reserve numbers", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES ('numbers', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", b)
		return err
	})
}
