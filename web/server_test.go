package web_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"atalaya/area"
	"atalaya/desk"
	"atalaya/desk/approval"
	"atalaya/desk/areas"
	"atalaya/desk/authority"
	"atalaya/desk/casework"
	"atalaya/desk/clocks"
	"atalaya/desk/draws"
	"atalaya/desk/explain"
	"atalaya/desk/instruments"
	"atalaya/desk/people"
	"atalaya/desk/permits"
	"atalaya/desk/registry"
	"atalaya/desk/terms"
	"atalaya/geo"
	"atalaya/ledger"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/sensor"
	"atalaya/store/sqlite"
	"atalaya/track"
	"atalaya/valid"
	"atalaya/watch"
	"atalaya/web"
	"atalaya/web/live"
)

// hands is a clock that a test sets.
type hands struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hands) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hands) wait(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// failing is the store, which fails when a test says so.
type failing struct {
	*sqlite.Store
	with atomic.Pointer[error]
}

func (f *failing) err() error {
	if e := f.with.Load(); e != nil {
		return *e
	}
	return nil
}

func (f *failing) SaveDecision(ctx context.Context, alerts ...desk.Alert) error {
	if err := f.err(); err != nil {
		return err
	}
	return f.Store.SaveDecision(ctx, alerts...)
}

func (f *failing) People(ctx context.Context) ([]people.Person, error) {
	if err := f.err(); err != nil {
		return nil, err
	}
	return f.Store.People(ctx)
}

// office is a server with a desk and a store.
type office struct {
	t         testing.TB
	clock     *hands
	store     *failing
	desk      *desk.Desk
	people    *people.Roll
	second    *approval.Book
	hub       *live.Hub
	server    *web.Server
	log       *bytes.Buffer
	asked     web.PastQuery
	explained explain.Query
	ready     error

	history fakeHistory
	// registry has a border, a zone and a post.
	registry *registry.Registry
}

func newOffice(t testing.TB, set func(*web.Config)) *office {
	t.Helper()
	return newOfficeWith(t, desk.Policy{}, 0, set)
}

func newOfficeWith(t testing.TB, policy desk.Policy, idle time.Duration, set func(*web.Config)) *office {
	t.Helper()
	o := &office{t: t, clock: &hands{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}, log: &bytes.Buffer{}}
	var mu sync.Mutex
	log := slog.New(slog.NewTextHandler(writer(func(b []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return o.log.Write(b)
	}), nil))
	s, err := sqlite.Open(t.Context(), sqlite.Config{Dir: t.TempDir(), Clock: o.clock, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	o.store = &failing{Store: s}
	o.hub = live.NewHub(live.Config{Epoch: 5, Exercise: true, Version: "test", Clock: o.clock.Now})
	o.desk, err = desk.Start(t.Context(), desk.Config{
		Store: o.store, Ledger: o.store, Clock: o.clock, Log: log, Changed: func(c desk.AlertChange) { o.hub.Alert(c.Alert) },
	})
	if err != nil {
		t.Fatal(err)
	}
	post := valid.Record{Number: 1, By: "configuration", Reason: "seeded"}
	var have []track.Change
	for _, a := range []area.Area{
		{ID: "line", Kind: area.Border, Valid: post, Line: geo.Line{{Lat: -16, Lon: -69}, {Lat: -17, Lon: -69.5}}, Left: "BOL", Demonstration: true},
		{ID: "lake", Kind: area.NoLook, Valid: post, Polygon: geo.Polygon{{{Lat: 0, Lon: 0}, {Lat: 0, Lon: 1}, {Lat: 1, Lon: 1}}}},
		{ID: "post", Kind: area.LegalPost, Valid: post, Point: geo.Position{Lat: -16.2, Lon: -69.1}, Buffer: 400},
	} {
		have = append(have, track.Change{At: o.clock.Now(), Area: &a})
	}
	check(t, s.SaveChanges(t.Context(), have))
	o.registry, err = registry.Open(registry.Config{Store: s, Ledger: s, Clock: o.clock}, have)
	check(t, err)
	o.people = people.New(people.Config{Store: o.store, Ledger: o.store, Clock: o.clock, Policy: policy, Idle: idle, Exercise: true})
	o.second, err = approval.Open(t.Context(), approval.Config{
		Store: o.store, Ledger: o.store, Clock: o.clock, Within: time.Hour, Person: o.people.Who, Kinds: o.people.Kinds(),
	})
	if err != nil {
		t.Fatal(err)
	}
	work := o.casework()
	authorities := authority.New(authority.Config{Store: o.store, Ledger: o.store, Clock: o.clock, Log: log, Pseudonym: func(id desk.PersonID) string { return "p-" + string(id) }})
	cfg := web.Config{
		Desk: o.desk, People: o.people, Approvals: o.second, Hub: o.hub,
		Permits:     o.book(),
		Clocks:      clocks.New(clocks.Config{Store: o.store, Ledger: o.store, Clock: o.clock, Random: rand.Reader, Times: clocks.Usual(), Neighbours: ledger.Neighbours()}),
		Audits:      audits{draws.New(draws.Config{Store: o.store, Ledger: o.store, Clock: o.clock})},
		Authorities: authorities, Holds: theHolds(o, authorities),
		Terms:       terms.New(terms.Config{Store: o.store, Ledger: o.store, Clock: o.clock, Approvals: authorities.Approvals}),
		Policy:      func() string { return "permit ();" },
		Instruments: instruments.New(instruments.Config{Store: o.store, Ledger: o.store, Clock: o.clock, Random: rand.Reader}),
		Casework:    work, Casefiles: o.casefiles(work), Places: &casework.Gazetteer{Things: func() []casework.Place { return nil }},
		Feeds:    func() []sensor.Health { return []sensor.Health{{Feed: "ais-a", State: sensor.Up}} },
		System:   func() web.System { return web.System{Version: "test"} },
		Registry: o.registry,
		Messages: func(_ context.Context, id sensor.FeedID, after uint64, wait time.Duration) (sensor.Tapped, bool) {
			return sensor.Tapped{Messages: []sensor.Heard{{Number: after + 1, Text: wait.String()}}, Next: after + 1}, id == "ais-a"
		},
		Lineage: func(id track.ID) (track.Lineage, bool) { return track.Lineage{{Observation: 9}}, id == 1 },
		Explain: func(_ context.Context, q explain.Query) (explain.Account, error) {
			if o.explained = q; q.Track != 1 {
				return explain.Account{}, fmt.Errorf("%w: nothing is kept of track %s", desk.ErrNotFound, q.Track)
			}
			return explain.Account{Track: q.Track, Moved: 3}, o.store.err()
		},
		History:  &o.history,
		Exchange: o.exchange(),
		Ended: func(context.Context, track.ID, time.Time, time.Time) (track.Track, error) {
			return track.Track{}, desk.ErrNotFound
		},
		Past: func(_ context.Context, q web.PastQuery) ([]web.PastPoint, error) {
			o.asked = q
			return nil, o.store.err()
		},
		Observation: func(_ context.Context, seq uint64) (obs.Observation, error) {
			if seq != 9 {
				return obs.Observation{}, fmt.Errorf("observation %d: %w", seq, desk.ErrNotFound)
			}
			return obs.Observation{Seq: 9}, nil
		},
		Ready:   func() error { return o.ready },
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "up 1") }),
		Basemap: fstest.MapFS{"lake.geojson": {Data: []byte(`{}`)}, "rivers.geojson": {Data: rivers}},
		Version: "test", Exercise: true, Session: 12 * time.Hour, Clients: 4, Log: log, Clock: o.clock.Now,
	}
	if set != nil {
		set(&cfg)
	}
	o.server = web.New(cfg)
	t.Cleanup(o.server.Close)
	return o
}

