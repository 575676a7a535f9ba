// Package casework is what the duty officer writes and orders: cases, reports
// of sightings, voice tasks, the shift log and the hand-over.
//
// Cases, reports and tasks are documents: every change is a new version with
// who, when and why, none is ever edited, and each goes through the ledger.
// The shift log is no second book: it is what the ledger recorded, read by
// time and kind.
package casework

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"atalaya/asset"
	"atalaya/desk"
	"atalaya/desk/approval"
	"atalaya/desk/people"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/watch"
)

// The kinds of documents.
const (
	KindCase     desk.DocumentKind = "case"
	KindReport   desk.DocumentKind = "report"
	KindTask     desk.DocumentKind = "task"
	KindNote     desk.DocumentKind = "note"
	KindHandover desk.DocumentKind = "handover"
	KindExport   desk.DocumentKind = "export"
)

// Alerts is what casework wants of the desk.
type Alerts interface {
	Alert(ctx context.Context, id desk.AlertID) (desk.Alert, error)
	List(ctx context.Context, f desk.Filter) (desk.Page, error)
	Acknowledge(ctx context.Context, d desk.Decision) (desk.Result, error)
	AttachCase(ctx context.Context, d desk.Decision) (desk.Result, error)
	Close(ctx context.Context, d desk.Decision) (desk.Result, error)
}

// Place is a named place that a sighting can be told by.
type Place struct {
	Kind     PlaceKind    `json:"kind" enum:"town,area,asset,sensor" doc:"what it is"`
	ID       string       `json:"id" doc:"name for ever; of a town its name and country"`
	Name     string       `json:"name" doc:"name for people"`
	Position geo.Position `json:"position" doc:"its middle"`
	Radius   float64      `json:"radius_m" doc:"metres from the middle within which it lies"`
	Detail   string       `json:"detail,omitempty" doc:"country of a town; kind of an area, asset or sensor"`
	At       time.Time    `json:"at,omitzero" doc:"of a thing that moves: when it was there"`
}

// PlaceKind is what a place is.
type PlaceKind string

// The kinds of places.
const (
	Town         PlaceKind = "town"
	AreaPlace    PlaceKind = "area"
	AssetPlace   PlaceKind = "asset"
	StationPlace PlaceKind = "sensor"
)

// PastPoint is where a track was believed to be.
type PastPoint struct {
	Time      time.Time    `json:"time"`
	Known     time.Time    `json:"known"`
	Position  geo.Position `json:"position"`
	Deviation float64      `json:"sd_m"`
	East      float64      `json:"east_mps"`
	North     float64      `json:"north_mps"`
	Status    track.Status `json:"status"`
	// Observation is the sequence of the observation behind it.
	Observation uint64 `json:"observation"`
}

// People is what casework wants of those who may sign in.
type People interface {
	ByID(ctx context.Context, id desk.PersonID) (people.Person, error)
	All(ctx context.Context) ([]people.Person, error)
}

// Picture is what casework looks up of the picture and its past.
type Picture interface {
	// Track gives a track as it is believed now, with what its last update
	// rests on.
	Track(id track.ID) (track.Track, track.Lineage, bool)
	// Past gives a track's past, oldest first.
	Past(ctx context.Context, span desk.TrackSpan, limit int) ([]PastPoint, error)
	// Observation and Finding fail with desk.ErrNotFound.
	Observation(ctx context.Context, seq uint64) (obs.Observation, error)
	Finding(ctx context.Context, id string) (watch.Finding, error)
	// Asset gives a thing of ours by its registered version in force.
	Asset(id asset.ID) (asset.Asset, bool)
	// Place gives a named place; where it moves, where it is now.
	Place(kind PlaceKind, id string) (Place, bool)
}

