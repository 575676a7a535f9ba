package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/desk"
	"atalaya/desk/people"
)

// OpenSession is one session of the list.
type OpenSession struct {
	ID      string        `json:"id" doc:"name of the session; tells nothing of its secret"`
	Person  desk.PersonID `json:"person" doc:"whose it is"`
	Own     bool          `json:"own" doc:"the one that asks"`
	Network string        `json:"network" doc:"address it was opened from; of IPv6 the network"`
	Browser string        `json:"browser" doc:"what the browser said of itself"`
	Created time.Time     `json:"created" doc:"when it was opened"`
	Used    time.Time     `json:"used" doc:"last use, to a minute"`
	Expires time.Time     `json:"expires" doc:"it ends then"`
	Locked  bool          `json:"locked" doc:"its person was away"`
}

// SessionList is the sessions that are good.
type SessionList struct {
	Sessions []OpenSession `json:"sessions" doc:"newest first"`
}

// Ended says how many sessions were ended.
type Ended struct {
	Ended int `json:"ended" doc:"sessions that were ended"`
}

// AttemptList is one page of attempts to sign in.
type AttemptList struct {
	Attempts []people.Attempt `json:"attempts" doc:"newest first"`
	Next     uint64           `json:"next,omitempty" doc:"give it as before for the next page; absent: no more"`
}

func (s *Server) sessionListRoutes() {
	huma.Register(s.api, operation("list-sessions", http.MethodGet, "/api/sessions", "Where somebody is signed in", signedIn, 401, 403, 422), s.listSessions)
	huma.Register(s.api, operation("end-session", http.MethodDelete, "/api/sessions/{id}", "End a session", signedIn, 401, 404, 422, 507),
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"64" doc:"name of the session"`
		},
		) (*struct{}, error) {
			of := who(ctx).ID
			if who(ctx).Role.AtLeast(desk.Administrator) {
				of = "" // anybody's
			}
			if _, err := s.cfg.People.EndSessions(ctx, who(ctx).Who(), of, in.ID, people.TokenHash{}); err != nil {
				return nil, s.refusal(ctx, err)
			}
			return nil, nil //nolint:nilnil // 204
		})
	huma.Register(s.api, operation("end-sessions", http.MethodDelete, "/api/sessions", "End all your other sessions", signedIn, 401, 507),
		func(ctx context.Context, _ *struct{}) (*body[Ended], error) { return s.endSessions(ctx, who(ctx).ID) })
	huma.Register(s.api, operation("end-person-sessions", http.MethodDelete, "/api/people/{id}/sessions", "End all sessions of a person, but the one that asks", administrator, 401, 403, 422, 507),
		func(ctx context.Context, in *PersonPath) (*body[Ended], error) {
			return s.endSessions(ctx, desk.PersonID(in.ID))
		})
	huma.Register(s.api, operation("list-attempts", http.MethodGet, "/api/attempts", "Attempts to sign in", administrator, 401, 403, 422),
		func(ctx context.Context, in *struct {
			Before uint64 `query:"before" maximum:"9007199254740991" doc:"next of the page before"`
			Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"most attempts of the page"`
		},
		) (*body[AttemptList], error) {
			list, err := s.cfg.People.Attempts(ctx, who(ctx).Who(), in.Before, in.Limit)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			out := AttemptList{Attempts: list}
			if list == nil {
				out.Attempts = []people.Attempt{}
			}
			if len(list) == in.Limit {
				out.Next = list[len(list)-1].Number
			}
			return &body[AttemptList]{out}, nil
		})
}

func (s *Server) listSessions(ctx context.Context, in *wholeList) (*body[SessionList], error) {
	list, err := s.cfg.People.Sessions(ctx, who(ctx).Who(), in.of(ctx))
	if err != nil {
		return nil, s.refusal(ctx, err)
	}
	out := make([]OpenSession, len(list))
	for i, x := range list {
		out[i] = OpenSession{
			ID: x.ID(), Person: x.Person, Own: x.Token == call(ctx).session.Token, Network: x.Network, Browser: x.Browser,
			Created: x.Created, Used: x.Used, Expires: x.Expires, Locked: !x.Locked.IsZero(),
		}
	}
	return &body[SessionList]{SessionList{out}}, nil
}

func (s *Server) endSessions(ctx context.Context, of desk.PersonID) (*body[Ended], error) {
	n, err := s.cfg.People.EndSessions(ctx, who(ctx).Who(), of, "", call(ctx).session.Token)
	if err != nil {
		return nil, s.refusal(ctx, err)
	}
	return &body[Ended]{Ended{n}}, nil
}

