package format_test

import (
	"strings"
	"testing"
	"time"

	"atalaya/codec"
	"atalaya/codec/ais"
	"atalaya/feed"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
)

// boat is a message to write; its zero value is a position report of class A.
type boat struct {
	mmsi    ais.MMSI
	second  int // of the ship; -1: not said
	fix     ais.Fix
	coarse  bool
	status  ais.NavStatus
	talker  string
	repeat  uint8
	tag     time.Time
	station string
	kind    uint8
	report  ais.Report
}

func (b boat) sentences(t testing.TB) []byte {
	t.Helper()
	m := ais.Message{
		Type: 1, MMSI: 760123456, Talker: b.talker, Repeat: b.repeat, TagTime: b.tag, Station: b.station, Channel: "A",
	}
	if b.mmsi != 0 {
		m.MMSI = b.mmsi
	}
	k := ais.Kinematics{
		Position: codec.Some(here), Accurate: !b.coarse, Speed: codec.Some(5.0), Course: codec.Some(90.0), Heading: codec.Some(95.0), Fix: b.fix,
	}
	if b.second >= 0 && b.fix == ais.Measured {
		k.Second = codec.Some(uint8(b.second))
	}
	m.Report = &ais.Position{Kinematics: k, Status: codec.Some(b.status)}
	if b.report != nil {
		m.Type, m.Report = b.kind, b.report
	}
	lines, err := ais.NewEncoder().Encode(&m)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(strings.Join(lines, "\r\n") + "\r\n")
}

func aisStation(t testing.TB) *station {
	return newStation(t, sensor.Feed{Format: sensor.FormatAIS}, sensor.Sensor{})
}

// TestAISTime: the ship says its second of the minute, the receiver may say
// the whole time; the observation has what follows from both.
func TestAISTime(t *testing.T) {
	const s, ms = time.Second, time.Millisecond
	for _, tt := range []struct {
		name     string
		received time.Duration // after 12:00
		tag      time.Duration // after 12:00; -1: none
		second   int
		offset   time.Duration // of the receiver's clock, known
		want     time.Duration
		clock    obs.Clock
	}{
		{"within the minute", 30*s + 200*ms, -1, 29, 0, 29 * s, obs.ClockCoarse},
		{"just after the minute", 300 * ms, -1, 59, 0, -1 * s, obs.ClockCoarse},
		{"its clock a little ahead", 59*s + 900*ms, -1, 0, 0, 60 * s, obs.ClockCoarse},
		{"half a minute late", 40 * s, -1, 11, 0, 11 * s, obs.ClockCoarse},
		{"does not say it", 40 * s, -1, -1, 0, 40 * s, obs.ClockNone},
		{"the receiver says", 40 * s, 39 * s, -1, 0, 39 * s, obs.ClockStated},
		{"both say", 40 * s, 39 * s, 38, 0, 38 * s, obs.ClockGNSS},
		{"held back five minutes", 310 * s, 10 * s, 9, 0, 9 * s, obs.ClockGNSS},
		{"held back over the minute", 310 * s, 60 * s, 59, 0, 59 * s, obs.ClockGNSS},
		{"known offset", 40 * s, 100 * s, 39, 60 * s, 39 * s, obs.ClockGNSS},
		{"an hour ahead", 40 * s, time.Hour + 39*s, 39, 0, time.Hour + 39*s, obs.ClockDoubt},
		{"an hour behind", 40 * s, 39*s - time.Hour, 39, 0, 39*s - time.Hour, obs.ClockDoubt},
		{"a little too far ahead", 40 * s, 51 * s, 39, 0, 51 * s, obs.ClockDoubt},
	} {
		t.Run(tt.name, func(t *testing.T) {
			st := aisStation(t)
			st.sensor.TimeOffset = tt.offset
			b := boat{second: tt.second, station: "copa"}
			if tt.tag != -1 {
				b.tag = start.Add(tt.tag)
			}
			st.hear(tt.received, b.sentences(t))
			o := st.one()
			if got := o.Time.Sub(start); got != tt.want || o.Clock != tt.clock {
				t.Errorf("%v %s, want %v %s", got, o.Clock, tt.want, tt.clock)
			}
			if !o.Received.Equal(start.Add(tt.received)) {
				t.Errorf("received %v", o.Received)
			}
			h := st.meter.Health()
			late := tt.clock != obs.ClockDoubt && tt.clock != obs.ClockNone && tt.received-tt.want > 10*s
			if (h.Late == 1) != late || (h.ClockDoubt == 1) != (tt.clock == obs.ClockDoubt) {
				t.Errorf("late %d, doubt %d", h.Late, h.ClockDoubt)
			}
		})
	}
}

