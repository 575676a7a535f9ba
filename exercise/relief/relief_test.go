package relief_test

import (
	"flag"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"atalaya/exercise/relief"
	"atalaya/geo"
	"atalaya/internal/basemap"
	"atalaya/internal/peer"
	"atalaya/terrain"
)

var update = flag.Bool("update", false, "write the golden file anew") //nolint:gochecknoglobals // a flag of the tests

// whole is the exercise's own relief, made once for all tests.
var whole = sync.OnceValues(func() (*terrain.Grid, error) { //nolint:gochecknoglobals // as above
	return relief.Make(relief.Config{Seed: 1})
})

func grid(t *testing.T) *terrain.Grid {
	t.Helper()
	g, err := whole()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// The same seed gives the same bits without and with fused multiply-add at
// hand, and with one and several goroutines.
func TestSameBits(t *testing.T) {
	root := peer.Root(t)
	// go test's cache must see that the result depends on these sources.
	for _, pattern := range []string{"exercise/relief/*", "exercise/relief/testdata/hash/*", "internal/basemap/data/titicaca.geojson", "geo/fmath/*.go"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files %s: %v", pattern, err)
		}
		for _, f := range files {
			if info, err := os.Stat(f); err != nil || info.IsDir() {
				continue
			}
			if _, err := os.ReadFile(f); err != nil {
				t.Fatal(err)
			}
		}
	}
	hash := func(env ...string) string {
		cmd := exec.CommandContext(t.Context(), "go", "run", "./exercise/relief/testdata/hash")
		cmd.Dir = root
		cmd.Env = append(os.Environ(), append(env, "CGO_ENABLED=0")...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", env, err, out)
		}
		return string(out)
	}
	golden := filepath.Join("testdata", "hash", "golden.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(hash()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(strings.TrimSpace(string(want)), "\n"); len(lines) != 4 || lines[0] != lines[2] || lines[1] != lines[3] || lines[0] == lines[1] {
		t.Errorf("golden hashes: want those of two seeds, the same with one goroutine and three:\n%s", want)
	}
	for _, level := range []string{"GOAMD64=v1", "GOAMD64=v3"} { // no effect but on amd64
		if got := hash(level); got != string(want) {
			t.Errorf("with %s:\n%swant:\n%s", level, got, want)
		}
	}
}

func TestSpotHeights(t *testing.T) {
	g := grid(t)
	spots, err := relief.Spots()
	if err != nil {
		t.Fatal(err)
	}
	lake, err := basemap.Lake()
	if err != nil {
		t.Fatal(err)
	}
	if len(spots) < 60 {
		t.Errorf("%d spot heights, want 60 or more", len(spots))
	}
	for _, s := range spots {
		if z, ok := g.Nearest(s.Position); !ok || math.Abs(z-s.Height) > 0.5 {
			t.Errorf("%s: %.2f m, want %.1f", s.Name, z, s.Height)
		}
		if s.Source == "" || s.Name == "" {
			t.Errorf("%s has no source", s.Name)
		}
		if d := lake.Distance(s.Position); d < 200 {
			t.Errorf("%s lies %.0f m from the shore, in the lake if negative: want 200 m of land", s.Name, d)
		}
	}
}

// The water is flat at its level, the land around it is higher, and every
// island rises from it.
func TestLake(t *testing.T) {
	g := grid(t)
	lake, err := basemap.Lake()
	if err != nil {
		t.Fatal(err)
	}
	indexed := lake.Index()
	l := g.Lattice()
	tops, boxes := make([]float64, len(lake)), make([]geo.Box, len(lake))
	for i, ring := range lake {
		boxes[i], _ = geo.Polygon{geo.Ring(ring)}.Box()
	}
	wet, dry := 0, 0
	const step = 7 // a prime: all columns and rows in turn
	for row := 0; row < l.Height; row += step {
		for col := row % step; col < l.Width; col += step {
			p := l.Position(float64(col), float64(row))
			z := float64(g.Z[row*l.Width+col])
			if !boxes[0].Grow(2000).Contains(p) {
				continue
			}
			d := indexed.Distance(p)
			switch {
			case math.Abs(d) < 20: // the shore's legs are straight on the lattice, and here the shortest way
			case d < 0:
				wet++
				if z != relief.LakeLevel {
					t.Fatalf("%v: %.2f m on the lake", p, z)
				}
			case d < 1500:
				dry++
				if z <= relief.LakeLevel {
					t.Fatalf("%v: land of %.2f m, %.0f m from the shore", p, z, d)
				}
			}
			for i, island := range lake[1:] {
				if boxes[i+1].Contains(p) && island.Contains(p) {
					tops[i+1] = max(tops[i+1], z)
				}
			}
		}
	}
	if wet < 10_000 || dry < 1000 {
		t.Errorf("looked at %d posts of water and %d of the shore", wet, dry)
	}
	for i, top := range tops[1:] {
		if top < relief.LakeLevel+20 {
			t.Errorf("island %d is %.1f m high at most", i+1, top)
		}
	}
}

