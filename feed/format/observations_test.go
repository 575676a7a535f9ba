package format_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"atalaya/obs"
	"atalaya/sensor"
)

const header = `{"atalaya":"observations","version":1}` + "\n"

func line(t testing.TB, o obs.Observation) string {
	t.Helper()
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(b) + "\n"
}

func seen() obs.Observation {
	return obs.Observation{
		Seq: 99, Sensor: "theirs", Time: start.Add(time.Second), Received: start.Add(2 * time.Second), Clock: obs.ClockStated,
		Source: obs.Source{Feed: "theirs", Key: obs.Key{1}, EchoOf: 5},
		Kind:   obs.Aircraft, Measure: obs.Place, Position: here, Cov: obs.Round(30),
		Claims: []obs.Claim{{Kind: obs.ICAO, Value: "4b1814"}},
	}
}

// TestRecording: observations come as they were recorded, but as those of the
// sensor that is registered here.
func TestRecording(t *testing.T) {
	st := newStation(t, sensor.Feed{Format: sensor.FormatObservations, Source: "file:///day.jsonl", Proven: true}, sensor.Sensor{})
	text := header + line(t, seen()) + "\n" + line(t, seen())
	for i := 0; i < len(text); i += 7 {
		st.hear(time.Hour, []byte(text[i:min(i+7, len(text))]))
	}
	st.dec.Flush(start, st.out())
	all := st.observations()
	if len(all) != 2 {
		t.Fatalf("%d observations, bad %v", len(all), st.meter.Health().Bad)
	}
	want := seen()
	want.Seq, want.Sensor, want.Source.Feed, want.Source.EchoOf, want.Source.Proven = 0, "sensor", "feed", 0, true
	want.Source.Hash = all[0].Source.Hash
	if got := line(t, all[0]); got != line(t, want) || want.Source.Hash == (obs.Hash{}) {
		t.Errorf("%s, want %s", got, line(t, want))
	}
}

// TestRecordingWithoutEnd: the last line of a file needs no line feed.
func TestRecordingWithoutEnd(t *testing.T) {
	st := newStation(t, sensor.Feed{Format: sensor.FormatObservations, Source: "file:///x"}, sensor.Sensor{})
	st.hear(0, []byte(header+strings.TrimSpace(line(t, seen()))))
	st.none("not yet")
	st.dec.Flush(start, st.out())
	st.one()
}

// TestObservationsLive: what comes over a network was received now, and its
// clock is judged like any other.
func TestObservationsLive(t *testing.T) {
	st := newStation(t, sensor.Feed{Format: sensor.FormatObservations, Source: "tcp://x:1"}, sensor.Sensor{})
	st.hear(3*time.Second, []byte(header+line(t, seen())))
	if o := st.one(); o.Received.Sub(start) != 3*time.Second || o.Time.Sub(start) != time.Second || o.Clock != obs.ClockStated {
		t.Errorf("%v %v %s", o.Received, o.Time, o.Clock)
	}
	st.hear(2*time.Hour, []byte(line(t, seen())))
	if o := st.one(); o.Clock != obs.ClockDoubt {
		t.Errorf("%s", o.Clock)
	}
}

// TestBadObservations: what is wrong with a line is told, with its number, and
// the next line is read.
func TestBadObservations(t *testing.T) {
	with := func(edit func(*obs.Observation)) string {
		o := seen()
		edit(&o)
		return line(t, o)
	}
	for name, bad := range map[string]struct{ text, kind, why string }{
		"no JSON":         {"{\n", "malformed", "line 2"},
		"nothing said":    {"{}\n", "malformed", "says nothing"},
		"off the earth":   {with(func(o *obs.Observation) { o.Position.Lat = 91 }), "malformed", "not on earth"},
		"origin":          {with(func(o *obs.Observation) { o.Measure, o.Origin.Lon = obs.BearingOnly, 999 }), "malformed", "origin"},
		"covariance":      {with(func(o *obs.Observation) { o.Cov.EN = 1e6 }), "malformed", "covariance"},
		"deviation":       {with(func(o *obs.Observation) { o.RangeSD = -1 }), "malformed", "negative"},
		"too long":        {strings.Repeat("x", 70_000) + "\n", "overlong", "longer than"},
		"another version": {`{"atalaya":"observations","version":2}` + "\n", "malformed", "says nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			st := newStation(t, sensor.Feed{Format: sensor.FormatObservations, Source: "file:///x"}, sensor.Sensor{})
			st.hear(0, []byte(header+bad.text+line(t, seen())))
			st.one()
			h := st.meter.Health()
			if h.Good != 1 || h.Bad[bad.kind] != 1 || len(h.Bad) != 1 || !strings.Contains(h.Samples[0].Why, bad.why) {
				t.Errorf("good %d, bad %v, %v", h.Good, h.Bad, h.Samples)
			}
		})
	}
	st := newStation(t, sensor.Feed{Format: sensor.FormatObservations, Source: "file:///x"}, sensor.Sensor{})
	st.hear(0, []byte(`{"atalaya":"observations","version":2}`+"\n"))
	if h := st.meter.Health(); h.Bad["unsupported"] != 1 {
		t.Errorf("bad %v", h.Bad)
	}
}
