package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"atalaya/bench/tracking/scenarios"
)

// What a peer made is made again where its input or its script changed, or it
// is asked for; a peer that failed is not tried again, one that was stopped is.
func TestResultsOfPeersAreKept(t *testing.T) {
	dir := t.TempDir()
	k := &kept{dir: filepath.Join(dir, "kept"), with: []byte("script")}
	files := scenarios.Files{Measurements: filepath.Join(dir, "m"), Knowledge: filepath.Join(dir, "k")}
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(k.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	write(files.Measurements, "measured")
	write(files.Knowledge, "known")
	runs := 0
	get := func(ctx context.Context, kind string, fails error) (string, error) {
		result := filepath.Join(t.TempDir(), "01")
		err := k.results(ctx, kind, files, result, func(out string) error {
			runs++
			write(out+".jsonl", "tracks of "+kind)
			write(out+".log", "log")
			return fails
		})
		if err != nil {
			return "", err
		}
		b, err := os.ReadFile(result + ".jsonl")
		return string(b), err
	}
	expect := func(what, kind string, wantRuns int) {
		t.Helper()
		runs = 0
		if got, err := get(t.Context(), kind, nil); err != nil || got != "tracks of "+kind || runs != wantRuns {
			t.Errorf("%s: %q %v after %d runs, want %d", what, got, err, runs, wantRuns)
		}
	}
	expect("the first time", "gnn", 1)
	expect("again", "gnn", 0)
	expect("another peer", "jpda", 1)
	write(files.Measurements, "measured otherwise")
	expect("another file", "gnn", 1)
	k.with = []byte("another script")
	expect("another script", "gnn", 1)
	k.fresh = true
	expect("asked for", "gnn", 1)
	k.fresh = false

	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := get(stopped, "lbp", &exec.ExitError{}); err == nil {
		t.Error("a stopped run is no error")
	}
	expect("after a stopped run", "lbp", 1)
	runs = 0
	exploded := &exec.ExitError{ProcessState: &os.ProcessState{}}
	for range 2 {
		if _, err := get(t.Context(), "mht", exploded); err == nil {
			t.Error("a failed run is no error")
		}
	}
	if runs != 1 {
		t.Errorf("a peer that failed ran %d times", runs)
	}
	left, err := filepath.Glob(filepath.Join(k.dir, "*.part*"))
	if err != nil || len(left) > 0 {
		t.Error("left behind:", left, err)
	}
}

func TestValuesOfASensor(t *testing.T) {
	scene := scenarios.Crowd{Run: 1, Targets: 50, Spacing: 500, Scans: 4}.Scene()
	files, err := scene.Write(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	// A radar, AIS and a post in turn.
	got, err := ofSensor(files.Measurements, "radar", []float64{0, 1, 2, 3, 4, 5, 6})
	if want := []float64{0, 3, 6}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v %v, want %v", got, err, want)
	}
	if _, err := ofSensor(files.Knowledge+".none", "radar", nil); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
