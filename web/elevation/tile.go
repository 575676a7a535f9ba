package elevation

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math"

	"atalaya/geo/projection"
	"atalaya/terrain"
	"atalaya/terrain/format/rgbtile"
)

// Tile names a tile of web maps: zoom, column from the west, row from the
// north.
type Tile struct{ Z, X, Y int }

const (
	// TileSize is how many pixels a tile is wide and high.
	TileSize = 256
	// MaxZoom is where tiles end: a pixel is then 4.8 m at the equator.
	// Browsers enlarge the last.
	MaxZoom = 15
	// window bounds the posts that are read for a tile along each side. Where
	// the coarsest level has more of them under a tile, its zoom has no relief.
	window = 2048
)

// Valid reports whether there is such a tile.
func (t Tile) Valid() bool {
	return t.Z >= 0 && t.Z <= MaxZoom && t.X >= 0 && t.Y >= 0 && t.X < 1<<t.Z && t.Y < 1<<t.Z
}

// pixel is the size of a tile's pixels on the map, metres at the equator.
func (t Tile) pixel() float64 {
	return 2 * projection.WebMercatorEdge / float64(TileSize*(int(1)<<t.Z))
}

// at gives where a pixel's middle is on the map, metres.
func (t Tile) at(x, y int) (east, north float64) {
	p := t.pixel()
	return float64(float64(t.X*TileSize+x)+0.5)*p - projection.WebMercatorEdge,
		projection.WebMercatorEdge - float64(float64(t.Y*TileSize+y)+0.5)*p
}

// Picture is an encoded tile.
type Picture struct {
	PNG  []byte // nil: there is no elevation in the tile
	ETag string
}

// Tile gives the heights of a tile in Terrarium's colours. Places without elevation have the height of the
// nearest in their row or column: no cliff that is not there is shaded.
func (s *Service) Tile(ctx context.Context, t Tile) (Picture, error) {
	if !t.Valid() {
		return Picture{}, nil
	}
	c := s.now.Load()
	if p, ok := c.cache.get(t); ok {
		return p, nil
	}
	select {
	case s.rendering <- struct{}{}:
		defer func() { <-s.rendering }()
	case <-ctx.Done():
		return Picture{}, ctx.Err()
	}
	if p, ok := c.cache.get(t); ok { // made while this one waited
		return p, nil
	}
	p, err := c.render(t)
	if err != nil {
		return Picture{}, err
	}
	c.cache.put(t, p)
	return p, nil
}

func (c *configured) render(t Tile) (Picture, error) {
	heights := make([]float32, TileSize*TileSize)
	for i := range heights {
		heights[i] = float32(math.NaN())
	}
	known := false
	for i := range c.models {
		if !c.models[i].touches(t) {
			continue
		}
		some, err := c.models[i].sample(heights, t)
		if err != nil {
			return Picture{}, err
		}
		known = known || some
	}
	if !known {
		return Picture{ETag: `"` + c.version + `-none"`}, nil
	}
	extend(heights)
	var out bytes.Buffer
	if err := rgbtile.Encode(&out, rgbtile.Terrarium, TileSize, heights); err != nil {
		return Picture{}, fmt.Errorf("a tile of heights: %w", err)
	}
	sum := sha256.Sum256(out.Bytes())
	return Picture{PNG: out.Bytes(), ETag: fmt.Sprintf(`"%x"`, sum[:8])}, nil
}

// touches reports whether a tile and a model share ground.
func (m *model) touches(t Tile) bool {
	west, north := t.at(0, 0)
	east, south := t.at(TileSize-1, TileSize-1)
	nw, se := projection.WebMercator{}.Inverse(west, north), projection.WebMercator{}.Inverse(east, south)
	b := m.about.Bounds
	return nw.Lon <= b[2] && se.Lon >= b[0] && se.Lat <= b[3] && nw.Lat >= b[1]
}

// sample puts heights where there are none yet; it reports whether it knew one.
func (m *model) sample(heights []float32, t Tile) (bool, error) {
	cols, rows := make([]float64, len(heights)), make([]float64, len(heights))
	level := m.level(t)
	lattice := m.Levels[level].Lattice()
	// The window of posts under the tile.
	c0, c1, r0, r1 := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for i := range heights {
		x, y := t.at(i%TileSize, i/TileSize)
		c, r := lattice.Cell(projection.WebMercator{}.Inverse(x, y))
		cols[i], rows[i] = c, r
		if c >= -0.5 && r >= -0.5 && c <= float64(lattice.Width)-0.5 && r <= float64(lattice.Height)-0.5 {
			c0, c1, r0, r1 = min(c0, c), max(c1, c), min(r0, r), max(r1, r)
		}
	}
	if c1 < c0 {
		return false, nil
	}
	w := terrain.Window{X: int(math.Floor(c0)), Y: int(math.Floor(r0))}
	w.Width, w.Height = int(c1)+2-w.X, int(r1)+2-w.Y
	w = w.Intersect(lattice.Bounds())
	if w.Width > window || w.Height > window {
		return false, nil
	}
	g, err := terrain.Load(m.Levels[level], w)
	if err != nil {
		return false, err
	}
	known := false
	for i := range heights {
		if !math.IsNaN(float64(heights[i])) {
			continue
		}
		// Columns and rows of the window: it may be cut, the lattice's edge is half a cell farther.
		if z, ok := g.BilinearAt(cols[i]-float64(w.X), rows[i]-float64(w.Y)); ok {
			heights[i], known = float32(z), true
		}
	}
	return known, nil
}

