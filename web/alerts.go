package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/desk"
	"atalaya/desk/people"
	"atalaya/rule"
)

// AlertList is one page of alerts.
type AlertList struct {
	Alerts []desk.Alert `json:"alerts" doc:"newest first"`
	Next   string       `json:"next,omitempty" doc:"give it as after for the next page; absent: no more"`
}

// Decided is what became of a decision.
type Decided struct {
	Alert    desk.Alert  `json:"alert" doc:"as it stands now"`
	Change   desk.Change `json:"change" doc:"what was done"`
	Repeated bool        `json:"repeated" doc:"the same request had been done before"`
}

// Remark is what an officer writes with an acknowledgement; nothing is fine.
type Remark struct {
	Note string `json:"note,omitempty" maxLength:"4000" doc:"what you want to remember"`
}

// AlertPath names an alert.
type AlertPath struct {
	ID string `path:"id" maxLength:"200" doc:"name of the alert"`
}

// DecisionHead is what every decision about an alert has.
type DecisionHead struct {
	AlertPath
	Key string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"200" doc:"the client's name for this request; a retry has the same"`
}

// Wanted chooses alerts by when they were raised, and pages.
type Wanted struct {
	Priority int       `query:"priority" minimum:"1" maximum:"4" default:"1" doc:"only of at least this priority"`
	Since    time.Time `query:"since" doc:"only raised at this time or later"`
	Until    time.Time `query:"until" doc:"only raised before this time"`
	Limit    int       `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"most of the page"`
	After    string    `query:"after" maxLength:"200" doc:"next of the page before"`
}

func (w Wanted) filter(kinds ...rule.Kind) desk.Filter {
	return desk.Filter{Kinds: kinds, MinPriority: rule.Priority(w.Priority), Since: w.Since, Until: w.Until, Limit: w.Limit, After: w.After}
}

// list answers with a page of alerts.
func (s *Server) list(ctx context.Context, f desk.Filter) (*body[AlertList], error) {
	page, err := s.cfg.Desk.List(ctx, f)
	if err != nil {
		return nil, s.refusal(ctx, err)
	}
	if page.Alerts == nil {
		page.Alerts = []desk.Alert{}
	}
	return &body[AlertList]{AlertList{page.Alerts, page.Next}}, nil
}

func (s *Server) alertRoutes() {
	huma.Register(s.api, scoped(operation("list-alerts", http.MethodGet, "/api/alerts", "Alerts, or what is wrong with the system; newest first", signedIn, 401, 422), people.ReadAlerts),
		func(ctx context.Context, in *struct {
			Wanted
			Kind     string   `query:"kind" enum:"alert,health" default:"alert" doc:"alert: somebody must act; health: the system itself"`
			State    []string `query:"state" enum:"new,acknowledged,in-case,closed" maxItems:"4" doc:"only these; none: all"`
			Incident string   `query:"incident" maxLength:"200" doc:"only members of this incident"`
		},
		) (*body[AlertList], error) {
			f := in.filter(rule.Kind(in.Kind))
			f.Incident = desk.AlertID(in.Incident)
			for _, st := range in.State {
				f.States = append(f.States, desk.State(st))
			}
			return s.list(ctx, f)
		})
	huma.Register(s.api, scoped(operation("list-notices", http.MethodGet, "/api/notices", "What is worth knowing and asks nothing of anybody, newest first", signedIn, 401, 422), people.ReadAlerts),
		func(ctx context.Context, in *Wanted) (*body[AlertList], error) {
			return s.list(ctx, in.filter(rule.Notice))
		})
	huma.Register(s.api, scoped(operation("list-shelves", http.MethodGet, "/api/shelves", "Alerts that lie on the shelf, newest first", signedIn, 401, 422), people.ReadAlerts),
		func(ctx context.Context, in *Wanted) (*body[AlertList], error) {
			f := in.filter(rule.Alert)
			f.Shelved = true
			return s.list(ctx, f)
		})
	huma.Register(s.api, scoped(operation("get-alert", http.MethodGet, "/api/alerts/{id}", "One alert", signedIn, 401, 404, 422), people.ReadAlerts),
		func(ctx context.Context, in *AlertPath) (*body[desk.Alert], error) {
			a, err := s.cfg.Desk.Alert(ctx, desk.AlertID(in.ID))
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			return &body[desk.Alert]{a}, nil
		})
	huma.Register(s.api, operation("acknowledge-alert", http.MethodPost, "/api/alerts/{id}/acknowledge", "Take care of an alert", officer, 401, 403, 404, 409, 422, 507),
		func(ctx context.Context, in *struct {
			DecisionHead
			Body *Remark
		},
		) (*body[Decided], error) {
			if in.Body == nil {
				in.Body = &Remark{}
			}
			return s.decided(ctx)(s.cfg.Desk.Acknowledge(ctx, desk.Decision{
				Request: in.Key, Alert: desk.AlertID(in.ID), Who: who(ctx).Who(), Note: in.Body.Note,
			}))
		})
	huma.Register(s.api, operation("close-alert", http.MethodPost, "/api/alerts/{id}/close", "Say what became of an alert", officer, 401, 403, 404, 409, 422, 507),
		func(ctx context.Context, in *struct {
			DecisionHead
			Body struct {
				Outcome desk.Outcome `json:"outcome" enum:"true,explained,false,unknown" doc:"what it was"`
				Note    string       `json:"note,omitempty" maxLength:"4000" doc:"why"`
			}
		},
		) (*body[Decided], error) {
			return s.decided(ctx)(s.cfg.Desk.Close(ctx, desk.Decision{
				Request: in.Key, Alert: desk.AlertID(in.ID), Who: who(ctx).Who(), Note: in.Body.Note, Outcome: in.Body.Outcome,
			}))
		})
	huma.Register(s.api, operation("shelve-alert", http.MethodPost, "/api/alerts/{id}/shelve", "Put an alert on the shelf: what the same track does in the same place before the end is counted, not told", officer, 401, 403, 404, 409, 422, 507),
		func(ctx context.Context, in *struct {
			DecisionHead
			Body struct {
				Until  time.Time `json:"until" doc:"it comes back then; one shift from now at most"`
				Reason string    `json:"reason" minLength:"1" maxLength:"4000" doc:"why"`
			}
		},
		) (*body[Decided], error) {
			return s.decided(ctx)(s.cfg.Desk.Shelve(ctx, desk.Decision{
				Request: in.Key, Alert: desk.AlertID(in.ID), Who: who(ctx).Who(), Note: in.Body.Reason, Until: in.Body.Until,
			}))
		})
	huma.Register(s.api, operation("unshelve-alert", http.MethodPost, "/api/alerts/{id}/unshelve", "Take an alert off the shelf before its time", officer, 401, 403, 404, 409, 422, 507),
		func(ctx context.Context, in *struct {
			DecisionHead
			Body *Remark
		},
		) (*body[Decided], error) {
			if in.Body == nil {
				in.Body = &Remark{}
			}
			return s.decided(ctx)(s.cfg.Desk.Unshelve(ctx, desk.Decision{
				Request: in.Key, Alert: desk.AlertID(in.ID), Who: who(ctx).Who(), Note: in.Body.Note,
			}))
		})
}

// decided answers with what became of a decision.
func (s *Server) decided(ctx context.Context) func(desk.Result, error) (*body[Decided], error) {
	return func(r desk.Result, err error) (*body[Decided], error) {
		if err != nil {
			return nil, s.refusal(ctx, err)
		}
		return &body[Decided]{Decided{r.Alert, r.Change, r.Repeated}}, nil
	}
}
