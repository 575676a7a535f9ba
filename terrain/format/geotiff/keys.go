package geotiff

import (
	"errors"
	"fmt"
	"strings"
)

// Keys of GeoTIFF.
const (
	keyModel            = 1024
	keyRaster           = 1025
	keyCitation         = 1026
	keyGeographic       = 2048
	keyGeogCitation     = 2049
	keyGeogDatum        = 2050
	keyPrimeMeridian    = 2051
	keyAngularUnit      = 2054
	keyMeridian         = 2061
	keyProjected        = 3072
	keyProjCitation     = 3073
	keyConversion       = 3074
	keyMethod           = 3075
	keyLinearUnit       = 3076
	keyLinearUnitSize   = 3077
	keyStdParallel      = 3078
	keyOriginLongitude  = 3080
	keyOriginLatitude   = 3081
	keyFalseEasting     = 3082
	keyFalseNorthing    = 3083
	keyScaleAtOrigin    = 3092
	keyVertical         = 4096
	keyVerticalCitation = 4097
	keyVerticalDatum    = 4098
	keyVerticalUnit     = 4099
)

// userDefined is the code of what stands in other keys.
const userDefined = 32767

// keys are the keys of a file: codes, numbers and texts.
type keys struct {
	codes   map[int]int
	numbers map[int]float64
	texts   map[int]string
}

func readKeys(d directory) (keys, error) {
	k := keys{codes: map[int]int{}, numbers: map[int]float64{}, texts: map[int]string{}}
	if !d.has(tagGeoKeys) {
		return k, errors.New("it does not say in which coordinate system it is: there are no GeoTIFF keys ('gdal_translate -a_srs' writes them)")
	}
	const most = 4 + 4*4096
	dir, err := d.integers(tagGeoKeys, most)
	if err != nil {
		return k, err
	}
	if len(dir) < 4 || dir[0] != 1 || len(dir) < 4+4*int(dir[3]&0xffff) {
		return k, errors.New("its directory of GeoTIFF keys is damaged")
	}
	doubles, err := d.floats(tagGeoDoubles, most)
	if err != nil {
		return k, err
	}
	text, err := d.text(tagGeoTexts)
	if err != nil {
		return k, err
	}
	for i := range int(dir[3] & 0xffff) {
		e := dir[4+4*i : 8+4*i]
		key, count, at := int(e[0]&0xffff), int(e[2]&0xffff), int(e[3]&0xffff)
		switch e[1] {
		case 0:
			k.codes[key] = at
		case tagGeoDoubles:
			if count < 1 || at >= len(doubles) {
				return k, fmt.Errorf("GeoTIFF key %d lies outside the numbers of the file", key)
			}
			k.numbers[key] = doubles[at]
		case tagGeoTexts:
			if at+count > len(text)+1 || at > len(text) { // the last character, 0, is gone
				return k, fmt.Errorf("GeoTIFF key %d lies outside the texts of the file", key)
			}
			k.texts[key] = strings.Trim(text[at:min(at+count, len(text))], "|\x00 ")
		case tagGeoKeys:
			if count < 1 || at >= len(dir) {
				return k, fmt.Errorf("GeoTIFF key %d lies outside its directory", key)
			}
			k.codes[key] = int(dir[at] & 0xffff)
		default:
			return k, fmt.Errorf("GeoTIFF key %d stands in tag %d", key, e[1])
		}
	}
	return k, nil
}

// number is a key's number, otherwise where it is missing.
func (k keys) number(key int, otherwise float64) float64 {
	if v, ok := k.numbers[key]; ok {
		return v
	}
	return otherwise
}

// cited is the first of the citations that says something.
func (k keys) cited(keys ...int) string {
	for _, key := range keys {
		if s := plain(k.texts[key], 80); s != "" {
			return s
		}
	}
	return "no name given"
}
