package cog

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
	"atalaya/terrain/format/geotiff/tags"
)

// entry is one tag to write.
type entry struct {
	tag, kind uint16
	count     int
	data      []byte // little-endian
}

func shorts(tag uint16, v ...uint16) entry {
	e := entry{tag: tag, kind: tags.TypeShort, count: len(v)}
	for _, x := range v {
		e.data = binary.LittleEndian.AppendUint16(e.data, x)
	}
	return e
}

func longs(tag uint16, v ...uint32) entry {
	e := entry{tag: tag, kind: tags.TypeLong, count: len(v)}
	for _, x := range v {
		e.data = binary.LittleEndian.AppendUint32(e.data, x)
	}
	return e
}

func doubles(tag uint16, v ...float64) entry {
	e := entry{tag: tag, kind: tags.TypeDouble, count: len(v)}
	for _, x := range v {
		e.data = binary.LittleEndian.AppendUint64(e.data, math.Float64bits(x))
	}
	return e
}

func ascii(tag uint16, s string) entry {
	b := append([]byte(strings.ReplaceAll(s, "\x00", " ")), 0)
	return entry{tag: tag, kind: tags.TypeASCII, count: len(b), data: b}
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
		k := slices.IndexFunc(directories[i], func(e entry) bool { return e.tag == tags.TileOffsets })
		directories[i][k] = longs(tags.TileOffsets, places...)
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
	list := []entry{
		longs(tags.NewSubfileType, reduced),
		longs(tags.ImageWidth, uint32(l.columns)),
		longs(tags.ImageLength, uint32(l.rows)),
		shorts(tags.BitsPerSample, depth),
		shorts(tags.Compression, tags.CompressionDeflate),
		shorts(tags.Photometric, 1),
		shorts(tags.SamplesPerPixel, 1),
		shorts(tags.Planar, 1),
		shorts(tags.Predictor, predictor),
		shorts(tags.TileWidth, tileSide),
		shorts(tags.TileLength, tileSide),
		longs(tags.TileOffsets, make([]uint32, len(l.tiles))...), // until they are known
		longs(tags.TileByteCounts, counts...),
		shorts(tags.SampleFormat, format),
		ascii(tags.GDALNoData, strings.ToLower(strconv.FormatFloat(r.NoData, 'g', -1, 64))),
	}
	if i == 0 {
		at := r.Lattice
		list = append(list,
			doubles(tags.PixelScale, at.DX, at.DY, 0),
			doubles(tags.Tiepoint, 0, 0, 0, at.X0-float64(at.DX/2), at.Y0+float64(at.DY/2), 0), // the corner of the first cell
			ascii(tags.GDALMetadata, r.metadata()),
		)
		list = append(list, r.keys()...)
		if d := r.described(); d != "" {
			list = append(list, ascii(tags.Description, d))
		}
		if r.Software != "" {
			list = append(list, ascii(tags.Software, r.Software))
		}
	}
	slices.SortFunc(list, func(a, b entry) int { return int(a.tag) - int(b.tag) })
	return list
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
		keys = append(keys, uint16(key), tags.GeoTexts, uint16(len(s)+1), uint16(len(text)))
		text += s + "|"
	}
	datum := r.Elevation.Datum
	if !r.Heights {
		datum = terrain.Unstated
	}
	const projected, geographic, area, degree, metre = 1, 2, 1, 9102, 9001
	if p.Degrees() {
		code(tags.KeyModel, geographic)
		code(tags.KeyRaster, area)
		system := p.EPSG()
		if datum == terrain.Ellipsoid {
			system = 4979 // WGS 84 with heights
		}
		code(tags.KeyGeographic, system)
		cite(tags.KeyGeogCitation, p.String())
		code(tags.KeyAngularUnit, degree)
	} else {
		code(tags.KeyModel, projected)
		code(tags.KeyRaster, area)
		code(tags.KeyProjected, p.EPSG())
		cite(tags.KeyProjCitation, p.String())
		code(tags.KeyLinearUnit, metre)
	}
	switch datum {
	case terrain.EGM96:
		code(tags.KeyVertical, 5773)
		cite(tags.KeyVerticalCitation, "EGM96 height")
		code(tags.KeyVerticalUnit, metre)
	case terrain.EGM2008:
		code(tags.KeyVertical, 3855)
		cite(tags.KeyVerticalCitation, "EGM2008 height")
		code(tags.KeyVerticalUnit, metre)
	default:
	}
	const version, revision, minor = 1, 1, 1 // GeoTIFF 1.1
	keys = append([]uint16{version, revision, minor, uint16(len(keys) / 4)}, keys...)
	return []entry{shorts(tags.GeoKeys, keys...), ascii(tags.GeoTexts, text)}
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
	set(tags.ItemName, e.Name)
	set(tags.ItemSource, e.Source)
	set(tags.ItemDatum, string(e.Datum))
	if e.SD > 0 {
		set(tags.ItemSD, fmt.Sprint(e.SD))
	}
	if e.DatumSD > 0 {
		set(tags.ItemDatumSD, fmt.Sprint(e.DatumSD))
	}
	if e.Synthetic {
		set(terrain.Synthetic, "made-up elevation: no claim about the world may rest on it")
	}
	if !r.Heights {
		set(tags.ItemReckoned, cmp.Or(r.Description, "no heights"))
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
