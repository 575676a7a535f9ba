// Package dted reads Digital Terrain Elevation Data, levels 0, 1 and 2
// (MIL-PRF-89020B, 23 May 2000): three headers in text (UHL, DSI, ACC), then a
// record for each column of posts, from west to east (3.10.5), with heights
// from south to north in sign and magnitude and a checksum. Towards the poles
// columns stand farther apart in longitude: the headers say how far. Clauses
// in comments are those of the specification.
package dted

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"path"
	"strconv"
	"strings"

	"atalaya/geo"
	"atalaya/geo/projection"
	"atalaya/terrain"
)

// Lengths in bytes.
const (
	uhlSize    = 80   // user header label
	dsiSize    = 648  // data set identification
	accSize    = 2700 // accuracy description
	headSize   = uhlSize + dsiSize + accSize
	recordHead = 8
	recordTail = 4
	tapeLabels = 2 // VOL and HDR stand before UHL on tapes (3.7)
)

const (
	sentinel = 0xAA   // begins a record
	null     = -32767 // no height known here

	// Heights that no place on earth has show a file with another convention
	// of signs.
	lowest, highest = -12000, 9000

	// Accuracies are linear errors at 90 %; 90 % of a normal
	// distribution lie within so many standard deviations.
	deviations90 = 1.645
)

// File is an open DTED file. It implements terrain.Source.
type File struct {
	r       io.ReaderAt
	records int64 // where they begin
	lattice terrain.Lattice
	about   terrain.About
}

// Open opens a file of so many bytes. Checksums are verified when heights are
// read.
func Open(r io.ReaderAt, size int64, name string) (*File, error) {
	f := &File{r: r}
	name = path.Base(name)
	if err := f.open(size); err != nil {
		return nil, fmt.Errorf("DTED %s: %w", name, err)
	}
	f.about.Name = name
	return f, nil
}

// header is the text before the records, read by field.
type header struct {
	uhl, dsi, acc string
}

func (f *File) open(size int64) error {
	h, err := f.header(size)
	if err != nil {
		return err
	}
	if err := f.place(h); err != nil {
		return err
	}
	if need := f.records + f.recordSize()*int64(f.lattice.Width); size < need {
		return fmt.Errorf("%d bytes, but its header announces %d columns of %d posts, which take %d: it is cut off, get the whole file again",
			size, f.lattice.Width, f.lattice.Height, need)
	}
	return f.identify(h)
}

// header reads the three records of text.
func (f *File) header(size int64) (h header, err error) {
	buf := make([]byte, headSize+tapeLabels*uhlSize)
	buf = buf[:max(0, min(size, int64(len(buf))))]
	if n, err := f.r.ReadAt(buf, 0); n < len(buf) {
		return h, fmt.Errorf("reading the header: %w", err)
	}
	all := string(buf)
	for range tapeLabels {
		if strings.HasPrefix(all, "VOL") || strings.HasPrefix(all, "HDR") {
			all = all[min(uhlSize, len(all)):]
		}
	}
	if !strings.HasPrefix(all, "UHL1") {
		return h, fmt.Errorf("this is no DTED: it does not begin with a UHL record")
	}
	if len(all) < headSize {
		return h, fmt.Errorf("%d bytes are less than the %d of a DTED header: get the whole file again", size, headSize)
	}
	f.records = int64(len(buf)-len(all)) + headSize
	h = header{uhl: all[:uhlSize], dsi: all[uhlSize : uhlSize+dsiSize], acc: all[uhlSize+dsiSize : headSize]}
	if !strings.HasPrefix(h.dsi, "DSI") || !strings.HasPrefix(h.acc, "ACC") {
		return h, fmt.Errorf("its DSI or ACC record does not stand where MIL-PRF-89020B puts it")
	}
	return h, nil
}

