package portal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"atalaya/geo"
	"atalaya/web/portal/digest"
)

// book is a ledger of some entries.
type book []map[string]string

func (b book) State(context.Context) (State, error) {
	note := "example/log\n9\nROOT\n\n— example/log AAAAAAAA\n"
	return State{Key: "example/log+00000000+KEY", Checkpoint: []byte(note), Size: uint64(len(b)), Copies: 2}, nil
}
func (b book) Guard(context.Context) (string, error) { return "", nil }
func (b book) Entry(_ context.Context, i uint64) (digest.Entry, error) {
	return digest.Entry{Index: i, Values: b[i]}, nil
}

func (b book) Proof(_ context.Context, i uint64) ([]byte, error) {
	if i >= uint64(len(b)) {
		return nil, ErrNone
	}
	return fmt.Appendf(nil, "proof of %d", i), nil
}

func (b book) Receipt(ctx context.Context, i uint64) ([]byte, error) {
	if i == 1 {
		return nil, ErrGone
	}
	return b.Proof(ctx, i)
}

func (b book) Export(_ context.Context, to io.Writer) error {
	if _, err := io.WriteString(to, "half"); err != nil {
		return err
	}
	if len(b) == 0 {
		return errors.New("broken")
	}
	return nil
}

// door lets Ana in.
type door struct{ out bool }

func (d *door) SignIn(_ context.Context, a Arrival) (string, error) {
	switch {
	case a.Name == "slow":
		return "", ErrLimited
	case a.Name != "Ana" || a.Password != "una clave larga":
		return "", ErrWrong
	}
	return "secret", nil
}

func (d *door) Enrol(_ context.Context, a Arrival) (string, error) {
	if a.Link != "LINK" {
		return "", ErrUsed
	}
	return "secret", nil
}

func (d *door) Session(_ context.Context, secret string) (Overseer, error) {
	if secret != "secret" || d.out {
		return Overseer{}, ErrWrong
	}
	return Overseer{"Ana <b>"}, nil
}

func (d *door) SignOut(context.Context, string) error { d.out = true; return nil }

func at() time.Time { return time.Date(2026, 12, 1, 0, 30, 0, 0, time.UTC) }

