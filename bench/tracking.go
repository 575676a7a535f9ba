package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"atalaya/bench/tracking/scenarios"
)

// judge is built by bench/run.sh.
const judge = "bin/tracking"

// Peers may take so long for a run; some explode where much is ambiguous.
const trackerPatience = 5 * time.Minute

// tracking gives the same measurement files to several trackers and prints
// what one judge says of them (docs/tracking-files.md).
func tracking(ctx context.Context, s *settings) error {
	all, err := trackingRuns(s)
	if err != nil {
		return err
	}
	ours := tracks(ctx, s.binary)
	if ours != nil {
		s.table.note("tracking: %v", ours)
	}
	var failed []error
	for _, runs := range all {
		who := peersOn(runs[0].Name)
		if ours == nil {
			who = append(who, "atalaya")
		}
		if err := s.compare(ctx, runs, who); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", runs[0].Name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failed...)
}

// tracks says why the program cannot track a file, if it cannot.
func tracks(ctx context.Context, binary string) error {
	if out, err := exec.CommandContext(ctx, binary, "track", "--help").CombinedOutput(); err != nil {
		return fmt.Errorf("ours is left out, this program cannot track files yet: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

// trackingRuns are the scenarios that the peers can follow in minutes.
func trackingRuns(s *settings) ([][]scenarios.Scene, error) {
	var s1, s3, s4, s5 []scenarios.Scene
	for run := 1; run <= min(s.runs, scenarios.CoalescingRuns); run++ {
		c, err := scenarios.Coalescing(s.data, run)
		if err != nil {
			return nil, err
		}
		s1, s3 = append(s1, c), append(s3, scenarios.StarBurst(run))
		s4, s5 = append(s4, scenarios.Convergence(run)), append(s5, scenarios.Irregular(run, true))
	}
	crowd := scenarios.Crowd{Run: 1, Targets: 200, Spacing: 500, Scans: 20, Late: true}
	out := [][]scenarios.Scene{s1, s3, s4, s5, {crowd.Scene()}}
	for recording := 2; recording <= 6; recording++ {
		for _, sensors := range [][]string{{"radar"}, nil} {
			ferry, err := scenarios.Autoferry(s.data, recording, sensors...)
			if err != nil {
				return nil, err
			}
			out = append(out, []scenarios.Scene{ferry})
		}
	}
	return out, nil
}

// peersOn names the peers for a scenario. Multi-frame assignment keeps no
// bound on its hypotheses: it gets the small scenarios only.
func peersOn(scenario string) []string {
	peers := []string{"stonesoup-gnn", "stonesoup-jpda", "stonesoup-lbp"}
	if scenario == "s1" || scenario == "s3" || strings.HasSuffix(scenario, "-radar") {
		peers = append(peers, "stonesoup-mht")
	}
	return peers
}

// compare prints the table of a scenario. A tracker that fails on a run is left
// out, and noted.
func (s *settings) compare(ctx context.Context, runs []scenarios.Scene, who []string) error {
	name := runs[0].Name
	results := filepath.Join(s.work, "results", name)
	var failed []error
	for _, tracker := range who {
		s.say("tracking %s, %s", name, tracker)
		dir := filepath.Join(results, tracker)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("make a folder for results: %w", err)
		}
		for _, run := range runs {
			files, err := run.Write(s.work)
			if err == nil {
				err = s.track(ctx, tracker, files, filepath.Join(dir, fmt.Sprintf("%02d", run.Run)))
			}
			if err != nil {
				failed = append(failed, fmt.Errorf("%s, run %d: %w", tracker, run.Run, err))
				failed = append(failed, os.RemoveAll(dir))
				break
			}
		}
		if ctx.Err() != nil {
			return errors.Join(failed...)
		}
	}
	cmd := exec.CommandContext(ctx, judge, "judge", filepath.Join(s.work, name), results)
	fmt.Printf("\n%s\n\n", name)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		failed = append(failed, fmt.Errorf("judge: %w", err))
	}
	return errors.Join(failed...)
}

// track runs one tracker over one file; its results and what it says of itself
// get the same name with .jsonl and .log.
func (s *settings) track(ctx context.Context, tracker string, files scenarios.Files, result string) error {
	ctx, cancel := context.WithTimeout(ctx, trackerPatience)
	defer cancel()
	argv := []string{s.binary, "track", files.Measurements, "-o", result + ".jsonl", "--config", files.Knowledge}
	if kind, ok := strings.CutPrefix(tracker, "stonesoup-"); ok {
		argv = []string{python, "bench/tracking/peers/stonesoup_run.py", kind, files.Measurements, files.Knowledge, result + ".jsonl"}
	}
	log, err := os.Create(result + ".log")
	if err != nil {
		return fmt.Errorf("write a log: %w", err)
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	// One thread: its time on the processor is the time it takes.
	cmd.Env = append(os.Environ(), "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1")
	cmd.Stderr = log
	if err := errors.Join(cmd.Run(), log.Close()); err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return fmt.Errorf("stopped after %s: %w", trackerPatience, err)
		}
		said, _ := os.ReadFile(result + ".log") //nolint:errcheck // only to explain
		lines := strings.Split(strings.TrimSpace(string(said)), "\n")
		return fmt.Errorf("%w: %s", err, lines[len(lines)-1])
	}
	return nil
}