// book is a permit book over a registry of its own.
func (o *office) book() *permits.Book {
	o.t.Helper()
	var book *permits.Book
	r, err := registry.Open(registry.Config{
		Store: o.store, Ledger: o.store, Clock: o.clock,
		Changed: func(c track.Change) {
			if err := book.Put(*c.Permit); err != nil {
				o.t.Error(err)
			}
		},
	}, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	book = permits.New(permits.Config{
		Apply: r.ApplyAll, Ledger: o.store, Clock: o.clock,
		About: func(ctx context.Context, id string) error {
			_, err := o.desk.Alert(ctx, desk.AlertID(id))
			return err
		},
	})
	return book
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// exchange imports areas into a registry of its own.
func (o *office) exchange() *areas.Importer {
	o.t.Helper()
	r, err := registry.Open(registry.Config{Store: o.store, Ledger: o.store, Clock: o.clock}, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	return areas.New(areas.Config{Registry: r, Clock: o.clock})
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }

// person makes somebody who is signed in, without the hash of a password.
func (o *office) person(name string, role desk.Role) *visitor {
	o.t.Helper()
	ctx := o.t.Context()
	_, link := web.NewToken()
	if _, err := o.people.Invite(ctx, desk.Who{}, role, link, time.Hour); err != nil {
		o.t.Fatal(err)
	}
	p, err := o.people.Enrol(ctx, link, name, "", nil)
	if err != nil {
		o.t.Fatal(err)
	}
	secret, token := web.NewToken()
	if _, err := o.people.SignIn(ctx, people.Arrival{Person: p.ID, Token: token, Lasts: 12 * time.Hour}); err != nil {
		o.t.Fatal(err)
	}
	return &visitor{o: o, cookie: &http.Cookie{Name: "atalaya_session", Value: secret}, id: p.ID}
}

func (o *office) stranger() *visitor { return &visitor{o: o} }

// alert raises an alert.
func (o *office) alert(id string) desk.AlertID {
	o.t.Helper()
	changes, err := o.desk.Consider(o.t.Context(), o.clock.Now(), []watch.Finding{{
		ID: id, Revision: 1, Status: watch.Raised, Rule: "crossing", Priority: rule.High, Alert: true, Track: 1,
		Area: area.ID(id), Time: o.clock.Now(), Inputs: []uint64{9},
	}})
	if err != nil || len(changes) != 1 {
		o.t.Fatal(changes, err)
	}
	o.hub.Alert(changes[0].Alert)
	return changes[0].Alert.ID
}

// visitor sends requests, with the cookie of its session.
type visitor struct {
	o      *office
	cookie *http.Cookie
	from   string
	host   string // by which it comes
	id     desk.PersonID
}

// answer is what came back.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   []byte
}

// ask sends a request. Headers are "Name: value".
func (v *visitor) ask(method, path, body string, headers ...string) *answer {
	v.o.t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req := httptest.NewRequestWithContext(v.o.t.Context(), method, "http://atalaya.test"+path, r)
	req.Header.Set("Content-Type", "application/json")
	if v.host != "" {
		req.Host = v.host
	}
	if v.from != "" {
		req.RemoteAddr = v.from
	}
	if v.cookie != nil {
		req.AddCookie(v.cookie)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	v.o.server.ServeHTTP(w, req)
	for _, c := range w.Result().Cookies() {
		if strings.HasSuffix(c.Name, "atalaya_session") && w.Code < 300 {
			v.cookie = c
		}
	}
	return &answer{v.o.t, w.Code, w.Result().Header, w.Body.Bytes()}
}

// is holds the status, and for errors the code of the problem.
func (a *answer) is(status int, code string) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%d %s, want %d", a.status, a.body, status)
	}
	if status < 400 {
		return a
	}
	var p web.Problem
	a.json(&p)
	if p.Code != code || p.Status != status || p.Title != http.StatusText(status) || p.Type != "urn:atalaya:problem:"+code || p.Detail == "" {
		a.t.Errorf("problem %s, want code %s", a.body, code)
	}
	if ct := a.header.Get("Content-Type"); ct != "application/problem+json" {
		a.t.Errorf("content type %q", ct)
	}
	return a
}

func (a *answer) json(v any) {
	a.t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		a.t.Fatalf("%v in %s", err, a.body)
	}
}