// TestAISBaseTime: a base station's own time; where it contradicts both ours
// and its receiver's, the receiver's counts.
func TestAISBaseTime(t *testing.T) {
	const s = time.Second
	report := func(at time.Duration) boat {
		return boat{mmsi: 7600001, kind: 4, report: &ais.BaseStation{
			Kinematics: ais.Kinematics{Position: codec.Some(here)}, Time: codec.Some(start.Add(at)),
		}}
	}
	for _, tt := range []struct {
		name  string
		says  time.Duration
		tag   bool
		want  time.Duration
		clock obs.Clock
	}{
		{"good", 10 * s, false, 10 * s, obs.ClockGNSS},
		{"good, and tagged", 10 * s, true, 10 * s, obs.ClockGNSS},
		{"wrong", -time.Hour, false, -time.Hour, obs.ClockDoubt},
		{"wrong, but tagged", -time.Hour, true, 11 * s, obs.ClockStated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			st := aisStation(t)
			b := report(tt.says)
			if tt.tag {
				b.tag = start.Add(11 * s)
			}
			st.hear(12*s, b.sentences(t))
			if o := st.one(); o.Time.Sub(start) != tt.want || o.Clock != tt.clock || o.Kind != obs.BaseStation {
				t.Errorf("%v %s %s", o.Time.Sub(start), o.Clock, o.Kind)
			}
		})
	}
}

// TestClocks: with a receiver's clock an hour off, set back or frozen, nothing
// is lost, what came is in the order in which it came, and marked.
func TestClocks(t *testing.T) {
	const n = 60
	for _, tt := range []struct {
		name  string
		tag   func(after time.Duration) time.Duration
		first time.Duration // from then on in doubt
	}{
		{"good", func(a time.Duration) time.Duration { return a }, n * time.Second},
		{"slow network", func(a time.Duration) time.Duration { return a - 20*time.Second }, n * time.Second},
		{"an hour ahead", func(a time.Duration) time.Duration { return a + time.Hour }, 0},
		{"an hour behind", func(a time.Duration) time.Duration { return a - time.Hour }, 0},
		{"set back 5 minutes after 20 s", func(a time.Duration) time.Duration {
			if a >= 20*time.Second {
				a -= 5 * time.Minute
			}
			return a
		}, 30 * time.Second},
		{"frozen after 20 s", func(a time.Duration) time.Duration { return min(a, 20*time.Second) }, 31 * time.Second},
		{"runs backwards", func(a time.Duration) time.Duration { return -a }, 11 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			st := aisStation(t)
			for i := range n {
				after := time.Duration(i) * time.Second
				st.hear(after, boat{second: -1, mmsi: ais.MMSI(760000000 + i), tag: start.Add(tt.tag(after)), station: "copa"}.sentences(t))
			}
			all := st.observations()
			if len(all) != n {
				t.Fatalf("%d of %d", len(all), n)
			}
			for i, o := range all {
				if o.Claims[0].Value != ais.MMSI(760000000+i).String() {
					t.Fatalf("%d is %v", i, o.Claims)
				}
				doubt := time.Duration(i)*time.Second >= tt.first
				if (o.Clock == obs.ClockDoubt) != doubt {
					t.Errorf("after %d s: %s", i, o.Clock)
				}
				if !o.Received.Equal(start.Add(time.Duration(i) * time.Second)) {
					t.Errorf("received %v", o.Received)
				}
			}
		})
	}
}

// TestClocksApart: one receiver behind an aggregator whose clock stands still
// takes the others' clocks not with it.
func TestClocksApart(t *testing.T) {
	st := aisStation(t)
	for i := range 30 {
		after := time.Duration(i) * time.Second
		st.hear(after, boat{second: -1, tag: start.Add(after), station: "good"}.sentences(t))
		st.hear(after, boat{second: -1, tag: start, station: "frozen"}.sentences(t))
	}
	for i, o := range st.observations() {
		if doubt := o.Source.Station == "frozen" && i/2 > 10; (o.Clock == obs.ClockDoubt) != doubt {
			t.Errorf("%d of %s: %s", i/2, o.Source.Station, o.Clock)
		}
	}
}

