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

// Lock is the policy of sessions whose person is away.
type Lock struct {
	After   time.Duration // 0: sessions do not lock themselves
	Picture bool          // the picture stays visible
}

// LockInfo tells a page when to lock itself, and whether it is.
type LockInfo struct {
	After   float64 `json:"after_s" doc:"seconds without the person after which the session locks itself; 0: never"`
	Picture bool    `json:"picture" doc:"the picture stays visible in a locked session"`
	Locked  bool    `json:"locked" doc:"decisions are refused until POST /api/session/unlock"`
}

// Failures are attempts with the person's name that failed before they signed
// in.
type Failures struct {
	Count int       `json:"count" doc:"how many, since the time before that they signed in; 0: none"`
	Last  time.Time `json:"last" doc:"the newest of them; zero: none"`
}

// SessionInfo tells a page who uses it.
type SessionInfo struct {
	Person    people.Person `json:"person"`
	Exercise  bool          `json:"exercise" doc:"everything shown is simulated"`
	Version   string        `json:"version" doc:"of the program"`
	Languages []string      `json:"languages" doc:"of the screens"`
	Lock      LockInfo      `json:"lock"`
	Failures  Failures      `json:"failures" doc:"to warn the person of"`
	Expires   time.Time     `json:"expires" doc:"the session is good until then"`
}

func (s *Server) info(p people.Person, x people.Session) SessionInfo {
	return SessionInfo{
		Person: p, Exercise: s.cfg.Exercise, Version: s.cfg.Version, Languages: []string{"es", "en"},
		Lock:     LockInfo{s.cfg.Lock.After.Seconds(), s.cfg.Lock.Picture, !x.Locked.IsZero()},
		Failures: Failures{x.Failed, x.LastFailed}, Expires: x.Expires,
	}
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
	host             string // by which it came
}

// Resolve implements huma.Resolver.
func (n *sender) Resolve(ctx huma.Context) []error {
	n.network, n.browser, n.host = network(ctx.RemoteAddr()), ctx.Header("User-Agent"), ctx.Host()
	return nil
}

