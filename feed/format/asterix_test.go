package format_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"atalaya/codec/asterix"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

var site = asterix.Source{SAC: 25, SIC: 201}

func block(t testing.TB, category uint8, records ...interface {
	Append(dst []byte) ([]byte, error)
},
) []byte {
	t.Helper()
	var all [][]byte
	for _, r := range records {
		b, err := r.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	b, err := asterix.AppendBlock(nil, category, all...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func ofDay(at time.Duration) time.Duration { return 12*time.Hour + at }

// echo is a plot of the primary radar.
func echo(at time.Duration, rng, azimuth float64) *asterix.TargetReport {
	return &asterix.TargetReport{
		Has:    asterix.HasTime | asterix.HasDescriptor | asterix.HasPolar,
		Source: site, TimeOfDay: ofDay(at), Detection: asterix.PSR, RangeM: rng, AzimuthDeg: azimuth,
	}
}

// crossing is a sector message, and north a north marker; turn is its period,
// 0 for none.
func crossing(at time.Duration, azimuth float64, turn time.Duration) *asterix.ServiceMessage {
	m := &asterix.ServiceMessage{
		Has: asterix.HasTime | asterix.HasSector, Source: site, TimeOfDay: ofDay(at), Type: asterix.SectorCrossing, SectorDeg: azimuth,
	}
	if turn > 0 {
		m.Has, m.RotationPeriod = m.Has|asterix.HasRotation, turn
	}
	return m
}

func north(at, turn time.Duration) *asterix.ServiceMessage {
	m := crossing(at, 0, turn)
	m.Type, m.Has = asterix.NorthMarker, m.Has&^asterix.HasSector
	return m
}

func radar(t testing.TB) *station {
	return newStation(t, sensor.Feed{Format: sensor.FormatASTERIX}, sensor.Sensor{
		Kind: sensor.Radar, SAC: 25, SIC: 201, MaxRange: 30_000, ScanPeriod: 4 * time.Second, RangeSD: 25, BearingSD: 0.15,
		Height: geo.SeaHeight(4000).Height(),
	})
}

// scans writes what came as text: a scan as [from-to start-end: plots], an
// observation of its own as its azimuth.
func (st *station) scans() string {
	var all []string
	for _, in := range st.inputs {
		if s := in.Scan; s != nil {
			text := fmt.Sprintf("[%g-%g %v-%v:", s.From, s.To, s.Start.Sub(start), s.End.Sub(start))
			for _, o := range s.Observations {
				text += fmt.Sprintf(" %.0f", o.Bearing)
			}
			all = append(all, text+"]")
		} else {
			all = append(all, fmt.Sprintf("%.0f", in.Observation.Bearing))
		}
	}
	st.inputs = nil
	return strings.Join(all, " ")
}

// turning is a radar with eight sectors and a turn of 4 s; what happens at a
// mark is that the antenna has reached it.
type turning struct {
	*station
	mark int
}

// reach gives the marks as far as n.
func (r *turning) reach(n int) {
	for ; r.mark <= n; r.mark++ {
		at := time.Duration(r.mark) * 500 * time.Millisecond
		r.datagram(at, block(r.t, 34, crossing(at, float64(r.mark%8)*45, 4*time.Second)))
	}
}

func (r *turning) plot(azimuth float64) {
	at := time.Duration(r.mark)*500*time.Millisecond - 250*time.Millisecond
	r.datagram(at, block(r.t, 48, echo(at, 10_000, azimuth)))
}

// TestSectors: plots between two marks are one look at a sector; an empty look
// is one too.
func TestSectors(t *testing.T) {
	r := &turning{station: radar(t)}
	r.plot(300)
	r.reach(0)
	r.plot(10)
	r.plot(20)
	r.reach(2)
	r.plot(100)
	r.reach(3)
	if got, want := r.scans(), "300 [0-45 0s-500ms: 10 20] [45-90 500ms-1s:] [90-135 1s-1.5s: 100]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	r.reach(9)
	s := r.scans()
	if !strings.Contains(s, "[315-0 3.5s-4s:] [0-45 4s-4.5s:]") {
		t.Errorf("over north: %s", s)
	}
}

// TestScan: what a scan says of itself.
func TestScan(t *testing.T) {
	st := radar(t)
	st.sensor.TimeOffset = time.Second
	st.datagram(2*time.Second, block(t, 34, crossing(3*time.Second, 0, 0)))
	st.datagram(3*time.Second, append(block(t, 48, echo(3800*time.Millisecond, 5000, 30)), block(t, 34, crossing(4*time.Second, 90, 0))...))
	if len(st.inputs) != 1 || st.inputs[0].Scan == nil {
		t.Fatalf("%+v", st.inputs)
	}
	s := st.inputs[0].Scan
	want := track.Scan{
		Sensor: "sensor", Feed: "feed", Start: start.Add(2 * time.Second), End: start.Add(3 * time.Second),
		Received: start.Add(3 * time.Second), Platform: here, From: 0, To: 90, MaxRange: 30_000, Observations: s.Observations,
	}
	if fmt.Sprint(*s) != fmt.Sprint(want) {
		t.Errorf("%+v, want %+v", *s, want)
	}
	if o := s.Observations[0]; o.Measure != obs.RangeBearing || o.Bearing < 29.99 || o.Bearing > 30.01 || o.Range < 4990 || o.Range > 5010 || o.Time.Sub(start) < 2790*time.Millisecond || o.Time.Sub(start) > 2810*time.Millisecond {
		t.Errorf("%+v", o)
	}
}

// TestNorthMarkers: a radar without sectors is one look a turn; its sector 0
// beside the north marker is no turn of its own, whether the turn's period is
// known or not.
func TestNorthMarkers(t *testing.T) {
	for _, period := range []time.Duration{4 * time.Second, 0} {
		for _, both := range []bool{false, true} {
			st := radar(t)
			st.sensor.ScanPeriod = period
			for i := range 3 {
				at := time.Duration(i) * 4 * time.Second
				st.datagram(at, block(t, 34, north(at, 0)))
				if both {
					st.datagram(at, block(t, 34, crossing(at, 0, 0)))
				}
				st.datagram(at+time.Second, block(t, 48, echo(at+time.Second, 1000, 350), echo(at+time.Second, 1000, 5)))
			}
			if got, want := st.scans(), "[0-0 0s-4s: 350 5] [0-0 4s-8s: 350 5]"; got != want {
				t.Errorf("period %v, both %v: %s, want %s", period, both, got, want)
			}
		}
	}
}

// TestLostMarks: where sector messages are missing, the look is at the larger
// sector; where it cannot be told what was looked at, and when, nothing is a
// look, and no plot is lost.
func TestLostMarks(t *testing.T) {
	t.Run("one mark", func(t *testing.T) {
		r := &turning{station: radar(t)}
		r.reach(1)
		r.scans()
		r.mark = 3
		r.plot(100)
		r.reach(3)
		if got, want := r.scans(), "[45-135 500ms-1.5s: 100]"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
	t.Run("a whole turn", func(t *testing.T) {
		r := &turning{station: radar(t)}
		r.reach(1)
		r.scans()
		r.plot(60)
		r.mark = 10
		r.reach(11)
		if got, want := r.scans(), "60 [90-135 5s-5.5s:]"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
	t.Run("for long", func(t *testing.T) {
		r := &turning{station: radar(t)}
		r.reach(1)
		r.scans()
		r.plot(60)
		r.mark = 21
		r.plot(70)
		r.reach(22)
		if got, want := r.scans(), "60 70 [225-270 10.5s-11s:]"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
	t.Run("the stream ends", func(t *testing.T) {
		r := &turning{station: radar(t)}
		r.reach(1)
		r.scans()
		r.plot(60)
		r.dec.Flush(start, r.out())
		if got := r.scans(); got != "60" {
			t.Error(got)
		}
	})
	t.Run("none ever", func(t *testing.T) {
		r := &turning{station: radar(t)}
		r.plot(60)
		r.plot(70)
		if got := r.scans(); got != "60 70" {
			t.Error(got)
		}
	})
}

// TestLatePlots: a radar that sends the plots of a sector after its end is
// soon understood, and its targets are no misses any more.
func TestLatePlots(t *testing.T) {
	r := &turning{station: radar(t)}
	r.reach(1)
	for n := 1; n <= 16; n++ {
		r.plot(float64((n-1)%8)*45 + 20) // of the sector before
		r.reach(n + 1)
	}
	got := r.scans()
	if want := "[0-45 0s-500ms:] 20 [45-90 500ms-1s: 65] [90-135 1s-1.5s: 110] [135-180 1.5s-2s: 155]"; !strings.HasPrefix(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
	if strings.Count(got, ":]") != 1 {
		t.Errorf("empty sectors: %s", got)
	}
}

// TestNoise at the edge of a sector makes no plot late.
func TestEdges(t *testing.T) {
	r := &turning{station: radar(t)}
	r.reach(1)
	r.plot(44.2)
	r.plot(90.4)
	r.reach(3)
	if got, want := r.scans(), "[0-45 0s-500ms:] [45-90 500ms-1s: 44 90] [90-135 1s-1.5s:]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestInhibited: what a radar itself says not to use is not used, nor is what
// it does not see.
func TestInhibited(t *testing.T) {
	r := &turning{station: radar(t)}
	r.reach(1)
	r.scans()
	state := north(600*time.Millisecond, 0)
	state.Has |= asterix.HasState
	state.Type = asterix.GeographicFilter
	state.State.Inhibited = true
	r.datagram(600*time.Millisecond, block(t, 34, state))
	r.plot(60)
	r.reach(4)
	if got := r.scans(); got != "" {
		t.Errorf("while inhibited: %s", got)
	}
	state.State.Inhibited = false
	r.datagram(2100*time.Millisecond, block(t, 34, state))
	r.reach(6)
	if got := r.scans(); got != "[225-270 2.5s-3s:]" {
		t.Errorf("after: %s", got)
	}
}

// TestRadarClock: times of day around midnight; a clock that is off, and one
// that the radar itself calls invalid.
func TestRadarClock(t *testing.T) {
	midnight := 12 * time.Hour
	for _, tt := range []struct {
		name     string
		received time.Duration // after noon
		ofDay    time.Duration
		invalid  bool
		want     time.Duration
		clock    obs.Clock
	}{
		{"now", time.Second, ofDay(900 * time.Millisecond), false, 898437500 * time.Nanosecond, obs.ClockCoarse},
		{"before midnight", midnight + time.Second, 24*time.Hour - time.Second, false, midnight - time.Second, obs.ClockCoarse},
		{"after midnight", midnight - time.Second/2, time.Second, false, midnight + time.Second, obs.ClockCoarse},
		{"an hour behind", time.Second, ofDay(-time.Hour), false, -time.Hour, obs.ClockDoubt},
		{"an hour ahead", time.Second, ofDay(time.Hour), false, time.Hour, obs.ClockDoubt},
		{"no time of day", time.Second, 30 * time.Hour, false, time.Second, obs.ClockNone},
		{"invalid", time.Second, ofDay(0), true, time.Second, obs.ClockNone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			st := radar(t)
			if tt.invalid {
				m := north(0, 0)
				m.Has |= asterix.HasState
				m.State.TimeInvalid = true
				m.Type = asterix.GeographicFilter
				st.datagram(0, block(t, 34, m))
			}
			e := echo(0, 1000, 10)
			e.TimeOfDay = tt.ofDay
			st.datagram(tt.received, block(t, 48, e))
			if o := st.one(); o.Time.Sub(start) != tt.want || o.Clock != tt.clock {
				t.Errorf("%v %s, want %v %s", o.Time.Sub(start), o.Clock, tt.want, tt.clock)
			}
		})
	}
}

// TestRadarClockOff: the scans of a radar whose clock is off are at our times.
func TestRadarClockOff(t *testing.T) {
	st := radar(t)
	for i := range 3 {
		at := time.Duration(i) * 4 * time.Second
		st.datagram(at, block(t, 34, north(at-time.Hour, 0)))
		st.datagram(at+time.Second, block(t, 48, echo(at-time.Hour, 1000, 5)))
	}
	if got, want := st.scans(), "[0-0 0s-4s: 5] [0-0 4s-8s: 5]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if h := st.meter.Health(); h.ClockDoubt != 2 || h.Late != 0 {
		t.Errorf("doubt %d, late %d", h.ClockDoubt, h.Late)
	}
}

// TestSources: a radar that is not the registered one may not enter; where no
// codes are registered, only one radar can be on a feed.
func TestRadarSources(t *testing.T) {
	st := radar(t)
	other := echo(0, 1000, 10)
	other.Source.SIC = 9
	st.datagram(0, block(t, 48, other, echo(0, 1000, 20)))
	if got := st.scans(); got != "20" {
		t.Error(got)
	}
	if h := st.meter.Health(); h.Refused != 1 || h.Good != 1 || len(h.Bad) != 0 || len(h.Samples) != 1 {
		t.Errorf("%d refused, %d good, bad %v", h.Refused, h.Good, h.Bad)
	}
	st = radar(t)
	st.sensor.SAC, st.sensor.SIC = 0, 0
	st.datagram(0, block(t, 48, other, echo(0, 1000, 20), other))
	if got := st.scans(); got != "10 10" {
		t.Error(got)
	}
	if h := st.meter.Health(); h.Refused != 1 || h.Good != 2 {
		t.Errorf("%d refused, %d good", h.Refused, h.Good)
	}
}

// TestPlots: what a target report becomes.
func TestPlots(t *testing.T) {
	ssr := func(edit func(*asterix.TargetReport)) *asterix.TargetReport {
		r := echo(0, 20_000, 90)
		r.Detection = asterix.RollCallPSR
		edit(r)
		return r
	}
	for _, tt := range []struct {
		name   string
		report *asterix.TargetReport
		claims string // "-": no observation
		kind   obs.Kind
	}{
		{"primary", echo(0, 20_000, 90), "", obs.Unknown},
		{"range and azimuth 0", echo(0, 0, 0), "", obs.Unknown},
		{"Mode A", ssr(func(r *asterix.TargetReport) { r.Has |= asterix.HasMode3A; r.Mode3A.Code = 0o1200 }), "squawk:1200", obs.Aircraft},
		{"garbled Mode A", ssr(func(r *asterix.TargetReport) {
			r.Has |= asterix.HasMode3A
			r.Mode3A = asterix.ModeA{Code: 0o7700, Garbled: true}
		}), "", obs.Unknown},
		{"Mode S", ssr(func(r *asterix.TargetReport) {
			r.Has |= asterix.HasAddress | asterix.HasIdent | asterix.HasTrack
			r.Address, r.Ident, r.TrackNumber = 0xE94001, asterix.NewIdent("CPX101"), 77
		}), "icao:e94001 target:sensor/77 callsign:CPX101", obs.Aircraft},
		{"test target", ssr(func(r *asterix.TargetReport) { r.Test = true }), "-", 0},
		{"field monitor", ssr(func(r *asterix.TargetReport) { r.FieldMonitor = true }), "-", 0},
		{"simulated", ssr(func(r *asterix.TargetReport) { r.Simulated = true }), "-", 0},
		{"not detected", ssr(func(r *asterix.TargetReport) { r.Detection = asterix.NoDetection }), "-", 0},
		{"end of track", ssr(func(r *asterix.TargetReport) { r.Has |= asterix.HasStatus; r.Track.Ended = true }), "-", 0},
		{"ghost", ssr(func(r *asterix.TargetReport) { r.Has |= asterix.HasStatus; r.Track.Ghost = true }), "-", 0},
		{"beyond the item", ssr(func(r *asterix.TargetReport) { r.ExtendedRange = true }), "-", 0},
		{"no place", ssr(func(r *asterix.TargetReport) { r.Has &^= asterix.HasPolar }), "-", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			st := radar(t)
			st.datagram(0, block(t, 48, tt.report))
			if tt.claims == "-" {
				st.none(tt.name)
				return
			}
			o := st.one()
			want, _ := geo.Direct(here, tt.report.AzimuthDeg, tt.report.RangeM)
			if claims(o) != tt.claims || o.Kind != tt.kind || !near(o.Position, want, 4) || o.Cov.EE <= 0 || o.Cov.NN <= 0 || o.Source.Key == (obs.Key{}) {
				t.Errorf("%s %s %v %+v", claims(o), o.Kind, o.Position, o.Cov)
			}
		})
	}
	st := radar(t)
	st.sensor.Exercise = true
	st.datagram(0, block(t, 48, ssr(func(r *asterix.TargetReport) { r.Simulated = true })))
	st.one() // in an exercise
}

// TestSlantRange: heights shorten the way over the ground; overhead its error
// grows to that of the height.
func TestSlantRange(t *testing.T) {
	for _, tt := range []struct {
		name          string
		slant, height float64 // m above the sea; the antenna is at 4000
		ground, sd    float64
	}{
		{"far and low", 20_000, 4000, 20_000, 25},
		{"far", 20_000, 6000, math.Sqrt(20e3*20e3 - 2e3*2e3), 39.4},
		{"near", 5000, 8000, 3000, 402.2},
		{"overhead", 3000, 7000, 0, 3000},
		{"above its range", 2000, 7000, 0, 2000},
	} {
		st := radar(t)
		e := echo(0, tt.slant, 0)
		e.Has |= asterix.HasLevel
		e.Level.M = tt.height
		st.datagram(0, block(t, 48, e))
		o := st.one()
		if math.Abs(o.Range-tt.ground) > 10 || math.Abs(o.RangeSD-tt.sd) > tt.sd/50 || o.Height.Datum != geo.DatumPressure {
			t.Errorf("%s: %.1f m, error %.1f m, want %.1f and %.1f", tt.name, o.Range, o.RangeSD, tt.ground, tt.sd)
		}
	}
	// A calculated place is over the ground already.
	st := radar(t)
	e := echo(0, 0, 0)
	e.Has = e.Has&^asterix.HasPolar | asterix.HasCartesian | asterix.HasLevel
	e.XM, e.YM, e.Level.M = 3000, 4000, 8000
	st.datagram(0, block(t, 48, e))
	if o := st.one(); math.Abs(o.Range-5000) > 15 || math.Abs(o.Bearing-36.87) > 0.2 {
		t.Errorf("%v m at %v degrees", o.Range, o.Bearing)
	}
}

// TestRadarGolden pins the whole of some inputs.
func TestRadarGolden(t *testing.T) {
	st := radar(t)
	st.datagram(0, block(t, 34, crossing(0, 0, 4*time.Second)))
	e := echo(400*time.Millisecond, 20_000, 30)
	e.Has |= asterix.HasMode3A | asterix.HasLevel | asterix.HasAddress
	e.Mode3A.Code, e.Level.M, e.Address = 0o7500, 5000, 0xE94001
	st.datagram(450*time.Millisecond, block(t, 48, e, echo(400*time.Millisecond, 1000, 10)))
	st.datagram(510*time.Millisecond, block(t, 34, crossing(500*time.Millisecond, 45, 4*time.Second)))
	st.golden("asterix")
}
