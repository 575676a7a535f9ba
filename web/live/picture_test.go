package live

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"atalaya/desk"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/track"
	"atalaya/watch"
	"atalaya/web/wire"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// row is what a browser knows of a track.
type row struct {
	motion wire.Motion // Age is 0
	at     int64       // time of the position, ms since 1970
	state  wire.State
	labels map[int]string
}

// browser holds a picture as docs/protocol.md tells a client to.
type browser struct {
	rows     map[uint64]row
	epoch    uint64
	sequence uint64
	known    bool // it has had a snapshot
	old      bool // it saw a gap, and waits for a snapshot
	missing  uint32
	behind   uint32
}

// take reads a frame. It reports whether a snapshot must be asked for.
func (b *browser) take(f *wire.Frame) (gap bool, err error) {
	if f.Kind == wire.Delta && b.old {
		return false, nil
	}
	if f.Kind == wire.Delta && (f.Epoch != b.epoch || f.Base != b.sequence || !b.known) {
		b.old = true
		return true, nil
	}
	if f.Kind == wire.Snapshot {
		if f.Base != 0 || len(f.Gone) != 0 {
			return false, fmt.Errorf("a snapshot with base %d and %d gone", f.Base, len(f.Gone))
		}
		b.rows, b.old, b.known = map[uint64]row{}, false, true
	}
	if f.Kind == wire.Delta && f.Sequence < b.sequence {
		return false, fmt.Errorf("sequence %d after %d", f.Sequence, b.sequence)
	}
	b.epoch, b.sequence, b.missing, b.behind = f.Epoch, f.Sequence, f.Missing, f.Behind
	for _, g := range f.Gone {
		if _, ok := b.rows[g.ID]; !ok {
			return false, fmt.Errorf("track %d is gone, but was not there", g.ID)
		}
		delete(b.rows, g.ID)
	}
	fresh := map[uint64]bool{}
	for _, m := range f.Motion {
		r, ok := b.rows[m.ID]
		fresh[m.ID] = !ok
		r.at = f.Clock - int64(m.Age)
		m.Age = 0
		r.motion = m
		b.rows[m.ID] = r
	}
	for _, s := range f.State {
		r, ok := b.rows[s.ID]
		if !ok {
			return false, fmt.Errorf("state of track %d, which is not there", s.ID)
		}
		r.state = s
		delete(fresh, s.ID)
		b.rows[s.ID] = r
	}
	for id, is := range fresh {
		if is {
			return false, fmt.Errorf("track %d is new and has no state", id)
		}
	}
	for _, l := range f.Labels {
		r, ok := b.rows[l.ID]
		if !ok {
			return false, fmt.Errorf("labels of track %d, which is not there", l.ID)
		}
		r.labels = maps.Clone(r.labels)
		if r.labels == nil {
			r.labels = map[int]string{}
		}
		for k, v := range l.Values {
			switch {
			case l.Has&(1<<k) == 0:
			case v == "":
				delete(r.labels, k)
			default:
				r.labels[k] = v
			}
		}
		b.rows[l.ID] = r
	}
	return false, nil
}

// world is what should be seen: the tracks and alerts as the test made them.
type world struct {
	step   uint64
	next   track.ID
	now    time.Time
	tracks map[track.ID]Row
	alerts map[desk.AlertID]desk.Alert
}

func newWorld() *world {
	return &world{next: 1, now: start, tracks: map[track.ID]Row{}, alerts: map[desk.AlertID]desk.Alert{}}
}

func (w *world) ids() []track.ID { return slices.Sorted(maps.Keys(w.tracks)) }

// update is the whole picture.
func (w *world) update() Update {
	u := Update{Step: w.step, Now: w.now}
	for _, id := range w.ids() {
		u.Tracks = append(u.Tracks, w.tracks[id])
	}
	return u
}

// look is what a client subscribed.
type look struct {
	box    *[4]float64
	follow []uint64
}

// inside reports whether a place lies in the box, widened by a quarter on each
// side, with the edges. This is the rule of the protocol, written anew.
func inside(box [4]float64, p geo.Position) bool {
	west, south, east, north := box[0], box[1], box[2], box[3]
	high := north - south
	if p.Lat < south-high/4-1e-9 || p.Lat > north+high/4+1e-9 {
		return false
	}
	width := east - west
	for width < 0 {
		width += 360
	}
	from := west - width/4
	off := math.Mod(p.Lon-from, 360)
	if off < 0 {
		off += 360
	}
	return off <= 1.5*width+1e-9 || off >= 360-1e-9 || width >= 240
}

