package app

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"atalaya/area"
	"atalaya/codec/geofile"
	"atalaya/store"
	"atalaya/track"
	"atalaya/web/ogc"
)

// layers serves what other programs read as layers.
func (p *program) layers() http.Handler {
	return ogc.New(ogc.Config{
		URL: p.cfg.Web.URL, Version: Version, Log: p.log, Clock: p.clock.Now,
		Source: ogc.Source{
			Tracks: p.hub.Tracks,
			Track: func(id track.ID) (track.Track, bool) {
				t, _, ok := p.hub.Track(id)
				return t, ok
			},
			Moved: p.store.TracksBetween, Past: p.fixes,
			Areas:  func() []area.Area { return p.registry.Areas.AllAt(p.clock.Now()) },
			Alerts: p.desk.List, Alert: p.desk.Alert,
		},
	})
}

// fixes gives where a track was.
func (p *program) fixes(ctx context.Context, id track.ID, from, to time.Time) ([]geofile.Fix, error) {
	const most = 200_000 // a point a second for a day, and revisions
	points, err := p.store.TrackHistory(ctx, store.HistoryQuery{Track: id, From: from, To: to, Limit: most})
	if err != nil {
		return nil, err
	}
	out := make([]geofile.Fix, len(points))
	for i := range points {
		x := &points[i]
		out[i] = geofile.Fix{
			Time: x.State.Time, Known: x.Known, Position: x.State.Position, Height: x.State.Height,
			East: x.State.East, North: x.State.North, Deviation: deviation(&x.State), Status: x.Status, Foreign: x.Foreign,
		}
	}
	return out, nil
}

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