// TestOperations: every operation but those that let people in asks for a
// session, before it looks at anything else, and for the role that it takes.
func TestOperations(t *testing.T) {
	o := newOffice(t, nil)
	visitors := map[desk.Role]*visitor{}
	for _, role := range desk.Roles() {
		visitors[role] = o.person(string(role), role)
	}
	old := &visitor{o: o, cookie: &http.Cookie{Name: "atalaya_session", Value: "WRONG"}}
	for _, op := range operations(t, o) {
		t.Run(op.id, func(t *testing.T) {
			path := strings.NewReplacer("{id}", "1", "{seq}", "9").Replace(op.path)
			if op.role == "anybody" {
				if op.secured {
					t.Error("it asks for a session")
				}
				if !op.open {
					o.stranger().ask(op.method, path, `{}`).is(http.StatusUnprocessableEntity, "unprocessable-entity")
				}
				return
			}
			if !op.secured {
				t.Error("the description asks for no session")
			}
			o.stranger().ask(op.method, path, `{`).is(http.StatusUnauthorized, "not-signed-in")
			old.ask(op.method, path, `{`).is(http.StatusUnauthorized, "not-signed-in")
			if op.id == "sign-out" {
				return
			}
			least := cmp.Or(desk.Role(op.role), desk.Viewer)
			for role, who := range visitors {
				if !role.AtLeast(least) {
					who.ask(op.method, path, `{`).is(http.StatusForbidden, "forbidden")
				} else if a := who.ask(op.method, path, ""); a.status == http.StatusForbidden || a.status == http.StatusUnauthorized {
					t.Errorf("%s gets %s", role, a.body)
				}
			}
		})
	}
}

