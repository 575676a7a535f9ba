package format_test

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"atalaya/feed"
	"atalaya/feed/format"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	here  = geo.Position{Lat: -16.16, Lon: -69.10}
	start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// station is a feed and its sensor under test.
type station struct {
	t      testing.TB
	sensor sensor.Sensor
	feed   sensor.Feed
	dec    feed.Decoder
	meter  *feed.Meter
	inputs []track.Input
}

func newStation(t testing.TB, f sensor.Feed, s sensor.Sensor) *station {
	t.Helper()
	f.ID, s.ID = "feed", "sensor"
	if s.Position == (geo.Position{}) {
		s.Position = here
	}
	st := &station{t: t, sensor: s, feed: f, meter: feed.NewMeter(f, func() time.Time { return start })}
	var err error
	st.dec, err = format.New(format.Station{Feed: f, Sensor: func(time.Time) sensor.Sensor { return st.sensor }})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func (st *station) out() *feed.Out {
	return feed.NewOut(st.meter, func(in track.Input) { st.inputs = append(st.inputs, in) })
}

// hear gives the station bytes of its stream, so long after the start.
func (st *station) hear(after time.Duration, data []byte) {
	st.dec.Decode(feed.Chunk{Data: data, Received: start.Add(after), Stream: 1}, st.out())
}

// datagram gives it one datagram.
func (st *station) datagram(after time.Duration, data []byte) {
	st.dec.Decode(feed.Chunk{Data: data, Received: start.Add(after), Stream: 1, Datagram: true}, st.out())
}

// observations are what came, those of scans too, since the last call.
func (st *station) observations() []obs.Observation {
	var out []obs.Observation
	for _, in := range st.inputs {
		if in.Observation != nil {
			out = append(out, *in.Observation)
		}
		if in.Scan != nil {
			out = append(out, in.Scan.Observations...)
		}
	}
	st.inputs = nil
	return out
}

// one is the one observation that came since the last call.
func (st *station) one() obs.Observation {
	st.t.Helper()
	all := st.observations()
	if len(all) != 1 {
		st.t.Fatalf("%d observations, want one; health %+v", len(all), st.meter.Health())
	}
	return all[0]
}

// none holds that nothing came since the last call.
func (st *station) none(why string) {
	st.t.Helper()
	if all := st.observations(); len(all) != 0 {
		st.t.Errorf("%s: %+v", why, all)
	}
}

// golden holds what came against a file.
func (st *station) golden(name string) {
	st.t.Helper()
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "\t")
	for _, in := range st.inputs {
		if err := enc.Encode(in); err != nil {
			st.t.Fatal(err)
		}
	}
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			st.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		st.t.Fatal(err)
	}
	if b.String() != string(want) {
		st.t.Errorf("%s differs; look at it, then run with -update:\n%s", path, b.String())
	}
}

// claims gives claims as one text.
func claims(o obs.Observation) string {
	var all []string
	for _, c := range o.Claims {
		all = append(all, c.String())
	}
	return strings.Join(all, " ")
}

func near(a, b geo.Position, metres float64) bool { return geo.Distance(a, b) <= metres }

// sd is the standard deviation of a round error.
func sd(o obs.Observation) float64 {
	if o.Cov.EE != o.Cov.NN || o.Cov.EN != 0 {
		return -1
	}
	return sqrt(o.Cov.EE)
}

func sqrt(x float64) float64 {
	r := x
	for range 60 {
		r = (r + x/r) / 2
	}
	return r
}

// TestNew: every format has a decoder; what is wrong with a feed is told.
func TestNew(t *testing.T) {
	for _, f := range []sensor.Format{
		sensor.FormatAIS, sensor.FormatBeast, sensor.FormatAVR, sensor.FormatSBS, sensor.FormatASTERIX,
		sensor.FormatNMEA, sensor.FormatMAVLink, sensor.FormatObservations,
	} {
		if _, err := format.New(format.Station{Feed: sensor.Feed{Format: f}}); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
	for _, bad := range []sensor.Feed{
		{ID: "x", Format: "morse"},
		{ID: "x", Format: sensor.FormatASTERIX, Editions: map[string]string{"048": "9.99"}},
	} {
		if _, err := format.New(format.Station{Feed: bad}); err == nil || !strings.Contains(err.Error(), "feed x") {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// TestProvenance: each observation says over which feed it came, by what bytes,
// and whether its sender is proven.
func TestProvenance(t *testing.T) {
	for _, proven := range []bool{false, true} {
		st := newStation(t, sensor.Feed{Format: sensor.FormatAIS, Proven: proven}, sensor.Sensor{})
		st.hear(0, boat{}.sentences(t))
		o := st.one()
		if o.Source.Feed != "feed" || o.Sensor != "sensor" || o.Source.Proven != proven || o.Source.Hash == (obs.Hash{}) || o.Seq != 0 {
			t.Errorf("%+v", o)
		}
	}
}

// TestNoise: no decoder makes an input of random bytes that are no message, or
// keeps what does not fit; and each tells what came.
func TestNoise(t *testing.T) {
	noise := make([]byte, 1<<18)
	x := uint32(1)
	for i := range noise {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		noise[i] = byte(x >> 8)
	}
	for _, f := range []sensor.Format{
		sensor.FormatAIS, sensor.FormatBeast, sensor.FormatAVR, sensor.FormatSBS, sensor.FormatASTERIX,
		sensor.FormatNMEA, sensor.FormatMAVLink, sensor.FormatObservations,
	} {
		t.Run(string(f), func(t *testing.T) {
			st := newStation(t, sensor.Feed{Format: f, MAVLink1: true}, sensor.Sensor{SAC: 25, SIC: 201, SystemID: 7})
			for i := 0; i < len(noise); i += 1000 {
				st.hear(time.Duration(i)*time.Millisecond, noise[i:min(i+1000, len(noise))])
			}
			st.dec.Flush(start, st.out())
			if h := st.meter.Health(); len(h.Bad) == 0 {
				t.Errorf("nothing bad in noise: %+v", h)
			}
			st.none("noise")
		})
	}
}

// TestSources runs a feed as the program does: transport, decoders, meter.
func TestSources(t *testing.T) {
	st := newStation(t, sensor.Feed{Format: sensor.FormatAIS}, sensor.Sensor{})
	line := boat{}.sentences(t)
	src := &feed.Source{
		Feed: st.feed, Meter: st.meter, Registered: func(time.Time) bool { return true },
		NewDecoder: func() feed.Decoder {
			d, err := format.New(format.Station{Feed: st.feed, Sensor: func(time.Time) sensor.Sensor { return st.sensor }})
			if err != nil {
				t.Fatal(err)
			}
			return d
		},
		Transport: transport(func(emit func(feed.Chunk)) {
			// Two connections, each with half a sentence at a time.
			for _, part := range [][]byte{line[:20], line[20:]} {
				for id := range uint64(2) {
					emit(feed.Chunk{Data: part, Received: start, Stream: id + 1})
				}
			}
		}),
	}
	if err := src.Run(t.Context(), func(in track.Input) { st.inputs = append(st.inputs, in) }); err != nil {
		t.Fatal(err)
	}
	if all := st.observations(); len(all) != 2 || all[0].Source.Key != all[1].Source.Key {
		t.Errorf("%d observations", len(all))
	}
}

type transport func(emit func(feed.Chunk))

func (tr transport) Run(_ context.Context, emit func(feed.Chunk)) error {
	tr(emit)
	return nil
}
