package app

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"time"

	"atalaya/asset"
	"atalaya/desk"
	"atalaya/desk/casework"
	"atalaya/desk/registry"
	"atalaya/rule"
	"atalaya/store"
	"atalaya/track"
	"atalaya/watch"
	"atalaya/web"
	"atalaya/web/live"
	"atalaya/web/wire"
)

// replays is how many replays the browsers may have together: each holds a
// picture in memory.
const replays = 12

// pastStore is what is asked about the past.
type pastStore interface {
	Extent(ctx context.Context) (store.Extent, error)
	AsKnownAt(ctx context.Context, t time.Time) (store.Keyframe, error)
	Since(ctx context.Context, after uint64, t time.Time) (store.Progress, error)
	AlertsAsKnown(ctx context.Context, since, t time.Time) ([]desk.Alert, error)
	Tally(ctx context.Context, from time.Time, minutes int64, bins int) ([]store.Tally, error)
	NextAlert(ctx context.Context, t time.Time, back bool, least rule.Priority) (desk.Alert, error)
	NextFinding(ctx context.Context, t time.Time, back bool, least rule.Priority) (store.Kept, error)
	Pictures(ctx context.Context, from, to time.Time, apart time.Duration) iter.Seq2[store.Keyframe, error]
}

var (
	_ live.Past   = (*past)(nil)
	_ web.History = (*past)(nil)
)

// past gives the screens what was known at earlier times.
type past struct {
	store  pastStore
	assets *registry.Book[asset.Asset]
	log    *slog.Logger
}

// Range tells what can be replayed.
func (p *past) Range(ctx context.Context) (wire.Range, error) {
	e, err := p.store.Extent(ctx)
	if err == nil && e.Newest.IsZero() {
		err = desk.ErrNotFound
	}
	if err != nil {
		return wire.Range{}, p.unreadable(ctx, err)
	}
	r := wire.Range{Oldest: e.Oldest, Newest: e.Newest, Detail: e.Detail, Observations: e.Observations, Gaps: []wire.Gap{}}
	for _, g := range e.Gaps {
		r.Gaps = append(r.Gaps, wire.Gap{From: g.From, To: g.To})
	}
	return r, nil
}

// At gives the picture as it was known at a time.
func (p *past) At(ctx context.Context, t time.Time) (live.Scene, error) {
	k, err := p.store.AsKnownAt(ctx, t)
	if err != nil {
		return live.Scene{}, p.unreadable(ctx, err)
	}
	s := live.Scene{Update: live.Update{Step: k.Step, Now: k.Known, Tracks: p.rows(k.Tracks, t)}, Whole: true}
	if s.Alerts, err = p.store.AlertsAsKnown(ctx, time.Time{}, t); err != nil {
		return live.Scene{}, p.unreadable(ctx, err)
	}
	return s, nil
}

// On gives what was learned after a scene.
func (p *past) On(ctx context.Context, from live.Mark, t time.Time) (live.Scene, error) {
	x, err := p.store.Since(ctx, from.Step, t)
	if err != nil {
		return live.Scene{}, p.unreadable(ctx, err)
	}
	s := live.Scene{Update: live.Update{Step: x.Step, Now: x.Known, Tracks: p.rows(x.Tracks, t)}, Whole: x.Whole}
	for _, g := range x.Gone {
		s.Gone = append(s.Gone, gone(g.ID, g.Into))
	}
	since := from.At
	if s.Whole {
		since = time.Time{}
	}
	if s.Alerts, err = p.store.AlertsAsKnown(ctx, since, t); err != nil {
		return live.Scene{}, p.unreadable(ctx, err)
	}
	return s, nil
}

// rows makes rows of tracks. Ours are those that were registered as ours then,
// as far as it was known.
func (p *past) rows(tracks []track.Track, t time.Time) []live.Row {
	owned := map[string]bool{}
	for _, last := range p.assets.Latest() {
		var held *asset.Asset
		for _, v := range p.assets.Versions(last.Key()) {
			if !v.Valid.Known.After(t) && v.Valid.InForce(t) {
				held = &v
			}
		}
		if held == nil {
			continue
		}
		for _, c := range held.Claims {
			owned[c.String()] = true
		}
	}
	out := make([]live.Row, len(tracks))
	for i := range tracks {
		x := &tracks[i]
		out[i] = live.Row{Track: *x, Stale: stale(x)}
		for k := range x.Claims {
			out[i].Own = out[i].Own || owned[x.Claims[k].String()]
		}
	}
	return out
}

