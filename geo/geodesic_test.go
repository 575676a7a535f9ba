package geo

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"testing"

	"atalaya/internal/peer"
	"pgregory.net/rapid"
)

// pairs gives positions for which geodesics are easy, hard and degenerate.
func pairs(n int) [][2]Position {
	r := rand.New(rand.NewPCG(2013, 87))
	around := func() float64 { return r.Float64()*360 - 180 }
	anywhere := func() Position {
		return Position{Lat: math.Asin(2*r.Float64()-1) * 180 / math.Pi, Lon: around()}
	}
	small := func() float64 { return (2*r.Float64() - 1) * math.Pow(10, -9+9*r.Float64()) }
	clamp := func(lat float64) float64 { return max(-90, min(90, lat)) }
	var out [][2]Position
	for i := range n {
		a := anywhere()
		var b Position
		switch i % 10 {
		case 0, 1, 2:
			b = anywhere()
		case 3, 4: // nearly antipodal
			b = Position{Lat: clamp(-a.Lat + small()), Lon: WrapLongitude(a.Lon + 180 + small())}
		case 5, 6: // short
			b = Position{Lat: clamp(a.Lat + small()), Lon: WrapLongitude(a.Lon + small())}
		case 7: // along the equator and nearly
			a.Lat = 0
			turn := []float64{r.Float64() * 180, 179, 179.3, 179.5, 179.999, 180, 0}
			b = Position{Lat: []float64{0, small(), 0}[r.IntN(3)], Lon: WrapLongitude(a.Lon + turn[r.IntN(len(turn))])}
		case 8: // from a pole
			a.Lat = math.Copysign(90, a.Lat)
			b = Position{Lat: []float64{90, -90, a.Lat - math.Copysign(math.Abs(small()), a.Lat), anywhere().Lat}[r.IntN(4)], Lon: around()}
		case 9: // along a meridian
			b = Position{Lat: anywhere().Lat, Lon: WrapLongitude(a.Lon + float64(180*r.IntN(2)))}
		}
		out = append(out, [2]Position{a, b})
	}
	return append(out,
		[2]Position{{0, 0}, {0, 180}}, [2]Position{{0, 0}, {0, -180}}, [2]Position{{90, 0}, {-90, 0}}, [2]Position{{90, 0}, {90, 170}},
		[2]Position{{5, 5}, {5, 5}}, [2]Position{{0, 179.5}, {0, -179.5}}, [2]Position{{-16, 180}, {-16, -180}},
		// Cases that once failed in GeographicLib.
		[2]Position{{48.522876735459, 0}, {-48.52287673545898293, 179.599720456223079643}},
		[2]Position{{88.202499451857, 0}, {-88.202499451857, 179.981022032992859592}},
		[2]Position{{89.333123580033, 0}, {-89.333123580032997687, 179.99295812360148422}},
		[2]Position{{-5, -0.00000000000002}, {5, 180 - 1e-13}}, [2]Position{{56.320923501171, 0}, {-56.320923501171, 179.664747671772880215}},
	)
}

// angle is the size of the turn between two bearings.
func angle(a, b float64) float64 { return math.Abs(WrapLongitude(a - b)) }

func TestGeodesicsAgainstGeographicLib(t *testing.T) {
	geodSolve := peer.Command(t, "GeodSolve")
	all := pairs(20000)
	var in bytes.Buffer
	for _, p := range all {
		fmt.Fprintf(&in, "%.17f %.17f %.17f %.17f\n", p[0].Lat, p[0].Lon, p[1].Lat, p[1].Lon)
	}
	cmd := exec.CommandContext(t.Context(), geodSolve, "-i", "-p", "10")
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("GeodSolve: %v", err)
	}
	var worst, worstEnd, worstDirect, worstTurn float64
	lines := bufio.NewScanner(bytes.NewReader(out))
	for _, p := range all {
		a, b := p[0], p[1]
		if !lines.Scan() {
			t.Fatal("GeodSolve answered too little")
		}
		var azA, azB, want float64
		if _, err := fmt.Sscan(lines.Text(), &azA, &azB, &want); err != nil {
			t.Fatalf("GeodSolve says %q: %v", lines.Text(), err)
		}
		metres, atA, atB := Inverse(a, b)
		d := math.Abs(metres - want)
		worst = max(worst, d)
		if !(d <= 15e-9) {
			t.Errorf("%v to %v: %.10f m, GeographicLib says %.10f m", a, b, metres, want)
		}
		if metres != Distance(a, b) || (a != b && atA != Bearing(a, b)) {
			t.Errorf("%v to %v: Distance and Bearing are not those of Inverse", a, b)
		}
		// The bearing leads to b, over our Direct. (Between some antipodes
		// several ways are shortest, so bearings alone need not agree.)
		end, at := Direct(a, atA, metres)
		worstEnd = max(worstEnd, Distance(end, b))
		if math.Abs(b.Lat) < 89 && metres > 1 {
			worstTurn = max(worstTurn, angle(at, atB)*min(metres, 1e6))
		}
		end, _ = Direct(a, azA, want)
		worstDirect = max(worstDirect, Distance(end, b))
		// And where the way is unique, the bearings are those of the peer.
		if metres > 1 && metres < 19.9e6 && math.Abs(a.Lat) < 89 {
			if turn := angle(atA, azA) * math.Pi / 180 * min(metres, 6e6); turn > 100e-9 {
				t.Errorf("%v to %v: bearing %.12f, GeographicLib says %.12f, %g m aside", a, b, atA, azA, turn)
			}
		}
	}
	t.Logf("%d pairs: distance differs by %.1f nm, Direct ends %.1f nm from the goal (with GeographicLib's bearing %.1f nm)",
		len(all), worst*1e9, worstEnd*1e9, worstDirect*1e9)
	// Direct adds its own rounding, and positions of 1e-14 degrees are 3 nm.
	if worstEnd > 30e-9 || worstDirect > 30e-9 {
		t.Errorf("Direct ends %g m and %g m from the goal", worstEnd, worstDirect)
	}
	if worstTurn*math.Pi/180 > 100e-9 {
		t.Errorf("Inverse and Direct arrive with different bearings: %g m aside", worstTurn*math.Pi/180)
	}
}

