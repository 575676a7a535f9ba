package feed

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"atalaya/track"
)

// Supervise runs a feed until ctx ends, and again whenever it fails, after a
// pause that doubles from first to longest with full jitter. A run that lasted
// longer than the longest pause starts the pauses anew.
func Supervise(ctx context.Context, f Feed, m *Meter, log *slog.Logger, emit func(track.Input)) {
	const first, longest = 500 * time.Millisecond, 30 * time.Second
	pause := first
	repeated := newRepeats(log)
	defer repeated.flush()
	for ctx.Err() == nil {
		started := time.Now()
		err := f.Run(ctx, emit)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errors.New("the source ended")
		}
		m.failed(err)
		if time.Since(started) > longest {
			pause = first
		}
		repeated.warn(err, m.feed)
		wait := pause/2 + rand.N(pause/2+1)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		pause = min(2*pause, longest)
	}
}
