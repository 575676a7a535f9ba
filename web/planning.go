package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/geo"
	"atalaya/plan/corridor"
	"atalaya/plan/siting"
	"atalaya/sensor"
	"atalaya/terrain"
	"atalaya/terrain/coverage"
	"atalaya/terrain/sight"
	"atalaya/web/jobs"
)

// mostStrip bounds the cells around a strip that is asked for in a browser:
// about 120 MB of memory while it is worked out.
const mostStrip = 4 << 20

// StripAsked is a stretch of border with a width on each side.
type StripAsked struct {
	Line   []geo.Position `json:"line" minItems:"2" maxItems:"2000" doc:"the stretch of border"`
	Abroad float64        `json:"abroad_m" minimum:"100" maximum:"100000" doc:"width of the strip on the foreign side, metres"`
	Inside float64        `json:"inside_m" minimum:"100" maximum:"100000" doc:"width on ours"`
}

// PlacedAsked is a sensor that may be placed.
type PlacedAsked struct {
	Mast  float64 `json:"mast_m" minimum:"0" maximum:"20000" doc:"height of its mast above ground, metres"`
	Range float64 `json:"range_m" minimum:"100" maximum:"100000" doc:"metres"`
}

// CorridorsAsked is what weak corridors are asked for.
type CorridorsAsked struct {
	Strip     StripAsked  `json:"strip"`
	OursRight bool        `json:"ours_right,omitempty" doc:"our side is on the right as one travels along the line"`
	Mover     string      `json:"mover" enum:"walker,vehicle,boat" doc:"who crosses"`
	Count     int         `json:"count,omitempty" minimum:"1" maximum:"10" default:"3" doc:"how many corridors"`
	Closing   PlacedAsked `json:"closing" doc:"the sensor that would close each"`
}

// SitesAsked is where to put sensors.
type SitesAsked struct {
	Strip    StripAsked  `json:"strip"`
	Sensors  int         `json:"sensors" minimum:"1" maximum:"50" doc:"how many"`
	Kind     PlacedAsked `json:"kind" doc:"what is placed"`
	Target   float64     `json:"target_m" minimum:"0" maximum:"10000" doc:"height above ground of what is to be seen, metres"`
	Fold     int         `json:"fold,omitempty" minimum:"1" maximum:"5" default:"1" doc:"how many sensors must see each place"`
	Existing bool        `json:"existing,omitempty" doc:"count what the registered sensors see already"`
}

// Corridors is what came of a search for weak corridors.
type Corridors struct {
	Asked CorridorsAsked `json:"asked"`
	corridor.Answer
}

// Sites is what came of a search for sites.
type Sites struct {
	Asked SitesAsked `json:"asked"`
	siting.Answer
}

func (s *Server) planningRoutes() {
	huma.Register(s.api, operation("ask-corridors", http.MethodPost, "/api/terrain/corridors", "Find where a stretch of border is blind", officer, 401, 403, 404, 409, 422, 503),
		func(ctx context.Context, in *struct{ Body CorridorsAsked }) (*body[JobState], error) {
			src, err := s.strip(in.Body.Strip)
			if err != nil {
				return nil, err
			}
			return s.startJob(ctx, "corridors", s.corridors(src, in.Body))
		})
	huma.Register(s.api, operation("ask-sites", http.MethodPost, "/api/terrain/sites", "Find where sensors would see most of a stretch of border", officer, 401, 403, 404, 409, 422, 503),
		func(ctx context.Context, in *struct{ Body SitesAsked }) (*body[JobState], error) {
			src, err := s.strip(in.Body.Strip)
			if err != nil {
				return nil, err
			}
			return s.startJob(ctx, "sites", s.sites(src, in.Body))
		})
}

