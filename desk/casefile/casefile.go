// Package casefile makes a case into one self-contained file: JSON for
// programs, in which everything has its hash, and HTML for people, with
// pictures. Giving a file out is a disclosure: it is on record, with the hash
// of the file, before anybody gets it, and the file itself is kept.
package casefile

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"sync"
	"time"

	"atalaya/area"
	"atalaya/desk"
	"atalaya/desk/casework"
	"atalaya/obs"
	"atalaya/watch"
)

// Cases is what an export wants of casework.
type Cases interface {
	Case(ctx context.Context, id string) (casework.CaseFile, error)
	Report(ctx context.Context, id string) (casework.ReportFile, error)
	Task(ctx context.Context, id string) (casework.Task, error)
	ExportCase(ctx context.Context, w casework.Wish, id string, x casework.Export, keep func(context.Context) error) (casework.Result[casework.Case], error)
}

// Alerts gives alerts, open or closed.
type Alerts interface {
	Alert(ctx context.Context, id desk.AlertID) (desk.Alert, error)
}

// Picture is what an export looks up of the picture's past.
type Picture interface {
	Past(ctx context.Context, span desk.TrackSpan, limit int) ([]casework.PastPoint, error)
	// Observation and Finding fail with desk.ErrNotFound.
	Observation(ctx context.Context, seq uint64) (obs.Observation, error)
	Finding(ctx context.Context, id string) (watch.Finding, error)
}

// Config is what a Service is made from.
type Config struct {
	Cases   Cases
	Alerts  Alerts
	Picture Picture
	// Area gives the version of an area that was in force at a time.
	Area  func(id area.ID, at time.Time) (area.Area, bool)
	Store desk.DocumentStore
	Clock desk.Clock
	// Exercise says that the world is simulated.
	Exercise bool
	// Version of the program.
	Version string
}

// Service makes files of cases, one at a time. Its methods may be called from
// several goroutines.
type Service struct {
	cfg    Config
	page   *template.Template
	ground func() (ground, error) // of the pictures; read with the first

	making sync.Mutex
}

// New makes the service.
func New(cfg Config) (*Service, error) {
	page, err := parsePage()
	if err != nil {
		return nil, err
	}
	return &Service{cfg: cfg, page: page, ground: sync.OnceValues(readGround)}, nil
}

// Want says which file is wanted.
type Want struct {
	Format   casework.Format `json:"format"`
	Language Language        `json:"language"`
}

func (w Want) check() error {
	if w.Format != casework.JSON && w.Format != casework.HTML {
		return fmt.Errorf("%w: format %q; choose json or html", desk.ErrInvalid, w.Format)
	}
	if w.Language != Spanish && w.Language != English {
		return fmt.Errorf("%w: language %q; choose es or en", desk.ErrInvalid, w.Language)
	}
	return nil
}

// File is a file that is given out.
type File struct {
	casework.Export
	Case    string
	Content []byte
}

// Export makes a file of a case and puts it on record. A retry gives the same
// file.
func (s *Service) Export(ctx context.Context, w casework.Wish, id string, want Want) (File, error) {
	if err := w.Who.Needs(desk.Officer, "export a case"); err != nil {
		return File{}, err
	}
	if err := want.check(); err != nil {
		return File{}, err
	}
	// A client that goes away must not tear its wish in two.
	ctx = context.WithoutCancel(ctx)
	s.making.Lock()
	defer s.making.Unlock()
	f, err := s.given(ctx, w, id, want)
	var keep func(context.Context) error
	if errors.Is(err, desk.ErrNotFound) {
		if f, err = s.make(ctx, w, id, want); err == nil {
			keep, err = s.keeping(w, f, want)
		}
	}
	if err != nil {
		return File{}, err
	}
	_, err = s.cfg.Cases.ExportCase(ctx, casework.Wish{Request: "export/" + f.ID, Who: w.Who}, id, f.Export, keep)
	return f, err
}

