package fuse

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"atalaya/fuse/belief"
	"atalaya/fuse/kalman"
	"atalaya/fuse/registration"
	"atalaya/fuse/timeline"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/valid"
)

func epoch() time.Time { return time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC) }

func home() geo.Position { return geo.Position{Lat: -16.2, Lon: -68.9} }

// world feeds a tracker step by step and keeps what it says.
type world struct {
	t      testing.TB
	tr     *Tracker
	now    time.Time
	seq    uint64
	in     []track.Input
	events []track.Event
}

func newWorld(t testing.TB, cfg Config) *world {
	w := &world{t: t, tr: New(cfg), now: epoch()}
	for _, s := range []sensor.Sensor{
		{ID: "ais", Kind: sensor.AISReceiver, Position: home(), MaxRange: 60e3},
		{ID: "adsb", Kind: sensor.ADSBReceiver, Position: home()},
		{ID: "r1", Kind: sensor.Radar, Position: home(), MaxRange: 40e3, Detection: 0.9, ScanPeriod: 2500 * time.Millisecond, RangeSD: 30, BearingSD: 0.3},
		{ID: "r2", Kind: sensor.Radar, Position: at(home(), 5000, 5000), MaxRange: 40e3, Detection: 0.9, ScanPeriod: 2500 * time.Millisecond, RangeSD: 30, BearingSD: 0.3},
		{ID: "arpa", Kind: sensor.MarineRadar, Position: home(), MaxRange: 40e3, PositionSD: 40},
		{ID: "drone", Kind: sensor.Drone, SystemID: 7},
		{ID: "drone2", Kind: sensor.Drone, SystemID: 7},
		{ID: "cam", Kind: sensor.Camera, Position: at(home(), -3000, 0), BearingSD: 0.2},
	} {
		s.Valid = valid.Record{Number: 1}
		w.put(track.Input{Change: &track.Change{At: w.now, Sensor: &s}})
	}
	return w
}

func at(p geo.Position, east, north float64) geo.Position {
	return geo.NewPlane(p).Position(east, north)
}

func (w *world) put(in track.Input) {
	w.seq++
	in.Seq = w.seq
	w.in = append(w.in, in)
}

// see adds an observation; its times default to now.
func (w *world) see(o obs.Observation) {
	w.put(track.Input{Observation: w.made(o)})
}

func (w *world) made(o obs.Observation) *obs.Observation {
	w.seq++
	o.Seq = w.seq
	if o.Received.IsZero() {
		o.Received = w.now
	}
	if o.Time.IsZero() {
		o.Time = w.now
	}
	if o.Clock == obs.ClockNone {
		o.Clock = obs.ClockGNSS
	}
	return &o
}

func (w *world) scan(id sensor.ID, plots ...obs.Observation) {
	s := track.Scan{Sensor: id, Start: w.now.Add(-2500 * time.Millisecond), End: w.now, Received: w.now}
	for _, p := range plots {
		p.Sensor = id
		s.Observations = append(s.Observations, *w.made(p))
	}
	w.put(track.Input{Scan: &s})
}

// step closes the step at now plus d.
func (w *world) step(d time.Duration) []track.Event {
	w.now = w.now.Add(d)
	ev := w.tr.Step(w.now, w.in)
	w.in = nil
	w.events = append(w.events, ev...)
	w.check(ev)
	return ev
}

// check holds what must be true of every step.
func (w *world) check(ev []track.Event) {
	w.t.Helper()
	if !slices.IsSortedFunc(ev, func(a, b track.Event) int { return int(a.Track.ID) - int(b.Track.ID) }) {
		w.t.Fatal("events are not ordered by track")
	}
	var last track.ID
	for _, l := range w.tr.tracks {
		if l.ID <= last {
			w.t.Fatal("tracks are not ordered by id")
		}
		last = l.ID
		sound(w.t, &l.Track)
		for _, s := range l.src {
			if s.last == noTime {
				w.t.Fatalf("%v: sensor %s has no time", l.ID, s.id)
			}
		}
	}
	for n, ids := range w.tr.names {
		for _, id := range ids {
			if w.tr.byID[id] == nil {
				w.t.Fatalf("name %v means %v, which has ended", n, id)
			}
		}
	}
}

func sound(t testing.TB, tr *track.Track) {
	t.Helper()
	s := &tr.State
	if !s.Position.Valid() || !finite(s.East) || !finite(s.North) || !(tr.Existence > 0 && tr.Existence < 1) {
		t.Fatalf("%v: unsound state %+v, existence %v", tr.ID, s, tr.Existence)
	}
	for i := range 4 {
		for j := range 4 {
			if s.Cov[i][j] != s.Cov[j][i] || !finite(s.Cov[i][j]) {
				t.Fatalf("%v: covariance is not symmetric: %v", tr.ID, s.Cov)
			}
		}
	}
	var p [4][4]float64
	copy(p[:], s.Cov[:])
	for i := range 4 {
		p[i][i] += 1e-6
	}
	if math.IsInf(kalman.Distance4([4]float64{}, p), 1) {
		t.Fatalf("%v: covariance is not positive: %v", tr.ID, s.Cov)
	}
}

func (w *world) count(k track.EventKind) int {
	n := 0
	for i := range w.events {
		if w.events[i].Kind == k {
			n++
		}
	}
	return n
}

