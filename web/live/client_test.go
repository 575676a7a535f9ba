package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"atalaya/desk"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/track"
	"atalaya/watch"
	"atalaya/web/wire"
)

// place is a hub that serves on a socket.
type place struct {
	handler http.HandlerFunc
	t       testing.TB
	hub     *Hub
	url     string
	stop    context.CancelFunc
	over    atomic.Bool   // the sessions are
	ended   atomic.Value  // error: what Serve returned
	served  chan struct{} // one for each connection that has ended
	step    atomic.Uint64
}

func serve(t testing.TB, set func(*limits)) *place {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	p := &place{
		t: t, stop: stop, served: make(chan struct{}, 100),
		hub: NewHub(Config{Epoch: 7, Exercise: true, Version: "test", Clock: time.Now}),
	}
	if set != nil {
		set(&p.hub.limits)
	}
	p.handler = func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		if err := p.hub.Serve(ctx, conn, func() bool { return !p.over.Load() }); err != nil {
			p.ended.Store(fmt.Errorf("served: %w", err)) // of one type always
		}
		p.served <- struct{}{}
	}
	srv := httptest.NewUnstartedServer(p.handler)
	// Small buffers: a line is full soon.
	srv.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if tcp, ok := c.(*net.TCPConn); !ok || tcp.SetWriteBuffer(4096) != nil {
			t.Error("the buffer cannot be set")
		}
		return ctx
	}
	srv.Start()
	t.Cleanup(func() { stop(); srv.Close() })
	p.url = srv.URL
	return p
}

// apply makes a step in which these tracks changed.
func (p *place) apply(ids ...track.ID) {
	u := Update{Step: p.step.Add(1), Now: time.Now()}
	for _, id := range ids {
		u.Tracks = append(u.Tracks, tracked(id, geo.Position{Lat: -16 + float64(u.Step)*1e-6, Lon: -69}))
	}
	p.hub.Apply(u)
}

func tracked(id track.ID, at geo.Position) Row {
	now := time.Now()
	return Row{Stale: time.Minute, Track: track.Track{
		ID: id, Status: track.Confirmed, Updated: now, State: track.State{Time: now, Position: at},
		Claims: []track.Belief{{Claim: obs.Claim{Kind: obs.Name, Value: fmt.Sprint("boat ", id)}}},
	}}
}

// person is a browser's connection.
type person struct {
	t    testing.TB
	conn *websocket.Conn
	browser
}

func (p *place) connect() *person {
	p.t.Helper()
	dialer := net.Dialer{}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dialer.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return c, c.(*net.TCPConn).SetReadBuffer(4096)
	}}
	conn, resp, err := websocket.Dial(p.t.Context(), p.url, &websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}})
	if err != nil {
		p.t.Fatal(err)
	}
	if resp.Body != nil {
		resp.Body.Close()
	}
	conn.SetReadLimit(1 << 26)
	p.t.Cleanup(func() { _ = conn.CloseNow() })
	return &person{t: p.t, conn: conn}
}

func (b *person) say(text string) {
	b.t.Helper()
	if err := b.conn.Write(b.t.Context(), websocket.MessageText, []byte(text)); err != nil {
		b.t.Fatal(err)
	}
}

const patience = 20 * time.Second

// read gives the next message: a frame, or the type and content of a text.
func (b *person) read() (*wire.Frame, string, []byte, error) {
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	kind, data, err := b.conn.Read(ctx)
	if err != nil {
		return nil, "", nil, err
	}
	if kind == websocket.MessageBinary {
		f, err := wire.Decode(data)
		if err == nil {
			_, err = b.take(f)
		}
		return f, "", nil, err
	}
	var head struct{ Type string }
	err = json.Unmarshal(data, &head)
	return nil, head.Type, data, err
}

// next is read for what must come.
func (b *person) next() (*wire.Frame, string, []byte) {
	b.t.Helper()
	f, kind, data, err := b.read()
	if err != nil {
		b.t.Fatal(err)
	}
	return f, kind, data
}

// text gives the next text message, which must have this type.
func (b *person) text(kind string) []byte {
	b.t.Helper()
	for {
		f, got, data := b.next()
		if f != nil {
			continue
		}
		if got != kind {
			b.t.Fatalf("%s, want %s", data, kind)
		}
		return data
	}
}

