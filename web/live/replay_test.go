package live

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/geo"
	"atalaya/rule"
	"atalaya/track"
	"atalaya/watch"
	"atalaya/web/wire"
)

// moment is the picture after one step.
type moment struct {
	step   uint64
	now    time.Time
	tracks map[track.ID]Row
	gone   []wire.Gone // in this step
	alerts map[desk.AlertID]desk.Alert
}

// memory is a Past that remembers every step of a world.
type memory struct {
	mu      sync.Mutex
	moments []moment
	gaps    []wire.Gap
	err     error
	slow    time.Duration
	asked   int  // At and On
	forgets bool // On gives the whole picture each second time
}

func (m *memory) remember(w *world, gone []wire.Gone) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.moments = append(m.moments, moment{w.step, w.now, maps.Clone(w.tracks), gone, maps.Clone(w.alerts)})
}

// until gives how many moments had been until t.
func (m *memory) until(t time.Time) int {
	n, found := slices.BinarySearchFunc(m.moments, t, func(x moment, t time.Time) int { return x.now.Compare(t) })
	if found {
		n++
	}
	return n
}

func (m *memory) Range(context.Context) (wire.Range, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return wire.Range{}, m.err
	}
	oldest := m.moments[0].now
	return wire.Range{Oldest: oldest, Newest: m.moments[len(m.moments)-1].now, Detail: oldest, Observations: oldest, Gaps: append([]wire.Gap{}, m.gaps...)}, nil
}

func (m *memory) ask() error {
	time.Sleep(m.slow)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	return m.err
}