func (w *world) sees(l look, r Row, priority rule.Priority) bool {
	return l.box == nil || r.Own || priority > 0 || r.Track.Distress != obs.NoDistress ||
		slices.Contains(l.follow, uint64(r.Track.ID)) || inside(*l.box, r.Track.State.Position)
}

// expected is the picture of a client.
func (w *world) expected(l look) map[uint64]row {
	out := map[uint64]row{}
	for id, r := range w.tracks {
		var top rule.Priority
		for _, a := range w.alerts {
			if a.Finding.Track == id && a.Open() {
				top = max(top, a.Priority)
			}
		}
		if !w.sees(l, r, top) {
			continue
		}
		m, _ := wire.MotionOf(&r.Track, r.Track.State.Time)
		x := row{motion: m, at: r.Track.State.Time.UnixMilli(), state: wire.StateOf(&r.Track, r.Own, top, r.Stale)}
		for k, v := range wire.LabelOf(&r.Track).Values {
			if v != "" {
				if x.labels == nil {
					x.labels = map[int]string{}
				}
				x.labels[k] = v
			}
		}
		out[uint64(id)] = x
	}
	return out
}

// compare tells in what two pictures differ.
func compare(got, want map[uint64]row) error {
	for id, w := range want {
		g, ok := got[id]
		switch {
		case !ok:
			return fmt.Errorf("track %d is missing", id)
		case g.motion != w.motion:
			return fmt.Errorf("track %d moves %+v, want %+v", id, g.motion, w.motion)
		case g.at != w.at:
			return fmt.Errorf("track %d is of %d, want %d", id, g.at, w.at)
		case g.state != w.state:
			return fmt.Errorf("track %d is %+v, want %+v", id, g.state, w.state)
		case !maps.Equal(g.labels, w.labels):
			return fmt.Errorf("track %d is called %v, want %v", id, g.labels, w.labels)
		}
	}
	for id := range got {
		if _, ok := want[id]; !ok {
			return fmt.Errorf("track %d should not be there", id)
		}
	}
	return nil
}

// drawn makes things at random.
type drawn struct{ *rapid.T }

func (t drawn) place() geo.Position {
	// Few places, many of them on edges and beside the antimeridian.
	lon := rapid.SampledFrom([]float64{-180, -179.5, -175, -70, -69.5, -69, 0, 10, 69, 175, 179.5}).Draw(t.T, "lon")
	return geo.Position{Lat: rapid.SampledFrom([]float64{-60, -17, -16.5, -16, 0, 45}).Draw(t.T, "lat"), Lon: lon}
}

func (t drawn) look() look {
	if rapid.Bool().Draw(t.T, "everything") {
		return look{}
	}
	a := rapid.SampledFrom([]float64{-540, -200, -180, -170, -70, -69, 0, 60, 170, 179, 180, 190, 350}).Draw(t.T, "west")
	width := rapid.SampledFrom([]float64{0, 0.5, 10, 100, 300, 360}).Draw(t.T, "width")
	east := a + width
	if rapid.Bool().Draw(t.T, "over") && east > 180 && a <= 180 {
		east -= 360 // west greater than east
	}
	s := rapid.SampledFrom([]float64{-90, -20, -17, 0}).Draw(t.T, "south")
	l := look{box: &[4]float64{a, s, east, s + rapid.SampledFrom([]float64{0, 1, 30}).Draw(t.T, "height")}}
	l.follow = rapid.SliceOfN(rapid.Uint64Range(1, 12), 0, 2).Draw(t.T, "follow")
	return l
}

