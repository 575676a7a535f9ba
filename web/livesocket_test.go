package web_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"atalaya/desk"
	"atalaya/geo"
	"atalaya/track"
	"atalaya/web/live"
	"atalaya/web/wire"
)

const patience = 20 * time.Second

// socket is a live connection of a browser.
type socket struct {
	t    testing.TB
	conn *websocket.Conn
}

// open connects; a refusal gives its status and text.
func (o *office) open(url string, v *visitor, header http.Header) (s *socket, status int, text string) {
	o.t.Helper()
	if header == nil {
		header = http.Header{}
	}
	if v.cookie != nil {
		header.Set("Cookie", v.cookie.Name+"="+v.cookie.Value)
	}
	conn, resp, err := websocket.Dial(o.t.Context(), url+"/api/live", &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		if resp == nil {
			o.t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			o.t.Fatal(err)
		}
		return nil, resp.StatusCode, string(body)
	}
	o.t.Cleanup(func() { _ = conn.CloseNow() })
	return &socket{o.t, conn}, resp.StatusCode, ""
}

func (o *office) serve() string {
	srv := httptest.NewServer(o.server)
	o.t.Cleanup(srv.Close)
	return srv.URL
}

// next gives the next message: a frame, or the type of a text.
func (s *socket) next() (*wire.Frame, string, []byte, error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	kind, data, err := s.conn.Read(ctx)
	if err != nil {
		return nil, "", nil, err
	}
	if kind == websocket.MessageBinary {
		f, err := wire.Decode(data)
		return f, "", nil, err
	}
	var head struct{ Type string }
	return nil, head.Type, data, json.Unmarshal(data, &head)
}

// until reads until a message has this text, or, for "", until a frame.
func (s *socket) until(text string) *wire.Frame {
	s.t.Helper()
	for {
		f, _, data, err := s.next()
		if err != nil {
			s.t.Fatalf("waiting for %q: %v", text, err)
		}
		if f != nil && text == "" || text != "" && strings.Contains(string(data), text) {
			return f
		}
	}
}

func (s *socket) say(text string) {
	s.t.Helper()
	if err := s.conn.Write(s.t.Context(), websocket.MessageText, []byte(text)); err != nil {
		s.t.Fatal(err)
	}
}

// end reads to the end, and gives its close code.
func (s *socket) end() websocket.StatusCode {
	for {
		if _, _, _, err := s.next(); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

// TestLive: a decision that one officer makes is seen by another.
func TestLive(t *testing.T) {
	o := newOffice(t, nil)
	bea, ana := o.person("Bea", desk.Officer), o.person("Ana", desk.Viewer)
	o.hub.Apply(live.Update{Step: 1, Now: o.clock.Now(), Tracks: []live.Row{{
		Track: track.Track{ID: 1, State: track.State{Time: o.clock.Now(), Position: geo.Position{Lat: -16, Lon: -69}}}, Stale: time.Minute,
	}}})
	id := o.alert("f1")
	s, _, refused := o.open(o.serve(), ana, nil)
	if s == nil {
		t.Fatal(refused)
	}
	s.until(`"protocol":2`)
	s.say(`{"type":"subscribe","topics":["alerts"]}`)
	s.until(string(id))
	f := s.until("")
	if f.Kind != wire.Snapshot || len(f.Motion) != 1 || f.State[0].Priority == 0 || !f.Exercise {
		t.Errorf("%+v", f)
	}
	bea.ask("POST", "/api/alerts/"+string(id)+"/acknowledge", `{}`, "Idempotency-Key: a").is(200, "")
	s.until(`"state":"acknowledged"`)
	bea.ask("POST", "/api/alerts/"+string(id)+"/close", `{"outcome":"false"}`, "Idempotency-Key: b").is(200, "")
	s.until(`"state":"closed"`)
	if f := s.until(""); len(f.State) != 1 || f.State[0].Priority != 0 {
		t.Errorf("%+v", f)
	}
	if n := o.server.Clients(); n != 1 {
		t.Errorf("%d clients", n)
	}
}

// TestLiveRefused: without a session, from another site, or where all places
// are taken nobody gets in; a place that becomes free is given.
func TestLiveRefused(t *testing.T) {
	o := newOffice(t, nil)
	url := o.serve()
	ana := o.person("Ana", desk.Viewer)
	for name, tt := range map[string]struct {
		v      *visitor
		header http.Header
		status int
	}{
		"no session":   {o.stranger(), nil, 401},
		"another site": {ana, http.Header{"Origin": {"http://evil.test"}}, 403},
		"another port": {ana, http.Header{"Origin": {"http://127.0.0.1:1"}}, 403},
	} {
		if s, status, body := o.open(url, tt.v, tt.header); s != nil || status != tt.status {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	ana.ask("GET", "/api/live", "").is(426, "upgrade-required") // no WebSocket
	if n := o.server.Clients(); n != 0 {
		t.Errorf("%d clients", n)
	}
	var all []*socket
	for range 4 {
		s, status, body := o.open(url, ana, http.Header{"Origin": {url}})
		if s == nil {
			t.Fatal(status, body)
		}
		s.until("hello")
		all = append(all, s)
	}
	if s, status, body := o.open(url, ana, nil); s != nil || status != 503 || !strings.Contains(body, "too-many-clients") {
		t.Errorf("a fifth: %d %s", status, body)
	}
	if err := all[0].conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	for end := time.Now().Add(patience); o.server.Clients() == 4; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the place is not free")
		}
	}
	if s, status, body := o.open(url, ana, nil); s == nil {
		t.Errorf("again: %d %s", status, body)
	}
}

// TestLiveEnds: who signs out, or is shut out, is put out; and a server that
// stops says so, leaves nothing behind and lets nobody in.
func TestLiveEnds(t *testing.T) {
	o := newOffice(t, nil)
	url := o.serve()
	ana, bea, carl := o.person("Ana", desk.Viewer), o.person("Bea", desk.Viewer), o.person("Carl", desk.Viewer)
	open := func(v *visitor) *socket {
		s, status, body := o.open(url, v, nil)
		if s == nil {
			t.Fatal(status, body)
		}
		s.until("hello")
		return s
	}
	a, b, c := open(ana), open(bea), open(carl)
	ana.ask("DELETE", "/api/session", "")
	if code := a.end(); code != wire.CloseSession {
		t.Errorf("signed out: %d", code)
	}
	if _, err := o.people.SetDisabled(t.Context(), desk.Who{}, bea.id, true, 0); err != nil {
		t.Fatal(err)
	}
	if code := b.end(); code != wire.CloseSession {
		t.Errorf("shut out: %d", code)
	}
	ended := make(chan websocket.StatusCode, 1)
	go func() { ended <- c.end() }()
	o.server.Close()
	o.server.Close() // twice does no harm
	if code := <-ended; code != websocket.StatusGoingAway {
		t.Errorf("stopped: %d", code)
	}
	if s, status, _ := o.open(url, carl, nil); s != nil || status != 503 {
		t.Errorf("after the stop: %d", status)
	}
}
