package portal

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
)

const (
	sessionCookie  = "atalaya_overseer" // another than that of operations: cookies do not tell ports apart
	languageCookie = "atalaya_language"
)

func (s *Server) cookieName() string {
	if s.cfg.Secure {
		return "__Host-" + sessionCookie
	}
	return sessionCookie
}

type overseerKey struct{}

// signedIn lets overseers through, and sends everybody else to the door.
func (s *Server) signedIn(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		o, err := s.session(r)
		switch {
		case errors.Is(err, ErrWrong):
			http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		case err != nil:
			s.failed(w, r, err)
		default:
			next(w, r.WithContext(context.WithValue(r.Context(), overseerKey{}, o)))
		}
	}
}

func (s *Server) session(r *http.Request) (Overseer, error) {
	c, err := r.Cookie(s.cookieName())
	if err != nil {
		return Overseer{}, ErrWrong
	}
	return s.cfg.Door.Session(r.Context(), c.Value)
}

func (s *Server) cookie(value string, seconds int) *http.Cookie {
	return &http.Cookie{
		Name: s.cookieName(), Value: value, Path: "/", HttpOnly: true, Secure: s.cfg.Secure,
		SameSite: http.SameSiteStrictMode, MaxAge: seconds,
	}
}

func (s *Server) askSignIn(w http.ResponseWriter, r *http.Request) {
	s.write(w, r, http.StatusOK, &page{Name: "sign-in", Form: &form{}})
}

func (s *Server) askEnrol(w http.ResponseWriter, r *http.Request) {
	s.write(w, r, http.StatusOK, &page{Name: "enrol", Form: &form{Enrol: true}})
}

func (s *Server) signIn(w http.ResponseWriter, r *http.Request) {
	s.come(w, r, &page{Name: "sign-in", Form: &form{}}, s.cfg.Door.SignIn)
}

func (s *Server) enrol(w http.ResponseWriter, r *http.Request) {
	s.come(w, r, &page{Name: "enrol", Form: &form{Enrol: true}}, s.cfg.Door.Enrol)
}

// come takes a form of the door.
func (s *Server) come(w http.ResponseWriter, r *http.Request, again *page, in func(context.Context, Arrival) (string, error)) {
	a := Arrival{
		Name: r.PostFormValue("name"), Password: r.PostFormValue("password"), Link: secretOf(r.PostFormValue("link")),
		Network: network(r.RemoteAddr), Browser: r.UserAgent(),
	}
	secret, err := in(r.Context(), a)
	if err == nil {
		http.SetCookie(w, s.cookie(secret, int(s.cfg.Session.Seconds())))
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	status := http.StatusUnprocessableEntity
	switch {
	case errors.Is(err, ErrWrong):
		again.Form.Error, status = "error.wrong", http.StatusUnauthorized
	case errors.Is(err, ErrLimited):
		again.Form.Error, status = "error.limited", http.StatusTooManyRequests
	case errors.Is(err, ErrPassword):
		again.Form.Error = "error.password"
	case errors.Is(err, ErrName):
		again.Form.Error = "error.name"
	case errors.Is(err, ErrUsed):
		again.Form.Error = "error.used"
	default:
		s.failed(w, r, err)
		return
	}
	again.Form.Name = a.Name
	s.write(w, r, status, again)
}

// secretOf gives the secret of a link, also where the whole link was pasted.
func secretOf(link string) string {
	link = strings.TrimSpace(link)
	if i := strings.LastIndexByte(link, '#'); i >= 0 {
		return link[i+1:]
	}
	return link
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(s.cookieName()); err == nil {
		if err := s.cfg.Door.SignOut(r.Context(), c.Value); err != nil {
			s.failed(w, r, err)
			return
		}
	}
	http.SetCookie(w, s.cookie("", -1))
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
}

// failed answers what nobody foresaw: the log has it, the browser has not.
func (s *Server) failed(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() == nil {
		s.cfg.Log.Error("a request of the portal failed", slog.String("path", r.URL.Path), slog.Any("error", err))
	}
	s.write(w, r, http.StatusInternalServerError, &page{Name: "failed"})
}

// network gives the address of a sender, of IPv6 the network of its first 64
// bits.
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
