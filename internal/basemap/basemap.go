// Package basemap holds the map that the program brings along: GeoJSON files
// made by tools/basemap, served to browsers under /basemap/ and read where the
// exercise and the DEMONSTRATION border need a shore or a line.
//
//	titicaca.geojson  Lake Titicaca: the first feature is the lake with its islands as holes, then each island
//	borders.geojson   borders with the states on their left and right; "BOL-PER" crosses the lake
//	water.geojson     other lakes over 10 km2, and the sea
//	rivers.geojson    permanent rivers
//	world.geojson     coarse coasts and borders of the rest of the world
//	towns.geojson     towns, the biggest first
//
// Where they come from, and under which licences, stands in data/NOTICE.md.
package basemap

import (
	"embed"
	"io/fs"
)

//go:embed data/*.geojson data/NOTICE.md data/COPYING.LESSER
var data embed.FS

// FS gives the files without their folder.
func FS() (fs.FS, error) { return fs.Sub(data, "data") }