func (w *world) one() *track.Track {
	w.t.Helper()
	ts := w.tr.Tracks()
	if len(ts) != 1 {
		w.t.Fatalf("%d tracks instead of one: %+v", len(ts), ts)
	}
	return &ts[0]
}

func ais(mmsi string, p geo.Position, speed, course float64) obs.Observation {
	return obs.Observation{
		Sensor: "ais", Kind: obs.Vessel, Measure: obs.Place, Position: p, Cov: obs.Round(10),
		Has: obs.HasSpeed | obs.HasCourse, Speed: speed, Course: course,
		Claims: []obs.Claim{{Kind: obs.MMSI, Value: mmsi}},
	}
}

func plot(p geo.Position, sd float64) obs.Observation {
	return obs.Observation{Measure: obs.Place, Position: p, Cov: obs.Round(sd)}
}

// off is the distance of a track's state from the truth, in metres.
func off(tr *track.Track, p geo.Position) float64 { return geo.Distance(tr.State.Position, p) }

func TestCooperativeTrack(t *testing.T) {
	w := newWorld(t, Config{})
	for i := range 20 {
		w.see(ais("760000001", at(home(), float64(i)*50, 0), 5, 90))
		w.step(10 * time.Second)
	}
	tr := w.one()
	if tr.Status != track.Confirmed || tr.Kind != obs.Vessel || tr.Domain != track.Water {
		t.Errorf("status %v, kind %v, domain %v", tr.Status, tr.Kind, tr.Domain)
	}
	if d := off(tr, at(home(), 950, 0)); d > 2 {
		t.Errorf("%.1f m off", d)
	}
	if math.Abs(tr.State.East-5) > 0.1 || math.Abs(tr.State.North) > 0.1 {
		t.Errorf("velocity %.2f, %.2f", tr.State.East, tr.State.North)
	}
	if got := w.count(track.Born); got != 1 {
		t.Errorf("%d births", got)
	}
	if w.count(track.Promoted) != 1 || w.count(track.Updated) != 19 {
		t.Errorf("%d promotions, %d updates", w.count(track.Promoted), w.count(track.Updated))
	}
	last := w.events[len(w.events)-1]
	if len(last.Lineage) != 1 || last.Lineage[0].Observation != tr.LastSeq || last.Lineage[0].Model != Model {
		t.Errorf("lineage %+v of last update, track's last sequence %d", last.Lineage, tr.LastSeq)
	}
}

func TestSilenceCoastsThenEnds(t *testing.T) {
	w := newWorld(t, Config{})
	for i := range 3 {
		w.see(ais("760000001", at(home(), float64(i)*50, 0), 5, 90))
		w.step(10 * time.Second)
	}
	w.step(80 * time.Second)
	if w.one().Status != track.Coasting {
		t.Fatalf("after 90 s: %v", w.one().Status)
	}
	w.see(ais("760000001", at(home(), 100+90*5, 0), 5, 90))
	w.step(time.Second)
	if w.one().Status != track.Confirmed {
		t.Fatalf("heard again: %v", w.one().Status)
	}
	w.step(10 * time.Minute)
	if w.tr.Len() != 0 || w.count(track.Died) != 1 {
		t.Fatalf("%d tracks, %d deaths", w.tr.Len(), w.count(track.Died))
	}
	w.see(ais("760000001", at(home(), 0, 0), 5, 90))
	w.step(time.Second)
	if w.one().ID != 2 {
		t.Errorf("id %v was used again", w.one().ID)
	}
}

func TestWordsWithoutPlaces(t *testing.T) {
	w := newWorld(t, Config{})
	for i := range 3 {
		w.see(ais("760000001", at(home(), float64(i)*50, 0), 5, 90))
		w.step(10 * time.Second)
	}
	static := obs.Observation{Sensor: "ais", Kind: obs.Vessel, Claims: []obs.Claim{{Kind: obs.MMSI, Value: "760000001"}}}
	for range 29 {
		w.see(static)
		w.step(time.Minute)
	}
	if w.one().Status != track.Coasting {
		t.Errorf("half an hour without a place: %v", w.one().Status)
	}
	w.see(static)
	w.step(2 * time.Minute)
	if w.tr.Len() != 0 {
		t.Error("it lives by words alone")
	}
}

