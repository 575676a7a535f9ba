package web

import (
	"context"
	"net/http"

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

func (s *Server) alertRoutes() {
	huma.Register(s.api, scoped(operation("list-alerts", http.MethodGet, "/api/alerts", "Alerts, newest first", signedIn, 401, 422), people.ReadAlerts),
		func(ctx context.Context, in *struct {
			State []string `query:"state" enum:"new,acknowledged,in-case,closed" maxItems:"4" doc:"only these; none: all"`
			Limit int      `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"most alerts of the page"`
			After string   `query:"after" maxLength:"200" doc:"next of the page before"`
		},
		) (*body[AlertList], error) {
			f := desk.Filter{Kinds: []rule.Kind{rule.Alert}, Limit: in.Limit, After: in.After}
			for _, st := range in.State {
				f.States = append(f.States, desk.State(st))
			}
			page, err := s.cfg.Desk.List(ctx, f)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			if page.Alerts == nil {
				page.Alerts = []desk.Alert{}
			}
			return &body[AlertList]{AlertList{page.Alerts, page.Next}}, nil
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
