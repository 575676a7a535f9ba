// Package scenarios makes what multi-target trackers are compared on: a
// measurement file, the truth, and what a tracker may know beforehand. The same
// call gives the same bytes everywhere.
package scenarios

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/BurntSushi/toml"

	"atalaya/internal/trackfile"
)

// Scan is a line of a measurement file: what one sensor said of one moment.
// Positions are metres, x east and y north.
type Scan struct {
	Sensor  string  `json:"sensor"`
	Time    float64 `json:"time"`    // s
	Arrival float64 `json:"arrival"` // s, not before Time
	// Platform is where the sensor was, when it moves.
	Platform []float64 `json:"platform,omitempty"`
	// Sector is what was looked at: from and to, degrees from north, and metres.
	Sector     []float64   `json:"sector,omitempty"`
	Detections []Detection `json:"detections"`
}

// Detection is a position, a range and bearing, or a bearing alone.
type Detection struct {
	Pos       []float64   `json:"pos,omitempty"`
	Cov       [][]float64 `json:"cov,omitempty"` // m2
	Range     *float64    `json:"range,omitempty"`
	Bearing   *float64    `json:"bearing,omitempty"` // degrees from north, clockwise
	RangeSD   float64     `json:"range_sd,omitempty"`
	BearingSD float64     `json:"bearing_sd,omitempty"` // degrees
	Speed     *float64    `json:"speed,omitempty"`      // m/s
	Course    *float64    `json:"course,omitempty"`     // degrees
	Claim     string      `json:"claim,omitempty"`
}

// Truth is a line of a truth file: one target at the time of a scan.
type Truth struct {
	Time float64   `json:"time"`
	ID   string    `json:"id"`
	Pos  []float64 `json:"pos"`
	Vel  []float64 `json:"vel"`
}

// Sink takes a scenario as it is made: scans in the order of their arrival,
// truth in the order of time.
type Sink interface {
	Scan(s Scan) error
	Truth(t Truth) error
}

// Scene is one run of a scenario.
type Scene struct {
	Name string
	Run  int // from 1; what is drawn at random is drawn from it
	// CutOff is the error that is as bad as not to know a target, metres.
	CutOff    float64
	Knowledge trackfile.Knowledge
	// Make gives the run to a sink, each time the same.
	Make func(to Sink) error
}

// Files are the files of a run; the knowledge is the same for all runs.
type Files struct{ Measurements, Truth, Knowledge string }

// In names the files of the run in the folder of the scenarios.
func (s Scene) In(dir string) Files {
	at := filepath.Join(dir, s.Name)
	run := filepath.Join(at, fmt.Sprintf("%02d", s.Run))
	return Files{run + ".measurements.jsonl", run + ".truth.jsonl", filepath.Join(at, "knowledge.toml")}
}

// Write writes the files of the run.
func (s Scene) Write(dir string) (Files, error) {
	names := s.In(dir)
	if err := os.MkdirAll(filepath.Dir(names.Truth), 0o755); err != nil {
		return names, fmt.Errorf("write a scenario: %w", err)
	}
	err := create(names.Knowledge, func(w io.Writer) error { return toml.NewEncoder(w).Encode(s.Knowledge) })
	if err != nil {
		return names, err
	}
	return names, create(names.Measurements, func(measurements io.Writer) error {
		return create(names.Truth, func(truth io.Writer) error { return s.encode(measurements, truth) })
	})
}

// encode writes the run as JSON lines (docs/tracking-files.md).
func (s Scene) encode(measurements, truth io.Writer) error {
	to := lines{json.NewEncoder(measurements), json.NewEncoder(truth)}
	h := header{Frame: planar, Scenario: s.Name, Run: s.Run}
	if err := to.measurements.Encode(first{h}); err != nil {
		return err
	}
	h.CutOff = s.CutOff
	if err := to.truth.Encode(first{h}); err != nil {
		return err
	}
	return s.Make(to)
}

func create(name string, fill func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("write a scenario: %w", err)
	}
	w := bufio.NewWriter(f)
	if err := errors.Join(fill(w), w.Flush(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// first is the first line of a file.
type first struct {
	Header header `json:"header"`
}

type header struct {
	Frame    string  `json:"frame"`
	Scenario string  `json:"scenario"`
	Run      int     `json:"run"`
	CutOff   float64 `json:"c,omitempty"`
}

const planar = "planar"

// lines writes a scenario as JSON lines.
type lines struct{ measurements, truth *json.Encoder }

func (l lines) Scan(s Scan) error {
	if s.Detections == nil {
		s.Detections = []Detection{} // a scan that saw nothing is evidence
	}
	return l.measurements.Encode(s)
}

func (l lines) Truth(t Truth) error { return l.truth.Encode(t) }
