package fuse

import (
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// random feeds a tracker with everything at once, driven by a counter: boats
// with and without AIS, aircraft, clutter, late and doubtful reports, scans.
func random(w *world, steps int) {
	for i := range steps {
		sec := float64(i)
		for k := range 12 {
			h := scatter(uint64(i*1000 + k + 1))
			p := at(home(), float64(k)*700-4000+4*sec, 300*float64(k%5)+3*sec)
			noisy := at(p, 10*normal(h), 10*normal(h+1))
			switch {
			case k < 4 && i%10 == k:
				o := ais(fmt.Sprint(760000000+k%3), noisy, 5, 53)
				if h%7 == 0 {
					o.Time = w.now.Add(-15 * time.Second)
				}
				if h%11 == 0 {
					o.Clock = obs.ClockDoubt
				}
				w.see(o)
			case k == 4:
				w.see(obs.Observation{
					Sensor: "adsb", Kind: obs.Aircraft, Measure: obs.Place, Position: at(home(), 200*sec, 90*sec), Cov: obs.Round(20),
					Height: geo.Height{Metres: 9000, Datum: geo.DatumPressure}, Claims: []obs.Claim{{Kind: obs.ICAO, Value: "e49406"}},
				})
			case k == 5 && i%5 == 0:
				w.see(obs.Observation{Sensor: "cam", Measure: obs.BearingOnly, Origin: at(home(), -3000, 0), Bearing: float64(h % 360)})
			}
		}
		for _, id := range []sensor.ID{"r1", "r2"} {
			if i%3 != 0 {
				continue
			}
			var plots []obs.Observation
			for k := range 12 {
				h := scatter(uint64(i*1000+k+500) ^ uint64(len(id))<<40 ^ uint64(id[1])<<50)
				if h%10 < 9 {
					p := at(home(), float64(k)*700-4000+4*sec+20*normal(h), 300*float64(k%5)+3*sec+20*normal(h+1))
					metres, bearing, _ := geo.Inverse(home(), p)
					plots = append(plots, obs.Observation{Measure: obs.RangeBearing, Origin: home(), Range: metres, Bearing: bearing, Position: p})
				}
				plots = append(plots, plot(at(home(), float64(h%40000)-20000, float64(h>>32%40000)-20000), 40))
			}
			w.scan(id, plots...)
		}
		w.step(time.Second)
	}
}

// The same inputs give the same picture and the same events, on every run, and
// on processors with other instructions: the hash below was made once, and CI
// runs this test with GOAMD64=v1 and v3.
func TestSamePictureEverywhere(t *testing.T) {
	const want = "f0830af594efa95a45b7af225f4bae3ceae00e8b4f29fa3799028f8d68ed3c39"
	var sums [2]string
	for i := range sums {
		w := newWorld(t, Config{})
		random(w, 120)
		h := w.tr.Hash()
		sums[i] = hex.EncodeToString(h[:])
	}
	if sums[0] != sums[1] {
		t.Fatal("two runs differ")
	}
	if sums[0] != want {
		t.Errorf("picture %s, was %s", sums[0], want)
	}
}

func TestRandomWorldStaysSound(t *testing.T) {
	w := newWorld(t, Config{})
	random(w, 400) // world.check looks at every step
	st := w.tr.Stats()
	if st.Late+st.Rewritten == 0 || st.Doubted == 0 || st.Misses == 0 {
		t.Errorf("the world is too simple to test anything: %+v", st)
	}
	seen := map[track.ID]bool{}
	for _, e := range w.events {
		switch {
		case e.Kind == track.Born:
			if seen[e.Track.ID] {
				t.Fatalf("%v was born twice", e.Track.ID)
			}
			seen[e.Track.ID] = true
		case !seen[e.Track.ID]:
			t.Fatalf("%v %v before it was born", e.Track.ID, e.Kind)
		case e.Kind == track.Updated && len(e.Lineage) == 0:
			if e.Track.LastSeq == 0 {
				t.Fatalf("%v updated by nothing", e.Track.ID)
			}
		}
	}
	t.Logf("%d events, %d tracks, %+v", len(w.events), w.tr.Len(), st)
}

// Events are values: what the tracker does later does not change them.
func TestEventsAreNotWrittenLater(t *testing.T) {
	w := newWorld(t, Config{})
	random(w, 30)
	kept := len(w.events)
	before := fmt.Sprintf("%+v", w.events[:kept])
	random(w, 30)
	if after := fmt.Sprintf("%+v", w.events[:kept]); after != before {
		t.Error("old events changed")
	}
}

func BenchmarkCooperative10k(b *testing.B) {
	benchmarkCooperative(b, 10_000)
}

// benchmarkCooperative: every track reports once a second, in four steps; one
// iteration is one second of the world.
func benchmarkCooperative(b *testing.B, n int) {
	w := newWorld(b, Config{})
	in := make([]track.Input, 0, n)
	all := make([]obs.Observation, n)
	sec := 0
	second := func() int {
		events := 0
		for q := range 4 {
			in = in[:0]
			for k := q; k < n; k += 4 {
				w.seq++
				all[k].Seq = w.seq
				all[k].Time = w.now
				all[k].Received = w.now
				all[k].Position.Lat = -16.2 + float64(k/100)*0.01 + float64(sec)*1e-4
				in = append(in, track.Input{Seq: w.seq, Observation: &all[k]})
			}
			w.now = w.now.Add(250 * time.Millisecond)
			events += len(w.tr.Step(w.now, in))
		}
		sec++
		return events
	}
	w.step(time.Second)
	for k := range all {
		all[k] = ais(fmt.Sprint(700000000+k), geo.Position{Lat: -16.2, Lon: -69 + float64(k%100)*0.01}, 11, 0)
		all[k].Clock = obs.ClockGNSS
	}
	for range 3 {
		second()
	}
	b.ReportAllocs()
	for b.Loop() {
		second()
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N)/10, "%core")
	if w.tr.Len() != n {
		b.Fatalf("%d tracks", w.tr.Len())
	}
}

