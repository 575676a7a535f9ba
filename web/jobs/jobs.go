// Package jobs runs what takes longer than a request: one at a time, with
// progress, to be cancelled, and within bounds. What comes of a job is kept for
// a while for who started it. Nothing of it is durable: after a restart one
// asks again.
package jobs

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"atalaya/desk"
)

// State is how far a job is.
type State string

// The states of a job.
const (
	Waiting   State = "waiting"
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// Over reports whether nothing further happens.
func (s State) Over() bool { return s != Waiting && s != Running }

// Job is a job as it stands.
type Job struct {
	ID       string    `json:"id" doc:"name of the job"`
	Kind     string    `json:"kind" doc:"what is worked out"`
	State    State     `json:"state" enum:"waiting,running,done,failed,cancelled"`
	Progress float64   `json:"progress" minimum:"0" maximum:"1" doc:"share that is done; 0 until it is known"`
	Asked    time.Time `json:"asked"`
	Ended    time.Time `json:"ended,omitzero"`
	Trouble  string    `json:"trouble,omitempty" doc:"why it failed, and what to do"`
	Result   any       `json:"-"`
}

// Work does a job. It tells the share that is done, and ends early with ctx.
type Work func(ctx context.Context, tell func(share float64)) (any, error)

// Config is what a Book is made from. What is 0 has a default.
type Config struct {
	Running int           // at once; 1: the picture needs the other processors
	Waiting int           // most that wait, beyond it nobody may start one; 8
	Kept    int           // most that are over; 12
	Keep    time.Duration // how long those are kept; an hour
	Clock   func() time.Time
	Log     *slog.Logger
}

// Book runs jobs and keeps what came of them.
type Book struct {
	cfg     Config
	ctx     context.Context //nolint:containedctx // of the book itself: Close ends it
	stop    context.CancelFunc
	workers sync.WaitGroup

	mu      sync.Mutex
	jobs    []*entry // oldest first
	running int
}

type entry struct {
	job    Job
	owner  desk.PersonID
	work   Work
	cancel context.CancelFunc // of one that runs
	over   chan struct{}
}

// What Start refuses.
//
//nolint:gochecknoglobals // sentinels
var (
	ErrYours = errors.New("another job of yours of this kind is not over: wait for it or cancel it, then ask again")
	ErrMany  = errors.New("many jobs wait already: try again in a minute")
)

// New makes a book.
func New(cfg Config) *Book {
	const running, waiting, kept = 1, 8, 12
	for _, d := range []struct {
		of    *int
		usual int
	}{{&cfg.Running, running}, {&cfg.Waiting, waiting}, {&cfg.Kept, kept}} {
		if *d.of <= 0 {
			*d.of = d.usual
		}
	}
	if cfg.Keep <= 0 {
		cfg.Keep = time.Hour
	}
	b := &Book{cfg: cfg}
	b.ctx, b.stop = context.WithCancel(context.Background())
	return b
}

// Close cancels all jobs and waits until they ended.
func (b *Book) Close() {
	b.mu.Lock()
	b.stop()
	for _, e := range b.jobs {
		if e.job.State == Waiting {
			b.end(e, Cancelled)
		}
	}
	b.mu.Unlock()
	b.workers.Wait()
}

// Start begins a job, or lets it wait for its turn.
func (b *Book) Start(owner desk.PersonID, kind string, work Work) (Job, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.ctx.Err(); err != nil {
		return Job{}, err
	}
	b.forget()
	waiting := 0
	for _, e := range b.jobs {
		if e.job.State.Over() {
			continue
		}
		if e.owner == owner && e.job.Kind == kind {
			return Job{}, ErrYours
		}
		if e.job.State == Waiting {
			waiting++
		}
	}
	if waiting >= b.cfg.Waiting {
		return Job{}, ErrMany
	}
	e := &entry{job: Job{ID: rand.Text(), Kind: kind, State: Waiting, Asked: b.cfg.Clock().UTC()}, owner: owner, work: work, over: make(chan struct{})}
	b.jobs = append(b.jobs, e)
	b.next()
	return e.job, nil
}

// next begins the oldest jobs that wait, while there is room.
func (b *Book) next() {
	for _, e := range b.jobs {
		if b.running >= b.cfg.Running || b.ctx.Err() != nil {
			return
		}
		if e.job.State != Waiting {
			continue
		}
		b.running++
		e.job.State = Running
		var ctx context.Context
		ctx, e.cancel = context.WithCancel(b.ctx)
		b.workers.Go(func() { b.run(ctx, e) })
	}
}

func (b *Book) run(ctx context.Context, e *entry) {
	result, err := b.guard(e, func() (any, error) {
		return e.work(ctx, func(share float64) {
			b.mu.Lock()
			defer b.mu.Unlock()
			e.job.Progress = min(max(share, 0), 1)
		})
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err == nil:
		e.job.Progress, e.job.Result = 1, result
		b.end(e, Done)
	case ctx.Err() != nil:
		b.end(e, Cancelled)
	default:
		e.job.Trouble = err.Error()
		b.end(e, Failed)
	}
	e.cancel()
	b.running--
	b.next()
}

// guard lets a fault in a job's own goroutine end the job and not the program,
// as the server does with requests.
func (b *Book) guard(e *entry, work func() (any, error)) (result any, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			b.cfg.Log.Error("a job failed by a fault of the program", slog.String("kind", e.job.Kind),
				slog.Any("fault", fault), slog.String("stack", string(debug.Stack())))
			err = errors.New("a fault of the program, which its log has: tell your administrator")
		}
	}()
	return work()
}

