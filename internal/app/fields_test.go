package app

import (
	"log/slog"
	"math"
	"path/filepath"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/geo"
	"atalaya/geo/projection"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/store/elevation"
	"atalaya/terrain"
	"atalaya/track"
	"atalaya/valid"
)

// island is a lake at 3810 m with a hill of so many metres 5 km east of a radar.
func island(t *testing.T, dir string, high float32, synthetic bool) *elevation.Store {
	t.Helper()
	const n = 361
	l := terrain.Lattice{Projection: projection.Geographic{}, X0: -69.15, Y0: -15.85, DX: 1.0 / 1200, DY: 1.0 / 1200, Width: n, Height: n}
	z := make([]float32, n*n)
	plane := geo.NewPlane(radarAt())
	for i := range z {
		x, y := plane.XY(l.Position(float64(i%n), float64(i/n)))
		if z[i] = 3810; x > 4900 && x < 5200 && math.Abs(y) < 1000 {
			z[i] += high
		}
	}
	g, err := terrain.NewGrid(l, terrain.About{Name: "island", Source: "made for a test", Datum: terrain.EGM96, SD: 2, Synthetic: synthetic}, z)
	if err != nil {
		t.Fatal(err)
	}
	s, err := elevation.Open(elevation.Config{Dir: dir, Synthetic: synthetic})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Import(t.Context(), elevation.Import{Source: g, Name: "island.tif", SHA256: hashHeights(z), Bytes: 4 * n * n, Dataset: "island"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	return s
}

func radarAt() geo.Position { return geo.Position{Lat: -16, Lon: -69} }

// masted is a version of the radar with a mast so high above the lake.
func masted(version uint32, from time.Time, mast float64) *sensor.Sensor {
	return &sensor.Sensor{
		ID: "radar", Name: "radar", Kind: sensor.Radar, Valid: valid.Record{Number: version, From: from, Known: from, By: "a", Reason: "a"},
		Position: radarAt(), Height: geo.SeaHeight(3810 + mast).Height(), RangeSD: 20, BearingSD: 0.1, MaxRange: 14_000, Detection: 0.9, ScanPeriod: 2500 * time.Millisecond,
	}
}

// turns is a loop with what it was given.
type turns struct {
	t     *testing.T
	loop  *Loop
	now   time.Time
	given [][]track.Input
}

func loopOver(t *testing.T, f *fields) *turns {
	t.Helper()
	d, err := desk.Start(t.Context(), desk.Config{Store: forgetful{}, Ledger: forgetful{}, Clock: NewClock(slog.New(slog.DiscardHandler))})
	if err != nil {
		t.Fatal(err)
	}
	s := LoopSettings{Desk: d}
	if f != nil {
		s.Field = f.named
	}
	return &turns{t: t, loop: NewLoop(s), now: time.Unix(1_700_000_000, 0)}
}

func (w *turns) turn(in ...track.Input) {
	w.t.Helper()
	w.now = w.now.Add(2500 * time.Millisecond)
	w.given = append(w.given, in)
	if _, err := w.loop.Turn(w.t.Context(), w.now, in); err != nil {
		w.t.Fatal(err)
	}
}

// changed gives the loop a version of the radar, and whatever it is told of its field.
func (w *turns) changed(s *sensor.Sensor, f *fields) {
	w.t.Helper()
	in := []track.Input{{Change: &track.Change{At: w.now, Sensor: s}}}
	if f == nil {
		w.turn(in...)
		return
	}
	begun := f.begin(s)
	if begun == nil {
		w.t.Fatalf("no field is worked out for version %d", s.Valid.Number)
	}
	w.turn(append(in, track.Input{Change: &track.Change{At: w.now, Regard: begun}})...)
	w.scan(nil) // while it is worked out
	made, err := f.make(w.t.Context(), s)
	if err != nil || made == nil {
		w.t.Fatal(made, err)
	}
	w.turn(track.Input{Change: &track.Change{At: w.now, Regard: made}})
}

// scan is a turn of the radar, that shows a thing or none.
func (w *turns) scan(at *geo.Position) {
	w.t.Helper()
	end := w.now.Add(2500 * time.Millisecond)
	s := &track.Scan{Sensor: "radar", Feed: "radar", Start: w.now, End: end, Received: end, MaxRange: 14_000}
	if at != nil {
		metres, bearing, _ := geo.Inverse(radarAt(), *at)
		s.Observations = []obs.Observation{{
			Sensor: "radar", Source: obs.Source{Feed: "radar"}, Time: end, Received: end, Clock: obs.ClockGNSS, Measure: obs.RangeBearing,
			Origin: radarAt(), Range: metres, Bearing: geo.WrapBearing(bearing), RangeSD: 20, BearingSD: 0.1, Position: *at,
		}}
	}
	w.turn(track.Input{Scan: s})
}

// passes lets a boat go south at 10 m/s, 8 km east of the radar, until it is behind the hill.
func (w *turns) passes() {
	w.t.Helper()
	plane := geo.NewPlane(radarAt())
	for i := range 40 {
		p := plane.Position(8000, 2600-25*float64(i))
		w.scan(&p)
	}
}

func (w *turns) existence() float64 {
	all := w.loop.Tracks()
	if len(all) == 0 {
		return 0
	}
	return all[0].Existence
}

func (w *turns) silent(scans int) float64 {
	w.t.Helper()
	for range scans {
		w.scan(nil)
	}
	return w.existence()
}

func TestABoatBehindAnIslandIsNotMissed(t *testing.T) {
	with, without := newFields(island(t, t.TempDir(), 150, false), false), loopOver(t, nil)
	w := loopOver(t, with)
	w.changed(masted(1, time.Time{}, 30), with)
	without.changed(masted(1, time.Time{}, 30), nil)
	w.passes()
	without.passes()
	before := w.existence()
	if before < 0.95 {
		t.Fatalf("existence in sight %.3f", before)
	}
	if e := w.silent(8); e < before-0.05 {
		t.Errorf("behind the island %.3f, before %.3f: what cannot be seen was missed", e, before)
	}
	if e := without.silent(8); e > 0.5 {
		t.Errorf("without elevation %.3f: this test shows nothing", e)
	}
	// A mast that sees over the hill is another version: from its time on the
	// radar does miss it.
	w.changed(masted(2, w.now, 400), with)
	if e := w.silent(8); e > 0.5 {
		t.Errorf("under a mast of 400 m %.3f: it is seen to be gone", e)
	}
}

func TestAReplayHasTheSamePicture(t *testing.T) {
	dir := t.TempDir()
	live := newFields(island(t, dir, 150, false), false)
	w := loopOver(t, live)
	w.changed(masted(1, time.Time{}, 30), live)
	w.passes()
	w.silent(4)
	w.changed(masted(2, w.now.Add(10*time.Second), 400), live) // in force later
	w.silent(6)

	replay := func(f *fields) [32]byte {
		if _, err := f.all(t.Context(), []track.Change{{Sensor: masted(1, time.Time{}, 30)}, {Sensor: sensorOf(w.given, 2)}}, slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
		again := loopOver(t, f)
		for _, in := range w.given {
			again.turn(in...)
		}
		return again.loop.Hash()
	}
	s, err := elevation.Open(elevation.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if replay(newFields(s, false)) != w.loop.Hash() {
		t.Error("over the same elevation a replay has another picture")
	}
	// Over another island the changes name fields that do not come out again:
	// nothing is known of what the radar sees, and nothing is missed.
	if replay(newFields(island(t, filepath.Join(t.TempDir(), "other"), 20, false), false)) == w.loop.Hash() {
		t.Error("over other elevation a replay has the same picture")
	}
}

func sensorOf(given [][]track.Input, version uint32) *sensor.Sensor {
	for _, in := range given {
		for i := range in {
			if c := in[i].Change; c != nil && c.Sensor != nil && c.Sensor.Valid.Number == version {
				return c.Sensor
			}
		}
	}
	return nil
}

func TestFieldsKeepExerciseAndWorldApart(t *testing.T) {
	real, made := island(t, t.TempDir(), 150, false), island(t, t.TempDir(), 150, true)
	of, toy := masted(1, time.Time{}, 30), masted(1, time.Time{}, 30)
	toy.Exercise = true
	for _, c := range []struct {
		name  string
		store *elevation.Store
		in    bool // the program runs an exercise
		of    *sensor.Sensor
		want  bool
	}{
		{"the world's over real", real, false, of, true},
		{"the exercise's over made-up", made, true, toy, true},
		{"the exercise's over real", real, true, toy, false},
		{"the world's in an exercise", made, true, of, false},
	} {
		if got := newFields(c.store, c.in).begin(c.of) != nil; got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	f := newFields(real, false)
	if f.begin(of); f.begin(of) != nil {
		t.Error("what is begun begins again")
	}
	if r, err := f.make(t.Context(), of); err != nil || r == nil || r.Hash == "" {
		t.Fatal(r, err)
	}
	if r, err := f.make(t.Context(), of); err != nil || r != nil {
		t.Error("what is made is made again", r, err)
	}
}

// TestFeedHealthTellsWhatIsHidden: with the elevation, its age and the range of k.
func TestFeedHealthTellsWhatIsHidden(t *testing.T) {
	f := newFields(island(t, t.TempDir(), 150, false), false)
	s := masted(1, time.Time{}, 30)
	if r := f.told(s); r.State != "none" || r.Why == "" || r.Half != nil {
		t.Errorf("of elevation that nobody has looked at: %+v", r)
	}
	if f.begin(s) == nil {
		t.Fatal("no field is worked out")
	}
	if r := f.told(s); r.State != "making" || r.Half != nil || !r.Imported.IsZero() {
		t.Errorf("while it is worked out: %+v", r)
	}
	if _, err := f.make(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	r := f.told(s)
	if r.State != "made" || r.Half == nil || *r.Half != 0 || r.Refraction == nil || r.Refraction.Low >= r.Refraction.High ||
		r.Elevation.Elevation.Name != "island" || r.Elevation.Resolution < 85 || time.Since(r.Imported) > time.Minute || len(r.Shares) != 4 || r.Shares[1].Seen > 0.99 {
		t.Errorf("%+v", r)
	}
	// A camera that looks at the hill sees little behind it.
	s = masted(2, time.Time{}, 30)
	s.Kind, s.SectorFrom, s.SectorTo = sensor.Camera, 84, 96
	f.begin(s)
	if _, err := f.make(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if c := f.told(s); *c.Half < 10 || c.Shares[1].Seen > 0.5 || c.Refraction.K == r.Refraction.K {
		t.Errorf("%+v", c)
	}
}
