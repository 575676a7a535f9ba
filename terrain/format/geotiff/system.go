package geotiff

import (
	"fmt"
	"math"
	"slices"

	"atalaya/geo/projection"
	"atalaya/terrain"
	"atalaya/terrain/format/geotiff/tags"
)

// system is a coordinate system that we read.
type system struct {
	projection projection.Projection
	name       string // with the datum's own name
	datum      terrain.VerticalDatum
	vertical   string // what the file says of its heights, for people
}

// system finds the coordinate system that the keys name, or says why it is
// refused.
func (k keys) system() (system, error) {
	s := system{datum: terrain.Unstated}
	var err error
	model, stated := k.codes[tags.KeyModel]
	if !stated || model == tags.UserDefined {
		model = 2
		if _, projected := k.codes[tags.KeyProjected]; projected {
			model = 1
		}
	}
	switch model {
	case 1:
		s.projection, s.name, err = k.projected()
	case 2:
		s.projection = projection.Geographic{}
		s.name, err = k.geographic()
	default:
		return s, fmt.Errorf("coordinates that are neither projected nor geographic (GeoTIFF model %d) are not read", model)
	}
	if err != nil {
		return s, err
	}
	s.datum, s.vertical, err = k.heights()
	return s, err
}

// frame is a geodetic datum within two metres of WGS 84: nobody moves
// elevation by that little.
type frame struct {
	name   string
	flat   int // EPSG's code of its latitudes and longitudes
	solid  int // the same with heights above the ellipsoid
	itself int // of the datum
}

func frames() []frame {
	return []frame{
		{"WGS 84", 4326, 4979, 6326},
		{"NAD83", 4269, 0, 6269},
		{"NAD83(HARN)", 4152, 4957, 6152},
		{"NAD83(CSRS)", 4617, 4955, 6140},
		{"NAD83(NSRS2007)", 4759, 4893, 6759},
		{"NAD83(2011)", 6318, 6319, 1116},
		{"ETRS89", 4258, 4937, 6258},
		{"SIRGAS 1995", 4170, 4975, 6170},
		{"SIRGAS 2000", 4674, 4989, 6674},
		{"MARGEN", 5354, 5353, 1063},
		{"MAGNA-SIRGAS", 4686, 4997, 6686},
		{"Peru96", 5373, 5372, 1067},
		{"POSGAR 94", 4694, 4929, 6694},
		{"POSGAR 98", 4190, 4961, 6190},
		{"POSGAR 2007", 5340, 5342, 1062},
		{"REGVEN", 4189, 4963, 6189},
		{"GDA2020", 7844, 7843, 1168},
		{"China Geodetic Coordinate System 2000", 4490, 4480, 1043},
		{"JGD2000", 4612, 4947, 6612},
		{"JGD2011", 6668, 6667, 1128},
	}
}

// far names systems that are farther off, and that old maps of the region are
// in: an error with a name says more.
func far(code int) string {
	in := func(from, to int) bool { return code >= from && code <= to }
	switch {
	case code == 4248:
		return "PSAD56"
	case in(24817, 24822), in(24877, 24883):
		return "PSAD56 / UTM"
	case code == 4618:
		return "SAD69"
	case in(29168, 29195):
		return "SAD69 / UTM"
	case code == 4267:
		return "NAD27"
	case in(26701, 26722):
		return "NAD27 / UTM"
	case code == 4322:
		return "WGS 72"
	case in(32201, 32260), in(32301, 32360):
		return "WGS 72 / UTM"
	case code == 4230:
		return "ED50"
	}
	return ""
}

func refused(code int, cited string) error {
	if name := far(code); name != "" {
		cited = name
	}
	return fmt.Errorf("coordinate system EPSG:%d (%s) is not read; 'gdalwarp -t_srs EPSG:4326' brings it to WGS 84", code, cited)
}

