package feed

import (
	"log/slog"
	"time"

	"atalaya/sensor"
)

// repeats makes one line of log a second out of repeated errors.
type repeats struct {
	log   *slog.Logger
	last  time.Time
	held  int
	err   error
	about sensor.Feed
}

func newRepeats(log *slog.Logger) *repeats { return &repeats{log: log} }

func (r *repeats) warn(err error, f sensor.Feed) {
	r.held++
	r.err, r.about = err, f
	if time.Since(r.last) >= time.Second {
		r.flush()
	}
}

func (r *repeats) flush() {
	if r.held == 0 {
		return
	}
	r.log.Warn("feed failed, will be tried again",
		slog.String("feed", string(r.about.ID)), slog.String("source", r.about.Source),
		slog.Any("error", r.err), slog.Int("times", r.held))
	r.held, r.last = 0, time.Now()
}