// Tally counts what began when.
func (p *past) Tally(ctx context.Context, from time.Time, minutes, bins int) ([]web.HistoryBin, error) {
	counts, err := p.store.Tally(ctx, from, int64(minutes), bins)
	if err != nil {
		return nil, fmt.Errorf("count the past: %w", err)
	}
	out := make([]web.HistoryBin, len(counts))
	for i, c := range counts {
		out[i] = web.HistoryBin{Findings: c.Findings, Alerts: c.Alerts}
	}
	return out, nil
}

// Next finds what began next.
func (p *past) Next(ctx context.Context, q web.HistoryNextQuery) (e web.HistoryEvent, err error) {
	e.Kind = q.Kind
	var f watch.Finding
	if q.Kind == web.HistoryAlert {
		var a desk.Alert
		if a, err = p.store.NextAlert(ctx, q.After, q.Back, q.Priority); err == nil {
			e.ID, e.At, e.Priority, f = string(a.ID), a.Raised, a.Priority, a.Finding
		}
	} else {
		var k store.Kept
		if k, err = p.store.NextFinding(ctx, q.After, q.Back, q.Priority); err == nil {
			e.ID, e.At, e.Priority, f = k.ID, k.Known, k.Priority, k.Finding
		}
	}
	e.Track, e.Rule, e.Why = uint64(f.Track), f.Rule, f.Why
	return e, err
}

// What bounds the search for a name in the past.
const (
	namedApart    = 10 * time.Minute // between the pictures that are opened
	namedPatience = 2 * time.Second
)

// Named finds tracks by what they were called. It opens pictures, the newest
// first, until it has enough, is through or has looked for long enough.
func (p *past) Named(ctx context.Context, q web.HistoryNamedQuery) (web.HistoryNamed, error) {
	words := strings.Fields(casework.Fold(q.Text))
	out := web.HistoryNamed{From: q.To, Tracks: []web.HistoryTrack{}}
	if len(words) == 0 {
		return out, nil
	}
	seen := map[track.ID]bool{}
	began := time.Now()
	for k, err := range p.store.Pictures(ctx, q.From, q.To, namedApart) {
		if err != nil {
			return out, p.unreadable(ctx, err)
		}
		out.From = k.Known
		for i := range k.Tracks {
			t := &k.Tracks[i]
			if seen[t.ID] || !called(t, words) {
				continue
			}
			if seen[t.ID] = true; len(out.Tracks) < q.Limit {
				out.Tracks = append(out.Tracks, web.HistoryTrack{Track: *t, Known: k.Known})
			}
		}
		if len(out.Tracks) >= q.Limit || time.Since(began) > namedPatience {
			return out, nil
		}
	}
	out.From = q.From
	return out, nil
}

// called reports whether each of the words is in a track's number or in what it
// claims to be.
func called(t *track.Track, words []string) bool {
	names := []string{strings.ToLower(t.ID.String())}
	for i := range t.Claims {
		names = append(names, casework.Fold(t.Claims[i].Value))
	}
	text := strings.Join(names, " ")
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// unreadable makes an error that may be shown to people; what nobody foresaw is
// for the log.
func (p *past) unreadable(ctx context.Context, err error) error {
	if errors.Is(err, desk.ErrNotFound) {
		return fmt.Errorf("%w: nothing is kept of that time", desk.ErrNotFound)
	}
	if ctx.Err() == nil {
		p.log.Error("the history could not be read", slog.Any("error", err))
	}
	return errors.New("the history could not be read: try again, or tell an administrator")
}

func gone(id, into track.ID) wire.Gone {
	g := wire.Gone{ID: uint64(id), Reason: wire.Ended, Into: uint64(into)}
	if into != 0 {
		g.Reason = wire.Merged
	}
	return g
}

// past gives a track's past for the screens.
func (p *program) past(ctx context.Context, q web.PastQuery) ([]web.PastPoint, error) {
	points, err := p.store.TrackHistory(ctx, store.HistoryQuery{Track: q.Track, From: q.From, To: q.To, KnownAt: q.KnownAt, Limit: q.Limit})
	if err != nil {
		return nil, err
	}
	out := make([]web.PastPoint, len(points))
	for i, x := range points {
		out[i] = web.PastPoint{
			Time: x.State.Time, Known: x.Known, Position: x.State.Position, Height: x.State.Height,
			East: x.State.East, North: x.State.North, Deviation: deviation(&x.State), Status: x.Status, Foreign: x.Foreign,
		}
	}
	return out, nil
}
