// Package looks turns cameras: each turn is an act of consequence, on record
// before it goes out.
//
//  1. The camera is asked where it points, so that the record says from where.
//  2. The look is worked out: direction, picture, footprint on the ground cut by
//     terrain. Of a movement that is told by its speed it is where that would
//     end.
//  3. Fence and authority judge it, where there are any. Until there are, only
//     cameras of the exercise are turned, and the record says that nobody
//     judged.
//  4. The record is durable; then the camera is told (desk.Ledger.Do).
//
// Holding a camera where it is (stop) is a safe act: nobody and nothing refuses
// it, and it leaves within a moment also where no record can be made. Its
// record follows then, marked late.
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

// Unjudged is what a record says where no fence or no authority judged.
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
	Text   string // for the record
	Why    string // for the person, where it is refused
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
	// Fence judges a look; nil: there is no fence.
	Fence func(ctx context.Context, l *Look) (Verdict, error)
	// Authority says whether somebody may look there; its Text names the
	// authority. nil: nobody checks.
	Authority func(ctx context.Context, l *Look) (Verdict, error)
	// Count gives the number of the last look of a sensor that is on record.
	Count func(ctx context.Context, id sensor.ID) (uint64, error)
	// Within is how long a safe act may wait for its record; 0: 150 ms.
	Within time.Duration
}

// Service turns cameras. Its methods may be called from several goroutines.
type Service struct {
	cfg     Config
	running sync.WaitGroup

	mu    sync.Mutex
	heads map[sensor.ID]*turning
	late  []desk.Record // safe acts whose record could not be made yet
}

// turning is what is remembered of one camera.
type turning struct {
	stops   atomic.Uint64 // a turn that waits while it is stopped is not made
	mu      sync.Mutex    // one turn at a time
	counted bool
	number  uint64 // of its last look
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
	if cfg.Within <= 0 {
		cfg.Within = 150 * time.Millisecond
	}
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
		Fence: s.cfg.Fence != nil, Authority: s.cfg.Authority != nil, Steerable: s.steerable(&sens) == nil,
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
	if (s.cfg.Fence == nil || s.cfg.Authority == nil) && !sens.Exercise {
		return fmt.Errorf("%w: no fence and no authority judge looks yet, so that only cameras of the exercise are turned", desk.ErrForbidden)
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