// until reads frames until the condition holds.
func (b *person) until(what string, ok func() bool) *wire.Frame {
	b.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if f, _, _ := b.next(); f != nil && ok() {
			return f
		}
	}
	b.t.Fatalf("not seen: %s", what)
	return nil
}

// end reads to the end, and gives the close code.
func (b *person) end() websocket.StatusCode {
	for {
		if _, _, _, err := b.read(); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

// TestCourse is the course of a connection as the protocol tells it.
func TestCourse(t *testing.T) {
	p := serve(t, nil)
	p.apply(1, 2)
	p.hub.Feeds([]string{"f"})
	p.hub.System("s")
	p.hub.Alert(desk.Alert{ID: "A1", State: desk.New, Version: 1, Priority: rule.High, Finding: watch.Finding{Track: 2}})
	b := p.connect()

	var hello wire.Hello
	if err := json.Unmarshal(b.text("hello"), &hello); err != nil || hello.Protocol != wire.Version || hello.Epoch != 7 || !hello.Exercise || hello.Version != "test" || time.Since(hello.Now) > time.Minute {
		t.Errorf("%+v %v", hello, err)
	}
	b.say(`{"type":"ping","sent":{"a":[1,2.50]}}`) // before the subscription, too
	if pong := b.text("pong"); !bytes.Contains(pong, []byte(`"sent":{"a":[1,2.50]}`)) {
		t.Errorf("pong %s", pong)
	}

	b.say(`{"type":"subscribe","channel":0,"topics":["alerts","feeds","system","weather"],"max_hz":10,"unknown":1}`)
	seen := map[string]string{}
	for len(seen) < 3 {
		f, kind, data := b.next()
		if f != nil {
			t.Fatal("a frame before the topics")
		}
		seen[kind] = string(data)
	}
	if seen["feeds"] != `{"feeds":["f"],"type":"feeds"}` || seen["system"] != `{"system":"s","type":"system"}` || !strings.Contains(seen["alerts"], `"id":"A1"`) {
		t.Errorf("topics %v", seen)
	}
	f, _, _ := b.next()
	if f == nil || f.Kind != wire.Snapshot || !f.Exercise || f.Epoch != 7 || f.Sequence != 1 || len(b.rows) != 2 {
		t.Fatalf("first frame %+v", f)
	}
	if b.rows[2].state.Priority != uint8(rule.High) || b.rows[1].labels[0] != "boat T1" {
		t.Errorf("rows %+v", b.rows)
	}

	p.apply(2, 3)
	f = b.until("a new track", func() bool { return len(b.rows) == 3 })
	if f.Kind != wire.Delta || f.Base != 1 || f.Sequence != 2 || len(f.Motion) != 2 {
		t.Errorf("delta %+v", f)
	}
	p.hub.Apply(Update{Step: p.step.Add(1), Now: time.Now(), Gone: []wire.Gone{{ID: 3, Reason: wire.Merged, Into: 1}}})
	f = b.until("a tombstone", func() bool { return len(b.rows) == 2 })
	if len(f.Gone) != 1 || f.Gone[0] != (wire.Gone{ID: 3, Reason: wire.Merged, Into: 1}) {
		t.Errorf("gone %+v", f.Gone)
	}

	b.say(`{"type":"snapshot","channel":0}`)
	b.until("a snapshot", func() bool { return b.sequence == p.step.Load() })
	if err := compare(b.rows, map[uint64]row{1: b.rows[1], 2: b.rows[2]}); err != nil {
		t.Error(err)
	}

	// A later view: what left it is told, and no topic comes again.
	b.say(`{"type":"subscribe","channel":0,"bbox":[0,0,1,1],"topics":["alerts","feeds","system"]}`)
	f = b.until("what left the view", func() bool { return len(b.rows) == 1 })
	if f.Kind != wire.Delta || len(f.Gone) != 1 || f.Gone[0].Reason != wire.LeftView || b.rows[2].state.ID != 2 {
		t.Errorf("view %+v", f) // 2 has an alert
	}
	p.hub.System("s2")
	if got := b.text("system"); string(got) != `{"system":"s2","type":"system"}` {
		t.Errorf("%s", got)
	}
}

// TestSame: a topic that did not change is not told again.
func TestSame(t *testing.T) {
	p := serve(t, nil)
	b := p.connect()
	b.text("hello")
	b.say(`{"type":"subscribe","topics":["feeds"]}`)
	b.until("the first frame", func() bool { return true })
	for i := range 10 {
		p.hub.Feeds([]int{i / 5})
		time.Sleep(5 * time.Millisecond)
	}
	p.hub.Feeds("end")
	var all []string
	for {
		data := string(b.text("feeds"))
		all = append(all, data)
		if strings.Contains(data, "end") {
			break
		}
	}
	if len(all) != 3 {
		t.Errorf("%v", all)
	}
}

// TestRegistryIsTold: who asks for it is told what is registered, at once and
// when it changed.
func TestRegistryIsTold(t *testing.T) {
	p := serve(t, nil)
	p.hub.Registry(map[string]int{"area": 3})
	b := p.connect()
	b.text("hello")
	b.say(`{"type":"subscribe","topics":["registry"]}`)
	for _, want := range []string{`{"revisions":{"area":3},"type":"registry"}`, `{"revisions":{"area":4},"type":"registry"}`} {
		if got := string(b.text("registry")); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		p.hub.Registry(map[string]int{"area": 4})
	}
}

// TestKindsApart: notices and what is wrong with the system come on topics of
// their own, whole at subscription and with each change, and never as alerts.
func TestKindsApart(t *testing.T) {
	p := serve(t, nil)
	post := func(kind rule.Kind, i int, v uint64, state desk.State) {
		p.hub.Alert(desk.Alert{ID: desk.AlertID(fmt.Sprintf("%c%02d", kind[0], i)), Kind: kind, Version: v, State: state})
	}
	list := func(data []byte) string {
		t.Helper()
		var m struct{ Notices, Health, Alerts []desk.Alert }
		if err := json.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, a := range slices.Concat(m.Notices, m.Health, m.Alerts) {
			out = append(out, fmt.Sprintf("%s %s", a.ID, a.State))
		}
		return strings.Join(out, ", ")
	}
	post(rule.Notice, 1, 1, desk.Posted)
	post(rule.Health, 1, 1, desk.New)
	b := p.connect()
	b.text("hello")
	b.say(`{"type":"subscribe","topics":["notices","health","alerts"]}`)
	for _, first := range [][2]string{{"health", "h01 new"}, {"notices", "n01 posted"}, {"alerts", ""}} {
		if got := list(b.text(first[0])); got != first[1] {
			t.Errorf("%s: %q, want %q", first[0], got, first[1])
		}
	}
	for _, c := range []struct {
		do         func()
		kind, want string
	}{
		{func() { post(rule.Notice, 2, 1, desk.Posted) }, "notices", "n02 posted, n01 posted"},
		{func() { post(rule.Health, 2, 1, desk.New) }, "health", "h02 new, h01 new"},
		{func() { post(rule.Health, 1, 2, desk.Acknowledged) }, "health", "h02 new, h01 acknowledged"},
		{func() { post(rule.Health, 1, 1, desk.New); post(rule.Health, 2, 2, desk.Closed) }, "health", "h01 acknowledged"}, // the first was overtaken on the way
		{func() { post(rule.Alert, 1, 1, desk.New) }, "alert", ""},
	} {
		c.do()
		if got := list(b.text(c.kind)); got != c.want {
			t.Errorf("%s: %q, want %q", c.kind, got, c.want)
		}
	}
	// The last ones only: the API has the others.
	h := NewHub(Config{Clock: time.Now})
	for i := range maxNewest + 5 {
		h.Alert(desk.Alert{ID: desk.AlertID(fmt.Sprint(i)), Kind: rule.Notice, Version: 1, State: desk.Posted})
	}
	if got := list(h.texts(follow(nil, []string{topicNotices}))[0]); strings.Count(got, ",") != maxNewest-1 || !strings.HasPrefix(got, "24 posted, 23") {
		t.Errorf("%s", got)
	}
	// Who asks for one of them gets that one.
	if got := h.texts(follow(nil, []string{topicHealth})); len(got) != 1 || string(got[0]) != `{"health":[],"type":"health"}` {
		t.Errorf("%s", got)
	}
}

// TestAlertsFollowed: a client gets each change of an alert, in order; one that
// fell too far behind gets all that are open.
func TestAlertsFollowed(t *testing.T) {
	h := NewHub(Config{Clock: time.Now})
	alert := func(i int, v uint64, state desk.State) {
		h.Alert(desk.Alert{ID: desk.AlertID(fmt.Sprintf("A%04d", i)), Version: v, State: state, Raised: start.Add(time.Duration(i))})
	}
	ids := func(msgs [][]byte) string {
		var all []string
		for _, m := range msgs {
			var v struct {
				Type   string
				Alert  desk.Alert
				Alerts []desk.Alert
			}
			if err := json.Unmarshal(m, &v); err != nil {
				t.Fatal(err)
			}
			if v.Type == "alerts" {
				all = append(all, fmt.Sprint("all ", len(v.Alerts)))
			} else {
				all = append(all, fmt.Sprintf("%s %s", v.Alert.ID, v.Alert.State))
			}
		}
		return strings.Join(all, ", ")
	}
	topics := follow(nil, []string{topicAlerts})
	for _, tt := range []struct {
		do   func()
		want string
	}{
		{func() {}, "all 0"},
		{func() { alert(1, 1, desk.New) }, "A0001 new"},
		{func() { alert(2, 1, desk.New); alert(1, 2, desk.Acknowledged) }, "A0002 new, A0001 acknowledged"},
		{func() { topics = follow(topics, []string{topicAlerts, topicFeeds}) }, ""},
		{func() { alert(1, 3, desk.Closed) }, "A0001 closed"},
		{func() { alert(1, 2, desk.Acknowledged); alert(1, 1, desk.New) }, ""}, // overtaken on the way
		{func() {
			for i := range maxChanges {
				alert(100+i, 1, desk.New)
			}
		}, "many"},
		{func() {
			for i := range maxChanges + 1 {
				alert(2000+i, 1, desk.New)
			}
		}, "all 2002"},
		{func() { topics = follow(topics, nil) }, ""},
		{func() { alert(3, 1, desk.New); topics = follow(topics, []string{topicAlerts}) }, "all 2003"},
	} {
		tt.do()
		got := ids(h.texts(topics))
		if tt.want == "many" {
			if n := strings.Count(got, "new"); n != maxChanges {
				t.Errorf("%d changes", n)
			}
		} else if got != tt.want {
			t.Errorf("%.200s, want %s", got, tt.want)
		}
	}
}

// TestClosedAlertsBounded: the memory of closed alerts does not grow.
func TestClosedAlertsBounded(t *testing.T) {
	h := NewHub(Config{Clock: time.Now})
	for i := range 5000 {
		a := desk.Alert{ID: desk.AlertID(fmt.Sprint(i)), Version: 1, State: desk.New, Finding: watch.Finding{Track: track.ID(i)}}
		h.Alert(a)
		a.Version, a.State = 2, desk.Closed
		h.Alert(a)
	}
	if n := len(h.alerts.closed); n > maxClosed || len(h.alerts.order) != n || len(h.alerts.open) != 0 || len(h.alerts.track) != 0 || len(h.news.changes) > maxChanges {
		t.Errorf("%d closed, %d open, %d of tracks", n, len(h.alerts.open), len(h.alerts.track))
	}
}

// TestErrors: what a client says wrong is told and ends nothing.
func TestErrors(t *testing.T) {
	p := serve(t, nil)
	b := p.connect()
	b.text("hello")
	follow := strings.Repeat("1,", 64) + "1"
	for text, code := range map[string]string{
		`{`:                                "json",
		`[]`:                               "json",
		`{"type":"dance"}`:                 "type",
		`{"type":"subscribe","channel":1}`: "channel",
		`{"type":"snapshot","channel":1}`:  "channel",
		`{"type":"snapshot","channel":-1}`: "snapshot",
		`{"type":"replay","channel":0}`:    "replay",
		`{"type":"replay","channel":1}`:    "channel",
		`{"type":"replay","channel":256}`:  "replay",
		`{"type":"replay","channel":1,"at":"2026-03-01T12:00:00Z"}`:                            "history", // none is kept here
		`{"type":"replay","channel":1,"at":"2026-03-01T12:00:00Z","speed":0.5}`:                "replay",
		`{"type":"replay","channel":1,"at":"2026-03-01T12:00:00Z","speed":61}`:                 "replay",
		`{"type":"replay","channel":1,"at":"2026-03-01T12:00:00Z","request":9007199254740992}`: "replay",
		`{"type":"replay","channel":1,"at":"noon"}`:                                            "replay",
		`{"type":"subscribe","bbox":[1,2,3]}`:                                                  "", // a shorter array is filled with zeros: south above north
		`{"type":"subscribe","bbox":[0,5,1,4]}`:                                                "subscribe",
		`{"type":"subscribe","bbox":[0,0,1,1e9]}`:                                              "subscribe",
		`{"type":"subscribe","bbox":"world"}`:                                                  "subscribe",
		`{"type":"subscribe","max_hz":-1}`:                                                     "subscribe",
		`{"type":"subscribe","follow":[` + follow + `]}`:                                       "subscribe",
		`{"type":"subscribe","follow":[-1]}`:                                                   "subscribe",
	} {
		b.say(text)
		var e wire.Error
		if err := json.Unmarshal(b.text("error"), &e); err != nil || code != "" && e.Code != code || e.Detail == "" {
			t.Errorf("%s: %+v %v", text, e, err)
		}
	}
	if err := b.conn.Write(t.Context(), websocket.MessageBinary, []byte{1}); err != nil {
		t.Fatal(err)
	}
	b.text("error")
	b.say(`{"type":"ping","sent":1}`)
	b.text("pong")
}

// TestRate: deltas come no more often than asked for, and hold the newest.
func TestRate(t *testing.T) {
	p := serve(t, nil)
	p.apply(1)
	b := p.connect()
	b.text("hello")
	b.say(`{"type":"subscribe","max_hz":5}`)
	b.until("the snapshot", func() bool { return true })
	began := time.Now()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				p.apply(1)
			}
		}
	})
	frames := 0
	for time.Since(began) < 2*time.Second {
		if f, _, _ := b.next(); f != nil {
			frames++
			if f.Shed != 0 {
				t.Errorf("%d shed, though the line took everything", f.Shed)
			}
		}
	}
	close(stop)
	wg.Wait()
	if most := int(time.Since(began).Seconds()*5) + 1; frames > most || frames < most/3 {
		t.Errorf("%d frames in %v at 5 Hz", frames, time.Since(began))
	}
}