// operation is one of the API, as it should be.
type operation struct {
	id, method, path, role string
	secured, scoped        bool // by its description: for sessions, for tokens too
	open                   bool // it takes nothing
}

// operations gives all that there should be, and holds the description, which
// is served too, against it.
func operations(t *testing.T, o *office) []operation {
	t.Helper()
	all := []operation{
		{id: "sign-in", method: "POST", path: "/api/session", role: "anybody"},
		{id: "enrol", method: "POST", path: "/api/enrol", role: "anybody"},
		{id: "start-enrol", method: "POST", path: "/api/enrol/start", role: "anybody"},
		{id: "sign-in-options", method: "GET", path: "/api/session/options", role: "anybody", open: true},
		{id: "ask-passkey", method: "POST", path: "/api/session/passkey/start", role: "anybody", open: true},
		{id: "sign-in-passkey", method: "POST", path: "/api/session/passkey", role: "anybody", open: true},
		{id: "list-passkeys", method: "GET", path: "/api/passkeys"},
		{id: "ask-new-passkey", method: "POST", path: "/api/passkeys/start"},
		{id: "add-passkey", method: "POST", path: "/api/passkeys"},
		{id: "name-passkey", method: "PUT", path: "/api/passkeys/{id}/name"},
		{id: "end-passkey", method: "DELETE", path: "/api/passkeys/{id}"},
		{id: "get-session", method: "GET", path: "/api/session"},
		{id: "sign-out", method: "DELETE", path: "/api/session"},
		{id: "list-people", method: "GET", path: "/api/people", role: "administrator"},
		{id: "invite", method: "POST", path: "/api/people/invite", role: "administrator"},
		{id: "let-in", method: "POST", path: "/api/people/{id}/link", role: "administrator"},
		{id: "set-role", method: "PUT", path: "/api/people/{id}/role", role: "administrator"},
		{id: "set-disabled", method: "PUT", path: "/api/people/{id}/disabled", role: "administrator"},
		{id: "get-camera", method: "GET", path: "/api/sensors/{id}/camera"},
		{id: "turn-camera", method: "POST", path: "/api/sensors/{id}/looks", role: "officer"},
		{id: "stop-camera", method: "POST", path: "/api/sensors/{id}/stop"},
		{id: "stow-camera", method: "POST", path: "/api/sensors/{id}/stow"},
		{id: "list-instruments", method: "GET", path: "/api/ledger/instruments"},
		{id: "seal-instrument", method: "POST", path: "/api/ledger/instruments", role: "administrator"},
		{id: "open-instrument", method: "POST", path: "/api/ledger/instruments/{id}/open", role: "administrator"},
		{id: "list-terms", method: "GET", path: "/api/retention"},
		{id: "sign-term", method: "POST", path: "/api/retention/{id}/signatures", role: "supervisor"},
		{id: "list-holds", method: "GET", path: "/api/ledger/holds", role: "supervisor"},
		{id: "order-hold", method: "POST", path: "/api/ledger/holds", role: "supervisor"},
		{id: "sign-hold", method: "POST", path: "/api/ledger/holds/{id}/sign", role: "supervisor"},
		{id: "lift-hold", method: "POST", path: "/api/ledger/holds/{id}/lift", role: "supervisor"},
		{id: "get-instrument-text", method: "GET", path: "/api/ledger/instruments/{id}/text"},
		{id: "list-draws", method: "GET", path: "/api/ledger/draws"},
		{id: "commit-draw", method: "POST", path: "/api/ledger/draws", role: "administrator"},
		{id: "reveal-draw", method: "POST", path: "/api/ledger/draws/{id}/seed", role: "administrator"},
		{id: "answer-draw", method: "POST", path: "/api/ledger/draws/{id}/answer", role: "administrator"},
		{id: "list-clocks", method: "GET", path: "/api/ledger/notices", role: "officer"},
		{id: "start-clock", method: "POST", path: "/api/ledger/notices", role: "officer"},
		{id: "give-notice", method: "POST", path: "/api/ledger/notices/{id}/given", role: "officer"},
		{id: "open-notice", method: "POST", path: "/api/ledger/notices/{id}/open", role: "officer"},
		{id: "list-authorities", method: "GET", path: "/api/authorities"},
		{id: "get-authority", method: "GET", path: "/api/authorities/{id}"},
		{id: "draft-authority", method: "POST", path: "/api/authorities", role: "officer"},
		{id: "sign-authority", method: "POST", path: "/api/authorities/{id}/signatures", role: "officer"},
		{id: "review-authority", method: "POST", path: "/api/authorities/{id}/reviews", role: "officer"},
		{id: "revoke-authority", method: "POST", path: "/api/authorities/{id}/revoke", role: "officer"},
		{id: "ask-confirmation", method: "POST", path: "/api/passkeys/confirm", role: "officer"},
		{id: "list-authority-keys", method: "GET", path: "/api/authority-keys", role: "officer"},
		{id: "add-authority-key", method: "POST", path: "/api/authority-keys", role: "officer"},
		{id: "approve-authority-key", method: "POST", path: "/api/authority-keys/{id}/signatures", role: "officer"},
		{id: "revoke-authority-key", method: "POST", path: "/api/authority-keys/{id}/revoke", role: "officer"},
		{id: "get-policy", method: "GET", path: "/api/policy"},
		{id: "sign-policy", method: "POST", path: "/api/policy/signatures", role: "officer"},
		{id: "list-approvals", method: "GET", path: "/api/approvals", role: "officer"},
		{id: "approve", method: "POST", path: "/api/approvals/{id}/approve", role: "officer"},
		{id: "refuse", method: "POST", path: "/api/approvals/{id}/refuse", role: "officer"},
		{id: "list-sessions", method: "GET", path: "/api/sessions"},
		{id: "end-sessions", method: "DELETE", path: "/api/sessions"},
		{id: "end-session", method: "DELETE", path: "/api/sessions/{id}"},
		{id: "end-person-sessions", method: "DELETE", path: "/api/people/{id}/sessions", role: "administrator"},
		{id: "list-attempts", method: "GET", path: "/api/attempts", role: "administrator"},
		{id: "note-activity", method: "POST", path: "/api/session/activity"},
		{id: "lock", method: "POST", path: "/api/session/lock"},
		{id: "unlock", method: "POST", path: "/api/session/unlock"},
		{id: "set-password", method: "PUT", path: "/api/session/password"},
		{id: "list-tokens", method: "GET", path: "/api/tokens"},
		{id: "make-token", method: "POST", path: "/api/tokens"},
		{id: "end-token", method: "DELETE", path: "/api/tokens/{id}"},
		{id: "list-alerts", method: "GET", path: "/api/alerts"},
		{id: "get-alert", method: "GET", path: "/api/alerts/{id}"},
		{id: "acknowledge-alert", method: "POST", path: "/api/alerts/{id}/acknowledge", role: "officer"},
		{id: "close-alert", method: "POST", path: "/api/alerts/{id}/close", role: "officer"},
		{id: "count-permits", method: "GET", path: "/api/permits"},
		{id: "search-permits", method: "POST", path: "/api/permits/search", role: "officer"},
		{id: "add-permit", method: "POST", path: "/api/permits", role: "officer"},
		{id: "change-permit", method: "PUT", path: "/api/permits/{id}", role: "officer"},
		{id: "retire-permit", method: "POST", path: "/api/permits/{id}/retire", role: "officer"},
		{id: "list-permit-versions", method: "GET", path: "/api/permits/{id}/versions", role: "officer"},
		{id: "preview-permits", method: "POST", path: "/api/permits/import/preview", role: "officer"},
		{id: "import-permits", method: "POST", path: "/api/permits/import", role: "officer"},
		{id: "export-areas", method: "GET", path: "/api/areas/export"},
		{id: "preview-areas", method: "POST", path: "/api/areas/import/preview", role: "officer"},
		{id: "import-areas", method: "POST", path: "/api/areas/import", role: "officer"},
		{id: "export-tracks", method: "GET", path: "/api/export"},
		{id: "list-tracks", method: "GET", path: "/api/tracks"},
		{id: "get-track", method: "GET", path: "/api/tracks/{id}"},
		{id: "get-track-history", method: "GET", path: "/api/tracks/{id}/history"},
		{id: "explain-track", method: "GET", path: "/api/tracks/{id}/explanation"},
		{id: "get-observation", method: "GET", path: "/api/observations/{seq}"},
		{id: "get-history-range", method: "GET", path: "/api/history/range"},
		{id: "count-history", method: "GET", path: "/api/history/events"},
		{id: "find-in-history", method: "GET", path: "/api/history/next"},
		{id: "find-track-in-history", method: "GET", path: "/api/history/tracks"},
		{id: "list-feeds", method: "GET", path: "/api/feeds"},
		{id: "list-maps", method: "GET", path: "/api/maps"},
		{id: "get-regard", method: "GET", path: "/api/sensors/{id}/regard"},
		{id: "get-blind", method: "GET", path: "/api/terrain/blind"},
		{id: "get-elevation", method: "GET", path: "/api/elevation"},
		{id: "ask-viewshed", method: "POST", path: "/api/terrain/viewsheds", role: "officer"},
		{id: "get-profile", method: "GET", path: "/api/terrain/profile"},
		{id: "ask-corridors", method: "POST", path: "/api/terrain/corridors", role: "officer"},
		{id: "ask-sites", method: "POST", path: "/api/terrain/sites", role: "officer"},
		{id: "get-job", method: "GET", path: "/api/terrain/jobs/{id}", role: "officer"},
		{id: "cancel-job", method: "DELETE", path: "/api/terrain/jobs/{id}", role: "officer"},
		{id: "list-cases", method: "GET", path: "/api/cases"},
		{id: "get-case", method: "GET", path: "/api/cases/{id}"},
		{id: "open-case", method: "POST", path: "/api/cases", role: "officer"},
		{id: "add-evidence", method: "POST", path: "/api/cases/{id}/evidence", role: "officer"},
		{id: "note-case", method: "POST", path: "/api/cases/{id}/notes", role: "officer"},
		{id: "decide-case", method: "POST", path: "/api/cases/{id}/decisions", role: "officer"},
		{id: "rename-case", method: "POST", path: "/api/cases/{id}/title", role: "officer"},
		{id: "close-case", method: "POST", path: "/api/cases/{id}/close", role: "officer"},
		{id: "reopen-case", method: "POST", path: "/api/cases/{id}/reopen", role: "officer"},
		{id: "export-case", method: "POST", path: "/api/cases/{id}/exports", role: "officer"},
		{id: "search-places", method: "GET", path: "/api/places"},
		{id: "list-reports", method: "GET", path: "/api/reports"},
		{id: "get-report", method: "GET", path: "/api/reports/{id}"},
		{id: "file-report", method: "POST", path: "/api/reports", role: "officer"},
		{id: "correct-report", method: "POST", path: "/api/reports/{id}/corrections", role: "officer"},
		{id: "list-tasks", method: "GET", path: "/api/tasks"},
		{id: "get-task", method: "GET", path: "/api/tasks/{id}"},
		{id: "order-task", method: "POST", path: "/api/tasks", role: "officer"},
		{id: "step-task", method: "POST", path: "/api/tasks/{id}/steps", role: "officer"},
		{id: "get-log", method: "GET", path: "/api/log"},
		{id: "write-log", method: "POST", path: "/api/log", role: "officer"},
		{id: "get-handover", method: "GET", path: "/api/handover"},
		{id: "hand-over", method: "POST", path: "/api/handover", role: "officer"},
		{id: "list-handovers", method: "GET", path: "/api/handovers"},
		{id: "get-system", method: "GET", path: "/api/system"},
		{id: "list-notices", method: "GET", path: "/api/notices"},
		{id: "list-shelves", method: "GET", path: "/api/shelves"},
		{id: "shelve-alert", method: "POST", path: "/api/alerts/{id}/shelve", role: "officer"},
		{id: "unshelve-alert", method: "POST", path: "/api/alerts/{id}/unshelve", role: "officer"},
		{id: "get-rule-health", method: "GET", path: "/api/rules/health"},
	}
	all = append(all, operation{id: "watch-feed", method: "GET", path: "/api/feeds/{id}/messages", role: "officer"})
	for one, role := range map[string]string{"area": "officer", "sensor": "administrator", "feed": "administrator", "asset": "administrator", "rule": "supervisor"} {
		path := "/api/" + one + "s"
		if one != "feed" { // its list is that of their health
			all = append(all, operation{id: "list-" + one + "s", method: "GET", path: path})
		}
		all = append(
			all,
			operation{id: "add-" + one, method: "POST", path: path, role: role},
			operation{id: "get-" + one, method: "GET", path: path + "/{id}"},
			operation{id: "change-" + one, method: "PUT", path: path + "/{id}", role: role},
			operation{id: "end-" + one, method: "DELETE", path: path + "/{id}", role: role},
			operation{id: "list-" + one + "-versions", method: "GET", path: path + "/{id}/versions"},
		)
	}
	var spec struct {
		OpenAPI string
		Info    struct{ Title, Version string }
		Paths   map[string]map[string]struct {
			OperationID string
			Summary     string
			Security    []map[string][]string
			Responses   map[string]any
		}
	}
	o.stranger().ask("GET", "/api/openapi.json", "").is(200, "").json(&spec)
	if spec.OpenAPI != "3.1.0" || spec.Info.Title != "Atalaya" || spec.Info.Version != "test" {
		t.Errorf("OpenAPI %q of %+v", spec.OpenAPI, spec.Info)
	}
	described := 0
	for _, methods := range spec.Paths {
		described += len(methods)
	}
	if described != len(all) {
		t.Errorf("%d operations are described, and there are %d", described, len(all))
	}
	for i := range all {
		op := &all[i]
		d, ok := spec.Paths[op.path][strings.ToLower(op.method)]
		if !ok || d.OperationID != op.id || d.Summary == "" {
			t.Errorf("%s %s is described as %+v", op.method, op.path, d)
		}
		op.secured, op.scoped = len(d.Security) > 0, len(d.Security) > 1
		if op.secured && d.Responses["401"] == nil || op.role != "" && op.role != "anybody" && d.Responses["403"] == nil || d.Responses["500"] == nil {
			t.Errorf("%s: responses %v", op.id, d.Responses)
		}
	}
	return all
}

