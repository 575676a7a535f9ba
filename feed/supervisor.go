package feed

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"atalaya/track"
)

// Pauses between two runs of a feed that fails.
const (
	firstPause   = 500 * time.Millisecond
	longestPause = 30 * time.Second
)

// Supervise runs a feed until ctx ends, and again whenever it fails. Between
// two runs it pauses: at first 500 ms, each time twice as long, at most 30 s,
// and of that a random half to the whole, so that many feeds of one server do
// not come back together. A run that lasted longer than the longest pause
// starts the pauses anew. A source that comes to its end (a recording) is not
// run again.
func Supervise(ctx context.Context, f Feed, m *Meter, log *slog.Logger, emit func(track.Input)) {
	log = log.With(slog.String("feed", string(m.feed.ID)), slog.String("source", m.feed.Source))
	repeated := repeats{log: log}
	defer repeated.flush()
	pause := firstPause
	for {
		started := time.Now()
		err := f.Run(ctx, emit)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			m.over()
			log.Info("the feed's recording has ended")
			return
		}
		m.failed(err)
		repeated.failed(err)
		if time.Since(started) > longestPause {
			pause = firstPause
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause/2 + rand.N(pause/2+1)):
		}
		pause = min(2*pause, longestPause)
	}
}

// repeats makes one line of log a second out of repeated failures.
type repeats struct {
	log  *slog.Logger
	last time.Time // of the last line
	held int
	err  error
}

func (r *repeats) failed(err error) {
	r.held, r.err = r.held+1, err
	if time.Since(r.last) >= time.Second {
		r.flush()
	}
}

func (r *repeats) flush() {
	if r.held == 0 {
		return
	}
	r.log.Warn("feed failed, will be tried again", slog.Any("error", r.err), slog.Int("times", r.held))
	r.held, r.last = 0, time.Now()
}
