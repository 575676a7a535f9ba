package app

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"io"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"atalaya/codec/geofile"
	"atalaya/terrain"
	"atalaya/terrain/coverage"
	"atalaya/terrain/format/geotiff/cog"
	"atalaya/terrain/outline"
	"atalaya/terrain/sight"
)

// ViewshedFile is a viewshed as it is written: what it rests on goes with it.
type ViewshedFile struct {
	Seen    *sight.Viewed
	Grounds coverage.Grounds
	// Target is the height above ground, metres, that is asked about; nil is
	// all of them.
	Target *float64
}

// nodata of the rasters written, as docs/terrain.md says.
const (
	noHeight = -9999
	noAnswer = 255
)

// viewshedKind refuses a file that cannot be written.
func viewshedKind(name string, target *float64) error {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".tif", ".tiff", ".png":
		return nil
	case ".geojson", ".json":
		if target == nil {
			return fmt.Errorf("write %s: polygons are of one height: say which with --target METRES", name)
		}
		return nil
	}
	return fmt.Errorf("write %s: its name must end in .tif, .png or .geojson", name)
}

// write writes the kind of file that its name says; with a picture goes a
// world file.
func (f ViewshedFile) write(name string) error {
	switch ext := filepath.Ext(name); strings.ToLower(ext) {
	case ".png":
		return errors.Join(writeWhole(name, f.WritePNG), writeWhole(strings.TrimSuffix(name, ext)+".pgw", f.WriteWorld))
	case ".geojson", ".json":
		return writeWhole(name, f.WriteGeoJSON)
	}
	return writeWhole(name, f.WriteTIFF)
}

// WriteTIFF writes a Cloud Optimized GeoTIFF: the least heights, or where the
// target shows and where not.
func (f ViewshedFile) WriteTIFF(w io.Writer) error {
	if f.Target == nil {
		return cog.Write(w, f.raster(f.Seen.Need, "least height above ground at which a target shows"))
	}
	r := f.raster(nil, fmt.Sprintf("where a target %g m above ground shows: 1 it does, 0 it does not", *f.Target))
	r.Unit, r.NoData, r.Overviews = "", noAnswer, cog.Min
	r.Items["target_m"] = fmt.Sprint(*f.Target)
	r.Bytes = make([]uint8, len(f.Seen.Need))
	t := atMost(*f.Target)
	for i, n := range f.Seen.Need {
		// Two conditions without a jump: half of all cells lie on either side.
		var shows, void uint8
		if n <= t {
			shows = 1
		}
		if n != n {
			void = noAnswer
		}
		r.Bytes[i] = shows | void
	}
	return cog.Write(w, r)
}

// atMost is the greatest float32 that is not above a height.
func atMost(h float64) float32 {
	t := float32(h)
	if float64(t) > h {
		t = math.Nextafter32(t, float32(math.Inf(-1)))
	}
	return t
}

// WriteDoubt writes the standard deviations of the least heights.
func (f ViewshedFile) WriteDoubt(w io.Writer) error {
	return cog.Write(w, f.raster(f.Seen.SD, "standard deviation of the least height above ground at which a target shows"))
}

func (f ViewshedFile) raster(values []float32, what string) cog.Raster {
	v := f.Seen
	return cog.Raster{
		Lattice: v.Lattice, Values: values, NoData: noHeight, Overviews: cog.Max, Unit: "m",
		Description: fmt.Sprintf("%s to an observer at %v, %.1f m above sea", what, v.View.Observer.At, v.Eye),
		Software:    "Atalaya " + Version, Elevation: v.About, Items: f.facts(),
	}
}

// facts are what an answer rests on, for files that take text only.
func (f ViewshedFile) facts() map[string]string {
	v := f.Seen
	m := items(f.Grounds)
	delete(m, "RESOLUTION_M")
	maps.Copy(m, map[string]string{
		"observer": v.View.Observer.At.String(), "eye_m": fmt.Sprintf("%.3f", v.Eye), "radius_m": fmt.Sprint(v.View.Radius),
		"refraction_k": fmt.Sprint(v.View.Refraction.K), "refraction_k_low": fmt.Sprint(v.View.Refraction.Low), "refraction_k_high": fmt.Sprint(v.View.Refraction.High),
		"resolution_m": fmt.Sprintf("%.1f", f.Grounds.Resolution),
	})
	return m
}