// TestHeaders: every answer keeps the browser from what it should not do.
func TestHeaders(t *testing.T) {
	o := newOffice(t, nil)
	for _, path := range []string{"/", "/enrol", "/api/session", "/api/nothing", "/healthz", "/basemap/lake.geojson", "/assets/no.js"} {
		a := o.stranger().ask("GET", path, "")
		csp := a.header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'self'", "script-src 'self'", "connect-src 'self'", "object-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: policy %q has no %s", path, csp, want)
			}
		}
		for _, no := range []string{"http", "unsafe", "data:", "blob:", "*"} {
			if strings.Contains(csp, no) {
				t.Errorf("%s: policy %q has %s", path, csp, no)
			}
		}
		if a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: headers %v", path, a.header)
		}
		if strings.HasPrefix(path, "/api/") && a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be kept: %v", path, a.header)
		}
	}
}

// TestOtherSites: a page of another site changes nothing here, whatever it
// knows of the API.
func TestOtherSites(t *testing.T) {
	o := newOffice(t, nil)
	officer := o.person("Bea", desk.Officer)
	id := o.alert("f1")
	path := "/api/alerts/" + string(id) + "/acknowledge"
	for _, h := range []string{"Origin: http://evil.test", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"} {
		officer.ask("POST", path, `{}`, h, "Idempotency-Key: k").is(http.StatusForbidden, "cross-origin")
		o.stranger().ask("POST", "/api/session", `{"name":"Bea","password":"x"}`, h).is(http.StatusForbidden, "cross-origin")
		officer.ask("DELETE", "/api/session", "", h).is(http.StatusForbidden, "cross-origin")
	}
	officer.ask("POST", path, `{}`, "Origin: http://atalaya.test", "Sec-Fetch-Site: same-origin", "Idempotency-Key: k").is(200, "")
}

