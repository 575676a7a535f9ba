package app

import (
	"fmt"
	"io"
	"maps"
	"math"

	"atalaya/codec/geofile"
	"atalaya/geo"
	"atalaya/terrain/coverage"
	"atalaya/terrain/footprint"
	"atalaya/terrain/sight"
)

// FootprintConfig is what one camera on the command line is asked for.
type FootprintConfig struct {
	// DEM is a bare elevation file; without one the store is asked.
	DEM        string
	Camera     footprint.Camera
	Range      float64 // how far to look, metres
	Refraction sight.Refraction
	Sigma      float64 // standard deviations that the outer polygon holds
	// SD is the error of the elevation's heights, metres, where it states none.
	SD float64
}

// FootprintAnswer is a footprint with what is to be said of it.
type FootprintAnswer struct {
	*footprint.Footprint
	Refraction sight.Refraction `json:"refraction"`
	Resolution float64          `json:"resolution_m"`
	// Area of the polygon and of the outer one.
	Area      float64 `json:"area_km2"`
	OuterArea float64 `json:"outer_area_km2"`
	// Band is where the middle of the picture is at the ends of the range of k.
	Band     [2]footprint.Spot `json:"centre_k_low_high"`
	Warnings []string          `json:"warnings,omitempty"`
}

// Footprint says where a camera looks.
func Footprint(cfg Config, q FootprintConfig) (FootprintAnswer, error) {
	src, done, err := cfg.elevationFor(q.DEM, q.Camera.At, q.Range)
	if err != nil {
		return FootprintAnswer{}, err
	}
	defer done.Close()
	if q.SD > 0 && src.About().SD == 0 {
		src = statedError{src, q.SD}
	}
	ask := footprint.Config{Range: q.Range, K: q.Refraction.K, Sigma: q.Sigma}
	f, err := footprint.Of(src, q.Camera, ask)
	if err != nil {
		return FootprintAnswer{}, err
	}
	g := coverage.GroundsOf(src)
	out := FootprintAnswer{
		Footprint: f, Refraction: q.Refraction, Resolution: g.Resolution,
		Area: geo.Polygon{f.Polygon}.Area() / 1e6, OuterArea: geo.Polygon{f.Outer}.Area() / 1e6, Warnings: g.Warnings,
	}
	for i, k := range [2]float64{q.Refraction.Low, q.Refraction.High} {
		ask.K = k
		if out.Band[i], err = footprint.Ray(src, q.Camera, ask); err != nil {
			return FootprintAnswer{}, err
		}
	}
	if src.About().SD == 0 && !src.About().Synthetic {
		out.Warnings = append(out.Warnings, "Nobody stated the error of this elevation, and it counts as none: give it with --sd METRES.")
	}
	return out, nil
}

// Axes are the standard deviations along the long and across it, metres, and
// the direction of the long one, degrees.
func Axes(c footprint.Covariance) (long, across, bearing float64) {
	middle, half := (c.EE+c.NN)/2, math.Hypot((c.EE-c.NN)/2, c.EN)
	bearing = math.Atan2(2*c.EN, c.NN-c.EE) / 2 * 180 / math.Pi
	return math.Sqrt(middle + half), math.Sqrt(max(0, middle-half)), math.Mod(bearing+180, 180)
}

// WriteGeoJSON writes the picture's footprint, the polygon that holds it with
// its errors, and its middle.
func (a FootprintAnswer) WriteGeoJSON(w io.Writer) error {
	c := a.Camera
	shared := map[string]any{
		"camera_lat": c.At.Lat, "camera_lon": c.At.Lon, "camera_height_m": c.Height.Metres, "camera_height_above": c.Height.Datum.String(),
		"yaw_deg": c.Yaw, "pitch_deg": c.Pitch, "roll_deg": c.Roll, "pan_deg": c.Pan, "tilt_deg": c.Tilt, "wide_deg": c.Wide, "high_deg": c.High,
		"refraction_k": a.Refraction.K, "refraction_k_low": a.Refraction.Low, "refraction_k_high": a.Refraction.High,
		"elevation": a.Elevation.String(), "elevation_source": a.Elevation.Source, "vertical_datum": string(a.Elevation.Datum), "resolution_m": a.Resolution,
		"near_m": a.Near, "far_m": a.Far,
		"position_sd_m": c.Errors.Position, "height_sd_m": c.Errors.Height, "yaw_sd_deg": c.Errors.Yaw, "pitch_sd_deg": c.Errors.Pitch,
		"roll_sd_deg": c.Errors.Roll, "pan_sd_deg": c.Errors.Pan, "tilt_sd_deg": c.Errors.Tilt,
	}
	if a.Elevation.SD > 0 {
		shared["elevation_sd_m"] = a.Elevation.SD
	}
	if l := LabelOf(a.Elevation); l != "" {
		shared["label"] = l
	}
	if len(a.Warnings) > 0 {
		shared["warnings"] = a.Warnings
	}
	feature := func(id, name string, more map[string]any) geofile.Feature {
		f := geofile.Feature{ID: id, Name: described(coverage.Grounds{Elevation: a.Elevation}, name), Properties: maps.Clone(shared)}
		maps.Copy(f.Properties, more)
		return f
	}
	picture := feature("picture", "what the picture holds", map[string]any{"area_km2": a.Area, "open": a.Open})
	picture.Polygon = geo.Polygon{a.Polygon}
	outer := feature("outer", fmt.Sprintf("what the picture may hold, within %g standard deviations", a.Sigma), map[string]any{"area_km2": a.OuterArea, "open": a.OuterOpen, "sigma": a.Sigma})
	outer.Polygon = geo.Polygon{a.Outer}
	out := []geofile.Feature{outer, picture}
	if s := a.Centre; s.Outcome == footprint.Ground {
		middle := feature("centre", "the middle of the picture", map[string]any{"range_m": s.Range, "ground_m": *s.Ground})
		middle.Point = &s.At
		if s.Covariance != nil {
			long, across, bearing := Axes(*s.Covariance)
			maps.Copy(middle.Properties, map[string]any{"sd_long_m": long, "sd_across_m": across, "sd_long_bearing_deg": bearing})
		}
		out = append(out, middle)
	}
	return geofile.WriteGeoJSON(w, out)
}