// WriteGeoJSON writes polygons of where the target shows, along the sides of
// the elevation's cells.
func (f ViewshedFile) WriteGeoJSON(w io.Writer) error {
	if f.Target == nil {
		return errors.New("polygons of no target")
	}
	v := f.Seen
	in := make([]bool, len(v.Need))
	for i, n := range v.Need {
		in[i] = float64(n) <= *f.Target
	}
	polygons, err := outline.Polygons(v.Lattice, in)
	if err != nil {
		return err
	}
	area, shows := visible(v, []float64{*f.Target})
	o := v.View.Observer
	props := grounds(f.Grounds)
	maps.Copy(props, map[string]any{
		"observer_lat": o.At.Lat, "observer_lon": o.At.Lon, "mast_m": o.Height.Metres, "eye_above_sea_m": v.Eye, "radius_m": v.View.Radius,
		"target_m": *f.Target, "seen_km2": shows[0].Area, "area_km2": area, "seen_percent": shows[0].Percent,
		"refraction_k": v.View.Refraction.K, "refraction_k_low": v.View.Refraction.Low, "refraction_k_high": v.View.Refraction.High,
		"elevation_source": v.About.Source, "vertical_datum": string(v.About.Datum), "vertical_datum_sd_m": v.About.DatumSD, "software": "Atalaya " + Version,
	})
	if v.About.SD > 0 { // else nobody stated one
		props["elevation_sd_m"] = v.About.SD
	}
	return geofile.WriteGeoJSON(w, []geofile.Feature{{
		Name: described(f.Grounds, fmt.Sprintf("where a target %g m above ground shows", *f.Target)), Polygons: polygons, Properties: props,
	}})
}

// shade is how least heights up to some metres are drawn.
type shade struct {
	upTo   float64
	colour color.NRGBA
}

// shades of a picture of all heights; what must be higher is not drawn.
func shades() []shade {
	return []shade{
		{2, color.NRGBA{R: 0, G: 104, B: 55, A: 170}},
		{10, color.NRGBA{R: 102, G: 189, B: 99, A: 170}},
		{50, color.NRGBA{R: 217, G: 239, B: 139, A: 170}},
		{150, color.NRGBA{R: 254, G: 224, B: 139, A: 170}},
	}
}

// WritePNG draws where the target shows; without one the height from which one
// does, in four shades. What is hidden or not known is transparent.
func (f ViewshedFile) WritePNG(w io.Writer) error {
	all := shades()
	if f.Target != nil {
		all = []shade{{*f.Target, all[0].colour}}
	}
	l := f.Seen.Lattice
	picture := image.NewNRGBA(image.Rect(0, 0, l.Width, l.Height))
	for i, n := range f.Seen.Need {
		for _, s := range all {
			if float64(n) <= s.upTo {
				picture.SetNRGBA(i%l.Width, i/l.Width, s.colour)
				break
			}
		}
	}
	return writePicture(w, picture, f.Grounds.Elevation, f.facts())
}

// WriteWorld writes the world file of the picture: where the middle of its
// north-western pixel is and how far pixels are apart, in the elevation's own
// coordinates.
func (f ViewshedFile) WriteWorld(w io.Writer) error {
	l := f.Seen.Lattice
	_, err := fmt.Fprintf(w, "%.17g\n0\n0\n%.17g\n%.17g\n%.17g\n", l.DX, -l.DY, l.X0, l.Y0)
	return err
}

// writePicture writes a PNG with SYNTHETIC across, where its elevation is, and
// with facts in text chunks (ISO/IEC 15948, 11.3.4.5), which gdalinfo shows.
func writePicture(w io.Writer, picture *image.NRGBA, on terrain.About, facts map[string]string) error {
	facts["ELEVATION"], facts["ELEVATION_SOURCE"], facts["VERTICAL_DATUM"] = on.String(), on.Source, string(on.Datum)
	if label := LabelOf(on); label != "" {
		d := font.Drawer{Dst: picture, Src: image.NewUniform(color.Black), Face: basicfont.Face7x13}
		across := d.MeasureString(label + "   ").Ceil()
		const down = 60
		size := picture.Rect.Size()
		for y := basicfont.Face7x13.Ascent + 2; y < size.Y+down; y += down {
			for x := 4; x < size.X; x += across {
				d.Dot = fixed.P(x, y)
				d.DrawString(label)
			}
		}
		facts[terrain.Synthetic] = "YES"
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return fmt.Errorf("write PNG: %w", err)
	}
	const begin = 8 + 25 // bytes of the signature and the first chunk
	file := b.Bytes()
	out := append([]byte(nil), file[:begin]...)
	for _, key := range slices.Sorted(maps.Keys(facts)) {
		body := append([]byte("iTXt"+key), 0, 0, 0, 0, 0) // not compressed, in no language
		body = append(body, facts[key]...)
		out = binary.BigEndian.AppendUint32(out, uint32(len(body)-4))
		out = append(out, body...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(body))
	}
	if _, err := w.Write(append(out, file[begin:]...)); err != nil {
		return fmt.Errorf("write PNG: %w", err)
	}
	return nil
}
