package elevation

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"atalaya/geo"
	"atalaya/terrain"
)

func TestRemove(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "elevation")
	s := open(t, dir)
	if _, err := s.Remove("a"); !errors.Is(err, ErrUnknown) {
		t.Errorf("from a store that is not there: %v", err)
	}
	l := degrees(-68.3, -15.2, 600, 500)
	for _, name := range []string{"a", "b", "hurt"} {
		in := file(grid(t, l, terrain.About{Datum: terrain.EGM96}, hills(l)), name+".hgt")
		in.Dataset = name
		bring(t, s, in)
	}
	p := geo.Position{Lat: -15.3, Lon: -68.2}
	held, _ := s.Dataset("a")
	want, _, err := held.Bilinear(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", ".", "..", "lock", "a/b", "../elevation", "A", "other"} {
		if _, err := s.Remove(name); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "there is a, b, hurt") {
			t.Errorf("remove %q: %v", name, err)
		}
	}
	// Another program removes it, also while an import runs there.
	lock, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	running, err := lockStore(lock)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, dir).Remove("a"); err == nil || !strings.Contains(err.Error(), "another import runs") {
		t.Errorf("while an import runs: %v", err)
	}
	unlock(running)
	stamped := func(want bool) {
		t.Helper()
		if _, loaded, err := s.Stamp(); err != nil || loaded != want {
			t.Errorf("the store has loaded what there is: %v, %v", loaded, err)
		}
	}
	stamped(true)
	out, err := open(t, dir).Remove("a")
	if err != nil || out.Dataset != "a" || len(out.Files) != 1 || out.Files[0].Name != "a.hgt" {
		t.Errorf("%+v, %v", out, err)
	}
	if z, ok, err := held.Bilinear(p); err != nil || !ok || z != want {
		t.Errorf("who holds it reads %g, %v, %v; not %g", z, ok, err, want)
	}
	stamped(false)
	if err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	stamped(true)
	other := file(grid(t, l, terrain.About{Datum: terrain.EGM96}, hills(l)), "c.hgt")
	other.Dataset = "c"
	bring(t, open(t, dir), other)
	stamped(false)
	if _, err := s.Remove("c"); err != nil {
		t.Fatal(err)
	}
	stamped(true)
	if _, ok := s.Dataset("a"); ok {
		t.Error("it is still there")
	}
	// What was left out goes too, and what is left of an interrupted removal.
	if err := os.WriteFile(filepath.Join(dir, "hurt", manifestName), []byte("no"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "b", manifestName)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"hurt", "b"} {
		if out, err := s.Remove(name); err != nil || len(out.Files) != 0 {
			t.Errorf("%s: %+v, %v", name, out, err)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || slices.ContainsFunc(left, func(e os.DirEntry) bool { return e.Name() != "lock" }) {
		t.Errorf("left: %v, %v", left, err)
	}
}
