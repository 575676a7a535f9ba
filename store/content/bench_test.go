package content_test

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/klauspost/compress/zstd"

	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/store/content"
	"atalaya/track"
)

// aStep makes what one step of 250 ms brings at n tracks and 1 Hz.
func aStep(n, step int) ([]track.Input, []track.Event) {
	r := rand.New(rand.NewPCG(1, uint64(step)))
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(step) * 250 * time.Millisecond)
	var in []track.Input
	var ev []track.Event
	for i := range n / 4 {
		id := i*4 + step%4
		seq := uint64(step*n/4 + i + 1)
		received := start.Add(time.Duration(i) * 100 * time.Microsecond).Add(time.Duration(r.IntN(90000)))
		pos := geo.Position{
			Lat: float64(-16*600000+r.IntN(600000)) / 10000 / 60,
			Lon: float64(-69*600000+r.IntN(600000)) / 10000 / 60,
		}
		o := obs.Observation{
			Seq: seq, Sensor: sensor.ID(fmt.Sprintf("ais-%d", i%3)), Time: received.Truncate(time.Second), Received: received,
			Clock: obs.ClockCoarse, Source: obs.Source{Feed: sensor.FeedID(fmt.Sprintf("feed-%d", i%3)), Hash: sha256.Sum256(fmt.Append(nil, seq)), Station: ""},
			Kind: obs.Vessel, Measure: obs.Place, Has: obs.HasSpeed | obs.HasCourse | obs.HasHeading,
			Position: pos, Cov: obs.Round(10), Speed: float64(r.IntN(300)) / 10 * 1852 / 3600,
			Course: float64(r.IntN(3600)) / 10, Heading: float64(r.IntN(360)),
			Claims: []obs.Claim{{Kind: obs.MMSI, Value: fmt.Sprint(775000000 + id*37)}},
		}
		in = append(in, track.Input{Seq: seq, Observation: &o})
		var cov [4][4]float64
		for a := range 4 {
			for b := range a + 1 {
				cov[a][b] = r.NormFloat64() * 10
				cov[b][a] = cov[a][b]
			}
		}
		ev = append(ev, track.Event{
			Kind: track.Updated, Time: o.Time, Revision: 0,
			Track: track.Track{
				ID: track.ID(id + 1), Status: track.Confirmed, Domain: track.Water, Kind: obs.Vessel,
				State:     track.State{Time: o.Time, Position: geo.Position{Lat: pos.Lat + r.NormFloat64()*1e-4, Lon: pos.Lon + r.NormFloat64()*1e-4}, East: r.NormFloat64() * 5, North: r.NormFloat64() * 5, Cov: cov},
				Existence: 1 - r.Float64()*1e-6, Claims: []track.Belief{{Claim: o.Claims[0], Honest: 0.9}, {Claim: obs.Claim{Kind: obs.Name, Value: fmt.Sprint("VESSEL ", id)}, Honest: 0.9}},
				Sensors: []sensor.ID{o.Sensor}, Born: start.Add(-time.Hour), Updated: o.Time, LastSeq: seq,
			},
			Lineage: track.Lineage{{Observation: seq, Sensor: o.Sensor, Time: o.Time, Distance2: r.ExpFloat64(), Likelihood: r.Float64(), Weight: 1, Model: "cv/1"}},
		})
	}
	return in, ev
}

func report(b *testing.B, rows, bytes int) {
	b.ReportMetric(float64(bytes)/float64(rows), "B/row")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
}

func BenchmarkColumns(b *testing.B) {
	in, ev := aStep(10000, 7)
	z, _ := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	b.Run("inputs", func(b *testing.B) {
		t, err := content.NewTable[track.Input]("rows")
		if err != nil {
			b.Fatal(err)
		}
		e := t.Encoder()
		var raw, out []byte
		for b.Loop() {
			raw, err = e.Append(raw[:0], in)
			if err != nil {
				b.Fatal(err)
			}
			out = z.EncodeAll(raw, out[:0])
		}
		report(b, len(in), len(out))
		b.ReportMetric(float64(len(raw))/float64(len(in)), "rawB/row")
	})
	b.Run("events", func(b *testing.B) {
		t, err := content.NewTable[track.Event]("rows")
		if err != nil {
			b.Fatal(err)
		}
		e := t.Encoder()
		var raw, out []byte
		for b.Loop() {
			raw, err = e.Append(raw[:0], new(content.Rounder).Events(ev))
			if err != nil {
				b.Fatal(err)
			}
			out = z.EncodeAll(raw, out[:0])
		}
		report(b, len(ev), len(out))
		b.ReportMetric(float64(len(raw))/float64(len(in)), "rawB/row")
	})
	b.Run("decode", func(b *testing.B) {
		t, err := content.NewTable[track.Event]("rows")
		if err != nil {
			b.Fatal(err)
		}
		raw, err := t.Encoder().Append(nil, new(content.Rounder).Events(ev))
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := t.Decode(raw, nil); err != nil {
				b.Fatal(err)
			}
		}
		report(b, len(ev), len(raw))
	})
}

func BenchmarkRows(b *testing.B) {
	in, ev := aStep(10000, 7)
	z, _ := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	mode, _ := cbor.EncOptions{Time: cbor.TimeRFC3339NanoUTC}.EncMode()
	b.Run("inputs", func(b *testing.B) {
		var out []byte
		for b.Loop() {
			raw, err := mode.Marshal(in)
			if err != nil {
				b.Fatal(err)
			}
			out = z.EncodeAll(raw, out[:0])
		}
		report(b, len(in), len(out))
	})
	b.Run("events", func(b *testing.B) {
		var out []byte
		for b.Loop() {
			raw, err := mode.Marshal(new(content.Rounder).Events(ev))
			if err != nil {
				b.Fatal(err)
			}
			out = z.EncodeAll(raw, out[:0])
		}
		report(b, len(ev), len(out))
	})
}
