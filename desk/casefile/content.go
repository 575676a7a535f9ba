package casefile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"atalaya/desk"
	"atalaya/desk/casework"
	"atalaya/obs"
	"atalaya/track"
	"atalaya/watch"
)

// FormatName is what the format is called; it changes when a reader of the one
// before would read it wrongly.
const FormatName = "atalaya-case-1"

// Bounds of one export. A case may have 200 pieces of evidence.
const (
	maxPoints       = 10_000  // that are read at once; a day of a track has 86,400
	maxAllPoints    = 100_000 // of all tracks
	maxObservations = 5000
	// around is how much of a track's past belongs to a finding.
	around = 30 * time.Minute
)

// Manifest names everything in a file with its hash.
type Manifest struct {
	Format      string    `json:"format"`
	Export      string    `json:"export"`
	Case        string    `json:"case"`
	CaseVersion uint64    `json:"case_version"` // of the case that is in the file
	Made        time.Time `json:"made"`
	By          desk.Who  `json:"by"`
	Program     string    `json:"program"` // its version
	Exercise    bool      `json:"exercise"`
	Items       []Listed  `json:"items"`
	Missing     []Missing `json:"missing,omitempty"`
}

// Listed is an item as the manifest names it.
type Listed struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	SHA256 string `json:"sha256"`
}

// Missing is what belongs to the case and is not in the file.
type Missing struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// piece is one piece of evidence, with what is known of it.
type piece struct {
	Number   int               `json:"number"` // in the order of entering, from 1
	Entered  time.Time         `json:"entered"`
	By       desk.Who          `json:"by"`
	Evidence casework.Evidence `json:"evidence"` // as it was entered, with what was there then

	Alert   *desk.Alert          `json:"alert,omitempty"`
	Finding *watch.Finding       `json:"finding,omitempty"`
	Report  *casework.ReportFile `json:"report,omitempty"`
	Task    *casework.Task       `json:"task,omitempty"`
	// Seen is what an observation said.
	Seen *obs.Observation `json:"observation,omitempty"`
	Path *path            `json:"path,omitempty"`
}

// path is where a track was.
type path struct {
	Track track.ID  `json:"track"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to"` // not included
	// Known counts the points that are known; more than these where there was
	// no room for all: then these are evenly spread.
	Known  int                  `json:"known"`
	Points []casework.PastPoint `json:"points"` // oldest first
}

// judged gives the finding that the piece is about.
func (p *piece) judged() *watch.Finding {
	if p.Alert != nil {
		return &p.Alert.Finding
	}
	return p.Finding
}

// content is everything that goes into a file.
type content struct {
	file         casework.CaseFile
	pieces       []piece
	observations []obs.Observation // on which the evidence rests
	missing      []Missing
}

// gather looks everything up.
func (s *Service) gather(ctx context.Context, c casework.CaseFile) (*content, error) {
	out := &content{file: c}
	tracks := 0
	for _, e := range c.Entries {
		for _, x := range e.Evidence {
			p := piece{Number: len(out.pieces) + 1, Entered: e.At, By: e.Who, Evidence: x}
			if err := s.lookUp(ctx, &p); err != nil {
				if !errors.Is(err, desk.ErrNotFound) {
					return nil, fmt.Errorf("evidence %d: %w", p.Number, err)
				}
				out.missing = append(out.missing, Missing{p.name(), err.Error()})
			}
			if p.Path != nil {
				tracks++
			}
			out.pieces = append(out.pieces, p)
		}
	}
	for i := range out.pieces {
		if err := s.walk(ctx, &out.pieces[i], maxAllPoints/max(1, tracks)); err != nil {
			return nil, fmt.Errorf("evidence %d: %w", i+1, err)
		}
	}
	return out, s.restsOn(ctx, out)
}

func (p *piece) name() string { return fmt.Sprintf("evidence/%d", p.Number) }

// lookUp finds what a piece is about, and which part of which track's past
// belongs to it.
func (s *Service) lookUp(ctx context.Context, p *piece) error {
	e := &p.Evidence
	switch e.Kind {
	case casework.OfTrack:
		p.Path = &path{Track: e.Track, From: e.From, To: e.To}
	case casework.OfAlert:
		a, err := s.cfg.Alerts.Alert(ctx, desk.AlertID(e.ID))
		if err != nil {
			return err
		}
		p.Alert = &a
	case casework.OfFinding:
		f, err := s.cfg.Picture.Finding(ctx, e.ID)
		if err != nil {
			return err
		}
		p.Finding = &f
	case casework.OfReport:
		r, err := s.cfg.Cases.Report(ctx, e.ID)
		if err != nil {
			return err
		}
		p.Report = &r
	case casework.OfTask:
		t, err := s.cfg.Cases.Task(ctx, e.ID)
		if err != nil {
			return err
		}
		p.Task = &t
	case casework.OfObservation:
		o, err := s.cfg.Picture.Observation(ctx, e.Observation)
		if err != nil {
			return err
		}
		p.Seen = &o
	}
	if f := p.judged(); f != nil && f.Track != 0 {
		p.Path = &path{Track: f.Track, From: f.Time.Add(-around), To: f.Time.Add(around)}
	}
	return nil
}