func TestIdentityJumps(t *testing.T) {
	far := at(home(), 0, 20000)
	t.Run("one wild fix", func(t *testing.T) {
		w := newWorld(t, Config{})
		for i := range 10 {
			p := at(home(), float64(i)*50, 0)
			if i == 5 {
				p = far
			}
			w.see(ais("760000001", p, 5, 90))
			w.step(10 * time.Second)
		}
		if w.count(track.Conflict) != 1 || off(w.one(), at(home(), 450, 0)) > 5 {
			t.Errorf("%d conflicts, %.0f m off", w.count(track.Conflict), off(w.one(), at(home(), 450, 0)))
		}
	})
	t.Run("noisy fix within reach", func(t *testing.T) {
		w := newWorld(t, Config{})
		for i := range 10 {
			p := at(home(), float64(i)*50, 0)
			if i == 5 {
				p = at(home(), 250, 300)
			}
			w.see(ais("760000001", p, 5, 90))
			w.step(10 * time.Second)
			if d := off(w.one(), at(home(), float64(i)*50, 0)); d > 60 {
				t.Errorf("fix %d drew the track %.0f m away", i, d)
			}
		}
		if w.count(track.Conflict) != 0 || w.tr.Stats().GatedOut != 1 {
			t.Errorf("%d conflicts, %d held back", w.count(track.Conflict), w.tr.Stats().GatedOut)
		}
	})
	t.Run("manoeuvre", func(t *testing.T) {
		w := newWorld(t, Config{})
		for i := range 6 {
			w.see(ais("760000001", at(home(), float64(i)*50, 0), 5, 90))
			w.step(10 * time.Second)
		}
		for i := range 3 {
			w.see(ais("760000001", at(home(), 250, 300+float64(i)*200), 20, 0))
			w.step(10 * time.Second)
		}
		if w.tr.Stats().Resets != 1 || off(w.one(), at(home(), 250, 700)) > 20 {
			t.Errorf("%d resets, %.0f m off", w.tr.Stats().Resets, off(w.one(), at(home(), 250, 700)))
		}
	})
	t.Run("turning back at once under a radar", func(t *testing.T) {
		stitched := 0
		for turns := range 10 { // s after the last report
			w := newWorld(t, Config{})
			for i := range 40 {
				s, course := float64(i)*2.5, 90.0
				x := s * 7
				if back := s - float64(50+turns); back > 0 {
					x, course = x-2*7*back, 270
				}
				p := at(home(), x, 3000)
				w.scan("r1", plot(at(p, 12*float64(i%3-1), 12*float64(i%4)-18), 15))
				if i%4 == 0 {
					w.see(ais("760000001", p, 7, course))
				}
				w.step(2500 * time.Millisecond)
			}
			if w.tr.Len() != 1 || w.count(track.Conflict) != 0 {
				t.Errorf("after %d s: %d tracks, %d conflicts", turns, w.tr.Len(), w.count(track.Conflict))
			}
			if n := w.count(track.Stitched); n != w.count(track.Merged) {
				t.Errorf("after %d s: %d stitched, %d merged", turns, n, w.count(track.Merged))
			} else {
				stitched += n
			}
			if end := at(home(), 7*float64(2*(50+turns))-7*97.5, 3000); off(&w.tr.Tracks()[0], end) > 40 {
				t.Errorf("after %d s: %.0f m off", turns, off(&w.tr.Tracks()[0], end))
			}
		}
		if stitched == 0 {
			t.Error("it was never lost, and never continued")
		}
	})
	t.Run("two boats with one identity", func(t *testing.T) {
		w := newWorld(t, Config{})
		for i := range 10 {
			w.see(ais("760000001", at(home(), float64(i)*50, 0), 5, 90))
			w.see(ais("760000001", at(far, 0, float64(i)*50), 5, 0))
			w.step(10 * time.Second)
		}
		ts := w.tr.Tracks()
		if len(ts) != 2 {
			t.Fatalf("%d tracks", len(ts))
		}
		if off(&ts[0], at(home(), 450, 0)) > 5 || off(&ts[1], at(far, 0, 450)) > 5 {
			t.Errorf("off by %.0f and %.0f m", off(&ts[0], at(home(), 450, 0)), off(&ts[1], at(far, 0, 450)))
		}
		for _, tr := range ts {
			if tr.Claims[0].Honest != belief.Contested {
				t.Errorf("%v: honest %v", tr.ID, tr.Claims[0].Honest)
			}
		}
		partners := map[track.ID]track.ID{}
		for _, e := range w.events {
			if e.Kind == track.Conflict && e.Other != 0 {
				partners[e.Track.ID] = e.Other
			}
		}
		if partners[1] != 2 || partners[2] != 1 {
			t.Errorf("conflicts between %v", partners)
		}
	})
	t.Run("two boats with one identity, near each other", func(t *testing.T) {
		w := newWorld(t, Config{})
		for i := range 10 {
			w.see(ais("760000001", at(home(), float64(i)*50, 0), 5, 90))
			w.step(5 * time.Second)
			w.see(ais("760000001", at(home(), float64(i)*50, 220), 5, 90))
			w.step(5 * time.Second)
		}
		if w.tr.Len() != 2 {
			t.Errorf("%d tracks", w.tr.Len())
		}
	})
	t.Run("somebody everywhere", func(t *testing.T) {
		w := newWorld(t, Config{})
		for i := range 300 {
			w.see(ais("760000001", at(home(), float64(i%17)*3000, float64(i%13)*3000), 5, 90))
			w.step(time.Second)
		}
		if w.tr.Len() > maxBearers {
			t.Errorf("%d tracks of one name", w.tr.Len())
		}
	})
}

func TestSystemIDsBelongToTheirSensor(t *testing.T) {
	w := newWorld(t, Config{})
	for range 3 {
		for i, s := range []sensor.ID{"drone", "drone2"} {
			w.see(obs.Observation{
				Sensor: s, Kind: obs.Drone, Measure: obs.Place, Position: at(home(), float64(i)*100, 0), Cov: obs.Round(2),
				Claims: []obs.Claim{{Kind: obs.SystemID, Value: "7"}}, Source: obs.Source{Proven: true},
			})
		}
		w.step(time.Second)
	}
	ts := w.tr.Tracks()
	if len(ts) != 2 || !ts[0].Proven || w.count(track.Conflict) != 0 {
		t.Fatalf("%d tracks, %d conflicts", len(ts), w.count(track.Conflict))
	}
}

