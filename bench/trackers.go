package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"atalaya/bench/tracking/scenarios"
)

// figure is what the judge writes of a tracker (bench/tracking).
type figure struct {
	Tracker       string
	Runs          int
	Targets       float64
	GOSPA         float64
	Localisation  float64
	Missed, False float64
	Switches      float64
	Known         float64
	PositionError float64 `json:"position_error"`
	MS            float64
	P50           float64 `json:"p50_ms"`
	P99           float64 `json:"p99_ms"`
	Allocations   float64
}

// judged has a folder of results judged: the table goes to out.
func (s *settings) judged(ctx context.Context, scenario, results string, out io.Writer, flags ...string) (all []figure, err error) {
	name := filepath.Join(s.work, "figures")
	cmd := exec.CommandContext(ctx, judge, slices.Concat([]string{"judge", "-json", name}, flags, []string{scenario, results})...)
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	fmt.Fprintln(out)
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("judge: %w", err)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read the judge's figures: %w", err)
	}
	defer f.Close()
	for d := json.NewDecoder(f); ; {
		var one figure
		if err := d.Decode(&one); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("read the judge's figures: %w", err)
		}
		all = append(all, one)
	}
}

const trackingCommand = "bench/run.sh tracking"

// s1Bar is the RMS GOSPA of S1 in metres that ours is to be below.
const s1Bar = 3.22

// verdicts sets ours beside the bars and the best of the peers.
func (s *settings) verdicts(all []comparison) {
	fmt.Printf("\n%-22s %-15s %4s %9s %9s %9s %9s %9s %9s %12s\n",
		"scenario", "tracker", "runs", "GOSPA m", "localis.", "missed", "false", "switches", "no false*", "CPU s a scan")
	for i := range all {
		for _, f := range all[i].figures {
			fmt.Printf("%-22s %-15s %4d %9.2f %9.2f %9.2f %9.2f %9.1f %9.2f %12.3g\n",
				all[i].name(), f.Tracker, f.Runs, f.GOSPA, f.Localisation, f.Missed, f.False, f.Switches, f.Known, f.MS/1e3)
		}
	}
	fmt.Print("* localisation, missed and switches, each at a tenth of the cut-off\n\n")
	for i := range all {
		c := &all[i]
		mine := c.figure(ours)
		if mine == nil {
			continue
		}
		switch name := c.runs[0].Name; {
		case name == "s1" && mine.Runs == scenarios.CoalescingRuns:
			s.table.row("S1, RMS GOSPA over 20 runs, m", number(mine.GOSPA), number(s1Bar), holds(mine.GOSPA, s1Bar), trackingCommand)
		case strings.HasPrefix(name, "autoferry"):
			if best := c.best(); best != nil {
				s.table.row(name+", GOSPA without false tracks, m", number(mine.Known), number(best.Known)+" "+best.Tracker, holds(mine.Known, best.Known), trackingCommand)
			}
		case strings.HasPrefix(name, "s6-"):
			for _, f := range c.figures {
				if f.Tracker != ours {
					s.table.row(fmt.Sprintf("%d targets, CPU a scan, ms", ratioTargets), number(mine.MS), number(f.MS)+" "+f.Tracker, number(f.MS/mine.MS), trackingCommand)
				}
			}
		}
	}
}

// best is the peer that follows best what there is.
func (c *comparison) best() (best *figure) {
	for i := range c.figures {
		if f := &c.figures[i]; f.Tracker != ours && (best == nil || f.Known < best.Known) {
			best = f
		}
	}
	return best
}

// summary is what we say of a run.
type summary struct {
	Scans, Detections, Tracks int
	Hash                      string
	ScanCPUMS                 []float64 `json:"scan_cpu_ms"`
	Shed                      map[string]int64
}

// own runs a build of ours, and gives what it says and its memory at most.
func (s *settings) own(ctx context.Context, binary string, files scenarios.Files, result string, flags []string, env ...string) (sum summary, peak float64, err error) {
	argv := append([]string{binary, "track", files.Measurements, "-o", result + ".jsonl", "--config", files.Knowledge}, flags...)
	cmd, err := runTracker(ctx, argv, result+".log", env...)
	if err != nil {
		return sum, 0, err
	}
	if used, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		peak = 1024 * float64(used.Maxrss) // kB, getrusage(2)
	}
	said, err := os.ReadFile(result + ".log")
	if err != nil {
		return sum, 0, fmt.Errorf("read what we say of a run: %w", err)
	}
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &sum); err != nil {
		return sum, 0, fmt.Errorf("read what we say of a run: %w", err)
	}
	return sum, peak, nil
}

// late tracks S5 with each fifth scan late, and in order: the same bytes.
func (s *settings) late(ctx context.Context) error {
	same := 0
	for run := 1; run <= scenarios.CoalescingRuns; run++ {
		var hashes [2]string
		for i, late := range []bool{true, false} {
			files, err := scenarios.Irregular(run, late).Write(s.work)
			if err != nil {
				return err
			}
			sum, _, err := s.own(ctx, s.binary, files, filepath.Join(s.work, "late"), []string{"--lag", "30s"})
			if err != nil {
				return err
			}
			hashes[i] = sum.Hash
		}
		if hashes[0] == hashes[1] {
			same++
		}
	}
	s.table.row("S5, runs with the bytes of the run in order", fmt.Sprint(same), fmt.Sprint(scenarios.CoalescingRuns), verdict(same == scenarios.CoalescingRuns), trackingCommand)
	return nil
}

