// Package regard says where a sensor sees: its field of regard is its range
// and its sector, cut by terrain. The tracker asks it whether a look that
// shows nothing at a place is evidence that nothing is there.
//
// A wrong "seen" makes the tracker drop what stands behind a hill; a wrong
// "not known" only makes it slower. So a field knows only what it is sure of:
// the error of elevation is the same in every look, and a probability between
// would be counted again at each turn as if it were another error.
package regard

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"sync"

	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/sensor"
	"atalaya/terrain"
	"atalaya/terrain/coverage"
	"atalaya/terrain/sight"
)

// MaxCells is how many posts a field may have, 12 bytes each. What would have
// more is made on the next coarser level, and says so.
const MaxCells = 1 << 23

// sure is how many standard deviations a thing must stand above or below what
// the terrain hides, to be seen or hidden for sure.
const sure = 2

// unstatedSD is the error of a height, metres, where nobody stated one: that
// which SRTM was specified to (16 m at 90 %: Farr et al. 2007, The Shuttle
// Radar Topography Mission, 2.3).
const unstatedSD = 9.7

// Config is what a Field is made from.
type Config struct {
	Sensor sensor.Sensor
	// Levels are the elevation around the sensor, the finest first; each next
	// one must keep the highest of the posts that it stands for.
	Levels []terrain.Source
}

// Field is what one version of a sensor sees. It is safe for concurrent use.
type Field struct {
	sensor  sensor.Sensor
	eye     float64 // metres above the sea
	grounds coverage.Grounds
	finest  float64 // resolution of the finest level, metres
	lattice terrain.Lattice
	plane   geo.Plane
	edges   [2]edge // of the sector
	wide    bool    // more than half round
	round   bool    // all round
	post    float64 // error of the ground, metres, 1 sigma
	cells   []cell
	hash    string
	k       sight.Refraction

	summed  sync.Once
	summary Summary
}

// edge is a direction, as seen from above.
type edge struct{ sin, cos float64 }

// cell is what is known at a post: NaN, where nothing is.
type cell struct {
	need   float32 // least metres above the ground at which a thing shows
	sd     float32 // its standard deviation
	ground float32 // metres above the sea
}

// ErrNone says why a sensor has no field.
var ErrNone = errors.New("the sensor has no field of regard") //nolint:gochecknoglobals // a sentinel

// Has says why a sensor can have no field, whatever the elevation: nil, if it
// can.
func Has(s sensor.Sensor) error {
	why := ""
	switch {
	case !s.Kind.Looks():
		why = "what is of the kind " + string(s.Kind) + " does not look around itself"
	case s.Moving:
		why = "it moves"
	case !(s.MaxRange > 0):
		why = "its range is not stated"
	case !s.Position.Valid() || s.Position == geo.Position{}:
		why = "its place is not stated"
	case !s.Height.Known():
		why = "its height is not stated"
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", ErrNone, why)
}

// Make works out a field.
func Make(ctx context.Context, cfg Config) (*Field, error) {
	s := cfg.Sensor
	if err := Has(s); err != nil {
		return nil, err
	}
	if len(cfg.Levels) == 0 {
		return nil, fmt.Errorf("%w: there is no elevation", ErrNone)
	}
	// What is made up tells of the exercise only, and of the exercise only what
	// is made up tells.
	if cfg.Levels[0].About().Synthetic != s.Exercise {
		return nil, fmt.Errorf("%w: %s has no place here: the exercise's sensors stand on the exercise's elevation, others on none but real", ErrNone, cfg.Levels[0].About())
	}
	src, window, err := choose(cfg.Levels, s)
	if err != nil {
		return nil, err
	}
	above, err := mast(cfg.Levels[0], s)
	if err != nil {
		return nil, err
	}
	k := sight.Radio()
	if s.Kind == sensor.Camera {
		k = sight.Optical()
	}
	f := &Field{sensor: s, k: k, finest: cfg.Levels[0].Lattice().Resolution(), plane: geo.NewPlane(s.Position)}
	f.look()
	grid, err := terrain.Load(src, window)
	if err != nil {
		return nil, err
	}
	if grid, err = doubted(grid); err != nil {
		return nil, err
	}
	v, err := sight.Viewshed(ctx, grid, sight.View{
		Observer: sight.Observer{At: s.Position, Height: geo.GroundHeight(above).Height()}, Radius: s.MaxRange, Refraction: k, Doubt: true,
	})
	if err != nil {
		return nil, fmt.Errorf("the field of regard of %s: %w", s.ID, err)
	}
	// The viewshed is of its own window of the grid.
	if grid, err = terrain.Load(grid, grid.Lattice().Around(s.Position, s.MaxRange)); err != nil {
		return nil, err
	}
	f.take(v, grid)
	f.grounds = coverage.GroundsOf(src)
	return f, nil
}

// choose gives the finest level that is not too large.
func choose(levels []terrain.Source, s sensor.Sensor) (terrain.Source, terrain.Window, error) {
	for _, src := range levels {
		l := src.Lattice()
		if !l.Contains(s.Position) {
			break
		}
		if w := l.Around(s.Position, s.MaxRange); w.Width <= MaxCells/max(w.Height, 1) {
			return src, w, nil
		}
	}
	if !levels[0].Lattice().Contains(s.Position) {
		return nil, terrain.Window{}, fmt.Errorf("%w: it stands outside %s", ErrNone, levels[0].About())
	}
	return nil, terrain.Window{}, fmt.Errorf("%w: a range of %.0f m is too large for %s, and there is no coarser level", ErrNone, s.MaxRange, levels[0].About())
}

// mast gives how high above the ground the sensor stands. The ground of
// coarser levels is higher than where it stands: this height holds there too.
func mast(finest terrain.Source, s sensor.Sensor) (float64, error) {
	l := finest.Lattice()
	col, row := l.Cell(s.Position)
	g, err := terrain.Load(finest, terrain.Window{X: int(math.Floor(col)) - 1, Y: int(math.Floor(row)) - 1, Width: 4, Height: 4})
	if err != nil {
		return 0, err
	}
	ground, ok := g.Bilinear(s.Position)
	if !ok {
		return 0, fmt.Errorf("%w: it stands in a void of %s", ErrNone, finest.About())
	}
	if s.Height.Datum == geo.DatumGround {
		return max(0, s.Height.Metres), nil
	}
	eye, err := finest.About().Metres(s.Height, s.Position)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrNone, err)
	}
	if doubt := sure * errorOf(finest.About()); eye < ground-max(doubt, 1) {
		return 0, fmt.Errorf("%w: it stands %.0f m below the ground of %s (%.0f m above the sea): correct its place or its height", ErrNone, ground-eye, finest.About(), ground)
	}
	return max(0, eye-ground), nil
}

