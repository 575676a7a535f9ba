package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"atalaya/fuse/metrics"
	"atalaya/geo"
)

const truthEnd = ".truth.jsonl"

// maxLine bounds a line of a file; one with a 6x6 covariance has about 1 kB.
const maxLine = 1 << 20

// header is the first line of a file.
type header struct {
	Frame    string  `json:"frame"`
	Scenario string  `json:"scenario"`
	CutOff   float64 `json:"c"` // m
}

// line is a target or a track at a time, or a header.
type line struct {
	Header *header   `json:"header"`
	Time   *float64  `json:"time"`
	ID     string    `json:"id"`
	Pos    []float64 `json:"pos"`
	Vel    []float64 `json:"vel"`
}

// moment is a time in microseconds: nearer times are one.
type moment int64

// picture is a file of truth or of results.
type picture struct {
	header header
	times  []moment // in order
	at     map[moment][]metrics.State
	plane  *geo.Plane      // of wgs84: touches at the first position of the truth
	seen   map[string]bool // ids at the time of the last line
}

// runFile is a run of a scenario.
type runFile struct {
	name  string // "01"
	truth *picture
}

// readScenario reads the truth of all runs.
func readScenario(dir string) ([]runFile, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*"+truthEnd))
	if err != nil {
		return nil, fmt.Errorf("look for truth in %s: %w", dir, err)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("look for truth: %s holds no file 01%s; 'make' writes them", dir, truthEnd)
	}
	var out []runFile
	for _, name := range names { // sorted
		p := &picture{}
		if err := p.read(name); err != nil {
			return nil, err
		}
		if p.header.Frame == "" {
			return nil, fmt.Errorf("read %s: its first line is no header: begin it with {\"header\":{\"frame\":\"planar\"}}", name)
		}
		out = append(out, runFile{strings.TrimSuffix(filepath.Base(name), truthEnd), p})
	}
	return out, nil
}

// readResults reads what a tracker reported of a run.
func readResults(name string, truth *picture) (*picture, error) {
	p := &picture{header: header{Frame: truth.header.Frame}, plane: truth.plane}
	return p, p.read(name)
}

func (p *picture) read(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("read a picture: %w", err)
	}
	defer f.Close()
	p.at = map[moment][]metrics.State{}
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, maxLine)
	n := 0
	for sc.Scan() {
		n++
		var l line
		err := json.Unmarshal(sc.Bytes(), &l)
		if err == nil {
			err = p.take(&l, n == 1)
		}
		if err != nil {
			return fmt.Errorf("read %s, line %d: %w", name, n, err)
		}
	}
	if err := sc.Err(); err != nil {
		return fmt.Errorf("read %s after line %d: %w", name, n, err)
	}
	return nil
}

func (p *picture) take(l *line, first bool) error {
	if l.Header != nil {
		switch {
		case !first:
			return errors.New("a header stands in the first line only")
		case l.Header.Frame != "planar" && l.Header.Frame != "wgs84":
			return fmt.Errorf("frame %q is unknown: planar or wgs84", l.Header.Frame)
		case p.header.Frame != "" && p.header.Frame != l.Header.Frame:
			return fmt.Errorf("frame %q is not that of the truth, %q", l.Header.Frame, p.header.Frame)
		}
		p.header = *l.Header
		return nil
	}
	if l.Time == nil || math.Abs(*l.Time) > 1e12 {
		return errors.New("time is missing or beyond 1e12 s")
	}
	at := moment(math.Round(*l.Time * 1e6))
	if len(p.times) > 0 && at < p.times[len(p.times)-1] {
		return fmt.Errorf("time %g is before that of an earlier line: write in time order", *l.Time)
	}
	if len(p.times) == 0 || at > p.times[len(p.times)-1] {
		p.times, p.seen = append(p.times, at), map[string]bool{}
	}
	if l.ID == "" && l.Pos == nil {
		return nil // nothing lives at that time
	}
	s, err := p.state(l)
	if err != nil {
		return err
	}
	if p.seen[s.ID] {
		return fmt.Errorf("id %q comes twice at time %g: write each once a time, after all scans of that time", s.ID, *l.Time)
	}
	p.seen[s.ID] = true
	p.at[at] = append(p.at[at], s)
	return nil
}

func (p *picture) state(l *line) (metrics.State, error) {
	s := metrics.State{ID: l.ID}
	switch {
	case l.ID == "":
		return s, errors.New("id is missing")
	case len(l.Pos) < 2 || len(l.Pos) > 3:
		return s, fmt.Errorf("pos has %d values: two or three", len(l.Pos))
	case l.Vel != nil && (len(l.Vel) < 2 || len(l.Vel) > 3):
		return s, fmt.Errorf("vel has %d values: two or three, or leave it out", len(l.Vel))
	}
	s.Pos[0], s.Pos[1] = l.Pos[0], l.Pos[1]
	if p.header.Frame == "wgs84" {
		at := geo.Position{Lat: l.Pos[1], Lon: l.Pos[0]}
		if !at.Valid() {
			return s, fmt.Errorf("pos %g, %g is no longitude and latitude in degrees", l.Pos[0], l.Pos[1])
		}
		if p.plane == nil {
			plane := geo.NewPlane(at)
			p.plane = &plane
		}
		s.Pos[0], s.Pos[1] = p.plane.XY(at)
	}
	if l.Vel != nil {
		s.Vel[0], s.Vel[1], s.HasVel = l.Vel[0], l.Vel[1], true
	}
	return s, nil
}

// scans sets a picture beside the truth at the times of the truth, and counts
// what was reported at other times.
func (p *picture) scans(truth *picture) (out []metrics.Scan, elsewhere int) {
	for _, at := range truth.times {
		out = append(out, metrics.Scan{Time: float64(at) / 1e6, Truth: truth.at[at], Tracks: p.at[at]})
	}
	for _, at := range p.times {
		if _, judged := slices.BinarySearch(truth.times, at); !judged {
			elsewhere += len(p.at[at])
		}
	}
	return out, elsewhere
}

// effort is the last line of what a tracker writes to standard error.
type effort struct {
	Scans   int       `json:"scans"`
	Seconds float64   `json:"seconds"`
	ScanMS  []float64 `json:"scan_ms"`
	// Of all processors together, if the tracker says so.
	CPUSeconds  *float64  `json:"cpu_seconds"`
	ScanCPUMS   []float64 `json:"scan_cpu_ms"`
	Allocations *uint64   `json:"allocations"`
}

// onProcessors takes the time of the processors for that of the clock where it
// is known: it depends less on what else the machine does.
func (e *effort) onProcessors() {
	if e.CPUSeconds != nil {
		e.Seconds, e.ScanMS = *e.CPUSeconds, e.ScanCPUMS
	}
}

// readEffort gives the effort, and whether the file is there.
func readEffort(name string) (e effort, known bool, err error) {
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return e, false, nil
	}
	if err != nil {
		return e, false, fmt.Errorf("read what a tracker took: %w", err)
	}
	b = bytes.TrimSpace(b)
	if err := json.Unmarshal(b[bytes.LastIndexByte(b, '\n')+1:], &e); err != nil || e.Scans < 1 || e.Seconds < 0 {
		return e, false, fmt.Errorf("read %s: its last line is no JSON object with scans and seconds: save the tracker's standard error there", name)
	}
	e.onProcessors()
	return e, true, nil
}