func (m *memory) At(_ context.Context, t time.Time) (Scene, error) {
	if err := m.ask(); err != nil {
		return Scene{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.until(t)
	if n == 0 {
		return Scene{}, desk.ErrNotFound
	}
	return m.whole(n), nil
}

func (m *memory) whole(n int) Scene {
	x := m.moments[n-1]
	s := Scene{Update: Update{Step: x.step, Now: x.now, Tracks: rows(x.tracks)}, Whole: true}
	for _, id := range slices.Sorted(maps.Keys(x.alerts)) {
		if a := x.alerts[id]; a.Open() {
			s.Alerts = append(s.Alerts, a)
		}
	}
	return s
}

func rows(tracks map[track.ID]Row) (out []Row) {
	for _, id := range slices.Sorted(maps.Keys(tracks)) {
		out = append(out, tracks[id])
	}
	return out
}

func (m *memory) On(_ context.Context, from Mark, t time.Time) (Scene, error) {
	if err := m.ask(); err != nil {
		return Scene{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.until(t)
	was := slices.IndexFunc(m.moments, func(x moment) bool { return x.step == from.Step }) + 1
	if n <= was {
		return Scene{Update: Update{Step: from.Step}}, nil
	}
	if m.forgets && m.asked%2 == 0 {
		return m.whole(n), nil
	}
	old, x := m.moments[was-1], m.moments[n-1]
	s := Scene{Update: Update{Step: x.step, Now: x.now}}
	for _, r := range rows(x.tracks) {
		if before, ok := old.tracks[r.Track.ID]; !ok || fmt.Sprint(before) != fmt.Sprint(r) {
			s.Tracks = append(s.Tracks, r)
		}
	}
	for _, y := range m.moments[was:n] {
		for _, g := range y.gone {
			if _, had := old.tracks[track.ID(g.ID)]; had {
				s.Gone = append(s.Gone, g)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(x.alerts)) {
		if a := x.alerts[id]; a.Version != old.alerts[id].Version {
			s.Alerts = append(s.Alerts, a)
		}
	}
	return s, nil
}

// minutes remembers so many seconds of one boat that goes north, of a second
// one from the 10th second on, and of an alert about it from the 20th to the
// 40th.
func minutes(seconds int) (*memory, *world) {
	w, m := newWorld(), &memory{}
	for i := range seconds * 4 {
		w.step++
		w.now = w.now.Add(250 * time.Millisecond)
		put := func(id track.ID) {
			r := tracked(id, geo.Position{Lat: -16 + float64(i)*1e-4, Lon: -69})
			r.Track.State.Time, r.Track.Updated = w.now, w.now
			w.tracks[id] = r
		}
		put(1)
		if i >= 40 {
			put(2)
		}
		a := desk.Alert{ID: "A", State: desk.New, Version: 1, Kind: rule.Alert, Priority: rule.High, Finding: watch.Finding{Track: 2}, Raised: w.now}
		switch i {
		case 80:
			w.alerts["A"] = a
		case 160:
			a.State, a.Version = desk.Closed, 2
			w.alerts["A"] = a
		}
		m.remember(w, nil)
	}
	return m, w
}

// replays makes a place with replays.
func (p *place) replays(m *memory, places int) *place {
	p.hub.cfg.Past, p.hub.places = m, make(chan struct{}, places)
	return p
}

func at(seconds float64) string {
	return start.Add(time.Duration(seconds * float64(time.Second))).Format(time.RFC3339Nano)
}

// past is what a person sees of a replay.
type past struct {
	browser
	state  wire.Replay
	alerts []string
	order  []string // of what came: state, alerts, alert, snapshot, delta
}

// watch reads until the condition holds of the replay on channel 1; what comes
// live meanwhile is taken, too.
func (b *person) watch(p *past, what string, ok func() bool) {
	b.t.Helper()
	for end := time.Now().Add(patience); !ok(); {
		if time.Now().After(end) {
			b.t.Fatalf("not seen: %s; %+v", what, p.state)
		}
		ctx, cancel := context.WithTimeout(b.t.Context(), patience)
		kind, data, err := b.conn.Read(ctx)
		cancel()
		if err != nil {
			b.t.Fatal(err)
		}
		if kind == 2 { // binary
			f, err := wire.Decode(data)
			if err != nil {
				b.t.Fatal(err)
			}
			into := &b.browser
			if f.Channel == 1 {
				into = &p.browser
				p.order = append(p.order, map[wire.Kind]string{wire.Snapshot: "snapshot", wire.Delta: "delta"}[f.Kind])
			}
			if gap, err := into.take(f); err != nil || gap {
				b.t.Fatalf("channel %d: gap %v, %v", f.Channel, gap, err)
			}
			continue
		}
		var m struct {
			Type    string
			Channel uint8
			Epoch   uint64
			Alert   desk.Alert
			Alerts  []desk.Alert
			Code    string
		}
		if err := json.Unmarshal(data, &m); err != nil {
			b.t.Fatal(err)
		}
		if m.Channel != 1 {
			continue
		}
		p.order = append(p.order, m.Type)
		switch m.Type {
		case "replay":
			p.state = wire.Replay{}
			if err := json.Unmarshal(data, &p.state); err != nil {
				b.t.Fatal(err)
			}
		case "alerts":
			p.alerts = nil
			for _, a := range m.Alerts {
				p.alerts = append(p.alerts, string(a.ID)+" "+string(a.State))
			}
		case "alert":
			p.alerts = append(p.alerts, string(m.Alert.ID)+" "+string(m.Alert.State))
		case "error":
			p.alerts = append(p.alerts, "error "+m.Code)
		}
		if m.Epoch != 0 && m.Epoch != p.state.Epoch {
			b.t.Fatalf("%s of epoch %d in epoch %d", m.Type, m.Epoch, p.state.Epoch)
		}
	}
}

// TestReplay is the course of a replay: opened, gone on, jumped, closed; the
// live channel goes on beside it.
func TestReplay(t *testing.T) {
	m, w := minutes(120)
	m.gaps = []wire.Gap{{From: start.Add(50 * time.Second), To: start.Add(55 * time.Second)}}
	p := serve(t, nil).replays(m, 5)
	p.apply(7)
	b := p.connect()
	b.text("hello")
	b.say(`{"type":"subscribe","max_hz":10}`)
	b.until("the live snapshot", func() bool { return true })

	r := &past{}
	b.say(`{"type":"replay","channel":1,"request":3,"at":"` + at(25) + `"}`)
	b.say(`{"type":"subscribe","channel":1,"topics":["alerts"],"max_hz":10}`)
	b.watch(r, "the picture of then", func() bool { return len(r.rows) == 2 })
	if want := []string{"replay", "alerts", "snapshot"}; !slices.Equal(r.order, want) {
		t.Errorf("came %v, want %v", r.order, want)
	}
	s := r.state
	if s.Request != 3 || !s.At.Equal(start.Add(25*time.Second)) || !s.Known.Equal(s.At) || !s.Paused || s.Speed != 1 || s.End ||
		!s.Oldest.Equal(start.Add(250*time.Millisecond)) || !s.Newest.Equal(w.now) || s.Gap != nil || len(s.Gaps) != 1 || s.Coarse || s.Thinned {
		t.Errorf("state %+v", s)
	}
	if r.epoch != s.Epoch || r.epoch == 7 || r.sequence != 100 || r.rows[2].state.Priority != uint8(rule.High) || !slices.Equal(r.alerts, []string{"A new"}) {
		t.Errorf("epoch %d, sequence %d, rows %+v, alerts %v", r.epoch, r.sequence, r.rows, r.alerts)
	}
	if r.rows[1].at != start.Add(25*time.Second).UnixMilli() {
		t.Errorf("boat 1 is of %d", r.rows[1].at)
	}

	// A little ahead: the same epoch, and a delta.
	r.order = nil
	b.say(`{"type":"replay","channel":1,"request":4,"at":"` + at(45) + `"}`)
	b.watch(r, "twenty seconds on", func() bool { return r.sequence == 180 })
	if want := []string{"replay", "alert", "delta"}; !slices.Equal(r.order, want) || r.state.Epoch != s.Epoch || r.state.Request != 4 {
		t.Errorf("came %v in epoch %d, want %v in %d", r.order, r.state.Epoch, want, s.Epoch)
	}
	if !slices.Equal(r.alerts, []string{"A new", "A closed"}) || r.rows[2].state.Priority != 0 {
		t.Errorf("alerts %v, row %+v", r.alerts, r.rows[2])
	}

	// Back is a jump; so is far ahead, here into a gap. Live goes on.
	for _, tt := range []struct {
		to     float64
		tracks int
	}{{5, 1}, {51, 2}, {119, 2}} {
		old := r.state.Epoch
		if tt.to == 51 {
			old = 0 // less than a minute ahead
		}
		b.say(`{"type":"replay","channel":1,"request":5,"at":"` + at(tt.to) + `"}`)
		b.watch(r, "the jump", func() bool { return r.sequence == uint64(tt.to*4) })
		if r.state.Epoch == old || r.epoch != r.state.Epoch || len(r.rows) != tt.tracks || (r.state.Gap != nil) != (tt.to == 51) {
			t.Errorf("at %v: epoch %d after %d, %d tracks, state %+v", tt.to, r.epoch, old, len(r.rows), r.state)
		}
		p.apply(7)
	}
	b.watch(r, "live beside it", func() bool { return b.sequence == p.step.Load() })

	// A view of its own: nothing is there.
	b.say(`{"type":"subscribe","channel":1,"bbox":[0,0,1,1],"max_hz":10}`)
	b.watch(r, "what left the view", func() bool { return len(r.rows) == 0 })
	b.say(`{"type":"subscribe","channel":1,"max_hz":10}`)
	b.watch(r, "what came into view", func() bool { return len(r.rows) == 2 })
	b.say(`{"type":"snapshot","channel":1}`)
	r.order = nil
	b.watch(r, "a snapshot", func() bool { return slices.Contains(r.order, "snapshot") })

	// Beyond what is kept.
	b.say(`{"type":"replay","channel":1,"at":"2001-01-01T00:00:00Z"}`)
	b.watch(r, "the oldest", func() bool { return r.sequence == 1 })
	b.say(`{"type":"replay","channel":1,"at":"2101-01-01T00:00:00Z"}`)
	b.watch(r, "the newest", func() bool { return r.sequence == w.step && r.state.End })

	b.say(`{"type":"replay","channel":1,"close":true}`)
	b.say(`{"type":"replay","channel":1,"close":true}`) // it is closed already
	b.say(`{"type":"replay","channel":1,"paused":false}`)
	b.watch(r, "that it is closed", func() bool { return slices.Contains(r.alerts, "error channel") })
	if n := len(p.hub.places); n != 0 {
		t.Errorf("%d places are still taken", n)
	}
}

// TestReplayPlays: the clock runs at its speed, through ends and gaps, and
// stops at the newest step.
func TestReplayPlays(t *testing.T) {
	for _, forgets := range []bool{false, true} {
		m, w := minutes(100)
		m.forgets = forgets
		p := serve(t, nil).replays(m, 1)
		b := p.connect()
		b.text("hello")
		r := &past{}
		began := time.Now()
		b.say(`{"type":"replay","channel":1,"at":"` + at(1) + `","speed":60,"paused":false}`)
		b.say(`{"type":"subscribe","channel":1,"topics":["alerts"],"max_hz":10}`)
		frames, last := 0, uint64(0)
		b.watch(r, "the end", func() bool {
			if r.sequence < last && r.epoch == r.state.Epoch {
				t.Fatalf("sequence %d after %d", r.sequence, last)
			}
			if r.sequence > last {
				frames, last = frames+1, r.sequence
			}
			return r.state.End && r.sequence == w.step
		})
		// 99 s at 60 times are 1.65 s; a second and a half may pass until it is
		// sure that nothing comes any more.
		took := time.Since(began)
		if took < 1600*time.Millisecond || !r.state.Paused || frames < 4 {
			t.Errorf("forgets %v: took %v, %d frames, %+v", forgets, took, frames, r.state)
		}
		if err := compare(r.rows, w.expected(look{})); err != nil {
			t.Errorf("forgets %v: %v", forgets, err)
		}
		if !slices.Contains(r.alerts, "A new") && !forgets || slices.Index(r.alerts, "A closed") < slices.Index(r.alerts, "A new") && !forgets {
			t.Errorf("alerts %v", r.alerts)
		}
	}
}

// TestReplayDragged: of many wishes that come while the history is read, the
// last one is carried out, and few of the others.
func TestReplayDragged(t *testing.T) {
	m, _ := minutes(300)
	m.slow = 50 * time.Millisecond
	p := serve(t, nil).replays(m, 1)
	b := p.connect()
	b.text("hello")
	r := &past{}
	b.say(`{"type":"replay","channel":1,"request":1,"at":"` + at(299) + `"}`)
	b.say(`{"type":"subscribe","channel":1}`)
	for i := range 30 {
		b.say(fmt.Sprintf(`{"type":"replay","channel":1,"request":%d,"at":%q}`, i+2, at(299-float64(i)*9)))
	}
	b.watch(r, "where the hand stopped", func() bool { return r.state.Request == 31 && r.sequence == (299-29*9)*4 })
	if m.asked > 10 {
		t.Errorf("the history was read %d times", m.asked)
	}
}

// TestReplayPulls: for a client that takes nothing, nothing is read.
func TestReplayPulls(t *testing.T) {
	m, w := minutes(30)
	for i := range 2000 { // frames that fill the line
		r := tracked(track.ID(100+i), geo.Position{Lat: -16, Lon: -69})
		m.moments[0].tracks[r.Track.ID], w.tracks[r.Track.ID] = r, r
	}
	for i := range m.moments {
		maps.Copy(m.moments[i].tracks, m.moments[0].tracks)
	}
	p := serve(t, nil).replays(m, 1)
	b := p.connect()
	b.text("hello")
	b.say(`{"type":"replay","channel":1,"at":"` + at(1) + `","speed":1,"paused":false}`)
	b.say(`{"type":"subscribe","channel":1,"max_hz":10}`)
	for range 20 { // snapshots that nobody takes
		b.say(`{"type":"snapshot","channel":1}`)
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(300 * time.Millisecond)
	m.mu.Lock()
	asked := m.asked
	m.mu.Unlock()
	time.Sleep(700 * time.Millisecond)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.asked > asked+1 {
		t.Errorf("the history was read %d times for a line that is full", m.asked-asked)
	}
}

// TestReplayRefused: what cannot be done is told with the channel, and takes no
// place.
func TestReplayRefused(t *testing.T) {
	m, _ := minutes(30)
	p := serve(t, nil).replays(m, 3)
	b, c := p.connect(), p.connect()
	b.text("hello")
	c.text("hello")
	open := func(x *person, channel int) {
		x.t.Helper()
		x.say(fmt.Sprintf(`{"type":"replay","channel":%d,"request":9,"at":%q}`, channel, at(5)))
		x.text("replay")
	}
	refused := func(x *person, say, code string) {
		x.t.Helper()
		x.say(say)
		var e wire.Error
		if err := json.Unmarshal(x.text("error"), &e); err != nil || e.Code != code || e.Channel == 0 || e.Request != 9 || e.Detail == "" {
			x.t.Errorf("%s: %+v %v", say, e, err)
		}
	}
	wish := func(channel int) string {
		return fmt.Sprintf(`{"type":"replay","channel":%d,"request":9,"at":%q}`, channel, at(5))
	}
	open(b, 1)
	open(b, 255)
	refused(b, wish(3), "replays") // two a connection
	open(c, 1)
	refused(c, wish(2), "replays") // three in all
	b.say(`{"type":"replay","channel":255,"close":true}`)
	b.say(`{"type":"ping","sent":1}`)
	b.text("pong")
	open(c, 2)
	c.say(`{"type":"replay","channel":2,"close":true}`)

	// The history cannot be read: what is open stays, what is not does not open.
	m.mu.Lock()
	m.err = errors.New("no history today")
	m.mu.Unlock()
	refused(b, wish(1), "history")
	refused(c, wish(7), "history")
	m.mu.Lock()
	m.err = nil
	m.mu.Unlock()
	open(b, 1)
	open(c, 7)
	_ = b.conn.CloseNow()
	_ = c.conn.CloseNow()
	<-p.served
	<-p.served
	if n := len(p.hub.places); n != 0 {
		t.Errorf("%d places are still taken", n)
	}
}

// TestMemory stops tests against a memory that forgets.
func TestMemory(t *testing.T) {
	m, w := minutes(60)
	s, err := m.At(t.Context(), w.now)
	if err != nil || len(s.Tracks) != 2 || !strings.HasPrefix(s.Tracks[0].Track.Claims[0].Value, "boat") {
		t.Fatal(s, err)
	}
	if !slices.IsSortedFunc(s.Tracks, func(a, b Row) int { return cmp.Compare(a.Track.ID, b.Track.ID) }) {
		t.Error("not in order")
	}
}
