package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/desk"
	"atalaya/desk/people"
)

const cookieName = "atalaya_session"

// cookieName of the session. Over https the browser itself holds it to this
// host, and to https.
func (c *Config) cookieName() string {
	if c.Secure {
		return "__Host-" + cookieName
	}
	return cookieName
}

// Who may use an operation, in its metadata: anybody, or the least role; and
// the scopes of tokens with which programs may.
const (
	roleKey       = "role"
	scopeKey      = "scopes"
	lockedKey     = "locked" // true: also in a locked session
	anybody       = "anybody"
	signedIn      = string(desk.Viewer)
	officer       = string(desk.Officer)
	supervisor    = string(desk.Supervisor)
	administrator = string(desk.Administrator)
)

// whileLocked lets people use an operation in a locked session too.
func whileLocked(op huma.Operation) huma.Operation {
	op.Metadata[lockedKey] = true
	return op
}

// scoped lets programs whose token has one of the scopes use an operation. It
// must be one that only reads, and nothing about people.
func scoped(op huma.Operation, scopes ...people.Scope) huma.Operation {
	op.Metadata[scopeKey] = scopes
	names := make([]string, len(scopes))
	for i, x := range scopes {
		names[i] = string(x)
	}
	op.Security = append(op.Security, map[string][]string{"token": names})
	if !slices.Contains(op.Errors, http.StatusForbidden) {
		op.Errors = append(op.Errors, http.StatusForbidden)
	}
	return op
}

// caller is who makes a request.
type caller struct {
	person  people.Person
	session people.Session // zero: a program with a token
}

type callerKey struct{}

// who gives the person that authenticate found.
func who(ctx context.Context) people.Person { return call(ctx).person }

// call gives the caller that authenticate found.
func call(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// authenticate lets a request through when its session has the role, or its
// token the scope, that the operation asks for.
func (s *Server) authenticate(ctx huma.Context, next func(huma.Context)) {
	role, _ := ctx.Operation().Metadata[roleKey].(string)
	if role == anybody {
		next(ctx)
		return
	}
	scopes, _ := ctx.Operation().Metadata[scopeKey].([]people.Scope)
	r, w := unwrap(ctx)
	c, refused := s.identify(r, desk.Role(role), scopes...)
	if locked, _ := ctx.Operation().Metadata[lockedKey].(bool); refused == nil && !locked {
		refused = s.awake(r, c)
	}
	if refused != nil {
		refuse(w, refused, scopes)
		return
	}
	next(huma.WithValue(ctx, callerKey{}, c))
}

// refuse writes why a request is not let through.
func refuse(w http.ResponseWriter, p *Problem, scopes []people.Scope) {
	if p.Status == http.StatusUnauthorized && len(scopes) > 0 {
		w.Header().Set("WWW-Authenticate", `Bearer realm="atalaya"`)
	}
	writeProblem(w, p)
}

// allow finds who makes a request and whether they may now.
func (s *Server) allow(r *http.Request, least desk.Role, scopes ...people.Scope) (caller, *Problem) {
	c, refused := s.identify(r, least, scopes...)
	if refused == nil {
		refused = s.awake(r, c)
	}
	return c, refused
}

// awake refuses what a locked session must not do: nothing may be decided, and
// the picture is seen only where the policy says so. What the person does keeps
// the session awake.
func (s *Server) awake(r *http.Request, c caller) *Problem {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case c.session.Person == "": // a program with a token
		return nil
	case !c.session.Locked.IsZero() && (!reads || !s.cfg.Lock.Picture):
		return problem(http.StatusLocked, "locked", "the session is locked: unlock it with your password or passkey")
	case reads:
		return nil
	}
	if err := s.cfg.People.Active(r.Context(), c.session); err != nil && !errors.Is(err, desk.ErrFull) && !errors.Is(err, desk.ErrNotFound) {
		return s.unreadable(err)
	}
	return nil
}

// identify finds who makes a request: a person with a session and at least a
// role, or a program whose token has one of the scopes.
func (s *Server) identify(r *http.Request, least desk.Role, scopes ...people.Scope) (caller, *Problem) {
	if header := r.Header.Get("Authorization"); header != "" {
		return s.allowToken(r.Context(), header, scopes)
	}
	session, p, err := s.session(r)
	switch {
	case errors.Is(err, desk.ErrNotFound):
		return caller{}, notSignedIn()
	case err != nil:
		return caller{}, s.unreadable(err)
	case !p.Role.AtLeast(least):
		return caller{}, problem(http.StatusForbidden, "forbidden", "this takes the role "+string(least)+", and yours is "+string(p.Role)+": ask somebody who has it")
	}
	return caller{p, session}, nil
}

// allowToken looks at the token of an Authorization header (RFC 6750).
func (s *Server) allowToken(ctx context.Context, header string, scopes []people.Scope) (caller, *Problem) {
	if len(scopes) == 0 {
		return caller{}, problem(http.StatusUnauthorized, "not-signed-in", "this is for people who signed in, not for tokens: leave the Authorization header out")
	}
	const scheme = "bearer "
	if len(header) < len(scheme) || !strings.EqualFold(header[:len(scheme)], scheme) {
		return caller{}, problem(http.StatusUnauthorized, "not-signed-in", "the Authorization header is not understood: send 'Bearer' and a token")
	}
	t, p, err := s.cfg.People.Token(ctx, hashToken(strings.TrimSpace(header[len(scheme):])))
	switch {
	case errors.Is(err, desk.ErrNotFound):
		return caller{}, problem(http.StatusUnauthorized, "not-signed-in", "this token is not good: it was revoked, has expired or is misspelt; make another one")
	case err != nil:
		return caller{}, s.unreadable(err)
	case !p.Role.AtLeast(desk.Viewer):
		return caller{}, problem(http.StatusForbidden, "forbidden", "an overseer's programs read at the portal, not here")
	case !slices.ContainsFunc(scopes, func(x people.Scope) bool { return slices.Contains(t.Scopes, x) }):
		return caller{}, problem(http.StatusForbidden, "forbidden", fmt.Sprintf("the token may %v, and this takes one of %v: make a token with that scope", t.Scopes, scopes))
	}
	return caller{person: p}, nil
}

func notSignedIn() *Problem {
	return problem(http.StatusUnauthorized, "not-signed-in", "no session: sign in")
}

// unreadable answers where a session cannot be read.
func (s *Server) unreadable(err error) *Problem {
	s.cfg.Log.Error("read a session", slog.Any("error", err))
	return internal("the session cannot be read: try again, or tell an administrator")
}

// session gives the session of the request's cookie and its person.
func (s *Server) session(r *http.Request) (people.Session, people.Person, error) {
	c, err := r.Cookie(s.cfg.cookieName())
	if err != nil {
		return people.Session{}, people.Person{}, desk.ErrNotFound
	}
	session, p, err := s.cfg.People.Session(r.Context(), hashToken(c.Value))
	if err != nil {
		return people.Session{}, people.Person{}, fmt.Errorf("session: %w", err)
	}
	return session, p, nil
}
