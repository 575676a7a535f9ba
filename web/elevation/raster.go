package elevation

import (
	"encoding/binary"
	"math"

	"atalaya/geo"
	"atalaya/geo/projection"
	"atalaya/terrain"
	"atalaya/terrain/sight"
)

const (
	// RasterSize bounds a raster's width and height: 17 MB of values.
	RasterSize = 2048
	// Unknown is the value of a pixel beyond the radius or without elevation.
	Unknown = math.MaxUint16
	// Most is the value of everything higher than what can be told.
	Most = Unknown - 1
	// PerMetre is how many steps of a value make a metre.
	PerMetre = 10
)

// Raster is a viewshed as a browser shows it: an image in the projection of web
// maps whose pixels are the least height at which a target shows. The browser
// holds it against the target's height itself, so that another height takes no
// new viewshed.
type Raster struct {
	Width  int `json:"width" doc:"pixels"`
	Height int `json:"height" doc:"pixels"`
	// Bounds are those of the outermost pixels' edges.
	Bounds [4]float64 `json:"bounds" doc:"west, south, east, north, degrees; between them pixels lie evenly in the Mercator projection of web maps"`
	Pixel  float64    `json:"pixel_m" doc:"size of a pixel on the ground in the middle, metres; where it is larger than the elevation's resolution each tells of the cell in its middle"`

	values, doubts []uint16
}

// NewRaster puts a viewshed on the map. Each pixel takes the value of the cell
// that its middle lies in.
func NewRaster(v *sight.Viewed) Raster {
	west, south, east, north := extent(v.Lattice)
	at := v.View.Observer.At
	cell := v.Lattice.Resolution() / scale(at.Lat)
	pixel := max(cell, (east-west)/RasterSize, (north-south)/RasterSize)
	r := Raster{Width: pixels(east-west, pixel), Height: pixels(north-south, pixel), Pixel: pixel * scale(at.Lat)}
	east, south = west+pixel*float64(r.Width), north-pixel*float64(r.Height)
	nw, se := projection.WebMercator{}.Inverse(west, north), projection.WebMercator{}.Inverse(east, south)
	r.Bounds = [4]float64{nw.Lon, se.Lat, se.Lon, nw.Lat}
	r.values, r.doubts = make([]uint16, r.Width*r.Height), make([]uint16, r.Width*r.Height)
	for y := range r.Height {
		for x := range r.Width {
			p := projection.WebMercator{}.Inverse(west+pixel*(float64(x)+0.5), north-pixel*(float64(y)+0.5))
			col, row := v.Lattice.Cell(p)
			c, w := int(math.Floor(col+0.5)), int(math.Floor(row+0.5))
			i := y*r.Width + x
			if r.values[i], r.doubts[i] = Unknown, Unknown; c < 0 || w < 0 || c >= v.Lattice.Width || w >= v.Lattice.Height {
				continue
			}
			r.values[i] = value(v.Need[w*v.Lattice.Width+c])
			if v.SD != nil {
				r.doubts[i] = value(v.SD[w*v.Lattice.Width+c])
			}
		}
	}
	return r
}

func pixels(length, pixel float64) int {
	return min(max(int(math.Ceil(length/pixel-1e-6)), 1), RasterSize)
}

// value rounds up: what is told to show, shows.
func value(metres float32) uint16 {
	if metres != metres {
		return Unknown
	}
	return uint16(min(math.Ceil(float64(metres)*PerMetre), Most))
}

// extent is the box on the map around a lattice's cells.
func extent(l terrain.Lattice) (west, south, east, north float64) {
	west, south, east, north = math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	const steps = 16
	for i := range steps + 1 {
		f := float64(i) / steps
		c, r := f*float64(l.Width)-0.5, f*float64(l.Height)-0.5
		for _, p := range []geo.Position{
			l.Position(c, -0.5), l.Position(c, float64(l.Height)-0.5), l.Position(-0.5, r), l.Position(float64(l.Width)-0.5, r),
		} {
			x, y := projection.WebMercator{}.Forward(p)
			west, south, east, north = min(west, x), min(south, y), max(east, x), max(north, y)
		}
	}
	return west, south, east, north
}

// Bytes are the values, row by row from the north-west, each 16 bits with the
// low byte first: tenths of a metre above ground, rounded up; 65534 is as much
// or more, 65535 is not known. After them come as many standard deviations of
// these, likewise.
func (r Raster) Bytes() []byte {
	out := make([]byte, 0, 2*len(r.values)+2*len(r.doubts))
	for _, plane := range [][]uint16{r.values, r.doubts} {
		for _, v := range plane {
			out = binary.LittleEndian.AppendUint16(out, v)
		}
	}
	return out
}
