// Package looks turns cameras: each turn is an act of consequence, on record
// before it goes out.
//
//  1. The camera is asked where it points, so that the record says from where.
//  2. The look is worked out: direction, picture, footprint on the ground cut by
//     terrain. Of a movement that is told by its speed it is where that would
//     end.
//  3. A judge says whether it may be (package judge: policy, authority, fence).
//     Without one only cameras of the exercise are turned, and the record says
//     that nobody judged.
//  4. The record is durable; then the camera is told (desk.Ledger.Do).
//  5. From then on it is watched (watch.go): where its authority ends, or it
//     points where it must not, it is stopped and stowed.
//
// Holding a camera where it is (stop) and turning it down (stow) are safe acts:
// nobody and nothing refuses them, and they leave within a moment also where no
// record can be made. Their record follows then, marked late.
package looks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"atalaya/desk"
	"atalaya/geo"
	"atalaya/sensor"
)

// Kind of the records.
const Kind = "look"

// Unjudged is what a record says where nobody judged.
const Unjudged = "not-judged"

// Picture is what a camera sees of the ground.
type Picture struct {
	// Outline of the picture on the ground, and Outer, which holds it whatever
	// is off within Sigma standard deviations.
	Outline geo.Ring      `json:"outline" doc:"of the picture on the ground, cut by terrain"`
	Outer   geo.Ring      `json:"outer" doc:"holds the picture also where all is off by sigma standard deviations"`
	Sigma   float64       `json:"sigma" doc:"standard deviations"`
	Open    bool          `json:"open" doc:"part of the picture meets no ground within range_m: the outline is cut there"`
	Range   float64       `json:"range_m" doc:"how far was looked, metres"`
	Centre  *geo.Position `json:"centre,omitempty" doc:"what the middle of the picture meets; absent: no ground"`
	Away    float64       `json:"away_m,omitempty" doc:"from the camera to there, metres"`
	// Elevation is what it rests on.
	Elevation string `json:"elevation" doc:"dataset of elevation"`
	Synthetic bool   `json:"synthetic,omitempty" doc:"the elevation is made up: of the exercise"`
}

// Look is one look as it is judged and recorded.
type Look struct {
	Sensor    sensor.Sensor
	Who       desk.Who
	Purpose   string
	Authority string // that the person names; may be empty
	At        time.Time
	From, To  sensor.Direction
	// Slews: nobody knows where between From and To it will end.
	Slews          bool
	Before, Target *Picture // nil: no elevation
}

// Verdict is what a judge says.
type Verdict struct {
	Passes bool
	Text   string // of the fence, for the record
	Why    string // for the person, where it is refused
	// Authority under which it passes, its area's name and its end.
	Authority, Place string
	Until            time.Time
	Fields           []desk.Field // for the record: what it rests on
}

// Judge says whether a camera may be turned. Its methods may be called from
// several goroutines.
type Judge interface {
	// Look judges a look before it begins.
	Look(ctx context.Context, l *Look) (Verdict, error)
	// Holds says why a camera may not go on under an authority; nil: it may.
	Holds(ctx context.Context, id sensor.ID, purpose, under string) error
	// Report judges where a camera says that it points.
	Report(ctx context.Context, s *sensor.Sensor, d sensor.Direction, under string) (Verdict, error)
}

// Config is what a Service is made from. Functions may be called from several
// goroutines.
type Config struct {
	Ledger desk.Ledger
	Clock  desk.Clock
	Log    *slog.Logger
	// Sensor gives the version in force.
	Sensor func(id sensor.ID) (sensor.Sensor, bool)
	// Link gives the connection to a camera.
	Link func(id sensor.ID) (Link, bool)
	// Picture works out what a camera sees; its error says why that is not known.
	Picture func(s *sensor.Sensor, d sensor.Direction) (*Picture, error)
	// Judge says whether it may be turned; nil: nobody does.
	Judge Judge
	// Breached is told that a camera points where it must not, or that its
	// authority ended; nil: nobody.
	Breached func(id sensor.ID, why string)
	// Count gives the number of the last look of a sensor that is on record.
	Count func(ctx context.Context, id sensor.ID) (uint64, error)
	// Safe does the safe acts; its records of Kind are made by Enter.
	Safe SafeActs
}

// SafeActs does safe acts, whatever becomes of their records (desk/safe).
type SafeActs interface {
	Do(ctx context.Context, rec desk.Record, act func(context.Context) error) (late bool, err error)
	// Note makes the record of what happened already.
	Note(ctx context.Context, rec desk.Record)
	// Owes reports whether a record about a subject waits.
	Owes(subject string) bool
}

// Service turns cameras. Its methods may be called from several goroutines.
type Service struct {
	cfg Config

	mu    sync.Mutex
	heads map[sensor.ID]*turning
}

// turning is what is remembered of one camera.
type turning struct {
	stops   atomic.Uint64 // a turn that waits while it is stopped is not made
	under   atomic.Pointer[Under]
	mu      sync.Mutex // one turn at a time
	counted bool
	silent  int       // times that it did not answer in a row; of the goroutine that watches
	sent    time.Time // when it was stopped and stowed last; likewise
	number  uint64    // of its last look
	done    map[string]Turned
	order   []string
	seen    *Picture // of the direction at
	at      sensor.Direction
	version uint32
	made    time.Time // when seen was worked out
}

// mostDone is how many requests of a camera are known again.
const mostDone = 200

// New makes a service.
func New(cfg Config) *Service {
	return &Service{cfg: cfg, heads: map[sensor.ID]*turning{}}
}