// place makes the lattice of what UHL says (table "User header label").
func (f *File) place(h header) error {
	lon, err := angle(h.uhl[4:12], 180)
	if err != nil {
		return fmt.Errorf("longitude of origin: %w", err)
	}
	lat, err := angle(h.uhl[12:20], 90)
	if err != nil {
		return fmt.Errorf("latitude of origin: %w", err)
	}
	var n [4]int
	for i, field := range []struct {
		what, is string
		least    int
	}{
		{"interval of longitude", h.uhl[20:24], 1},
		{"interval of latitude", h.uhl[24:28], 1},
		{"number of longitude lines", h.uhl[47:51], 2},
		{"number of latitude points", h.uhl[51:55], 2},
	} {
		if n[i], err = strconv.Atoi(text(field.is)); err != nil || n[i] < field.least {
			return fmt.Errorf("its %s is %q", field.what, field.is)
		}
	}
	const perDegree = 36000 // intervals are tenths of a second of arc
	f.lattice = terrain.Lattice{
		Projection: projection.Geographic{},
		X0:         lon,
		Y0:         lat + float64((n[3]-1)*n[1])/perDegree,
		DX:         float64(n[0]) / perDegree,
		DY:         float64(n[1]) / perDegree,
		Width:      n[2],
		Height:     n[3],
	}
	if p := (geo.Position{Lat: f.lattice.Y0, Lon: lon}); !p.Valid() || (n[2]-1)*n[0] > 360*perDegree {
		return fmt.Errorf("its %v reach over the earth's edge", f.lattice)
	}
	return nil
}

// angle reads DDDMMSSH.
func angle(s string, most float64) (float64, error) {
	bad := fmt.Errorf("%q is no angle of the form DDDMMSSH", s)
	seconds := 0
	for i, unit := range []int{3600, 60, 1} {
		from, to := []int{0, 3, 5}[i], []int{3, 5, 7}[i]
		v, err := strconv.ParseUint(text(s[from:to]), 10, 16)
		if err != nil || i > 0 && v > 59 {
			return 0, bad
		}
		seconds += int(v) * unit
	}
	v := float64(seconds) / 3600
	switch s[7] {
	case 'S', 'W':
		v = -v
	case 'N', 'E':
	default:
		return 0, bad
	}
	if math.Abs(v) > most {
		return 0, bad
	}
	return v, nil
}

// identify reads what DSI and ACC say of the heights.
func (f *File) identify(h header) error {
	series := text(h.dsi[59:64])
	level := strings.TrimPrefix(series, "DTED")
	if len(level) != 1 || level < "0" || level > "2" {
		return fmt.Errorf("its series is %q: only DTED0, DTED1 and DTED2 are read; 'gdal_translate -of GTiff' makes a GeoTIFF of it", series)
	}
	if datum := text(h.dsi[144:149]); datum != "WGS84" {
		return fmt.Errorf("its horizontal datum is %q and not WGS84: 'gdalwarp -t_srs EPSG:4326 -of GTiff' converts it", datum)
	}
	if turn := h.dsi[264:273]; strings.Trim(turn, "0. ") != "" {
		return fmt.Errorf("its columns are turned by %s (DDDMMSS.S) from north: 'gdalwarp -t_srs EPSG:4326 -of GTiff' converts it", turn)
	}
	specification := text(h.dsi[126:135])
	// MIL-PRF-89020B counts heights from mean sea level as EGM96 has it; the
	// code was MSL before it was E96.
	switch datum := text(h.dsi[141:144]); {
	case datum == "E96", datum == "MSL" && specification == "PRF89020B":
		f.about.Datum = terrain.EGM96
	case datum == "MSL", datum == "":
		f.about.Datum = terrain.Unstated
	default:
		return fmt.Errorf("its vertical datum is %q, which is not known here: only E96 and MSL are", datum)
	}
	if le90 := accuracy(h.acc); le90 > 0 {
		f.about.SD = le90 / deviations90
	}
	words := []string{"DTED level " + level}
	for _, field := range []string{specification, text(h.dsi[102:110])} {
		if field != "" {
			words = append(words, printable(field))
		}
	}
	f.about.Source = strings.Join(append(words, marking(h.dsi)), ", ")
	return nil
}

