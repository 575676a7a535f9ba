package web

import (
	"log/slog"
	"net/http"
	"strings"

	"github.com/coder/websocket"

	"atalaya/desk"
	"atalaya/desk/people"
)

// live upgrades a signed-in browser to the live picture.
func (s *Server) live(w http.ResponseWriter, r *http.Request) {
	c, refused := s.allow(r, desk.Viewer, people.ReadPicture)
	if refused != nil {
		refuse(w, refused, []people.Scope{people.ReadPicture})
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
		_, refused := s.allow(r.WithContext(s.stopped), desk.Viewer, people.ReadPicture)
		return refused == nil || refused.Status == http.StatusInternalServerError
	}
	if err := s.cfg.Hub.Serve(s.stopped, conn, valid); err != nil {
		s.cfg.Log.Debug("live connection ended", slog.String("person", string(c.person.ID)), slog.Any("error", err))
	}
}

// Clients tells how many live connections there are.
func (s *Server) Clients() int { return len(s.clients) }
