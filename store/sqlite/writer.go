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
	"atalaya/store/content"
	"atalaya/track"
)

// queued is how many steps may wait for the disk: 16 seconds of the loop.
const queued = 64

// writer writes the history in one goroutine, one transaction a step.
type writer struct {
	queue chan job
	ended chan struct{} // closed when the goroutine has ended

	mu     sync.Mutex
	closed bool
	last   uint64          // step last taken
	failed error           // of a step since the last Append
	wanted map[uint64]bool // observations that alerts rest on, to be copied
	kept   []keptTrack     // tracks whose history an alert rests on, to be noted
	counts store.Retention // what retention did
	trails trails          // guarded by its own mutex

	// Owned by the goroutine.
	packer   *store.Packer
	used     store.Resume // highest numbers in use
	reserved store.Resume // numbers up to these may be in use after a crash
	retain   retention
	probe    int // steps until durable.db is tried again
}

// job is a step to write, or a wish to be told when all before it are written.
type job struct {
	step store.Step
	done chan struct{}
}

// keptTrack asks retention to spare a track's history.
type keptTrack struct {
	track    track.ID
	from, to int64 // minutes
}

// openHistory reads where the last run ended and starts the writer.
func (s *Store) openHistory(ctx context.Context) (err error) {
	w := &s.writer
	w.queue, w.ended = make(chan job, queued), make(chan struct{})
	w.wanted = map[uint64]bool{}
	w.trails.start()
	if w.packer, err = s.tables.Packer(); err != nil {
		return err
	}
	if err := s.openForms(ctx); err != nil {
		return err
	}
	if err := s.openNumbers(ctx); err != nil {
		return err
	}
	w.last, s.resume = w.used.Step, w.used
	if err := s.history.read.QueryRowContext(ctx, "SELECT coalesce(max(n), 0) FROM step WHERE thinned = 1").Scan(&w.retain.thinned); err != nil {
		return fmt.Errorf("read how far the history is thinned: %w", err)
	}
	if err := s.openEvidence(ctx); err != nil {
		return err
	}
	if err := s.refillTrails(ctx); err != nil {
		return err
	}
	go s.write(context.WithoutCancel(ctx))
	return nil
}

// openForms learns the forms in which older programs wrote, and keeps ours.
func (s *Store) openForms(ctx context.Context) error {
	rows, err := s.history.read.QueryContext(ctx, "SELECT id, columns FROM form")
	if err != nil {
		return fmt.Errorf("read the forms of the history: %w", err)
	}
	defer rows.Close()
	missing := s.tables.Schemas()
	for rows.Next() {
		var id uint32
		var columns []byte
		if err := rows.Scan(&id, &columns); err != nil {
			return fmt.Errorf("read the forms of the history: %w", err)
		}
		schema, err := content.UnmarshalSchema(columns)
		if err != nil {
			return fmt.Errorf("%w: form %08x: %w", store.ErrDamaged, id, err)
		}
		s.tables.Learn(schema)
		delete(missing, id)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the forms of the history: %w", err)
	}
	if len(missing) == 0 {
		return nil
	}
	return s.past(ctx, "keep the forms of the history", func(tx *sql.Tx) error {
		for id, schema := range missing {
			columns, err := schema.Marshal()
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "INSERT INTO form (id, columns) VALUES (?, ?)", id, columns); err != nil {
				return err
			}
		}
		return nil
	})
}

// past runs a write of history.db.
func (s *Store) past(ctx context.Context, what string, do func(tx *sql.Tx) error) error {
	err := s.history.fault(s.dir, s.history.change(ctx, do))
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// Append takes a step to be written in the background. The step and all that
// it points to must not be changed afterwards.
//
// The error tells what became of this step, when it could not be taken
// (ErrBehind, ErrClosed, ErrConflict), or of an earlier one that could not be
// written since the last call (ErrFull). Either way steps are missing, and the
// next one should carry the whole picture.
func (s *Store) Append(_ context.Context, step store.Step) error {
	w := &s.writer
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return store.ErrClosed
	}
	if step.N <= w.last {
		return fmt.Errorf("%w: step %d after step %d", store.ErrConflict, step.N, w.last)
	}
	err := w.failed
	w.failed = nil
	select {
	case w.queue <- job{step: step}:
		w.last = step.N
		return err
	default:
		err := fmt.Errorf("step %d: %w: %d steps wait", step.N, store.ErrBehind, queued)
		s.health.lose(s.cfg.Clock.Now(), err)
		return err
	}
}

// Sync waits until every step that Append took is written or lost.
func (s *Store) Sync(ctx context.Context) error {
	w := &s.writer
	done := make(chan struct{})
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return store.ErrClosed
	}
	w.mu.Unlock()
	select {
	case w.queue <- job{done: done}:
	case <-w.ended:
		return store.ErrClosed
	case <-ctx.Done():
		return fmt.Errorf("wait for the history: %w", ctx.Err())
	}
	select {
	case <-done:
		return nil
	case <-w.ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the history: %w", ctx.Err())
	}
}

// write is the goroutine of the writer.
func (s *Store) write(ctx context.Context) {
	defer close(s.writer.ended)
	for j := range s.writer.queue {
		if j.done != nil {
			close(j.done)
			continue
		}
		if j.step.N == 0 {
			return // Close
		}
		if err := s.writeStep(ctx, j.step); err != nil {
			err = fmt.Errorf("step %d was not kept: %w", j.step.N, err)
			s.health.lose(s.cfg.Clock.Now(), err)
			s.writer.mu.Lock()
			s.writer.failed = err
			s.writer.mu.Unlock()
			continue
		}
		s.health.note(s.cfg.Clock.Now(), &s.health.history, nil)
		if err := s.tend(ctx, j.step); err != nil {
			s.cfg.Log.Warn("tending the history failed; it is tried again with the next step", "step", j.step.N, "error", err)
		}
	}
}

