package nmea

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"atalaya/codec"
	"atalaya/geo"
)

// Encode gives the sentence of m with its tag block, without line end. TTM,
// TLL, RMC, GGA and HDT can be written. Distances are written in nautical
// miles and speeds in knots, of which the receiver gets back about 0.1 m and
// 0.3 mm/s.
func Encode(m *Message) (string, error) {
	d, ok := m.Data.(interface{ encode(*line) })
	if !ok {
		return "", fmt.Errorf("writing a sentence: %T cannot be written", m.Data)
	}
	if len(m.Talker) != 2 {
		return "", fmt.Errorf("writing a sentence: talker %q has not two characters", m.Talker)
	}
	var l line
	d.encode(&l)
	if l.err != nil {
		return "", fmt.Errorf("writing a sentence: %s: %w", m.Data.Formatter(), l.err)
	}
	tag, err := m.Tag.Block()
	if err != nil {
		return "", fmt.Errorf("writing a sentence: %w", err)
	}
	sentence := tag + Frame('$', m.Talker+m.Data.Formatter(), l.fields...)
	if len(sentence) > maxLine { // what has to be escaped takes three bytes each
		return "", fmt.Errorf("writing a sentence: %s: its %d bytes are more than anybody reads (%d): shorten its texts", m.Data.Formatter(), len(sentence), maxLine)
	}
	return sentence, nil
}

// Frame makes a sentence of an address and fields, with its checksum.
func Frame(start byte, address string, fields ...string) string {
	body := address
	if len(fields) > 0 {
		body += "," + strings.Join(fields, ",")
	}
	return fmt.Sprintf("%c%s*%02X", start, body, Checksum([]byte(body)))
}

// line collects the fields of a sentence and remembers the first error.
type line struct {
	fields []string
	err    error
}

var errRange = errors.New("a value is outside of what the sentence can say")

func (l *line) put(fields ...string) { l.fields = append(l.fields, fields...) }

// number writes v over unit with a number of decimals.
func (l *line) number(v codec.Opt[float64], unit float64, decimals int) {
	x, ok := v.Get()
	if !ok {
		l.put("")
		return
	}
	if math.IsNaN(x) || math.Abs(x) > 1e8 {
		l.err = errRange
	}
	l.put(strconv.FormatFloat(x/unit, 'f', decimals, 64))
}

// angle writes degrees, wrapped into [0, 360).
func (l *line) angle(v codec.Opt[float64]) {
	x, ok := v.Get()
	if ok && (math.IsNaN(x) || math.IsInf(x, 0)) {
		l.err = errRange
		return
	}
	tenths := math.Mod(math.Round(geo.WrapBearing(x)*1000), 360000)
	l.number(codec.SomeIf(tenths/1000, ok), 1, 3)
}

func (l *line) whole(v codec.Opt[int], width int) {
	n, ok := v.Get()
	if !ok {
		l.put("")
		return
	}
	l.put(fmt.Sprintf("%0*d", width, n))
}

func (l *line) letter(c byte) {
	if c == 0 {
		l.put("")
		return
	}
	l.put(string(rune(c)))
}

// relative writes T for an angle from north, R for one from own heading.
func (l *line) relative(v codec.Opt[float64], relative bool) {
	switch {
	case !v.Known():
		l.put("")
	case relative:
		l.put("R")
	default:
		l.put("T")
	}
}

func (l *line) status(valid bool) {
	if valid {
		l.put("A")
	} else {
		l.put("V")
	}
}

// text writes characters, reserved ones and those outside ASCII as ^hh.
func (l *line) text(s string) {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c < ' ' || c > '}' || strings.IndexByte(`!$*,\^`, c) >= 0 {
			fmt.Fprintf(&b, "^%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	l.put(b.String())
}

// clock writes hhmmss.ss, cut to hundredths.
func (l *line) clock(v codec.Opt[time.Duration]) {
	t, ok := v.Get()
	if !ok {
		l.put("")
		return
	}
	if t < 0 || t >= 24*time.Hour {
		l.err = errRange
	}
	s := t / time.Second
	l.put(fmt.Sprintf("%02d%02d%02d.%02d", s/3600, s/60%60, s%60, t%time.Second/(10*time.Millisecond)))
}

// position writes ddmm.mmmmm,N,dddmm.mmmmm,E: about 2 cm.
func (l *line) position(v codec.Opt[geo.Position]) {
	p, ok := v.Get()
	if !ok {
		l.put("", "", "", "")
		return
	}
	if !p.Valid() {
		l.err = errRange
		return
	}
	l.coordinate(p.Lat, 2, "N", "S")
	l.coordinate(p.Lon, 3, "E", "W")
}

func (l *line) coordinate(deg float64, width int, positive, negative string) {
	n := int64(math.Round(math.Abs(deg) * 60e5))
	side := positive
	if deg < 0 {
		side = negative
	}
	l.put(fmt.Sprintf("%0*d%02d.%05d", width, n/60e5, n/1e5%60, n%1e5), side)
}

func (t *TTM) encode(l *line) {
	l.whole(t.Target, 2)
	l.number(t.Distance, nauticalMile, 4)
	l.angle(t.Bearing)
	l.relative(t.Bearing, t.Relative)
	l.number(t.Speed, knot, 3)
	l.angle(t.Course)
	l.relative(t.Course, t.CourseRel)
	l.number(t.CPA, nauticalMile, 4)
	l.number(t.TCPA, 60, 3)
	l.put("N")
	l.text(t.Name)
	l.letter(byte(t.Status))
	if t.Reference {
		l.put("R")
	} else {
		l.put("")
	}
	l.clock(t.Clock)
	l.letter(byte(t.Acquired))
}

func (t *TLL) encode(l *line) {
	l.whole(t.Target, 2)
	l.position(t.Position)
	l.text(t.Name)
	l.clock(t.Clock)
	l.letter(byte(t.Status))
	if t.Reference {
		l.put("R")
	} else {
		l.put("")
	}
}

func (r *RMC) encode(l *line) {
	if r.Time.IsZero() {
		l.clock(r.Clock)
	} else {
		t := r.Time.UTC()
		l.clock(codec.Some(t.Sub(t.Truncate(24 * time.Hour))))
	}
	l.status(r.Valid)
	l.position(r.Position)
	l.number(r.Speed, knot, 3)
	l.angle(r.Course)
	if r.Time.IsZero() {
		l.put("")
	} else {
		l.put(r.Time.UTC().Format("020106"))
	}
	variation, ok := r.Variation.Get()
	l.number(codec.SomeIf(math.Abs(variation), ok), 1, 2)
	switch {
	case !ok:
		l.put("")
	case variation < 0:
		l.put("W")
	default:
		l.put("E")
	}
	l.letter(r.Mode)
}

func (g *GGA) encode(l *line) {
	l.clock(g.Clock)
	l.position(g.Position)
	l.put(strconv.Itoa(g.Quality))
	l.whole(g.Satellites, 2)
	l.number(g.HDOP, 1, 2)
	altitude, ok := g.Altitude.Get()
	l.number(codec.SomeIf(float64(altitude), ok), 1, 3)
	l.put("M")
	l.number(g.Geoid, 1, 3)
	l.put("M", "", "")
}

func (h *HDT) encode(l *line) {
	l.angle(h.Heading)
	l.put("T")
}
