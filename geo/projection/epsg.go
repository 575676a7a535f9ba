package projection

// ByEPSG gives the projection of a code: 4326, 3857, 3395, and WGS 84's UTM
// zones; false for every other.
func ByEPSG(code int) (Projection, bool) {
	const north, south, zones = 32600, 32700, 60
	switch {
	case code == 4326:
		return Geographic{}, true
	case code == 3857:
		return WebMercator{}, true
	case code == 3395:
		return Mercator{}, true
	case code > north && code <= north+zones:
		return UTM{Zone: code - north}, true
	case code > south && code <= south+zones:
		return UTM{Zone: code - south, South: true}, true
	}
	return nil, false
}