func (t drawn) change(w *world, r *Row) {
	tr := &r.Track
	switch rapid.IntRange(0, 5).Draw(t.T, "what") {
	case 0, 1:
		tr.State.Position = t.place()
		tr.State.Time = w.now
		tr.State.East = rapid.Float64Range(-50, 50).Draw(t.T, "east")
	case 2:
		tr.Status = track.Status(rapid.IntRange(0, 2).Draw(t.T, "status"))
		tr.Existence = rapid.Float64Range(0, 1).Draw(t.T, "existence")
	case 3:
		tr.Claims = nil
		for kind := obs.MMSI; kind <= obs.Squawk; kind++ {
			if rapid.IntRange(0, 2).Draw(t.T, "claims") == 0 {
				tr.Claims = append(tr.Claims, track.Belief{Claim: obs.Claim{Kind: kind, Value: rapid.SampledFrom([]string{"a", "b", ""}).Draw(t.T, "claim")}, Honest: 0.5})
			}
		}
	case 4:
		tr.Distress = rapid.SampledFrom([]obs.Distress{obs.NoDistress, obs.SART}).Draw(t.T, "distress")
	case 5:
		r.Own = rapid.Bool().Draw(t.T, "own")
		r.Stale = time.Duration(rapid.IntRange(1, 3).Draw(t.T, "stale")) * time.Second
	}
}

// step changes the world, and gives what changed.
func (t drawn) step(w *world) Update {
	w.step += uint64(rapid.IntRange(1, 3).Draw(t.T, "steps"))
	w.now = w.now.Add(250 * time.Millisecond)
	u := Update{Step: w.step, Now: w.now}
	for range rapid.IntRange(0, 2).Draw(t.T, "births") {
		r := Row{Stale: time.Second, Track: track.Track{ID: w.next, Born: w.now, Updated: w.now}}
		r.Track.State.Time, r.Track.State.Position = w.now, t.place()
		t.change(w, &r)
		w.next++
		w.tracks[r.Track.ID] = r
		u.Tracks = append(u.Tracks, r)
	}
	ids := w.ids()
	for _, id := range ids {
		switch rapid.IntRange(0, 6).Draw(t.T, "fate") {
		case 0:
			g := wire.Gone{ID: uint64(id), Reason: wire.Ended}
			if other := rapid.SampledFrom(ids).Draw(t.T, "into"); other != id {
				g.Reason, g.Into = wire.Merged, uint64(other)
			}
			delete(w.tracks, id)
			u.Tracks = slices.DeleteFunc(u.Tracks, func(r Row) bool { return r.Track.ID == id })
			u.Gone = append(u.Gone, g)
		case 1, 2:
			r := w.tracks[id]
			t.change(w, &r)
			w.tracks[id] = r
			u.Tracks = slices.DeleteFunc(u.Tracks, func(r Row) bool { return r.Track.ID == id })
			u.Tracks = append(u.Tracks, r)
		}
	}
	return u
}

func (t drawn) alert(w *world) desk.Alert {
	id := desk.AlertID(rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t.T, "alert"))
	a, ok := w.alerts[id]
	if !ok || !a.Open() {
		id = desk.AlertID(fmt.Sprint(id, len(w.alerts)))
		a = desk.Alert{
			ID: id, State: desk.New, Version: 1, Priority: rule.Priority(rapid.IntRange(1, 4).Draw(t.T, "priority")),
			Finding: watch.Finding{Track: track.ID(rapid.IntRange(1, 8).Draw(t.T, "of"))},
		}
	} else {
		a.Version++
		a.State = rapid.SampledFrom([]desk.State{desk.Acknowledged, desk.Closed}).Draw(t.T, "state")
	}
	w.alerts[id] = a
	return a
}

// TestPicture: whatever happens to the tracks, the alerts, the view and the
// line, what a browser has decoded is in the end what the hub knows and the
// browser asked for; and until then each frame tells how many tracks are
// missing, and that nothing in the picture is older than it is.
func TestPicture(t *testing.T) {
	for range 10 { // a hundred each
		rapid.Check(t, testPicture)
	}
}

