package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"atalaya/geo"
	"atalaya/terrain"
	"atalaya/terrain/coverage"
	"atalaya/terrain/format/geotiff"
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
	// Out and SDOut are the files written: the raster, and the standard
	// deviations of least heights.
	Out, SDOut string
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

// nodata of the rasters written, as docs/terrain.md says.
const (
	noHeight = -9999
	noAnswer = 255
)

// Viewshed reckons a viewshed and writes it as GeoTIFF.
func Viewshed(ctx context.Context, cfg Config, v ViewshedConfig) (ViewshedSummary, error) {
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
	if v.SDOut != "" {
		err = writeRaster(v.SDOut, v.raster(seen, seen.SD, "standard deviation of the least height above ground at which a target shows"))
	}
	if err == nil && v.Out != "" {
		err = writeRaster(v.Out, v.main(seen))
	}
	if err != nil {
		return ViewshedSummary{}, err
	}
	return summary(v, seen, coverage.GroundsOf(src)), nil
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

// main is the raster asked for: least heights, or seen and not seen.
func (v ViewshedConfig) main(seen *sight.Viewed) geotiff.Raster {
	if v.Target == nil {
		return v.raster(seen, seen.Need, "least height above ground at which a target shows")
	}
	r := v.raster(seen, nil, fmt.Sprintf("where a target %g m above ground shows: 1 it does, 0 it does not", *v.Target))
	r.Unit, r.NoData, r.Overviews = "", noAnswer, geotiff.Min
	r.Items["target_m"] = fmt.Sprint(*v.Target)
	r.Bytes = make([]uint8, len(seen.Need))
	for i, n := range seen.Need {
		switch {
		case n != n:
			r.Bytes[i] = noAnswer
		case float64(n) <= *v.Target:
			r.Bytes[i] = 1
		}
	}
	return r
}

func (v ViewshedConfig) raster(seen *sight.Viewed, values []float32, what string) geotiff.Raster {
	o := v.View.Observer
	return geotiff.Raster{
		Lattice: seen.Lattice, Values: values, NoData: noHeight, Overviews: geotiff.Max, Unit: "m",
		Description: fmt.Sprintf("%s to an observer at %v, %.1f m above sea", what, o.At, seen.Eye),
		Software:    "Atalaya " + Version, Elevation: seen.About,
		Items: map[string]string{
			"observer": o.At.String(), "eye_m": fmt.Sprintf("%.3f", seen.Eye), "radius_m": fmt.Sprint(v.View.Radius),
			"refraction_k": fmt.Sprint(v.View.Refraction.K), "resolution_m": fmt.Sprintf("%.1f", seen.Lattice.Resolution()),
		},
	}
}

// writeRaster writes a file whole or not at all.
func writeRaster(name string, r geotiff.Raster) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	if err := geotiff.WriteCOG(f, r); err != nil {
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
	area, of := 0.0, make([]float64, len(heights))
	for row := range l.Height {
		east, north := l.Spacing(l.Position(float64(l.Width-1)/2, float64(row)))
		cell := east * north / 1e6
		for _, n := range seen.Need[row*l.Width : (row+1)*l.Width] {
			if math.IsNaN(float64(n)) {
				continue
			}
			area += cell
			for i, h := range heights {
				if float64(n) <= h {
					of[i] += cell
				}
			}
		}
	}
	s.Area = area
	for i, h := range heights {
		s.Visible = append(s.Visible, Visible{Target: h, Area: of[i], Percent: 100 * of[i] / area})
	}
	return s
}
