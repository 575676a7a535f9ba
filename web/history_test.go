package web_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/explain"
	"atalaya/rule"
	"atalaya/track"
	"atalaya/web"
	"atalaya/web/live"
	"atalaya/web/wire"
)

// fakeHistory answers as its fields say, and keeps what it was asked.
type fakeHistory struct {
	kept          wire.Range
	err           error
	from          time.Time
	minutes, bins int
	next          web.HistoryNextQuery
	event         web.HistoryEvent
	named         web.HistoryNamedQuery
	tracks        []web.HistoryTrack
}

func (f *fakeHistory) Range(context.Context) (wire.Range, error) { return f.kept, f.err }

func (f *fakeHistory) Tally(_ context.Context, from time.Time, minutes, bins int) ([]web.HistoryBin, error) {
	f.from, f.minutes, f.bins = from, minutes, bins
	return make([]web.HistoryBin, bins), f.err
}

func (f *fakeHistory) Next(_ context.Context, q web.HistoryNextQuery) (web.HistoryEvent, error) {
	f.next = q
	return f.event, f.err
}

func (f *fakeHistory) Named(_ context.Context, q web.HistoryNamedQuery) (web.HistoryNamed, error) {
	f.named = q
	return web.HistoryNamed{From: q.From, Tracks: f.tracks}, f.err
}

// TestHistoryRange: an empty history is no error; one that cannot be read is.
func TestHistoryRange(t *testing.T) {
	o := newOffice(t, nil)
	viewer := o.person("Ana", desk.Viewer)
	at := o.clock.Now()
	o.history.kept = wire.Range{Oldest: at.Add(-time.Hour), Newest: at, Detail: at.Add(-time.Minute), Gaps: []wire.Gap{{From: at.Add(-2 * time.Second), To: at}}}
	var r web.HistoryRange
	viewer.ask("GET", "/api/history/range", "").is(200, "").json(&r)
	if !r.Oldest.Equal(at.Add(-time.Hour)) || !r.Newest.Equal(at) || !r.Detail.Equal(at.Add(-time.Minute)) || len(r.Gaps) != 1 || !r.Gaps[0].To.Equal(at) {
		t.Errorf("%+v", r)
	}
	o.history.kept, o.history.err = wire.Range{}, fmt.Errorf("range: %w", desk.ErrNotFound)
	viewer.ask("GET", "/api/history/range", "").is(200, "").json(&r)
	if !r.Oldest.IsZero() || r.Gaps == nil {
		t.Errorf("%+v", r)
	}
	o.history.err = errors.New("broken")
	viewer.ask("GET", "/api/history/range", "").is(500, "internal-server-error")
}

// TestCountHistory: bins are whole minutes, begin at one, and are never more
// than asked for.
func TestCountHistory(t *testing.T) {
	o := newOffice(t, nil)
	viewer := o.person("Ana", desk.Viewer)
	for _, tt := range []struct {
		query                string
		status               int
		minutes, bins, width int
	}{
		{"from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z&bins=100", 200, 15, 96, 900},
		{"from=2026-03-01T00:00:30Z&to=2026-03-01T00:01:30Z", 200, 1, 2, 60},
		{"from=2026-03-01T00:00:00Z&to=2026-03-01T00:10:00Z&bins=1", 200, 10, 1, 600},
		{"from=2026-03-01T00:00:00Z&to=2026-06-09T00:00:00Z&bins=1000", 200, 144, 1000, 8640},
		{"from=2026-03-01T00:00:00Z&to=2026-06-10T00:00:00Z", 422, 0, 0, 0},
		{"from=2026-03-01T00:00:00Z&to=2026-03-01T00:00:00Z", 422, 0, 0, 0},
		{"from=0001-01-01T00:00:00Z&to=9999-01-01T00:00:00Z", 422, 0, 0, 0},
		{"from=2026-03-01T00:00:00Z", 422, 0, 0, 0},
		{"from=&to=", 422, 0, 0, 0},
		{"from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z&bins=0", 422, 0, 0, 0},
	} {
		a := viewer.ask("GET", "/api/history/events?"+tt.query, "")
		if tt.status != 200 {
			if a.status != tt.status {
				t.Errorf("%s: %d %s", tt.query, a.status, a.body)
			}
			continue
		}
		var e web.HistoryEvents
		a.is(200, "").json(&e)
		if o.history.minutes != tt.minutes || len(e.Bins) != tt.bins || e.Width != tt.width || !e.From.Equal(o.history.from) || e.From.Second() != 0 {
			t.Errorf("%s: %d minutes, %d bins of %d s from %v", tt.query, o.history.minutes, len(e.Bins), e.Width, e.From)
		}
	}
}

