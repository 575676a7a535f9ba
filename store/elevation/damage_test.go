package elevation

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"atalaya/store/elevation/chunk"
	"atalaya/terrain"
)

func hash(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:8])
}

func onDisk(t testing.TB, name string) int64 {
	t.Helper()
	var st syscall.Stat_t
	if err := syscall.Stat(name, &st); err != nil {
		t.Fatal(err)
	}
	return st.Blocks * 512
}

// TestDamage breaks a file of the store: it is found and named, the rest stays
// useful, and what is said to put it right does.
func TestDamage(t *testing.T) {
	t.Parallel()
	l := degrees(-69, -15, 1500, 300)
	flip := func(at int) func(t *testing.T, name string) {
		return func(t *testing.T, name string) {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			b[at] ^= 4
			if err := os.WriteFile(name, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		harm func(t *testing.T, name string)
		want string
	}{
		"a bit":      {flip(700000), "content is damaged"},
		"the header": {flip(13), "header is damaged"},
		"the last":   {flip(int(chunk.Int16.FileSize()) - 1), "content is damaged"},
		"short":      {func(_ *testing.T, n string) { _ = os.Truncate(n, 100000) }, "100000 bytes instead of"},
		"empty":      {func(_ *testing.T, n string) { _ = os.Truncate(n, 0) }, "0 bytes instead of"},
		"missing":    {func(_ *testing.T, n string) { _ = os.Remove(n) }, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			in := file(grid(t, l, terrain.About{}, hills(l)), "a.hgt")
			s := open(t, dir)
			bring(t, s, in)
			entries := s.Datasets()[0].m.Chunks
			victim := entries[1]
			c.harm(t, filepath.Join(dir, "wgs84-3s", victim.file()))
			s = open(t, dir)
			d := s.Datasets()[0]
			look := func(at chunk.At) error {
				var z [1]float32
				w := at.Window().Intersect(d.origin)
				return d.read(z[:], 0, Highest, terrain.Window{X: w.X, Y: w.Y, Width: 1, Height: 1})
			}
			for _, err := range []error{look(victim.at()), first(s.Check(nil))} {
				if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), victim.file()) || !strings.Contains(err.Error(), "--replace: a.hgt") {
					t.Errorf("said: %v", err)
				}
			}
			if n := len(s.Check(nil)); n != 1 {
				t.Errorf("%d chunks are said to be damaged", n)
			}
			if err := look(entries[0].at()); err != nil {
				t.Errorf("another chunk: %v", err)
			}
			in.Replace = true
			bring(t, s, in)
			if wrong := s.Check(nil); len(wrong) > 0 {
				t.Errorf("after the import: %v", wrong)
			}
			d = s.Datasets()[0]
			if err := look(victim.at()); err != nil {
				t.Error(err)
			}
		})
	}
}

func first(errs []error) error {
	if len(errs) == 0 {
		return nil
	}
	return errs[0]
}

// TestLost replaces a damaged chunk in which another file has posts too: that
// one is said to be imported again, and can be.
func TestLost(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	west, east := degrees(-69, -15, 201, 200), degrees(-69+200*3*arcsec, -15, 200, 200)
	a, b := file(grid(t, west, terrain.About{}, hills(west)), "a"), file(grid(t, east, terrain.About{}, hills(east)), "b")
	bring(t, s, a)
	bring(t, s, b)
	for _, e := range s.Datasets()[0].m.Chunks {
		if err := os.Truncate(filepath.Join(dir, "wgs84-3s", e.file()), 5); err != nil {
			t.Fatal(err)
		}
	}
	s = open(t, dir)
	c := file(a.Source, "c")
	if _, err := s.Import(t.Context(), c); err == nil || !strings.Contains(err.Error(), "import again with --replace: b, a") {
		t.Errorf("said: %v", err)
	}
	a.Replace = true
	if out := bring(t, s, a); strings.Join(out.Again, " ") != "b" {
		t.Errorf("%+v", out)
	}
	if out := bring(t, s, b); out.Already || len(out.Again) > 0 {
		t.Errorf("%+v", out)
	}
	g, err := terrain.Load(s.Datasets()[0], s.Datasets()[0].Lattice().Bounds())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range hills(g.Lattice()) {
		if g.Z[i] != want {
			t.Fatalf("post %d: %g, want %g", i, g.Z[i], want)
		}
	}
}

// TestCutShortWhileMapped takes a file away from under a reader: an error, not
// the end of the program.
func TestCutShortWhileMapped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := degrees(-69, -15, 300, 300)
	s := open(t, dir)
	bring(t, s, file(grid(t, l, terrain.About{}, hills(l)), "a"))
	d := s.Datasets()[0]
	if _, err := s.Height(l.Position(5, 5)); err != nil {
		t.Fatal(err)
	}
	for _, e := range d.m.Chunks {
		if err := os.Truncate(filepath.Join(dir, "wgs84-3s", e.file()), 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Height(l.Position(5, 5)); err == nil || !strings.Contains(err.Error(), "cut short") {
		t.Errorf("said: %v", err)
	}
	if wrong := s.Check(nil); len(wrong) != len(d.m.Chunks) {
		t.Errorf("%d of %d are found", len(wrong), len(d.m.Chunks))
	}
}

func TestDamagedManifest(t *testing.T) {
	t.Parallel()
	l := degrees(-69, -15, 30, 30)
	for name, c := range map[string]struct{ old, new, want string }{
		"a number":     {`"generation": 1`, `"generation": 3`, "checksum"},
		"no JSON":      {`{`, `[`, "is damaged"},
		"a newer one":  {`"version": 1`, `"version": 2`, "newer program"},
		"unknown EPSG": {`"epsg": 4326`, `"epsg": 4327`, "is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			bring(t, open(t, dir), file(grid(t, l, terrain.About{}, hills(l)), "a"))
			path := filepath.Join(dir, "wgs84-3s", manifestName)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(strings.Replace(string(b), c.old, c.new, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			s := open(t, dir)
			fine := terrain.Lattice{Projection: l.Projection, X0: -69, Y0: -15, DX: arcsec, DY: arcsec, Width: 30, Height: 30}
			bring(t, s, file(grid(t, fine, terrain.About{}, hills(fine)), "another"))
			left := s.LeftOut()
			if len(left) != 1 || left[0].Dataset != "wgs84-3s" || len(s.Datasets()) != 1 || len(s.Check(nil)) != 1 {
				t.Fatalf("%v left out, %d datasets", left, len(s.Datasets()))
			}
			// Nothing is written over it.
			_, err = s.Import(t.Context(), file(grid(t, l, terrain.About{}, hills(l)), "b"))
			for _, err := range []error{left[0].Err, err} {
				if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
					t.Errorf("said: %v", err)
				}
			}
		})
	}
}
