package exercise

import (
	"fmt"
	"math/rand/v2"

	"atalaya/geo"
	"atalaya/internal/basemap"
)

// geography is where the exercise takes place: Lake Titicaca and the border
// that runs through it.
type geography struct {
	lake   geo.IndexedPolygon
	border basemap.Border // the stretch near the lake
	line   geo.IndexedLine
}

// Places of the exercise's gear and of its lawful crossings; they are on posts
// of its relief, whose spot heights they are.
var (
	radarSite   = geo.Position{Lat: -16.1616667, Lon: -69.0841667} //nolint:gochecknoglobals // constant: on Cerro Calvario above Copacabana
	harbourSite = geo.Position{Lat: -16.1666667, Lon: -69.0883333} //nolint:gochecknoglobals // constant
)

// Ground of these places, in metres above the sea, as the exercise's relief has
// it whatever its seed (relief/spots.csv), and the masts on it.
const (
	radarGround   = 3966.0
	harbourGround = 3815.0
	mast          = 30.0
	lakeLevel     = 3810.0
)

// nearLake is how far from the radar the border still belongs to the exercise.
const nearLake = 90_000.0 // m

func newGeography() (*geography, error) {
	lake, err := basemap.Lake()
	if err != nil {
		return nil, err
	}
	borders, err := basemap.Borders()
	if err != nil {
		return nil, err
	}
	g := &geography{lake: lake.Index()}
	for _, b := range borders {
		if b.Name != "BOL-PER" {
			continue
		}
		var near geo.Line
		for _, p := range b.Line {
			if geo.Distance(p, radarSite) < nearLake {
				near = append(near, p)
			}
		}
		if len(near) > len(g.border.Line) {
			g.border = b
			g.border.Line = near
		}
	}
	if len(g.border.Line) < 2 {
		return nil, fmt.Errorf("the base map has no border between Bolivia and Peru near %v", radarSite)
	}
	g.line = g.border.Line.Index()
	return g, nil
}

// home reports whether a place lies on Bolivia's side of the line.
func (g *geography) home(p geo.Position) bool {
	_, side, _ := g.line.Nearest(p)
	return (side > 0) == (g.border.Left == "BOL")
}

// fromBorder is the distance to the line, in metres.
func (g *geography) fromBorder(p geo.Position) float64 {
	_, side, _ := g.line.Nearest(p)
	if side < 0 {
		return -side
	}
	return side
}

// shore is how near to the shore a boat may come, in metres. No island is so
// small that a boat passes over it unseen.
const shore = 20.0

// water reports whether the straight way from a to b is on the lake.
func (g *geography) water(a, b geo.Position) bool {
	return along(a, b, func(p geo.Position) float64 { return -g.lake.Distance(p) - shore })
}

// open reports whether there is water all the way from the foot of the radar's
// hill to a place.
func (g *geography) open(p geo.Position) bool {
	const foot = 1500.0 // m that the hill reaches
	length, bearing, _ := geo.Inverse(radarSite, p)
	from, _ := geo.Direct(radarSite, bearing, min(foot, length))
	return g.water(from, p)
}

// keeps reports whether the straight way from a to b stays so far from the
// border.
func (g *geography) keeps(a, b geo.Position, metres float64) bool {
	return along(a, b, func(p geo.Position) float64 { return g.fromBorder(p) - metres })
}

// along goes from a to b and reports whether room was nowhere used up. Room is
// how far one can go in any direction for sure, so that is how far the next
// look may be.
func along(a, b geo.Position, room func(geo.Position) float64) bool {
	const least = 5.0 // m
	length, bearing, _ := geo.Inverse(a, b)
	for at := 0.0; ; {
		p, _ := geo.Direct(a, bearing, at)
		free := room(p)
		switch {
		case free < 0:
			return false
		case at >= length:
			return true
		}
		at = min(at+max(free, least), length)
	}
}

// spot draws a place on the lake, so far from the border, within a radius of
// the radar.
func (g *geography) spot(r *rand.Rand, within, fromBorder float64) geo.Position {
	for {
		p, _ := geo.Direct(radarSite, r.Float64()*360, within*r.Float64())
		if g.lake.Distance(p) < -shore && g.fromBorder(p) > fromBorder {
			return p
		}
	}
}

// crossing is a place where a boat can cross the line on open water.
type crossing struct {
	at     geo.Position
	toPeru float64 // bearing, degrees
}

// crossings finds places on the line with open water on both sides, between
// near and far metres from the radar.
func (g *geography) crossings(near, far, room float64) []crossing {
	var out []crossing
	line := g.border.Line
	for i := range len(line) - 1 {
		length, bearing, _ := geo.Inverse(line[i], line[i+1])
		for along := 250.0; along < length; along += 1000 {
			p, _ := geo.Direct(line[i], bearing, along)
			d := geo.Distance(p, radarSite)
			if d < near || d > far {
				continue
			}
			out = append(out, g.tryCrossing(p, bearing, room)...)
		}
	}
	return out
}

func (g *geography) tryCrossing(p geo.Position, along, room float64) []crossing {
	toPeru := along + 90 // right of the line
	if g.border.Left != "BOL" {
		toPeru = along - 90
	}
	from, _ := geo.Direct(p, toPeru+180, room)
	to, _ := geo.Direct(p, toPeru, room)
	if !g.water(from, to) || !g.home(from) || g.home(to) {
		return nil
	}
	return []crossing{{p, geo.WrapBearing(toPeru)}}
}
