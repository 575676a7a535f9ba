package glo30

import (
	"fmt"
	"math"
	"path"
	"strconv"

	"atalaya/geo"
)

// Tile is a square degree, named by its south-western corner.
type Tile struct {
	Lat int `json:"lat"`
	Lon int `json:"lon"`
}

// Tiles are those that a box touches with more than an edge, from the
// south-west.
func Tiles(box geo.Box) ([]Tile, error) {
	if !(geo.Position{Lat: box.South, Lon: box.West}).Valid() || !(geo.Position{Lat: box.North, Lon: box.East}).Valid() || box.South > box.North {
		return nil, fmt.Errorf("the box from %v,%v to %v,%v is none: give south, west, north, east in degrees", box.South, box.West, box.North, box.East)
	}
	east := box.East
	if east < box.West {
		east += 360 // over the antimeridian
	}
	var tiles []Tile
	for lat := first(box.South); lat < min(past(box.South, box.North), 90); lat++ {
		for lon := first(box.West); lon < min(past(box.West, east), first(box.West)+360); lon++ {
			tiles = append(tiles, Tile{Lat: lat, Lon: int(geo.WrapLongitude(float64(lon)))})
		}
	}
	return tiles, nil
}

func first(from float64) int { return int(math.Floor(from)) }

// past is the degree after the last that a range touches; a range without
// width touches one.
func past(from, to float64) int { return max(first(from)+1, int(math.Ceil(to))) }

// Name is that of the tile's folder in the bucket and, with .tif, of its file:
// 10 stands for posts 10 tenths of a second apart, then the corner in degrees
// and minutes.
func (t Tile) Name() string {
	ns, ew, lat, lon := "N", "E", t.Lat, t.Lon
	if lat < 0 {
		ns, lat = "S", -lat
	}
	if lon < 0 {
		ew, lon = "W", -lon
	}
	return fmt.Sprintf("Copernicus_DSM_COG_10_%s%02d_00_%s%03d_00_DEM", ns, lat, ew, lon)
}

// file is the name of the tile's file.
func (t Tile) file() string { return t.Name() + ".tif" }

// key is its path in the bucket.
func (t Tile) key() string { return path.Join(t.Name(), t.file()) }

func (t Tile) String() string {
	return strconv.Itoa(t.Lat) + "," + strconv.Itoa(t.Lon)
}
