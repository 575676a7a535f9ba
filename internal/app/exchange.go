package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"atalaya/store"
	"atalaya/track"
)

// ended gives what a track was known as at its last point in a span. It goes
// back step by step.
func (p *program) ended(ctx context.Context, id track.ID, from, to time.Time) (track.Track, error) {
	const step, most = 6 * time.Hour, 50_000 // a point a second, and revisions
	for ; to.After(from); to = to.Add(-step) {
		points, err := p.store.TrackHistory(ctx, store.HistoryQuery{Track: id, From: to.Add(-step), To: to, Limit: most})
		if err != nil {
			return track.Track{}, fmt.Errorf("look for track %s: %w", id, err)
		}
		if len(points) == 0 {
			continue
		}
		// At the step of its last point it may have ended already.
		k, err := p.store.AsKnownAt(ctx, points[len(points)-1].Known.Add(-time.Millisecond))
		if err != nil {
			return track.Track{}, fmt.Errorf("look for track %s: %w", id, err)
		}
		if i := slices.IndexFunc(k.Tracks, func(t track.Track) bool { return t.ID == id }); i >= 0 {
			return k.Tracks[i], nil
		}
		break
	}
	return track.Track{}, fmt.Errorf("track %s: %w", id, store.ErrNotFound)
}
