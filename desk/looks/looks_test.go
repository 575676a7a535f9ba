package looks_test

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"atalaya/desk"
	"atalaya/desk/looks"
	"atalaya/desk/safe"
	"atalaya/geo"
	"atalaya/policy"
	"atalaya/sensor"
)

// world is a camera, a ledger, and what they were told, in order.
type world struct {
	mu      sync.Mutex
	said    []string
	records []desk.Record
	head    looks.Head
	moves   []looks.Move
	refuse  error         // of the ledger
	hang    time.Duration // of the ledger
	broken  error         // of the camera
	real    bool          // the camera is not of the exercise
	dark    bool          // it does not say where it points
	during  func()        // while the ledger writes
	safe    *safe.Service
}

func (w *world) say(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, what)
}

// heard gives what was said so far.
func (w *world) heard() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.said)
}

func (w *world) Now() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func (w *world) Do(ctx context.Context, rec desk.Record, act func(context.Context) error) error {
	w.mu.Lock()
	refuse, wait, during := w.refuse, w.hang, w.during
	w.mu.Unlock()
	if during != nil {
		during()
	}
	if wait > 0 {
		time.Sleep(wait)
	}
	if refuse != nil {
		return refuse
	}
	w.mu.Lock()
	w.records = append(w.records, rec)
	w.mu.Unlock()
	w.say("record " + rec.ID)
	return act(ctx)
}

func (w *world) Head(context.Context) (looks.Head, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dark {
		return looks.Head{}, errors.New("no answer")
	}
	return w.head, w.broken
}

func (w *world) MoveHead(_ context.Context, m looks.Move) error {
	w.say("move")
	w.moves = append(w.moves, m)
	return w.broken
}

func (w *world) StopHead(context.Context) error {
	w.say("stop")
	return w.broken
}

func (w *world) StowHead(context.Context, looks.Down) error {
	w.say("stow")
	return w.broken
}

// judges is a judge that passes what it is not told to refuse.
type judges struct {
	mu     sync.Mutex
	refuse string // looks
	broken error
	ended  error  // the authority
	breach string // what was reported
	seen   *looks.Look
}

func (j *judges) Look(_ context.Context, l *looks.Look) (looks.Verdict, error) {
	j.seen = l
	return looks.Verdict{
		Passes: j.refuse == "", Why: j.refuse, Text: "inside", Authority: "A7", Place: "Bay",
		Fields: []desk.Field{{Name: "class.pe", Value: "2-10"}},
	}, j.broken
}

func (j *judges) Holds(context.Context, sensor.ID, string, string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.ended
}

func (j *judges) Report(context.Context, *sensor.Sensor, sensor.Direction, string) (looks.Verdict, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return looks.Verdict{Passes: j.breach == "", Why: j.breach, Fields: []desk.Field{{Name: "class.pe", Value: "inside"}}}, nil
}

func (w *world) config() looks.Config {
	m := sensor.Mount{
		North: 300, Pan: [2]float64{-180, 180}, Tilt: [2]float64{-60, 30}, Aspect: 16.0 / 9, PanSpeed: 40, TiltSpeed: 20,
		Wide: []sensor.ZoomWidth{{Zoom: 0, Wide: 60}, {Zoom: 1, Wide: 2}}, SD: 0.2,
	}
	return looks.Config{
		Ledger: w, Clock: w, Log: slog.New(slog.DiscardHandler),
		Sensor: func(id sensor.ID) (sensor.Sensor, bool) {
			return sensor.Sensor{ID: id, Kind: sensor.Camera, Position: geo.Position{Lat: -16.16, Lon: -69.09}, Mount: &m, Exercise: !w.real}, id == "cam"
		},
		Link: func(id sensor.ID) (looks.Link, bool) { return w, id == "cam" },
		Picture: func(_ *sensor.Sensor, d sensor.Direction) (*looks.Picture, error) {
			if d.Elevation > 0 {
				return nil, errors.New("no elevation there")
			}
			at := geo.Position{Lat: -16.1, Lon: -69.05}
			return &looks.Picture{Outer: geo.Ring{{Lat: -16.1, Lon: -69.1}, {Lat: -16.1, Lon: -69}, {Lat: -16.2, Lon: -69}}, Sigma: 2, Centre: &at, Elevation: "made"}, nil
		},
		Count: func(context.Context, sensor.ID) (uint64, error) { return 41, nil },
	}
}

