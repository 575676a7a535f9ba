package portal

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"atalaya/web/portal/digest"
)

//go:embed files/page.html
var pageText string

//go:embed files/portal.css files/receipts.js files/link.js
var files embed.FS

// pages are the templates.
type pages struct{ page *template.Template }

func parsePages() (*pages, error) {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, fmt.Errorf("read the pages of the portal: %w", err)
	}
	return &pages{t}, nil
}

// page is what one says.
type page struct {
	Name     string // of its title and introduction among the texts
	Form     *form  // the door's
	Receipts *lookup
	Parts    []part

	// Filled in when it is written.
	Language
	Other    Language
	Path     string // with ?, for the other language
	Exercise bool
	Who      string
	Menu     []item
	Made     string
	Version  string
}

type item struct {
	Path, Text string
	Here       bool
}

// form is the door's.
type form struct {
	Enrol       bool
	Name, Error string
}

// lookup is what the page of receipts begins with.
type lookup struct{ Key, Entry string }

// part is a table, or facts, with what they say.
type part struct {
	Heading, Note string
	Map           *chart
	Heads         []string
	Rows          [][]cell
	Empty         string // what stands instead of no rows
	Links         []item // downloads
}

// cell is one of a table: a text, entries that it comes from, or both.
type cell struct {
	Text   string
	Number bool
	Source *source
	Path   string // leads there
	Class  string // "bad" where something is wrong
}

// source is the first and the last entry of a number.
type source struct{ First, Last uint64 }

func text(s string) cell                  { return cell{Text: s} }
func from(first, last uint64) cell        { return cell{Source: &source{first, last}} }
func (l Language) amount(n uint64) cell   { return cell{Text: l.whole(n), Number: true} }
func (l Language) at(e digest.Entry) cell { t, hour := e.Time(); return text(l.when(t, hour)) }

// language of a request: chosen, remembered, or what the browser prefers.
func language(r *http.Request) Language {
	for _, l := range []string{r.URL.Query().Get("lang"), cookieOf(r, languageCookie)} {
		if l == string(spanish) || l == string(english) {
			return Language(l)
		}
	}
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		switch tag := strings.ToLower(strings.TrimSpace(part)); {
		case strings.HasPrefix(tag, "es"):
			return spanish
		case strings.HasPrefix(tag, "en"):
			return english
		}
	}
	return spanish
}

func cookieOf(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// show makes a handler of a page.
func (s *Server) show(make func(*http.Request, Language, time.Time) (*page, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, err := make(r, language(r), s.cfg.Clock().UTC())
		if err != nil {
			s.failed(w, r, err)
			return
		}
		s.write(w, r, http.StatusOK, p)
	}
}

// write writes a page.
func (s *Server) write(w http.ResponseWriter, r *http.Request, status int, p *page) {
	p.Language = language(r)
	if p.Other = spanish; p.Language == spanish {
		p.Other = english
	}
	if r.URL.Query().Has("lang") {
		http.SetCookie(w, &http.Cookie{Name: languageCookie, Value: string(p.Language), Path: "/", MaxAge: 1 << 25, HttpOnly: true, Secure: s.cfg.Secure, SameSite: http.SameSiteStrictMode})
	}
	q := r.URL.Query()
	q.Set("lang", string(p.Other))
	p.Path = r.URL.Path + "?" + q.Encode()
	p.Exercise, p.Version = s.cfg.Exercise, s.cfg.Version
	if o, ok := r.Context().Value(overseerKey{}).(Overseer); ok {
		p.Who = o.Name
		for _, x := range []struct{ path, name string }{
			{"/", "overview"},
			{"/watched", "watched"},
			{"/looks", "looks"},
			{"/authorities", "authorities"},
			{"/ledger", "ledger"},
			{"/statistics", "statistics"},
			{"/instruments", "instruments"},
			{"/audit", "audit"},
			{"/receipts", "receipts"},
			{"/downloads", "downloads"},
		} {
			p.Menu = append(p.Menu, item{x.path, p.T(x.name), x.path == r.URL.Path})
		}
		p.Made = s.made(p.Language)
	}
	var out bytes.Buffer
	if err := s.pages.page.Execute(&out, p); err != nil {
		s.cfg.Log.Error("a page of the portal cannot be written", slog.Any("error", err))
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // the client may have gone
}

// made says how far the numbers of a page go.
func (s *Server) made(l Language) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.sum.Next() == 0 {
		return l.T("nothing yet")
	}
	at, hour := s.sum.Newest().Time()
	return l.f("made", s.sum.Next()-1, l.when(at, hour), l.when(s.cfg.Clock().UTC(), false))
}

// file serves what pages need: three files, which never say anything.
func (s *Server) file(w http.ResponseWriter, r *http.Request) {
	name := "files/" + r.PathValue("name")
	if _, err := files.Open(name); err != nil {
		http.NotFound(w, r)
		return
	}
	http.ServeFileFS(w, r, files, name)
}

// script serves the code that checks proofs.
func (s *Server) script(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	_, _ = w.Write([]byte(s.cfg.Script))
}

// Text of a source: "12" or "12-34".
func (c source) Text() string {
	if c.First == c.Last {
		return strconv.FormatUint(c.First, 10)
	}
	return strconv.FormatUint(c.First, 10) + "–" + strconv.FormatUint(c.Last, 10)
}