// accuracy gives the absolute vertical accuracy, metres at 90 %: the worst of
// the whole and of its subregions (table "Accuracy description"); 0 where none
// is stated.
func accuracy(acc string) float64 {
	const regions, regionSize = 57, 284
	number := func(field string) float64 {
		v, err := strconv.ParseUint(text(field), 10, 16)
		if err != nil {
			return 0 // "NA", or blank
		}
		return float64(v)
	}
	worst := number(acc[7:11])
	for i := range int(min(number(acc[55:57]), 9)) {
		worst = max(worst, number(acc[regions+i*regionSize+4:][:4]))
	}
	return worst
}

// text is a field without what fills it up: spaces, or zeros of programs in C.
func text(field string) string { return strings.Trim(field, " \x00") }

// marking is the security marking of DSI in words.
func marking(dsi string) string {
	class, known := map[byte]string{
		'U': "UNCLASSIFIED", 'R': "RESTRICTED", 'C': "CONFIDENTIAL", 'S': "SECRET", 'T': "TOP SECRET",
	}[dsi[3]]
	if !known {
		class = fmt.Sprintf("security class %q", dsi[3:4])
	}
	words := []string{class}
	for _, field := range []string{dsi[4:6], dsi[6:33]} { // control and release, handling
		if field = text(field); field != "" {
			words = append(words, printable(field))
		}
	}
	return strings.Join(words, " ")
}

// printable replaces what is not printable ASCII: the text goes to screens.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}

// Lattice implements terrain.Source.
func (f *File) Lattice() terrain.Lattice { return f.lattice }

// About implements terrain.Source.
func (f *File) About() terrain.About { return f.about }

func (f *File) recordSize() int64 {
	return recordHead + 2*int64(f.lattice.Height) + recordTail
}

// Read implements terrain.Source.
func (f *File) Read(dst []float32, w terrain.Window) error {
	for i := range dst {
		dst[i] = float32(math.NaN())
	}
	in := w.Intersect(f.lattice.Bounds())
	record := make([]byte, f.recordSize())
	for column := in.X; column < in.X+in.Width; column++ {
		if err := f.column(record, column); err != nil {
			return fmt.Errorf("DTED %s, record %d: %w", f.about.Name, column, err)
		}
		for row := in.Y; row < in.Y+in.Height; row++ {
			post := f.lattice.Height - 1 - row // from the south
			z, err := height(binary.BigEndian.Uint16(record[recordHead+2*post:]))
			if err != nil {
				return fmt.Errorf("DTED %s, record %d, post %d: %w", f.about.Name, column, post, err)
			}
			dst[(row-w.Y)*w.Width+column-w.X] = z
		}
	}
	return nil
}

// column reads and verifies a record (3.10.6).
func (f *File) column(record []byte, column int) error {
	if n, err := f.r.ReadAt(record, f.records+int64(column)*int64(len(record))); n < len(record) {
		return err
	}
	if record[0] != sentinel {
		return fmt.Errorf("it begins with %#x and not with %#x: the file is damaged, get it again", record[0], sentinel)
	}
	if c, p := binary.BigEndian.Uint16(record[4:]), binary.BigEndian.Uint16(record[6:]); int(c) != column || p != 0 {
		return fmt.Errorf("it says that it is column %d from post %d on: only files with all records in order are read", c, p)
	}
	sum := uint32(0)
	for _, b := range record[:len(record)-recordTail] {
		sum += uint32(b)
	}
	if want := binary.BigEndian.Uint32(record[len(record)-recordTail:]); sum != want {
		return fmt.Errorf("its bytes sum up to %d and its checksum is %d: the file is damaged, get it again", sum, want)
	}
	return nil
}

// height reads sign and magnitude.
func height(bits uint16) (float32, error) {
	z := int(bits & 0x7FFF)
	if bits&0x8000 != 0 {
		z = -z
	}
	if z == null {
		return float32(math.NaN()), nil
	}
	if z < lowest || z > highest {
		return 0, fmt.Errorf("a height of %d m: the file seems to hold two's complement and not sign and magnitude; 'gdal_translate -of GTiff' converts it", z)
	}
	return float32(z), nil
}
