package relief_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"atalaya/exercise/relief"
	"atalaya/internal/peer"
	"atalaya/terrain"
	"atalaya/terrain/format"
)

// stretch is one of the parts in which made-up and real ground are compared.
type stretch struct {
	name                     string
	south, west, north, east float64
}

// TestBesideTheReal compares the relief with real elevation of the same
// ground, both at 15" (450 m): how steep it is, and how much heights differ
// over a distance (the square root of twice the variogram, which says what a
// spectrum says). docs/exercise.md has the figures: run with -v.
func TestBesideTheReal(t *testing.T) {
	if testing.Short() {
		t.Skip("looks at 15 million posts")
	}
	name := peer.Data(t, filepath.Join("terrain", "titicaca_15s_lakeflat_4326.tif"))
	src, closer, err := format.Open(os.DirFS(filepath.Dir(name)), filepath.Base(name))
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	ground, err := terrain.Load(src, src.Lattice().Bounds())
	if err != nil {
		t.Fatal(err)
	}
	made := coarser(t, grid(t), ground.Lattice())

	var table strings.Builder
	for _, s := range []stretch{
		{"all land", -17.5, -71, -14.5, -67.5},
		{"around the lake", -16.7, -70.1, -15.1, -68.5},
		{"eastern slope", -16.6, -68.9, -14.6, -67.6},
		{"western cordillera", -17.4, -70.9, -16.2, -69.4},
	} {
		m, r := s.slopes(made), s.slopes(ground)
		fmt.Fprintf(&table, "%-20s slope, degrees, made/real:", s.name)
		for _, part := range []float64{0.1, 0.5, 0.9, 0.99} {
			a, b := quantile(m, part), quantile(r, part)
			fmt.Fprintf(&table, "  %g %% %.1f/%.1f", 100*part, a, b)
			if part >= 0.5 && (a < b/2 || a > 2*b) {
				t.Errorf("%s: %g of the slopes are below %.1f degrees, of real ones %.1f", s.name, part, a, b)
			}
		}
		fmt.Fprintf(&table, "\n%-20s difference, m, made/real:  ", "")
		for _, lag := range []int{1, 2, 4, 8, 16, 32} {
			a, b := s.differ(made, lag), s.differ(ground, lag)
			fmt.Fprintf(&table, "  %.1f km %.0f/%.0f", float64(lag)*0.45, a, b)
			if a < b/2 || a > 2*b {
				t.Errorf("%s: heights %d posts apart differ by %.0f m, real ones by %.0f m", s.name, lag, a, b)
			}
		}
		table.WriteString("\n")
	}
	t.Logf("\n%s", table.String())
}

// coarser is the mean of the posts in each cell of another lattice.
func coarser(t *testing.T, g *terrain.Grid, as terrain.Lattice) *terrain.Grid {
	t.Helper()
	sum, n := make([]float64, as.Width*as.Height), make([]float64, as.Width*as.Height)
	l := g.Lattice()
	for row := range l.Height {
		for col := range l.Width {
			c, r := as.Cell(l.Position(float64(col), float64(row)))
			i, j := int(math.Floor(c+0.5)), int(math.Floor(r+0.5))
			if i >= 0 && j >= 0 && i < as.Width && j < as.Height {
				sum[j*as.Width+i] += float64(g.Z[row*l.Width+col])
				n[j*as.Width+i]++
			}
		}
	}
	z := make([]float32, len(sum))
	for k := range z {
		z[k] = float32(sum[k] / n[k])
	}
	out, err := terrain.NewGrid(as, g.About(), z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// posts calls do for every post of a stretch that is no water in itself.
func (s stretch) posts(g *terrain.Grid, margin int, do func(k int)) {
	l := g.Lattice()
	for row := margin; row < l.Height-margin; row++ {
		for col := margin; col < l.Width-margin; col++ {
			p := l.Position(float64(col), float64(row))
			if k := row*l.Width + col; p.Lat > s.south && p.Lat < s.north && p.Lon > s.west && p.Lon < s.east && g.Z[k] != relief.LakeLevel {
				do(k)
			}
		}
	}
}

func (s stretch) slopes(g *terrain.Grid) []float64 {
	l := g.Lattice()
	east, north := l.Spacing(l.Position(float64(l.Width)/2, float64(l.Height)/2))
	var out []float64
	s.posts(g, 1, func(k int) {
		sx := float64(g.Z[k+1]-g.Z[k-1]) / (2 * east)
		sy := float64(g.Z[k+l.Width]-g.Z[k-l.Width]) / (2 * north)
		out = append(out, math.Atan(math.Hypot(sx, sy))*180/math.Pi)
	})
	slices.Sort(out)
	return out
}

// differ is the root mean square of how much heights so many posts apart
// differ, along rows and columns.
func (s stretch) differ(g *terrain.Grid, lag int) float64 {
	sum, n := 0.0, 0.0
	s.posts(g, lag, func(k int) {
		for _, o := range []int{lag, lag * g.Lattice().Width} {
			d := float64(g.Z[k+o] - g.Z[k])
			sum += d * d
			n++
		}
	})
	return math.Sqrt(sum / n)
}

func quantile(sorted []float64, part float64) float64 {
	return sorted[int(part*float64(len(sorted)-1))]
}
