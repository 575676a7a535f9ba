// Package portal is what overseers see: a listener, a role and pages of their
// own, which read the public view of the ledger and nothing else. Nothing here
// changes anything, but who signs in and out.
//
// The package imports no part of operations, and what it reads comes through
// Book and Door: what these do not give, the portal cannot show.
package portal

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"atalaya/geo"
	"atalaya/web/portal/digest"
)

// Enrol is the path of one-time links; the secret follows "#".
const Enrol = "/link"

// State is how the ledger stands.
type State struct {
	Key        string // verifier key of the log
	Checkpoint []byte // the signed note; nil: none yet
	Size       uint64 // entries under it
	Refused    string // why the log takes nothing; empty: it does
	Copies     int    // places besides the log where the last signed head is kept
}

// Book is the ledger as the public sees it.
type Book interface {
	State(ctx context.Context) (State, error)
	// Guard reads the log against what was signed last, and gives why it takes
	// nothing; empty: all is well.
	Guard(ctx context.Context) (refused string, err error)
	// Entry gives what the public view opens of an entry.
	Entry(ctx context.Context, index uint64) (digest.Entry, error)
	// Receipt gives an entry's public opening with its proof, as a bundle
	// (docs/ledger-format.md); ErrNone, ErrGone.
	Receipt(ctx context.Context, index uint64) ([]byte, error)
	// Proof gives the tlog-proof of an entry; ErrNone.
	Proof(ctx context.Context, index uint64) ([]byte, error)
	// Export writes the public export as a zip archive.
	Export(ctx context.Context, to io.Writer) error
}

// Overseer is who looks.
type Overseer struct{ Name string }

// Arrival is how somebody wants to come in: with name and password, and to make
// an account with the secret of a one-time link.
type Arrival struct {
	Name, Password, Link string
	Network, Browser     string
}

// Door lets overseers in. Each who comes in or goes is an entry of the ledger.
type Door interface {
	SignIn(ctx context.Context, a Arrival) (secret string, err error)
	Enrol(ctx context.Context, a Arrival) (secret string, err error)
	// Session gives whose a session is; ErrWrong.
	Session(ctx context.Context, secret string) (Overseer, error)
	SignOut(ctx context.Context, secret string) error
}

// Errors that people are told of.
var (
	ErrNone     = errors.New("there is no such entry")
	ErrGone     = errors.New("the entry's content is not kept any more")
	ErrWrong    = errors.New("name, password or link is wrong")
	ErrLimited  = errors.New("too many attempts")
	ErrPassword = errors.New("the password is too short or too long")
	ErrName     = errors.New("the name is taken, or no name")
	ErrUsed     = errors.New("the link was used, waits, or has expired")
)

// Ground is what the map shows beside the cells.
type Ground struct {
	Lake    [][]geo.Position // outlines
	Borders [][]geo.Position
}

// Config is what a Server is made from.
type Config struct {
	Book     Book
	Door     Door
	Ground   Ground
	Purposes []string // the closed list
	Delay    time.Duration
	Script   string // that checks proofs in the browser, with its texts
	Exercise bool
	Secure   bool // cookies go over https only
	HSTS     bool
	Session  time.Duration
	Version  string
	Log      *slog.Logger
	Clock    func() time.Time
}

// Server is the portal.
type Server struct {
	cfg     Config
	pages   *pages
	handler http.Handler
	export  chan struct{} // one archive at a time

	mu  sync.RWMutex
	sum *digest.Digest
}

// policy is the content security policy: nothing comes from elsewhere, and no
// page has a script or a style of its own.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// New makes the portal.
func New(cfg Config) (*Server, error) {
	p, err := parsePages()
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, pages: p, sum: digest.New(), export: make(chan struct{}, 1)}
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		h := r.serve
		if !r.open {
			h = s.signedIn(h)
		}
		mux.HandleFunc(r.pattern, h)
	}
	cross := http.NewCrossOriginProtection()
	s.handler = s.headers(cross.Handler(mux))
	return s, nil
}

// route is one address of the portal.
type route struct {
	pattern string
	open    bool // also for those who are not signed in
	serve   http.HandlerFunc
}

// routes are all there are.
func (s *Server) routes() []route {
	return []route{
		{"GET /healthz", true, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") }},
		{"GET /files/{name}", true, s.file},
		{"GET /verify.js", true, s.script},
		{"GET /sign-in", true, s.askSignIn},
		{"POST /sign-in", true, s.signIn},
		{"GET " + Enrol, true, s.askEnrol},
		{"POST " + Enrol, true, s.enrol},
		{"POST /sign-out", true, s.signOut},
		{"GET /{$}", false, s.show(s.overview)},
		{"GET /watched", false, s.show(s.watched)},
		{"GET /looks", false, s.show(s.looks)},
		{"GET /authorities", false, s.show(s.authorities)},
		{"GET /ledger", false, s.show(s.ledger)},
		{"GET /statistics", false, s.show(s.statistics)},
		{"GET /instruments", false, s.show(s.instruments)},
		{"GET /audit", false, s.show(s.audit)},
		{"GET /receipts", false, s.show(s.receipts)},
		{"GET /receipts/{index}", false, s.receipt},
		{"GET /proofs/{index}", false, s.proof},
		{"GET /downloads", false, s.show(s.downloads)},
		{"GET /export.zip", false, s.archive},
		{"GET /report/{name}", false, s.report},
	}
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func (s *Server) headers(next http.Handler) http.Handler {
	const maxBody = 1 << 16 // bytes
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if s.cfg.HSTS {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if s.cfg.Exercise {
			h.Set("Atalaya-Exercise", "true")
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// Run adds up the ledger as it grows, until ctx ends.
func (s *Server) Run(ctx context.Context) {
	const every = 2 * time.Second
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := s.catchUp(ctx); err != nil && ctx.Err() == nil {
			s.cfg.Log.Warn("the portal cannot read the ledger", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// catchUp adds what is new under the newest checkpoint, and the looks whose
// place is opened now.
func (s *Server) catchUp(ctx context.Context) error {
	st, err := s.cfg.Book.State(ctx)
	if err != nil {
		return err
	}
	for _, i := range slices.Clone(s.sum.Waiting()) { // only this goroutine writes
		e, err := s.cfg.Book.Entry(ctx, i)
		if err != nil {
			return err
		}
		if e.Delayed {
			break // and so are those after it
		}
		s.mu.Lock()
		s.sum.Open(e)
		s.mu.Unlock()
	}
	for i := s.sum.Next(); i < st.Size; i++ {
		e, err := s.cfg.Book.Entry(ctx, i)
		if err != nil {
			return err
		}
		s.mu.Lock()
		s.sum.Add(e)
		s.mu.Unlock()
	}
	return nil
}