// TestTwoStations: what two receivers heard, each with its tag block and its
// talker, and what a base station repeated, is one transmission.
func TestTwoStations(t *testing.T) {
	a, b := aisStation(t), aisStation(t)
	a.feed.ID, b.feed.ID = "a", "b"
	a.hear(0, boat{second: 10, station: "copa", tag: start}.sentences(t))
	b.hear(2*time.Second, boat{second: 10, station: "calv", tag: start.Add(time.Second), talker: "BS"}.sentences(t))
	b.hear(3*time.Second, boat{second: 10, repeat: 1}.sentences(t))
	b.hear(4*time.Second, boat{second: 20}.sentences(t))
	all := append(a.observations(), b.observations()...)
	if len(all) != 4 {
		t.Fatalf("%d observations", len(all))
	}
	echoes := feed.NewEchoes()
	var of []uint64
	hashes := map[obs.Hash]bool{}
	for i := range all {
		all[i].Seq = uint64(i + 1)
		echoes.Mark(&all[i], sensor.FormatAIS)
		of = append(of, all[i].Source.EchoOf)
		hashes[all[i].Source.Hash] = true
	}
	if want := [4]uint64{0, 1, 1, 0}; [4]uint64(of) != want {
		t.Errorf("echoes of %v, want %v", of, want)
	}
	if len(hashes) != 4 {
		t.Errorf("%d different hashes of four sentences", len(hashes))
	}
	if all[0].Source.Station != "copa" || all[1].Source.Station != "calv" {
		t.Errorf("stations %q and %q", all[0].Source.Station, all[1].Source.Station)
	}
}

// TestAISKinds: what the identity and the message tell of the thing.
func TestAISKinds(t *testing.T) {
	text := &ais.Text{Text: "MAN OVERBOARD"}
	for _, tt := range []struct {
		name     string
		boat     boat
		kind     obs.Kind
		distress obs.Distress
		claims   string
	}{
		{"ship", boat{}, obs.Vessel, obs.NoDistress, "mmsi:760123456"},
		{"coast station", boat{mmsi: 7600001}, obs.BaseStation, obs.NoDistress, "mmsi:007600001"},
		{"aid to navigation", boat{mmsi: 997600001}, obs.AidToNavigation, obs.NoDistress, "mmsi:997600001"},
		{"rescue aircraft", boat{mmsi: 111760001}, obs.Aircraft, obs.NoDistress, "mmsi:111760001"},
		{"SART", boat{mmsi: 970123456, status: ais.DistressActive}, obs.DistressBeacon, obs.SART, "mmsi:970123456"},
		{"SART that says nothing", boat{mmsi: 970123456}, obs.DistressBeacon, obs.SART, "mmsi:970123456"},
		{"man overboard", boat{mmsi: 972123456}, obs.DistressBeacon, obs.ManOverboard, "mmsi:972123456"},
		{"EPIRB", boat{mmsi: 974123456}, obs.DistressBeacon, obs.EPIRB, "mmsi:974123456"},
		{"ship with status 14", boat{status: ais.DistressActive}, obs.Vessel, obs.InDistressStat, "mmsi:760123456"},
		{"text", boat{kind: 14, report: text}, obs.Vessel, obs.SafetyText, "mmsi:760123456"},
		{"text of a SART", boat{kind: 14, report: text, mmsi: 970123456}, obs.DistressBeacon, obs.SART, "mmsi:970123456"},
		{"name and call sign", boat{kind: 5, report: &ais.Voyage{Name: "ILLIMANI", CallSign: "CP123"}}, obs.Vessel, obs.NoDistress, "mmsi:760123456 callsign:CP123 name:ILLIMANI"},
		{"part A", boat{kind: 24, report: &ais.StaticA{Name: "SAJAMA"}}, obs.Vessel, obs.NoDistress, "mmsi:760123456 name:SAJAMA"},
		{"part B", boat{kind: 24, report: &ais.StaticB{CallSign: "CP9"}}, obs.Vessel, obs.NoDistress, "mmsi:760123456 callsign:CP9"},
		{"class B", boat{kind: 19, report: &ais.ClassBExtended{Kinematics: ais.Kinematics{Position: codec.Some(here)}, Name: "B"}}, obs.Vessel, obs.NoDistress, "mmsi:760123456 name:B"},
		{"buoy", boat{kind: 21, report: &ais.AidToNavigation{Kinematics: ais.Kinematics{Position: codec.Some(here)}, Name: "BUOY"}}, obs.AidToNavigation, obs.NoDistress, "mmsi:760123456 name:BUOY"},
		{"SAR report", boat{kind: 9, report: &ais.SARAircraft{Kinematics: ais.Kinematics{Position: codec.Some(here)}, Altitude: codec.Some(900.0)}}, obs.Aircraft, obs.NoDistress, "mmsi:760123456"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			st := aisStation(t)
			st.hear(0, tt.boat.sentences(t))
			o := st.one()
			if o.Kind != tt.kind || o.Distress != tt.distress || claims(o) != tt.claims {
				t.Errorf("%s %s %s", o.Kind, o.Distress, claims(o))
			}
		})
	}
}

