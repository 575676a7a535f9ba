// Package rgbtile reads and writes elevation as the web's maps carry it: PNG
// tiles of the z/x/y scheme whose red, green and blue are the digits of a
// height. Two encodings are in use:
//
//	Mapbox Terrain-RGB   height = -10000 m + (65536 R + 256 G + B) * 0.1 m
//	Mapzen Terrarium     height = -32768 m + 256 R + G + B / 256 m
//
// Pixels are the cells of the Mercator projection of web maps (EPSG:3857),
// 256 or 512 a side. Black and transparent pixels are voids: black would lie
// below every ocean.
package rgbtile

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"path"
	"strconv"
	"strings"

	"atalaya/geo/projection"
	"atalaya/terrain"
)

// Encoding is how colours stand for heights.
type Encoding string

// The encodings, by the names that MapLibre gives them.
const (
	Mapbox    Encoding = "mapbox"
	Terrarium Encoding = "terrarium"
)

const brightest = 1<<24 - 1

// height turns the three digits of a pixel into metres. Both are sums of
// integers and one division, which rounds once.
func (e Encoding) height(digits uint32) float32 {
	if digits == 0 {
		return float32(math.NaN())
	}
	if e == Terrarium {
		return float32(float64(int(digits)-32768*256) / 256)
	}
	return float32(float64(int(digits)-100000) / 10)
}

// digits turns metres into the nearest digits; what they cannot hold becomes
// the nearest that they can.
func (e Encoding) digits(z float32) uint32 {
	if z != z {
		return 0
	}
	v := float64(float64(z)*10) + 100000
	if e == Terrarium {
		v = float64(float64(z)*256) + 32768*256
	}
	return uint32(min(max(math.Floor(v+0.5), 1), brightest))
}

// Tile says which tile of the scheme a file is: x from 180 degrees west to the
// east, y from the north to the south.
type Tile struct {
	Z, X, Y int
}

// deepest is the zoom at which a pixel is smaller than a millimetre.
const deepest = 28

// Lattice gives where the pixels of a tile lie, so many a side.
func (t Tile) Lattice(side int) terrain.Lattice {
	pixel := 2 * projection.WebMercatorEdge / float64(int(1)<<t.Z*side)
	return terrain.Lattice{
		Projection: projection.WebMercator{},
		X0:         float64((float64(t.X*side)+0.5)*pixel) - projection.WebMercatorEdge,
		Y0:         projection.WebMercatorEdge - float64((float64(t.Y*side)+0.5)*pixel),
		DX:         pixel,
		DY:         pixel,
		Width:      side,
		Height:     side,
	}
}

// Open reads a tile of so many bytes. Its path ends in z/x/y.png (or y@2x.png)
// and names the encoding: a folder is called terrarium, terrain-rgb or mapbox.
func Open(r io.ReaderAt, size int64, name string) (*terrain.Grid, error) {
	tile, encoding, err := locate(name)
	if err != nil {
		return nil, fmt.Errorf("map tile %s: %w", name, err)
	}
	z, side, err := Decode(io.NewSectionReader(r, 0, size), encoding)
	if err != nil {
		return nil, fmt.Errorf("map tile %s: %w", name, err)
	}
	return terrain.NewGrid(tile.Lattice(side), terrain.About{
		Name:   fmt.Sprintf("%s/%d/%d/%d", encoding, tile.Z, tile.X, tile.Y),
		Source: fmt.Sprintf("map tile, %s encoding", encoding),
		Datum:  terrain.Unstated, // such tiles are put together from many models
	}, z)
}