func (s *Service) turning(id sensor.ID) *turning {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.heads[id]
	if t == nil {
		t = &turning{done: map[string]Turned{}}
		s.heads[id] = t
	}
	return t
}

// reach finds a camera and its connection.
func (s *Service) reach(id sensor.ID) (sensor.Sensor, Link, error) {
	sens, ok := s.cfg.Sensor(id)
	if !ok {
		return sens, nil, fmt.Errorf("%w: there is no sensor %q", desk.ErrNotFound, id)
	}
	link, ok := s.cfg.Link(id)
	if !ok || sens.Mount == nil {
		return sens, nil, fmt.Errorf("%w: sensor %q cannot be turned from here", desk.ErrNotFound, id)
	}
	return sens, link, nil
}

// State is where a camera points now.
type State struct {
	Sensor    sensor.ID        `json:"sensor"`
	Version   uint32           `json:"version" doc:"of the sensor, whose mount was used"`
	At        time.Time        `json:"at" doc:"when the camera was asked"`
	Direction sensor.Direction `json:"direction"`
	High      float64          `json:"high_deg" doc:"height of the picture, degrees"`
	SD        float64          `json:"sd_deg" doc:"of azimuth and elevation, 1 sigma"`
	Moving    bool             `json:"moving"`
	Moves     *uint64          `json:"moves,omitempty" doc:"the camera's own count of its moves, whoever made it move"`
	Recorded  uint64           `json:"recorded" doc:"looks of it that are on record here"`
	Picture   *Picture         `json:"picture,omitempty" doc:"what it sees of the ground; absent: not known"`
	Unknown   string           `json:"unknown,omitempty" doc:"why that is not known"`
	Fence     bool             `json:"fence" doc:"a fence judges before it is turned; false: there is none, and only the exercise's cameras are turned"`
	Authority bool             `json:"authority" doc:"an authority is asked for before it is turned; false: nobody checks"`
	Under     *Under           `json:"under,omitempty" doc:"what it was turned under last, and is watched by; absent: it was not turned since the program started, or was stowed"`
	Steerable bool             `json:"steerable" doc:"it may be turned; stopping it is always possible"`
}

// State asks a camera where it points.
func (s *Service) State(ctx context.Context, id sensor.ID) (State, error) {
	sens, link, err := s.reach(id)
	if err != nil {
		return State{}, err
	}
	h, err := link.Head(ctx)
	if err != nil {
		return State{}, unreachable(err)
	}
	t := s.turning(id)
	t.mu.Lock()
	defer t.mu.Unlock()
	out := State{
		Sensor: id, Version: sens.Valid.Number, At: h.At, Direction: sens.Mount.Direction(h.Pan, h.Tilt, h.Zoom, h.Degrees),
		SD: sens.Mount.SD, Moving: h.Moving, Moves: h.Moves,
		Fence: s.cfg.Judge != nil, Authority: s.cfg.Judge != nil, Under: t.under.Load(), Steerable: s.steerable(&sens) == nil,
	}
	out.High = sens.Mount.High(out.Direction.Wide)
	if out.Recorded, err = s.number(ctx, t, id); err != nil {
		return State{}, err
	}
	if out.Picture, err = s.picture(t, &sens, out.Direction); err != nil {
		out.Unknown = err.Error()
	}
	return out, nil
}

// ErrUnreachable says that a camera did not answer, or refused.
var ErrUnreachable = errors.New("the camera does not do it") //nolint:gochecknoglobals // sentinel

func unreachable(err error) error { return fmt.Errorf("%w: %w", ErrUnreachable, err) }

// number gives the number of the last look on record.
func (s *Service) number(ctx context.Context, t *turning, id sensor.ID) (uint64, error) {
	if !t.counted {
		n, err := s.cfg.Count(ctx, id)
		if err != nil {
			return 0, fmt.Errorf("count the looks of %s: %w", id, err)
		}
		t.number, t.counted = n, true
	}
	return t.number, nil
}

// picture works out what is seen, once for a direction. It is not kept for
// long: elevation is imported while the program runs.
func (s *Service) picture(t *turning, sens *sensor.Sensor, d sensor.Direction) (*Picture, error) {
	const kept = 30 * time.Second
	now := s.cfg.Clock.Now()
	if t.seen != nil && t.version == sens.Valid.Number && t.at == d && now.Sub(t.made) < kept {
		return t.seen, nil
	}
	seen, err := s.cfg.Picture(sens, d)
	if err != nil {
		return nil, err
	}
	t.seen, t.version, t.at, t.made = seen, sens.Valid.Number, d, now
	return seen, nil
}

// steerable says why a camera may not be turned.
func (s *Service) steerable(sens *sensor.Sensor) error {
	if s.cfg.Judge == nil && !sens.Exercise {
		return fmt.Errorf("%w: no fence and no authority judge looks here, so that only cameras of the exercise are turned", desk.ErrForbidden)
	}
	if s.cfg.Safe.Owes(subject(sens.ID)) {
		return fmt.Errorf("%w: the record of its last stop is not made yet", desk.ErrLedger)
	}
	return nil
}

// cell is the 10 km cell of a place as the public is told it: a tenth of a
// degree each way.
func cell(p geo.Position) string {
	const tenth = 10
	down := func(v float64) string { return strconv.FormatFloat(math.Floor(v*tenth)/tenth, 'f', 1, 64) }
	return down(p.Lat) + "," + down(p.Lon)
}