func TestInverseTable(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		a, b             Position
		metres, atA, atB float64
	}{
		{Position{0, 0}, Position{0, 1}, 111319.4907932264, 90, 90},
		{Position{0, 0}, Position{0, -1}, 111319.4907932264, 270, 270},
		{Position{0, 179.5}, Position{0, -179.5}, 111319.4907932264, 90, 90},
		{Position{-16, -69}, Position{-15, -69}, 110653.6438692, 0, 0},
		{Position{-15, -69}, Position{-16, -69}, 110653.6438692, 180, 180},
		{Position{90, 0}, Position{-90, 0}, 20003931.4586254, 180, 180},
		{Position{7, 7}, Position{7, 7}, 0, 180, 180},
		{Position{91, 0}, Position{0, 0}, nan, nan, nan},
		{Position{0, 0}, Position{0, math.Inf(1)}, nan, nan, nan},
		{Position{0, nan}, Position{0, 0}, nan, nan, nan},
		{Position{0, 0}, Position{nan, 0}, nan, nan, nan},
	} {
		same := func(got, want, within float64) bool {
			return math.Abs(got-want) <= within || (got != got && want != want)
		}
		m, a, b := Inverse(c.a, c.b)
		if !same(m, c.metres, 1e-6) || !same(a, c.atA, 1e-9) || !same(b, c.atB, 1e-9) {
			t.Errorf("%v to %v: %v m, %v, %v", c.a, c.b, m, a, b)
		}
	}
	if b := Bearing(Position{7, 7}, Position{7, 7}); b != 0 {
		t.Errorf("bearing to the same place %v", b)
	}
	for _, p := range []Position{{nan, 0}, {0, nan}, {95, 0}, {0, math.Inf(1)}} {
		if end, _ := Direct(p, 10, 10); end.Valid() {
			t.Errorf("Direct from %v leads to %v", p, end)
		}
	}
	if end, _ := Direct(Position{}, math.Inf(1), 10); end.Valid() {
		t.Errorf("an infinite bearing leads to %v", end)
	}
}

func positions() *rapid.Generator[Position] {
	return rapid.Custom(func(t *rapid.T) Position {
		return Position{
			Lat: rapid.Float64Range(-90, 90).Draw(t, "lat"),
			Lon: WrapLongitude(rapid.Float64Range(-180, 180).Draw(t, "lon")),
		}
	})
}

func TestGeodesicProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := positions().Draw(t, "a"), positions().Draw(t, "b")
		d := Distance(a, b)
		if d2 := Distance(b, a); math.Abs(d-d2) > 10e-9 {
			t.Fatalf("%v there, %v back", d, d2)
		}
		if c := positions().Draw(t, "c"); Distance(a, c)+Distance(c, b) < d-30e-9 {
			t.Fatalf("shorter over %v", c)
		}
		end, at := Direct(a, Bearing(a, b), d)
		if miss := Distance(end, b); miss > 30e-9 {
			t.Fatalf("Direct misses by %v m", miss)
		}
		if end.Lon < -180 || end.Lon >= 180 || at < 0 || at >= 360 {
			t.Fatalf("out of range: %v, %v", end, at)
		}
		// Turn the earth.
		by := rapid.Float64Range(-360, 360).Draw(t, "by")
		turned := Distance(Position{a.Lat, WrapLongitude(a.Lon + by)}, Position{b.Lat, WrapLongitude(b.Lon + by)})
		if math.Abs(turned-d) > 100e-9 {
			t.Fatalf("turned by %v: %v m, not %v m", by, turned, d)
		}
	})
}