// Config is what a Service is made from.
type Config struct {
	Store   desk.DocumentStore
	Journal desk.JournalStore
	Ledger  desk.Ledger
	Clock   desk.Clock
	Alerts  Alerts
	Picture Picture
	Log     *slog.Logger
	People  People
	// Observe hands an observation to the loop, and reports whether it had room.
	Observe func(ctx context.Context, o obs.Observation) bool
	// Raise raises what the desk itself found out, such as a task that is
	// overdue. The same finding twice is raised once.
	Raise func(ctx context.Context, f watch.Finding) error
	// Feeds gives the health of every feed.
	Feeds func() []sensor.Health
	// Approvals gives what waits for a second person; nil: nothing does.
	Approvals func(ctx context.Context) ([]approval.Request, error)
	// Changed is told every change after it is durable, in order; nil: nobody.
	// It must not block nor call the service.
	Changed func(News)
	// Exercise says that the world is simulated.
	Exercise bool
}

// News is what subscribers are told: one of its fields has content.
type News struct {
	Case     *Case     `json:"case,omitempty"`
	Report   *Report   `json:"report,omitempty"`
	Task     *Task     `json:"task,omitempty"`
	Handover *Handover `json:"handover,omitempty"`
}

// Service keeps cases, reports and tasks. Its methods may be called from
// several goroutines.
type Service struct {
	cfg Config

	// write is held by whoever changes something, also while the store works;
	// mu only while memory is read or changed.
	write sync.Mutex
	mu    sync.RWMutex

	cases     register[Case, *Case]
	reports   register[Report, *Report]
	tasks     register[Task, *Task]
	notes     register[Note, *Note]
	handovers register[Handover, *Handover]
	onDuty    OnDuty // under mu

	sending sync.Mutex        // held while observations are handed on
	sent    map[string]uint32 // reports whose wording was handed on in this run
}

// Start makes the service with what is open in the store.
func Start(ctx context.Context, cfg Config) (*Service, error) {
	s := &Service{cfg: cfg, sent: map[string]uint32{}}
	s.cases = register[Case, *Case]{s: s, kind: KindCase, letter: "C", tell: func(c Case) News { return News{Case: &c} }}
	s.reports = register[Report, *Report]{s: s, kind: KindReport, letter: "R", tell: func(r Report) News { return News{Report: &r} }}
	s.tasks = register[Task, *Task]{s: s, kind: KindTask, letter: "K", tell: func(t Task) News { return News{Task: &t} }}
	s.notes = register[Note, *Note]{s: s, kind: KindNote, letter: "N"}
	s.handovers = register[Handover, *Handover]{s: s, kind: KindHandover, letter: "H", tell: func(h Handover) News { return News{Handover: &h} }}
	for _, load := range []func(context.Context) error{s.cases.load, s.reports.load, s.tasks.load, s.notes.load, s.handovers.load, s.loadDuty} {
		if err := load(ctx); err != nil {
			return nil, fmt.Errorf("load the open casework: %w", err)
		}
	}
	return s, nil
}

// Stamp is what every paper of the desk carries.
type Stamp struct {
	ID      string    `json:"id" doc:"name for ever"`
	Version uint64    `json:"version" doc:"counts the changes, from 1"`
	Made    time.Time `json:"made" doc:"when it was made"`
	By      desk.Who  `json:"by" doc:"who made it"`
	Changed time.Time `json:"changed" doc:"when it was changed last"`
}

func (s *Stamp) stamp() *Stamp { return s }

// Result is what became of a wish.
type Result[T any] struct {
	Value    T    // as it stands now
	Repeated bool // the same request had been done before
}

// body is the content of a document: the paper, and what the client wished.
type body[T any] struct {
	// Wish is a hash of the request, by which a retry is told from another
	// wish under the same name.
	Wish  string `json:"wish,omitempty"`
	Paper T      `json:"paper"`
}

func pack[T any](wish string, paper T) ([]byte, error) {
	b, err := json.Marshal(body[T]{wish, paper})
	if err != nil {
		return nil, fmt.Errorf("write it down: %w", err)
	}
	return b, nil
}