// locate reads a path.
func locate(name string) (t Tile, e Encoding, err error) {
	parts := strings.Split(path.Clean(name), "/")
	if len(parts) < 3 {
		return t, e, fmt.Errorf("its path does not say where it lies: it must end in z/x/y.png")
	}
	last := len(parts) - 1
	y, _ := strings.CutSuffix(strings.TrimSuffix(parts[last], path.Ext(parts[last])), "@2x")
	for i, text := range []string{parts[last-2], parts[last-1], y} {
		v, err := strconv.ParseUint(text, 10, 31)
		if err != nil || i == 0 && v > deepest || i > 0 && v >= 1<<t.Z {
			return t, e, fmt.Errorf("its path does not say where it lies: it must end in z/x/y.png, with z up to %d and x and y below 2^z", deepest)
		}
		*[]*int{&t.Z, &t.X, &t.Y}[i] = int(v)
	}
	for _, folder := range parts[:last-2] {
		folder = strings.ToLower(folder)
		switch {
		case strings.Contains(folder, "terrarium"):
			e = Terrarium
		case strings.Contains(folder, "mapbox"), strings.Contains(strings.NewReplacer("-", "", "_", "").Replace(folder), "terrainrgb"):
			e = Mapbox
		}
	}
	if e == "" {
		return t, e, fmt.Errorf("its path does not say how colours stand for heights: put the tiles into a folder called terrarium or terrain-rgb")
	}
	return t, e, nil
}

// Decode gives the heights of a tile, row by row from the north-west, and how
// many a side.
func Decode(r io.Reader, e Encoding) (z []float32, side int, err error) {
	var head bytes.Buffer
	config, err := png.DecodeConfig(io.TeeReader(r, &head))
	if err != nil {
		return nil, 0, fmt.Errorf("this is no PNG that can be read: %w", err)
	}
	// Before memory is taken for the pixels.
	if config.Width != config.Height || config.Width != 256 && config.Width != 512 {
		return nil, 0, fmt.Errorf("%d x %d pixels, but tiles have 256 x 256 or 512 x 512", config.Width, config.Height)
	}
	switch config.ColorModel {
	case color.RGBA64Model, color.NRGBA64Model, color.Gray16Model:
		return nil, 0, fmt.Errorf("16 bits a channel, but heights are in channels of 8 bits")
	}
	picture, err := png.Decode(io.MultiReader(&head, r))
	if err != nil {
		return nil, 0, fmt.Errorf("reading the PNG: %w", err)
	}
	side = config.Width
	z = make([]float32, side*side)
	for i := range z {
		c := pixel(picture, i%side, i/side)
		if c.A == 0 {
			c = color.NRGBA{}
		}
		z[i] = e.height(uint32(c.R)<<16 | uint32(c.G)<<8 | uint32(c.B))
	}
	return z, side, nil
}

// pixel is a colour without the rounding that transparency brings.
func pixel(m image.Image, x, y int) color.NRGBA {
	switch m := m.(type) {
	case *image.NRGBA:
		return m.NRGBAAt(x, y)
	case *image.RGBA: // opaque: what the decoder makes of three channels
		return color.NRGBA(m.RGBAAt(x, y))
	}
	c, _ := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
	return c
}

// Encode writes the heights of a tile, row by row from the north-west, so many
// a side. Voids (NaN) become black: a map would show a hole, so who writes for
// one fills them before.
func Encode(w io.Writer, e Encoding, side int, z []float32) error {
	if side != 256 && side != 512 || len(z) != side*side {
		return fmt.Errorf("encoding a tile: %d heights for %d x %d pixels; tiles have 256 x 256 or 512 x 512", len(z), side, side)
	}
	if e != Mapbox && e != Terrarium {
		return fmt.Errorf("encoding a tile: the encoding %q is not known: mapbox and terrarium are", e)
	}
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	for i, h := range z {
		d := e.digits(h)
		m.Pix[4*i], m.Pix[4*i+1], m.Pix[4*i+2], m.Pix[4*i+3] = byte(d>>16), byte(d>>8), byte(d), 255
	}
	// Tiles are made while somebody waits for them.
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(w, m); err != nil {
		return fmt.Errorf("encoding a tile: %w", err)
	}
	return nil
}