// writeStep writes one step, and a share of the tracks' history.
func (s *Store) writeStep(ctx context.Context, step store.Step) error {
	w := &s.writer
	// What is closed belongs to the minute before this step.
	w.trails.roll(step)
	sec := step.Now.Unix()
	day := time.Unix(sec, 0).UTC()
	sealed := func(class store.Class, pack func(store.Step) ([]byte, error), there bool) ([]byte, error) {
		if !there {
			return nil, nil
		}
		b, err := pack(step)
		if err != nil {
			return nil, err
		}
		return s.sealer.Seal(class, day, b)
	}
	head, err1 := s.sealer.Seal(store.ClassEvent, day, store.PackHead(step))
	inputs, err2 := sealed(store.ClassInput, w.packer.Inputs, len(step.Inputs) > 0)
	events, err3 := sealed(store.ClassEvent, w.packer.Events, len(step.Events) > 0)
	picture, err4 := sealed(store.ClassEvent, w.packer.Picture, step.Picture != nil)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	chunks, err := s.packTrails(w.trails.due())
	if err != nil {
		return err
	}
	kept := w.takeKept()
	err = s.past(ctx, "write", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "INSERT INTO step (n, sec, last_seq, head) VALUES (?, ?, ?, ?)", step.N, sec, step.LastSeq, head); err != nil {
			return err
		}
		if inputs != nil {
			if _, err := tx.ExecContext(ctx, "INSERT INTO inputs (n, content) VALUES (?, ?)", step.N, inputs); err != nil {
				return err
			}
		}
		if events != nil {
			if _, err := tx.ExecContext(ctx, "INSERT INTO events (n, content) VALUES (?, ?)", step.N, events); err != nil {
				return err
			}
		}
		if picture != nil {
			if _, err := tx.ExecContext(ctx, "INSERT INTO keyframe (n, sec, content) VALUES (?, ?, ?)", step.N, sec, picture); err != nil {
				return err
			}
		}
		for _, k := range kept {
			if _, err := tx.ExecContext(ctx, "INSERT INTO chunk_kept (track, from_minute, to_minute) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", k.track, k.from, k.to); err != nil {
				return err
			}
		}
		return s.saveTrails(ctx, tx, chunks, w.trails.through(len(chunks)))
	})
	if err != nil {
		w.keep(kept...)
		return err
	}
	w.trails.done(len(chunks))
	w.trails.add(step)
	w.used.Step, w.used.Known = step.N, step.Now
	w.used.Seq = max(w.used.Seq, step.LastSeq)
	for i := range step.Events {
		w.used.Track = max(w.used.Track, step.Events[i].Track.ID)
	}
	return nil
}

// tend does what follows a step that was written: it keeps the numbers ahead,
// copies evidence, tries durable.db again when it had no room, and lets the
// old expire.
func (s *Store) tend(ctx context.Context, step store.Step) error {
	return errors.Join(
		s.reserve(ctx),
		s.copyEvidence(ctx, step),
		s.tryDurable(ctx),
		s.retain(ctx, step),
	)
}

// tryDurable finds out once a second whether durable.db can be written again.
func (s *Store) tryDurable(ctx context.Context) error {
	w := &s.writer
	if w.probe--; w.probe > 0 || s.health.ok(&s.health.durable) {
		return nil
	}
	const steps = 4
	w.probe = steps
	err := s.keep(ctx, "try the disk", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES ('probe', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
			s.cfg.Clock.Now().UTC().Format(time.RFC3339Nano))
		return err
	})
	if errors.Is(err, store.ErrFull) {
		return nil // as known
	}
	if err != nil {
		return err
	}
	return s.settleJournal(ctx)
}

func (w *writer) keep(k ...keptTrack) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kept = append(w.kept, k...)
}

func (w *writer) takeKept() []keptTrack {
	w.mu.Lock()
	defer w.mu.Unlock()
	kept := w.kept
	w.kept = nil
	return kept
}

func (h *health) lose(now time.Time, err error) {
	h.note(now, &h.history, err)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lost++
}

func (h *health) ok(c *condition) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return c.state == desk.StorageOK
}

// closeHistory writes what waits, and notes the numbers exactly.
func (s *Store) closeHistory() error {
	w := &s.writer
	w.mu.Lock()
	if w.closed || w.queue == nil {
		w.mu.Unlock()
		return nil
	}
	w.closed = true
	w.mu.Unlock()
	w.queue <- job{} // nothing comes after it
	<-w.ended
	ctx := context.Background()
	w.trails.rollAll(w.used.Step + 1)
	var errs []error
	for {
		due := w.trails.due()
		chunks, err := s.packTrails(due)
		if err == nil {
			err = s.past(ctx, "write the tracks' history", func(tx *sql.Tx) error {
				return s.saveTrails(ctx, tx, chunks, w.trails.through(len(chunks)))
			})
		}
		if err != nil {
			errs = append(errs, err)
			break
		}
		w.trails.done(len(chunks))
		if len(due) == 0 {
			break
		}
	}
	w.reserved = w.used
	errs = append(errs, s.saveNumbers(ctx, w.used), s.settleJournal(ctx))
	return errors.Join(errs...)
}