// TestProblems: what is asked in a wrong way is told in one form.
func TestProblems(t *testing.T) {
	o := newOffice(t, nil)
	admin := o.person("Bea", desk.Administrator)
	for _, tt := range []struct {
		method, path, body string
		status             int
		code               string
	}{
		{"GET", "/api/nothing", "", 404, "no-such-resource"},
		{"GET", "/api/", "", 404, "no-such-resource"},
		{"POST", "/api/nothing/at/all", "{}", 404, "no-such-resource"},
		{"PUT", "/api/session", "{}", 405, "method-not-allowed"},
		{"PATCH", "/api/alerts/A1", "{}", 405, "method-not-allowed"},
		{"POST", "/", "", 405, "method-not-allowed"},
		{"GET", "/api/tracks/0", "", 422, "unprocessable-entity"},
		{"GET", "/api/tracks/x", "", 422, "unprocessable-entity"},
		{"GET", "/api/tracks?limit=0", "", 422, "unprocessable-entity"},
		{"GET", "/api/tracks?limit=99999", "", 422, "unprocessable-entity"},
		{"GET", "/api/alerts?state=open", "", 422, "unprocessable-entity"},
		{"GET", "/api/alerts/A1", "", 404, "not-found"},
		{"GET", "/api/tracks/77", "", 404, "not-found"},
		{"GET", "/api/observations/1", "", 404, "not-found"},
		{"POST", "/api/people/invite", `{"role":"king"}`, 422, "unprocessable-entity"},
		{"POST", "/api/people/invite", `{"role":"viewer","more":1}`, 422, "unprocessable-entity"},
		{"POST", "/api/people/invite", `{`, 400, "bad-request"},
		{"POST", "/api/people/invite", ``, 400, "bad-request"},
		{"POST", "/api/people/invite", `{"role":"` + strings.Repeat("x", 2<<20) + `"}`, 413, "request-entity-too-large"},
	} {
		a := admin.ask(tt.method, tt.path, tt.body).is(tt.status, tt.code)
		if tt.status == 405 && a.header.Get("Allow") == "" {
			t.Errorf("%s %s: no Allow", tt.method, tt.path)
		}
	}
	if got := admin.ask("PUT", "/api/session", "{}").header.Get("Allow"); got != "GET, HEAD, POST, DELETE" {
		t.Errorf("Allow: %s", got)
	}
}