func testPicture(rt *rapid.T) {
	w := newWorld()
	h := NewHub(Config{Epoch: 7, Clock: func() time.Time { return w.now }})
	v := newView()
	var l look
	b := &browser{}
	// All that there was to see, and when.
	type sight struct {
		at   int64
		rows map[uint64]row
	}
	var sights []sight
	see := func() { sights = append(sights, sight{w.now.UnixMilli(), w.expected(l)}) }
	fresh := func(f *wire.Frame) {
		since := f.Clock - int64(f.Behind)
		for id, r := range b.rows {
			if !slices.ContainsFunc(sights, func(s sight) bool {
				x, ok := s.rows[id]
				return ok && s.at >= since && compare(map[uint64]row{id: r}, map[uint64]row{id: x}) == nil
			}) {
				rt.Fatalf("track %d is older than the %d ms that the frame says", id, f.Behind)
			}
		}
	}
	honest := func(f *wire.Frame) {
		now := w.expected(l)
		missing := 0
		for id := range now {
			if _, ok := b.rows[id]; !ok {
				missing++
			}
		}
		if int(f.Missing) != missing {
			rt.Fatalf("%d tracks are missing, the frame says %d", missing, f.Missing)
		}
		fresh(f)
	}
	// deliver sends a frame, if there is one. One that the browser drops
	// is found out by the gap in the next delta, unless it ends with the
	// sequence that it began with (a change of the view, of an alert between
	// two steps): then the browser must ask by itself, as it does for a
	// frame that it cannot read. A snapshot that it asked for comes.
	deliver := func(lost, due bool) bool {
		var f wire.Frame
		if !h.frame(&v, &f, w.now, due) {
			return false
		}
		data, err := f.Append(nil)
		if err != nil {
			rt.Fatal(err)
		}
		if lost && f.Kind == wire.Delta {
			if f.Base == f.Sequence {
				b.old, v.whole = true, true
			}
			return true
		}
		got, err := wire.Decode(data)
		if err != nil {
			rt.Fatal(err)
		}
		gap, err := b.take(got)
		if err != nil {
			rt.Fatal(err)
		}
		if gap {
			v.whole = true // {"type":"snapshot"}
		}
		if !b.old {
			honest(got)
		}
		return true
	}
	// settle delivers two frames: the first may tell of a gap, the second is
	// then the snapshot; and the parts that follow. Each has a row at least.
	settle := func() {
		deliver(false, true)
		deliver(false, true)
		for range len(w.tracks) + len(b.rows) {
			if v.waiting {
				deliver(false, true)
			}
		}
		if b.missing != 0 || b.behind != 0 {
			rt.Fatalf("at the end %d tracks are missing, and others %d ms behind", b.missing, b.behind)
		}
		if b.old {
			rt.Fatal("the browser waits for a snapshot")
		}
		if err := compare(b.rows, w.expected(l)); err != nil {
			rt.Fatal(err)
		}
		for id, m := range v.held {
			if _, ok := b.rows[uint64(id)]; !ok || m.edition == 0 || m.since != 0 {
				rt.Fatalf("the server believes that the browser has %+v of track %d", m, id)
			}
		}
		if b.sequence != h.step {
			rt.Fatalf("sequence %d, the hub's is %d", b.sequence, h.step)
		}
	}
	rt.Repeat(map[string]func(*rapid.T){
		"step":  func(t *rapid.T) { h.Apply(drawn{t}.step(w)) },
		"alert": func(t *rapid.T) { h.Alert(drawn{t}.alert(w)) },
		"reset": func(t *rapid.T) {
			drawn{t}.step(w)
			h.Reset(w.update())
		},
		"reset to the same": func(*rapid.T) { h.Reset(w.update()) },
		"subscribe": func(t *rapid.T) {
			l = drawn{t}.look()
			c := newLane()
			s := wire.Subscribe{BBox: l.box, Follow: l.follow}
			if why := checkSubscribe(&s); why != "" {
				t.Fatal(why)
			}
			c.subscribe(&s)
			v.box, v.follow, v.edition = c.view.box, c.view.follow, c.view.edition
		},
		"": func(*rapid.T) { see() },
		"line": func(t *rapid.T) {
			v.part = rapid.SampledFrom([]int{1, 100, 300, firstPart}).Draw(t, "part")
		},
		"time":    func(*rapid.T) { w.now = w.now.Add(time.Second) },
		"deliver": func(*rapid.T) { deliver(false, false) },
		"lose":    func(*rapid.T) { deliver(true, true) },
		"beat": func(t *rapid.T) {
			var f wire.Frame
			h.beat(&v, &f, w.now)
			gap, err := b.take(&f)
			if err != nil {
				t.Fatal(err)
			}
			if gap {
				v.whole = true
			} else if !b.old {
				fresh(&f)
			}
		},
		"settle": func(*rapid.T) { settle() },
	})
	settle()
}

// TestDrawn stops a property that tests nothing: tracks are born and end.
func TestDrawn(t *testing.T) {
	var most, gone int
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld()
		for range 20 {
			gone += len(drawn{rt}.step(w).Gone)
			most = max(most, len(w.tracks))
		}
	})
	if most < 5 || gone < 20 {
		t.Errorf("at most %d tracks, %d gone in all", most, gone)
	}
}