func TestRadarConfirmsAndForgets(t *testing.T) {
	w := newWorld(t, Config{})
	for i := range 10 {
		w.scan("r1", plot(at(home(), 8000-float64(i)*20, 3000), 30))
		w.step(2500 * time.Millisecond)
	}
	tr := w.one()
	if tr.Status != track.Confirmed || math.Abs(tr.State.East+8) > 3 {
		t.Fatalf("%v, %.1f m/s east", tr.Status, tr.State.East)
	}
	for range 4 { // the first begins where the last plot ended, and counts as that look
		w.scan("r1")
		w.step(2500 * time.Millisecond)
	}
	if w.tr.Len() != 1 || w.one().Existence > 0.95 {
		t.Fatalf("after three misses: %d tracks, %.3f", w.tr.Len(), w.one().Existence)
	}
	for range 4 {
		w.scan("r1")
		w.step(2500 * time.Millisecond)
	}
	if w.tr.Len() != 0 {
		t.Fatalf("after seven misses: existence %.4f", w.one().Existence)
	}
}

func TestClutterDiesTentative(t *testing.T) {
	w := newWorld(t, Config{})
	for i := range 50 {
		var plots []obs.Observation
		for k := range 20 {
			h := scatter(uint64(i*100 + k + 1))
			plots = append(plots, plot(at(home(), float64(h%60000)-30000, float64(h>>32%60000)-30000), 30))
		}
		w.scan("r1", plots...)
		w.step(2500 * time.Millisecond)
	}
	if n := w.count(track.Promoted); n != 0 {
		t.Errorf("%d of %d clutter tracks were confirmed", n, w.count(track.Born))
	}
	if w.tr.Len() > 60 {
		t.Errorf("%d tracks are left of 1000 false plots", w.tr.Len())
	}
}

func TestMissesOnlyWhereSomebodyLooked(t *testing.T) {
	confirmed := func(cfg Config) *world {
		w := newWorld(t, cfg)
		for range 6 {
			w.scan("r1", plot(at(home(), 8000, 3000), 30))
			w.step(2500 * time.Millisecond)
		}
		return w
	}
	for _, c := range []struct {
		name string
		cfg  Config
		scan track.Scan
		want bool // a miss
	}{
		{"all round", Config{}, track.Scan{Sensor: "r1"}, true},
		{"sector with it", Config{}, track.Scan{Sensor: "r1", From: 45, To: 90}, true},
		{"sector over north", Config{}, track.Scan{Sensor: "r1", From: 350, To: 80}, true},
		{"sector beside it", Config{}, track.Scan{Sensor: "r1", From: 90, To: 180}, false},
		{"short range", Config{}, track.Scan{Sensor: "r1", MaxRange: 8000}, false},
		{"footprint", Config{}, track.Scan{Sensor: "r1", Footprint: geo.Polygon{{at(home(), 7000, 2000), at(home(), 9000, 2000), at(home(), 9000, 4000), at(home(), 7000, 4000)}}}, true},
		{"footprint elsewhere", Config{}, track.Scan{Sensor: "r1", Footprint: geo.Polygon{{at(home(), 17000, 2000), at(home(), 19000, 2000), at(home(), 19000, 4000), at(home(), 17000, 4000)}}}, false},
		{"AIS never", Config{}, track.Scan{Sensor: "ais"}, false},
		{"no detection stated", Config{}, track.Scan{Sensor: "cam", MaxRange: 40e3}, false},
		{"platform elsewhere", Config{}, track.Scan{Sensor: "r1", Platform: at(home(), 60000, 0)}, false},
		{"sight unknown", Config{Visible: func(sensor.ID, uint32) Sight {
			return func(geo.Position, geo.Height) (float64, bool) { return 0.9, false }
		}}, track.Scan{Sensor: "r1"}, false},
		{"sight known", Config{Visible: func(sensor.ID, uint32) Sight {
			return func(geo.Position, geo.Height) (float64, bool) { return 0.9, true }
		}}, track.Scan{Sensor: "r1"}, true},
		{"no field", Config{Visible: func(sensor.ID, uint32) Sight { return nil }}, track.Scan{Sensor: "r1"}, true},
		{"behind a hill", Config{Visible: func(sensor.ID, uint32) Sight {
			return func(geo.Position, geo.Height) (float64, bool) { return 0, true }
		}}, track.Scan{Sensor: "r1"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := confirmed(c.cfg)
			before := w.one().Existence
			s := c.scan
			s.Start, s.End = w.now, w.now.Add(2500*time.Millisecond)
			w.put(track.Input{Scan: &s})
			w.step(2500 * time.Millisecond)
			if missed := w.one().Existence < before; missed != c.want {
				t.Errorf("existence %.5f, then %.5f", before, w.one().Existence)
			}
		})
	}
}

func TestTwoRadarsOneBoat(t *testing.T) {
	w := newWorld(t, Config{})
	for i := range 12 {
		p := at(home(), 8000-float64(i)*20, 3000)
		w.scan("r1", plot(at(p, 10, -8), 30))
		w.scan("r2", plot(at(p, -10, 12), 30))
		w.step(2500 * time.Millisecond)
	}
	if tr := w.one(); len(tr.Sensors) != 2 || w.count(track.Born) != 1 {
		t.Errorf("sensors %v, %d births", tr.Sensors, w.count(track.Born))
	}
}

