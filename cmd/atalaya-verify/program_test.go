package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"atalaya/internal/running"
)

// What the real program writes is what this one checks: killed, started again,
// exported, and then damaged in every file.
func TestTheProgramsLedger(t *testing.T) {
	p := running.Start(t, running.Options{Args: []string{"--exercise"}})
	p.Enrol(t, "Ana Quispe")
	p.Kill()
	export := func(name string) (dir, key string) {
		dir = filepath.Join(t.TempDir(), name)
		out, err := exec.CommandContext(t.Context(), running.Binary(t), "ledger", "export", "--exercise", "--data", p.Dir, "-o", dir).CombinedOutput() //nolint:gosec // our own program
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		vkeys, err := os.ReadFile(filepath.Join(dir, "vkeys"))
		if err != nil {
			t.Fatal(err)
		}
		key, _, _ = strings.Cut(string(vkeys), "\n")
		return dir, key
	}
	verify := func(exit int, want string, args ...string) string {
		t.Helper()
		var out, errs strings.Builder
		if got := run(args, &out, &errs); got != exit || !strings.Contains(out.String(), want) {
			t.Errorf("%v: exit %d, said %s%s; want %d and %q", args, got, out.String(), errs.String(), exit, want)
		}
		return out.String()
	}
	first, key := export("first")
	verify(0, "All holds.", "check", first, "--key", key)

	p = running.Start(t, running.Options{Dir: p.Dir, Args: []string{"--exercise"}})
	if err := p.Stop(t); err != nil {
		t.Fatal(err)
	}
	second, _ := export("second")
	verify(0, "All holds.", "check", second, "--key", key, "--last", filepath.Join(first, "checkpoint"))
	verify(0, "All holds.", "compare", first, second, "--key", key)

	// A rolled-back log: the later copy is the first one.
	about, err := os.ReadFile(filepath.Join(second, "about.json"))
	if err != nil {
		t.Fatal(err)
	}
	older := filepath.Join(t.TempDir(), "older")
	if err := os.CopyFS(older, os.DirFS(first)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(older, "about.json"), about, 0o600); err != nil {
		t.Fatal(err)
	}
	verify(1, "rollback", "compare", second, older, "--key", key)
	verify(1, "rollback", "check", older, "--key", key, "--last", filepath.Join(second, "checkpoint"))

	// A bit in the middle of each file that something rests on.
	damaged := 0
	err = fs.WalkDir(os.DirFS(second), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == "vkeys" || name == "about.json" {
			return err
		}
		copied := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(copied, os.DirFS(second)); err != nil {
			return err
		}
		path := filepath.Join(copied, name)
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		data[len(data)/2] ^= 1
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return err
		}
		if said := verify(1, "at ", "check", copied, "--key", key); !strings.Contains(said, "bad-") {
			t.Errorf("%s with a bit changed: %s", name, said)
		}
		damaged++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if damaged < 4 {
		t.Errorf("only %d files", damaged)
	}
}
