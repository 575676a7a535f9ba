package main

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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

// What the real program discloses is what this one checks, view by view; and a
// disclosure stands in the ledger before it is handed out.
func TestTheProgramsDisclosures(t *testing.T) {
	t.Parallel()
	p := running.Start(t, running.Options{Args: []string{"--exercise", "--port", strconv.Itoa(running.Ports(t, 7))}})
	p.Enrol(t, "Ana Quispe")
	p.Must(t, "POST", "/api/sensors/camera-1/looks", map[string]any{"purpose": "training", "kind": "absolute", "azimuth_deg": 200, "elevation_deg": -4}, nil)
	dir := t.TempDir()
	atalaya := func(exit int, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), running.Binary(t), append([]string{"ledger"}, append(args, "--exercise", "--data", p.Dir)...)...) //nolint:gosec // our own program
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != exit {
			t.Fatalf("%v: %v, want exit %d\n%s", args, err, exit, out)
		}
		return string(out)
	}
	file := func(name string) string { return filepath.Join(dir, name) }
	atalaya(1, "disclose", "0", "--view", "court", "--to", "juzgado", "-o", file("running")) // another has the store
	p.Kill()                                                                                 // the newest entries are not signed, perhaps
	key := ""
	for line := range strings.Lines(atalaya(0, "status")) {
		if v, ok := strings.CutPrefix(line, "key"); ok {
			key = strings.Fields(v)[0]
		}
	}
	// The look is the entry that has a number.
	look := ""
	for line := range strings.Lines(atalaya(0, "show", "0", "--count", "1000")) {
		if strings.Contains(line, "seq.sensor=1 ") && strings.Contains(line, "phase=act") {
			look = strings.Fields(line)[0]
		}
	}
	if look == "" {
		t.Fatal("no look on record")
	}
	for _, c := range []struct{ view, has, lacks string }{
		{"court", "counter.before", ""},
		{"ombudsman", "operator", "counter.before"},
		{"liaison:pe", "hour", "who.id"},
		{"public", "purpose", "operator"},
	} {
		name := file(strings.ReplaceAll(c.view, ":", "-") + ".json")
		atalaya(0, "disclose", "0-1", look, "--view", c.view, "--to", "the "+c.view, "-o", name)
		var out, errs strings.Builder
		if exit := run([]string{"bundle", name, "--key", key}, &out, &errs); exit != 0 || !strings.Contains(out.String(), "of 3 entries, opened for the view "+c.view) {
			t.Errorf("%s: exit %d: %s%s", c.view, exit, out.String(), errs.String())
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), `"`+c.has+`"`) || c.lacks != "" && strings.Contains(string(text), `"`+c.lacks+`"`) {
			t.Errorf("%s: it opens not %q, or it opens %q", c.view, c.has, c.lacks)
		}
		// Its entry says what was handed out.
		all := atalaya(0, "show", "--count", "2")
		if sum := sha256.Sum256(text); !strings.Contains(all, "kind=disclosure") || !strings.Contains(all, "content="+hex.EncodeToString(sum[:])) ||
			!strings.Contains(all, `recipient="the `+c.view+`"`) || !strings.Contains(all, "outcome=done") {
			t.Errorf("%s: the ledger says\n%s", c.view, all)
		}
		// A bit in the middle.
		text[len(text)/2] ^= 1
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if exit := run([]string{"bundle", name, "--key", key}, &out, &errs); exit == 0 {
			t.Errorf("%s with a bit changed holds", c.view)
		}
	}
	public := atalaya(0, "show", "--count", "2", "--view", "public")
	if !strings.Contains(public, "view=public") || strings.Contains(public, "recipient") {
		t.Errorf("everybody sees\n%s", public)
	}
	// All that the look rests on: whoever is shown it works out class and verdict
	// again, of the footprint and the lines that the program recorded.
	for _, view := range []string{"court", "liaison:pe", "liaison:cl"} {
		name := file("all-" + strings.ReplaceAll(view, ":", "-") + ".json")
		atalaya(0, "disclose", "0-"+look, "--view", view, "--to", "all", "-o", name)
		var out, errs strings.Builder
		if exit := run([]string{"bundle", name, "--key", key}, &out, &errs); exit != 0 {
			t.Errorf("%s: exit %d: %s%s", view, exit, out.String(), errs.String())
		}
		if view != "court" {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range []string{"look.area", "line.pe", "class.pe", "class.ar", "look.grow", "policy", "signed.2", "counter.before"} {
			if !strings.Contains(string(text), `"`+field+`"`) {
				t.Errorf("nothing says %s", field)
			}
		}
	}
	for _, wrong := range [][]string{
		{"disclose", "0", "--view", "court", "--to", "x", "-o", file("court.json")}, // there already
		{"disclose", "100000", "--view", "court", "--to", "x", "-o", file("new")},
		{"disclose", "3-1", "--view", "court", "--to", "x", "-o", file("new")},
		{"disclose", "0", "--view", "court", "--to", " ", "-o", file("new")},
		{"disclose", "0", "--view", "nobody", "--to", "x", "-o", file("new")},
		{"disclose", "0", "--view", "court", "--to", "x", "-o", file("none/new")},
	} {
		atalaya(1, wrong...)
	}
	if _, err := os.Stat(file("new")); err == nil {
		t.Error("a refused disclosure left a file")
	}
}
