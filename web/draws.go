package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/desk/draws"
	"atalaya/desk/papers"
)

// Audits are the overseers' random draws.
type Audits interface {
	List(ctx context.Context) ([]draws.Draw, error)
	Commit(ctx context.Context, w draws.Wish) (draws.Draw, error)
	Reveal(ctx context.Context, w papers.Wish, id, seed string) (draws.Draw, error)
	// Answer makes the answer, on record, and hands it to do.
	Answer(ctx context.Context, w papers.Wish, id string, do func([]byte) error) (draws.Draw, error)
}

// DrawList is all draws.
type DrawList struct {
	Draws []draws.Draw `json:"draws" doc:"those changed last first"`
}

// DrawWish is what an overseer commits to.
type DrawWish struct {
	Overseer string `json:"overseer" minLength:"1" maxLength:"200" doc:"who draws; public"`
	Content  string `json:"content" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of 'atalaya.draw.v1', a line feed and the seed's 32 bytes; lower-case hex"`
	First    uint64 `json:"first,omitempty" maximum:"9007199254740991" doc:"the first entry that may be drawn"`
	Draws    int    `json:"draws" minimum:"1" maximum:"10000" doc:"how many entries are drawn"`
	Within   int    `json:"within_h,omitempty" minimum:"0" maximum:"8784" doc:"within how many hours of the reveal the answer is due; 0: 72"`
}

// SeedShown is a seed that an overseer reveals.
type SeedShown struct {
	Seed string `json:"seed" pattern:"^[0-9a-f]{64}$" doc:"32 bytes, lower-case hex"`
}

// drawsPath is where draws are.
const drawsPath = "/api/ledger/draws"

func (s *Server) drawRoutes() {
	huma.Register(s.api, operation("list-draws", http.MethodGet, drawsPath, "Random audit draws of overseers", signedIn, 401, 422),
		func(ctx context.Context, _ *struct{}) (*body[DrawList], error) {
			all, err := s.cfg.Audits.List(ctx)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			return &body[DrawList]{DrawList{all}}, nil
		})
	answered := func(ctx context.Context, d draws.Draw, err error) (*body[draws.Draw], error) {
		if err != nil {
			return nil, s.refusal(ctx, err)
		}
		return &body[draws.Draw]{d}, nil
	}
	huma.Register(s.api, operation("commit-draw", http.MethodPost, drawsPath, "Enter what an overseer commits to: the entries up to this one are drawn from", administrator, 401, 403, 409, 422, 507),
		func(ctx context.Context, in *struct {
			RequestKey
			Body DrawWish
		},
		) (*body[draws.Draw], error) {
			b := &in.Body
			d, err := s.cfg.Audits.Commit(ctx, draws.Wish{
				Wish: s.paperWish(ctx, in.RequestKey), Overseer: b.Overseer, Content: b.Content, First: b.First, Draws: b.Draws, Within: b.Within,
			})
			return answered(ctx, d, err)
		})
	huma.Register(s.api, operation("reveal-draw", http.MethodPost, drawsPath+"/{id}/seed", "Enter the overseer's seed: it selects the entries", administrator, 401, 403, 404, 409, 422, 507),
		func(ctx context.Context, in *struct {
			RequestKey
			ThingPath
			Body SeedShown
		},
		) (*body[draws.Draw], error) {
			d, err := s.cfg.Audits.Reveal(ctx, s.paperWish(ctx, in.RequestKey), in.ID, in.Body.Seed)
			return answered(ctx, d, err)
		})
	op := operation("answer-draw", http.MethodPost, drawsPath+"/{id}/answer", "The answer to a draw: the selected entries, opened wholly, with proofs. It is on record before it is given", administrator, 401, 403, 404, 409, 422, 507)
	op.Responses = map[string]*huma.Response{"200": {
		Description: "a disclosure, for 'atalaya-verify audit'",
		Content:     map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: huma.TypeObject}}},
	}}
	huma.Register(s.api, op, func(ctx context.Context, in *struct {
		RequestKey
		ThingPath
	},
	) (*struct {
		ContentType string `header:"Content-Type"`
		Body        []byte
	}, error,
	) {
		out := &struct {
			ContentType string `header:"Content-Type"`
			Body        []byte
		}{ContentType: "application/json"}
		_, err := s.cfg.Audits.Answer(ctx, s.paperWish(ctx, in.RequestKey), in.ID, func(text []byte) error { out.Body = text; return nil })
		if err != nil {
			return nil, s.refusal(ctx, err)
		}
		return out, nil
	})
}
