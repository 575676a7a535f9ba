package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/desk"
	"atalaya/desk/people"
)

// SessionInfo tells a page who uses it.
type SessionInfo struct {
	Person    people.Person `json:"person"`
	Exercise  bool          `json:"exercise" doc:"everything shown is simulated"`
	Version   string        `json:"version" doc:"of the program"`
	Languages []string      `json:"languages" doc:"of the screens"`
}

func (s *Server) info(p people.Person) SessionInfo {
	return SessionInfo{Person: p, Exercise: s.cfg.Exercise, Version: s.cfg.Version, Languages: []string{"es", "en"}}
}

type signedOut struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

type sessionOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      SessionInfo
}

// sender is the part of an input that notes where it came from.
type sender struct {
	network, browser string
}

// Resolve implements huma.Resolver.
func (n *sender) Resolve(ctx huma.Context) []error {
	n.network, n.browser = network(ctx.RemoteAddr()), ctx.Header("User-Agent")
	return nil
}

type credentials struct {
	sender
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"100" doc:"name to sign in with"`
		Password string `json:"password" minLength:"1" maxLength:"256" doc:"password"`
	}
}

type enrolInput struct {
	sender
	Body struct {
		Token    string `json:"token" minLength:"1" maxLength:"200" doc:"secret of the sign-in link"`
		Name     string `json:"name" minLength:"1" maxLength:"100" doc:"your name, to sign in with"`
		Password string `json:"password" minLength:"10" maxLength:"256" doc:"at least ten characters"`
	}
}

// network gives the address of a sender, of IPv6 the network of its first 64
// bits, within which one computer has as many addresses as it likes.
func network(remote string) string {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return remote
	}
	addr := at.Addr().Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	const bits = 64
	return netip.PrefixFrom(addr, bits).Masked().String()
}

func (s *Server) cookie(value string, age time.Duration) http.Cookie {
	return http.Cookie{
		Name: cookieName, Value: value, Path: "/", HttpOnly: true, Secure: s.cfg.Secure,
		SameSite: http.SameSiteStrictMode, MaxAge: int(age.Seconds()),
	}
}

// open signs a person in.
func (s *Server) open(ctx context.Context, p people.Person, from sender) (*sessionOutput, error) {
	secret, hash := NewToken()
	if _, err := s.cfg.People.SignIn(ctx, people.Arrival{
		Person: p.ID, Token: hash, Lasts: s.cfg.Session, Network: from.network, Browser: from.browser,
	}); err != nil {
		return nil, s.refusal(ctx, err)
	}
	return &sessionOutput{SetCookie: s.cookie(secret, s.cfg.Session), Body: s.info(p)}, nil
}

// limit takes an attempt from each of the keys, or refuses it.
func (s *Server) limit(keys ...string) error {
	wait, ok := s.tries.allow(keys...)
	if ok {
		return nil
	}
	p := problem(http.StatusTooManyRequests, "too-many-attempts", fmt.Sprintf("too many attempts: wait %s and try again", wait.Round(time.Second)))
	return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {strconv.Itoa(int(wait.Seconds()) + 1)}})
}

func (s *Server) sessionRoutes() {
	huma.Register(s.api, operation("get-session", http.MethodGet, "/api/session", "Who is signed in", signedIn, 401),
		func(ctx context.Context, _ *struct{}) (*body[SessionInfo], error) {
			return &body[SessionInfo]{s.info(who(ctx))}, nil
		})
	huma.Register(s.api, operation("sign-in", http.MethodPost, "/api/session", "Sign in with name and password", anybody, 401, 422, 429),
		s.signIn)
	huma.Register(s.api, operation("sign-out", http.MethodDelete, "/api/session", "Sign out", signedIn, 401, 507),
		func(ctx context.Context, _ *struct{}) (*signedOut, error) {
			if err := s.cfg.People.SignOut(ctx, call(ctx).session.Token); err != nil {
				return nil, s.refusal(ctx, err)
			}
			return &signedOut{s.cookie("", -time.Second)}, nil
		})
	huma.Register(s.api, operation("enrol", http.MethodPost, "/api/enrol", "Make an account with a one-time link", anybody, 403, 404, 409, 422, 429, 507),
		s.enrol)
}

func (s *Server) signIn(ctx context.Context, in *credentials) (*sessionOutput, error) {
	keys := []string{"from " + in.network, "name " + people.NameKey(in.Body.Name)}
	if err := s.limit(keys...); err != nil {
		return nil, err
	}
	p, err := s.cfg.People.ByName(ctx, in.Body.Name)
	if err != nil && !errors.Is(err, desk.ErrNotFound) {
		return nil, s.refusal(ctx, err)
	}
	// An unknown name takes as long as a wrong password.
	right, err := s.hasher.matches(ctx, p.PasswordHash, in.Body.Password)
	if err != nil {
		return nil, s.refusal(ctx, err)
	}
	if !right || p.Disabled {
		return nil, problem(http.StatusUnauthorized, "wrong-credentials", "name or password is wrong: try again, or ask an administrator for a new link")
	}
	s.tries.refund(keys...)
	return s.open(ctx, p, in.sender)
}

func (s *Server) enrol(ctx context.Context, in *enrolInput) (*sessionOutput, error) {
	if err := s.limit("from " + in.network); err != nil {
		return nil, err
	}
	token := hashToken(in.Body.Token)
	if _, err := s.cfg.People.Invited(ctx, token); err != nil {
		return nil, s.refusal(ctx, err)
	}
	phc, err := s.hasher.hash(ctx, in.Body.Password)
	switch {
	case errors.Is(err, errPassword):
		return nil, problem(http.StatusUnprocessableEntity, "password", err.Error())
	case err != nil:
		return nil, s.refusal(ctx, err)
	}
	p, err := s.cfg.People.Enrol(ctx, token, in.Body.Name, phc)
	if err != nil {
		return nil, s.refusal(ctx, err)
	}
	return s.open(ctx, p, in.sender)
}
