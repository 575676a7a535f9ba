package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"atalaya/desk"
	"atalaya/store/sqlite"
	"atalaya/store/storetest"
)

// TestReadOnly reads a store while a program writes it, and after it ended.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := open(t, sqlite.Config{Dir: filepath.Join(dir, "none"), ReadOnly: true}); err == nil {
		t.Fatal("a store that is not there was opened")
	}
	if _, err := os.Stat(filepath.Join(dir, "none")); err == nil {
		t.Fatal("a folder was made")
	}
	s := must(t, sqlite.Config{Dir: dir})
	w := storetest.NewWorld(12, s.Resume(), noon())
	run(t, s, w, 300)
	want, err := s.Told(t.Context(), 3, noon(), w.Now.Add(1), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"while it is written", "afterwards"} {
		r := must(t, sqlite.Config{Dir: dir, ReadOnly: true})
		told, err := r.Told(t.Context(), 3, noon(), w.Now.Add(1), 1000)
		if err != nil || len(told) != 75 {
			t.Fatalf("%s: %d events: %v", what, len(told), err)
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", what, diff)
		}
		last, err := r.LastTold(t.Context(), 3)
		if err != nil || last.Before(w.Now.Add(-2*time.Second)) {
			t.Fatalf("%s: last told at %s: %v", what, last, err)
		}
		if _, err := r.Registry(t.Context()); err != nil {
			t.Fatal(err)
		}
		f := storetest.Finding(1, 1, noon())
		if err := r.SaveFindings(t.Context(), []desk.Noted{{Known: noon(), Finding: f}}, nil); err == nil {
			t.Fatalf("%s: a reader wrote", what)
		}
		if err := r.Append(t.Context(), w.Step()); err == nil {
			t.Fatalf("%s: a reader took a step", what)
		}
		w.N--
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if what != "afterwards" {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
