package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"atalaya/fuse/metrics"
)

// verdict is what the judge found of a tracker over all runs.
type verdict struct {
	moments   bool // no path and no ospa2
	gospa     metrics.Means
	ospa      float64 // mean of order p, m
	ospa2     float64 // mean of order p over the runs, m
	switches  float64 // a run
	path      float64 // trajectory GOSPA a scan, m
	tooMany   error   // why there is no path
	siap      metrics.SIAP
	elsewhere int       // lines at times that are not judged
	scans     int       // that the tracker took time for
	seconds   float64   // it took
	scanMS    []float64 // sorted
	counted   int       // scans of which the allocations are known
	allocated uint64
}

// score judges the files of a tracker.
func score(cfg metrics.Config, runs []runFile, dir string, moments bool) (*verdict, error) {
	j, err := metrics.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("%w (c in the header of the truth, or -c)", err)
	}
	v := &verdict{moments: moments}
	var parts []metrics.Parts
	var ospa, ospa2, path []float64
	for _, run := range runs {
		p, err := readResults(filepath.Join(dir, run.name+".jsonl"), run.truth)
		if err != nil {
			return nil, err
		}
		scans, elsewhere := p.scans(run.truth)
		v.elsewhere += elsewhere
		for i := range scans {
			parts = append(parts, j.GOSPA(scans[i].Truth, scans[i].Tracks))
			ospa = append(ospa, j.OSPA(scans[i].Truth, scans[i].Tracks))
		}
		v.switches += float64(j.Switches(scans)) / float64(len(runs))
		v.siap.Add(j.SIAP(scans))
		if !moments {
			ospa2 = append(ospa2, j.OSPA2(scans))
		}
		if v.tooMany == nil && !moments {
			t, err := j.Trajectories(scans)
			if err != nil {
				v.tooMany = fmt.Errorf("run %s: %w", run.name, err)
			}
			path = append(path, t.PerScan)
		}
		e, known, err := readEffort(filepath.Join(dir, run.name+".log"))
		if err != nil {
			return nil, err
		}
		if known {
			v.scans += e.Scans
			v.seconds += e.Seconds
			v.scanMS = append(v.scanMS, e.ScanMS...)
			if e.Allocations != nil {
				v.counted += e.Scans
				v.allocated += *e.Allocations
			}
		}
	}
	v.gospa, v.ospa, v.ospa2, v.path = j.Mean(parts), j.MeanOf(ospa), j.MeanOf(ospa2), j.MeanOf(path)
	slices.Sort(v.scanMS)
	return v, nil
}

// table is what the judge prints.
type table struct {
	rows  [][]string
	notes []string
}

func titles() []string {
	return []string{
		"tracker", "GOSPA m", "localisation", "missed", "false", "T-GOSPA m", "switches", "OSPA m", "OSPA(2) m",
		"complete", "ambiguous", "spurious", "position m", "velocity m/s", "changes 1/s", "longest", "ms a scan", "p50", "p99", "allocations",
	}
}

func (t *table) add(tracker string, v *verdict) {
	f := func(x float64) string { return fmt.Sprintf("%.2f", x) }
	path, ospa2 := f(v.path), f(v.ospa2)
	if v.moments {
		path, ospa2 = "-", "-"
	}
	if v.tooMany != nil {
		path = "-"
		t.notes = append(t.notes, fmt.Sprintf("%s: %v", tracker, v.tooMany))
	}
	if v.elsewhere > 0 {
		t.notes = append(t.notes, fmt.Sprintf("%s: %d lines at times that are not judged", tracker, v.elsewhere))
	}
	velocity := "-"
	if v.siap.VelocityKnown > 0 {
		velocity = f(v.siap.VelocityAccuracy())
	}
	took := []string{"-", "-", "-", "-"}
	if v.scans > 0 {
		took[0] = fmt.Sprintf("%.3g", 1000*v.seconds/float64(v.scans))
	}
	if len(v.scanMS) > 0 {
		took[1], took[2] = fmt.Sprintf("%.3g", quantile(v.scanMS, 0.5)), fmt.Sprintf("%.3g", quantile(v.scanMS, 0.99))
	}
	if v.counted > 0 {
		took[3] = fmt.Sprintf("%.3g", float64(v.allocated)/float64(v.counted))
	}
	t.rows = append(t.rows, append([]string{
		tracker, f(v.gospa.Distance), f(v.gospa.Localisation), f(v.gospa.Missed), f(v.gospa.False), path,
		fmt.Sprintf("%.1f", v.switches), f(v.ospa), ospa2,
		f(v.siap.Completeness()), f(v.siap.Ambiguity()), f(v.siap.Spuriousness()), f(v.siap.PositionAccuracy()), velocity,
		fmt.Sprintf("%.4f", v.siap.ChangeRate()), f(v.siap.LongestSegment()),
	}, took...))
}

// quantile of sorted values: the smallest that is not less than the part q.
func quantile(sorted []float64, q float64) float64 {
	n := float64(len(sorted))
	for i, v := range sorted {
		if float64(i+1) >= q*n {
			return v
		}
	}
	return sorted[len(sorted)-1]
}

func (t *table) print(w io.Writer, cfg metrics.Config, runs []runFile) {
	scans := 0
	for _, r := range runs {
		scans += len(r.truth.times)
	}
	gamma := cfg.Gamma
	if gamma == 0 {
		gamma = cfg.C / 10
	}
	fmt.Fprintf(w, "%s: %d runs, %d scans; c = %g m, p = %g, alpha = 2, gamma = %g m\n\n",
		runs[0].truth.header.Scenario, len(runs), scans, cfg.C, cfg.P, gamma)
	lines := append([][]string{titles()}, t.rows...)
	width := make([]int, len(titles()))
	for _, l := range lines {
		for i, c := range l {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	for n, l := range lines {
		for i, c := range l {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c))
			if i == 0 {
				c += pad
			} else {
				c = pad + c
			}
			fmt.Fprintf(w, "| %s ", c)
		}
		fmt.Fprintln(w, "|")
		if n == 0 {
			for i := range l {
				fmt.Fprintf(w, "|%s", strings.Repeat("-", width[i]+2))
			}
			fmt.Fprintln(w, "|")
		}
	}
	if len(t.notes) > 0 {
		fmt.Fprintln(w)
	}
	for _, n := range t.notes {
		fmt.Fprintf(w, "- %s\n", n)
	}
}
