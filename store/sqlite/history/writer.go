package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"atalaya/store"
	"atalaya/store/content"
)

// openForms learns the forms in which older programs wrote, and keeps ours.
func (h *History) openForms(ctx context.Context) error {
	rows, err := h.db.Read().QueryContext(ctx, "SELECT id, columns FROM form")
	if err != nil {
		return fmt.Errorf("read the forms of the history: %w", err)
	}
	defer rows.Close()
	missing := h.tables.Schemas()
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
		h.tables.Learn(schema)
		delete(missing, id)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the forms of the history: %w", err)
	}
	h.forms = missing // kept with the next step
	return nil
}

// saveForms keeps the forms that are not in the file yet.
func (h *History) saveForms(ctx context.Context, tx *sql.Tx) error {
	for id, schema := range h.forms {
		columns, err := schema.Marshal()
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO form (id, columns) VALUES (?, ?)", id, columns); err != nil {
			return err
		}
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
func (h *History) Append(_ context.Context, step store.Step) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return store.ErrClosed
	}
	if step.N <= h.last {
		return fmt.Errorf("%w: step %d after step %d", store.ErrConflict, step.N, h.last)
	}
	err := h.failed
	h.failed = nil
	select {
	case h.queue <- job{step: step}:
		h.last = step.N
		return err
	default:
		err := fmt.Errorf("step %d: %w: %d steps wait", step.N, store.ErrBehind, queued)
		h.lose(err)
		return err
	}
}

// Sync waits until every step that Append took is written or lost.
func (h *History) Sync(ctx context.Context) error {
	done := make(chan struct{})
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return store.ErrClosed
	}
	h.mu.Unlock()
	select {
	case h.queue <- job{done: done}:
	case <-h.ended:
		return store.ErrClosed
	case <-ctx.Done():
		return fmt.Errorf("wait for the history: %w", ctx.Err())
	}
	select {
	case <-done:
		return nil
	case <-h.ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the history: %w", ctx.Err())
	}
}

// write is the goroutine of the writer.
func (h *History) write(ctx context.Context) {
	defer close(h.ended)
	for j := range h.queue {
		if j.done != nil {
			close(j.done)
			continue
		}
		if j.step.N == 0 {
			return // Close
		}
		if err := h.writeStep(ctx, j.step); err != nil {
			err = fmt.Errorf("step %d was not kept: %w", j.step.N, err)
			h.lose(err)
			h.mu.Lock()
			h.failed = err
			h.mu.Unlock()
			continue
		}
		if err := h.tend(ctx, j.step); err != nil {
			h.complain(j.step.N, err)
		}
	}
}

// writeStep writes one step, and a share of the tracks' history.
func (h *History) writeStep(ctx context.Context, step store.Step) error {
	// What is closed belongs to the minute before this step.
	h.trails.Roll(step)
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
		return h.sealer.Seal(class, day, b)
	}
	head, err1 := h.sealer.Seal(store.ClassEvent, day, store.PackHead(step))
	inputs, err2 := sealed(store.ClassInput, h.packer.Inputs, len(step.Inputs) > 0)
	events, err3 := sealed(store.ClassEvent, h.packer.Events, len(step.Events) > 0)
	picture, err4 := sealed(store.ClassTrack, h.packer.Picture, step.Picture != nil)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	chunks, err := h.packTrails(h.trails.Due())
	if err != nil {
		return err
	}
	kept, pins := h.takeKept()
	err = h.db.Change(ctx, "write", func(tx *sql.Tx) error {
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
		if err := errors.Join(savePins(ctx, tx, pins), h.saveForms(ctx, tx), h.saveGap(ctx, tx, step)); err != nil {
			return err
		}
		return h.saveTrails(ctx, tx, chunks, h.trails.Through(len(chunks)))
	})
	if err != nil {
		h.mu.Lock()
		h.kept, h.pins = append(h.kept, kept...), append(h.pins, pins...)
		h.mu.Unlock()
		return err
	}
	h.forms = nil
	h.trails.Done(len(chunks))
	h.trails.Add(step)
	h.used.Step, h.used.Known = step.N, step.Now
	h.wrote = h.used
	h.used.Seq = max(h.used.Seq, step.LastSeq)
	for i := range step.Events {
		h.used.Track = max(h.used.Track, step.Events[i].Track.ID)
	}
	return nil
}

// second is how many steps a second has.
const second = 4

// tend does what follows a step that was written: it keeps the numbers ahead,
// copies evidence, lets durable.db find out whether there is room again, and
// lets the old expire.
func (h *History) tend(ctx context.Context, step store.Step) error {
	var tried error
	if step.N%second == 0 {
		tried = h.durable.Try(ctx)
	}
	return errors.Join(h.reserve(ctx), h.copyEvidence(ctx, step), tried, h.retain(ctx, step))
}

// complain logs what went wrong beside the writing of steps: once a second,
// with a count. That there is no room is told by the state of the storage.
func (h *History) complain(step uint64, err error) {
	if errors.Is(err, store.ErrFull) {
		return
	}
	h.failures++
	if step < h.complained+second {
		return
	}
	h.log.Warn("tending the history failed; it is tried again with the next step", slog.Uint64("step", step), slog.Int("times", h.failures), slog.Any("error", err))
	h.complained, h.failures = step, 0
}

func (h *History) takeKept() (kept, pins []keptTrack) {
	h.mu.Lock()
	defer h.mu.Unlock()
	kept, pins = h.kept, h.pins
	h.kept, h.pins = nil, nil
	return kept, pins
}

// lose counts a step that was not kept.
func (h *History) lose(err error) {
	h.db.Note(err)
	h.lost.Add(1)
}
