package app

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"io"
	"math"
	"strconv"
	"strings"

	"atalaya/codec/geofile"
	"atalaya/plan/siting"
	"atalaya/terrain"
	"atalaya/terrain/coverage"
	"atalaya/terrain/format/geotiff/cog"
	"atalaya/terrain/sight"
)

// LabelOf is what is written on all that rests on an elevation: SYNTHETIC, or
// nothing.
func LabelOf(a terrain.About) string {
	if a.Synthetic {
		return terrain.Synthetic
	}
	return ""
}

// Labelled is a JSON object that begins with its label.
type Labelled struct {
	Label string
	Value any
}

// MarshalJSON implements json.Marshaler.
func (l Labelled) MarshalJSON() ([]byte, error) {
	b, err := json.Marshal(l.Value)
	if err != nil || l.Label == "" || len(b) < 2 || b[0] != '{' {
		return b, err
	}
	return append([]byte(`{"label":`+strconv.Quote(l.Label)+","), b[1:]...), nil
}

// items are the facts that go into files of an answer.
func items(g coverage.Grounds) map[string]string {
	m := map[string]string{
		"RESOLUTION_M": strconv.FormatFloat(math.Round(g.Resolution), 'f', -1, 64),
		"OPTIMISM":     g.Optimism.Text,
	}
	for i, w := range g.Warnings {
		m[fmt.Sprintf("WARNING_%d", i+1)] = w
	}
	return m
}

// facts are those of an answer about coverage.
func facts(a *coverage.Answer) map[string]string {
	m := items(a.Grounds)
	m["REFRACTION_K"] = RefractionText(a.Refraction)
	return m
}

// RefractionText says coefficients of refraction with their ranges.
func RefractionText(all []sight.Refraction) string {
	var out []string
	for _, r := range all {
		out = append(out, fmt.Sprintf("k %.2f, %.2f to %.2f", r.K, r.Low, r.High))
	}
	return strings.Join(out, "; ")
}

func described(g coverage.Grounds, what string) string {
	if l := LabelOf(g.Elevation); l != "" {
		return l + ": " + what
	}
	return what
}

// mostCounted is the largest count in a file of bytes; 255 is no cell.
const (
	mostCounted = 254
	noCell      = 255
)

// WriteCount writes how many sensors see a target, as Cloud Optimized GeoTIFF.
func WriteCount(w io.Writer, a *coverage.Answer, target float64) error {
	_, l := a.Window()
	count := a.Count(noCell)
	b := make([]uint8, len(count))
	for i, n := range count {
		b[i] = uint8(min(n, noCell))
		if n > mostCounted && n != noCell {
			b[i] = mostCounted
		}
	}
	return cog.Write(w, cog.Raster{
		Lattice: l, Bytes: b, NoData: noCell, Overviews: cog.Min, Elevation: a.Elevation, Software: "Atalaya", Items: facts(a),
		Description: described(a.Grounds, fmt.Sprintf("sensors that see a target %g m above ground (254: so many and more)", target)),
	})
}

// noFloor stands where no height is seen, outsideFloor where no cell is.
const (
	noFloor      = 99999
	outsideFloor = -9999
)

// WriteFloor writes the lowest height above sea seen, metres.
func WriteFloor(w io.Writer, a *coverage.Answer) error {
	floor, err := a.FloorAboveSea(float32(math.NaN()))
	if err != nil {
		return err
	}
	return writeFloor(w, a, floor, "lowest height above sea")
}

// WriteFloorAboveGround writes the same above the ground.
func WriteFloorAboveGround(w io.Writer, a *coverage.Answer) error {
	return writeFloor(w, a, a.FloorAboveGround(float32(math.NaN())), "lowest height above ground")
}

func writeFloor(w io.Writer, a *coverage.Answer, floor []float32, what string) error {
	_, l := a.Window()
	for i, z := range floor {
		if math.IsInf(float64(z), 1) {
			floor[i] = noFloor
		}
	}
	return cog.Write(w, cog.Raster{
		Lattice: l, Values: floor, NoData: outsideFloor, Overviews: cog.Max, Elevation: a.Elevation, Software: "Atalaya", Unit: "m", Items: facts(a),
		Description: described(a.Grounds, what+" at which a target shows (99999: none does)"),
	})
}

