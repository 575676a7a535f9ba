package format_test

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"atalaya/fuse"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/valid"
)

// recorded is a block of category 062 as a control centre's system sent it.
const recorded = "3e0034bb7d25040203000e584f003806e501460641fd2601b70d4a000d33b3c37e2080780ccb000601000550000028002a003e04"

// centre is somewhere near it.
var centre = geo.Position{Lat: 20, Lon: 110}

// sent is when: the frame tells the time of day.
const sent = 2*time.Hour + 2*time.Minute + 25*time.Second - 12*time.Hour // after start

func frame(t testing.TB) []byte {
	t.Helper()
	b, err := hex.DecodeString(recorded)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// neighbour is a feed of another system's tracks.
func neighbour(t testing.TB) *station {
	return newStation(t, sensor.Feed{Format: sensor.FormatASTERIX}, sensor.Sensor{Kind: sensor.Neighbour})
}

// TestForeign: a track of another system, as recorded, is told as foreign, also
// after a restart, until a sensor of ours sees it.
func TestForeign(t *testing.T) {
	st := neighbour(t)
	ours := sensor.Sensor{ID: "adsb", Kind: sensor.ADSBReceiver, Position: centre, Valid: valid.Record{Number: 1}}
	theirs := st.sensor
	theirs.Position, theirs.Valid.Number = centre, 1
	st.inputs = []track.Input{{Change: &track.Change{Sensor: &theirs}}, {Change: &track.Change{Sensor: &ours}}}
	for i := range 3 {
		st.datagram(sent+time.Duration(i)*4*time.Second, frame(t))
	}
	tracker := fuse.New(fuse.Config{})
	seq := uint64(0)
	step := func(at time.Duration) track.Track {
		t.Helper()
		for i := range st.inputs {
			if o := st.inputs[i].Observation; o != nil {
				seq++
				o.Seq = seq
			}
		}
		tracker.Step(start.Add(at), st.inputs)
		st.inputs = nil
		all := tracker.Tracks()
		if len(all) != 1 {
			t.Fatalf("%d tracks: %+v", len(all), all)
		}
		return all[0]
	}
	tr := step(sent + 9*time.Second)
	if !tr.Foreign || !slices.Equal(tr.Sensors, []sensor.ID{"sensor"}) || !near(tr.State.Position, geo.Position{Lat: 19.6970, Lon: 114.6180}, 50) {
		t.Errorf("%+v", tr)
	}
	if v, _ := tr.Claimed(obs.ICAO); v != "780ccb" {
		t.Errorf("address %q", v)
	}
	// Others say that it is as likely as they say, and no likelier by saying it again.
	if tr.Existence > 0.95 {
		t.Errorf("exists with %v", tr.Existence)
	}

	again := fuse.New(fuse.Config{})
	again.Step(start.Add(sent+9*time.Second), []track.Input{{Change: &track.Change{Sensor: &theirs}}, {Change: &track.Change{Sensor: &ours}}})
	again.Restore(tracker.Tracks(), tracker.Next())
	tracker = again
	st.datagram(sent+10*time.Second, frame(t))
	if tr = step(sent + 11*time.Second); !tr.Foreign {
		t.Errorf("after a restart: %+v", tr)
	}

	at := tr.State.Time
	st.inputs = []track.Input{{Observation: &obs.Observation{
		Sensor: "adsb", Time: at, Received: at, Clock: obs.ClockGNSS, Measure: obs.Place, Position: tr.State.Position, Cov: obs.Round(30),
		Kind: obs.Aircraft, Claims: []obs.Claim{{Kind: obs.ICAO, Value: "780ccb"}},
	}}}
	if tr = step(sent + 13*time.Second); tr.Foreign || len(tr.Sensors) != 2 {
		t.Errorf("seen by us: %+v", tr)
	}
}

// TestForeignOfARadar: tracks that come where a radar of ours is registered are not
// taken for its plots.
func TestForeignOfARadar(t *testing.T) {
	st := newStation(t, sensor.Feed{Format: sensor.FormatASTERIX}, sensor.Sensor{Kind: sensor.Radar})
	st.datagram(sent, frame(t))
	st.none("a track of others")
	if h := st.meter.Health(); h.State != sensor.Refused || h.Cause.Code != sensor.CauseOtherSource || !strings.Contains(h.Why, "kind neighbour") {
		t.Errorf("%s, %+v: %s", h.State, h.Cause, h.Why)
	}
}