func TestAISJoinsARadarTrack(t *testing.T) {
	w := newWorld(t, Config{})
	for i := range 30 {
		p := at(home(), 8000-float64(i)*12.5, 3000)
		w.scan("r1", plot(at(p, float64(i%3-1)*15, float64(i%5-2)*10), 30))
		if i >= 10 && i%4 == 0 {
			w.see(ais("760000001", p, 5, 270))
		}
		w.step(2500 * time.Millisecond)
	}
	tr := w.one()
	if tr.ID != 1 || len(tr.Claims) != 1 || !slices.Equal(tr.Sensors, []sensor.ID{"ais", "r1"}) {
		t.Errorf("%v, claims %v, sensors %v", tr.ID, tr.Claims, tr.Sensors)
	}
	if n := w.count(track.Died); n != 0 {
		t.Errorf("%d tracks died instead of merging", n)
	}
	if n := w.count(track.Born); n != 1 {
		t.Errorf("%d births", n)
	}
}

func TestRadarPlotsGoToTheAISTrack(t *testing.T) {
	w := newWorld(t, Config{})
	for i := range 30 {
		p := at(home(), 8000-float64(i)*12.5, 3000)
		if i%4 == 0 {
			w.see(ais("760000001", p, 5, 270))
		}
		w.scan("r1", plot(at(p, float64(i%3-1)*15, float64(i%5-2)*10), 30))
		w.step(2500 * time.Millisecond)
	}
	if tr := w.one(); len(tr.Sensors) != 2 || w.count(track.Born) != 1 {
		t.Errorf("sensors %v, %d births", tr.Sensors, w.count(track.Born))
	}
}

// An echo that a marine radar follows under a number of its own, beside the boat at
// first, and then where AIS has the boat.
func TestTwoTracksOfOneBoatMerge(t *testing.T) {
	w := newWorld(t, Config{})
	for i := range 40 {
		p := at(home(), float64(i)*10, 0)
		w.see(ais("760000001", p, 5, 90))
		echo := plot(at(p, 0, max(0, 600-float64(i)*60)), 40)
		echo.Sensor, echo.Claims = "arpa", []obs.Claim{{Kind: obs.RadarTarget, Value: "arpa/4"}}
		w.see(echo)
		w.step(2 * time.Second)
	}
	if tr := w.one(); tr.ID != 1 || !slices.Equal(tr.Sensors, []sensor.ID{"ais", "arpa"}) || w.count(track.Born) != 2 {
		t.Errorf("%v, sensors %v, %d births", tr.ID, tr.Sensors, w.count(track.Born))
	}
	merged := 0
	for _, e := range w.events {
		if e.Kind == track.Merged {
			merged++
			if e.Track.Status != track.Ended || e.Other != 1 {
				t.Errorf("merged %v into %v, status %v", e.Track.ID, e.Other, e.Track.Status)
			}
		}
	}
	if merged != 1 {
		t.Errorf("%d merges", merged)
	}
}

func TestTargetNumbers(t *testing.T) {
	ttm := func(n string, p geo.Position) obs.Observation {
		o := plot(p, 40)
		o.Sensor = "arpa"
		o.Claims = []obs.Claim{{Kind: obs.RadarTarget, Value: "arpa/" + n}}
		return o
	}
	w := newWorld(t, Config{})
	for i := range 6 {
		w.see(ttm("1", at(home(), float64(i)*10, 0)))
		w.see(ttm("2", at(home(), float64(i)*10, 60))) // closer than the errors
		w.step(2 * time.Second)
	}
	if w.tr.Len() != 2 {
		t.Fatalf("%d tracks of two numbers", w.tr.Len())
	}
	// Number 2 is given to something else.
	w.see(ttm("2", at(home(), 20000, 0)))
	w.step(2 * time.Second)
	if w.tr.Len() != 3 || w.count(track.Conflict) != 0 {
		t.Errorf("%d tracks, %d conflicts", w.tr.Len(), w.count(track.Conflict))
	}
	// The sensor learns the name behind number 1, which has an AIS track.
	o := ttm("1", at(home(), 70, 0))
	o.Claims = append([]obs.Claim{{Kind: obs.MMSI, Value: "760000009"}}, o.Claims...)
	w.see(o)
	w.step(2 * time.Second)
	for _, tr := range w.tr.Tracks() {
		number, _ := tr.Claimed(obs.RadarTarget)
		if v, _ := tr.Claimed(obs.MMSI); (v == "760000009") != (number == "arpa/1") {
			t.Errorf("%v claims %v", tr.ID, tr.Claims)
		}
	}
}

func TestBearings(t *testing.T) {
	w := newWorld(t, Config{Bias: map[sensor.Kind]registration.Config{}})
	bearing := func(deg float64) obs.Observation {
		return obs.Observation{Sensor: "cam", Measure: obs.BearingOnly, Origin: at(home(), -3000, 0), Bearing: deg, BearingSD: 0.05}
	}
	w.see(bearing(90))
	w.step(time.Second)
	if w.tr.Len() != 0 {
		t.Fatal("a bearing started a track")
	}
	for i := range 3 {
		w.see(ais("760000001", at(home(), 1000, float64(i)*30), 3, 0))
		w.step(10 * time.Second)
	}
	was := w.one().State
	_, a, _ := geo.Inverse(at(home(), -3000, 0), at(home(), 1000, 90))
	w.see(bearing(a))
	w.step(time.Second)
	if got := w.one().State; !(got.Cov[1][1] < was.Cov[1][1]) || off(w.one(), at(home(), 1000, 90)) > 8 {
		t.Errorf("north variance %.0f, was %.0f; %.0f m off", got.Cov[1][1], was.Cov[1][1], off(w.one(), at(home(), 1000, 90)))
	}
}

