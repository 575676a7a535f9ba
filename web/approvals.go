package web

import (
	"context"
	"errors"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/desk/approval"
)

// Acted is what became of an act that may take two people.
type Acted[T any] struct {
	Done  *T                `json:"done,omitempty" doc:"as it is now; absent: it waits for a second person"`
	Waits *approval.Request `json:"waits,omitempty" doc:"the request that a second person decides about"`
}

type acted[T any] struct {
	Status int
	Body   Acted[T]
}

// twoPeople says in the description that an act may wait for a second person.
func twoPeople[T any](s *Server, op huma.Operation) huma.Operation { return mayWait[Acted[T]](s, op) }

// mayWait says it of an act that is answered by a T.
func mayWait[T any](s *Server, op huma.Operation) huma.Operation {
	op.Responses = map[string]*huma.Response{"202": {
		Description: "Waits for a second person",
		Content: map[string]*huma.MediaType{
			"application/json": {Schema: s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, "")},
		},
	}}
	return op
}

// act answers with what became of an act. One that takes two people is kept as
// a request, under the client's key and with their reason.
func act[T any](ctx context.Context, s *Server, done T, err error, key, reason string) (*acted[T], error) {
	if need, ok := errors.AsType[*approval.Needed](err); ok {
		need.Wish.Request, need.Wish.Reason = key, reason
		r, err := s.cfg.Approvals.Ask(ctx, who(ctx).Who(), need.Wish)
		if err != nil {
			return nil, s.refusal(ctx, err)
		}
		return &acted[T]{http.StatusAccepted, Acted[T]{Waits: &r}}, nil
	}
	if err != nil {
		return nil, s.refusal(ctx, err)
	}
	return &acted[T]{http.StatusOK, Acted[T]{Done: &done}}, nil
}

// ApprovalList is the acts that wait, or waited, for a second person.
type ApprovalList struct {
	Approvals []approval.Request `json:"approvals" doc:"newest first"`
}

// approvalDecision is what a second person decides.
type approvalDecision struct {
	RequestKey
	ID   string `path:"id" maxLength:"64" doc:"name of the request"`
	Body *Remark
}

func (d *approvalDecision) note() string {
	if d.Body == nil {
		return ""
	}
	return d.Body.Note
}

func (s *Server) approvalRoutes() {
	decided := func(ctx context.Context) func(approval.Request, error) (*body[approval.Request], error) {
		return func(r approval.Request, err error) (*body[approval.Request], error) {
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			return &body[approval.Request]{r}, nil
		}
	}
	huma.Register(s.api, operation("list-approvals", http.MethodGet, "/api/approvals", "Acts that wait for a second person", officer, 401, 403, 422),
		func(ctx context.Context, in *struct {
			Pending bool `query:"pending" doc:"only those that wait"`
			Limit   int  `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"most of the list"`
		},
		) (*body[ApprovalList], error) {
			list, err := s.cfg.Approvals.List(ctx, in.Pending, in.Limit)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			return &body[ApprovalList]{ApprovalList{list}}, nil
		})
	huma.Register(s.api, operation("approve", http.MethodPost, "/api/approvals/{id}/approve", "Approve what another person asked for: it is done", officer, 401, 403, 404, 409, 422, 507),
		func(ctx context.Context, in *approvalDecision) (*body[approval.Request], error) {
			return decided(ctx)(s.cfg.Approvals.Approve(ctx, who(ctx).Who(), in.ID, in.note(), in.Key))
		})
	huma.Register(s.api, operation("refuse", http.MethodPost, "/api/approvals/{id}/refuse", "Refuse what another person asked for, or withdraw what you did", officer, 401, 403, 404, 409, 422, 507),
		func(ctx context.Context, in *approvalDecision) (*body[approval.Request], error) {
			return decided(ctx)(s.cfg.Approvals.Refuse(ctx, who(ctx).Who(), in.ID, in.note(), in.Key))
		})
}
