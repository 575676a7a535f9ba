package app

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"atalaya/bus"
	"atalaya/desk"
	"atalaya/desk/casework"
	"atalaya/rule"
	"atalaya/track"
)

// driver runs the loop on the live clock: a step closes every Step of receive
// time with what came in until then.
type driver struct {
	loop  *Loop
	queue *queue
	bus   *bus.Bus
	clock *Clock
	every time.Duration
	log   *slog.Logger

	turn sync.Mutex // held while a turn runs: between turns the picture may be read
	last time.Time  // now of the last step

	steps  atomic.Uint64
	took   atomic.Int64 // nanoseconds of the last turn
	lag    atomic.Int64 // nanoseconds from when it should have closed to its publication
	tracks atomic.Int64
	closed atomic.Int64         // when the last step closed, nanoseconds since 1970
	quiet  map[string]time.Time // when each repeated complaint was last logged

	reported chan casework.Seen // what became of people's reports
}

// mostInStep bounds the observations of one step. A program that is behind
// closes several steps one after the other, as it would have closed them in
// time: one large step would be compared with itself, and be later still.
const mostInStep = 5000

// drain is how long a program that stops goes on with what waits.
const drain = 20 * time.Second

// run closes steps until ctx ends, and then until nothing waits, so that
// nothing that was taken is lost; one that is far behind says what it drops.
func (d *driver) run(ctx context.Context) {
	tick := time.NewTicker(d.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			end := time.Now().Add(drain)
			for more := true; more; {
				more = d.step(context.WithoutCancel(ctx))
				if more && time.Now().After(end) {
					d.log.Error("stopped before everything that waited was in the picture: the machine is too slow for its feeds", slog.Int("dropped", d.queue.waiting()))
					return
				}
			}
			return
		case <-tick.C:
			for more := true; more && ctx.Err() == nil; {
				more = d.step(ctx)
			}
		}
	}
}

// step closes one step and tells whether inputs wait for another.
func (d *driver) step(ctx context.Context) (more bool) {
	began := time.Now()
	in, more := d.queue.take(mostInStep)
	due := d.clock.Now()
	if more { // it closes when its last input came
		if at := received(&in[len(in)-1]); at.Before(due) {
			due = at
		}
	}
	// Steps are numbered in time, whatever the clock does.
	if !due.After(d.last) {
		due = d.last.Add(time.Millisecond)
	}
	d.last = due
	d.turn.Lock()
	t, err := d.loop.Turn(ctx, due, in)
	tracks := d.loop.tracker.Len()
	d.turn.Unlock()
	if err != nil {
		d.complain("storage", "what was seen could not be kept; the picture goes on", err)
	}
	if err := d.loop.publish(d.bus, &t); err != nil {
		d.complain("bus", "the picture could not be published", err)
	}
	d.steps.Store(t.Step)
	d.closed.Store(due.UnixNano())
	d.tracks.Store(int64(tracks))
	d.took.Store(int64(time.Since(began)))
	d.lag.Store(int64(d.clock.Now().Sub(due)))
	for _, seen := range reports(&t) {
		select {
		case d.reported <- seen:
		default: // told again at the next start
		}
	}
	for i := range t.Alerts {
		if a := &t.Alerts[i]; a.Kind == desk.WasRaised && a.Alert.Kind == rule.Alert {
			d.log.Info("alert", slog.String("alert", string(a.Alert.ID)), slog.String("rule", a.Alert.Finding.Rule),
				slog.String("track", a.Alert.Finding.Track.String()), slog.String("why", a.Alert.Finding.Why.EN))
		}
	}
	return more
}

// complain logs an error that may repeat itself, once in ten seconds.
func (d *driver) complain(about, what string, err error) {
	const every = 10 * time.Second
	if d.quiet == nil {
		d.quiet = map[string]time.Time{}
	}
	if now := time.Now(); now.Sub(d.quiet[about]) >= every {
		d.quiet[about] = now
		d.log.Error(what, slog.Any("error", err))
	}
}

// whole gives the picture between two turns.
func (d *driver) whole() (step uint64, now time.Time, rows []PictureRow) {
	d.turn.Lock()
	defer d.turn.Unlock()
	tracks := d.loop.Tracks()
	for i := range tracks {
		_, own := d.loop.Own(&tracks[i])
		rows = append(rows, PictureRow{&tracks[i], own})
	}
	return d.loop.step, d.last, rows
}

// records turns versions of what the picture is judged by into inputs.
func records(changes []track.Change) []track.Input {
	in := make([]track.Input, len(changes))
	for i := range changes {
		in[i].Change = &changes[i]
	}
	return in
}