// geographic makes sure that longitude and latitude are those of WGS 84, or
// as good as.
func (k keys) geographic() (string, error) {
	const greenwich = 8901
	if m, stated := k.codes[tags.KeyPrimeMeridian]; stated && m != greenwich {
		return "", fmt.Errorf("longitudes from prime meridian %d are not read; from Greenwich (8901) they are", m)
	}
	if east := k.number(tags.KeyMeridian, 0); east != 0 {
		return "", fmt.Errorf("longitudes from a meridian at %g are not read; from Greenwich they are", east)
	}
	const degree, degreeSupplier = 9102, 9122
	if u, stated := k.codes[tags.KeyAngularUnit]; stated && u != degree && u != degreeSupplier {
		return "", fmt.Errorf("angles in unit %d are not read; degrees (9102) are", u)
	}
	code, datum := k.codes[tags.KeyGeographic], k.codes[tags.KeyGeogDatum]
	own := code == tags.UserDefined || code == 0
	all := frames()
	i := slices.IndexFunc(all, func(f frame) bool {
		if own {
			return f.itself == datum
		}
		return f.flat == code || f.solid == code
	})
	switch {
	case i < 0 && own:
		return "", fmt.Errorf("a datum that we do not know (%s, EPSG datum %d) is not read; 'gdalwarp -t_srs EPSG:4326' brings it to WGS 84",
			k.cited(tags.KeyGeogCitation, tags.KeyCitation), datum)
	case i < 0:
		return "", refused(code, k.cited(tags.KeyGeogCitation, tags.KeyCitation))
	}
	return all[i].name, nil
}

// utmOn names a run of EPSG's codes for the UTM zones of a datum.
type utmOn struct {
	from, to int // codes
	zone     int // of the first
	south    bool
	datum    string
}

func utmCodes() []utmOn {
	return []utmOn{
		{32601, 32660, 1, false, "WGS 84"},
		{32701, 32760, 1, true, "WGS 84"},
		{26901, 26923, 1, false, "NAD83"},
		{3372, 3373, 59, false, "NAD83"},
		{3706, 3707, 59, false, "NAD83(NSRS2007)"},
		{3708, 3726, 1, false, "NAD83(NSRS2007)"},
		{6328, 6329, 59, false, "NAD83(2011)"},
		{6330, 6348, 1, false, "NAD83(2011)"},
		{3740, 3749, 10, false, "NAD83(HARN)"},
		{3750, 3751, 4, false, "NAD83(HARN)"},
		{2955, 2957, 11, false, "NAD83(CSRS)"},
		{2958, 2962, 17, false, "NAD83(CSRS)"},
		{3154, 3157, 7, false, "NAD83(CSRS)"},
		{3158, 3160, 14, false, "NAD83(CSRS)"},
		{25828, 25838, 28, false, "ETRS89"},
		{31965, 31976, 11, false, "SIRGAS 2000"},
		{6210, 6211, 23, false, "SIRGAS 2000"},
		{31977, 31985, 17, true, "SIRGAS 2000"},
		{5396, 5396, 26, true, "SIRGAS 2000"},
		{31986, 31991, 17, false, "SIRGAS 1995"},
		{31992, 32000, 17, true, "SIRGAS 1995"},
		{5356, 5356, 19, true, "MARGEN"},
		{5355, 5355, 20, true, "MARGEN"},
		{5357, 5357, 21, true, "MARGEN"},
		{5839, 5839, 17, true, "Peru96"},
		{5387, 5387, 18, true, "Peru96"},
		{5389, 5389, 19, true, "Peru96"},
		{9265, 9265, 19, true, "POSGAR 2007"},
		{2201, 2203, 18, false, "REGVEN"},
		{3097, 3101, 51, false, "JGD2000"},
		{6688, 6692, 51, false, "JGD2011"},
	}
}

// projected finds the projection of a projected system and its name.
func (k keys) projected() (projection.Projection, string, error) {
	if err := k.metres(); err != nil {
		return nil, "", err
	}
	code := k.codes[tags.KeyProjected]
	switch code {
	case 3857, 3785, 900913:
		p := projection.WebMercator{}
		return p, p.String(), nil
	case 3395:
		p := projection.Mercator{}
		return p, p.String(), nil
	case tags.UserDefined, 0:
		return k.ownProjection()
	}
	for _, u := range utmCodes() {
		if code >= u.from && code <= u.to {
			p := projection.UTM{Zone: u.zone + code - u.from, South: u.south}
			return p, utmName(u.datum, p), nil
		}
	}
	return nil, "", refused(code, k.cited(tags.KeyProjCitation, tags.KeyCitation))
}

func utmName(datum string, u projection.UTM) string {
	hemisphere := "N"
	if u.South {
		hemisphere = "S"
	}
	return fmt.Sprintf("%s / UTM zone %d%s", datum, u.Zone, hemisphere)
}

// metres refuses coordinates in feet.
func (k keys) metres() error {
	const metre = 9001
	unit, stated := k.codes[tags.KeyLinearUnit]
	switch {
	case !stated || unit == metre:
		return nil
	case unit == tags.UserDefined && k.number(tags.KeyLinearUnitSize, 0) == 1:
		return nil
	case unit == tags.UserDefined:
		return fmt.Errorf("coordinates in units of %g m are not read; metres are", k.number(tags.KeyLinearUnitSize, 0))
	}
	return fmt.Errorf("coordinates in %s are not read; metres are", unitName(unit))
}