// strip looks at what was asked for, and gives its elevation.
func (s *Server) strip(asked StripAsked) (terrain.Source, error) {
	if len(asked.Line) < 2 { // null passes the schema
		return nil, problem(http.StatusUnprocessableEntity, "invalid", "a stretch of border takes at least two positions")
	}
	for _, p := range asked.Line {
		if !p.Valid() {
			return nil, problem(http.StatusUnprocessableEntity, "invalid", "the line holds what is no position: latitude from -90 to 90 and longitude from -180 to 180 degrees")
		}
	}
	src, about, err := s.ground(asked.Line[len(asked.Line)/2])
	if err != nil {
		return nil, err
	}
	if err := about.Claim(s.cfg.Exercise); err != nil {
		return nil, problem(http.StatusUnprocessableEntity, "invalid", err.Error()+". Import real elevation with 'atalaya terrain import'")
	}
	box, _ := geo.Line(asked.Line).Box()
	box = box.Grow(max(asked.Abroad, asked.Inside))
	high := geo.Distance(geo.Position{Lat: box.South, Lon: box.West}, geo.Position{Lat: box.North, Lon: box.West})
	wide := geo.Distance(geo.Position{Lat: box.South, Lon: box.West}, geo.Position{Lat: box.South, Lon: box.East})
	if cells := high * wide / (about.Resolution * about.Resolution); cells > mostStrip {
		return nil, problem(http.StatusUnprocessableEntity, "invalid", fmt.Sprintf(
			"the stretch and its widths take a box of %.0f x %.0f km, %.0f million cells of %.0f m, more than can be worked out here: ask for a shorter stretch, or use 'atalaya terrain'",
			wide/1000, high/1000, cells/1e6, about.Resolution))
	}
	return src, nil
}

func (s *Server) corridors(src terrain.Source, asked CorridorsAsked) jobs.Work {
	return func(ctx context.Context, tell func(float64)) (any, error) {
		mover := corridor.Walker()
		switch asked.Mover {
		case "vehicle":
			mover = corridor.Vehicle()
		case "boat":
			mover = corridor.Boat()
		}
		cfg := corridor.Config{
			Elevation: src, Mover: mover, Count: asked.Count, Exercise: s.cfg.Exercise, Water: s.cfg.Water,
			Strip:   corridor.Strip{Border: asked.Strip.Line, Abroad: asked.Strip.Abroad, Inside: asked.Strip.Inside, OursRight: asked.OursRight, Shores: true},
			Closing: &corridor.Closing{Kind: placed(asked.Closing)},
			// Nobody knows how long a corridor takes: each counts the same.
			Progress: func(what string, done, total int) {
				switch share := float64(done) / float64(max(total, 1)); what {
				case "viewsheds":
					tell(0.3 * share)
				case "corridors":
					tell(0.3 + 0.7*share)
				}
			},
		}
		for _, x := range s.standing() {
			if c, ok := watching(x, src); ok {
				cfg.Sensors = append(cfg.Sensors, c)
			}
		}
		answer, err := corridor.Find(ctx, cfg)
		if err != nil {
			s.notePlan(ctx, "corridors", err)
			return nil, err
		}
		return &Corridors{Asked: asked, Answer: *answer}, nil
	}
}

