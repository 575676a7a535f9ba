package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/desk"
	"atalaya/desk/people"
)

// tokenPrefix tells people and scanners what the secret is.
const tokenPrefix = "atl_"

// TokenList is the tokens of programs.
type TokenList struct {
	Tokens []people.Token `json:"tokens" doc:"oldest first"`
}

// MadeToken is a token and, this once, its secret.
type MadeToken struct {
	Token  people.Token `json:"token"`
	Secret string       `json:"secret" doc:"for the header 'Authorization: Bearer ...'; shown only now"`
}

// wholeList asks for what is of others too.
type wholeList struct {
	All bool `query:"all" doc:"of everybody, for administrators; else your own"`
}

// of names the person whose things a list is about; empty: everybody.
func (l wholeList) of(ctx context.Context) desk.PersonID {
	if l.All {
		return ""
	}
	return who(ctx).ID
}

// RequestKey is the client's name for a wish.
type RequestKey struct {
	Key string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"200" doc:"the client's name for this request; a retry has the same"`
}

func (s *Server) tokenRoutes() {
	huma.Register(s.api, operation("list-tokens", http.MethodGet, "/api/tokens", "Tokens of programs", signedIn, 401, 403, 422),
		func(ctx context.Context, in *wholeList) (*body[TokenList], error) {
			tokens, err := s.cfg.People.Tokens(ctx, who(ctx).Who(), in.of(ctx))
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			if tokens == nil {
				tokens = []people.Token{}
			}
			return &body[TokenList]{TokenList{tokens}}, nil
		})
	huma.Register(s.api, operation("make-token", http.MethodPost, "/api/tokens", "Make a token with which a program reads for you", signedIn, 401, 409, 422, 507),
		func(ctx context.Context, in *struct {
			RequestKey
			Body struct {
				Name   string         `json:"name" minLength:"1" maxLength:"100" doc:"what it is for"`
				Scopes []people.Scope `json:"scopes" enum:"read-picture,read-alerts,read-system,ogc" minItems:"1" maxItems:"4" doc:"what it may read"`
				Days   int            `json:"days" minimum:"1" maximum:"366" doc:"days that it is good for"`
			}
		},
		) (*body[MadeToken], error) {
			const day = 24 * time.Hour
			secret, hash := newSecret(tokenPrefix)
			t, err := s.cfg.People.MakeToken(ctx, who(ctx).Who(), people.Token{
				Hash: hash, Name: in.Body.Name, Scopes: in.Body.Scopes, Request: in.Key,
				Expires: s.cfg.Clock().Add(time.Duration(in.Body.Days) * day),
			})
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			return &body[MadeToken]{MadeToken{t, secret}}, nil
		})
	huma.Register(s.api, operation("end-token", http.MethodDelete, "/api/tokens/{id}", "Revoke a token", signedIn, 401, 404, 422, 507),
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"64" doc:"name of the token"`
		},
		) (*struct{}, error) {
			if err := s.cfg.People.EndToken(ctx, who(ctx).Who(), in.ID); err != nil {
				return nil, s.refusal(ctx, err)
			}
			return nil, nil //nolint:nilnil // 204
		})
}
