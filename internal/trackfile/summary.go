package trackfile

import (
	"encoding/json"
	"fmt"
	"io"
)

// Summary is what a tracker did: the last line on standard error.
type Summary struct {
	Scans      int `json:"scans"`      // that were used, late ones too
	Detections int `json:"detections"` // of those scans
	Tracks     int `json:"tracks"`     // lines written
	// Seconds is the time spent tracking, without start and reading of files,
	// CPUSeconds that of all processors together.
	Seconds    float64 `json:"seconds"`
	CPUSeconds float64 `json:"cpu_seconds"`
	// ScanMS and ScanCPUMS are the same of each scan, in milliseconds.
	ScanMS    []float64 `json:"scan_ms,omitempty"`
	ScanCPUMS []float64 `json:"scan_cpu_ms,omitempty"`
	// Allocations counts what tracking put on the heap.
	Allocations uint64 `json:"allocations"`
	// Hash is that of the file of tracks, SHA-256.
	Hash string `json:"hash"`
	// Late are the scans that came after one measured later; TooLate those of
	// them that came too late to change what is known.
	Late    int `json:"late"`
	TooLate int `json:"too_late"`
	// Shed counts what was left out to keep up, by kind.
	Shed map[string]int64 `json:"shed"`
	// BadLines are those of the measurements that could not be used.
	BadLines int `json:"bad_lines"`
	// Biases are those of the sensors that may have one.
	Biases map[string]Bias `json:"biases,omitempty"`
}

// Bias is by how much a sensor measures too much, with standard deviations.
type Bias struct {
	// State is "learning", "steady", or "frozen" where the targets that should
	// teach it are in doubt.
	State     string  `json:"state"`
	Pairs     int     `json:"pairs"`   // of a detection and a target's own report, that were used
	Refused   int     `json:"refused"` // implausible ones, or of dishonest targets
	Last      float64 `json:"last"`    // time of the last used, s; 0 if there is none
	Bearing   float64 `json:"bearing"` // degrees, clockwise
	BearingSD float64 `json:"bearing_sd"`
	Range     float64 `json:"range"` // m
	RangeSD   float64 `json:"range_sd"`
	Time      float64 `json:"time"` // s, what it says less what it is
	TimeSD    float64 `json:"time_sd"`
}

// Write writes the line.
func (s Summary) Write(w io.Writer) error {
	if s.Shed == nil {
		s.Shed = map[string]int64{}
	}
	b, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("sum up: %w", err)
	}
	if _, err := w.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("sum up: %w", err)
	}
	return nil
}