func unitName(unit int) string {
	switch unit {
	case 9002:
		return "feet (unit 9002)"
	case 9003:
		return "US survey feet (unit 9003)"
	case 9036:
		return "kilometres (unit 9036)"
	}
	return fmt.Sprintf("unit %d", unit)
}

// ownProjection reads a system that has no code: its projection must be
// Mercator's or a UTM zone by its numbers.
func (k keys) ownProjection() (projection.Projection, string, error) {
	datum, err := k.geographic()
	if err != nil {
		return nil, "", err
	}
	if c := k.codes[tags.KeyConversion]; c > 16000 && c <= 16060 || c > 16100 && c <= 16160 { // UTM zone by code
		u := projection.UTM{Zone: c % 100, South: c > 16100}
		return u, utmName(datum, u), nil
	}
	const transverseMercator, mercator = 1, 7
	method := k.codes[tags.KeyMethod]
	lon, lat := k.number(tags.KeyOriginLongitude, 0), k.number(tags.KeyOriginLatitude, 0)
	east, north := k.number(tags.KeyFalseEasting, 0), k.number(tags.KeyFalseNorthing, 0)
	scale := k.number(tags.KeyScaleAtOrigin, 1)
	parallel := k.number(tags.KeyStdParallel, 0)
	const tiny = 1e-9
	same := func(a, b float64) bool { return math.Abs(a-b) < tiny }
	switch {
	case method == transverseMercator:
		zone := (lon + 183) / 6
		if same(zone, math.Round(zone)) && zone > 0.5 && zone < 60.5 && same(lat, 0) && same(scale, 0.9996) &&
			same(east, 500_000) && (same(north, 0) || same(north, 10_000_000)) {
			u := projection.UTM{Zone: int(math.Round(zone)), South: north > 1}
			return u, utmName(datum, u), nil
		}
		return nil, "", fmt.Errorf("a transverse Mercator that is no UTM zone (%s: meridian %g, latitude %g, scale %g, false easting %g, northing %g) is not read",
			k.cited(tags.KeyProjCitation, tags.KeyCitation), lon, lat, scale, east, north)
	case method == mercator && same(lon, 0) && same(lat, 0) && same(scale, 1) && same(east, 0) && same(north, 0) && same(parallel, 0):
		return projection.Mercator{}, datum + " / World Mercator", nil
	}
	return nil, "", fmt.Errorf("a coordinate system of its own (%s, GeoTIFF method %d) is not read; 'gdalwarp -t_srs EPSG:4326' brings it to WGS 84",
		k.cited(tags.KeyProjCitation, tags.KeyCitation), method)
}

// heights reads the vertical keys: the datum as far as we know it, and what
// the file says for people.
func (k keys) heights() (terrain.VerticalDatum, string, error) {
	const metre = 9001
	if unit, stated := k.codes[tags.KeyVerticalUnit]; stated && unit != metre {
		return "", "", fmt.Errorf("heights in %s are not read; metres are", unitName(unit))
	}
	code, datum := k.codes[tags.KeyVertical], k.codes[tags.KeyVerticalDatum]
	if code == 0 && datum == 0 {
		if solid := k.codes[tags.KeyGeographic]; slices.ContainsFunc(frames(), func(f frame) bool { return f.solid == solid && solid != 0 }) {
			return terrain.Ellipsoid, "above the ellipsoid", nil
		}
		return terrain.Unstated, "", nil
	}
	switch code {
	case 5773:
		return terrain.EGM96, "EGM96", nil
	case 3855:
		return terrain.EGM2008, "EGM2008", nil
	case 4979, 5019, 5030: // as GeoTIFF 1.0 wrote GRS 80's and WGS 84's
		return terrain.Ellipsoid, "above the ellipsoid", nil
	case 5702, 5754, 6130, 6131, 6132, 6360, 8050, 8052, 8228:
		return "", "", fmt.Errorf("heights in feet (vertical system EPSG:%d) are not read; metres are", code)
	case 5336, 5612, 5706, 5715, 5831, 6357:
		return "", "", fmt.Errorf("depths, counted downwards (vertical system EPSG:%d), are not read", code)
	case tags.UserDefined, 0:
		switch datum {
		case 5171:
			return terrain.EGM96, "EGM96", nil
		case 1027:
			return terrain.EGM2008, "EGM2008", nil
		}
	}
	return terrain.Unstated, fmt.Sprintf("in %s (EPSG:%d), taken for EGM96", k.cited(tags.KeyVerticalCitation, tags.KeyCitation), code), nil
}
