package elevation

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"atalaya/geo"
	"atalaya/geo/projection"
	"atalaya/store/elevation/chunk"
	"atalaya/terrain"
)

var nan = float32(math.NaN())

const arcsec = 1.0 / 3600

// degrees is a lattice of posts 3" apart from a north-western corner.
func degrees(west, north float64, width, height int) terrain.Lattice {
	return terrain.Lattice{Projection: projection.Geographic{}, X0: west, Y0: north, DX: 3 * arcsec, DY: 3 * arcsec, Width: width, Height: height}
}

// hills are heights that belong to the place, the same in every file that has
// it, in whole metres.
func hills(l terrain.Lattice) []float32 {
	z := make([]float32, l.Width*l.Height)
	col, row := int(math.Round(l.X0/l.DX)), int(math.Round(l.Y0/l.DY))
	for r := range l.Height {
		for c := range l.Width {
			x, y := uint32(col+c), uint32(row-r)
			h := (x*2654435761 ^ y*2246822519) >> 20 // 0 to 4095
			z[r*l.Width+c] = float32(int(h) - 90)
		}
	}
	return z
}

func grid(t testing.TB, l terrain.Lattice, a terrain.About, z []float32) *terrain.Grid {
	t.Helper()
	if a.Name == "" {
		a.Name = "test"
	}
	g, err := terrain.NewGrid(l, a, z)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func open(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(Config{Dir: dir, Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// file is an import of a source under a name that is its hash too.
func file(src terrain.Source, name string) Import {
	return Import{Source: src, Name: name, SHA256: "sha of " + name, Bytes: 1}
}

func bring(t testing.TB, s *Store, in Import) Imported {
	t.Helper()
	out, err := s.Import(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// same compares two heights; voids are equal.
func same(a, b float32) bool { return a == b || a != a && b != b }

func TestPostsAndVoidsAreKept(t *testing.T) {
	t.Parallel()
	l := degrees(-68.3, -15.2, 2500, 1300)
	for _, c := range []struct {
		name    string
		change  func(z []float32)
		want    chunk.Encoding
		dataset string
	}{
		{"metres", func([]float32) {}, chunk.Int16, "wgs84-3s-egm96"},
		{"decimetres", func(z []float32) {
			for i := range z {
				z[i] += 0.1
			}
		}, chunk.Float32, "wgs84-3s-egm96"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			z := hills(l)
			c.change(z)
			r := rand.New(rand.NewPCG(6, 1))
			for range 5000 {
				z[r.IntN(len(z))] = nan
			}
			s := open(t, filepath.Join(t.TempDir(), "elevation"))
			g := grid(t, l, terrain.About{Datum: terrain.EGM96, SD: 4, Source: "SRTM"}, z)
			out := bring(t, s, file(g, "a"))
			d, ok := s.Dataset(c.dataset)
			if !ok || out.Dataset != c.dataset {
				t.Fatalf("it went to %q", out.Dataset)
			}
			for _, e := range d.m.Chunks {
				if e.Encoding != c.want {
					t.Errorf("chunk %d %d has encoding %d", e.X, e.Y, e.Encoding)
				}
			}
			if a := d.About(); a.SD != 4 || a.Datum != terrain.EGM96 || a.Source != "SRTM" || a.Name != c.dataset {
				t.Errorf("about: %+v", a)
			}
			lattice := d.Lattice()
			if lattice.Width != l.Width || lattice.Height != l.Height || math.Abs(lattice.X0-l.X0) > 1e-12 || math.Abs(lattice.Y0-l.Y0) > 1e-12 {
				t.Errorf("lattice %v, want %v", lattice, l)
			}
			// The whole, with a border outside, and windows anywhere.
			windows := []terrain.Window{{X: -3, Y: -2, Width: l.Width + 7, Height: l.Height + 5}}
			for range 200 {
				windows = append(windows, terrain.Window{X: r.IntN(2600) - 50, Y: r.IntN(1400) - 50, Width: 1 + r.IntN(40), Height: 1 + r.IntN(40)})
			}
			for _, w := range windows {
				have, want := make([]float32, area(w)), make([]float32, area(w))
				if err := d.Read(have, w); err != nil {
					t.Fatal(err)
				}
				if err := g.Read(want, w); err != nil {
					t.Fatal(err)
				}
				for i := range have {
					if !same(have[i], want[i]) {
						t.Fatalf("window %v, post %d: %g, want %g", w, i, have[i], want[i])
					}
				}
			}
			var f File
			for i, v := range z {
				if v != v {
					f.Voids++
					continue
				}
				if f.Posts == 0 {
					f.Min, f.Max = float64(z[i]), float64(z[i])
				}
				f.Posts++
				f.Min, f.Max = min(f.Min, float64(v)), max(f.Max, float64(v))
			}
			if got := out.File; got.Posts != f.Posts || got.Voids != f.Voids || got.Min != f.Min || got.Max != f.Max || got.Imported != noon() {
				t.Errorf("listed as %+v, want %+v", got, f)
			}
			// Positions between posts: as in memory.
			for range 2000 {
				p := l.Position(r.Float64()*2504-2, r.Float64()*1304-2)
				have, haveOK, err := d.Bilinear(p)
				if err != nil {
					t.Fatal(err)
				}
				want, wantOK := g.Bilinear(p)
				if haveOK != wantOK || haveOK && math.Abs(have-want) > 1e-6 {
					t.Fatalf("%v: %g %v, want %g %v", p, have, haveOK, want, wantOK)
				}
				have, haveOK, err = d.Nearest(p)
				if err != nil {
					t.Fatal(err)
				}
				want, wantOK = g.Nearest(p)
				if haveOK != wantOK || haveOK && have != want {
					t.Fatalf("nearest of %v: %g %v, want %g %v", p, have, haveOK, want, wantOK)
				}
			}
		})
	}
}

func TestPyramid(t *testing.T) {
	t.Parallel()
	l := degrees(-68.33, -15.21, 1500, 1100)
	z := hills(l)
	r := rand.New(rand.NewPCG(6, 2))
	for range 400 { // patches of voids, some larger than a few cells of the levels
		x, y, n := r.IntN(1400), r.IntN(1000), 1+r.IntN(40)
		for j := range n {
			for i := range n {
				z[(y+j)*l.Width+x+i] = nan
			}
		}
	}
	s := open(t, t.TempDir())
	bring(t, s, file(grid(t, l, terrain.About{}, z), "a"))
	d := s.Datasets()[0]
	for level := 0; level <= Levels; level++ {
		for _, e := range []Extreme{Highest, Lowest} {
			v := d.Level(level, e)
			have, err := terrain.Load(v, v.Lattice().Bounds())
			if err != nil {
				t.Fatal(err)
			}
			n := 1 << level
			voids := 0
			for row := range v.lattice.Height {
				for col := range v.lattice.Width {
					want := nan
					for j := max(0, (v.origin.Y+row)*n-d.origin.Y); j < min(l.Height, (v.origin.Y+row+1)*n-d.origin.Y); j++ {
						for i := max(0, (v.origin.X+col)*n-d.origin.X); i < min(l.Width, (v.origin.X+col+1)*n-d.origin.X); i++ {
							h := z[j*l.Width+i]
							if h == h && (want != want || e == Highest && h > want || e == Lowest && h < want) {
								want = h
							}
						}
					}
					if want != want {
						voids++
					}
					if got := have.Z[row*v.lattice.Width+col]; !same(got, want) {
						t.Fatalf("level %d, %v, column %d, row %d: %g, want %g", level, e, col, row, got, want)
					}
				}
			}
			if level <= 3 && voids == 0 {
				t.Errorf("level %d has no voids: the test tests nothing", level)
			}
			// A post of a level is in the middle of those it stands for.
			p := v.Lattice().Position(1, 1)
			c, w := d.Lattice().Cell(p)
			if mc, mr := float64((v.origin.X+1)*n-d.origin.X)+float64(n-1)/2, float64((v.origin.Y+1)*n-d.origin.Y)+float64(n-1)/2; math.Abs(c-mc) > 1e-6 || math.Abs(w-mr) > 1e-6 {
				t.Errorf("level %d: its posts are at %g %g, want %g %g", level, c, w, mc, mr)
			}
		}
	}
	if name := d.Level(3, Lowest).About().Name; name != "wgs84-3s, the lowest of 8 x 8 posts" {
		t.Errorf("named %q", name)
	}
}

// TestTiles brings tiles in that share their edges, in several orders: the
// posts are the same, wherever the first one lay.
func TestTiles(t *testing.T) {
	t.Parallel()
	whole := degrees(-69, -15, 2401, 2401)
	z := hills(whole)
	tile := func(n int) Import {
		l := whole.Crop(terrain.Window{X: n % 2 * 1200, Y: n / 2 * 1200, Width: 1201, Height: 1201})
		return file(grid(t, l, terrain.About{Datum: terrain.EGM96}, hills(l)), fmt.Sprint("tile ", n))
	}
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 1, 0, 2}} {
		s := open(t, t.TempDir())
		for _, n := range order {
			if out := bring(t, s, tile(n)); out.Differing != 0 {
				t.Errorf("%+v", out)
			}
		}
		d := s.Datasets()[0]
		g, err := terrain.Load(d, d.Lattice().Bounds())
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Datasets()) != 1 || g.Lattice().Width != 2401 || g.Lattice().Height != 2401 {
			t.Fatalf("%d datasets, %v", len(s.Datasets()), g.Lattice())
		}
		for i := range z {
			if g.Z[i] != z[i] {
				t.Fatalf("order %v, post %d: %g, want %g", order, i, g.Z[i], z[i])
			}
		}
	}
}

func TestSameFileAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	l := degrees(-69, -15, 50, 50)
	in := file(grid(t, l, terrain.About{}, hills(l)), "a")
	in.Dataset = "mine"
	bring(t, s, in)
	before := contents(t, dir)
	in.Dataset = "" // it is found where it is
	if out := bring(t, s, in); !out.Already || out.Dataset != "mine" || out.File.Name != "a" {
		t.Errorf("%+v", out)
	}
	if after := contents(t, dir); after != before {
		t.Errorf("it was imported twice")
	}
	// And a named dataset takes nothing that was not meant for it.
	other := file(grid(t, degrees(-68, -15, 50, 50), terrain.About{}, hills(degrees(-68, -15, 50, 50))), "b")
	if out := bring(t, s, other); out.Dataset != "wgs84-3s" {
		t.Errorf("went to %s", out.Dataset)
	}
}

// contents is the files of a store and what is in them, but for the lock.
func contents(t testing.TB, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == "lock" {
			return err
		}
		data, err := os.ReadFile(path)
		fmt.Fprintf(&b, "%s %s\n", strings.TrimPrefix(path, dir), hash(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestContradiction(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	west := degrees(-69, -15, 1201, 1201)
	bring(t, s, file(grid(t, west, terrain.About{}, hills(west)), "west.hgt"))
	before := contents(t, dir)
	east := west
	east.X0 += 1200 * east.DX // its first column is west's last
	z := hills(east)
	for r := range 40 { // of the shared column
		z[(100+r)*east.Width] += 7
	}
	z[120*east.Width] += 200
	in := file(grid(t, east, terrain.About{}, z), "east.hgt")
	_, err := s.Import(t.Context(), in)
	var c *Contradiction
	if !errors.As(err, &c) {
		t.Fatalf("accepted: %v", err)
	}
	if c.Posts != 40 || c.Shared != 1201 || math.Abs(c.New-c.Earliers) != 207 || geo.Distance(c.At, east.Position(0, 120)) > 0.01 {
		t.Errorf("%+v", c)
	}
	for _, part := range []string{"east.hgt", "west.hgt", "wgs84-3s", "40 of 1201", "--replace", "--name", "nothing was changed"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	if contents(t, dir) != before {
		t.Errorf("the store was changed")
	}
	// Errors that are stated explain it.
	in.SD = 60 // with 180 m of tolerance one post is left: 0.8 of a thousand
	out := bring(t, s, in)
	if out.Differing != 1 || out.Largest != 207 {
		t.Errorf("%+v", out)
	}
	at := func(col, row int) float32 {
		var v [1]float32
		if err := s.Datasets()[0].Read(v[:], terrain.Window{X: col, Y: row, Width: 1, Height: 1}); err != nil {
			t.Fatal(err)
		}
		return v[0]
	}
	old := hills(west)[120*1201+1200]
	if got := at(1200, 120); got != old {
		t.Errorf("the earlier height %g became %g", old, got)
	}
	in.Replace = true
	bring(t, s, in)
	if got := at(1200, 120); got != z[120*east.Width] {
		t.Errorf("replaced by %g, want %g", got, z[120*east.Width])
	}
	if got := at(1199, 120); got != hills(west)[120*1201+1199] {
		t.Errorf("beside it %g", got)
	}
	if n := len(s.Datasets()[0].Files()); n != 2 {
		t.Errorf("%d files are listed", n)
	}
}

func TestVoidsAreFilled(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	l := degrees(-69, -15, 300, 300)
	z := hills(l)
	for i := range 90 {
		z[i*17] = nan
	}
	bring(t, s, file(grid(t, l, terrain.About{}, z), "with voids"))
	bring(t, s, file(grid(t, l, terrain.About{}, hills(l)), "without"))
	g, err := terrain.Load(s.Datasets()[0], l.Bounds())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range hills(l) {
		if g.Z[i] != want {
			t.Fatalf("post %d: %g, want %g", i, g.Z[i], want)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	l := degrees(-69, -15, 20, 20)
	utm := terrain.Lattice{Projection: projection.UTM{Zone: 19, South: true}, X0: 500000, Y0: 8000000, DX: 30, DY: 30, Width: 20, Height: 20}
	with := func(v float32) []float32 { z := hills(l); z[21] = v; return z }
	voids := make([]float32, 400)
	fill(voids, nan)
	for name, c := range map[string]struct {
		in   Import
		want string
	}{
		"synthetic":       {Import{Source: grid(t, l, terrain.About{Synthetic: true}, hills(l))}, "SYNTHETIC"},
		"another datum":   {Import{Source: grid(t, l, terrain.About{Datum: terrain.EGM2008}, hills(l)), Dataset: "mine"}, "heights above EGM96, and the file above EGM2008"},
		"unstated datum":  {Import{Source: grid(t, l, terrain.About{}, hills(l)), Dataset: "mine"}, "--datum"},
		"datum denied":    {Import{Source: grid(t, l, terrain.About{Datum: terrain.EGM2008}, hills(l)), Datum: terrain.EGM96}, "leave --datum out"},
		"another lattice": {Import{Source: grid(t, utm, terrain.About{Datum: terrain.EGM96}, hills(utm)), Dataset: "mine"}, "another lattice"},
		"unstated void":   {Import{Source: grid(t, l, terrain.About{}, with(-32768))}, "--void -32768"},
		"infinite":        {Import{Source: grid(t, l, terrain.About{}, with(float32(math.Inf(1))))}, "height of +Inf m"},
		"feet":            {Import{Source: grid(t, l, terrain.About{}, with(14494))}, "turn them into metres"},
		"only voids":      {Import{Source: grid(t, l, terrain.About{}, voids)}, "only voids"},
		"ellipsoid":       {Import{Source: grid(t, l, terrain.About{Datum: terrain.Ellipsoid}, hills(l))}, "gdalwarp"},
		"bad name":        {Import{Source: grid(t, l, terrain.About{}, hills(l)), Dataset: "../x"}, "no name of a dataset"},
		"bad error":       {Import{Source: grid(t, l, terrain.About{}, hills(l)), SD: math.NaN()}, "no standard deviation"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, t.TempDir())
			first := file(grid(t, l, terrain.About{Datum: terrain.EGM96}, hills(l)), "first")
			first.Dataset = "mine"
			bring(t, s, first)
			before := contents(t, s.cfg.Dir)
			c.in.Name, c.in.SHA256 = "bad.tif", "x"
			_, err := s.Import(t.Context(), c.in)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "bad.tif") {
				t.Errorf("said: %v", err)
			}
			if after := contents(t, s.cfg.Dir); after != before {
				t.Errorf("it left\n%s instead of\n%s", after, before)
			}
		})
	}
}

func TestToldVoid(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	l := degrees(-69, -15, 20, 20)
	z := hills(l)
	z[21] = -9999
	void := float32(-9999)
	in := file(grid(t, l, terrain.About{}, z), "a")
	in.Void = &void
	if out := bring(t, s, in); out.File.Voids != 1 {
		t.Errorf("%+v", out.File)
	}
}

// TestDatum holds that the error of another sea level goes along.
func TestDatum(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	l := degrees(-69, -15, 20, 20)
	in := file(grid(t, l, terrain.About{}, hills(l)), "a")
	in.Datum = terrain.EGM2008
	bring(t, s, in)
	if a := s.Datasets()[0].About(); a.Name != "wgs84-3s-egm2008" || a.Datum != terrain.EGM2008 || a.DatumSD != terrain.EGM2008SD {
		t.Errorf("%+v", a)
	}
}

// TestSynthetic holds made-up elevation apart: the exercise's store takes it,
// real elevation counts first there, and a store of the real world does not
// open with it.
func TestSynthetic(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(Config{Dir: dir, Synthetic: true, Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	l := degrees(-69, -15, 20, 20)
	fine := terrain.Lattice{Projection: projection.Geographic{}, X0: -69, Y0: -15, DX: arcsec, DY: arcsec, Width: 60, Height: 60}
	made := file(grid(t, fine, terrain.About{Synthetic: true, Datum: terrain.EGM96}, hills(fine)), "made up")
	if out := bring(t, s, made); out.Dataset != "wgs84-1s-egm96-synthetic" {
		t.Errorf("in %s", out.Dataset)
	}
	bring(t, s, file(grid(t, l, terrain.About{Datum: terrain.EGM96}, hills(l)), "real"))
	made.Dataset, made.SHA256, made.Source = "wgs84-3s-egm96", "y", grid(t, l, terrain.About{Synthetic: true, Datum: terrain.EGM96}, hills(l))
	if _, err := s.Import(t.Context(), made); err == nil || !strings.Contains(err.Error(), "do not mix") {
		t.Errorf("mixed: %v", err)
	}
	h, err := s.Height(l.Position(3, 3))
	if err != nil || h.About.Synthetic {
		t.Errorf("%+v, %v", h, err)
	}
	s = open(t, dir)
	if left := s.LeftOut(); len(left) != 1 || !strings.Contains(left[0].Err.Error(), "SYNTHETIC") || len(s.Datasets()) != 1 {
		t.Errorf("a store of the real world opened with it: %v", left)
	}
}

func TestChoice(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	coarse := terrain.Lattice{Projection: projection.Geographic{}, X0: -70, Y0: -14, DX: 15 * arcsec, DY: 15 * arcsec, Width: 500, Height: 500}
	fine := degrees(-69, -15, 600, 600) // half a degree
	if _, err := s.Height(fine.Position(3, 3)); !errors.Is(err, ErrNone) {
		t.Errorf("an empty store: %v", err)
	}
	if _, _, err := s.Around(fine.Position(3, 3), 100); !errors.Is(err, ErrNone) {
		t.Errorf("an empty store: %v", err)
	}
	bring(t, s, file(grid(t, coarse, terrain.About{}, hills(coarse)), "coarse"))
	z := hills(fine)
	z[300*600+300] = nan
	bring(t, s, file(grid(t, fine, terrain.About{}, z), "fine"))
	for _, c := range []struct {
		p    geo.Position
		want string
	}{
		{fine.Position(100, 100), "wgs84-3s"},
		{fine.Position(300.5, 300), "wgs84-15s"}, // beside the void
		{fine.Position(-100, 100), "wgs84-15s"},
	} {
		h, err := s.Height(c.p)
		if err != nil || h.About.Name != c.want {
			t.Errorf("%v: %+v, %v; want %s", c.p, h, err, c.want)
		}
	}
	for _, c := range []struct {
		p      geo.Position
		metres float64
		want   string
	}{
		{fine.Position(300, 300), 5000, "wgs84-3s"},
		{fine.Position(10, 300), 20000, "wgs84-15s"},
	} {
		d, share, err := s.Around(c.p, c.metres)
		if err != nil || d.Name() != c.want || share < 0.95 {
			t.Errorf("%v, %g m: %v %g, %v", c.p, c.metres, d.Name(), share, err)
		}
	}
	// Beyond the coarse one's edge no dataset has all of it.
	if d, share, err := s.Around(coarse.Position(2, 250), 20000); err != nil || d.Name() != "wgs84-15s" || share < 0.4 || share > 0.7 {
		t.Errorf("%v %g %v", d.Name(), share, err)
	}
}

// TestReaders reads while files come in: every answer is right, and a dataset
// that was opened before stays as it was.
func TestReaders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	whole := degrees(-69, -15, 1601, 401)
	tile := func(n int) Import {
		l := whole.Crop(terrain.Window{X: n * 400, Width: 401, Height: 401})
		return file(grid(t, l, terrain.About{}, hills(l)), fmt.Sprint(n))
	}
	bring(t, s, tile(0))
	first := s.Datasets()[0]
	reader := open(t, dir) // as another program would
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for g := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(6, uint64(g)))
			for {
				select {
				case <-stop:
					return
				default:
				}
				st := s
				if g%2 == 1 {
					st = reader
					if err := reader.Reload(); err != nil {
						t.Error(err)
						return
					}
				}
				col, row := r.IntN(401), r.IntN(401)
				h, err := st.Height(whole.Position(float64(col), float64(row)))
				if want := float64(hills(whole.Crop(terrain.Window{X: col, Y: row, Width: 1, Height: 1}))[0]); err != nil || math.Abs(h.Metres-want) > 1e-6 {
					t.Errorf("column %d, row %d: %g, %v; want %g", col, row, h.Metres, err, want)
					return
				}
			}
		})
	}
	for n := 1; n < 4; n++ {
		bring(t, s, tile(n))
	}
	close(stop)
	wg.Wait()
	if first.Lattice().Width != 401 || s.Datasets()[0].Lattice().Width != 1601 {
		t.Errorf("%v, %v", first.Lattice(), s.Datasets()[0].Lattice())
	}
	z := make([]float32, 401*401)
	if err := first.Read(z, first.Lattice().Bounds()); err != nil { // its chunk is not in the folder any more
		t.Fatal(err)
	}
	for i, want := range hills(first.Lattice()) {
		if z[i] != want {
			t.Fatalf("post %d: %g, want %g", i, z[i], want)
		}
	}
}

// TestSparse holds what half-empty chunks take.
func TestSparse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	l := degrees(-69.1, -15.1, 100, 100)
	bring(t, s, file(grid(t, l, terrain.About{}, hills(l)), "a"))
	used := int64(0)
	for _, e := range s.Datasets()[0].m.Chunks {
		used += onDisk(t, filepath.Join(dir, "wgs84-3s", e.file()))
	}
	if used > 2<<20 {
		t.Errorf("10,000 posts take %d bytes on the disk", used)
	}
}
