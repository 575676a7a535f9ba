package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/desk"
	"atalaya/desk/authority"
)

// ShownAuthority is an authority as it stands now.
type ShownAuthority struct {
	authority.Authority
	State authority.State `json:"state" enum:"draft,coming,in-force,emergency,lapsed,ended,revoked,unreviewed" doc:"how far it has come"`
	Text  string          `json:"text,omitempty" doc:"what content is the SHA-256 of; for officers, and not in the list"`
	Sign  string          `json:"sign,omitempty" doc:"what a device signs for a draft; for officers"`
	// Review waits at most 24 hours.
	Review string `json:"review,omitempty" doc:"what a device signs to review an emergency; for officers"`
}

// AuthorityList is authorities.
type AuthorityList struct {
	Authorities []ShownAuthority `json:"authorities" doc:"those changed last first"`
}

// Signing is a signature that a device made, and where the person has a passkey
// its answer.
type Signing struct {
	authority.Pen
	Passkey *Answer `json:"passkey,omitempty" doc:"answer to the question of POST /api/passkeys/confirm; who has no passkey leaves it out"`
}

// Why is why something ends.
type Why struct {
	Reason string `json:"reason" minLength:"1" maxLength:"2000" doc:"why, in one line"`
}

type signing struct {
	sender
	RequestKey
	ThingPath
	Body Signing
}

// authoritiesPath is where authorities are.
const authoritiesPath = "/api/authorities"

func (s *Server) authorityRoutes() {
	huma.Register(s.api, operation("list-authorities", http.MethodGet, authoritiesPath, "Authorities: what may be observed, and who signed", signedIn, 401, 422),
		func(ctx context.Context, in *struct {
			Open bool `query:"open" doc:"only drafts and those that are, or will be, in force"`
		},
		) (*body[AuthorityList], error) {
			all, err := s.cfg.Authorities.List(ctx, in.Open)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			out := AuthorityList{Authorities: []ShownAuthority{}}
			for _, a := range all {
				shown := s.shownAuthority(ctx, a)
				if in.Open && !shown.State.Open() { // its end is not on record yet
					continue
				}
				shown.Text = ""
				out.Authorities = append(out.Authorities, shown)
			}
			return &body[AuthorityList]{out}, nil
		})
	huma.Register(s.api, operation("get-authority", http.MethodGet, authoritiesPath+"/{id}", "One authority, and what is to be signed", signedIn, 401, 404, 422),
		func(ctx context.Context, in *ThingPath) (*body[ShownAuthority], error) {
			a, err := s.cfg.Authorities.Get(ctx, in.ID)
			return s.authorityShown(ctx, a, err)
		})
	huma.Register(s.api, operation("draft-authority", http.MethodPost, authoritiesPath, "Draft an authority, for two people to sign; supervisors, in an emergency officers", officer, 401, 403, 409, 422, 507),
		func(ctx context.Context, in *struct {
			RequestKey
			Body authority.Terms
		},
		) (*body[ShownAuthority], error) {
			w := s.paperWish(ctx, in.RequestKey)
			a, err := s.cfg.Authorities.Draft(ctx, w.Who, in.Body, w.Request)
			return s.authorityShown(ctx, a, err)
		})
	huma.Register(s.api, operation("sign-authority", http.MethodPost, authoritiesPath+"/{id}/signatures", "Sign a draft: with the second person's signature it is in force", officer, 401, 403, 404, 409, 422, 429, 507),
		func(ctx context.Context, in *signing) (*body[ShownAuthority], error) {
			a, err := s.cfg.Authorities.Get(ctx, in.ID)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			if err := s.confirmed(ctx, in, a.ToSign(s.cfg.Clock())); err != nil {
				return nil, err
			}
			w := s.paperWish(ctx, in.RequestKey)
			a, err = s.cfg.Authorities.Sign(ctx, w.Who, in.ID, in.Body.Pen, w.Request)
			return s.authorityShown(ctx, a, err)
		})
	huma.Register(s.api, operation("review-authority", http.MethodPost, authoritiesPath+"/{id}/reviews", "Review an emergency that another person signed: two people do", officer, 401, 403, 404, 409, 422, 429, 507),
		func(ctx context.Context, in *signing) (*body[ShownAuthority], error) {
			a, err := s.cfg.Authorities.Get(ctx, in.ID)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			if err := s.confirmed(ctx, in, a.ToReview(s.cfg.Clock())); err != nil {
				return nil, err
			}
			w := s.paperWish(ctx, in.RequestKey)
			a, err = s.cfg.Authorities.Review(ctx, w.Who, in.ID, in.Body.Pen, w.Request)
			return s.authorityShown(ctx, a, err)
		})
	huma.Register(s.api, operation("revoke-authority", http.MethodPost, authoritiesPath+"/{id}/revoke", "End an authority, or a draft, now: one person does", officer, 401, 403, 404, 409, 422, 507),
		func(ctx context.Context, in *struct {
			RequestKey
			ThingPath
			Body Why
		},
		) (*body[ShownAuthority], error) {
			w := s.paperWish(ctx, in.RequestKey)
			a, err := s.cfg.Authorities.Revoke(ctx, w.Who, in.ID, in.Body.Reason, w.Request)
			return s.authorityShown(ctx, a, err)
		})
	huma.Register(s.api, operation("ask-confirmation", http.MethodPost, "/api/passkeys/confirm", "A question for a passkey of yours, to confirm one signature", officer, 401, 403, 409, 422),
		func(ctx context.Context, in *struct {
			sender
			Body struct {
				Text string `json:"text" minLength:"1" maxLength:"1000" doc:"what the device signs"`
			}
		},
		) (*body[Question], error) {
			return s.askFor(in.host, confirmation(ctx, in.Body.Text))
		})
}

// confirmation is the purpose of a question that confirms a signature: it is
// good for this person and this text only.
func confirmation(ctx context.Context, text string) string {
	return toSign + string(who(ctx).ID) + ":" + text
}

// confirmed asks for the answer of a passkey to a signature over a text, where
// the person has one: a session that was left open does not sign. An empty text
// is not to be signed, which is told by who refuses it.
func (s *Server) confirmed(ctx context.Context, in *signing, text string) error {
	p := who(ctx)
	keys, err := s.cfg.People.Passkeys(ctx, p.ID)
	switch {
	case err != nil:
		return s.refusal(ctx, err)
	case len(keys) == 0 || text == "":
		return nil
	case in.Body.Passkey == nil || !in.Body.Passkey.given():
		return problem(http.StatusForbidden, "confirm", "you have a passkey: confirm the signature with it")
	}
	_, err = s.holderOf(ctx, in.sender, confirmation(ctx, text), *in.Body.Passkey, http.StatusForbidden, p.ID)
	return err
}

func (s *Server) authorityShown(ctx context.Context, a authority.Authority, err error) (*body[ShownAuthority], error) {
	if err != nil {
		return nil, s.refusal(ctx, err)
	}
	return &body[ShownAuthority]{s.shownAuthority(ctx, a)}, nil
}

func (s *Server) shownAuthority(ctx context.Context, a authority.Authority) ShownAuthority {
	now := s.cfg.Clock()
	out := ShownAuthority{Authority: a, State: a.State(now)}
	if out.Signed == nil {
		out.Signed = []authority.Signature{}
	}
	if !who(ctx).Role.AtLeast(desk.Officer) {
		out.Salt = ""
		return out
	}
	out.Text, out.Sign, out.Review = a.Text(a.ID, a.Salt), a.ToSign(now), a.ToReview(now)
	return out
}