// make makes the file of a case as it stands.
func (s *Service) make(ctx context.Context, w casework.Wish, id string, want Want) (File, error) {
	c, err := s.cfg.Cases.Case(ctx, id)
	if err != nil {
		return File{}, err
	}
	if w.IfVersion != 0 && w.IfVersion != c.Version {
		return File{}, fmt.Errorf("%w: you saw version %d of case %s and it has version %d: look at it again", desk.ErrConflict, w.IfVersion, id, c.Version)
	}
	n, err := s.cfg.Store.CountDocuments(ctx, casework.KindExport)
	if err != nil {
		return File{}, fmt.Errorf("number the export: %w: try again with the same request id", err)
	}
	f := File{Case: id, Export: casework.Export{ID: fmt.Sprint("X", n+1), Format: want.Format, Language: string(want.Language)}}
	content, err := s.gather(ctx, c)
	if err != nil {
		return File{}, fmt.Errorf("gather case %s: %w", id, err)
	}
	m := Manifest{
		Format: FormatName, Export: f.ID, Case: id, CaseVersion: c.Version, Made: s.cfg.Clock.Now().UTC(), By: w.Who,
		Program: s.cfg.Version, Exercise: s.cfg.Exercise, Missing: content.missing,
	}
	b, err := seal(m, content)
	if err != nil {
		return File{}, err
	}
	if want.Format == casework.HTML {
		f.Content, err = s.render(b, content, want.Language)
	} else {
		f.Content, err = b.file()
	}
	if err != nil {
		return File{}, fmt.Errorf("write case %s down: %w", id, err)
	}
	sum := sha256.Sum256(f.Content)
	f.SHA256, f.Bytes = hex.EncodeToString(sum[:]), len(f.Content)
	return f, nil
}

// kept is the document of an export.
type kept struct {
	Wish   string          `json:"wish"` // by which a retry is told from another wish
	Case   string          `json:"case"`
	Export casework.Export `json:"export"`
	Packed []byte          `json:"gzip"` // the file, packed with gzip
}

func markOf(id string, want Want) string { return fmt.Sprint(id, " ", want.Format, " ", want.Language) }

// keeping prepares the document of a file, and gives what keeps it.
func (s *Service) keeping(w casework.Wish, f File, want Want) (func(context.Context) error, error) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write(f.Content)
	if err = errors.Join(err, z.Close()); err != nil {
		return nil, fmt.Errorf("pack the export: %w", err)
	}
	body, err := json.Marshal(kept{Wish: markOf(f.Case, want), Case: f.Case, Export: f.Export, Packed: packed.Bytes()})
	if err != nil {
		return nil, fmt.Errorf("write the export down: %w", err)
	}
	if len(body) > desk.MaxDocument {
		return nil, fmt.Errorf("%w: the file of case %s has %d MB, packed %d MB, and %d are kept: open another case with fewer tracks and export that",
			desk.ErrInvalid, f.Case, len(f.Content)>>20, len(body)>>20, desk.MaxDocument>>20)
	}
	d := desk.Document{Kind: casework.KindExport, ID: f.ID, Version: 1, At: s.cfg.Clock.Now().UTC(), Who: w.Who, Request: w.Request, Body: body}
	return func(ctx context.Context) error { return s.cfg.Store.SaveDocument(ctx, d, desk.Rests{}) }, nil
}

// given gives the file that was made for a request before; desk.ErrNotFound.
func (s *Service) given(ctx context.Context, w casework.Wish, id string, want Want) (File, error) {
	if w.Request == "" {
		return File{}, fmt.Errorf("%w: it needs a request id, the same one for a retry", desk.ErrInvalid)
	}
	d, err := s.cfg.Store.DocumentByRequest(ctx, w.Request)
	if err != nil {
		if errors.Is(err, desk.ErrNotFound) {
			return File{}, desk.ErrNotFound
		}
		return File{}, fmt.Errorf("request %s could not be looked up: %w: try again with the same request id", w.Request, err)
	}
	var k kept
	if d.Kind == casework.KindExport {
		if err := json.Unmarshal(d.Body, &k); err != nil {
			return File{}, fmt.Errorf("read export %s: %w", d.ID, err)
		}
	}
	if d.Who.ID != w.Who.ID || k.Wish != markOf(id, want) {
		return File{}, fmt.Errorf("%w: %s was for %s %s by %s at %s; use a new request id",
			desk.ErrRequestReused, w.Request, d.Kind, d.ID, d.Who.Name, d.At.Format(time.RFC3339))
	}
	z, err := gzip.NewReader(bytes.NewReader(k.Packed))
	if err != nil {
		return File{}, fmt.Errorf("unpack export %s: %w", d.ID, err)
	}
	f := File{Export: k.Export, Case: k.Case}
	if f.Content, err = io.ReadAll(z); err != nil {
		return File{}, fmt.Errorf("unpack export %s: %w", d.ID, err)
	}
	return f, nil
}