// TestBeat: a quiet picture still shows that the line lives, also to who wants
// few deltas, and swallows none by that.
func TestBeat(t *testing.T) {
	for _, hz := range []string{"10", "0.2"} {
		p := serve(t, func(l *limits) { l.beat = 50 * time.Millisecond })
		p.apply(1)
		b := p.connect()
		b.text("hello")
		b.say(`{"type":"subscribe","max_hz":` + hz + `}`)
		b.until("the snapshot", func() bool { return true })
		last := int64(0)
		for range 10 {
			f, _, _ := b.next()
			if f == nil || f.Kind != wire.Delta || f.Base != 1 || f.Sequence != 1 || f.Shed != 0 || len(f.Motion) != 0 || f.Clock < last {
				t.Fatalf("at %s Hz: %+v", hz, f)
			}
			last = f.Clock
		}
	}
}

// TestSlow: a client that takes nothing for a while costs no memory, and gets
// the newest at once when it wakes up.
func TestSlow(t *testing.T) {
	var many []track.ID
	for i := range 2000 {
		many = append(many, track.ID(i+1))
	}
	p := serve(t, nil)
	p.apply(many...)
	b := p.connect()
	b.text("hello")
	b.say(`{"type":"subscribe","max_hz":10}`)
	b.until("the snapshot", func() bool { return true })
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for began := time.Now(); time.Since(began) < 2*time.Second; time.Sleep(60 * time.Millisecond) {
		p.apply(many...)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 16<<20 {
		t.Errorf("%d MB more", grown>>20)
	}
	frames, shed := 0, uint32(0)
	for b.sequence != p.step.Load() {
		f, _, _ := b.next()
		frames++
		shed += f.Shed
	}
	if frames > 5 || shed < 5 {
		t.Errorf("%d frames to the newest, %d shed", frames, shed)
	}
}

// TestTooSlow: a client that takes nothing for too long is closed with a code
// that tells why.
func TestTooSlow(t *testing.T) {
	var many []track.ID
	for i := range 2000 {
		many = append(many, track.ID(i+1))
	}
	p := serve(t, func(l *limits) { l.slow = 100 * time.Millisecond })
	p.apply(many...)
	b := p.connect()
	b.say(`{"type":"subscribe","max_hz":10}`)
	time.Sleep(time.Second)
	if code := b.end(); code != wire.CloseSlow {
		t.Errorf("closed with %d, want %d", code, wire.CloseSlow)
	}
	var out *closing
	<-p.served
	if err, _ := p.ended.Load().(error); !errors.As(err, &out) || out.code != wire.CloseSlow {
		t.Errorf("served until %v", err)
	}
}

// pipes is a listener whose connections hold nothing: what is written waits
// until it is read.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if c, ok := <-p; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// TestWeakLine: a picture that takes longer than a line may take nothing comes
// through, because some of it is taken all the time; and it comes in parts,
// between which an answer passes.
func TestWeakLine(t *testing.T) {
	var many []track.ID
	for i := range 4000 {
		many = append(many, track.ID(i+1))
	}
	const slow = 300 * time.Millisecond
	p := serve(t, func(l *limits) { l.slow = slow })
	p.apply(many...)
	weak := make(pipes, 1)
	srv := &http.Server{Handler: p.handler, ReadHeaderTimeout: patience}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := srv.Serve(weak); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	}()
	dial := func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		weak <- there
		return here, nil
	}
	conn, resp, err := websocket.Dial(t.Context(), "http://weak", &websocket.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{DialContext: dial}}})
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body != nil {
		resp.Body.Close()
	}
	conn.SetReadLimit(1 << 26)
	defer func() { _ = conn.CloseNow(); close(weak); <-done }()
	b := &person{t: t, conn: conn}
	b.say(`{"type":"subscribe","max_hz":10}`)
	began, parts, pongs, slowest := time.Now(), 0, 0, time.Duration(0)
	for b.missing > 0 || !b.known {
		kind, r, err := conn.Reader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		first, piece := time.Now(), make([]byte, 4096)
		var message []byte
		for {
			n, err := r.Read(piece)
			if message = append(message, piece[:n]...); errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("closed after %d bytes in %s: %v", len(message), time.Since(first), err)
			}
			time.Sleep(30 * time.Millisecond)
		}
		if kind == websocket.MessageText {
			if strings.Contains(string(message), "pong") {
				pongs++
			}
			continue
		}
		slowest = max(slowest, time.Since(first))
		f, err := wire.Decode(message)
		if err != nil {
			t.Fatal(err)
		}
		if gap, err := b.take(f); gap || err != nil {
			t.Fatal(gap, err)
		}
		if parts++; parts == 1 {
			b.say(`{"type":"ping","sent":1}`)
		}
		if len(message) > firstPart+1024 {
			t.Errorf("a part of %d bytes", len(message))
		}
	}
	if took := time.Since(began); took < 3*slow || slowest < slow {
		t.Errorf("it took %s, a part at most %s: the line was not weak", took, slowest)
	}
	if parts < 3 || pongs != 1 || len(b.rows) != len(many) {
		t.Errorf("%d tracks in %d parts, %d answers between them", len(b.rows), parts, pongs)
	}
}

