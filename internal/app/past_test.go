package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/coder/websocket"

	"atalaya/asset"
	"atalaya/desk"
	"atalaya/desk/registry"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/store"
	"atalaya/store/sqlite"
	"atalaya/store/storetest"
	"atalaya/track"
	"atalaya/valid"
	"atalaya/web"
	"atalaya/web/live"
	"atalaya/web/wire"
)

// archive is a store with a history, and a browser that replays it over a real
// socket.
type archive struct {
	t     testing.TB
	clock *storetest.Clock
	store *sqlite.Store
	past  *past
	conn  *websocket.Conn
}

func openArchive(t testing.TB, have []track.Change) *archive {
	t.Helper()
	clock := storetest.NewClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	log := slog.New(slog.DiscardHandler)
	s, err := sqlite.Open(t.Context(), sqlite.Config{Dir: t.TempDir(), Clock: clock, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	r, err := registry.Open(registry.Config{Store: s, Ledger: s, Clock: clock}, have)
	if err != nil {
		t.Fatal(err)
	}
	a := &archive{t: t, clock: clock, store: s, past: &past{store: s, assets: r.Assets, log: log}}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// connect opens the browser's line. It does not ping, and so lasts for half a
// minute after its last word.
func (a *archive) connect() {
	t := a.t
	t.Helper()
	hub := live.NewHub(live.Config{Epoch: 1, Clock: a.clock.Now, Past: a.past, Replays: 2})
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	served := make(chan error, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err == nil {
			err = hub.Serve(ctx, conn, func() bool { return true })
		}
		served <- err
	}))
	conn, resp, err := websocket.Dial(t.Context(), srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body != nil {
		resp.Body.Close()
	}
	conn.SetReadLimit(1 << 26)
	a.conn = conn
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		srv.Close()
	})
}

func (a *archive) keep(w *storetest.World, steps int) {
	a.t.Helper()
	for range steps {
		if err := a.store.Append(a.t.Context(), w.Step()); err != nil {
			a.t.Fatal(err)
		}
		if err := a.store.Sync(a.t.Context()); err != nil {
			a.t.Fatal(err)
		}
	}
}

func (a *archive) say(text string) {
	a.t.Helper()
	if err := a.conn.Write(a.t.Context(), websocket.MessageText, []byte(text)); err != nil {
		a.t.Fatal(err)
	}
}

// show goes to a time, and gives its picture, all parts in one, and the texts
// before it.
func (a *archive) show(at time.Time) (whole *wire.Frame, s wire.Replay, alerts []desk.Alert) {
	a.t.Helper()
	a.say(fmt.Sprintf(`{"type":"replay","channel":1,"at":%q}`, at.Format(time.RFC3339Nano)))
	for {
		ctx, cancel := context.WithTimeout(a.t.Context(), 30*time.Second)
		kind, data, err := a.conn.Read(ctx)
		cancel()
		if err != nil {
			a.t.Fatal(err)
		}
		if kind == websocket.MessageBinary {
			f, err := wire.Decode(data)
			if err != nil {
				a.t.Fatal(err)
			}
			switch {
			case f.Epoch != s.Epoch || !s.At.Equal(at) || f.Clock != at.UnixMilli():
				continue
			case whole == nil:
				whole = f
			default:
				whole.Motion = append(whole.Motion, f.Motion...)
				whole.State = append(whole.State, f.State...)
				whole.Labels = append(whole.Labels, f.Labels...)
			}
			if f.Missing == 0 {
				return whole, s, alerts
			}
			continue
		}
		var m struct {
			Type   wire.Type
			Alerts []desk.Alert
		}
		if err := json.Unmarshal(data, &m); err != nil {
			a.t.Fatal(err)
		}
		switch m.Type {
		case wire.TypeReplay:
			if err := json.Unmarshal(data, &s); err != nil {
				a.t.Fatal(err)
			}
		case wire.TypeAlerts:
			alerts = m.Alerts
		case wire.TypeError:
			a.t.Fatalf("%s", data)
		default:
		}
	}
}