// lockRoutes are what a page does while its person is away.
func (s *Server) lockRoutes() {
	huma.Register(s.api, operation("note-activity", http.MethodPost, "/api/session/activity", "The person does something: the session does not lock itself", signedIn, 401),
		func(context.Context, *struct{}) (*struct{}, error) { return nil, nil }) //nolint:nilnil // authenticate has noted it
	huma.Register(s.api, whileLocked(operation("lock", http.MethodPost, "/api/session/lock", "Lock the session: nothing is decided until it is unlocked", signedIn, 401, 507)),
		func(ctx context.Context, _ *struct{}) (*struct{}, error) {
			if err := s.cfg.People.Lock(ctx, call(ctx).session.Token); err != nil {
				return nil, s.refusal(ctx, err)
			}
			return nil, nil //nolint:nilnil // 204
		})
	huma.Register(s.api, whileLocked(operation("unlock", http.MethodPost, "/api/session/unlock", "Unlock the session with password or passkey", signedIn, 401, 403, 409, 422, 429, 507)), s.unlock)
	huma.Register(s.api, operation("set-password", http.MethodPut, "/api/session/password", "Change your password; ends your other sessions", signedIn, 401, 403, 422, 429, 507), s.setPassword)
}

type unlockInput struct {
	sender
	Body struct {
		Answer
		Password string `json:"password,omitempty" maxLength:"256" doc:"of who is signed in; absent: a passkey of theirs answers"`
	}
}

func (s *Server) unlock(ctx context.Context, in *unlockInput) (*body[SessionInfo], error) {
	p := who(ctx)
	if in.Body.given() {
		if _, err := s.holderOf(ctx, in.sender, toSignIn, in.Body.Answer, http.StatusForbidden, p.ID); err != nil {
			return nil, err
		}
		return s.unlocked(ctx, in.sender, people.ByPasskey)
	}
	if err := s.verify(ctx, in.sender, p, in.Body.Password); err != nil {
		return nil, err
	}
	return s.unlocked(ctx, in.sender, people.ByPassword)
}

// unlocked opens the session of somebody who showed who they are.
func (s *Server) unlocked(ctx context.Context, from sender, way people.Way) (*body[SessionInfo], error) {
	c := call(ctx)
	a := from.attempt(c.person.Name, way, people.Unlocked)
	a.Person = c.person.ID
	if err := s.cfg.People.Note(ctx, a); err != nil {
		return nil, s.refusal(ctx, err)
	}
	if err := s.cfg.People.Unlock(ctx, c.session.Token); err != nil {
		return nil, s.refusal(ctx, err)
	}
	c.session.Locked = time.Time{}
	return &body[SessionInfo]{s.info(c.person, c.session)}, nil
}

// verify refuses a password that is not the one of who is signed in.
func (s *Server) verify(ctx context.Context, from sender, p people.Person, password string) error {
	a := from.attempt(p.Name, people.ByPassword, people.Wrong)
	a.Person = p.ID
	name := "name " + people.NameKey(p.Name)
	if err := s.limit(ctx, a, name); err != nil {
		return err
	}
	right, err := s.hasher.matches(ctx, p.PasswordHash, password)
	if err != nil {
		return s.refusal(ctx, err)
	}
	if !right {
		if err := s.cfg.People.Note(ctx, a); err != nil {
			return s.refusal(ctx, err)
		}
		return wrongCredentials(http.StatusForbidden)
	}
	s.refund(a, name)
	return nil
}

type passwordInput struct {
	sender
	Body struct {
		Current  string `json:"current,omitempty" maxLength:"256" doc:"the one that holds; absent where none was set"`
		Password string `json:"password" minLength:"10" maxLength:"256" doc:"the new one: at least ten characters"`
	}
}

func (s *Server) setPassword(ctx context.Context, in *passwordInput) (*sessionOutput, error) {
	p := who(ctx)
	if p.PasswordHash != "" {
		if err := s.verify(ctx, in.sender, p, in.Body.Current); err != nil {
			return nil, err
		}
	}
	phc, err := s.newHash(ctx, in.Body.Password)
	if err != nil {
		return nil, err
	}
	if p, err = s.cfg.People.SetPassword(ctx, p.Who(), p.ID, phc); err != nil {
		return nil, s.refusal(ctx, err)
	}
	return s.open(ctx, p, in.sender, people.ByPassword)
}