// walk reads where the piece's track was.
func (s *Service) walk(ctx context.Context, p *piece, most int) error {
	if p.Path == nil {
		return nil
	}
	var all []casework.PastPoint
	for span := (desk.TrackSpan{Track: p.Path.Track, From: p.Path.From, To: p.Path.To}); ; {
		points, err := s.cfg.Picture.Past(ctx, span, maxPoints)
		if err != nil {
			return err
		}
		all = append(all, points...)
		if len(points) < maxPoints {
			break
		}
		span.From = points[len(points)-1].Time.Add(1)
	}
	p.Path.Known, p.Path.Points = len(all), spread(all, most)
	return nil
}

// spread chooses at most so many points, evenly, the first and the last among
// them.
func spread(points []casework.PastPoint, most int) []casework.PastPoint {
	if len(points) <= most {
		return points
	}
	out := make([]casework.PastPoint, most)
	for i := range out {
		out[i] = points[i*(len(points)-1)/max(1, most-1)]
	}
	return out
}

// restsOn reads the observations on which the evidence rests, in the order of
// entering.
func (s *Service) restsOn(ctx context.Context, c *content) error {
	seen := map[uint64]bool{}
	left := 0
	for i := range c.pieces {
		p := &c.pieces[i]
		var inputs []uint64
		if p.Evidence.Taken != nil {
			inputs = append(inputs, p.Evidence.Taken.Inputs...)
		}
		if f := p.judged(); f != nil {
			inputs = append(inputs, f.Inputs...)
		}
		for _, seq := range inputs {
			if seen[seq] || (p.Seen != nil && p.Seen.Seq == seq) {
				continue
			}
			seen[seq] = true
			if len(c.observations) == maxObservations {
				left++
				continue
			}
			o, err := s.cfg.Picture.Observation(ctx, seq)
			switch {
			case errors.Is(err, desk.ErrNotFound):
				c.missing = append(c.missing, Missing{observationName(seq), err.Error()})
			case err != nil:
				return fmt.Errorf("observation %d: %w", seq, err)
			default:
				c.observations = append(c.observations, o)
			}
		}
	}
	if left > 0 {
		c.missing = append(c.missing, Missing{"observations", fmt.Sprintf("%d more than the %d that have room", left, maxObservations)})
	}
	return nil
}

func observationName(seq uint64) string { return fmt.Sprintf("observation/%d", seq) }

// bundle is a manifest and what it names.
type bundle struct {
	manifest Manifest
	plain    []byte // the manifest in the form that is hashed
	hash     string // of it
	items    [][]byte
}

// seal hashes everything.
func seal(m Manifest, c *content) (*bundle, error) {
	b := &bundle{manifest: m}
	put := func(name, kind string, v any) error {
		text, hash, err := hashOf(v)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		b.manifest.Items = append(b.manifest.Items, Listed{name, kind, hash})
		b.items = append(b.items, text)
		return nil
	}
	if err := put("case", "case", c.file); err != nil {
		return nil, err
	}
	for i := range c.pieces {
		p := &c.pieces[i]
		if err := put(p.name(), string(p.Evidence.Kind), p); err != nil {
			return nil, err
		}
	}
	for i := range c.observations {
		o := &c.observations[i]
		if err := put(observationName(o.Seq), "observation", o); err != nil {
			return nil, err
		}
	}
	var err error
	b.plain, b.hash, err = hashOf(b.manifest)
	return b, err
}

// file gives the JSON: an item a line.
func (b *bundle) file() ([]byte, error) {
	var out bytes.Buffer
	fmt.Fprintf(&out, "{\n\"manifest\":%s,\n\"manifest_sha256\":%q,\n\"items\":[", b.plain, b.hash)
	for i, x := range b.manifest.Items {
		if i > 0 {
			out.WriteByte(',')
		}
		head, err := json.Marshal(x)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", x.Name, err)
		}
		out.WriteByte('\n')
		out.Write(head[:len(head)-1])
		out.WriteString(`,"content":`)
		out.Write(b.items[i])
		out.WriteByte('}')
	}
	out.WriteString("\n]\n}\n")
	return out.Bytes(), nil
}
