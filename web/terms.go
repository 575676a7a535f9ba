package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/desk/terms"
)

// TermList is how long content is kept.
type TermList struct {
	Terms []ShownTerm `json:"terms" doc:"of each class of content"`
}

// ShownTerm is a term as it stands.
type ShownTerm struct {
	terms.Term
	Sign string `json:"sign,omitempty" doc:"what a device signs for the term that is wanted"`
}

// termsPath is where terms are.
const termsPath = "/api/retention"

func (s *Server) termRoutes() {
	huma.Register(s.api, operation("list-terms", http.MethodGet, termsPath, "How long each class of content is kept, since when, and which change waits for two people", signedIn, 401, 422),
		func(ctx context.Context, _ *struct{}) (*body[TermList], error) {
			all, err := s.cfg.Terms.List(ctx)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			out := TermList{Terms: make([]ShownTerm, len(all))}
			for i, t := range all {
				out.Terms[i] = ShownTerm{t, t.ToSign()}
			}
			return &body[TermList]{out}, nil
		})
	huma.Register(s.api, operation("sign-term", http.MethodPost, termsPath+"/{id}/signatures", "Sign the configured term of a class; with the second person's signature it holds, from the next start on", supervisor, 401, 403, 404, 409, 422, 429, 507),
		func(ctx context.Context, in *signing) (*body[ShownTerm], error) {
			t, err := s.cfg.Terms.Get(ctx, in.ID)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			if err := s.confirmed(ctx, in, t.ToSign()); err != nil {
				return nil, err
			}
			w := s.paperWish(ctx, in.RequestKey)
			if t, err = s.cfg.Terms.Sign(ctx, w.Who, in.ID, in.Body.Pen, w.Request); err != nil {
				return nil, s.refusal(ctx, err)
			}
			return &body[ShownTerm]{ShownTerm{t, t.ToSign()}}, nil
		})
}