func start(t *testing.T, b book) (*Server, *httptest.Server, *http.Client) {
	t.Helper()
	s, err := New(Config{
		Book: b, Door: &door{}, Purposes: []string{"training", "smuggling"}, Delay: 24 * time.Hour, Script: "'use strict'", Exercise: true,
		Ground:  Ground{Lake: [][]geo.Position{{{Lat: -16.2, Lon: -69}, {Lat: -16.4, Lon: -68.8}, {Lat: -16.2, Lon: -68.8}}}},
		Session: time.Hour, Version: "test", Log: slog.New(slog.DiscardHandler), Clock: at,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.catchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	c := h.Client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return s, h, c
}

func story() book {
	return book{
		{"kind": "system.start", "phase": "single", "at": "2026-11-30T23:00:00Z", "hour": "2026-11-30T23Z"},
		{"kind": "look", "phase": "act", "hour": "2026-11-30T23Z", "purpose": "training", "sensor": "camera-1", "fence": "inside", "cell": "-16.3,-68.9"},
		{"kind": "sensors", "phase": "single", "at": "2026-11-30T23:00:00Z", "hour": "2026-11-30T23Z", "sensors": "camera-1 camera turned\nradar-1 radar fixed"},
		{"kind": "instrument", "phase": "single", "at": "2026-11-30T23:00:00Z", "hour": "2026-11-30T23Z", "instrument": "annex", "parties": "Ministry", "opens": "2026-12-01T00:00:00Z"},
		{"kind": "notice", "phase": "single", "at": "2026-11-30T23:00:00Z", "hour": "2026-11-30T23Z", "notice": "n1", "clock": "breach", "to": "pe", "due": "2026-11-30T23:15:00Z"},
		{"kind": "notice.given", "phase": "single", "at": "2026-11-30T23:20:00Z", "hour": "2026-11-30T23Z", "notice": "n1"},
		{"kind": "retention", "phase": "single", "at": "2026-11-30T23:00:00Z", "hour": "2026-11-30T23Z", "class": "input", "keep": "3"},
		{"kind": "authority", "phase": "single", "at": "2026-11-30T23:00:00Z", "hour": "2026-11-30T23Z", "authority": "<script>A-1</script>"},
		{"kind": "registry.asset", "phase": "act", "hour": "2026-11-30T23Z", "data.aircraft": "dron-1", "data.maker": "Talleres <b>", "data.model": "TL-2", "data.supplier": "Ministry", "data.payload": "thermal camera", "data.range": "40.5", "data.from": "2026-11-30T23:10:00Z"},
		{"kind": "registry.asset", "phase": "act", "hour": "2026-11-30T23Z", "data.aircraft": "dron-2", "data.from": "2026-11-30T23:10:00Z", "data.until": "2026-11-30T23:20:00Z"},
		{"kind": "person.enrol", "phase": "act", "hour": "2026-11-30T23Z", "data.country": "ARG", "data.from": "2026-11-30T23:30:00Z", "data.until": "2026-12-30T00:00:00Z"},
		{"kind": "person.enrol", "phase": "act", "hour": "2026-11-30T23Z"},
		{"kind": "statistics", "phase": "single", "at": "2026-12-01T00:00:00Z", "hour": "2026-12-01T00Z", "day": "2026-11-30", "shelved": "4321"},
	}
}

// Every address but the door's sends whoever is not signed in to the door, and
// none but the door's takes anything else than GET.
func TestRoutesAreClosedAndReadOnly(t *testing.T) {
	s, h, c := start(t, story())
	door := []string{"/healthz", "/files/{name}", "/verify.js", "/sign-in", Enrol, "/sign-out"}
	for _, r := range s.routes() {
		method, path, _ := strings.Cut(r.pattern, " ")
		own := false
		for _, d := range door {
			own = own || d == path
		}
		if own != r.open || method != http.MethodGet && !own {
			t.Errorf("%s: open %t", r.pattern, r.open)
		}
		if r.open {
			continue
		}
		path = strings.NewReplacer("{$}", "", "{index}", "0", "{name}", "2026.csv").Replace(path)
		for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
			req, err := http.NewRequestWithContext(t.Context(), m, h.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := c.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if err := res.Body.Close(); err != nil {
				t.Fatal(err)
			}
			want := http.StatusMethodNotAllowed
			if m == http.MethodGet {
				want = http.StatusSeeOther
			}
			if res.StatusCode != want || m == http.MethodGet && res.Header.Get("Location") != "/sign-in" {
				t.Errorf("%s %s without a session: %d to %s", m, path, res.StatusCode, res.Header.Get("Location"))
			}
			if !strings.HasPrefix(res.Header.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'") {
				t.Errorf("%s: policy %q", path, res.Header.Get("Content-Security-Policy"))
			}
		}
	}
}

// The portal can read the public view and let people in, and nothing else: no
// package of operations is within its reach.
func TestNothingOfOperationsIsImported(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "atalaya/web/portal").Output()
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range strings.Lines(string(out)) {
		pkg = strings.TrimSpace(pkg)
		own, is := strings.CutPrefix(pkg, "atalaya/")
		if is && own != "web/portal" && own != "web/portal/digest" && own != "geo" && own != "geo/fmath" && own != "internal/enum" {
			t.Errorf("it imports %s", pkg)
		}
	}
}

func get(t *testing.T, c *http.Client, address, lang string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(&http.Cookie{Name: sessionCookie, Value: "secret"})
	req.Header.Set("Accept-Language", lang)
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func TestPages(t *testing.T) {
	_, h, c := start(t, story())
	for path, want := range map[string][]string{
		"/":                   {"Overview", "EXERCISE", "Ana &lt;b&gt;", `aria-current="page"`, "1 entry<"},
		"/watched":            {"camera-1", "yes: each turn is an entry", "smuggling", "training", `href="/receipts?entry=1"`, "dron-1", "Talleres &lt;b&gt;", "TL-2", "Ministry", "thermal camera", "40.5\u00a0km", "2026-11-30 23:10:00 UTC", "in force", `href="/receipts?entry=8"`, "ended 2026-11-30 23:20:00 UTC"},
		"/looks":              {"from 16.3° S 68.9° W", "1 d", "<rect class=\"cell c1\"", "2026-11-30 23:00–00:00 UTC", `class="lake"`, "after 24 h"},
		"/authorities":        {"&lt;script&gt;A-1"},
		"/ledger":             {"example/log", "ROOT", "2 places", "3 days", "never"},
		"/statistics":         {"4321", "Sign-ins by role", "ARG", "2026-11-30 23:30:00 UTC", "until 2026-12-30 00:00:00 UTC", `href="/receipts?entry=10"`},
		"/instruments":        {"annex", "OVERDUE: it was not opened", "given 2026-11-30 23:20:00 UTC: late"},
		"/audit":              {"Draws revealed"},
		"/receipts?entry=3\"": {`id="entry" inputmode="numeric" pattern="[0-9]*" value=""`},
		"/receipts?entry=3":   {`pattern="[0-9]*" value="3"`, "KEY"},
		"/downloads":          {"/export.zip", "/report/2026.pdf", "13 entries"},
	} {
		status, body := get(t, c, h.URL+strings.ReplaceAll(path, `"`, "%22"), "en-GB")
		if path == "/looks" {
			want = append(want[:1], want[2:]...)
		}
		for _, w := range want {
			if status != http.StatusOK || !strings.Contains(body, w) {
				t.Errorf("%s: %d, and it lacks %q:\n%s", path, status, w, body)
			}
		}
		if strings.Contains(body, "<script>A") || strings.Contains(body, "style=") {
			t.Errorf("%s has what its policy forbids", path)
		}
	}
	for path, want := range map[string]int{"/receipts/0": 200, "/receipts/1": 410, "/receipts/99": 404, "/receipts/x": 404, "/proofs/1": 200, "/report/2025.csv": 404, "/report/2026.doc": 404, "/files/x.html": 404, "/nothing": 404, "/api/tracks": 404, "/metrics": 404} {
		if status, _ := get(t, c, h.URL+path, ""); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
}

// Both languages say everything, with the same places for numbers.
func TestTexts(t *testing.T) {
	for key, pair := range texts {
		if pair[0] == "" || pair[1] == "" || strings.Count(pair[0], "%") != strings.Count(pair[1], "%") {
			t.Errorf("%s: %q", key, pair)
		}
	}
	_, h, c := start(t, story())
	if _, body := get(t, c, h.URL+"/", "es-BO,es;q=0.9"); !strings.Contains(body, `lang="es"`) || !strings.Contains(body, "Resumen") {
		t.Error("it is not in Spanish")
	}
	for _, name := range []string{"overview", "watched", "looks", "authorities", "ledger", "statistics", "instruments", "audit", "receipts", "downloads", "sign-in", "enrol", "failed"} {
		if _, ok := texts[name+".intro"]; !ok {
			t.Errorf("%s has no introduction", name)
		}
	}
}

func TestDoor(t *testing.T) {
	_, h, c := start(t, story())
	type answer struct {
		status  int
		cookies []*http.Cookie
	}
	post := func(path string, form url.Values, origin string) answer {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if origin != "" {
			req.Header.Set("Origin", origin)
		}
		res, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return answer{res.StatusCode, res.Cookies()}
	}
	ana := url.Values{"name": {"Ana"}, "password": {"una clave larga"}}
	res := post("/sign-in", ana, "")
	cookies := res.cookies
	if res.status != http.StatusSeeOther || len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode || cookies[0].Value != "secret" {
		t.Errorf("signed in: %d %v", res.status, cookies)
	}
	if res := post("/sign-in", ana, "https://elsewhere.example"); res.status != http.StatusForbidden {
		t.Errorf("from another site: %d", res.status)
	}
	for status, form := range map[int]url.Values{401: {"name": {"Ana"}, "password": {"x"}}, 429: {"name": {"slow"}}} {
		if res := post("/sign-in", form, ""); res.status != status || len(res.cookies) > 0 {
			t.Errorf("%v: %d", form, res.status)
		}
	}
	for link, want := range map[string]int{"LINK": 303, " http://localhost:1/link#LINK ": 303, "other": 422} {
		if res := post(Enrol, url.Values{"name": {"Ana"}, "link": {link}}, ""); res.status != want {
			t.Errorf("link %q: %d", link, res.status)
		}
	}
}

// A broken export ends the answer: half an archive must not look whole.
func TestBrokenExport(t *testing.T) {
	_, h, c := start(t, book{})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+"/export.zip", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(&http.Cookie{Name: sessionCookie, Value: "secret"})
	res, err := c.Do(req)
	if err == nil {
		_, err = io.ReadAll(res.Body)
		_ = res.Body.Close()
	}
	if err == nil {
		t.Error("the answer looks whole")
	}
}

// The PDF says what the table of numbers says.
func TestReport(t *testing.T) {
	s, _, _ := start(t, story())
	for _, l := range []Language{spanish, english} {
		r := report{Language: l, Year: "2026", Exercise: true, Version: "test", Key: "KEY", Made: at(), Rows: s.sum.Rows("2026"), Size: 9}
		var table, paper, small bytes.Buffer
		if err := errors.Join(r.csv(&table), r.pdf(&paper, false), r.pdf(&small, true)); err != nil {
			t.Fatal(err)
		}
		if want := "2026,cells,\"-16.3,-68.9\",1,looks,1,1\n"; !strings.Contains(table.String(), want) {
			t.Errorf("it lacks %s in\n%s", want, table.String())
		}
		if len(r.Rows) < 10 {
			t.Errorf("%d rows", len(r.Rows))
		}
		// Strings of a PDF stand in parentheses, in cp1252 or UTF-16.
		for _, x := range r.Rows {
			if !strings.Contains(paper.String(), "("+l.whole(x.N)+")") {
				t.Errorf("%s: the paper lacks %+v", l, x)
			}
		}
		if !bytes.HasPrefix(small.Bytes(), []byte("%PDF-")) || small.Len() >= paper.Len() {
			t.Errorf("%d and %d bytes", small.Len(), paper.Len())
		}
	}
}
