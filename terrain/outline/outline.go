// Package outline draws round cells of a raster that have something in common,
// such as that a target shows there: polygons for maps.
//
//  1. Cells that share a side belong together; those that share a corner only
//     do not.
//  2. A ring goes along the sides between cells that are in and cells that are
//     not, with those that are in on its left: outer rings run
//     counter-clockwise, holes clockwise (RFC 7946, 3.1.6). Where four cells
//     meet of which two across are in, it turns left.
//  3. A ring that comes to such a corner again is cut in two there, so that
//     none touches itself.
//  4. Positions stand where a ring turns. On lattices in metres, whose lines
//     are not straight in degrees, they stand every 32 cells besides.
package outline

import (
	"errors"
	"math"

	"atalaya/geo"
	"atalaya/terrain"
)

// step is how far apart positions may be, cells, on lattices in metres.
const step = 32

// ErrTurn says that cells lie on both sides of 180 degrees.
var ErrTurn = errors.New("the area lies across 180 degrees of longitude, where polygons in degrees break: ask for one on each side") //nolint:gochecknoglobals // sentinel

// Polygons draws round the cells of a lattice that are in: row by row, as many
// as the lattice has. They come in the order of their northernmost rows.
func Polygons(l terrain.Lattice, in []bool) ([]geo.Polygon, error) {
	d := &drawing{lattice: l, in: in, w: l.Width, h: l.Height, drawn: make([]bool, len(in))}
	d.label()
	d.out = make([]geo.Polygon, d.count)
	for r := range d.h {
		for c := range d.w {
			if d.at(c, r) && !d.at(c, r-1) && !d.drawn[r*d.w+c] {
				d.draw(c, r)
			}
		}
	}
	for _, p := range d.out {
		for i, at := range p[0] {
			if math.Abs(at.Lon-p[0][max(i-1, 0)].Lon) > 180 {
				return nil, ErrTurn
			}
		}
	}
	return d.out, nil
}

type drawing struct {
	lattice terrain.Lattice
	in      []bool
	w, h    int
	drawn   []bool  // cells whose northern side is in a ring
	part    []int32 // of each cell that is in: which polygon, from 1
	count   int
	out     []geo.Polygon
}

func (d *drawing) at(c, r int) bool {
	return c >= 0 && r >= 0 && c < d.w && r < d.h && d.in[r*d.w+c]
}

// label finds which cells belong together.
func (d *drawing) label() {
	d.part = make([]int32, len(d.in))
	var open []int
	for first, in := range d.in {
		if !in || d.part[first] != 0 {
			continue
		}
		d.count++
		d.part[first] = int32(d.count)
		open = append(open[:0], first)
		for len(open) > 0 {
			i := open[len(open)-1]
			open = open[:len(open)-1]
			c, r := i%d.w, i/d.w
			for _, n := range [4][2]int{{c - 1, r}, {c + 1, r}, {c, r - 1}, {c, r + 1}} {
				if j := n[1]*d.w + n[0]; d.at(n[0], n[1]) && d.part[j] == 0 {
					d.part[j] = int32(d.count)
					open = append(open, j)
				}
			}
		}
	}
}

// corner of cells: corner 0, 0 is north-west of cell 0, 0.
type corner struct{ c, r int }

// draw follows the ring along the northern side of a cell, and adds it to the
// cell's polygon.
func (d *drawing) draw(c, r int) {
	polygon := d.part[r*d.w+c] - 1
	long := !d.lattice.Projection.Degrees()
	from := corner{c + 1, r}
	at, dc, dr := from, -1, 0 // west: the cell is on the left
	var way []corner
	seen := map[corner]int{} // corners where the ring may come again
	for {
		if dc < 0 {
			d.drawn[at.r*d.w+at.c-1] = true
		}
		at.c, at.r = at.c+dc, at.r+dr
		// The cells ahead on the left and on the right.
		left := d.at(at.c+min(dc+dr, 0), at.r+min(dr-dc, 0))
		right := d.at(at.c+min(dc-dr, 0), at.r+min(dc+dr, 0))
		switch {
		case !left: // whether or not right is in
			if right {
				if i, again := seen[at]; again {
					d.add(polygon, way[i:])
					for _, p := range way[i:] {
						delete(seen, p)
					}
					way = way[:i]
				}
				seen[at] = len(way)
			}
			way = append(way, at)
			dc, dr = dr, -dc
		case right:
			way = append(way, at)
			dc, dr = -dr, dc
		case long && (dc != 0 && at.c%step == 0 || dr != 0 && at.r%step == 0):
			way = append(way, at)
		}
		if at == from && dc == -1 {
			break
		}
	}
	d.add(polygon, way)
}

// add makes a ring of corners. The outer one comes first.
func (d *drawing) add(polygon int32, way []corner) {
	ring := make(geo.Ring, len(way))
	turned := 0 // twice the area, counter-clockwise; rows run south
	for i, p := range way {
		q := way[(i+1)%len(way)]
		turned += q.c*p.r - p.c*q.r
		ring[i] = round(d.lattice.Position(float64(p.c)-0.5, float64(p.r)-0.5))
	}
	p := &d.out[polygon]
	*p = append(*p, ring)
	if last := len(*p) - 1; turned > 0 && last > 0 {
		(*p)[0], (*p)[last] = (*p)[last], (*p)[0]
	}
}

// round to 1e-7 degrees, a centimetre.
func round(p geo.Position) geo.Position {
	return geo.Position{Lat: math.Round(p.Lat*1e7) / 1e7, Lon: math.Round(p.Lon*1e7) / 1e7}
}
