package geo

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"

	"atalaya/internal/peer"
)

// The largest difference to PROJ is what rounding to centimetres leaves.
func TestUndulationAgainstPROJ(t *testing.T) {
	cs2cs := peer.Command(t, "cs2cs")
	r := rand.New(rand.NewPCG(96, 15))
	positions := []Position{
		{0, 0},
		{-16.2, -69},
		{90, 0},
		{90, 135},
		{-90, -30},
		{89.99, 17},
		{-89.99, -179.99},
		{10, 180},
		{10, -180},
		{10, 179.875},
		{10, -179.875},
		{-43.3, 179.999999},
		{-43.3, 179.75},
		{0.25, 179.76},
	}
	for range 8000 {
		positions = append(positions, Position{
			Lat: math.Asin(2*r.Float64()-1) * 180 / math.Pi, Lon: r.Float64()*360 - 180,
		})
	}
	for range 1000 { // the seam of the grid
		positions = append(positions, Position{Lat: r.Float64()*180 - 90, Lon: WrapLongitude(180 + r.Float64() - 0.5)})
	}
	var in bytes.Buffer
	for _, p := range positions {
		fmt.Fprintf(&in, "%.12f %.12f 0\n", p.Lat, p.Lon)
	}
	cmd := exec.CommandContext(t.Context(), cs2cs, "-f", "%.6f", "EPSG:4979", "EPSG:4326+5773")
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("cs2cs: %v", err)
	}
	worst := 0.0
	lines := bufio.NewScanner(bytes.NewReader(out))
	for _, p := range positions {
		if !lines.Scan() {
			t.Fatal("cs2cs answered too little")
		}
		var lat, lon, h float64
		if _, err := fmt.Sscan(lines.Text(), &lat, &lon, &h); err != nil {
			t.Fatalf("cs2cs says %q: %v", lines.Text(), err)
		}
		got := float64(EllipsoidHeight(0).Sea(p))
		worst = max(worst, math.Abs(got-h))
		if !(math.Abs(got-h) <= 0.0051) {
			t.Errorf("at %v: %.4f m, PROJ says %.4f m", p, got, h)
		}
	}
	t.Logf("%d positions, largest difference %.2f cm", len(positions), worst*100)
}

// Every value of the grid is that of the grid it was made from.
func TestGeoidGrid(t *testing.T) {
	const path = "/usr/share/proj/egm96_15.gtx" // Debian: proj-data
	peer.Command(t, "cs2cs")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	g, err := geoid()
	if err != nil {
		t.Fatal(err)
	}
	raw = raw[40:]
	if len(raw) != 4*len(g) {
		t.Fatalf("%d bytes for %d values", len(raw), len(g))
	}
	for i, v := range g {
		want := math.Float32frombits(binary.BigEndian.Uint32(raw[4*i:]))
		if math.Abs(float64(v)/100-float64(want)) > 0.0051 {
			t.Fatalf("value %d is %d cm, not %v m", i, v, want)
		}
	}
}

func TestGeoidUnpacksOnce(t *testing.T) {
	unpack := sync.OnceValues(unpackGeoid)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if g, err := unpack(); err != nil || g[360*geoidColumns+720] != 1716 {
				t.Errorf("at 0, 0: %v, %v", g[360*geoidColumns+720], err)
			}
		})
	}
	wg.Wait()
}

func TestUndulationOfNoPosition(t *testing.T) {
	for _, p := range []Position{{91, 0}, {math.NaN(), 0}, {0, math.NaN()}, {0, 181}, {math.Inf(1), 0}} {
		if u := Undulation(p); !math.IsNaN(u) {
			t.Errorf("%v has the undulation %v", p, u)
		}
	}
}

func TestHeightTo(t *testing.T) {
	lake := Position{-16.0, -69.3}
	n := Undulation(lake) // about 42 m
	if n < 35 || n > 50 {
		t.Fatalf("undulation on Lake Titicaca %v", n)
	}
	for _, c := range []struct {
		from Height
		to   Datum
		want Height
		ok   bool
	}{
		{SeaHeight(3810).Height(), DatumEllipsoid, Height{3810 + n, DatumEllipsoid}, true},
		{EllipsoidHeight(3810).Height(), DatumSea, Height{3810 - n, DatumSea}, true},
		{SeaHeight(1).Height(), DatumSea, Height{1, DatumSea}, true},
		{GroundHeight(1).Height(), DatumGround, Height{1, DatumGround}, true},
		{PressureHeight(1).Height(), DatumPressure, Height{1, DatumPressure}, true},
		{GroundHeight(1).Height(), DatumSea, Height{}, false},
		{SeaHeight(1).Height(), DatumGround, Height{}, false},
		{PressureHeight(1).Height(), DatumSea, Height{}, false},
		{EllipsoidHeight(1).Height(), DatumPressure, Height{}, false},
		{Height{}, DatumSea, Height{}, false},
		{Height{}, NoHeight, Height{}, false},
		{SeaHeight(1).Height(), NoHeight, Height{}, false},
		{SeaHeight(1).Height(), 77, Height{}, false},
	} {
		got, err := c.from.To(c.to, lake)
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("%v to %v: %v, %v", c.from, c.to, got, err)
		}
		var e DatumError
		if err != nil && (!errors.As(err, &e) || e.From != c.from.Datum || e.To != c.to) {
			t.Errorf("%v to %v: the error is %#v", c.from, c.to, err)
		}
	}
	if _, err := SeaHeight(1).Height().To(DatumEllipsoid, Position{Lat: 91}); err == nil {
		t.Error("a height beyond the pole was converted")
	}
}

func BenchmarkUndulation(b *testing.B) {
	p := Position{-16.1, -69.2}
	Undulation(p)
	for b.Loop() {
		Undulation(p)
	}
}

func BenchmarkUnpackGeoid(b *testing.B) {
	for b.Loop() {
		if _, err := unpackGeoid(); err != nil {
			b.Fatal(err)
		}
	}
}
