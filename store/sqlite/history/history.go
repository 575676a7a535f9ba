// Package history is history.db: the rolling window of observations, events,
// keyframes and tracks. It is written in the background, one transaction a
// step; a kill loses the steps that wait, a power cut the last seconds.
package history

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"atalaya/desk"
	"atalaya/obs"
	"atalaya/store"
	"atalaya/store/content"
	"atalaya/store/sqlite/database"
	"atalaya/store/sqlite/durable"
	"atalaya/store/sqlite/history/trail"
	"atalaya/track"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Name of the file, without ".db".
const Name = "history"

// queued is how many steps may wait for the disk: 16 seconds of the loop.
const queued = 64

// Config is what a History is opened with.
type Config struct {
	Dir     *os.Root
	Durable *durable.Durable // keeps the numbers, and what alerts rest on
	Clock   desk.Clock
	Log     *slog.Logger
	Policy  store.Policy
	// ReadOnly opens what is there, also while a program writes it. Of the points
	// of tracks the last minutes are as of the opening.
	ReadOnly bool
}

// History is the file and the goroutine that writes it. Its methods may be
// called from several goroutines.
type History struct {
	dir     *os.Root
	db      *database.Database
	durable *durable.Durable
	sealer  store.Sealer
	tables  *store.Tables
	log     *slog.Logger
	policy  store.Policy
	resume  store.Resume // as found by Open

	queue  chan job
	ended  chan struct{} // closed when the goroutine has ended
	trails trail.Trails  // guards itself
	lost   atomic.Uint64 // steps

	mu     sync.Mutex
	closed bool
	reads  bool            // opened for reading only
	last   uint64          // step last taken
	failed error           // of a step since the last Append
	wanted map[uint64]bool // observations that something rests on, to be copied
	kept   []keptTrack     // parts of tracks' pasts that something rests on, to be noted
	pins   []keptTrack     // parts of which lineages and observations are kept too
	counts store.Retention // what retention did

	// Owned by the goroutine.
	packer   *store.Packer
	forms    map[uint32]content.Schema // that are not in the file yet
	used     store.Resume              // highest numbers in use
	wrote    store.Resume              // the step that was written last, and when it closed
	reserved store.Resume              // numbers up to these may be in use after a crash
	retained retention

	complained uint64 // step of the last complaint
	failures   int    // since then
}

// job is a step to write, or a wish to be told when all before it are written;
// a job without either ends the goroutine.
type job struct {
	step store.Step
	done chan struct{}
}

// keptTrack asks retention to spare a track's history.
type keptTrack struct {
	track    track.ID
	from, to int64 // minutes
}

// Open opens or makes the file and starts the goroutine that writes it.
func Open(ctx context.Context, cfg Config) (_ *History, err error) {
	h := &History{
		dir: cfg.Dir, durable: cfg.Durable, sealer: cfg.Durable.Sealer(), log: cfg.Log, policy: cfg.Policy,
		queue: make(chan job, queued), ended: make(chan struct{}), wanted: map[uint64]bool{},
	}
	if h.tables, err = store.NewTables(); err != nil {
		return nil, err
	}
	if h.packer, err = h.tables.Packer(); err != nil {
		return nil, err
	}
	if h.db, err = database.Open(ctx, database.Config{Dir: cfg.Dir, Name: Name, Synchronous: "NORMAL", Migrations: migrations, Clock: cfg.Clock, ReadOnly: cfg.ReadOnly}); err != nil {
		return nil, err
	}
	steps := []func(context.Context) error{h.openForms, h.openNumbers, h.openEvidence, h.openRetention, h.refillTrails}
	if cfg.ReadOnly {
		steps = []func(context.Context) error{h.openForms, h.refillTrails}
	}
	for _, prepare := range steps {
		if err := prepare(ctx); err != nil {
			return nil, errors.Join(err, h.db.Close())
		}
	}
	if cfg.ReadOnly {
		h.closed, h.reads = true, true // no step is taken
		return h, nil
	}
	go h.write(context.WithoutCancel(ctx))
	return h, nil
}

// Condition tells how writing goes.
func (h *History) Condition() database.Condition { return h.db.Condition() }

// Lost counts the steps that were not kept since Open.
func (h *History) Lost() uint64 { return h.lost.Load() }

// Resume tells where counting goes on. It is what Open found: ask once, before
// the first step.
func (h *History) Resume() store.Resume { return h.resume }

