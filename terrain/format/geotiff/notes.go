package geotiff

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"atalaya/terrain"
	"atalaya/terrain/format/geotiff/tags"
)

// notes are what a file says in words: descriptions, GDAL's items, nodata.
type notes struct {
	description, software string
	items                 []item
	nodata                string
}

// item is one Item of GDAL_METADATA.
type item struct {
	Name   string `xml:"name,attr"`
	Sample string `xml:"sample,attr"`
	Role   string `xml:"role,attr"`
	Domain string `xml:"domain,attr"` // of other programs' items
	Value  string `xml:",chardata"`
}

func readNotes(d directory) (notes, error) {
	var n notes
	var err error
	if n.description, err = d.text(tags.Description); err != nil {
		return n, err
	}
	if n.software, err = d.text(tags.Software); err != nil {
		return n, err
	}
	if n.nodata, err = d.text(tags.GDALNoData); err != nil {
		return n, err
	}
	text, err := d.text(tags.GDALMetadata)
	if err != nil || strings.TrimSpace(text) == "" {
		return n, err
	}
	// A scale or a unit may stand in there: what cannot be read is not passed
	// over.
	dec := xml.NewDecoder(strings.NewReader(text))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var root struct {
		Items []item `xml:"Item"`
	}
	if err := dec.Decode(&root); err != nil {
		return n, fmt.Errorf("GDAL_METADATA: %w", err)
	}
	n.items = root.Items
	// GDAL escapes values once more than XML does.
	unescaped := strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">", "&quot;", `"`)
	for i := range n.items {
		n.items[i].Value = unescaped.Replace(n.items[i].Value)
	}
	return n, nil
}

// item gives the value of an item of the file (role "") or of its band.
func (n notes) item(name, role string) string {
	for _, i := range n.items {
		if i.Role != role || i.Domain != "" || role == "" && i.Name != name {
			continue
		}
		if role == "" && i.Sample == "" || role != "" && (i.Sample == "0" || i.Sample == "") {
			return strings.TrimSpace(i.Value)
		}
	}
	return ""
}

// samples says what values of a format and of so many bits mean.
func (n notes) samples(format, depth uint64) (samples, error) {
	s := samples{nodata: math.NaN(), scale: 1}
	switch [2]uint64{format, depth} {
	case [2]uint64{1, 8}:
		s.kind = uint8s
	case [2]uint64{1, 16}:
		s.kind = uint16s
	case [2]uint64{1, 32}:
		s.kind = uint32s
	case [2]uint64{2, 8}:
		s.kind = int8s
	case [2]uint64{2, 16}:
		s.kind = int16s
	case [2]uint64{2, 32}:
		s.kind = int32s
	case [2]uint64{3, 32}:
		s.kind = float32s
	case [2]uint64{3, 64}:
		s.kind = float64s
	default:
		name := map[uint64]string{1: "unsigned integers", 2: "integers", 3: "real numbers", 5: "complex integers", 6: "complex numbers"}[format]
		if name == "" {
			name = fmt.Sprintf("values of sample format %d", format)
		}
		return s, fmt.Errorf("%s of %d bits are not read", name, depth)
	}

	if text := strings.TrimSpace(n.nodata); text != "" {
		v, err := number(text)
		if err != nil {
			return s, fmt.Errorf("nodata value %q: %w", short60(text), err)
		}
		if s.kind == float32s {
			v = float64(float32(v)) // as it stands in the file
		}
		s.nodata = v
	}
	switch unit := strings.ToLower(n.item("", "unittype")); unit {
	case "", "m", "metre", "meter", "metres", "meters":
	default:
		return s, fmt.Errorf("heights in %q are not read; metres are", short60(unit))
	}
	var err error
	if text := n.item("", "scale"); text != "" {
		if s.scale, err = finite(text); err != nil {
			return s, fmt.Errorf("scale of heights %q: %w", short60(text), err)
		}
	}
	if text := n.item("", "offset"); text != "" {
		if s.offset, err = finite(text); err != nil {
			return s, fmt.Errorf("offset of heights %q: %w", short60(text), err)
		}
	}
	s.scaled = s.scale != 1 || s.offset != 0
	return s, nil
}

// number reads what C's printf wrote: NaN may have a sign.
func number(text string) (float64, error) {
	if strings.Contains(strings.ToLower(text), "nan") {
		return math.NaN(), nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if errors.Is(err, strconv.ErrRange) {
		return v, nil // no value is equal
	}
	if err != nil {
		return 0, errors.New("not a number")
	}
	return v, nil
}

func finite(text string) (float64, error) {
	v, err := number(text)
	if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
		err = errors.New("not a finite number")
	}
	return v, err
}

// about puts together what is known of the heights.
func (n notes) about(name string, s system) terrain.About {
	a := terrain.About{Name: name, Datum: s.datum}
	var parts []string
	if source := n.item(tags.ItemSource, ""); source != "" {
		parts = append(parts, short200(source))
	} else if n.description != "" {
		parts = append(parts, short200(n.description))
	}
	own := []string{"GeoTIFF in " + s.name}
	if s.vertical != "" {
		own = append(own, "heights "+s.vertical)
	}
	for _, p := range own {
		if len(parts) == 0 || !strings.Contains(parts[0], p) { // or each copy of a copy would say it again
			parts = append(parts, p)
		}
	}
	a.Source = strings.Join(parts, "; ")

	// What we wrote ourselves comes back.
	if datum := terrain.VerticalDatum(n.item(tags.ItemDatum, "")); a.Datum == terrain.Unstated &&
		slices.Contains([]terrain.VerticalDatum{terrain.EGM96, terrain.EGM2008, terrain.Ellipsoid}, datum) {
		a.Datum = datum
	}
	a.SD = sd(n.item(tags.ItemSD, ""))
	a.DatumSD = sd(n.item(tags.ItemDatumSD, ""))
	a.Synthetic = n.item(terrain.Synthetic, "") != "" || strings.Contains(n.description, terrain.Synthetic)
	return a
}

func sd(text string) float64 {
	v, err := finite(text)
	if err != nil || v < 0 {
		return 0
	}
	return v
}

func short60(s string) string  { return plain(s, 60) }
func short200(s string) string { return plain(s, 200) }

// plain makes what a file says fit for a line on a screen.
func plain(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		s = string(r[:most-1]) + "…"
	}
	return s
}
