package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/desk/holds"
)

// HoldList is all holds.
type HoldList struct {
	Holds []holds.Hold `json:"holds" doc:"those changed last first"`
}

// LiftWish is a signature that a hold ends.
type LiftWish struct {
	Signing
	Reason string `json:"reason,omitempty" maxLength:"2000" doc:"why; who signs second may leave it out"`
}

// holdsPath is where holds are.
const holdsPath = "/api/ledger/holds"

func (s *Server) holdRoutes() {
	huma.Register(s.api, operation("list-holds", http.MethodGet, holdsPath, "Legal holds: what is kept beyond its term, why, and who signed it", supervisor, 401, 403, 422),
		func(ctx context.Context, _ *struct{}) (*body[HoldList], error) {
			all, err := s.cfg.Holds.List(ctx)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			return &body[HoldList]{HoldList{all}}, nil
		})
	huma.Register(s.api, operation("order-hold", http.MethodPost, holdsPath, "Order a legal hold, for two people to sign", supervisor, 401, 403, 404, 409, 422, 507),
		func(ctx context.Context, in *struct {
			RequestKey
			Body holds.Wish
		},
		) (*body[holds.Hold], error) {
			return s.held(ctx, func() (holds.Hold, error) { return s.cfg.Holds.Order(ctx, s.paperWish(ctx, in.RequestKey), in.Body) })
		})
	huma.Register(s.api, operation("sign-hold", http.MethodPost, holdsPath+"/{id}/sign", "Sign an order with a device's key; the second signature keeps what it chooses", supervisor, 401, 403, 404, 409, 422, 429, 507),
		func(ctx context.Context, in *signing) (*body[holds.Hold], error) {
			return s.held(ctx, func() (holds.Hold, error) {
				h, err := s.cfg.Holds.Get(ctx, in.ID)
				if err != nil {
					return h, err
				}
				if err := s.confirmed(ctx, in, h.ToSign("")); err != nil {
					return h, err
				}
				return s.cfg.Holds.Sign(ctx, s.paperWish(ctx, in.RequestKey), in.ID, in.Body.Pen)
			})
		})
	huma.Register(s.api, operation("lift-hold", http.MethodPost, holdsPath+"/{id}/lift", "Sign that a hold ends; with the second signature what it kept is destroyed at once", supervisor, 401, 403, 404, 409, 422, 429, 507),
		func(ctx context.Context, in *struct {
			sender
			RequestKey
			ThingPath
			Body LiftWish
		},
		) (*body[holds.Hold], error) {
			return s.held(ctx, func() (holds.Hold, error) {
				h, err := s.cfg.Holds.Get(ctx, in.ID)
				if err != nil {
					return h, err
				}
				asked := signing{in.sender, in.RequestKey, in.ThingPath, in.Body.Signing}
				if err := s.confirmed(ctx, &asked, h.ToSign(in.Body.Reason)); err != nil {
					return h, err
				}
				return s.cfg.Holds.Lift(ctx, s.paperWish(ctx, in.RequestKey), in.ID, in.Body.Reason, in.Body.Pen)
			})
		})
}

func (s *Server) held(ctx context.Context, do func() (holds.Hold, error)) (*body[holds.Hold], error) {
	h, err := do()
	var told *Problem
	switch {
	case errors.As(err, &told):
		return nil, err
	case err != nil:
		return nil, s.refusal(ctx, err)
	}
	return &body[holds.Hold]{h}, nil
}