func verdict(ok bool) string {
	if ok {
		return "holds"
	}
	return "MISSED"
}

// processors tracks with builds for old and new processors, on one and on two.
func (s *settings) processors(ctx context.Context) error {
	crowd := scenarios.Crowd{Run: 1, Targets: 1000, Spacing: 500, Scans: 6, Late: true}
	hashes := map[string]string{}
	for _, level := range []string{"v1", "v3"} {
		binary := filepath.Join(s.work, "atalaya-"+level)
		build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/atalaya")
		build.Env = append(os.Environ(), "GOAMD64="+level)
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("build for GOAMD64=%s: %w: %s", level, err, out)
		}
		for _, scene := range []scenarios.Scene{scenarios.Convergence(1), crowd.Scene()} {
			files, err := scene.Write(s.work)
			if err != nil {
				return err
			}
			for _, processors := range []string{"1", "2"} {
				sum, _, err := s.own(ctx, binary, files, filepath.Join(s.work, "same"), nil, "GOMAXPROCS="+processors)
				if err != nil {
					return fmt.Errorf("GOAMD64=%s: %w", level, err)
				}
				if first, ok := hashes[scene.Name]; ok && first != sum.Hash {
					s.table.row("same bytes under GOAMD64=v1 and v3, one processor and two", "differ", "same", "MISSED", trackingCommand)
					return nil
				}
				hashes[scene.Name] = sum.Hash
			}
		}
	}
	s.table.row("same bytes under GOAMD64=v1 and v3, one processor and two", "same", "same", "holds", trackingCommand)
	return nil
}

// crowds tracks S6, which no peer can follow.
func (s *settings) crowds(ctx context.Context) error {
	const scans = 8
	var failed []error
	fmt.Printf("\nS6, ours: %d scans of the radar, AIS and bearings beside; CPU time of one look of the radar\n\n", scans)
	fmt.Printf("%8s %9s %12s %8s %8s %12s %10s %10s %10s %12s %10s %s\n",
		"targets", "spacing m", "GOSPA m", "error m", "missed %", "false %", "switches %", "p50 ms", "p99 ms", "allocations", "memory", "shed")
	for _, targets := range s.crowded {
		for _, spacing := range []float64{100, 500, 2000} {
			if err := s.oneCrowd(ctx, scenarios.Crowd{Run: 1, Targets: targets, Spacing: spacing, Scans: scans, Late: true}); err != nil {
				failed = append(failed, fmt.Errorf("%d targets at %g m: %w", targets, spacing, err))
			}
		}
	}
	fmt.Println()
	return errors.Join(failed...)
}

func (s *settings) oneCrowd(ctx context.Context, crowd scenarios.Crowd) error {
	scene := crowd.Scene()
	s.say("tracking %s", scene.Name)
	files, err := scene.Write(s.work)
	if err != nil {
		return err
	}
	results := filepath.Join(s.work, "results", scene.Name)
	defer os.RemoveAll(results)                          //nolint:errcheck // the folder of the run goes with it
	defer os.RemoveAll(filepath.Dir(files.Measurements)) //nolint:errcheck // as above
	if err := os.MkdirAll(filepath.Join(results, ours), 0o755); err != nil {
		return fmt.Errorf("make a folder for results: %w", err)
	}
	sum, peak, err := s.own(ctx, s.binary, files, filepath.Join(results, ours, "01"), []string{"--tolerance", fmt.Sprint(scene.CutOff)})
	if err != nil {
		return err
	}
	all, err := s.judged(ctx, filepath.Dir(files.Measurements), results, io.Discard, "-moments")
	if err != nil {
		return err
	}
	looks, err := ofSensor(files.Measurements, "radar", sum.ScanCPUMS)
	if err != nil {
		return err
	}
	f := all[0]
	share := func(x float64) float64 { return 100 * x * x / (scene.CutOff * scene.CutOff / 2) / f.Targets }
	fmt.Printf("%8d %9g %12.1f %8.2f %8.2f %12.2f %10.2f %10.3g %10.3g %12.0f %10s %v\n", crowd.Targets, crowd.Spacing, f.GOSPA, f.PositionError,
		share(f.Missed), share(f.False), 100*f.Switches/f.Targets, quantile(looks, 0.5), quantile(looks, 0.99), f.Allocations, megabytes(peak), sum.Shed)
	return nil
}

// ofSensor gives the values, one a scan, that belong to a sensor.
func ofSensor(measurements, sensor string, values []float64) (out []float64, err error) {
	f, err := os.Open(measurements)
	if err != nil {
		return nil, fmt.Errorf("read whose the scans are: %w", err)
	}
	defer f.Close()
	begins := fmt.Sprintf(`{"sensor":%q,`, sensor)
	in := bufio.NewReader(f)
	for n := -1; ; n++ { // the first line is the header
		begin, err := in.Peek(len(begins))
		if err == nil && n >= 0 && n < len(values) && string(begin) == begins {
			out = append(out, values[n])
		}
		for more := true; more; {
			_, more, err = in.ReadLine()
			if errors.Is(err, io.EOF) {
				return out, nil
			}
			if err != nil {
				return nil, fmt.Errorf("read whose the scans are: %w", err)
			}
		}
	}
}
