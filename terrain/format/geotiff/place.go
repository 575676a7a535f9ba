package geotiff

import (
	"errors"
	"fmt"
	"math"

	"atalaya/geo/projection"
	"atalaya/terrain"
)

// place finds where the posts stand. GeoTIFF counts columns and rows from the
// corner of the first cell (PixelIsArea) or from its centre (PixelIsPoint); a
// post is the centre.
func place(d directory, k keys, p projection.Projection, width, height int) (terrain.Lattice, error) {
	l := terrain.Lattice{Projection: p, Width: width, Height: height}
	scale, err := d.floats(tagPixelScale, 3)
	if err != nil {
		return l, err
	}
	ties, err := d.floats(tagTiepoint, 6)
	if err != nil {
		return l, err
	}
	matrix, err := d.floats(tagTransformation, 16)
	if err != nil {
		return l, err
	}
	var x, y float64 // at column 0, row 0
	switch {
	case len(scale) >= 2 && len(ties) == 6:
		l.DX, l.DY = scale[0], scale[1]
		x, y = ties[3]-float64(ties[0]*l.DX), ties[4]+float64(ties[1]*l.DY)
	case len(matrix) == 16:
		if matrix[1] != 0 || matrix[4] != 0 {
			return l, errors.New("its rows do not run from west to east: a rotated picture is not read ('gdalwarp' turns it)")
		}
		l.DX, l.DY = matrix[0], -matrix[5]
		x, y = matrix[3], matrix[7]
	case d.has(tagTiepoint):
		return l, errors.New("its place is given by ground control points, which are not read ('gdalwarp' makes a lattice of them)")
	default:
		return l, errors.New("it does not say where its posts stand: it has neither scale and tie point nor a transformation")
	}
	if l.DY < 0 {
		return l, errors.New("its rows run from south to north, which is not read ('gdalwarp' turns them)")
	}
	switch raster := k.codes[keyRaster]; raster {
	case 0, 1, userDefined:
		x, y = x+float64(l.DX/2), y-float64(l.DY/2)
	case 2:
	default:
		return l, fmt.Errorf("GeoTIFF raster type %d is not read", raster)
	}
	l.X0, l.Y0 = x, y
	return l, sensible(l)
}

// sensible refuses a place that is nowhere on Earth: the file is damaged, or
// its numbers are in another unit than its keys say.
func sensible(l terrain.Lattice) error {
	east, south := l.X0+float64(l.DX*float64(l.Width-1)), l.Y0-float64(l.DY*float64(l.Height-1))
	const half, turn, earth = 90, 360, 30_000_000 // degrees, degrees, metres
	ok := l.DX > 0 && l.DY > 0
	if l.Projection.Degrees() {
		ok = ok && l.Y0 <= half+l.DY && south >= -half-l.DY && l.X0 >= -turn-l.DX && east <= turn+l.DX && east-l.X0 <= turn+l.DX
	} else {
		ok = ok && l.Y0 <= earth && south >= -earth && l.X0 >= -earth && east <= earth
	}
	if !ok || math.IsNaN(east) || math.IsNaN(south) {
		return fmt.Errorf("its place is nowhere on Earth: %v", l)
	}
	return nil
}
