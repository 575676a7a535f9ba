// Package relief makes the mountains of the exercise: a fresh machine has no
// elevation, and no elevation data may be shipped with the program. The shore
// and the level of Lake Titicaca are real (internal/basemap), and so are some
// eighty public spot heights (spots.csv, each with its source), which the
// relief goes through exactly. Everything between them is made up from a seed:
//
//  1. A smooth surface goes through the spot heights of the low ground and
//     along the shore; summits stand on it, joined to ranges (base.go).
//  2. On nodes 1440, 720 and 360 m apart, a level at a time, gradient noise is
//     added, and rain carves it: water finds its way to the lake or off the
//     edge, and cuts by its discharge and slope (erode.go).
//  3. At the lattice's own spacing finer noise is added where the ground is
//     steep, the land is led down to the shore, islands rise from the lake, and
//     every spot height is met (detail.go, shore.go).
//
// The same seed gives the same bits on every processor and with every number
// of goroutines. It is SYNTHETIC: no claim about the world may rest on it.
package relief

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"

	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/geo/projection"
	"atalaya/internal/basemap"
	"atalaya/terrain"
)

// LakeLevel is the height of Lake Titicaca's surface, metres above the sea.
const LakeLevel = 3810

// version changes with every change of the algorithm that moves a height.
const version = 1

// Config says which relief to make. The zero value of Box and Spacing stands
// for the exercise's own.
type Config struct {
	Seed uint64
	// Box is where; by default Lake Titicaca, both cordilleras and the border
	// between them. It must hold the lake's middle.
	Box geo.Box
	// Spacing of the posts in degrees, by default 3" (90 m).
	Spacing float64
}

// DefaultBox is the exercise's: 71 to 67.5 W, 17.5 to 14.5 S.
func DefaultBox() geo.Box { return geo.Box{South: -17.5, West: -71, North: -14.5, East: -67.5} }

func (c Config) whole() Config {
	if c.Box == (geo.Box{}) {
		c.Box = DefaultBox()
	}
	if c.Spacing == 0 {
		c.Spacing = 3.0 / 3600
	}
	return c
}

// Key names what Make makes of a configuration: another key, other heights.
func (c Config) Key() string {
	c = c.whole()
	sum := sha256.New()
	fmt.Fprintf(sum, "%d %d %v %v %v %v %v\n%s", version, c.Seed, c.Box.South, c.Box.West, c.Box.North, c.Box.East, c.Spacing, table)
	return hex.EncodeToString(sum.Sum(nil))[:16]
}

// lattice is where the posts are.
func (c Config) lattice() (terrain.Lattice, error) {
	count := func(from, to float64) int { return int(math.Round((to-from)/c.Spacing)) + 1 }
	const most = 100_000_000 // posts: 400 MB
	w, h := (c.Box.East-c.Box.West)/c.Spacing, (c.Box.North-c.Box.South)/c.Spacing
	if !(c.Spacing > 0 && w >= 64 && h >= 64 && float64((w+1)*(h+1)) < most) {
		return terrain.Lattice{}, fmt.Errorf("relief of %v at %g degrees: it has between 64 x 64 and %d posts", c.Box, c.Spacing, most)
	}
	return terrain.Lattice{
		Projection: projection.Geographic{}, X0: c.Box.West, Y0: c.Box.North, DX: c.Spacing, DY: c.Spacing,
		Width: count(c.Box.West, c.Box.East), Height: count(c.Box.South, c.Box.North),
	}, nil
}

// Make makes the relief.
func Make(cfg Config) (*terrain.Grid, error) {
	cfg = cfg.whole()
	lattice, err := cfg.lattice()
	if err != nil {
		return nil, err
	}
	spots, err := Spots()
	if err != nil {
		return nil, err
	}
	lake, err := basemap.Lake()
	if err != nil {
		return nil, fmt.Errorf("relief: %w", err)
	}
	m := &maker{seed: cfg.Seed, frame: newFrame(lattice), lattice: lattice, lake: lake}
	public := 0
	for _, s := range spots {
		if cfg.Box.Contains(s.Position) {
			m.spots = append(m.spots, m.pin(s))
			if s.Kind != Chosen {
				public++
			}
		}
	}
	if len(m.spots) < 3 {
		return nil, errors.New("relief: fewer than three spot heights lie in the box")
	}
	z, err := m.make()
	if err != nil {
		return nil, err
	}
	return terrain.NewGrid(lattice, about(cfg.Seed, public), z)
}

func about(seed uint64, spots int) terrain.About {
	return terrain.About{
		Name: "exercise relief",
		Source: fmt.Sprintf("made up by the program from seed %d, %d public spot heights and the shore of Lake Titicaca (GSHHG); "+
			"exact at the spot heights only, no stated error elsewhere", seed, spots),
		Datum: terrain.EGM96, Synthetic: true,
	}
}

// maker makes one relief.
type maker struct {
	seed    uint64
	lattice terrain.Lattice
	frame   frame
	lake    geo.Polygon
	spots   []pin
}

// frame turns columns and rows of the lattice into metres east and south of
// its north-western post. The exercise needs no better.
type frame struct{ dx, dy float64 }

func newFrame(l terrain.Lattice) frame {
	const degree, degreeOfLongitude = 110_650.0, 111_320.0 // m, the latter at the equator
	middle := l.Y0 - float64(float64(l.DY*float64(l.Height-1))/2)
	_, c := fmath.SincosDegrees(middle)
	return frame{dx: float64(l.DX * float64(degreeOfLongitude*c)), dy: float64(l.DY * degree)}
}

// pin is a spot height at the post nearest to it.
type pin struct {
	control
	col, row int
	summit   bool
}

func (m *maker) pin(s Spot) pin {
	c, r := m.lattice.Cell(s.Position)
	p := pin{col: int(math.Round(c)), row: int(math.Round(r)), summit: s.Kind == Summit}
	p.control = control{float64(float64(p.col) * m.frame.dx), float64(float64(p.row) * m.frame.dy), s.Height}
	return p
}

// parallel calls do for every number below n, from as many goroutines as there
// are processors. What do does for one number may not depend on another's.
func parallel(n int, do func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for i := w; i < n; i += workers {
				do(i)
			}
		})
	}
	wait.Wait()
}

//go:embed spots.csv
var table string