// One iteration is one scan of a radar over n boats 500 m apart, with half as
// many false plots.
func BenchmarkScan5k(b *testing.B)  { benchmarkScan(b, 5_000) }
func BenchmarkScan20k(b *testing.B) { benchmarkScan(b, 20_000) }
func BenchmarkScan50k(b *testing.B) { benchmarkScan(b, 50_000) }

func benchmarkScan(b *testing.B, n int) {
	w := newWorld(b, Config{})
	w.step(time.Second)
	side := 1
	for side*side < n {
		side++
	}
	const lat, lon = 500 / 110600.0, 500 / 106900.0
	turn := 0
	scan := func() {
		s := track.Scan{Sensor: "r1", Start: w.now, End: w.now.Add(2500 * time.Millisecond), MaxRange: 400e3}
		w.now = s.End
		for k := range n {
			h := scatter(uint64(turn*n*3 + k + 1))
			if h%10 == 0 {
				continue
			}
			p := geo.Position{
				Lat: -16.2 + float64(k/side-side/2)*lat + (3*float64(turn)*2.5+20*normal(h))/110600,
				Lon: -68.9 + float64(k%side-side/2)*lon + (4*float64(turn)*2.5+20*normal(h+9))/106900,
			}
			s.Observations = append(s.Observations, *w.made(plot(p, 30)))
		}
		for k := range n / 2 {
			h := scatter(uint64(turn*n*3 + 2*n + k))
			s.Observations = append(s.Observations, *w.made(plot(geo.Position{
				Lat: -16.2 + (float64(h%100000)/100000-0.5)*float64(side)*lat,
				Lon: -68.9 + (float64(h>>32%100000)/100000-0.5)*float64(side)*lon,
			}, 30)))
		}
		turn++
		w.in = []track.Input{{Seq: w.seq + 1, Scan: &s}}
	}
	for range 4 {
		scan()
		w.tr.Step(w.now, w.in)
	}
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		scan()
		b.StartTimer()
		w.tr.Step(w.now, w.in)
	}
	confirmed := 0
	for _, tr := range w.tr.Tracks() {
		if tr.Status == track.Confirmed {
			confirmed++
		}
	}
	b.ReportMetric(float64(confirmed), "confirmed")
	b.ReportMetric(float64(w.tr.Len()), "tracks")
}
