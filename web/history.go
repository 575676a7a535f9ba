package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/desk"
	"atalaya/desk/people"
	"atalaya/rule"
	"atalaya/track"
	"atalaya/web/wire"
)

// History is what is asked about the past as a whole. Replays ask the hub.
type History interface {
	// Range tells what can be replayed; desk.ErrNotFound: nothing is kept.
	Range(ctx context.Context) (wire.Range, error)
	// Tally counts what began in each of so many bins of so many minutes.
	Tally(ctx context.Context, from time.Time, minutes, bins int) ([]HistoryBin, error)
	// Next finds what began next; desk.ErrNotFound: there is none.
	Next(ctx context.Context, q HistoryNextQuery) (HistoryEvent, error)
	// Named finds tracks by what they were called.
	Named(ctx context.Context, q HistoryNamedQuery) (HistoryNamed, error)
}

// HistoryRange is what of the past can be replayed.
type HistoryRange struct {
	Oldest       time.Time    `json:"oldest" doc:"first picture; the year 1: nothing is kept"`
	Newest       time.Time    `json:"newest" doc:"last step that is kept"`
	Detail       time.Time    `json:"detail" doc:"since then every step is kept; before, one picture in ten minutes"`
	Observations time.Time    `json:"observations" doc:"since then all observations are kept; before, they are thinned or gone"`
	Gaps         []HistoryGap `json:"gaps" doc:"times since detail of which no step was kept, to the second, oldest first; the latest 100"`
}

// HistoryGap is a time of which no step was kept.
type HistoryGap struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// HistoryBin counts what began in a part of the past.
type HistoryBin struct {
	Findings int    `json:"findings" doc:"findings, with and without alert, by when they became known"`
	Alerts   [4]int `json:"alerts" doc:"alerts by priority, from low to top, by when they were raised; notices are not counted"`
}

// HistoryEvents counts what began when.
type HistoryEvents struct {
	From  time.Time    `json:"from" doc:"where the first bin begins: a whole minute"`
	Width int          `json:"bin_s" doc:"seconds of a bin: whole minutes"`
	Bins  []HistoryBin `json:"bins" doc:"oldest first"`
}

// HistoryKind is a kind of event of the past.
type HistoryKind string

// Kinds of events.
const (
	HistoryAlert   HistoryKind = "alert"
	HistoryFinding HistoryKind = "finding"
)

// HistoryNextQuery asks for what began next.
type HistoryNextQuery struct {
	After    time.Time
	Back     bool
	Kind     HistoryKind
	Priority rule.Priority // the least
}

// HistoryEvent is something that began in the past.
type HistoryEvent struct {
	Kind     HistoryKind   `json:"kind" enum:"alert,finding"`
	At       time.Time     `json:"at" doc:"when the alert was raised, or the finding became known"`
	ID       string        `json:"id" doc:"of the alert or finding"`
	Track    uint64        `json:"track" doc:"number of its track"`
	Priority rule.Priority `json:"priority" doc:"1 low to 4 top"`
	Rule     string        `json:"rule" doc:"detector that found it"`
	Why      rule.Text     `json:"why" doc:"the sentence that explains it"`
}

// HistoryNext is what began next.
type HistoryNext struct {
	Event *HistoryEvent `json:"event,omitempty" doc:"absent: there is none"`
}

// HistoryNamedQuery asks which tracks were called so.
type HistoryNamedQuery struct {
	Text     string
	From, To time.Time
	Limit    int
}

// HistoryTrack is a track of the past.
type HistoryTrack struct {
	Track  track.Track `json:"track" doc:"as it was believed then"`
	Known  time.Time   `json:"known" doc:"of the last picture that was looked at and had it"`
	Living bool        `json:"living" doc:"the picture of now has it too"`
}

// HistoryNamed is the tracks that were called so.
type HistoryNamed struct {
	Tracks []HistoryTrack `json:"tracks" doc:"the newest first"`
	From   time.Time      `json:"from" doc:"how far back was looked: later than asked for where the limit was reached, or where it would have taken too long"`
}

// longestSearch bounds how much of the past is looked through for a name, and
// usualSearch is how much is where nothing is said.
const (
	longestSearch = 31 * 24 * time.Hour
	usualSearch   = 24 * time.Hour
)

// searches is how many look for a name at once: each opens pictures of all tracks.
const searches = 2

// longestTally bounds what is counted in one request.
const longestTally = 100 * 24 * time.Hour