// made makes a service with its safe acts, which have no reserve.
func made(cfg looks.Config) (s *looks.Service) {
	acts := safe.New(safe.Config{Ledger: cfg.Ledger, Clock: cfg.Clock, Log: cfg.Log, Enter: map[string]safe.Enter{
		looks.Kind: func(ctx context.Context, rec desk.Record, still func() bool, act func(context.Context) error) error {
			return s.Enter(ctx, rec, still, act)
		},
	}})
	cfg.Safe = acts
	cfg.Ledger.(*world).safe = acts //nolint:forcetypeassert // of config
	s = looks.New(cfg)
	return s
}

// run runs both.
func (w *world) run(ctx context.Context, s *looks.Service) {
	var both sync.WaitGroup
	both.Go(func() { s.Run(ctx) })
	both.Go(func() { w.safe.Run(ctx) })
	both.Wait()
}

func wish() looks.Wish {
	return looks.Wish{
		Who: desk.Who{ID: "P1", Name: "Ana", Role: desk.Officer}, Sensor: "cam", Purpose: string(policy.Training),
		Kind: looks.Absolute, Azimuth: new(30.0), Wide: new(10.0),
	}
}

func field(r desk.Record, name string) string {
	for _, f := range r.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

func TestTurnIsOnRecordFirst(t *testing.T) {
	w := &world{head: looks.Head{Moves: new(uint64(7)), Boot: "b"}}
	s := made(w.config())
	got, err := s.Turn(t.Context(), wish())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(w.said, ", ") != "record look/cam/42, move" {
		t.Errorf("%v", w.said)
	}
	if got.Number != 42 || got.Judged != looks.Unjudged || got.From.Azimuth != 300 || math.Abs(got.To.Azimuth-30) > 1e-9 || math.Abs(got.To.Wide-10) > 1e-9 || got.To.Elevation != -15 {
		t.Errorf("%+v", got)
	}
	r := w.records[0]
	if r.Kind != "look" || r.Subject != "sensor:cam" || r.Who.ID != "P1" {
		t.Errorf("%+v", r)
	}
	for name, want := range map[string]string{
		"seq.sensor": "42", "purpose": "training", "fence": "not-judged", "authority": "not-judged", "act": "absolute", "counter.before": "7", "counter.boot": "b",
		"look.from": "300.0000000,-15.0000000,60.0000000", "look.pose": "-16.1600000,-69.0900000", "look.aim": "30.0000000,-15.0000000,10.0000000", "cell": "-16.1,-69.1",
		"look.picture": "-16.1000000,-69.1000000 -16.1000000,-69.0000000 -16.2000000,-69.0000000 -16.1000000,-69.1000000", "look.slews": "false",
	} {
		if v := field(r, name); v != want {
			t.Errorf("%s is %q and not %q", name, v, want)
		}
	}
	m := w.moves[0]
	if m.Kind != looks.Absolute || math.Abs(m.PanTilt[0]-0.5) > 1e-9 || math.Abs(m.PanTilt[1]) > 1e-9 || *m.Zoom <= 0 {
		t.Errorf("%+v", m)
	}
	again := wish()
	again.Request = "r1"
	first, err := s.Turn(t.Context(), again)
	if err != nil || first.Number != 43 {
		t.Fatalf("%+v, %v", first, err)
	}
	if second, err := s.Turn(t.Context(), again); err != nil || !second.Repeated || second.Number != 43 || len(w.moves) != 2 {
		t.Errorf("a retry: %+v, %v, %d moves", second, err, len(w.moves))
	}
}

func TestKindsOfMoves(t *testing.T) {
	w := &world{}
	s := made(w.config())
	for _, c := range []struct {
		name   string
		change func(*looks.Wish)
		to     sensor.Direction
		move   [2]float64
	}{
		{"relative", func(w *looks.Wish) { w.Kind, w.Pan, w.Tilt = looks.Relative, -36, 9 }, sensor.Direction{Azimuth: 264, Elevation: -6, Wide: 60}, [2]float64{-0.2, 0.2}},
		{"on", func(w *looks.Wish) { w.Kind, w.Pan, w.For = looks.Continuous, 0.5, time.Second }, sensor.Direction{Azimuth: 320, Elevation: -15, Wide: 60}, [2]float64{0.5, 0}},
		{"to the end", func(w *looks.Wish) { w.Kind, w.Tilt, w.For = looks.Continuous, 1, 10*time.Second }, sensor.Direction{Azimuth: 300, Elevation: 30, Wide: 60}, [2]float64{0, 1}},
	} {
		x := wish()
		c.change(&x)
		got, err := s.Turn(t.Context(), x)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if math.Abs(got.To.Azimuth-c.to.Azimuth)+math.Abs(got.To.Elevation-c.to.Elevation)+math.Abs(got.To.Wide-c.to.Wide) > 1e-9 {
			t.Errorf("%s: to %+v", c.name, got.To)
		}
		if m := w.moves[len(w.moves)-1]; m.Kind != x.Kind || math.Abs(m.PanTilt[0]-c.move[0])+math.Abs(m.PanTilt[1]-c.move[1]) > 1e-9 || m.For != x.For {
			t.Errorf("%s: %+v", c.name, m)
		}
	}
	if last := w.records[len(w.records)-1]; field(last, "look.slews") != "true" || field(last, "look.picture") != "" || field(last, "look.picture.from") == "" {
		t.Errorf("a look without elevation: %+v", last.Fields)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*world, *looks.Config, *looks.Wish)
		is     error
	}{
		{"viewer", func(_ *world, _ *looks.Config, x *looks.Wish) { x.Who.Role = desk.Viewer }, desk.ErrForbidden},
		{"purpose", func(_ *world, _ *looks.Config, x *looks.Wish) { x.Purpose = "protest" }, desk.ErrInvalid},
		{"sensor", func(_ *world, _ *looks.Config, x *looks.Wish) { x.Sensor = "radar" }, desk.ErrNotFound},
		{"a real camera", func(w *world, _ *looks.Config, _ *looks.Wish) { w.real = true }, desk.ErrForbidden},
		{"judge", func(_ *world, c *looks.Config, _ *looks.Wish) { c.Judge = &judges{refuse: "outside"} }, desk.ErrForbidden},
		{"a judge that fails", func(_ *world, c *looks.Config, _ *looks.Wish) { c.Judge = &judges{broken: errors.New("no line")} }, nil},
		{"disk", func(w *world, _ *looks.Config, _ *looks.Wish) { w.refuse = desk.ErrFull }, desk.ErrFull},
		{"camera", func(w *world, _ *looks.Config, _ *looks.Wish) { w.broken = errors.New("dark") }, looks.ErrUnreachable},
		{"nowhere", func(_ *world, _ *looks.Config, x *looks.Wish) { x.Azimuth, x.Wide = nil, nil }, desk.ErrInvalid},
		{"too high", func(_ *world, _ *looks.Config, x *looks.Wish) { x.Elevation = new(31.0) }, desk.ErrInvalid},
		{"no number", func(_ *world, _ *looks.Config, x *looks.Wish) { x.Elevation = new(math.NaN()) }, desk.ErrInvalid},
		{"kind", func(_ *world, _ *looks.Config, x *looks.Wish) { x.Kind = "spin" }, desk.ErrInvalid},
		{"for ever", func(_ *world, _ *looks.Config, x *looks.Wish) { x.Kind, x.Pan = looks.Continuous, 1 }, desk.ErrInvalid},
		{"too fast", func(_ *world, _ *looks.Config, x *looks.Wish) {
			x.Kind, x.Pan, x.For = looks.Continuous, 2, time.Second
		}, desk.ErrInvalid},
		{"not by anything", func(_ *world, _ *looks.Config, x *looks.Wish) { x.Kind = looks.Relative }, desk.ErrInvalid},
	} {
		w := &world{}
		cfg, x := w.config(), wish()
		c.change(w, &cfg, &x)
		s := made(cfg)
		if _, err := s.Turn(t.Context(), x); err == nil || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: %v", c.name, err)
		}
		if len(w.moves) > 0 {
			t.Errorf("%s: the camera was turned", c.name)
		}
		// Whatever refuses a turn, it refuses no stop.
		if c.name == "camera" || c.name == "sensor" {
			continue
		}
		if _, err := s.Stop(t.Context(), x.Who, "cam"); err != nil {
			t.Errorf("%s: a stop is refused: %v", c.name, err)
		}
		if got := strings.Join(w.said, ","); !strings.HasSuffix(got, "stop") {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

// TestJudged: the judge passes, and a real camera turns; what it says is on
// record, and it saw the whole look.
func TestJudged(t *testing.T) {
	w := &world{real: true}
	cfg := w.config()
	by := &judges{}
	cfg.Judge = by
	got, err := made(cfg).Turn(t.Context(), wish())
	if err != nil || got.Under == nil || got.Under.Authority != "A7" || got.Under.Place != "Bay" {
		t.Fatalf("%+v, %v", got, err)
	}
	if r := w.records[0]; field(r, "fence") != "inside" || field(r, "authority") != "A7" || field(r, "class.pe") != "2-10" {
		t.Errorf("%+v", r.Fields)
	}
	if l := by.seen; l == nil || l.Before == nil || l.Target == nil || l.From == l.To || l.Purpose == "" {
		t.Errorf("%+v", l)
	}
}

// TestWatched: a camera whose authority ends, or that says it points where it
// must not, is stopped and stowed, and that is on record; once.
func TestWatched(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*world, *judges)
		why    string
	}{
		{"authority", func(_ *world, j *judges) { j.ended = errors.New("it is revoked") }, "revoked"},
		{"breach", func(_ *world, j *judges) { j.breach = "inside-stand-off" }, "must not: inside-stand-off"},
		{"silence", func(w *world, _ *judges) { w.dark = true }, "not known"},
		{"full disk", func(w *world, j *judges) { j.ended, w.refuse = errors.New("it is revoked"), desk.ErrFull }, "revoked"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := &world{real: true}
			cfg := w.config()
			by := &judges{}
			var told []string
			cfg.Judge, cfg.Breached = by, func(id sensor.ID, why string) { told = append(told, string(id)+" "+why) }
			s := made(cfg)
			if _, err := s.Turn(t.Context(), wish()); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { w.run(ctx, s); close(done) }()
			time.Sleep(10 * time.Second)
			if got := strings.Join(w.heard(), ","); got != "record look/cam/42,move" {
				t.Errorf("%s: while all is well: %s", c.name, got)
			}
			by.mu.Lock()
			w.mu.Lock()
			c.change(w, by)
			w.mu.Unlock()
			by.mu.Unlock()
			time.Sleep(20 * time.Second)
			w.mu.Lock()
			w.refuse = nil
			w.mu.Unlock()
			time.Sleep(5 * time.Second)
			cancel()
			<-done
			acts := 0
			for _, x := range w.heard() {
				if x == "stop" || x == "stow" {
					acts++
				}
			}
			stow := 0
			for _, r := range w.records {
				if field(r, "command") == "stow" && field(r, "seq.sensor") == "43" {
					stow++
				}
			}
			if acts != 2 || stow != 1 || len(told) != 1 || !strings.Contains(told[0], c.why) {
				t.Errorf("%s: %v, told %q", c.name, w.heard(), told)
			}
			if last := w.records[len(w.records)-1]; last.Kind != looks.BreachKind || !strings.Contains(field(last, "why"), c.why) || field(last, "under") != "A7" {
				t.Errorf("%s: %+v", c.name, last)
			}
		})
	}
}