// WriteBest writes the number of the best sensor, from 1.
func WriteBest(w io.Writer, a *coverage.Answer, sensors []coverage.Sensor) error {
	_, l := a.Window()
	facts := facts(a)
	for i, s := range sensors {
		facts[fmt.Sprintf("SENSOR_%d", i+1)] = s.ID
	}
	return cog.Write(w, cog.Raster{
		Lattice: l, Values: a.BestSensor(float32(math.NaN())), NoData: outsideFloor, Overviews: cog.Nearest, Elevation: a.Elevation, Software: "Atalaya", Items: facts,
		Description: described(a.Grounds, "number of the best sensor (0: none sees the target)"),
	})
}

// WriteCoveragePNG draws how many sensors see the target: unseen red, seen
// from light to dark green, else nothing. SYNTHETIC stands across it.
func WriteCoveragePNG(w io.Writer, a *coverage.Answer) error {
	_, l := a.Window()
	picture := image.NewNRGBA(image.Rect(0, 0, l.Width, l.Height))
	for i, n := range a.Count(-1) {
		if n < 0 {
			continue
		}
		c := color.NRGBA{R: 190, G: 60, B: 50, A: 160}
		if n > 0 {
			dark := uint8(min(n-1, 5) * 30)
			c = color.NRGBA{R: 150 - dark, G: 220 - dark/2, B: 150 - dark, A: 200}
		}
		picture.SetNRGBA(i%l.Width, i/l.Width, c)
	}
	return writePicture(w, picture, a.Elevation, facts(a))
}

// grounds are the properties that every feature carries.
func grounds(g coverage.Grounds) map[string]any {
	m := map[string]any{"elevation": g.Elevation.String(), "resolution_m": g.Resolution, "optimism_factor": g.Optimism.Factor, "optimism": g.Optimism.Text}
	if l := LabelOf(g.Elevation); l != "" {
		m["label"] = l
	}
	if len(g.Warnings) > 0 {
		m["warnings"] = g.Warnings
	}
	return m
}

func point(s coverage.Sensor, g coverage.Grounds) geofile.Feature {
	at := s.Observer.At
	f := geofile.Feature{ID: s.ID, Name: s.ID, Point: &at, Properties: grounds(g)}
	f.Properties["mast_m"], f.Properties["radius_m"] = s.Observer.Height.Metres, s.Radius
	return f
}

// WriteCoverageGeoJSON writes the sensors with what each sees.
func WriteCoverageGeoJSON(w io.Writer, a *coverage.Answer, sensors []coverage.Sensor) error {
	var features []geofile.Feature
	for i, s := range sensors {
		f := point(s, a.Grounds)
		for _, h := range a.Heights {
			f.Properties[fmt.Sprintf("percent_at_%g_m", h.Metres)] = h.Each[i].Percent
			f.Properties[fmt.Sprintf("together_percent_at_%g_m", h.Metres)] = h.Together.Percent
			if h.Band != nil {
				f.Properties[fmt.Sprintf("together_percent_at_%g_m_k_low", h.Metres)] = h.Band.Low.Percent
				f.Properties[fmt.Sprintf("together_percent_at_%g_m_k_high", h.Metres)] = h.Band.High.Percent
			}
		}
		if a.Best != nil {
			f.Properties["best_percent"] = a.Best[i].Percent
		}
		features = append(features, f)
	}
	return geofile.WriteGeoJSON(w, features)
}

// WriteSites writes the chosen sites as GeoJSON points, which 'terrain cover
// --sensors' reads.
func WriteSites(w io.Writer, a siting.Answer) error {
	var features []geofile.Feature
	for i, s := range a.Sensors {
		f := point(s, a.Grounds)
		f.Properties["lost_without_percent"] = 100 * a.Missed[i] / a.Total
		f.Properties["covers"] = a.String()
		features = append(features, f)
	}
	return geofile.WriteGeoJSON(w, features)
}
