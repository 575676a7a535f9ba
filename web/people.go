package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/desk"
	"atalaya/desk/people"
	"atalaya/web/portal"
)

// PeopleList is everybody who may sign in.
type PeopleList struct {
	People []people.Person `json:"people"`
}

// Invitation is a one-time link.
type Invitation struct {
	Token   string    `json:"token" doc:"secret of the link: /enrol#TOKEN"`
	Expires time.Time `json:"expires" doc:"the link is good until then"`
	URL     string    `json:"url,omitempty" doc:"the whole link, where it is an overseer's: it is for the portal"`
}

// PersonPath names a person.
type PersonPath struct {
	ID string `path:"id" maxLength:"64" doc:"name of the person: P3"`
}

// inviteLasts is how long a one-time link is good.
const inviteLasts = 24 * time.Hour

func (s *Server) peopleRoutes() {
	huma.Register(s.api, operation("list-people", http.MethodGet, "/api/people", "Who may sign in", administrator, 401, 403),
		func(ctx context.Context, _ *struct{}) (*body[PeopleList], error) {
			all, err := s.cfg.People.All(ctx)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			return &body[PeopleList]{PeopleList{all}}, nil
		})
	huma.Register(s.api, twoPeople[Invitation](s, operation("invite", http.MethodPost, "/api/people/invite", "Make a one-time link for a new account", administrator, 401, 403, 409, 422, 507)),
		func(ctx context.Context, in *struct {
			Body struct {
				Role    desk.Role `json:"role" enum:"viewer,officer,supervisor,administrator,overseer,instructor" doc:"what the new person may do; an overseer checks at the portal, and sees nothing of operations; an instructor from abroad sees an exercise, and decides nothing"`
				Country string    `json:"country,omitempty" maxLength:"3" doc:"of an instructor: the state that sends them, ISO 3166-1 alpha-3; published"`
				Until   time.Time `json:"until,omitzero" doc:"of an instructor: when the account ends, at most 90 days ahead; published"`
			}
		},
		) (*acted[Invitation], error) {
			secret, hash := NewToken()
			b := in.Body
			if b.Role == desk.Instructor || b.Country != "" || !b.Until.IsZero() {
				if b.Role != desk.Instructor {
					return nil, problem(http.StatusUnprocessableEntity, "invalid", "country and until are of an instructor only")
				}
				e, err := s.cfg.People.InviteInstructor(ctx, who(ctx).Who(), b.Country, b.Until, hash, inviteLasts)
				return linked(ctx, s, secret, e, err)
			}
			e, err := s.cfg.People.Invite(ctx, who(ctx).Who(), b.Role, hash, inviteLasts)
			return linked(ctx, s, secret, e, err)
		})
	huma.Register(s.api, twoPeople[Invitation](s, operation("let-in", http.MethodPost, "/api/people/{id}/link", "Make a one-time link for somebody who lost password and passkeys", administrator, 401, 403, 404, 409, 422, 507)),
		func(ctx context.Context, in *PersonPath) (*acted[Invitation], error) {
			secret, hash := NewToken()
			e, err := s.cfg.People.LetIn(ctx, who(ctx).Who(), desk.PersonID(in.ID), hash, inviteLasts)
			return linked(ctx, s, secret, e, err)
		})
	huma.Register(s.api, twoPeople[people.Person](s, operation("set-role", http.MethodPut, "/api/people/{id}/role", "Change what a person may do; ends their sessions", administrator, 401, 403, 404, 409, 422, 507)),
		func(ctx context.Context, in *struct {
			PersonPath
			Body struct {
				Role    desk.Role `json:"role" enum:"viewer,officer,supervisor,administrator" doc:"what the person may do"`
				Version uint64    `json:"version,omitempty" maximum:"9007199254740991" doc:"of the person, as you saw them; absent: any"`
				Reason  string    `json:"reason,omitempty" maxLength:"4000" doc:"for the second person, where the policy asks for one"`
			}
		},
		) (*acted[people.Person], error) {
			p, err := s.cfg.People.SetRole(ctx, who(ctx).Who(), desk.PersonID(in.ID), in.Body.Role, in.Body.Version)
			return act(ctx, s, p, err, "", in.Body.Reason)
		})
	huma.Register(s.api, twoPeople[people.Person](s, operation("set-disabled", http.MethodPut, "/api/people/{id}/disabled", "Shut a person out, or let them in again; ends their sessions", administrator, 401, 403, 404, 409, 422, 507)),
		func(ctx context.Context, in *struct {
			PersonPath
			Body struct {
				Disabled bool   `json:"disabled" doc:"the person may not sign in"`
				Version  uint64 `json:"version,omitempty" maximum:"9007199254740991" doc:"of the person, as you saw them; absent: any"`
				Reason   string `json:"reason,omitempty" maxLength:"4000" doc:"for the second person, where the policy asks for one"`
			}
		},
		) (*acted[people.Person], error) {
			p, err := s.cfg.People.SetDisabled(ctx, who(ctx).Who(), desk.PersonID(in.ID), in.Body.Disabled, in.Body.Version)
			return act(ctx, s, p, err, "", in.Body.Reason)
		})
}

// linked answers with a link. One that waits for a second person is given too:
// it can be used from their approval on.
func linked(ctx context.Context, s *Server, secret string, e people.Enrolment, err error) (*acted[Invitation], error) {
	link := Invitation{Token: secret, Expires: e.Expires}
	if e.Role == desk.Overseer {
		link.URL = s.cfg.Portal + portal.Enrol + "#" + secret
	}
	out, err := act(ctx, s, link, err, "", "")
	if err == nil {
		out.Body.Done = &link
	}
	return out, err
}
