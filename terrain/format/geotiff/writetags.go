package geotiff

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"atalaya/terrain"
)

// entry is one tag to write.
type entry struct {
	tag, kind uint16
	count     int
	data      []byte // little-endian
}

func shorts(tag uint16, v ...uint16) entry {
	e := entry{tag: tag, kind: typeShort, count: len(v)}
	for _, x := range v {
		e.data = binary.LittleEndian.AppendUint16(e.data, x)
	}
	return e
}

func longs(tag uint16, v ...uint32) entry {
	e := entry{tag: tag, kind: typeLong, count: len(v)}
	for _, x := range v {
		e.data = binary.LittleEndian.AppendUint32(e.data, x)
	}
	return e
}

func doubles(tag uint16, v ...float64) entry {
	e := entry{tag: tag, kind: typeDouble, count: len(v)}
	for _, x := range v {
		e.data = binary.LittleEndian.AppendUint64(e.data, math.Float64bits(x))
	}
	return e
}

func ascii(tag uint16, s string) entry {
	b := append([]byte(strings.ReplaceAll(s, "\x00", " ")), 0)
	return entry{tag: tag, kind: typeASCII, count: len(b), data: b}
}

// head gives all that stands before the first tile.
func (r *Raster) head(levels []level) ([]byte, error) {
	head := fmt.Appendf([]byte("II*\x00\x00\x00\x00\x00"), "GDAL_STRUCTURAL_METADATA_SIZE=%06d bytes\n%s", len(ghost), ghost)
	head = even(head)
	binary.LittleEndian.PutUint32(head[4:], uint32(len(head)))

	directories := make([][]entry, len(levels))
	end := uint64(len(head))
	for i := range levels {
		directories[i] = r.tags(levels, i)
		end += size(directories[i])
	}
	for i, l := range slices.Backward(levels) {
		places := make([]uint32, len(l.tiles))
		for j, tile := range l.tiles {
			if end > math.MaxUint32-around {
				return nil, errors.New("it would be larger than 4 GiB: write smaller pieces")
			}
			places[j] = uint32(end + around)
			end += uint64(around + len(tile) + around)
		}
		k := slices.IndexFunc(directories[i], func(e entry) bool { return e.tag == tagTileOffsets })
		directories[i][k] = longs(tagTileOffsets, places...)
	}
	for i, d := range directories {
		head = appendDirectory(head, d, i == len(directories)-1)
	}
	return head, nil
}

func even(b []byte) []byte {
	if len(b)%2 == 1 {
		return append(b, 0)
	}
	return b
}

// size of a directory with the values that do not fit in it.
func size(entries []entry) uint64 {
	n := uint64(2 + 12*len(entries) + 4)
	for _, e := range entries {
		if len(e.data) > 4 {
			n += uint64(len(e.data) + len(e.data)%2)
		}
	}
	return n
}

func appendDirectory(b []byte, entries []entry, last bool) []byte {
	le := binary.LittleEndian
	next := uint32(uint64(len(b)) + size(entries))
	values := uint32(len(b) + 2 + 12*len(entries) + 4)
	b = le.AppendUint16(b, uint16(len(entries)))
	var more []byte
	for _, e := range entries {
		b = le.AppendUint16(b, e.tag)
		b = le.AppendUint16(b, e.kind)
		b = le.AppendUint32(b, uint32(e.count))
		if len(e.data) > 4 {
			b = le.AppendUint32(b, values+uint32(len(more)))
			more = even(append(more, e.data...))
			continue
		}
		b = append(b, e.data...)
		b = append(b, make([]byte, 4-len(e.data))...)
	}
	if last {
		next = 0
	}
	return append(le.AppendUint32(b, next), more...)
}

// tags of a level's directory, in order.
func (r *Raster) tags(levels []level, i int) []entry {
	l := levels[i]
	depth, format, predictor := uint16(32), uint16(3), uint16(3)
	if r.Bytes != nil {
		depth, format, predictor = 8, 1, 2
	}
	counts := make([]uint32, len(l.tiles))
	for j, t := range l.tiles {
		counts[j] = uint32(len(t))
	}
	reduced := uint32(0)
	if i > 0 {
		reduced = 1
	}
	tags := []entry{
		longs(tagNewSubfileType, reduced),
		longs(tagImageWidth, uint32(l.columns)),
		longs(tagImageLength, uint32(l.rows)),
		shorts(tagBitsPerSample, depth),
		shorts(tagCompression, compressionDeflate),
		shorts(tagPhotometric, 1),
		shorts(tagSamplesPerPixel, 1),
		shorts(tagPlanar, 1),
		shorts(tagPredictor, predictor),
		shorts(tagTileWidth, tileSide),
		shorts(tagTileLength, tileSide),
		longs(tagTileOffsets, make([]uint32, len(l.tiles))...), // until they are known
		longs(tagTileByteCounts, counts...),
		shorts(tagSampleFormat, format),
		ascii(tagGDALNoData, strings.ToLower(strconv.FormatFloat(r.NoData, 'g', -1, 64))),
	}
	if i == 0 {
		at := r.Lattice
		tags = append(tags,
			doubles(tagPixelScale, at.DX, at.DY, 0),
			doubles(tagTiepoint, 0, 0, 0, at.X0-float64(at.DX/2), at.Y0+float64(at.DY/2), 0), // the corner of the first cell
			ascii(tagGDALMetadata, r.metadata()),
		)
		tags = append(tags, r.keys()...)
		if d := r.described(); d != "" {
			tags = append(tags, ascii(tagDescription, d))
		}
		if r.Software != "" {
			tags = append(tags, ascii(tagSoftware, r.Software))
		}
	}
	slices.SortFunc(tags, func(a, b entry) int { return int(a.tag) - int(b.tag) })
	return tags
}