func TestStaticDataComesFirst(t *testing.T) {
	w := newWorld(t, Config{})
	w.see(obs.Observation{Sensor: "ais", Kind: obs.Vessel, Claims: []obs.Claim{{Kind: obs.MMSI, Value: "760000001"}, {Kind: obs.Name, Value: "MANCO CAPAC"}}})
	w.step(time.Second)
	if w.tr.Len() != 0 {
		t.Fatal("a track without a place")
	}
	w.see(ais("760000001", home(), 5, 0))
	w.step(time.Second)
	if v, _ := w.one().Claimed(obs.Name); v != "MANCO CAPAC" {
		t.Errorf("claims %v", w.one().Claims)
	}
	w.see(obs.Observation{Sensor: "ais", Kind: obs.Vessel, Claims: []obs.Claim{{Kind: obs.MMSI, Value: "760000001"}, {Kind: obs.CallSign, Value: "CPT1"}}})
	ev := w.step(time.Second)
	if len(ev) != 1 || ev[0].Kind != track.Identity {
		t.Errorf("events %v", ev)
	}
}

func TestUnheardIsBounded(t *testing.T) {
	w := newWorld(t, Config{})
	for i := range 3 * maxWaiting {
		w.see(obs.Observation{Sensor: "ais", Claims: []obs.Claim{{Kind: obs.MMSI, Value: fmt.Sprint(i)}, {Kind: obs.Name, Value: "X"}}})
		if i%5 == 0 { // heard at once, and again and again
			w.see(ais(fmt.Sprint(i), at(home(), float64(i%200)*400, float64(i/200)*400), 0, 0))
		}
		if i%1000 == 0 {
			w.step(time.Second)
		}
	}
	w.step(time.Second)
	if n, q := len(w.tr.unheard.claims), len(w.tr.unheard.queue); n > 2*maxWaiting || q > 2*maxWaiting {
		t.Errorf("%d wait, %d in the queue", n, q)
	}
}

func TestDistress(t *testing.T) {
	t.Run("beacon at once", func(t *testing.T) {
		w := newWorld(t, Config{})
		o := ais("972123456", home(), 0, 0)
		o.Kind, o.Distress = obs.DistressBeacon, obs.ManOverboard
		w.see(o)
		ev := w.step(time.Second)
		var kinds []track.EventKind
		for _, e := range ev {
			kinds = append(kinds, e.Kind)
		}
		if !slices.Equal(kinds, []track.EventKind{track.Born, track.Promoted, track.Distress}) {
			t.Errorf("events %v", kinds)
		}
		if w.one().Status != track.Confirmed {
			t.Error("not believed")
		}
	})
	t.Run("without a place", func(t *testing.T) {
		w := newWorld(t, Config{})
		w.see(obs.Observation{Sensor: "ais", Kind: obs.Vessel, Distress: obs.SafetyText, Text: "MAYDAY", Claims: []obs.Claim{{Kind: obs.MMSI, Value: "760000001"}}})
		w.step(time.Second)
		tr := w.one()
		if w.count(track.Distress) != 1 || off(tr, home()) > 1 || math.Sqrt(tr.State.Cov[0][0]) < 20e3 {
			t.Errorf("%d calls, %.0f m from the receiver, sigma %.0f m", w.count(track.Distress), off(tr, home()), math.Sqrt(tr.State.Cov[0][0]))
		}
		// It takes no plot of anybody, and finds its place when it tells it.
		w.scan("r1", plot(at(home(), 5000, 0), 30))
		w.step(2500 * time.Millisecond)
		for i := range 3 {
			w.see(ais("760000001", at(home(), 0, 9000+float64(i)*20), 2, 0))
			w.step(10 * time.Second)
		}
		if d := off(&w.tr.byID[1].Track, at(home(), 0, 9040)); d > 10 {
			t.Errorf("%.0f m off", d)
		}
	})
	t.Run("without any place", func(t *testing.T) {
		w := newWorld(t, Config{})
		w.see(obs.Observation{Sensor: "stranger", Distress: obs.SafetyText, Claims: []obs.Claim{{Kind: obs.MMSI, Value: "760000001"}}})
		w.step(time.Second)
		if w.count(track.Distress) != 1 || w.one().State.Cov[0][0] < 1e13 {
			t.Fatalf("%d calls, %+v", w.count(track.Distress), w.one().State)
		}
		for i := range 3 {
			w.see(ais("760000001", at(home(), 0, float64(i)*20), 2, 0))
			w.step(10 * time.Second)
		}
		if d := off(w.one(), at(home(), 0, 40)); d > 10 {
			t.Errorf("%.0f m off", d)
		}
	})
	t.Run("squawk ends", func(t *testing.T) {
		w := newWorld(t, Config{})
		fly := func(squawk string, d obs.Distress) {
			claims := []obs.Claim{{Kind: obs.ICAO, Value: "e49406"}}
			if squawk != "" {
				claims = append(claims, obs.Claim{Kind: obs.Squawk, Value: squawk})
			}
			w.see(obs.Observation{Sensor: "adsb", Kind: obs.Aircraft, Measure: obs.Place, Position: home(), Cov: obs.Round(20), Distress: d, Claims: claims})
			w.step(time.Second)
		}
		fly("1200", 0)
		fly("7700", obs.Emergency)
		fly("", 0) // a position says nothing of it
		if w.one().Distress != obs.Emergency {
			t.Fatal("a position report ended the emergency")
		}
		fly("1200", 0)
		if w.one().Distress != obs.NoDistress || w.count(track.Distress) != 2 {
			t.Errorf("distress %v, %d events", w.one().Distress, w.count(track.Distress))
		}
		if v := w.one().Claims; len(v) != 2 {
			t.Errorf("old squawks stay: %v", v)
		}
	})
	t.Run("beacon's track outlives silence", func(t *testing.T) {
		w := newWorld(t, Config{})
		o := ais("970123456", home(), 0, 0)
		o.Kind, o.Distress = obs.DistressBeacon, obs.SART
		w.see(o)
		w.step(time.Second)
		w.step(50 * time.Minute)
		if w.one().Status != track.Coasting {
			t.Error(w.one().Status)
		}
		w.step(11 * time.Minute)
		if w.tr.Len() != 0 {
			t.Error("it lives for ever")
		}
	})
}