// TestAISNothing: messages that are good and make no observation.
func TestAISNothing(t *testing.T) {
	for name, b := range map[string]boat{
		"a text to one ship":        {kind: 12, report: &ais.Text{Text: "HELLO", To: codec.Some(ais.MMSI(720000001))}},
		"nothing but an identity":   {kind: 18, report: &ais.ClassB{}},
		"a voyage without names":    {kind: 5, report: &ais.Voyage{}},
		"an identity that is none":  {mmsi: 1<<30 - 1},
		"a blank name (part A)":     {kind: 24, report: &ais.StaticA{Name: "   "}},
		"an aid without a position": {kind: 21, report: &ais.AidToNavigation{}},
	} {
		st := aisStation(t)
		st.hear(0, b.sentences(t))
		st.none(name)
		if h := st.meter.Health(); h.Good != 1 || len(h.Bad) != 0 {
			t.Errorf("%s: good %d, bad %v", name, h.Good, h.Bad)
		}
	}
}

// TestAISErrors: the stated quality of a position becomes its covariance.
func TestAISErrors(t *testing.T) {
	for _, tt := range []struct {
		name   string
		boat   boat
		sensor float64
		want   float64
	}{
		{"accurate", boat{}, 0, 5},
		{"not so", boat{coarse: true}, 0, 15},
		{"the sensor's record", boat{coarse: true}, 8, 8},
		{"dead reckoning", boat{fix: ais.DeadReckoning}, 8, 150},
		{"by hand", boat{fix: ais.ByHand}, 0, 500},
		{"inoperative", boat{fix: ais.Inoperative}, 0, 1000},
		{"long range", boat{kind: 27, report: &ais.LongRange{Kinematics: ais.Kinematics{Position: codec.Some(here), Accurate: true}}}, 0, 120},
	} {
		st := aisStation(t)
		st.sensor.PositionSD = tt.sensor
		st.hear(0, tt.boat.sentences(t))
		if got := sd(st.one()); got < tt.want-0.01 || got > tt.want+0.01 {
			t.Errorf("%s: %v m, want %v", tt.name, got, tt.want)
		}
	}
}

// TestAISDatagrams: the last line of a datagram needs no end; a message of two
// sentences may come in two datagrams.
func TestAISDatagrams(t *testing.T) {
	st := aisStation(t)
	st.datagram(0, []byte(strings.TrimSpace(string(boat{}.sentences(t)))))
	st.one()
	voyage := boat{kind: 5, report: &ais.Voyage{Name: "ILLIMANI"}}.sentences(t)
	for line := range strings.SplitSeq(strings.TrimSpace(string(voyage)), "\r\n") {
		st.datagram(0, []byte(line))
	}
	if o := st.one(); claims(o) != "mmsi:760123456 name:ILLIMANI" {
		t.Error(claims(o))
	}
	st.dec.Flush(start, st.out())
	if h := st.meter.Health(); h.Good != 2 || len(h.Bad) != 0 {
		t.Errorf("good %d, bad %v", h.Good, h.Bad)
	}
}

// TestAISGolden pins the whole of some observations.
func TestAISGolden(t *testing.T) {
	st := aisStation(t)
	st.sensor.PositionSD = 8
	st.hear(10*time.Second, boat{second: 9, tag: start.Add(10 * time.Second), station: "copa", coarse: true}.sentences(t))
	st.hear(11*time.Second, boat{kind: 5, report: &ais.Voyage{Name: "ILLIMANI", CallSign: "CP123"}}.sentences(t))
	st.hear(12*time.Second, boat{mmsi: 970123456, status: ais.DistressActive, second: 12}.sentences(t))
	st.hear(13*time.Second, boat{kind: 9, mmsi: 111760001, report: &ais.SARAircraft{
		Kinematics: ais.Kinematics{Position: codec.Some(geo.Position{Lat: 10, Lon: 179.9999999}), Speed: codec.Some(60.0)},
		Altitude:   codec.Some(900.0), Barometric: true,
	}}.sentences(t))
	st.golden("ais")
}