// TestShed counts the deltas that were swallowed while the line was busy.
func TestShed(t *testing.T) {
	h := NewHub(Config{Clock: time.Now})
	for _, tt := range []struct {
		missed int
		steps  uint64
		want   uint32
	}{{0, 1, 0}, {0, 9, 0}, {3, 1, 0}, {3, 2, 1}, {3, 9, 3}} {
		v := newView()
		var f wire.Frame
		h.Apply(Update{Step: h.step + 1})
		h.frame(&v, &f, start, true)
		v.missed = tt.missed
		h.Apply(Update{Step: h.step + tt.steps, Tracks: []Row{tracked(1, geo.Position{})}})
		if h.frame(&v, &f, start, false); f.Shed != tt.want {
			t.Errorf("%d due in %d steps: shed %d, want %d", tt.missed, tt.steps, f.Shed, tt.want)
		}
		if h.frame(&v, &f, start, true); f.Shed != 0 {
			t.Errorf("shed %d counted again", f.Shed)
		}
	}
}

// TestEnds: why a connection ends is in its close code.
func TestEnds(t *testing.T) {
	for _, tt := range []struct {
		name string
		set  func(*limits)
		do   func(*place, *person)
		code websocket.StatusCode
	}{
		{"session", func(l *limits) { l.check = 20 * time.Millisecond }, func(p *place, _ *person) { p.over.Store(true) }, wire.CloseSession},
		{"stop", nil, func(p *place, _ *person) { p.stop() }, websocket.StatusGoingAway},
		{"long message", nil, func(_ *place, b *person) { b.say(`{"type":"` + strings.Repeat("x", maxMessage) + `"}`) }, websocket.StatusMessageTooBig},
		{"too many", nil, func(_ *place, b *person) {
			for range maxRate + 1 {
				b.say(`{"type":"snapshot"}`)
			}
		}, websocket.StatusPolicyViolation},
	} {
		for _, subscribed := range []bool{false, true} {
			t.Run(fmt.Sprint(tt.name, subscribed), func(t *testing.T) {
				p := serve(t, tt.set)
				b := p.connect()
				b.text("hello")
				if subscribed {
					b.say(`{"type":"subscribe"}`)
					b.until("a frame", func() bool { return true })
				}
				tt.do(p, b)
				if code := b.end(); code != tt.code {
					t.Errorf("closed with %d, want %d", code, tt.code)
				}
				select {
				case <-p.served:
				case <-time.After(patience):
					t.Error("Serve goes on")
				}
			})
		}
	}
}