func TestOfficersDecide(t *testing.T) {
	w := newWorld(t, Config{})
	w.see(ais("760000001", home(), 5, 0))
	w.step(time.Second)
	w.put(track.Input{Change: &track.Change{At: w.now, Decision: &track.Decision{Track: 1, Kind: obs.Walker, Domain: track.Land, By: "ana"}}})
	w.see(ais("760000001", at(home(), 0, 5), 5, 0))
	w.step(time.Second)
	if tr := w.one(); tr.Kind != obs.Walker || tr.Domain != track.Land {
		t.Errorf("%v %v", tr.Kind, tr.Domain)
	}
	w.put(track.Input{Change: &track.Change{At: w.now, Decision: &track.Decision{Track: 1, Drop: true, By: "ana"}}})
	w.step(time.Second)
	if w.tr.Len() != 0 || w.count(track.Died) != 1 {
		t.Errorf("%d tracks", w.tr.Len())
	}
	w.put(track.Input{Change: &track.Change{At: w.now, Decision: &track.Decision{Track: 1, Drop: true, By: "ana"}}})
	w.step(time.Second)
	if w.tr.Stats().BadChanges != 1 {
		t.Error("a decision about a dead track was not counted")
	}
}

func TestEchoesMoveNothing(t *testing.T) {
	w := newWorld(t, Config{})
	w.see(ais("760000001", home(), 5, 0))
	o := ais("760000001", at(home(), 0, 500), 5, 0)
	o.Source.EchoOf = 1
	w.see(o)
	w.step(time.Second)
	if off(w.one(), home()) > 1 || w.tr.Stats().Echoes != 1 {
		t.Error("an echo moved the track")
	}
}

func TestBadInputIsCounted(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	w := newWorld(t, Config{})
	for _, p := range []geo.Position{{Lat: nan}, {Lat: 91, Lon: 181}, {Lon: inf}} {
		w.see(ais("760000001", p, 5, 0))
		o := plot(p, 30)
		o.Sensor = "r1"
		w.see(o)
	}
	good := ais("760000001", home(), nan, inf)
	good.Cov = obs.Cov2{EE: nan, NN: -1, EN: inf}
	good.Height, good.Climb, good.Has = geo.Height{Metres: nan, Datum: geo.DatumSea}, inf, good.Has|obs.HasClimb
	w.see(good)
	w.see(obs.Observation{Sensor: "r1", Measure: obs.RangeBearing, Origin: home(), Range: inf, Bearing: nan, Position: home(), RangeSD: nan})
	w.see(obs.Observation{Sensor: "cam", Measure: obs.BearingOnly, Origin: home(), Bearing: nan})
	w.see(obs.Observation{})
	w.step(time.Second)
	w.step(time.Second)
	st := w.tr.Stats()
	if st.BadPlace != 7 || st.Observations != 10 {
		t.Errorf("%+v", st)
	}
}

// normal is a counter-based standard normal number.
func normal(i uint64) float64 {
	u := (float64(scatter(i+1)>>11) + 0.5) / (1 << 53)
	v := float64(scatter(i+0x9e3779b97f4a7c15)>>11) / (1 << 53)
	return math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*v)
}

func TestAntimeridian(t *testing.T) {
	w := &world{t: t, tr: New(Config{}), now: epoch()}
	for _, rec := range []sensor.Sensor{{ID: "ais", Kind: sensor.AISReceiver}, {ID: "arpa", Kind: sensor.MarineRadar}} {
		rec.Valid = valid.Record{Number: 1}
		w.put(track.Input{Change: &track.Change{At: w.now, Sensor: &rec}})
	}
	start := geo.Position{Lat: -16.5, Lon: 179.995}
	for i := range 20 {
		p := at(start, float64(i)*100, 0)
		w.see(ais("760000001", p, 10, 90))
		o := plot(p, 30)
		o.Sensor = "arpa"
		w.see(o)
		w.step(10 * time.Second)
	}
	if d := off(w.one(), at(start, 1900, 0)); d > 10 || w.one().State.Position.Lon > -179 {
		t.Errorf("%.0f m off, at %v", d, w.one().State.Position)
	}
}