// Close writes what waits, notes the numbers exactly, and closes the file.
func (h *History) Close() error {
	h.mu.Lock()
	if h.reads {
		h.reads = false
		h.mu.Unlock()
		return h.db.Close()
	}
	if h.closed {
		h.mu.Unlock()
		return nil
	}
	h.closed = true
	h.mu.Unlock()
	h.queue <- job{} // nothing comes after it
	<-h.ended
	ctx := context.Background()
	return errors.Join(h.closeTrails(ctx), h.durable.SaveNumbers(ctx, h.used), h.db.Close())
}

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
func (h *History) openNumbers(ctx context.Context) (err error) {
	if h.used, err = h.durable.Numbers(ctx); err != nil {
		return err
	}
	var step, seq uint64
	var sec int64
	if err := h.db.Read().QueryRowContext(ctx, "SELECT coalesce(max(n), 0), coalesce(max(last_seq), 0), coalesce(max(sec), 0) FROM step").Scan(&step, &seq, &sec); err != nil {
		return fmt.Errorf("read the numbers: %w", err)
	}
	h.used.Step, h.used.Seq = max(h.used.Step, step), max(h.used.Seq, seq)
	if sec != 0 {
		h.used.Known = time.Unix(sec, 0).UTC()
	}
	h.last, h.resume, h.reserved = h.used.Step, h.used, h.used
	h.wrote = store.Resume{Step: step, Known: h.used.Known}
	// On a full disk nothing new is kept under these numbers either.
	if err := h.reserve(ctx); err != nil && !errors.Is(err, store.ErrFull) {
		return err
	}
	return nil
}

// reserve moves the reserved numbers ahead when half a block is used.
func (h *History) reserve(ctx context.Context) error {
	if h.used.Step+blockSteps/2 < h.reserved.Step && h.used.Seq+blockSeqs/2 < h.reserved.Seq && h.used.Track+blockTracks/2 < h.reserved.Track {
		return nil
	}
	next := store.Resume{Step: h.used.Step + blockSteps, Seq: h.used.Seq + blockSeqs, Track: h.used.Track + blockTracks}
	if err := h.durable.SaveNumbers(ctx, next); err != nil {
		return err
	}
	h.reserved = next
	return nil
}

// openEvidence finds what the last run did not copy, and which tracks' pasts
// are to be spared: it may have ended between a write there and its note here.
func (h *History) openEvidence(ctx context.Context) error {
	seqs, err := h.durable.Uncopied(ctx)
	if err != nil {
		return err
	}
	for _, seq := range seqs {
		h.wanted[seq] = true
	}
	tracks, err := h.durable.KeptSince(ctx, h.used.Known.Add(-h.policy.Tracks))
	if err != nil {
		return err
	}
	pins, err := h.durable.PinnedSince(ctx, h.used.Known.Add(-h.policy.Tracks))
	if err != nil {
		return err
	}
	h.Keep(durable.Kept{Tracks: tracks, Lineages: pins})
	return nil
}

// Keep notes what an alert or a document rests on: its observations are
// copied, and its parts of tracks' pasts are spared.
func (h *History) Keep(k durable.Kept) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range k.Tracks {
		h.kept = append(h.kept, keptTrack{s.Track, database.Minute(s.From), database.Minute(s.To)})
	}
	for _, s := range k.Lineages {
		h.pins = append(h.pins, keptTrack{s.Track, database.Minute(s.From), database.Minute(s.To)})
	}
	for _, seq := range k.Inputs {
		h.wanted[seq] = true
	}
}

// copyEvidence copies what is wanted and was written by now.
func (h *History) copyEvidence(ctx context.Context, step store.Step) error {
	seqs := h.wantedThrough(step.LastSeq)
	if len(seqs) == 0 {
		return nil
	}
	evidence := make([]durable.Evidence, len(seqs))
	for i, seq := range seqs {
		evidence[i] = durable.Evidence{Seq: seq, Observation: store.ObservationIn(step.Inputs, seq)}
		if evidence[i].Observation != nil {
			continue
		}
		o, err := h.observed(ctx, seq)
		if err == nil {
			evidence[i].Observation = &o
		} else if !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("copy observation %d: %w", seq, err)
		}
	}
	err := h.durable.Copy(ctx, step.Now, evidence)
	if errors.Is(err, store.ErrFull) {
		return nil // they stay wanted
	}
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, seq := range seqs {
		delete(h.wanted, seq)
	}
	return nil
}

// copyShare is how many observations are copied with a step at most: a case
// may rest on thousands.
const copyShare = 64

// wantedThrough gives what is wanted through a sequence, in order: of much, the
// oldest, because the history spares all that is younger.
func (h *History) wantedThrough(last uint64) []uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.wanted) == 0 {
		return nil
	}
	seqs := slices.Sorted(maps.Keys(h.wanted))
	n, _ := slices.BinarySearch(seqs, last+1)
	return seqs[:min(n, copyShare)]
}

// firstWanted is the lowest sequence that is still to be copied.
func (h *History) firstWanted() (first uint64, wanted bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for seq := range h.wanted {
		if !wanted || seq < first {
			first, wanted = seq, true
		}
	}
	return first, wanted
}

// Observation gives what one sensor said, by its sequence: from the history,
// or from what alerts rest on. ErrNotFound when it expired or never was.
func (h *History) Observation(ctx context.Context, seq uint64) (obs.Observation, error) {
	o, err := h.observed(ctx, seq)
	if errors.Is(err, store.ErrNotFound) {
		o, err = h.durable.Copied(ctx, seq)
	}
	if err != nil {
		return obs.Observation{}, fmt.Errorf("observation %d: %w", seq, err)
	}
	return o, nil
}

// SetPolicy changes what is kept and for how long, before the first step.
func (h *History) SetPolicy(p store.Policy) { h.policy = p }
