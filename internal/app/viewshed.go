package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"

	"atalaya/geo"
	"atalaya/terrain"
	"atalaya/terrain/coverage"
	"atalaya/terrain/sight"
)

// ViewshedConfig is what one viewshed on the command line is asked for.
type ViewshedConfig struct {
	// DEM is a bare elevation file; without one the store is asked.
	DEM  string
	View sight.View
	// Target is the height above ground that the byte raster is for; nil asks
	// for the least heights.
	Target *float64
	// Out are the files written, of the kinds that ViewshedFile knows; SDOut is
	// a GeoTIFF of the standard deviations of least heights.
	Out   []string
	SDOut string
}

// Visible is how much of the area a target of one height shows in.
type Visible struct {
	Target  float64 `json:"target_m"` // above ground
	Area    float64 `json:"seen_km2"`
	Percent float64 `json:"seen_percent"`
}

// ViewshedSummary is what is told of a viewshed beside its raster.
type ViewshedSummary struct {
	View    sight.View `json:"view"`
	Eye     float64    `json:"eye_m"`
	Area    float64    `json:"area_km2"` // within the radius, with elevation
	Visible []Visible  `json:"visible"`
	Width   int        `json:"width"`
	Height  int        `json:"height"`
	coverage.Grounds
}

// Viewshed reckons a viewshed and writes its files.
func Viewshed(ctx context.Context, cfg Config, v ViewshedConfig) (ViewshedSummary, error) {
	for _, name := range v.Out {
		if err := viewshedKind(name, v.Target); err != nil {
			return ViewshedSummary{}, err
		}
	}
	src, done, err := cfg.elevationFor(v.DEM, v.View.Observer.At, v.View.Radius)
	if err != nil {
		return ViewshedSummary{}, err
	}
	defer done.Close()
	v.View.Doubt = v.SDOut != ""
	seen, err := sight.Viewshed(ctx, src, v.View)
	if err != nil {
		return ViewshedSummary{}, err
	}
	// The elevation is not needed again: what is written takes its memory.
	runtime.GC()
	file := ViewshedFile{Seen: seen, Grounds: coverage.GroundsOf(src), Target: v.Target}
	if v.SDOut != "" {
		if err := writeWhole(v.SDOut, file.WriteDoubt); err != nil {
			return ViewshedSummary{}, err
		}
	}
	for _, name := range v.Out {
		if err := file.write(name); err != nil {
			return ViewshedSummary{}, err
		}
	}
	return summary(v, seen, file.Grounds), nil
}

// elevationFor opens a bare file, or the best there is in the store round a
// place. Made-up elevation is refused outside the exercise.
func (c *Config) elevationFor(dem string, at geo.Position, radius float64) (terrain.Source, io.Closer, error) {
	src, done, err := c.findElevation(dem, at, radius)
	if err != nil {
		return nil, nil, err
	}
	if err := src.About().Claim(c.Exercise.Enabled); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%w: --exercise allows it, and labels all that is written", err), done.Close())
	}
	return src, done, nil
}

func (c *Config) findElevation(dem string, at geo.Position, radius float64) (terrain.Source, io.Closer, error) {
	if dem != "" {
		return OpenElevationFile(dem)
	}
	s, err := c.openElevation()
	if err != nil {
		return nil, nil, err
	}
	d, _, err := s.Around(at, radius)
	if err != nil {
		return nil, nil, fmt.Errorf("elevation around %v: %w", at, err)
	}
	return d, io.NopCloser(nil), nil
}

// writeWhole writes a file whole or not at all.
func writeWhole(name string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	if err := write(f); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	const mode = 0o644 // as os.Create would, without the user's mask
	if err := errors.Join(f.Chmod(mode), f.Sync()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := f.Close(); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, err), os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), name)
}

func summary(v ViewshedConfig, seen *sight.Viewed, g coverage.Grounds) ViewshedSummary {
	// A man, a truck, and a drone at the height that rules allow.
	heights := []float64{0, 1.7, 3, 120}
	if v.Target != nil {
		heights = []float64{*v.Target}
	}
	l := seen.Lattice
	s := ViewshedSummary{View: v.View, Eye: seen.Eye, Width: l.Width, Height: l.Height, Grounds: g}
	s.Area, s.Visible = visible(seen, heights)
	return s
}

// visible tells in how much of the area targets of some heights show.
func visible(seen *sight.Viewed, heights []float64) (area float64, out []Visible) {
	l, of := seen.Lattice, make([]float64, len(heights))
	for row := range l.Height {
		east, north := l.Spacing(l.Position(float64(l.Width-1)/2, float64(row)))
		cell := east * north / 1e6
		need := seen.Need[row*l.Width : (row+1)*l.Width]
		area += cell * float64(countAtMost(need, float32(math.Inf(1)))) // all that is known
		for i, h := range heights {
			of[i] += cell * float64(countAtMost(need, atMost(h)))
		}
	}
	for i, h := range heights {
		out = append(out, Visible{Target: h, Area: of[i], Percent: 100 * of[i] / area})
	}
	return area, out
}

func countAtMost(need []float32, height float32) (n int) {
	for _, v := range need {
		if v <= height {
			n++
		}
	}
	return n
}