// TestInside: a failure of the store tells the browser nothing of the inside,
// and the log everything.
func TestInside(t *testing.T) {
	o := newOffice(t, nil)
	officer := o.person("Bea", desk.Officer)
	secret := errors.New("disk I/O error at /var/lib/atalaya/durable.db")
	o.store.with.Store(&secret)
	a := officer.ask("GET", "/api/tracks/1/history", "").is(500, "internal-server-error")
	if bytes.Contains(a.body, []byte("durable.db")) || bytes.Contains(a.body, []byte("errors")) {
		t.Errorf("told: %s", a.body)
	}
	if !strings.Contains(o.log.String(), "durable.db") {
		t.Errorf("log: %s", o.log)
	}
	full := fmt.Errorf("history: %w", desk.ErrFull)
	o.store.with.Store(&full)
	officer.ask("GET", "/api/tracks/1/history", "").is(http.StatusInsufficientStorage, "storage-full")
}

// TestProbes: what watches the program from outside needs no session.
func TestProbes(t *testing.T) {
	o := newOffice(t, nil)
	s := o.stranger()
	if a := s.ask("GET", "/healthz", "").is(200, ""); string(a.body) != "ok\n" {
		t.Errorf("%s", a.body)
	}
	s.ask("GET", "/readyz", "").is(200, "")
	o.ready = errors.New("the picture is 20s behind")
	if a := s.ask("GET", "/readyz", ""); a.status != 503 || !strings.Contains(string(a.body), "20s behind") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := s.ask("GET", "/metrics", "").is(200, ""); string(a.body) != "up 1\n" {
		t.Errorf("%s", a.body)
	}
	s.ask("GET", "/basemap/lake.geojson", "").is(200, "")
}