// described is the description with the label.
func (r *Raster) described() string {
	if r.Elevation.Synthetic && !strings.Contains(r.Description, terrain.Synthetic) {
		return strings.TrimSpace(terrain.Synthetic + " " + r.Description)
	}
	return r.Description
}

// keys are the GeoTIFF keys of the lattice's projection.
func (r *Raster) keys() []entry {
	p := r.Lattice.Projection
	var text string
	// In rising order: key, tag of its value (0: here), count, value.
	var keys []uint16
	code := func(key, value int) { keys = append(keys, uint16(key), 0, 1, uint16(value)) }
	cite := func(key int, s string) {
		keys = append(keys, uint16(key), tagGeoTexts, uint16(len(s)+1), uint16(len(text)))
		text += s + "|"
	}
	datum := r.Elevation.Datum
	if !r.Heights {
		datum = terrain.Unstated
	}
	const projected, geographic, area, degree, metre = 1, 2, 1, 9102, 9001
	if p.Degrees() {
		code(keyModel, geographic)
		code(keyRaster, area)
		system := p.EPSG()
		if datum == terrain.Ellipsoid {
			system = 4979 // WGS 84 with heights
		}
		code(keyGeographic, system)
		cite(keyGeogCitation, p.String())
		code(keyAngularUnit, degree)
	} else {
		code(keyModel, projected)
		code(keyRaster, area)
		code(keyProjected, p.EPSG())
		cite(keyProjCitation, p.String())
		code(keyLinearUnit, metre)
	}
	switch datum {
	case terrain.EGM96:
		code(keyVertical, 5773)
		cite(keyVerticalCitation, "EGM96 height")
		code(keyVerticalUnit, metre)
	case terrain.EGM2008:
		code(keyVertical, 3855)
		cite(keyVerticalCitation, "EGM2008 height")
		code(keyVerticalUnit, metre)
	default:
	}
	const version, revision, minor = 1, 1, 1 // GeoTIFF 1.1
	keys = append([]uint16{version, revision, minor, uint16(len(keys) / 4)}, keys...)
	return []entry{shorts(tagGeoKeys, keys...), ascii(tagGeoTexts, text)}
}

// metadata is GDAL's XML of what is known of the values.
func (r *Raster) metadata() string {
	items := maps.Clone(r.Items)
	if items == nil {
		items = map[string]string{}
	}
	set := func(name, value string) {
		if value != "" {
			items[name] = value
		}
	}
	e := r.Elevation
	set(itemName, e.Name)
	set(itemSource, e.Source)
	set(itemDatum, string(e.Datum))
	if e.SD > 0 {
		set(itemSD, fmt.Sprint(e.SD))
	}
	if e.DatumSD > 0 {
		set(itemDatumSD, fmt.Sprint(e.DatumSD))
	}
	if e.Synthetic {
		set(itemSynthetic, "made-up elevation: no claim about the world may rest on it")
	}
	if !r.Heights {
		set(itemReckoned, cmp.Or(r.Description, "no heights"))
	}
	// GDAL escapes values twice, and undoes it twice; names once.
	xml := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")
	escape := func(s string) string {
		return xml.Replace(strings.Map(func(r rune) rune {
			if r < ' ' && r != '\n' {
				return ' ' // XML has no place for it
			}
			return r
		}, strings.ToValidUTF8(s, "�")))
	}
	var b strings.Builder
	b.WriteString("<GDALMetadata>\n")
	for _, name := range slices.Sorted(maps.Keys(items)) {
		fmt.Fprintf(&b, "  <Item name=\"%s\">%s</Item>\n", escape(name), escape(escape(items[name])))
	}
	if r.Unit != "" {
		fmt.Fprintf(&b, "  <Item name=\"UNITTYPE\" sample=\"0\" role=\"unittype\">%s</Item>\n", escape(escape(r.Unit)))
	}
	b.WriteString("</GDALMetadata>\n")
	return b.String()
}
