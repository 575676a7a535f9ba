package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"atalaya/bench/tracking/scenarios"
)

const peerScript = "bench/tracking/peers/stonesoup_run.py"

// kept are the results of peers, who take long, in a folder that outlives the
// run: by a hash of the measurements, the knowledge, the script and the peer's
// version. What failed is kept too.
type kept struct {
	dir   string
	fresh bool // all are made anew
	with  []byte
}

// keep opens the folder.
func (s *settings) keep(ctx context.Context) (*kept, error) {
	k := &kept{dir: filepath.Join(os.TempDir(), "atalaya-bench-peers"), fresh: s.fresh}
	if err := os.MkdirAll(k.dir, 0o755); err != nil {
		return nil, fmt.Errorf("make a folder for the peers' results: %w", err)
	}
	script, err := os.ReadFile(peerScript)
	if err != nil {
		return nil, fmt.Errorf("read the peers' script: %w", err)
	}
	version, err := exec.CommandContext(ctx, python, "-c", "import importlib.metadata as m; print(m.version('stonesoup'))").Output()
	if err != nil {
		return nil, fmt.Errorf("ask for Stone Soup's version: %w: run 'make peers'", err)
	}
	k.with = append(script, version...)
	return k, nil
}

// results sets result.jsonl and result.log to what a peer made of the files;
// run makes them where they are not kept.
func (k *kept) results(ctx context.Context, kind string, files scenarios.Files, result string, run func(out string) error) error {
	name, err := k.name(kind, files)
	if err != nil {
		return err
	}
	if why, err := os.ReadFile(name + ".failed"); err == nil && !k.fresh {
		return fmt.Errorf("%s (kept of an earlier run; -fresh tries again)", why)
	}
	if _, err := os.Stat(name + ".log"); err != nil || k.fresh {
		if err := k.anew(ctx, name, run); err != nil {
			return err
		}
	}
	return errors.Join(os.Symlink(name+".jsonl", result+".jsonl"), os.Symlink(name+".log", result+".log"))
}

// anew makes results. The log comes last: where it is, all is.
func (k *kept) anew(ctx context.Context, name string, run func(out string) error) error {
	part := name + ".part"
	defer os.Remove(part + ".jsonl")
	defer os.Remove(part + ".log")
	if err := errors.Join(remove(name+".log"), remove(name+".failed")); err != nil {
		return err
	}
	if err := run(part); err != nil {
		var exit *exec.ExitError
		if ctx.Err() == nil && errors.As(err, &exit) {
			err = errors.Join(err, os.WriteFile(name+".failed", []byte(err.Error()), 0o644))
		}
		return err
	}
	return errors.Join(os.Rename(part+".jsonl", name+".jsonl"), os.Rename(part+".log", name+".log"))
}

func remove(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("make a peer's results anew: %w", err)
	}
	return nil
}

func (k *kept) name(kind string, files scenarios.Files) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%s %d ", kind, len(k.with))
	h.Write(k.with)
	for _, name := range []string{files.Measurements, files.Knowledge} {
		f, err := os.Open(name)
		if err != nil {
			return "", fmt.Errorf("hash what a peer gets: %w", err)
		}
		n, err := io.Copy(h, f)
		fmt.Fprintf(h, " %d ", n)
		if err := errors.Join(err, f.Close()); err != nil {
			return "", fmt.Errorf("hash what a peer gets: %w", err)
		}
	}
	return filepath.Join(k.dir, fmt.Sprintf("%s-%x", kind, h.Sum(nil)[:12])), nil
}