var rivers = bytes.Repeat([]byte(`{"type":"Feature"}`), 1000)

// TestCompressed: files are small on a weak line, for those who can read them so.
func TestCompressed(t *testing.T) {
	s := newOffice(t, nil).stranger()
	small := s.ask("GET", "/basemap/rivers.geojson", "", "Accept-Encoding: gzip").is(200, "")
	if small.header.Get("Content-Encoding") != "gzip" || len(small.body) > len(rivers)/10 {
		t.Errorf("%q, %d bytes of %d", small.header.Get("Content-Encoding"), len(small.body), len(rivers))
	}
	z, err := gzip.NewReader(bytes.NewReader(small.body))
	if err != nil {
		t.Fatal(err)
	}
	if all, err := io.ReadAll(z); err != nil || !bytes.Equal(all, rivers) {
		t.Errorf("%d bytes, %v", len(all), err)
	}
	plain := s.ask("GET", "/basemap/rivers.geojson", "").is(200, "")
	if plain.header.Get("Content-Encoding") != "" || !bytes.Equal(plain.body, rivers) {
		t.Errorf("%q, %d bytes", plain.header.Get("Content-Encoding"), len(plain.body))
	}
	if plain.header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("Vary %q", plain.header.Get("Vary"))
	}
}

// TestPages: every path is the page, but a file that is not there is not.
func TestPages(t *testing.T) {
	o := newOffice(t, nil)
	s := o.stranger()
	page := s.ask("GET", "/", "")
	if page.status == http.StatusServiceUnavailable {
		if !strings.Contains(string(page.body), "make ui") {
			t.Errorf("%s", page.body)
		}
		return // the user interface is not built, and it says so
	}
	for _, path := range []string{"/", "/enrol", "/alerts/A1"} {
		a := s.ask("GET", path, "")
		if a.status != 200 || !bytes.Equal(a.body, page.body) || a.header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %d, %d bytes, %s", path, a.status, len(a.body), a.header.Get("Cache-Control"))
		}
	}
	for _, path := range []string{"/assets/index-0000.js", "/favicon.ico", "/x.html"} {
		if a := s.ask("GET", path, ""); a.status != 404 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}
