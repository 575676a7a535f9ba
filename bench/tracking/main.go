// Command tracking compares trackers on files (docs/tracking-files.md): it
// makes the files of a scenario, and judges what trackers made of them.
//
//	go run ./bench/tracking make [-runs N] [-o FOLDER] s1 s3 s4 s5 s5-inorder s6 autoferry2
//	go run ./bench/tracking judge [-c METRES] [-p ORDER] [-gamma METRES] [-moments] [-json FILE] SCENARIO RESULTS
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"atalaya/bench/tracking/scenarios"
	"atalaya/fuse/metrics"
)

func main() {
	err := run(os.Args[1:], os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tracking:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) > 0 {
		switch args[0] {
		case "make":
			return makeFiles(args[1:], out)
		case "judge":
			return judgeFiles(args[1:], out)
		}
	}
	return errors.New("say what to do: 'make' the files of scenarios, or 'judge' results (docs/tracking-files.md)")
}

func makeFiles(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("make", flag.ContinueOnError)
	data := flags.String("data", os.Getenv("ATALAYA_DATA"), "folder of the recorded data")
	dir := flags.String("o", ".", "folder in which each scenario gets a folder")
	runs := flags.Int("runs", scenarios.CoalescingRuns, "runs of a scenario; a recording has one, a crowd too")
	targets := flags.Int("targets", 1000, "targets of s6")
	spacing := flags.Float64("spacing", 500, "metres between the targets of s6")
	scans := flags.Int("scans", 20, "scans of the radar of s6")
	inOrder := flags.Bool("inorder", false, "no scan of s6 comes late")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("command line: %w", err)
	}
	if *data == "" {
		*data = filepath.Join("..", "shared", "data")
	}
	if *runs < 1 || *targets < 1 || *scans < 1 || *spacing <= 0 {
		return errors.New("runs, targets, spacing and scans are above nothing")
	}
	crowd := scenarios.Crowd{Run: 1, Targets: *targets, Spacing: *spacing, Scans: *scans, Late: !*inOrder}
	for _, name := range flags.Args() {
		all := min(*runs, scenarios.CoalescingRuns)
		if strings.HasPrefix(name, "autoferry") || name == "s6" {
			all = 1
		}
		for n := 1; n <= all; n++ {
			s, err := scene(name, *data, n, crowd)
			if err != nil {
				return err
			}
			files, err := s.Write(*dir)
			if err != nil {
				return err
			}
			fmt.Fprintln(out, files.Measurements)
		}
	}
	if flags.NArg() == 0 {
		return errors.New("name scenarios: s1, s3, s4, s5, s5-inorder, s6, autoferry2 to autoferry6, autoferry2-radar")
	}
	return nil
}

func scene(name, data string, n int, crowd scenarios.Crowd) (scenarios.Scene, error) {
	switch name {
	case "s1":
		return scenarios.Coalescing(data, n)
	case "s3":
		return scenarios.StarBurst(n), nil
	case "s4":
		return scenarios.Convergence(n), nil
	case "s5":
		return scenarios.Irregular(n, true), nil
	case "s5-inorder":
		return scenarios.Irregular(n, false), nil
	case "s6":
		return crowd.Scene(), nil
	}
	var recording int
	base, sensor, one := strings.Cut(name, "-")
	if _, err := fmt.Sscanf(base, "autoferry%d", &recording); err != nil {
		return scenarios.Scene{}, fmt.Errorf("scenario %q is unknown: s1, s3, s4, s5, s5-inorder, s6, autoferry2 to autoferry6, autoferry2-radar", name)
	}
	if one {
		return scenarios.Autoferry(data, recording, sensor)
	}
	return scenarios.Autoferry(data, recording)
}

func judgeFiles(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("judge", flag.ContinueOnError)
	var cfg metrics.Config
	flags.Float64Var(&cfg.C, "c", 0, "cut-off of the metrics in metres; 0: that of the truth's header")
	flags.Float64Var(&cfg.P, "p", 2, "order of the metrics")
	flags.Float64Var(&cfg.Gamma, "gamma", 0, "price of a switch in trajectory GOSPA in metres; 0: a tenth of the cut-off")
	moments := flags.Bool("moments", false, "judge moments only, which takes memory for one run's files and no more: no T-GOSPA, no OSPA(2)")
	asJSON := flags.String("json", "", "write the figures to this file too, a line a tracker")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("command line: %w", err)
	}
	if flags.NArg() != 2 {
		return errors.New("give the folder of a scenario and the folder of the results, which holds a folder a tracker")
	}
	runs, err := readScenario(flags.Arg(0))
	if err != nil {
		return err
	}
	if cfg.C == 0 {
		cfg.C = runs[0].truth.header.CutOff
	}
	trackers, err := folders(flags.Arg(1))
	if err != nil {
		return err
	}
	var t table
	var failed []error
	var figures []figure
	for _, tracker := range trackers {
		s, err := score(cfg, runs, filepath.Join(flags.Arg(1), tracker), *moments)
		if err != nil {
			// The others are still worth their row.
			failed = append(failed, fmt.Errorf("%s: %w", tracker, err))
			continue
		}
		t.add(tracker, s)
		figures = append(figures, s.figure(tracker, cfg, runs))
	}
	if len(t.rows) > 0 {
		t.print(out, cfg, runs)
	}
	if *asJSON != "" {
		failed = append(failed, writeFigures(*asJSON, figures))
	}
	return errors.Join(failed...)
}

// folders gives the names of the folders in dir.
func folders(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("look for results: %w", err)
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() {
			out = append(out, e.Name())
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("look for results: %s holds no folder; each tracker has one", dir)
	}
	return out, nil
}