// TestStopLeavesWithoutARecord: within 200 ms where the ledger hangs, at once
// where it refuses; the record follows, marked late.
func TestStopLeavesWithoutARecord(t *testing.T) {
	for _, c := range []struct {
		name   string
		refuse error
		hang   time.Duration
	}{{"full", desk.ErrFull, 0}, {"hangs", nil, time.Minute}, {"hangs and refuses", desk.ErrFull, time.Minute}} {
		synctest.Test(t, func(t *testing.T) {
			w := &world{refuse: c.refuse, hang: c.hang}
			s := made(w.config())
			begun := time.Now()
			got, err := s.Stop(t.Context(), desk.Who{ID: "P9", Role: desk.Viewer}, "cam")
			if err != nil || !got.Late || time.Since(begun) > 200*time.Millisecond || strings.Join(w.heard(), ",") != "stop" {
				t.Errorf("%s: %+v, %v after %s: %v", c.name, got, err, time.Since(begun), w.heard())
			}
			time.Sleep(2 * time.Minute)
			w.mu.Lock()
			w.refuse, w.hang = nil, 0
			w.mu.Unlock()
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { w.run(ctx, s); close(done) }()
			time.Sleep(3 * time.Second)
			cancel()
			<-done
			stops := 0
			for _, x := range w.heard() {
				if x == "stop" {
					stops++
				}
			}
			last := w.records[len(w.records)-1]
			if stops != 1 || field(last, "late") != "true" || field(last, "command") != string(policy.Hold) || last.Who.ID != "P9" {
				t.Errorf("%s: %v, %+v", c.name, w.said, last)
			}
		})
	}
}

