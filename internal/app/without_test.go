package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"atalaya/area"
	"atalaya/desk"
	"atalaya/desk/explain"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/store"
	"atalaya/store/sqlite"
	"atalaya/store/storetest"
	"atalaya/track"
	"atalaya/valid"
)

// strait is a store with the past of two boats that cross a border: a fishing
// boat, whose AIS two receivers hear as the same message, and a dark one, that
// only the radar sees. The radar scans both, and notes when it saw nothing.
type strait struct {
	t      *testing.T
	cfg    Config
	clock  *storetest.Clock
	store  *sqlite.Store
	loop   *Loop
	policy store.Policy
	r      *rand.Rand
	began  time.Time
}

func openStrait(t *testing.T, policy store.Policy) *strait {
	s := &strait{t: t, policy: policy, cfg: Default(), clock: storetest.NewClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), r: rand.New(rand.NewPCG(1, 2))}
	s.cfg.Data, s.began = t.TempDir(), s.clock.Now()
	log := slog.New(slog.DiscardHandler)
	var err error
	if s.store, err = sqlite.Open(t.Context(), sqlite.Config{Dir: s.cfg.dir(), Clock: s.clock, Log: log, Policy: policy}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.store.Close(); err != nil {
			t.Error(err)
		}
	})
	v := valid.Record{Number: 1, Known: s.began, By: "test"}
	changes := []track.Change{
		{At: s.began, Sensor: &sensor.Sensor{ID: "ais-a", Kind: sensor.AISReceiver, Valid: v}},
		{At: s.began, Sensor: &sensor.Sensor{ID: "ais-b", Kind: sensor.AISReceiver, Valid: v}},
		{At: s.began, Sensor: &sensor.Sensor{ID: "radar", Kind: sensor.Radar, Position: s.at(2000, 0), MaxRange: 20_000, RangeSD: 20, BearingSD: 0.2, Detection: 0.95, ScanPeriod: 2500 * time.Millisecond, Valid: v}},
		{At: s.began, Feed: &sensor.Feed{ID: "feed-a", Sensor: "ais-a", Format: sensor.FormatAIS, Valid: v}},
		{At: s.began, Feed: &sensor.Feed{ID: "feed-b", Sensor: "ais-b", Format: sensor.FormatAIS, Valid: v}},
		{At: s.began, Area: &area.Area{ID: "line", Kind: area.Border, Name: "Lago", Line: []geo.Position{s.at(0, -9000), s.at(0, 9000)}, Left: "PER", Right: "BOL", Accuracy: 30, Source: "test", Valid: v}},
	}
	changes = append(changes, lacking(nil, s.began)...)
	if _, err := s.store.Seed(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
	d, err := desk.Start(t.Context(), desk.Config{Store: s.store, Ledger: s.store, Clock: s.clock, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	s.loop = NewLoop(LoopSettings{Desk: d, History: s.store, Resume: s.store.Resume()})
	s.turn(records(changes))
	return s
}

// at gives a place by metres east and north of the middle.
func (s *strait) at(east, north float64) geo.Position {
	return geo.NewPlane(geo.Position{Lat: -16.2, Lon: -68.9}).Position(east, north)
}

func (s *strait) turn(in []track.Input) {
	s.t.Helper()
	now := s.clock.Advance(250 * time.Millisecond)
	if _, err := s.loop.Turn(s.t.Context(), now, in); err != nil {
		s.t.Fatal(err)
	}
	if err := s.store.Sync(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// cross lets both boats cross, at 5 m/s, the dark one two kilometres south.
func (s *strait) cross(seconds int) {
	for i := range 4 * seconds {
		now := s.clock.Now().Add(250 * time.Millisecond)
		east := -1000 + 5*now.Sub(s.began).Seconds()
		var in []track.Input
		if i%40 == 0 {
			for _, by := range []string{"a", "b"} {
				in = append(in, track.Input{Observation: s.report(by, now, s.at(east, 0))})
			}
		}
		if i%10 == 0 {
			in = append(in, s.scan(now, s.at(east, 0), s.at(east, -2000)))
		}
		s.turn(in)
	}
}

// report is the same message at each receiver: the same key.
func (s *strait) report(by string, now time.Time, at geo.Position) *obs.Observation {
	o := &obs.Observation{
		Sensor: sensor.ID("ais-" + by), Time: now, Received: now, Clock: obs.ClockGNSS, Source: obs.Source{Feed: sensor.FeedID("feed-" + by), Proven: true},
		Kind: obs.Vessel, Measure: obs.Place, Position: at, Cov: obs.Round(10), Has: obs.HasSpeed | obs.HasCourse, Speed: 5, Course: 90,
		Claims: []obs.Claim{{Kind: obs.MMSI, Value: "775000001"}},
	}
	copy(o.Source.Key[:], fmt.Sprint(now.UnixNano()))
	return o
}

func (s *strait) scan(now time.Time, boats ...geo.Position) track.Input {
	sc := &track.Scan{Sensor: "radar", Feed: "radar", Start: now.Add(-2500 * time.Millisecond), End: now, Received: now, Platform: s.at(2000, 0), MaxRange: 20_000}
	for _, b := range boats {
		if s.r.Float64() > 0.95 {
			continue
		}
		at := geo.NewPlane(b).Position(10*s.r.NormFloat64(), 10*s.r.NormFloat64())
		sc.Observations = append(sc.Observations, obs.Observation{
			Sensor: "radar", Time: now, Received: now, Clock: obs.ClockGNSS, Source: obs.Source{Feed: "radar"}, Measure: obs.Place, Position: at, Cov: obs.Round(15),
		})
	}
	return track.Input{Scan: sc}
}

// find gives the living track nearest to a place.
func (s *strait) find(at geo.Position) track.ID {
	s.t.Helper()
	all := s.loop.Tracks()
	if len(all) == 0 {
		s.t.Fatal("no track")
	}
	return slices.MinFunc(all, func(a, b track.Track) int {
		return int(geo.Distance(a.State.Position, at) - geo.Distance(b.State.Position, at))
	}).ID
}

func (s *strait) without(id track.ID, sensors ...sensor.ID) explain.Without {
	s.t.Helper()
	w, err := s.ask(s.t.Context(), id, sensors...)
	if err != nil {
		s.t.Fatal(err)
	}
	return w
}

func (s *strait) ask(ctx context.Context, id track.ID, sensors ...sensor.ID) (explain.Without, error) {
	return ExplainWithout(ctx, s.cfg, WithoutConfig{
		Query: explain.Query{Track: id, At: s.began.Add(400 * time.Second), For: 7 * time.Minute}, Sensors: sensors, Log: slog.New(slog.DiscardHandler),
	})
}

func verdicts(w explain.Without) string {
	var out []string
	for _, a := range w.Alerts {
		out = append(out, string(a.Verdict))
	}
	return strings.Join(out, " ")
}

// TestWithout asks the store of a running loop what each sensor was good for.
func TestWithout(t *testing.T) {
	s := openStrait(t, store.DefaultPolicy())
	s.cross(398)
	fisher, dark := s.find(s.at(990, 0)), s.find(s.at(990, -2000))
	if fisher == dark {
		t.Fatalf("one track for two boats: %s", fisher)
	}
	for _, c := range []struct {
		name     string
		of       track.ID
		sensors  []sensor.ID
		believed bool
		verdicts string
	}{
		{"the first receiver: the second heard the same", fisher, []sensor.ID{"ais-a"}, true, "stands"},
		{"both receivers: the radar saw it", fisher, []sensor.ID{"ais-a", "ais-b"}, true, "stands"},
		{"the radar: it said where it was", fisher, []sensor.ID{"radar"}, true, "stands"},
		{"all of them", fisher, []sensor.ID{"radar", "ais-a", "ais-b"}, false, "falls"},
		{"the receivers, of the dark boat", dark, []sensor.ID{"ais-a", "ais-b"}, true, "stands"},
		{"the radar, of the dark boat", dark, []sensor.ID{"radar"}, false, "falls"},
	} {
		w := s.without(c.of, c.sensors...)
		if (w.Left.Belief != nil && !w.Left.Ended) != c.believed || verdicts(w) != c.verdicts {
			t.Errorf("without %s: believed %+v, alerts %q", c.name, w.Left, verdicts(w))
		}
		if w.With.Belief == nil || w.Repeats > 1 || w.Begun || w.Thinned || w.Alone {
			t.Errorf("without %s: the replay with all sensors is %.1f m off: %+v", c.name, w.Repeats, w)
		}
		if c.believed && w.Apart > 60 {
			t.Errorf("without %s: %.0f m apart", c.name, w.Apart)
		}
	}
	// Whose message counts changes what is heard of whom, not what is believed.
	w := s.without(fisher, "ais-a")
	if w.Left.By != "observations" && w.Left.By != "place" || w.Dropped == 0 || w.Steps < 1000 {
		t.Errorf("%+v", w)
	}
	if _, err := s.ask(t.Context(), fisher, "ais-z"); !errors.Is(err, desk.ErrInvalid) {
		t.Errorf("a sensor that is not there: %v", err)
	}
	if _, err := s.ask(t.Context(), 4711, "radar"); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("a track that is not there: %v", err)
	}
	over, stop := context.WithCancel(t.Context())
	stop()
	if _, err := s.ask(over, fisher, "radar"); err == nil {
		t.Error("it went on when it was told to stop")
	}
}

// TestWithoutExpired asks long after the steps have gone: what the alert rests on
// is still there.
func TestWithoutExpired(t *testing.T) {
	policy := store.DefaultPolicy()
	policy.Whole, policy.Inputs, policy.Events = 10*time.Minute, 10*time.Minute, 10*time.Minute
	s := openStrait(t, policy)
	s.cross(398)
	dark := s.find(s.at(990, -2000))
	for range 3 {
		s.clock.Advance(time.Hour)
		for range 400 {
			s.turn(nil)
		}
	}
	if r := s.store.Retention(); r.Pinned == 0 || r.ExpiredEvents < 160 {
		t.Fatalf("retention %+v", r)
	}
	a, err := Explain(t.Context(), s.cfg, explain.Query{Track: dark, At: s.began.Add(400 * time.Second)}, slog.New(slog.DiscardHandler))
	if err != nil || a.Belief == nil || a.KeptFrom == nil || len(a.Alerts) != 1 || !a.Updates[0].Parts[0].Kept {
		t.Fatalf("explained: %+v, %v", a, err)
	}
	for _, c := range []struct {
		sensor   sensor.ID
		believed bool
		verdict  string
	}{{"ais-a", true, "stands"}, {"radar", false, "falls"}} {
		w := s.without(dark, c.sensor)
		if !w.Alone || w.Left.Belief != nil != c.believed || verdicts(w) != c.verdict || w.With.Belief == nil || w.Repeats > 100 {
			t.Errorf("without %s: %+v, alerts %q", c.sensor, w, verdicts(w))
		}
	}
}
