package geotiff

import (
	"errors"
	"fmt"

	"atalaya/geo/projection"
	"atalaya/terrain"
	"atalaya/terrain/format/geotiff/tags"
)

// place finds where the posts stand. GeoTIFF counts columns and rows from the
// corner of the first cell (PixelIsArea) or from its centre (PixelIsPoint); a
// post is the centre.
func place(d directory, k keys, p projection.Projection, width, height int) (terrain.Lattice, error) {
	l := terrain.Lattice{Projection: p, Width: width, Height: height}
	scale, err := d.floats(tags.PixelScale, 3)
	if err != nil {
		return l, err
	}
	ties, err := d.floats(tags.Tiepoint, 6)
	if err != nil {
		return l, err
	}
	matrix, err := d.floats(tags.Transformation, 16)
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
	case d.has(tags.Tiepoint):
		return l, errors.New("its place is given by ground control points, which are not read ('gdalwarp' makes a lattice of them)")
	default:
		return l, errors.New("it does not say where its posts stand: it has neither scale and tie point nor a transformation")
	}
	if l.DY < 0 {
		return l, errors.New("its rows run from south to north, which is not read ('gdalwarp' turns them)")
	}
	switch raster := k.codes[tags.KeyRaster]; raster {
	case 0, 1, tags.UserDefined:
		x, y = x+float64(l.DX/2), y-float64(l.DY/2)
	case 2:
	default:
		return l, fmt.Errorf("GeoTIFF raster type %d is not read", raster)
	}
	l.X0, l.Y0 = x, y
	return l, l.Check()
}