func (s *Server) sites(src terrain.Source, asked SitesAsked) jobs.Work {
	return func(ctx context.Context, tell func(float64)) (any, error) {
		const most = 300 // candidates
		line := geo.Line(asked.Strip.Line)
		box, _ := line.Box()
		width := max(asked.Strip.Abroad, asked.Strip.Inside)
		middle := geo.Position{Lat: (box.South + box.North) / 2, Lon: (box.West + box.East) / 2}
		grown := box.Grow(width)
		corner := geo.Position{Lat: grown.South, Lon: grown.West}
		area, err := coverage.NewArea(src, src.Lattice().Around(middle, geo.Distance(middle, corner)*1.05), coverage.Strip(line, width))
		if err != nil {
			return nil, err
		}
		places, err := siting.Ridges{Area: area, Most: most}.Find(ctx)
		if err != nil {
			return nil, err
		}
		cfg := siting.Config{
			Area: area, Target: asked.Target, K: asked.Sensors, Fold: asked.Fold,
			Progress: func(stage siting.Stage, done, total int) {
				begin, share := 0.0, 0.8
				switch stage {
				case siting.Seeing:
				case siting.Choosing:
					begin, share = 0.8, 0.05
				case siting.Swapping:
					begin, share = 0.85, 0.05
				case siting.Bounding:
					begin, share = 0.9, 0.1
				}
				tell(begin + share*float64(done)/float64(max(total, 1)))
			},
		}
		for i, p := range places {
			cfg.Candidates = append(cfg.Candidates, coverage.Sensor{
				ID: fmt.Sprint(i + 1), Observer: onMast(p.At, asked.Kind.Mast), Radius: asked.Kind.Range, Refraction: sight.Optical(),
			})
		}
		if asked.Existing {
			for _, x := range s.standing() {
				if c, ok := watching(x, src); ok {
					cfg.Existing = append(cfg.Existing, c.Sensor)
				}
			}
		}
		answer, err := siting.Find(ctx, cfg)
		if err != nil {
			s.notePlan(ctx, "sites", err)
			return nil, err
		}
		return &Sites{Asked: asked, Answer: answer}, nil
	}
}

func (s *Server) notePlan(ctx context.Context, kind string, err error) {
	if ctx.Err() == nil {
		s.cfg.Log.Warn("a plan over terrain failed", slog.String("kind", kind), slog.Any("error", err))
	}
}

// standing gives the registered sensors that stand somewhere and look around
// themselves, as far as that is stated.
func (s *Server) standing() []sensor.Sensor {
	var out []sensor.Sensor
	for _, x := range s.cfg.Registry.Sensors.AllAt(s.cfg.Clock()) {
		if looksAt(x.Kind) && !x.Moving && x.MaxRange > 0 {
			out = append(out, x)
		}
	}
	return out
}

// looksAt reports whether a sensor sees what does not want to be seen: a receiver
// does not.
func looksAt(k sensor.Kind) bool {
	return k == sensor.Radar || k == sensor.MarineRadar || k == sensor.Camera
}

// What is taken for a sensor that does not state it: that a look sees nine of
// ten, and a turn of 5 s.
const (
	usualDetection = 0.9
	usualLook      = 5.0 // seconds
)

// watching is a registered sensor as it watches; false where it stands beyond
// the elevation.
func watching(x sensor.Sensor, src terrain.Source) (corridor.Sensor, bool) {
	out := corridor.Sensor{
		Sensor: coverage.Sensor{
			ID: string(x.ID), Observer: sight.Observer{At: x.Position, Height: x.Height}, Radius: x.MaxRange,
			Refraction: sight.Radio(), Detection: always(x.Detection),
		},
		Look: x.ScanPeriod.Seconds(),
	}
	if x.SectorFrom != x.SectorTo {
		out.Sector = &coverage.Sector{From: x.SectorFrom, To: x.SectorTo}
	}
	if x.Kind == sensor.Camera {
		out.Refraction = sight.Optical()
	}
	if x.Detection <= 0 {
		out.Detection = always(usualDetection)
	}
	if out.Look <= 0 {
		out.Look = usualLook
	}
	return out, src.Lattice().Contains(x.Position)
}

// always is the same probability at all distances.
func always(p float64) []coverage.Detection { return []coverage.Detection{{Probability: p}} }

func onMast(at geo.Position, metres float64) sight.Observer {
	return sight.Observer{At: at, Height: geo.Height{Metres: metres, Datum: geo.DatumGround}}
}

func placed(p PlacedAsked) corridor.Sensor {
	return corridor.Sensor{
		Sensor: coverage.Sensor{ID: "new", Observer: onMast(geo.Position{}, p.Mast), Radius: p.Range, Refraction: sight.Optical(), Detection: always(usualDetection)},
		Look:   usualLook,
	}
}