func TestStopInTimeIsOnRecordFirst(t *testing.T) {
	w := &world{}
	got, err := made(w.config()).Stop(t.Context(), desk.Who{ID: "P9"}, "cam")
	if err != nil || got.Late || len(w.said) != 2 || w.said[1] != "stop" || field(w.records[0], "late") != "" {
		t.Errorf("%+v, %v: %v", got, err, w.said)
	}
}

// TestStopOvertakesATurn: one that waits for its record is not made.
func TestStopOvertakesATurn(t *testing.T) {
	w := &world{}
	s := made(w.config())
	w.during = func() {
		w.during = nil
		if _, err := s.Stop(t.Context(), desk.Who{ID: "P9"}, "cam"); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Turn(t.Context(), wish()); err == nil || len(w.moves) != 0 {
		t.Errorf("%v, %d moves", err, len(w.moves))
	}
}

func TestState(t *testing.T) {
	w := &world{head: looks.Head{Tilt: 0.5, Moves: new(uint64(3)), Moving: true}}
	s := made(w.config())
	got, err := s.State(t.Context(), "cam")
	if err != nil || got.Direction.Azimuth != 300 || got.Picture != nil || got.Unknown == "" || got.Recorded != 41 || !got.Steerable || got.Fence || !got.Moving {
		t.Errorf("%+v, %v", got, err)
	}
	w.head.Tilt = 0
	if got, err = s.State(t.Context(), "cam"); err != nil || got.Picture == nil || got.Unknown != "" {
		t.Errorf("%+v, %v", got, err)
	}
	// Elevation that comes later counts.
	cfg := w.config()
	cfg.Picture = func(*sensor.Sensor, sensor.Direction) (*looks.Picture, error) { return nil, errors.New("none yet") }
	known := w.config().Picture
	later := made(looks.Config{
		Ledger: w, Clock: w, Log: cfg.Log, Sensor: cfg.Sensor, Link: cfg.Link, Count: cfg.Count,
		Picture: func(s *sensor.Sensor, d sensor.Direction) (*looks.Picture, error) { return cfg.Picture(s, d) },
	})
	if got, err = later.State(t.Context(), "cam"); err != nil || got.Picture != nil {
		t.Errorf("%+v, %v", got, err)
	}
	cfg.Picture = known
	if got, err = later.State(t.Context(), "cam"); err != nil || got.Picture == nil {
		t.Errorf("%+v, %v", got, err)
	}
	w.broken = errors.New("dark")
	if _, err = s.State(t.Context(), "cam"); !errors.Is(err, looks.ErrUnreachable) {
		t.Error(err)
	}
}