func TestFindInHistory(t *testing.T) {
	o := newOffice(t, nil)
	viewer := o.person("Ana", desk.Viewer)
	o.history.event = web.HistoryEvent{Kind: web.HistoryAlert, ID: "A1", Track: 7, Priority: rule.High}
	var n web.HistoryNext
	viewer.ask("GET", "/api/history/next?after=2026-03-01T00:00:00Z", "").is(200, "").json(&n)
	if q := o.history.next; q.Back || q.Kind != web.HistoryAlert || q.Priority != rule.Low || n.Event == nil || n.Event.ID != "A1" {
		t.Errorf("%+v, asked %+v", n, q)
	}
	viewer.ask("GET", "/api/history/next?after=2026-03-01T00:00:00Z&kind=finding&direction=previous&priority=3", "").is(200, "")
	if q := o.history.next; !q.Back || q.Kind != web.HistoryFinding || q.Priority != rule.High {
		t.Errorf("asked %+v", q)
	}
	o.history.err = desk.ErrNotFound
	if a := viewer.ask("GET", "/api/history/next?after=2026-03-01T00:00:00Z", "").is(200, ""); string(a.body) != "{}\n" {
		t.Errorf("%s", a.body)
	}
	viewer.ask("GET", "/api/history/next", "").is(422, "unprocessable-entity")
	viewer.ask("GET", "/api/history/next?after=2026-03-01T00:00:00Z&direction=up", "").is(422, "unprocessable-entity")
}

// TestFindNamed: a day is looked through unless something is said, and who
// still lives is told.
func TestFindNamed(t *testing.T) {
	o := newOffice(t, nil)
	viewer := o.person("Ana", desk.Viewer)
	now := o.clock.Now()
	o.hub.Apply(live.Update{Step: 1, Tracks: []live.Row{{Track: track.Track{ID: 1}}}})
	o.history.tracks = []web.HistoryTrack{{Track: track.Track{ID: 1}, Known: now}, {Track: track.Track{ID: 4711}, Known: now}}
	var n web.HistoryNamed
	viewer.ask("GET", "/api/history/tracks?q=Santa+Rosa", "").is(200, "").json(&n)
	if q := o.history.named; q.Text != "Santa Rosa" || !q.To.Equal(now) || !q.From.Equal(now.Add(-24*time.Hour)) || q.Limit != 10 {
		t.Errorf("asked %+v", q)
	}
	if len(n.Tracks) != 2 || !n.Tracks[0].Living || n.Tracks[1].Living {
		t.Errorf("%+v", n.Tracks)
	}
	for _, wrong := range []string{
		"", "q=", "q=x&limit=0", "q=x&from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", "q=x&from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z",
	} {
		if a := viewer.ask("GET", "/api/history/tracks?"+wrong, ""); a.status != 422 {
			t.Errorf("%q: %d %s", wrong, a.status, a.body)
		}
	}
	o.history.err = errors.New("broken")
	viewer.ask("GET", "/api/history/tracks?q=x", "").is(500, "internal-server-error")
}

func TestExplain(t *testing.T) {
	o := newOffice(t, nil)
	viewer := o.person("Ana", desk.Viewer)
	var a explain.Account
	viewer.ask("GET", "/api/tracks/1/explanation", "").is(200, "").json(&a)
	if want := (explain.Query{Track: 1, For: 10 * time.Minute, Updates: 50}); o.explained != want || a.Moved != 3 {
		t.Errorf("asked %+v, told %+v", o.explained, a)
	}
	viewer.ask("GET", "/api/tracks/1/explanation?at=2026-03-01T12:00:00Z&for_s=60&updates=5", "").is(200, "")
	if want := (explain.Query{Track: 1, At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), For: time.Minute, Updates: 5}); o.explained != want {
		t.Errorf("asked %+v", o.explained)
	}
	viewer.ask("GET", "/api/tracks/2/explanation", "").is(404, "not-found")
	for _, wrong := range []string{"for_s=0", "for_s=3601", "updates=0", "updates=1001", "at=noon"} {
		if a := viewer.ask("GET", "/api/tracks/1/explanation?"+wrong, ""); a.status != 422 {
			t.Errorf("%q: %d %s", wrong, a.status, a.body)
		}
	}
}
