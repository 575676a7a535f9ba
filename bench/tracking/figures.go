package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"

	"atalaya/fuse/metrics"
)

// figure is what the judge found of a tracker, for other programs.
type figure struct {
	Scenario     string  `json:"scenario"`
	Tracker      string  `json:"tracker"`
	Runs         int     `json:"runs"`
	Scans        int     `json:"scans"`   // judged
	Targets      float64 `json:"targets"` // a scan
	GOSPA        float64 `json:"gospa"`   // m, as the parts
	Localisation float64 `json:"localisation"`
	Missed       float64 `json:"missed"`
	False        float64 `json:"false"`
	Switches     float64 `json:"switches"` // a run
	// Known is GOSPA without its false tracks and with each switch at the price
	// gamma: how well what there is was followed, m.
	Known         float64  `json:"known"`
	PositionError float64  `json:"position_error"` // m
	MS            *float64 `json:"ms"`             // a scan
	P50           *float64 `json:"p50_ms"`
	P99           *float64 `json:"p99_ms"`
	Allocations   *float64 `json:"allocations"` // a scan
}

func (v *verdict) figure(tracker string, cfg metrics.Config, runs []runFile) figure {
	f := figure{
		Scenario: runs[0].truth.header.Scenario, Tracker: tracker, Runs: len(runs),
		GOSPA: v.gospa.Distance, Localisation: v.gospa.Localisation, Missed: v.gospa.Missed, False: v.gospa.False,
		Switches: v.switches, PositionError: v.siap.PositionAccuracy(),
	}
	for _, r := range runs {
		f.Scans += len(r.truth.times)
	}
	scans := float64(max(f.Scans, 1))
	f.Targets = float64(v.siap.Targets) / scans
	switches := v.switches * float64(len(runs)) / scans
	power := func(x float64) float64 { return math.Pow(x, cfg.P) }
	f.Known = math.Pow(power(f.Localisation)+power(f.Missed)+switches*power(cmp.Or(cfg.Gamma, cfg.C/10)), 1/cfg.P)
	if v.scans > 0 {
		f.MS = new(1000 * v.seconds / float64(v.scans))
	}
	if len(v.scanMS) > 0 {
		f.P50, f.P99 = new(quantile(v.scanMS, 0.5)), new(quantile(v.scanMS, 0.99))
	}
	if v.counted > 0 {
		f.Allocations = new(float64(v.allocated) / float64(v.counted))
	}
	return f
}

func writeFigures(name string, all []figure) error {
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	e := json.NewEncoder(f)
	for i := range all {
		err = errors.Join(err, e.Encode(&all[i]))
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write figures to %s: %w", name, err)
	}
	return nil
}
