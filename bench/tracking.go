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

// Some peers explode where much is ambiguous: a run may take so long on the
// processor. On the clock it may take much longer, where others work too.
const (
	trackerPatience = 10 * time.Minute
	trackerWall     = 2 * time.Hour
)

const ours = "atalaya"

// tracking gives the same measurement files to several trackers and prints
// what one judge says of them (docs/tracking-files.md).
func tracking(ctx context.Context, s *settings) error {
	if err := tracks(ctx, s.binary); err != nil {
		return err
	}
	kept, err := s.keep(ctx)
	if err != nil {
		return err
	}
	all, err := comparisons(s)
	if err != nil {
		return err
	}
	var failed []error
	for i := range all {
		c := &all[i]
		c.kept = kept
		s.say("tracking %d/%d %s: %d runs", i+1, len(all), c.name(), len(c.runs))
		if err := c.measure(ctx, s); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", c.name(), err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	// All tables together, so that the end of the output is the result.
	for i := range all {
		fmt.Print(all[i].table.String())
	}
	s.verdicts(all)
	failed = append(failed, s.late(ctx), s.crowds(ctx), s.processors(ctx))
	return errors.Join(failed...)
}

// tracks says why the program cannot track a file, if it cannot.
func tracks(ctx context.Context, binary string) error {
	if out, err := exec.CommandContext(ctx, binary, "track", "--help").CombinedOutput(); err != nil {
		return fmt.Errorf("this program cannot track files: run 'make build': %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

// comparison is a scenario with the trackers that follow it.
type comparison struct {
	runs    []scenarios.Scene
	who     []string
	kept    *kept
	label   string // of the results' folder, where it is not the scenario's
	table   strings.Builder
	figures []figure
}

func (c *comparison) name() string { return c.runs[0].Name + c.label }

// figure gives that of a tracker, or nil.
func (c *comparison) figure(tracker string) *figure {
	for i := range c.figures {
		if c.figures[i].Tracker == tracker {
			return &c.figures[i]
		}
	}
	return nil
}

// comparisons are the scenarios that peers can follow in minutes, and what
// belongs to them: all runs for us alone, and the crowd of the ratio.
func comparisons(s *settings) ([]comparison, error) {
	const all = scenarios.CoalescingRuns
	var out []comparison
	for _, of := range []func(run int) (scenarios.Scene, error){
		func(run int) (scenarios.Scene, error) { return scenarios.Coalescing(s.data, run) },
		func(run int) (scenarios.Scene, error) { return scenarios.StarBurst(run), nil },
		func(run int) (scenarios.Scene, error) { return scenarios.Convergence(run), nil },
		func(run int) (scenarios.Scene, error) { return scenarios.Irregular(run, true), nil },
	} {
		var runs []scenarios.Scene
		for run := 1; run <= all; run++ {
			scene, err := of(run)
			if err != nil {
				return nil, err
			}
			runs = append(runs, scene)
		}
		if s.runs < all {
			out = append(out, comparison{runs: runs, who: []string{ours}, label: allRuns})
			runs = runs[:s.runs]
		}
		out = append(out, comparison{runs: runs, who: append(peersOn(runs[0].Name), ours)})
	}
	for recording := 2; recording <= 6; recording++ {
		for _, sensors := range [][]string{{"radar"}, nil} {
			ferry, err := scenarios.Autoferry(s.data, recording, sensors...)
			if err != nil {
				return nil, err
			}
			out = append(out, comparison{runs: []scenarios.Scene{ferry}, who: append(peersOn(ferry.Name), ours)})
		}
	}
	crowd := scenarios.Crowd{Run: 1, Targets: ratioTargets, Spacing: 500, Scans: 8}
	return append(out, comparison{runs: []scenarios.Scene{crowd.Scene()}, who: []string{"stonesoup-gnn", "stonesoup-jpda", ours}}), nil
}

const (
	allRuns      = "-all-runs"
	ratioTargets = 200
)

// peersOn names the peers for a scenario. Multi-frame assignment keeps no
// bound on its hypotheses: it gets the small scenarios only.
func peersOn(scenario string) []string {
	peers := []string{"stonesoup-gnn", "stonesoup-jpda", "stonesoup-lbp"}
	if scenario == "s1" || scenario == "s3" || strings.HasSuffix(scenario, "-radar") {
		peers = append(peers, "stonesoup-mht")
	}
	return peers
}

// measure runs the trackers of a scenario, and the judge. A tracker that fails
// on a run is left out.
func (c *comparison) measure(ctx context.Context, s *settings) error {
	results := filepath.Join(s.work, "results", c.name())
	var failed []error
	for _, tracker := range c.who {
		dir := filepath.Join(results, tracker)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("make a folder for results: %w", err)
		}
		for _, run := range c.runs {
			files, err := run.Write(filepath.Join(s.work, c.name()))
			if err == nil {
				err = s.track(ctx, c.kept, tracker, run.CutOff, files, filepath.Join(dir, fmt.Sprintf("%02d", run.Run)))
			}
			if err != nil {
				failed = append(failed, fmt.Errorf("%s, run %d: %w", tracker, run.Run, err), os.RemoveAll(dir))
				break
			}
		}
		if ctx.Err() != nil {
			return errors.Join(failed...)
		}
	}
	var err error
	c.figures, err = s.judged(ctx, filepath.Join(s.work, c.name(), c.runs[0].Name), results, &c.table)
	return errors.Join(append(failed, err)...)
}

// track runs one tracker over one file; its results and what it says of itself
// get the same name with .jsonl and .log. What a peer made of the same file is
// taken as it was.
func (s *settings) track(ctx context.Context, kept *kept, tracker string, tolerance float64, files scenarios.Files, result string) error {
	kind, peer := strings.CutPrefix(tracker, "stonesoup-")
	if !peer {
		_, _, err := s.own(ctx, s.binary, files, result, []string{"--tolerance", fmt.Sprint(tolerance)})
		return err
	}
	return kept.results(ctx, kind, files, result, func(out string) error {
		s.say("tracking: %s %s, %s", tracker, filepath.Base(filepath.Dir(files.Measurements)), filepath.Base(files.Measurements))
		_, err := runTracker(ctx, []string{python, peerScript, kind, files.Measurements, files.Knowledge, out + ".jsonl"}, out+".log")
		return err
	})
}

// runTracker runs a tracker on one processor, as the peers know no other, and
// gives the command that ended.
func runTracker(ctx context.Context, argv []string, logName string, env ...string) (*exec.Cmd, error) {
	ctx, cancel := context.WithTimeout(ctx, trackerWall)
	defer cancel()
	log, err := os.Create(logName)
	if err != nil {
		return nil, fmt.Errorf("write a log: %w", err)
	}
	bounded := []string{"-c", fmt.Sprintf(`ulimit -t %.0f; exec "$@"`, trackerPatience.Seconds()), "sh"}
	cmd := exec.CommandContext(ctx, "sh", append(bounded, argv...)...)
	cmd.Env = append(append(os.Environ(), "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", "GOMAXPROCS=1"), env...)
	cmd.Stderr = log
	if err := errors.Join(cmd.Run(), log.Close()); err != nil {
		said, _ := os.ReadFile(logName) //nolint:errcheck // only to explain
		lines := strings.Split(strings.TrimSpace(string(said)), "\n")
		return cmd, fmt.Errorf("%w (it may take %s on the processor): %s", err, trackerPatience, lines[len(lines)-1])
	}
	return cmd, nil
}
