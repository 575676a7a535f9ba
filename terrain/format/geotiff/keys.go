package geotiff

import (
	"errors"
	"fmt"
	"strings"

	"atalaya/terrain/format/geotiff/tags"
)

// keys are the keys of a file: codes, numbers and texts.
type keys struct {
	codes   map[int]int
	numbers map[int]float64
	texts   map[int]string
}

func readKeys(d directory) (keys, error) {
	k := keys{codes: map[int]int{}, numbers: map[int]float64{}, texts: map[int]string{}}
	if !d.has(tags.GeoKeys) {
		return k, errors.New("it does not say in which coordinate system it is: there are no GeoTIFF keys ('gdal_translate -a_srs' writes them)")
	}
	const most = 4 + 4*4096
	dir, err := d.integers(tags.GeoKeys, most)
	if err != nil {
		return k, err
	}
	if len(dir) < 4 || dir[0] != 1 || len(dir) < 4+4*int(dir[3]&0xffff) {
		return k, errors.New("its directory of GeoTIFF keys is damaged")
	}
	doubles, err := d.floats(tags.GeoDoubles, most)
	if err != nil {
		return k, err
	}
	text, err := d.text(tags.GeoTexts)
	if err != nil {
		return k, err
	}
	for i := range int(dir[3] & 0xffff) {
		e := dir[4+4*i : 8+4*i]
		key, count, at := int(e[0]&0xffff), int(e[2]&0xffff), int(e[3]&0xffff)
		switch e[1] {
		case 0:
			k.codes[key] = at
		case tags.GeoDoubles:
			if count < 1 || at >= len(doubles) {
				return k, fmt.Errorf("GeoTIFF key %d lies outside the numbers of the file", key)
			}
			k.numbers[key] = doubles[at]
		case tags.GeoTexts:
			if at+count > len(text)+1 || at > len(text) { // the last character, 0, is gone
				return k, fmt.Errorf("GeoTIFF key %d lies outside the texts of the file", key)
			}
			k.texts[key] = strings.Trim(text[at:min(at+count, len(text))], "|\x00 ")
		case tags.GeoKeys:
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