func (s *Server) historyRoutes() {
	huma.Register(s.api, scoped(operation("get-history-range", http.MethodGet, "/api/history/range", "What of the past can be replayed", signedIn, 401), people.ReadPicture),
		func(ctx context.Context, _ *struct{}) (*body[HistoryRange], error) {
			r, err := s.cfg.History.Range(ctx)
			out := HistoryRange{Oldest: r.Oldest, Newest: r.Newest, Detail: r.Detail, Observations: r.Observations, Gaps: []HistoryGap{}}
			if err != nil && !errors.Is(err, desk.ErrNotFound) {
				return nil, s.refusal(ctx, err)
			}
			for _, g := range r.Gaps {
				out.Gaps = append(out.Gaps, HistoryGap(g))
			}
			return &body[HistoryRange]{out}, nil
		})
	huma.Register(s.api, scoped(operation("count-history", http.MethodGet, "/api/history/events", "How much happened when", signedIn, 401, 422), people.ReadAlerts), s.countHistory)
	huma.Register(s.api, scoped(operation("find-track-in-history", http.MethodGet, "/api/history/tracks", "Tracks of the past by what they were called, those that ended too; one picture in ten minutes is looked at", signedIn, 401, 422), people.ReadPicture), s.findNamed)
	huma.Register(s.api, scoped(operation("find-in-history", http.MethodGet, "/api/history/next", "What happened next, or before", signedIn, 401, 422), people.ReadAlerts),
		func(ctx context.Context, in *struct {
			After     time.Time `query:"after" required:"true" doc:"look from this time on, which is not included"`
			Kind      string    `query:"kind" enum:"alert,finding" default:"alert" doc:"what to look for"`
			Direction string    `query:"direction" enum:"next,previous" default:"next" doc:"forward or back in time"`
			Priority  uint8     `query:"priority" minimum:"1" maximum:"4" default:"1" doc:"the least priority"`
		},
		) (*body[HistoryNext], error) {
			e, err := s.cfg.History.Next(ctx, HistoryNextQuery{
				After: in.After, Back: in.Direction == "previous", Kind: HistoryKind(in.Kind), Priority: rule.Priority(in.Priority),
			})
			if errors.Is(err, desk.ErrNotFound) {
				return &body[HistoryNext]{}, nil
			}
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			return &body[HistoryNext]{HistoryNext{&e}}, nil
		})
}

func (s *Server) findNamed(ctx context.Context, in *struct {
	Q     string    `query:"q" required:"true" minLength:"1" maxLength:"100" doc:"parts of name, MMSI, ICAO address, call sign or number; case and accents do not matter"`
	From  time.Time `query:"from" doc:"look back until then; default: a day before to; at most 31 days before it"`
	To    time.Time `query:"to" doc:"look back from then on; default: now"`
	Limit int       `query:"limit" minimum:"1" maximum:"100" default:"10" doc:"most tracks"`
},
) (*body[HistoryNamed], error) {
	q := HistoryNamedQuery{Text: in.Q, From: in.From, To: in.To, Limit: in.Limit}
	if q.To.IsZero() {
		q.To = s.cfg.Clock()
	}
	if q.From.IsZero() {
		q.From = q.To.Add(-usualSearch)
	}
	if span := q.To.Sub(q.From); span < 0 || span > longestSearch {
		return nil, problem(http.StatusUnprocessableEntity, "invalid", "to must not lie before from, and at most 31 days after it: ask for less at once")
	}
	select {
	case s.searching <- struct{}{}:
		defer func() { <-s.searching }()
	case <-ctx.Done():
		return nil, s.refusal(ctx, ctx.Err())
	}
	out, err := s.cfg.History.Named(ctx, q)
	if err != nil {
		return nil, s.refusal(ctx, err)
	}
	for i := range out.Tracks {
		_, _, out.Tracks[i].Living = s.cfg.Hub.Track(out.Tracks[i].Track.ID)
	}
	return &body[HistoryNamed]{out}, nil
}

func (s *Server) countHistory(ctx context.Context, in *struct {
	From time.Time `query:"from" required:"true" doc:"begin; rounded down to a minute"`
	To   time.Time `query:"to" required:"true" doc:"end, not included; at most 100 days after from"`
	Bins int       `query:"bins" minimum:"1" maximum:"1000" default:"100" doc:"most bins; they are whole minutes, so there may be fewer"`
},
) (*body[HistoryEvents], error) {
	from := in.From.UTC().Truncate(time.Minute)
	span := in.To.Sub(from)
	if span <= 0 || span > longestTally {
		return nil, problem(http.StatusUnprocessableEntity, "invalid", "to must lie after from, and at most 100 days: ask for less at once")
	}
	minutes := int((span + time.Minute - 1) / time.Minute)
	width := (minutes + in.Bins - 1) / in.Bins
	bins, err := s.cfg.History.Tally(ctx, from, width, (minutes+width-1)/width)
	if err != nil {
		return nil, s.refusal(ctx, err)
	}
	return &body[HistoryEvents]{HistoryEvents{From: from, Width: 60 * width, Bins: bins}}, nil
}
