package format

import (
	"path"
	"regexp"

	"atalaya/terrain"
)

// copernicusSD is the error of a height of the Copernicus model, metres, one
// standard deviation: its makers state less than 4 m for 90 % of the heights
// (Copernicus DEM Product Handbook, issue 5.0, absolute vertical accuracy of
// EEA-10, GLO-30 and GLO-90), and 90 % of a normal distribution lie within
// 1.645 deviations. It is a mean over the earth: steep ground is worse.
const copernicusSD = 4 / 1.645

// copernicus are the names of the model's files, as its makers and its public
// bucket give them, with the spacing of posts in tenths of a second of arc.
func copernicus() *regexp.Regexp {
	return regexp.MustCompile(`^Copernicus_DSM_(?:COG_)?(10|30)_[NS]\d\d_00_[EW]\d{3}_00_DEM\.tif$`)
}

// product is a source of which more is known than its file says.
type product struct {
	terrain.Source
	about terrain.About
}

func (p product) About() terrain.About { return p.about }

// stated adds to what a file says of itself: what its name says, where it is
// that of a product known here, and how far its datum may be off.
func stated(src terrain.Source, name string) terrain.Source {
	about := src.About()
	if m := copernicus().FindStringSubmatch(path.Base(name)); m != nil && about.Datum == terrain.Unstated {
		// The files say nothing of their heights (Product Handbook: EGM2008).
		about.Datum = terrain.EGM2008
		about.Source = "Copernicus DEM GLO-" + map[string]string{"10": "30", "30": "90"}[m[1]] + ", surface with trees and houses"
		if about.SD == 0 {
			about.SD = copernicusSD
		}
	}
	if about.Datum == terrain.EGM2008 && about.DatumSD == 0 {
		about.DatumSD = terrain.EGM2008SD
	}
	if about == src.About() {
		return src
	}
	return product{src, about}
}