// end notes that a job is over.
func (b *Book) end(e *entry, how State) {
	e.job.State, e.job.Ended, e.work = how, b.cfg.Clock().UTC(), nil
	close(e.over)
	b.cfg.Log.Info("a job is over", slog.String("kind", e.job.Kind), slog.String("state", string(how)), slog.String("person", string(e.owner)),
		slog.Duration("took", e.job.Ended.Sub(e.job.Asked)), slog.String("trouble", e.job.Trouble))
}

// forget drops what was kept long enough, and the oldest beyond the bound.
func (b *Book) forget() {
	over, now := 0, b.cfg.Clock()
	for _, e := range b.jobs {
		if e.job.State.Over() {
			over++
		}
	}
	b.jobs = slices.DeleteFunc(b.jobs, func(e *entry) bool {
		drop := e.job.State.Over() && (over >= b.cfg.Kept || now.Sub(e.job.Ended) > b.cfg.Keep)
		if drop {
			over--
		}
		return drop
	})
}

func (b *Book) find(owner desk.PersonID, id string) (*entry, bool) {
	for _, e := range b.jobs {
		if e.job.ID == id && e.owner == owner {
			return e, true
		}
	}
	return nil, false
}

// Wait gives a job of a person: at once when it is over, else when it is, or
// after some time. False where the person has no such job.
func (b *Book) Wait(ctx context.Context, owner desk.PersonID, id string, most time.Duration) (Job, bool) {
	b.mu.Lock()
	e, ok := b.find(owner, id)
	b.mu.Unlock()
	if !ok {
		return Job{}, false
	}
	if most > 0 {
		timer := time.NewTimer(most)
		defer timer.Stop()
		select {
		case <-e.over:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return e.job, true
}

// Cancel ends a job early, and forgets one that is over. False where the
// person has no such job.
func (b *Book) Cancel(owner desk.PersonID, id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.find(owner, id)
	if !ok {
		return false
	}
	switch e.job.State {
	case Running:
		e.cancel()
	case Waiting:
		b.end(e, Cancelled)
	default:
		b.jobs = slices.DeleteFunc(b.jobs, func(x *entry) bool { return x == e })
	}
	return true
}
