package sight_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"atalaya/geo"
	"atalaya/geo/projection"
	"atalaya/internal/peer"
	"atalaya/terrain"
	"atalaya/terrain/sight"
)

// sierra is the high Sierra round Mount Whitney: real relief of 90 m, and the
// file of raw posts that GDAL made of it.
func sierra(t *testing.T) (*terrain.Grid, string) {
	t.Helper()
	const x, y, n = 7000, 2400, 2400
	raw := filepath.Join(t.TempDir(), "sierra.raw")
	at := strconv.Itoa
	out, err := exec.CommandContext(t.Context(), peer.Command(t, "gdal_translate"), "-q", "-of", "ENVI", "-srcwin", at(x), at(y), at(n), at(n),
		peer.Data(t, "terrain/sierra_basinrange_vfp3s_4326.tif"), raw).CombinedOutput()
	if err != nil {
		t.Fatalf("gdal_translate: %v\n%s", err, out)
	}
	b, err := os.ReadFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	posts := make([]int16, n*n)
	if _, err := binary.Decode(b, binary.LittleEndian, posts); err != nil {
		t.Fatal(err)
	}
	z := make([]float32, n*n)
	for i, p := range posts {
		z[i] = float32(p)
	}
	l := terrain.Lattice{Projection: projection.Geographic{}, X0: -125 + x/1200.0, Y0: 40 - y/1200.0, DX: 1 / 1200.0, DY: 1 / 1200.0, Width: n, Height: n}
	g, err := terrain.NewGrid(l, terrain.About{Name: "sierra", Datum: terrain.EGM96, SD: 5}, z)
	if err != nil {
		t.Fatal(err)
	}
	return g, raw
}

// pairs are lines of 0.2 to 40 km over a grid.
func pairs(g *terrain.Grid, n int) []sight.Line {
	r := rand.New(rand.NewPCG(6, 100))
	l := g.Lattice()
	var out []sight.Line
	for len(out) < n {
		a := l.Position(2+r.Float64()*float64(l.Width-4), 2+r.Float64()*float64(l.Height-4))
		b, _ := geo.Direct(a, 360*r.Float64(), 200*math.Pow(200, r.Float64()))
		if c, row := l.Cell(b); c < 1 || row < 1 || c > float64(l.Width-2) || row > float64(l.Height-2) {
			continue
		}
		height := func() geo.Height { return geo.GroundHeight(2 * math.Pow(250, r.Float64())).Height() } // 2 to 500 m
		out = append(out, sight.Line{
			From: sight.Observer{At: a, Height: height()}, To: sight.Observer{At: b, Height: height()}, Refraction: sight.Optical(),
		})
	}
	return out
}

// TestLineBesideBruteForce holds lines over real relief against places 0.2 m
// apart, reckoned in Python.
func TestLineBesideBruteForce(t *testing.T) {
	g, raw := sierra(t)
	lines := pairs(g, 100)
	var in bytes.Buffer
	profiles := make([]*sight.Profile, len(lines))
	for i, q := range lines {
		var err error
		if profiles[i], err = sight.LineOfSight(g, q); err != nil {
			t.Fatal(err)
		}
		end := func(o sight.Observer) [3]float64 { return [3]float64{o.At.Lat, o.At.Lon, o.Height.Metres} }
		if err := json.NewEncoder(&in).Encode(map[string]any{"from": end(q.From), "to": end(q.To), "k": q.Refraction.K, "post": profiles[i].Resolution}); err != nil {
			t.Fatal(err)
		}
	}
	l := g.Lattice()
	arg := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	cmd := exec.CommandContext(t.Context(), peer.Python(t), "testdata/line_peer.py", raw,
		strconv.Itoa(l.Width), strconv.Itoa(l.Height), arg(l.X0), arg(l.Y0), arg(l.DX))
	cmd.Stdin = &in
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, stderr.Bytes())
	}
	answers := json.NewDecoder(bytes.NewReader(out))
	visible, worst, worstClear := 0, 0.0, 0.0
	for i, got := range profiles {
		var want struct {
			Distance, Bearing, Clearance, Margin *float64
			ClearanceAt                          float64 `json:"clearance_at"`
			HorizonAt                            float64 `json:"horizon_at"`
			Blocked                              bool
		}
		if err := answers.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if got.Visible == want.Blocked {
			t.Errorf("line %d: visible %v, want %v; margin %v", i, got.Visible, !want.Blocked, got.Margin)
		}
		if got.Visible {
			visible++
		}
		if math.Abs(got.Distance-*want.Distance) > 1e-6 || math.Abs(got.Bearing-*want.Bearing) > 1e-6 {
			t.Errorf("line %d: %v m at %v, want %v at %v", i, got.Distance, got.Bearing, *want.Distance, *want.Bearing)
		}
		if (got.Obstacle == nil) != (want.Clearance == nil) || (got.Horizon == nil) != (want.Margin == nil) {
			t.Errorf("line %d, %.0f m: obstacle %+v, want %v; horizon %+v, want %v", i, got.Distance, got.Obstacle, want.Clearance, got.Horizon, want.Margin)
			continue
		}
		// The brute force misses the very top between two of its places.
		if got.Obstacle != nil {
			d := *want.Clearance - got.Obstacle.Clearance
			worstClear = max(worstClear, math.Abs(d))
			if d < -1e-3 || d > 0.3 {
				t.Errorf("line %d, %.0f m: clearance %v at %.0f m, want %v at %.0f m", i, got.Distance, got.Obstacle.Clearance, got.Obstacle.Distance, *want.Clearance, want.ClearanceAt)
			}
		}
		if got.Horizon != nil {
			d, lever := *want.Margin-got.Margin, got.Distance/got.Horizon.Distance
			worst = max(worst, math.Abs(d)/lever)
			if d < -1e-3*lever || d > 0.05*lever {
				t.Errorf("line %d, %.0f m: margin %v over %.0f m, want %v over %.0f m", i, got.Distance, got.Margin, got.Horizon.Distance, *want.Margin, want.HorizonAt)
			}
		}
	}
	t.Logf("%d of %d lines are free; margins differ by at most %.3f m at the horizon, clearances by %.3f m", visible, len(lines), worst, worstClear)
	if visible < 15 || visible > 85 {
		t.Errorf("%d of %d lines are free: that tests little", visible, len(lines))
	}
}

// What A sees of B, B sees of A.
func TestLineBothWays(t *testing.T) {
	g, _ := sierra(t)
	for i, q := range pairs(g, 300) {
		q.Frequency = 5
		there, err := sight.LineOfSight(g, q)
		if err != nil {
			t.Fatal(err)
		}
		q.From, q.To = q.To, q.From
		back, err := sight.LineOfSight(g, q)
		if err != nil {
			t.Fatal(err)
		}
		a, b := there.Obstacle, back.Obstacle
		if a == nil || b == nil {
			if a != b || there.Visible != back.Visible {
				t.Errorf("line %d: %+v there, %+v back", i, a, b)
			}
			continue
		}
		if there.Visible != back.Visible || math.Abs(a.Clearance-b.Clearance) > 1e-4 || math.Abs(a.Distance+b.Distance-there.Distance) > 0.1 {
			t.Errorf("line %d: %v %+v there, %v %+v back", i, there.Visible, *a, back.Visible, *b)
		}
		if f, b := *there.Fresnel.Fresnel, *back.Fresnel.Fresnel; math.Abs(f-b) > 1e-3*(1+math.Abs(f)) {
			t.Errorf("line %d: Fresnel %v there, %v back", i, f, b)
		}
	}
}