// TestGone: a browser that goes, with or without a word, or says nothing any
// more, leaves nothing behind.
func TestGone(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("goes", func(t *testing.T) {
		p := serve(t, func(l *limits) { l.quiet = 200 * time.Millisecond })
		for _, leave := range []func(*person){
			func(b *person) { b.conn.Close(websocket.StatusNormalClosure, "") },
			func(b *person) { _ = b.conn.CloseNow() },
			func(*person) {},
		} {
			b := p.connect()
			b.text("hello")
			b.say(`{"type":"subscribe"}`)
			b.until("a frame", func() bool { return true })
			leave(b)
			select {
			case <-p.served:
			case <-time.After(patience):
				t.Fatal("Serve goes on")
			}
		}
	})
	for end := time.Now().Add(patience); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, before %d", runtime.NumGoroutine(), before)
		}
	}
}

// TestManyClients: several browsers, each with a view of its own, while the
// picture changes: in the end each has what it asked for.
func TestManyClients(t *testing.T) {
	p := serve(t, nil)
	var ids []track.ID
	for i := range 200 {
		ids = append(ids, track.ID(i+1))
	}
	p.apply(ids...)
	people := make([]*person, 6)
	for i := range people {
		people[i] = p.connect()
		people[i].text("hello")
		people[i].say(fmt.Sprintf(`{"type":"subscribe","max_hz":10,"topics":["alerts"],"follow":[%d]}`, i+1))
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 100 {
			p.apply(ids[i : i+50]...)
			p.hub.Alert(desk.Alert{ID: desk.AlertID(fmt.Sprint(i)), Version: 1, State: desk.New, Priority: rule.Low, Finding: watch.Finding{Track: ids[i]}})
			p.hub.Tracks(5, 10, func(*track.Track) bool { return true })
			time.Sleep(3 * time.Millisecond)
		}
		p.apply(ids...)
	})
	for _, b := range people {
		wg.Go(func() {
			for {
				f, _, _, err := b.read()
				if err != nil {
					t.Error(err)
					return
				}
				if f != nil && f.Sequence == 102 {
					return
				}
			}
		})
	}
	wg.Wait()
	for i, b := range people {
		if len(b.rows) != len(ids) {
			t.Errorf("client %d has %d tracks", i, len(b.rows))
		}
	}
}
