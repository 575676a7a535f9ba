// Package elevation shows elevation to browsers: as tiles for hillshade and
// three dimensions, and as rasters of what can be seen that a browser colours
// by itself.
package elevation

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"atalaya/geo"
	"atalaya/terrain"
)

// Model is one elevation model.
type Model struct {
	// Levels are the same ground, the finest first and each further one with
	// posts farther apart. One is enough; with more, maps of large regions have
	// relief too.
	Levels []terrain.Source
	// Optimism says how much too large coverage comes out on it.
	Optimism Optimism
}

// Optimism is how much more a coarse model sees than a finer one of the same
// ground: hills between posts are missing from it.
type Optimism struct {
	// Excess is the measured share, 0.48 where 48 % more shows; 0 with
	// Measured false where nobody measured it.
	Excess   float64 `json:"excess" doc:"visible area in excess of what a finer model of the same ground gives, as a share"`
	Measured bool    `json:"measured" doc:"false: not measured at this resolution"`
	Against  float64 `json:"against_m" doc:"resolution of the finer model, metres"`
	Warn     bool    `json:"warn" doc:"no coverage claim may rest on it"`
}

// About is what screens say of a model.
type About struct {
	terrain.About
	Resolution float64    `json:"resolution_m" doc:"mean distance between posts, metres"`
	Bounds     [4]float64 `json:"bounds" doc:"west, south, east, north, degrees"`
	Optimism   Optimism   `json:"optimism"`
}

// Config is what a Service is made from.
type Config struct {
	// Models are what is configured; where they overlap the first counts.
	Models []Model
	// Renders is how many tiles are made at once; 0: two.
	Renders int
	// Cache bounds the tiles that are kept, bytes; 0: 32 MiB.
	Cache int
}

// Service answers for the elevation that is configured.
type Service struct {
	models    []model
	version   string // changes with the models: addresses of tiles carry it
	cache     *cache
	rendering chan struct{}
}

// model is a Model with what is asked of it all the time.
type model struct {
	Model
	about   About
	spacing []float64 // of each level, metres
}

// ErrNone says that no elevation is configured there.
var ErrNone = errors.New("there is no elevation here") //nolint:gochecknoglobals // sentinel

// New makes a service.
func New(cfg Config) (*Service, error) {
	const renders, kept = 2, 32 << 20
	if cfg.Renders <= 0 {
		cfg.Renders = renders
	}
	if cfg.Cache <= 0 {
		cfg.Cache = kept
	}
	s := &Service{cache: newCache(cfg.Cache), rendering: make(chan struct{}, cfg.Renders)}
	print := sha256.New()
	for _, m := range cfg.Models {
		if len(m.Levels) == 0 {
			return nil, errors.New("an elevation model without a level")
		}
		finest := m.Levels[0]
		one := model{Model: m, about: About{About: finest.About(), Resolution: finest.Lattice().Resolution(), Bounds: bounds(finest.Lattice()), Optimism: m.Optimism}}
		for i, l := range m.Levels {
			one.spacing = append(one.spacing, l.Lattice().Resolution())
			if i > 0 && one.spacing[i] <= one.spacing[i-1] {
				return nil, fmt.Errorf("elevation %s: level %d is no coarser than the one before", one.about, i)
			}
			fmt.Fprintln(print, l.Lattice())
		}
		if err := json.NewEncoder(print).Encode(one.about); err != nil {
			return nil, fmt.Errorf("elevation %s: %w", one.about, err)
		}
		s.models = append(s.models, one)
	}
	s.version = hex.EncodeToString(print.Sum(nil)[:6])
	return s, nil
}

// Models tells which elevation is configured.
func (s *Service) Models() []About {
	out := make([]About, len(s.models))
	for i := range s.models {
		out[i] = s.models[i].about
	}
	return out
}

// At gives the model that counts at a position, at its finest.
func (s *Service) At(p geo.Position) (terrain.Source, About, error) {
	for i := range s.models {
		if src := s.models[i].Levels[0]; src.Lattice().Contains(p) {
			return src, s.models[i].about, nil
		}
	}
	return nil, About{}, ErrNone
}

// bounds is the box of degrees around a lattice; its edges are sampled, which
// is enough for what it is for: to ask for no tile far outside.
func bounds(l terrain.Lattice) [4]float64 {
	const steps = 8
	out := [4]float64{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for i := range steps + 1 {
		f := float64(i) / steps
		c, r := f*float64(l.Width)-0.5, f*float64(l.Height)-0.5
		for _, p := range []geo.Position{
			l.Position(c, -0.5), l.Position(c, float64(l.Height)-0.5), l.Position(-0.5, r), l.Position(float64(l.Width)-0.5, r),
		} {
			out[0], out[1] = min(out[0], p.Lon), min(out[1], p.Lat)
			out[2], out[3] = max(out[2], p.Lon), max(out[3], p.Lat)
		}
	}
	return out
}
