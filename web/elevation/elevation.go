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
	"sync/atomic"

	"atalaya/geo"
	"atalaya/terrain"
	"atalaya/terrain/coverage"
)

// Model is one elevation model.
type Model struct {
	// Levels are the same ground, the finest first and each further one with
	// posts farther apart. One is enough; with more, maps of large regions have
	// relief too.
	Levels []terrain.Source
}

// About is what screens say of a model.
type About struct {
	terrain.About
	Resolution float64    `json:"resolution_m" doc:"mean distance between posts, metres"`
	Bounds     [4]float64 `json:"bounds" doc:"west, south, east, north, degrees"`
	Optimism   float64    `json:"optimism" doc:"area seen on it over area seen on a model of 90 m, as measured; 1 at 90 m and finer, where it was not measured"`
	Warn       bool       `json:"warn" doc:"too coarse for any claim of coverage"`
}

// coarse is the resolution in metres beyond which no claim of coverage may
// rest on a model.
const coarse = 100

// Config is what a Service is made from.
type Config struct {
	// Renders is how many tiles are made at once; 0: two.
	Renders int
	// Cache bounds the tiles that are kept, bytes; 0: 32 MiB.
	Cache int
}

// Service answers for the elevation that is configured: none, until Use.
type Service struct {
	most      int // bytes of tiles that are kept
	rendering chan struct{}
	now       atomic.Pointer[configured]
}

// configured is elevation as it is while nothing else is configured.
type configured struct {
	models  []model
	version string // of the models: addresses of tiles carry it
	cache   *cache
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
func New(cfg Config) *Service {
	const renders, kept = 2, 32 << 20
	if cfg.Renders <= 0 {
		cfg.Renders = renders
	}
	if cfg.Cache <= 0 {
		cfg.Cache = kept
	}
	s := &Service{most: cfg.Cache, rendering: make(chan struct{}, cfg.Renders)}
	s.now.Store(&configured{cache: newCache(cfg.Cache)})
	return s
}

// Use configures other elevation; where models overlap the first counts.
func (s *Service) Use(models ...Model) error {
	c := &configured{cache: newCache(s.most)}
	print := sha256.New()
	for _, m := range models {
		if len(m.Levels) == 0 {
			return errors.New("an elevation model without a level")
		}
		finest := m.Levels[0]
		one := model{Model: m, about: About{About: finest.About(), Resolution: finest.Lattice().Resolution(), Bounds: bounds(finest.Lattice()), Optimism: coverage.Optimism(finest.Lattice().Resolution()).Factor}}
		one.about.Warn = one.about.Resolution > coarse
		for i, l := range m.Levels {
			one.spacing = append(one.spacing, l.Lattice().Resolution())
			if i > 0 && one.spacing[i] <= one.spacing[i-1] {
				return fmt.Errorf("elevation %s: level %d is no coarser than the one before", one.about, i)
			}
			fmt.Fprintln(print, l.Lattice())
		}
		if err := json.NewEncoder(print).Encode(one.about); err != nil {
			return fmt.Errorf("elevation %s: %w", one.about, err)
		}
		c.models = append(c.models, one)
	}
	c.version = hex.EncodeToString(print.Sum(nil)[:6])
	s.now.Store(c)
	return nil
}

// Models tells which elevation is configured.
func (s *Service) Models() []About {
	models := s.now.Load().models
	out := make([]About, len(models))
	for i := range models {
		out[i] = models[i].about
	}
	return out
}

// At gives the model that counts at a position, at its finest.
func (s *Service) At(p geo.Position) (terrain.Source, About, error) {
	for _, m := range s.now.Load().models {
		if src := m.Levels[0]; src.Lattice().Contains(p) {
			return src, m.about, nil
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