// TestPast: what a browser gets of a time is what the store knew then: tracks,
// alerts, and which tracks were ours.
func TestPast(t *testing.T) {
	begin := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	mine := func(version uint32, from time.Time, boat int) track.Change {
		return track.Change{At: from, Asset: &asset.Asset{
			ID: "launch", Name: "launch", Valid: valid.Record{Number: version, From: from, Known: from},
			Claims: []obs.Claim{{Kind: obs.MMSI, Value: fmt.Sprint(775000000 + boat*37)}},
		}}
	}
	a := openArchive(t, []track.Change{mine(1, begin, 2), mine(2, begin.Add(40*time.Second), 5)})
	w := storetest.NewWorld(9, a.store.Resume(), begin)
	w.Every = 10 * time.Second
	a.keep(w, 100)
	finding := storetest.Finding(3, 1, w.Now)
	raised := w.Now
	alert := desk.Alert{ID: desk.NameAlert(finding.ID), Kind: rule.Alert, Finding: finding, Priority: finding.Priority, Raised: raised}
	alert = alert.With(desk.Change{Version: 1, Kind: desk.WasRaised, At: raised, Revision: 1})
	if err := a.store.SaveFindings(t.Context(), []desk.Noted{{Known: raised, Finding: finding}}, []desk.Alert{alert}); err != nil {
		t.Fatal(err)
	}
	a.keep(w, 140)

	a.connect()
	a.say(`{"type":"replay","channel":1,"at":"` + w.Now.Format(time.RFC3339) + `"}`)
	a.say(`{"type":"subscribe","channel":1,"topics":["alerts"],"max_hz":10}`)
	// Backwards, so that each is a jump.
	for _, tt := range []struct {
		seconds float64
		own     uint64
		alerts  int
	}{{59.9, 6, 1}, {40, 6, 1}, {39.9, 3, 1}, {25, 3, 1}, {24.9, 3, 0}, {12.34, 3, 0}, {1, 3, 0}} {
		at := begin.Add(time.Duration(tt.seconds * float64(time.Second)))
		f, s, alerts := a.show(at)
		want, err := a.store.AsKnownAt(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		if f.Kind != wire.Snapshot || f.Sequence != want.Step || !s.Known.Equal(want.Known) || len(f.Motion) != len(want.Tracks) || !s.Paused || s.Gap != nil {
			t.Fatalf("at %v: frame of %d tracks, step %d; want %d, %d; %+v", tt.seconds, len(f.Motion), f.Sequence, len(want.Tracks), want.Step, s)
		}
		for i := range want.Tracks {
			m, _ := wire.MotionOf(&want.Tracks[i], at)
			if f.Motion[i] != m {
				t.Errorf("at %v: %+v, want %+v", tt.seconds, f.Motion[i], m)
			}
			if own := f.State[i].Flags&wire.Own != 0; own != (f.State[i].ID == tt.own) {
				t.Errorf("at %v: track %d is ours: %v", tt.seconds, f.State[i].ID, own)
			}
			if urgent := f.State[i].Priority != 0; urgent != (tt.alerts > 0 && f.State[i].ID == 3) {
				t.Errorf("at %v: track %d has priority %d", tt.seconds, f.State[i].ID, f.State[i].Priority)
			}
		}
		if len(alerts) != tt.alerts {
			t.Errorf("at %v: %d alerts", tt.seconds, len(alerts))
		}
	}

	next, err := a.past.Next(t.Context(), web.HistoryNextQuery{After: begin, Kind: web.HistoryAlert, Priority: rule.Low})
	if err != nil || next.ID != string(alert.ID) || !next.At.Equal(raised) || next.Track != 3 || next.Why.EN == "" {
		t.Errorf("next %+v %v", next, err)
	}
	f, err := a.past.Next(t.Context(), web.HistoryNextQuery{After: w.Now, Back: true, Kind: web.HistoryFinding, Priority: rule.Low})
	if err != nil || f.ID != finding.ID {
		t.Errorf("finding before %+v %v", f, err)
	}
	bins, err := a.past.Tally(t.Context(), begin, 1, 2)
	if err != nil || !slices.Equal(bins, []web.HistoryBin{{Findings: 1, Alerts: [4]int{0, 0, 1, 0}}, {}}) {
		t.Errorf("bins %+v %v", bins, err)
	}
	for text, want := range map[string][]track.ID{"775000185": {6}, "t6 77500": {6}, "777": {}, " ": {}} {
		n, err := a.past.Named(t.Context(), web.HistoryNamedQuery{Text: text, From: begin, To: w.Now, Limit: 5})
		got := []track.ID{}
		for _, x := range n.Tracks {
			got = append(got, x.Track.ID)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("named %q: %v %v", text, got, err)
		}
	}
	r, err := a.past.Range(t.Context())
	if err != nil || !r.Newest.Equal(w.Now) || len(r.Gaps) != 0 {
		t.Errorf("range %+v %v", r, err)
	}
}

// TestPastOfNothing: an empty store has no past, and says so.
func TestPastOfNothing(t *testing.T) {
	a := openArchive(t, nil)
	if _, err := a.past.Range(t.Context()); err == nil {
		t.Error("a range of nothing")
	}
	a.connect()
	a.say(`{"type":"replay","channel":1,"request":4,"at":"2026-03-01T12:00:00Z"}`)
	for {
		_, data, err := a.conn.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var e wire.Error
		if err := json.Unmarshal(data, &e); err != nil || e.Type == wire.TypeHello {
			continue
		}
		if e.Code != "history" || e.Request != 4 || e.Channel != 1 {
			t.Errorf("%s", data)
		}
		return
	}
}

// BenchmarkScrub goes to times of a day drawn at random, as a time bar that is
// dragged: from the message to the last byte of the picture. Ten seconds of
// each hour are kept, which is as far as keyframes are apart.
func BenchmarkScrub(b *testing.B) {
	for _, boats := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(boats), func(b *testing.B) {
			a := openArchive(b, nil)
			begin := a.clock.Now()
			w := storetest.NewWorld(boats, store.Resume{}, begin)
			const hours, steps = 24, 41
			for hour := range hours {
				w.Now = begin.Add(time.Duration(hour) * time.Hour)
				w.Every = time.Hour - time.Minute
				a.keep(w, steps)
			}
			a.connect()
			a.say(`{"type":"replay","channel":1,"at":"` + begin.Format(time.RFC3339) + `"}`)
			a.say(`{"type":"subscribe","channel":1,"topics":["alerts"],"max_hz":10}`)
			r := rand.New(rand.NewPCG(1, 2))
			var took []time.Duration
			for b.Loop() {
				// Milliseconds, as the page sends them; never the same twice.
				at := begin.Add(time.Duration(r.IntN(hours))*time.Hour + 1500*time.Millisecond + time.Duration(r.IntN(8500))*time.Millisecond)
				began := time.Now()
				if f, _, _ := a.show(at); len(f.Motion) != boats {
					b.Fatalf("%d of %d boats", len(f.Motion), boats)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
