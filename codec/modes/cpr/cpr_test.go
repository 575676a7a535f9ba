package cpr

import (
	"math"
	"math/rand/v2"
	"testing"

	"atalaya/geo"
)

// TestZones holds the table of transitions against the standard's formula.
func TestZones(t *testing.T) {
	for nl := 59; nl >= 2; nl-- {
		want := 180 / math.Pi * math.Acos(math.Sqrt((1-math.Cos(math.Pi/30))/(1-math.Cos(2*math.Pi/float64(nl)))))
		if got := transitions[59-nl]; math.Abs(got-want) > 1e-10 { // the formula in float64 is no better
			t.Errorf("NL falls below %d at %.15f, want %.15f", nl, got, want)
		}
	}
	for _, tt := range []struct {
		lat  float64
		want int
	}{
		{0, 59}, {10.4704, 59}, {10.4705, 58}, {-10.4705, 58}, {45, 42}, {86.5353, 3}, {86.5354, 2}, {87, 2}, {-87, 2}, {87.0001, 1}, {90, 1},
	} {
		if got := zones(tt.lat); got != tt.want {
			t.Errorf("NL(%v) = %d, want %d", tt.lat, got, tt.want)
		}
	}
}

// TestKnownPair is the worked example of many textbooks.
func TestKnownPair(t *testing.T) {
	even := Position{Lat: 93000, Lon: 51372}
	odd := Position{Lat: 74158, Lon: 50194, Odd: true}
	p, ok := Global(odd, even, geo.Position{})
	if want := (geo.Position{Lat: 52.2572021, Lon: 3.9193726}); !ok || !near(p, want, 1e-6) {
		t.Errorf("%v, %v, want %v", p, ok, want)
	}
	p, ok = Local(even, geo.Position{Lat: 52.258, Lon: 3.918})
	if want := (geo.Position{Lat: 52.2572021, Lon: 3.9193726}); !ok || !near(p, want, 1e-6) {
		t.Errorf("local: %v, %v, want %v", p, ok, want)
	}
}

func near(a, b geo.Position, tolerance float64) bool {
	return math.Abs(a.Lat-b.Lat) <= tolerance && math.Abs(geo.WrapLongitude(a.Lon-b.Lon)) <= tolerance
}

// places gives positions over the whole earth, with its edges.
func places(n int) []geo.Position {
	rnd := rand.New(rand.NewPCG(5, 6))
	out := []geo.Position{
		{Lat: 0, Lon: 0},
		{Lat: 0, Lon: -180},
		{Lat: 0, Lon: 179.99999},
		{Lat: 90, Lon: 0},
		{Lat: -90, Lon: 10},
		{Lat: 87, Lon: 45},
		{Lat: -87, Lon: -45},
		{Lat: 89.9999, Lon: -179.9},
		{Lat: -16.5, Lon: -68.2},
		{Lat: 1e-9, Lon: -1e-9},
	}
	for range n {
		out = append(out, geo.Position{Lat: rnd.Float64()*180 - 90, Lon: rnd.Float64()*360 - 180})
	}
	return out
}

// resolution is half a step of an encoding at a latitude, in degrees.
func resolution(c Position, lat float64) (latStep, lonStep float64) {
	return c.latZone() / unit / 2 * 1.01, c.circle() / float64(c.lonZones(lat)) / unit / 2 * 1.01
}

func TestPairRoundTrip(t *testing.T) {
	failed := 0
	for _, surface := range []bool{false, true} {
		for _, p := range places(20000) {
			if surface && p.Lat == 90 {
				continue // surface latitudes are of [0, 90) and [-90, 0)
			}
			even, odd := Encode(p, false, surface), Encode(p, true, surface)
			for _, pair := range [][2]Position{{even, odd}, {odd, even}} {
				got, ok := Global(pair[0], pair[1], geo.Position{Lat: max(min(p.Lat+0.3, 90), -90), Lon: p.Lon - 0.3})
				if !ok {
					failed++ // the pair straddles a change of zones
					continue
				}
				dlat, dlon := resolution(pair[1], p.Lat)
				if math.Abs(got.Lat-p.Lat) > dlat || math.Abs(p.Lat) < 89.99 && math.Abs(geo.WrapLongitude(got.Lon-p.Lon)) > dlon {
					t.Fatalf("surface %v: %v came back as %v", surface, p, got)
				}
			}
		}
	}
	if failed > 100 {
		t.Errorf("%d of 80000 pairs straddled a change of zones", failed)
	}
}

func TestLocalRoundTrip(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	for _, surface := range []bool{false, true} {
		reach := 2.9 // degrees of latitude: half a zone is 3
		if surface {
			reach /= 4
		}
		for _, p := range places(20000) {
			c := Encode(p, rnd.IntN(2) == 1, surface)
			reference := geo.Position{
				Lat: max(min(p.Lat+(rnd.Float64()*2-1)*reach, 90), -90),
				Lon: geo.WrapLongitude(p.Lon + (rnd.Float64()*2-1)*reach),
			}
			got, ok := Local(c, reference)
			dlat, dlon := resolution(c, p.Lat)
			if !ok || math.Abs(got.Lat-p.Lat) > dlat || math.Abs(p.Lat) < 89.99 && math.Abs(geo.WrapLongitude(got.Lon-p.Lon)) > dlon {
				t.Fatalf("surface %v: %v came back as %v, %v near %v", surface, p, got, ok, reference)
			}
		}
	}
}

// TestStraddle: the two latitudes of a pair lie on both sides of a transition,
// where the even and odd zones of longitude do not fit.
func TestStraddle(t *testing.T) {
	at := transitions[20]
	even := Encode(geo.Position{Lat: at - 0.001, Lon: 10}, false, false)
	odd := Encode(geo.Position{Lat: at + 0.001, Lon: 10}, true, false)
	if p, ok := Global(even, odd, geo.Position{}); ok {
		t.Errorf("decoded to %v", p)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(uint32(93000), uint32(51372), uint32(74158), uint32(50194), false, 52.0, 4.0)
	f.Add(uint32(0), uint32(0), uint32(131071), uint32(131071), true, -90.0, 180.0)
	f.Fuzz(func(t *testing.T, lat0, lon0, lat1, lon1 uint32, surface bool, lat, lon float64) {
		reference := geo.Position{Lat: lat, Lon: lon}
		if !reference.Valid() {
			return
		}
		even := Position{Lat: lat0 % unit, Lon: lon0 % unit, Surface: surface}
		odd := Position{Lat: lat1 % unit, Lon: lon1 % unit, Odd: true, Surface: surface}
		for _, later := range []Position{even, odd} {
			earlier := even
			if !later.Odd {
				earlier = odd
			}
			if p, ok := Global(earlier, later, reference); ok && !p.Valid() {
				t.Errorf("global: %v", p)
			}
			p, ok := Local(later, reference)
			if !ok {
				continue
			}
			if !p.Valid() {
				t.Errorf("local: %v", p)
			}
			// What was decoded encodes to the same bits, but where rounding
			// carries it over a change of zones.
			again := Encode(p, later.Odd, surface)
			if zones(p.Lat) == zones(p.Lat+1e-9) && zones(p.Lat) == zones(p.Lat-1e-9) && math.Abs(p.Lat) < 89 && again != later {
				t.Errorf("%v encodes as %+v, was %+v", p, again, later)
			}
		}
	})
}
