package geo

import (
	"bufio"
	"bytes"
	"compress/flate"
	_ "embed"
	"encoding/binary"
	"fmt"
	"math"
	"sync"
)

// egm96 is the EGM96 geoid of NIMA and NASA/GSFC (public domain; see
// egm96.txt) in steps of 15', written by tools/geoid.
//
//go:embed egm96.bin
var egm96 []byte

const (
	geoidRows    = 721  // from the south pole, every 15'
	geoidColumns = 1440 // from 180 W, every 15'
)

// geoid gives the grid in centimetres, unpacked once. Several goroutines may
// call it.
//
//nolint:gochecknoglobals // a constant table that is unpacked when first used
var geoid = sync.OnceValues(unpackGeoid)

// unpackGeoid reverses tools/geoid.
func unpackGeoid() ([]int16, error) {
	r := bufio.NewReader(flate.NewReader(bytes.NewReader(egm96)))
	g := make([]int16, geoidRows*geoidColumns)
	for i := range g {
		d, err := binary.ReadVarint(r)
		if err != nil {
			return nil, fmt.Errorf("unpacking the geoid at value %d: %w", i, err)
		}
		row, column := i/geoidColumns, i%geoidColumns
		predicted := int16(0)
		switch {
		case row > 0 && column > 0:
			predicted = g[i-1] + g[i-geoidColumns] - g[i-geoidColumns-1]
		case row > 0:
			predicted = g[i-geoidColumns]
		case column > 0:
			predicted = g[i-1]
		}
		g[i] = predicted + int16(d)
	}
	return g, nil
}

// Undulation is the height of the EGM96 geoid, mean sea level, above the
// WGS84 ellipsoid at p in metres, -107 to 86; NaN where p is not valid. It is
// interpolated bilinearly in a grid of 15' and centimetres; the model itself
// is good to about half a metre (1 m in high mountains).
func Undulation(p Position) float64 {
	g, err := geoid()
	if err != nil || !p.Valid() { // a test holds that the grid unpacks
		return math.NaN()
	}
	y := float64((p.Lat + 90) * 4)
	x := float64((WrapLongitude(p.Lon) + 180) * 4)
	row := min(int(y), geoidRows-2)
	column := min(int(x), geoidColumns-1)
	y -= float64(row)
	x -= float64(column)
	next := (column + 1) % geoidColumns
	south, north := row*geoidColumns, (row+1)*geoidColumns
	at := func(i int) float64 { return float64(g[i]) }
	s := at(south+column) + float64(x*(at(south+next)-at(south+column)))
	n := at(north+column) + float64(x*(at(north+next)-at(north+column)))
	return (s + float64(y*(n-s))) / 100
}