// errorOf is the standard deviation of a height, metres.
func errorOf(a terrain.About) float64 {
	sd := a.SD
	if sd == 0 && !a.Synthetic { // what is made up is as it is
		sd = unstatedSD
	}
	return math.Sqrt(float64(sd*sd) + float64(a.DatumSD*a.DatumSD))
}

// doubted is a grid that states an error.
func doubted(g *terrain.Grid) (*terrain.Grid, error) {
	a := g.About()
	if a.SD == 0 && !a.Synthetic {
		a.SD = unstatedSD
	}
	return terrain.NewGrid(g.Lattice(), a, g.Z)
}

// look works out the sector.
func (f *Field) look() {
	from, to := f.sensor.SectorFrom, f.sensor.SectorTo
	f.round = from == to
	f.wide = geo.WrapBearing(to-from) > 180
	for i, at := range [2]float64{from, to} {
		f.edges[i].sin, f.edges[i].cos = fmath.SincosDegrees(at)
	}
}

// take keeps a viewshed.
func (f *Field) take(v *sight.Viewed, g *terrain.Grid) {
	f.eye, f.lattice, f.post = v.Eye, v.Lattice, errorOf(v.About)
	f.cells = make([]cell, len(v.Need))
	h := sha256.New()
	var b [8]byte
	number := func(x float64) {
		binary.BigEndian.PutUint64(b[:], math.Float64bits(x))
		h.Write(b[:]) // a hash takes everything
	}
	s := &f.sensor
	for _, x := range []float64{s.Position.Lat, s.Position.Lon, s.MaxRange, s.Detection, s.SectorFrom, s.SectorTo, f.eye, f.post, f.lattice.X0, f.lattice.Y0, f.lattice.DX, f.lattice.DY, float64(f.lattice.Width)} {
		number(x)
	}
	var p [12]byte
	for i := range f.cells {
		c := cell{v.Need[i], v.SD[i], g.Z[i]}
		f.cells[i] = c
		binary.BigEndian.PutUint32(p[0:], bits(c.need))
		binary.BigEndian.PutUint32(p[4:], bits(c.sd))
		binary.BigEndian.PutUint32(p[8:], bits(c.ground))
		h.Write(p[:])
	}
	f.hash = hex.EncodeToString(h.Sum(nil))
}

// bits of a number; those of all that are none are the same.
func bits(x float32) uint32 {
	if x != x {
		return 0x7fc00000
	}
	return math.Float32bits(x)
}

// Sensor is the version that the field is of.
func (f *Field) Sensor() sensor.Sensor { return f.sensor }

// Hash names the field: two of one hash say the same everywhere.
func (f *Field) Hash() string { return f.hash }

// Grounds is the elevation that the field rests on.
func (f *Field) Grounds() coverage.Grounds { return f.grounds }

// Refraction is the coefficient that the field was made with, and its range.
func (f *Field) Refraction() sight.Refraction { return f.k }

// Coarsened gives the resolution of the finest elevation, metres, where the
// field had to be made on a coarser level.
func (f *Field) Coarsened() (finest float64, is bool) {
	return f.finest, f.grounds.Resolution > float64(1.5*f.finest)
}