// Nothing is void, nothing stands over the highest of the table, and slopes
// are those of mountains. The real ground's are in docs/exercise.md.
func TestHeightsAndSlopes(t *testing.T) {
	g := grid(t)
	l := g.Lattice()
	if l.Width != 4201 || l.Height != 3601 {
		t.Fatalf("%v", l)
	}
	east, north := l.Spacing(geo.Position{Lat: -16, Lon: -69})
	var slopes []float64
	lowest, highest := math.Inf(1), math.Inf(-1)
	for row := 1; row < l.Height-1; row++ {
		for col := 1; col < l.Width-1; col++ {
			k := row*l.Width + col
			z := float64(g.Z[k])
			if math.IsNaN(z) {
				t.Fatalf("void at column %d, row %d", col, row)
			}
			lowest, highest = min(lowest, z), max(highest, z)
			if z != relief.LakeLevel && k%5 == 0 {
				sx := float64(g.Z[k+1]-g.Z[k-1]) / (2 * east)
				sy := float64(g.Z[k+l.Width]-g.Z[k-l.Width]) / (2 * north)
				slopes = append(slopes, math.Atan(math.Hypot(sx, sy))*180/math.Pi)
			}
		}
	}
	slices.Sort(slopes)
	at := func(part float64) float64 { return slopes[int(part*float64(len(slopes)-1))] }
	t.Logf("heights %.0f to %.0f m; slopes in degrees: 10 %% %.1f, 50 %% %.1f, 90 %% %.1f, 99 %% %.1f, most %.1f",
		lowest, highest, at(0.1), at(0.5), at(0.9), at(0.99), at(1))
	if lowest < 0 || highest != 6438 {
		t.Errorf("heights from %.0f to %.0f m, want from above the sea to Illimani's 6438", lowest, highest)
	}
	for _, c := range []struct{ part, from, to float64 }{{0.1, 0.2, 3}, {0.5, 4, 12}, {0.9, 15, 30}, {0.99, 25, 45}, {1, 30, 75}} {
		if s := at(c.part); s < c.from || s > c.to {
			t.Errorf("%g of the slopes are below %.1f degrees, want %g to %g", c.part, s, c.from, c.to)
		}
	}
}

func TestAbout(t *testing.T) {
	g, err := relief.Make(relief.Config{Seed: 5, Spacing: 30.0 / 3600})
	if err != nil {
		t.Fatal(err)
	}
	a := g.About()
	if !a.Synthetic || a.Datum != terrain.EGM96 || a.SD != 0 || !strings.Contains(a.String(), terrain.Synthetic) || !strings.Contains(a.Source, "seed 5") {
		t.Errorf("%+v", a)
	}
}

func TestKey(t *testing.T) {
	own := relief.Config{Seed: 1}
	if own.Key() != (relief.Config{Seed: 1, Box: relief.DefaultBox(), Spacing: 3.0 / 3600}).Key() {
		t.Error("the default has another key when it is written out")
	}
	if own.Key() == (relief.Config{Seed: 2}).Key() || own.Key() == (relief.Config{Seed: 1, Spacing: 6.0 / 3600}).Key() {
		t.Error("another relief, the same key")
	}
}

func TestRefused(t *testing.T) {
	for name, c := range map[string]relief.Config{
		"tiny":     {Spacing: 1},
		"huge":     {Spacing: 0.1 / 3600},
		"negative": {Spacing: -1},
		"far away": {Box: geo.Box{South: 46, West: 7, North: 47, East: 8}},
	} {
		if _, err := relief.Make(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func BenchmarkMake(b *testing.B) {
	for b.Loop() {
		if _, err := relief.Make(relief.Config{Seed: 1}); err != nil {
			b.Fatal(err)
		}
	}
}