type credentials struct {
	sender
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"100" doc:"name to sign in with"`
		Password string `json:"password" minLength:"1" maxLength:"256" doc:"password"`
	}
}

type enrolStart struct {
	sender
	Body struct {
		Token string `json:"token" minLength:"1" maxLength:"200" doc:"secret of the sign-in link"`
		Name  string `json:"name,omitempty" maxLength:"100" doc:"your name, for the passkey; of a link that lets you in again it is known"`
	}
}

// Enrolling tells what a link is for.
type Enrolling struct {
	Role    desk.Role `json:"role" doc:"what the person may do"`
	Name    string    `json:"name,omitempty" doc:"whom the link lets in again; absent: it makes an account"`
	Passkey *Question `json:"passkey,omitempty" doc:"makes a passkey; absent: none is possible here, or no name was given"`
}

type enrolInput struct {
	sender
	Body struct {
		Answer
		Token    string `json:"token" minLength:"1" maxLength:"200" doc:"secret of the sign-in link"`
		Name     string `json:"name" minLength:"1" maxLength:"100" doc:"your name, to sign in with"`
		Password string `json:"password,omitempty" maxLength:"256" doc:"at least ten characters; absent: the passkey is enough"`
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
		Name: s.cfg.cookieName(), Value: value, Path: "/", HttpOnly: true, Secure: s.cfg.Secure,
		SameSite: http.SameSiteStrictMode, MaxAge: int(age.Seconds()),
	}
}

// open signs a person in.
func (s *Server) open(ctx context.Context, p people.Person, from sender, way people.Way) (*sessionOutput, error) {
	if p.Role == desk.Overseer {
		return nil, s.notHere()
	}
	secret, hash := NewToken()
	x, err := s.cfg.People.SignIn(ctx, people.Arrival{
		Person: p.ID, Token: hash, Lasts: s.cfg.Session, Network: from.network, Browser: from.browser, Way: way,
	})
	if err != nil {
		return nil, s.refusal(ctx, err)
	}
	return &sessionOutput{SetCookie: s.cookie(secret, s.cfg.Session), Body: s.info(p, x)}, nil
}

// attempt describes an attempt that came from somewhere.
func (from sender) attempt(name string, way people.Way, outcome people.Outcome) people.Attempt {
	return people.Attempt{Name: name, Network: from.network, Browser: from.browser, Way: way, Outcome: outcome}
}

// limit takes an attempt from the sender, and from each of the keys, or
// refuses it, which is noted once a minute.
func (s *Server) limit(ctx context.Context, a people.Attempt, keys ...string) error {
	wait, ok := s.tries.allow(append(keys, "from "+a.Network)...)
	if ok {
		return nil
	}
	if s.tries.tell("from " + a.Network) {
		a.Outcome = people.Limited
		if err := s.cfg.People.Note(ctx, a); err != nil {
			return s.refusal(ctx, err)
		}
	}
	p := problem(http.StatusTooManyRequests, "too-many-attempts", fmt.Sprintf("too many attempts: wait %s and try again", wait.Round(time.Second)))
	return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {strconv.Itoa(int(wait.Seconds()) + 1)}})
}

// refund gives back the attempt of who was right.
func (s *Server) refund(a people.Attempt, keys ...string) {
	s.tries.refund(append(keys, "from "+a.Network)...)
}

func (s *Server) sessionRoutes() {
	huma.Register(s.api, whileLocked(operation("get-session", http.MethodGet, "/api/session", "Who is signed in", signedIn, 401)),
		func(ctx context.Context, _ *struct{}) (*body[SessionInfo], error) {
			return &body[SessionInfo]{s.info(who(ctx), call(ctx).session)}, nil
		})
	huma.Register(s.api, operation("sign-in", http.MethodPost, "/api/session", "Sign in with name and password", anybody, 401, 422, 429),
		s.signIn)
	huma.Register(s.api, whileLocked(operation("sign-out", http.MethodDelete, "/api/session", "Sign out", signedIn, 401, 507)),
		func(ctx context.Context, _ *struct{}) (*signedOut, error) {
			if err := s.cfg.People.SignOut(ctx, call(ctx).session.Token); err != nil {
				return nil, s.refusal(ctx, err)
			}
			return &signedOut{s.cookie("", -time.Second)}, nil
		})
	huma.Register(s.api, operation("start-enrol", http.MethodPost, "/api/enrol/start", "What a one-time link is for, and a question for a passkey", anybody, 404, 409, 422, 429, 507), s.startEnrol)
	huma.Register(s.api, operation("enrol", http.MethodPost, "/api/enrol", "Make an account with a one-time link", anybody, 403, 404, 409, 422, 429, 507),
		s.enrol)
}

// wrongCredentials answers an attempt that failed, and tells nothing of why.
func wrongCredentials(status int) *Problem {
	return problem(status, "wrong-credentials", "name or password is wrong: try again, or ask an administrator for a new link")
}

func (s *Server) signIn(ctx context.Context, in *credentials) (*sessionOutput, error) {
	a := in.attempt(in.Body.Name, people.ByPassword, people.Wrong)
	name := "name " + people.NameKey(in.Body.Name)
	if err := s.limit(ctx, a, name); err != nil {
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
		if a.Person = p.ID; right {
			a.Outcome = people.ShutOut
		}
		if err := s.cfg.People.Note(ctx, a); err != nil {
			return nil, s.refusal(ctx, err)
		}
		return nil, wrongCredentials(http.StatusUnauthorized)
	}
	s.refund(a, name)
	return s.open(ctx, p, in.sender, people.ByPassword)
}

// link gives a one-time link, and limits guessing.
func (s *Server) link(ctx context.Context, from sender, secret, name string) (people.Enrolment, error) {
	a := from.attempt(name, people.ByLink, people.Wrong)
	if err := s.limit(ctx, a); err != nil {
		return people.Enrolment{}, err
	}
	e, err := s.cfg.People.Invited(ctx, hashToken(secret))
	if err != nil {
		if nerr := s.cfg.People.Note(ctx, a); nerr != nil {
			err = nerr
		}
		return people.Enrolment{}, s.refusal(ctx, err)
	}
	if e.Role == desk.Overseer {
		return people.Enrolment{}, s.notHere()
	}
	return e, nil
}

// notHere sends an overseer to the portal: they see nothing of operations.
func (s *Server) notHere() *Problem {
	return problem(http.StatusForbidden, "overseer", "overseers sign in at the portal: "+s.cfg.Portal)
}

func (s *Server) startEnrol(ctx context.Context, in *enrolStart) (*body[Enrolling], error) {
	e, err := s.link(ctx, in.sender, in.Body.Token, in.Body.Name)
	if err != nil {
		return nil, err
	}
	s.refund(in.attempt("", people.ByLink, people.LetIn))
	out := Enrolling{Role: e.Role}
	name := in.Body.Name
	if e.For != "" {
		p, err := s.cfg.People.ByID(ctx, e.For)
		if err != nil {
			return nil, s.refusal(ctx, err)
		}
		out.Name, name = p.Name, p.Name
	}
	if rp, _ := s.relying(in.host); rp != nil && name != "" {
		q, err := s.askNew(in.host, toEnrol+in.Body.Token, newHolder(name, nil))
		if err != nil {
			return nil, err
		}
		out.Passkey = &q
	}
	return &body[Enrolling]{out}, nil
}

func (s *Server) enrol(ctx context.Context, in *enrolInput) (*sessionOutput, error) {
	if _, err := s.link(ctx, in.sender, in.Body.Token, in.Body.Name); err != nil {
		return nil, err
	}
	var k *people.Passkey
	if in.Body.given() {
		fresh, err := s.newPasskey(in.host, toEnrol+in.Body.Token, in.Body.Answer, in.Body.Name)
		if err != nil {
			return nil, err
		}
		k = &fresh
	}
	phc := ""
	if k == nil || in.Body.Password != "" {
		var err error
		if phc, err = s.newHash(ctx, in.Body.Password); err != nil {
			return nil, err
		}
	}
	p, err := s.cfg.People.Enrol(ctx, hashToken(in.Body.Token), in.Body.Name, phc, k)
	if err != nil {
		return nil, s.refusal(ctx, err)
	}
	return s.open(ctx, p, in.sender, people.ByLink)
}

// newHash hashes a password that somebody chose.
func (s *Server) newHash(ctx context.Context, password string) (string, error) {
	phc, err := s.hasher.hash(ctx, password)
	switch {
	case errors.Is(err, errPassword):
		return "", problem(http.StatusUnprocessableEntity, "password", err.Error())
	case err != nil:
		return "", s.refusal(ctx, err)
	}
	return phc, nil
}
