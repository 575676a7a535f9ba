package web

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/coder/websocket"

	"atalaya/desk"
)

// live upgrades a signed-in browser to the live picture.
func (s *Server) live(w http.ResponseWriter, r *http.Request) {
	p, err := s.person(r)
	if errors.Is(err, desk.ErrNotFound) {
		writeProblem(w, notSignedIn())
		return
	}
	if err != nil {
		writeProblem(w, s.unreadable(err))
		return
	}
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		w.Header().Set("Upgrade", "websocket")
		writeProblem(w, problem(http.StatusUpgradeRequired, "upgrade-required", "this is a WebSocket: see docs/protocol.md"))
		return
	}
	select {
	case s.clients <- struct{}{}:
		defer func() { <-s.clients }()
	default:
		writeProblem(w, problem(http.StatusServiceUnavailable, "too-many-clients", "all places for live connections are taken: close other windows, or raise web.clients"))
		return
	}
	if s.stopped.Err() != nil {
		writeProblem(w, problem(http.StatusServiceUnavailable, "stopping", "Atalaya stops: try again in a minute"))
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // Accept has answered: a wrong handshake, or another origin
	}
	// The session is asked for again now and then, off this request. One that
	// cannot be read may still be good.
	valid := func() bool {
		_, err := s.person(r.WithContext(s.stopped))
		return !errors.Is(err, desk.ErrNotFound)
	}
	if err := s.cfg.Hub.Serve(s.stopped, conn, valid); err != nil {
		s.cfg.Log.Debug("live connection ended", slog.String("person", string(p.ID)), slog.Any("error", err))
	}
}

// Clients tells how many live connections there are.
func (s *Server) Clients() int { return len(s.clients) }