// level is the coarsest level whose posts stand no farther apart than the
// tile's pixels.
func (m *model) level(t Tile) int {
	_, north := t.at(TileSize/2, TileSize/2)
	east, _ := t.at(TileSize/2, TileSize/2)
	pixel := t.pixel() * scale(projection.WebMercator{}.Inverse(east, north).Lat)
	for i := len(m.spacing) - 1; i > 0; i-- {
		if m.spacing[i] <= pixel {
			return i
		}
	}
	return 0
}

// minZoom is the lowest zoom that has relief.
func (c *configured) minZoom() int {
	least := MaxZoom
	for i := range c.models {
		m := &c.models[i]
		coarsest := m.spacing[len(m.spacing)-1]
		middle := scale((m.about.Bounds[1] + m.about.Bounds[3]) / 2)
		lattice := m.Levels[len(m.Levels)-1].Lattice()
		if lattice.Width <= window && lattice.Height <= window {
			return 0
		}
		for z := range least {
			if (Tile{Z: z}).pixel()*middle*TileSize <= coarsest*(window-4) {
				least = z
				break
			}
		}
	}
	return least
}

// scale is how long a metre of the map is on the ground at a latitude.
func scale(lat float64) float64 { return math.Cos(lat * math.Pi / 180) }

// extend gives places without height that of the nearest in their row, and
// rows without any that of the nearest row.
func extend(heights []float32) {
	var last []float32
	for y := range TileSize {
		row := heights[y*TileSize : (y+1)*TileSize]
		if !extendRow(row) {
			continue
		}
		if last == nil {
			for above := range y {
				copy(heights[above*TileSize:(above+1)*TileSize], row)
			}
		}
		last = row
	}
	last = nil
	for y := range TileSize {
		row := heights[y*TileSize : (y+1)*TileSize]
		if row[0] != row[0] && last != nil {
			copy(row, last)
		}
		last = row
	}
}

// extendRow fills the gaps of a row; false where it is nothing but a gap.
func extendRow(row []float32) bool {
	before := -1
	for x, z := range row {
		if z != z {
			continue
		}
		for gap := before + 1; gap < x; gap++ {
			if before >= 0 && gap-before <= x-gap {
				row[gap] = row[before]
			} else {
				row[gap] = z
			}
		}
		before = x
	}
	if before < 0 {
		return false
	}
	for x := before + 1; x < len(row); x++ {
		row[x] = row[before]
	}
	return true
}

// TileJSON describes the tiles to MapLibre and others (TileJSON 3.0.0).
type TileJSON struct {
	TileJSON    string     `json:"tilejson"`
	Name        string     `json:"name"`
	Attribution string     `json:"attribution"`
	Tiles       []string   `json:"tiles"`
	Bounds      [4]float64 `json:"bounds"`
	MinZoom     int        `json:"minzoom"`
	MaxZoom     int        `json:"maxzoom"`
	TileSize    int        `json:"tileSize"`
	Encoding    string     `json:"encoding"`
}

// TileJSON describes the tiles; false where there is no elevation. Templates
// for z, x and y, and what the models are, stand in the address: a tile of
// other elevation has another one.
func (s *Service) TileJSON(path string) (TileJSON, bool) {
	c := s.now.Load()
	if len(c.models) == 0 {
		return TileJSON{}, false
	}
	out := TileJSON{
		TileJSON: "3.0.0", Tiles: []string{path + "/{z}/{x}/{y}.png?v=" + c.version}, Bounds: c.models[0].about.Bounds,
		MinZoom: c.minZoom(), MaxZoom: min(c.maxZoom(), MaxZoom), TileSize: TileSize, Encoding: string(rgbtile.Terrarium),
	}
	for i := range c.models {
		a := &c.models[i].about
		out.Bounds = [4]float64{min(out.Bounds[0], a.Bounds[0]), min(out.Bounds[1], a.Bounds[1]), max(out.Bounds[2], a.Bounds[2]), max(out.Bounds[3], a.Bounds[3])}
		if i > 0 {
			out.Name, out.Attribution = out.Name+", ", out.Attribution+"; "
		}
		out.Name += a.String()
		out.Attribution += fmt.Sprintf("%s, %.0f m", a, a.Resolution)
	}
	return out, true
}

// maxZoom is the zoom from which on tiles only interpolate between posts.
func (c *configured) maxZoom() int {
	most := 0
	for i := range c.models {
		m := &c.models[i]
		middle := scale((m.about.Bounds[1] + m.about.Bounds[3]) / 2)
		for z := most; z < MaxZoom && (Tile{Z: z}).pixel()*middle > m.spacing[0]; z++ {
			most = z + 1
		}
	}
	return most
}