// Plots of a radar that does not say when it scanned, wild places under the name of a
// boat, and names beyond what is told, do not stay for ever.
func TestWhatIsNotToldGoes(t *testing.T) {
	w := newWorld(t, Config{MaxTracks: 20})
	for i := range 1000 {
		o := plot(at(home(), float64(scatter(uint64(i))%60000), float64(scatter(uint64(i)+1e6)%60000)), 30)
		o.Sensor = "r1"
		w.see(o)
		w.see(ais(fmt.Sprint(760000000+i%30), at(home(), float64(i%30)*1000, -5000), 0, 0))
		w.see(ais("770000000", at(home(), float64(scatter(uint64(i)+2e6)%60000), 9000), 0, 0))
		w.step(time.Second)
	}
	things := 0
	w.tr.line.All(nanos(w.now), 0, func(*timeline.Thing) bool { things++; return true })
	if things > 100 || w.tr.Stats().Shed[timeline.ShedNames] == 0 {
		t.Errorf("%d things behind %d tracks, %d shed", things, w.tr.Len(), w.tr.Stats().Shed[timeline.ShedNames])
	}
}

func TestFullPictureSheds(t *testing.T) {
	w := newWorld(t, Config{MaxTracks: 5})
	for i := range 10 {
		w.see(ais(fmt.Sprint(760000000+i), at(home(), float64(i)*1000, 0), 0, 0))
	}
	w.step(time.Second)
	if w.tr.Len() != 5 || w.tr.Stats().Shed[timeline.ShedTracks] != 5 {
		t.Errorf("%d tracks, %d shed", w.tr.Len(), w.tr.Stats().Shed[timeline.ShedTracks])
	}
}

// scatter mixes the bits of a counter: random numbers of the tests.
func scatter(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// Two reports of one aircraft that come at once, because the line was held up, are of
// one thing.
func TestHeldUpReports(t *testing.T) {
	w := newWorld(t, Config{})
	for i := range 60 {
		for k := range 2 {
			o := ais("unused", at(home(), float64(100*i+50*k), 0), 50, 90)
			o.Sensor, o.Kind, o.Claims = "adsb", obs.Aircraft, []obs.Claim{{Kind: obs.ICAO, Value: "e94002"}}
			w.see(o)
		}
		w.step(2 * time.Second)
	}
	things := 0
	w.tr.line.All(nanos(w.now), 0, func(*timeline.Thing) bool { things++; return true })
	if w.one(); things != 1 || w.tr.Stats().Conflicts > 0 {
		t.Errorf("%d things, %d conflicts", things, w.tr.Stats().Conflicts)
	}
}

// Boats that lie alongside each other, and then sail one after the other.
func TestAlongside(t *testing.T) {
	w := newWorld(t, Config{})
	berth := at(home(), 4000, 3000)
	place := func(boat, i int) geo.Position {
		sails := max(0, i-40-20*boat)
		return at(berth, float64(12*boat), float64(sails)*12.5)
	}
	for i := range 200 {
		var plots []obs.Observation
		for boat := range 2 {
			k := uint64(4*i + 2*boat)
			plots = append(plots, plot(at(place(boat, i), 25*normal(k), 25*normal(k+1)), 25))
			if i%4 == 2*boat {
				speed := 0.0
				if i > 40+20*boat {
					speed = 5
				}
				w.see(ais(fmt.Sprint(760000001+boat), place(boat, i), speed, 0))
			}
		}
		w.scan("r1", plots...)
		w.step(2500 * time.Millisecond)
	}
	all := w.tr.Tracks()
	if len(all) != 2 || w.count(track.Conflict) > 0 || w.count(track.Born) > 2 {
		t.Fatalf("%d tracks of two boats, %d conflicts, %d births", len(all), w.count(track.Conflict), w.count(track.Born))
	}
	for boat := range all {
		if all[boat].Claims[0].Value != fmt.Sprint(760000001+boat) || off(&all[boat], place(boat, 199)) > 60 {
			t.Errorf("boat %d is %v, %.0f m off", boat, all[boat].Claims, off(&all[boat], place(boat, 199)))
		}
	}
}

// A boat that turns at once, beside another that does not, is where it says that it
// is, whatever the radar took for it.
func TestTurnsAtOnce(t *testing.T) {
	for seed := range uint64(20) {
		w := newWorld(t, Config{})
		p := at(home(), 2000, 1500)
		for i := range 400 { // half seconds
			course := 0.0
			if i >= 250 {
				course = 100
			}
			p, _ = geo.Direct(p, course, 2.5)
			if i%5 == 0 {
				k := seed*1000 + uint64(i)
				w.scan("r1", plot(at(p, 25*normal(k), 25*normal(k+500)), 25), plot(at(home(), 2050, 1500+2.5*float64(i)), 25))
			}
			if i%20 == 0 {
				w.see(ais("760000001", p, 5, course))
			}
			w.step(500 * time.Millisecond)
		}
		if n := w.count(track.Conflict); n > 0 {
			t.Errorf("seed %d: %d conflicts", seed, n)
		}
		if !slices.ContainsFunc(w.tr.Tracks(), func(tr track.Track) bool { return len(tr.Claims) > 0 && off(&tr, p) < 40 }) || w.tr.Len() != 2 {
			t.Errorf("seed %d: %d tracks of two boats, and none where one says that it is", seed, w.tr.Len())
		}
	}
}
