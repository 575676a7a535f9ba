package nmea

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"atalaya/codec"
	"atalaya/geo"
)

// Units of the standard in SI. One nautical mile is 1852 m (ISO 80000-3).
const (
	nauticalMile = 1852.0
	knot         = 1852.0 / 3600
)

// fields reads the fields of a sentence and remembers the first that is wrong.
type fields struct {
	s   *Sentence
	bad string
}

func (f *fields) fail(i int, what string) {
	if f.bad == "" {
		f.bad = fmt.Sprintf("field %d: %q is no %s", i+1, f.s.Field(i), what)
	}
}

// number reads a decimal number.
func (f *fields) number(i int, what string) codec.Opt[float64] {
	b := f.s.Field(i)
	if len(b) == 0 {
		return codec.Opt[float64]{}
	}
	for _, c := range b { // ParseFloat takes "Inf", "0x1p4" and "1_0", too
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' {
			f.fail(i, what)
			return codec.Opt[float64]{}
		}
	}
	v, err := strconv.ParseFloat(string(b), 64)
	if err != nil || v > 1e9 || v < -1e9 {
		f.fail(i, what)
		return codec.Opt[float64]{}
	}
	return codec.Some(v)
}

// amount reads a number that is not negative and gives it times unit.
func (f *fields) amount(i int, unit float64, what string) codec.Opt[float64] {
	v, ok := f.number(i, what).Get()
	if ok && v < 0 {
		f.fail(i, what)
	}
	return codec.SomeIf(v*unit, ok)
}

// angle reads degrees from 0 to 360.
func (f *fields) angle(i int, what string) codec.Opt[float64] {
	v, ok := f.number(i, what).Get()
	if ok && (v < 0 || v > 360) {
		f.fail(i, what)
	}
	if v == 360 {
		v = 0
	}
	return codec.SomeIf(v, ok)
}

// whole reads decimal digits.
func (f *fields) whole(i int, most uint64, what string) codec.Opt[int] {
	b := f.s.Field(i)
	if len(b) == 0 {
		return codec.Opt[int]{}
	}
	v, ok := number(b, most)
	if !ok {
		f.fail(i, what)
	}
	return codec.Some(int(v))
}

// letter reads one of the given letters; 0 where the field is empty.
func (f *fields) letter(i int, of, what string) byte {
	b := f.s.Field(i)
	if len(b) == 0 {
		return 0
	}
	if len(b) > 1 || bytes.IndexByte([]byte(of), b[0]) < 0 {
		f.fail(i, what)
		return 0
	}
	return b[0]
}

// text reads characters; ^hh stands for a reserved one.
func (f *fields) text(i int) string {
	b := f.s.Field(i)
	if bytes.IndexByte(b, '^') < 0 {
		return string(b)
	}
	var out []byte
	for ; len(b) > 0; b = b[1:] {
		c := b[0]
		if c == '^' && len(b) > 2 && hexDigit(b[1]) >= 0 && hexDigit(b[2]) >= 0 {
			c = byte(hexDigit(b[1])<<4 | hexDigit(b[2]))
			b = b[2:]
		}
		out = append(out, c)
	}
	return string(out)
}

// clock reads a time of day, hhmmss.ss UTC.
func (f *fields) clock(i int) codec.Opt[time.Duration] {
	b := f.s.Field(i)
	if len(b) == 0 {
		return codec.Opt[time.Duration]{}
	}
	const what = "time of day"
	whole, fraction, _ := bytes.Cut(b, []byte{'.'})
	v, ok := number(whole, 235960)
	if !ok || len(whole) != 6 {
		f.fail(i, what)
		return codec.Opt[time.Duration]{}
	}
	h, m, s := v/10000, v/100%100, v%100
	if m > 59 || s > 60 { // 60: a leap second
		f.fail(i, what)
	}
	at := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
	unit := time.Second / 10
	for _, c := range fraction {
		if c < '0' || c > '9' {
			f.fail(i, what)
			break
		}
		at += time.Duration(c-'0') * unit
		unit /= 10
	}
	return codec.Some(at)
}

// date reads ddmmyy; years before 80 are of this century.
func (f *fields) date(i int) (time.Time, bool) {
	b := f.s.Field(i)
	if len(b) == 0 {
		return time.Time{}, false
	}
	v, ok := number(b, 311299)
	day, month, year := int(v/10000), time.Month(v/100%100), int(v%100)+1900
	if year < 1980 {
		year += 100
	}
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if !ok || len(b) != 6 || t.Day() != day || t.Month() != month {
		f.fail(i, "date")
		return time.Time{}, false
	}
	return t, true
}

// position reads ddmm.mm,N,dddmm.mm,E from field i on.
func (f *fields) position(i int) codec.Opt[geo.Position] {
	lat, okLat := f.coordinate(i, "NS", 90)
	lon, okLon := f.coordinate(i+2, "EW", 180)
	return codec.SomeIf(geo.Position{Lat: lat, Lon: lon}.Normalize(), okLat && okLon)
}

func (f *fields) coordinate(i int, sides string, most float64) (deg float64, ok bool) {
	v, ok := f.amount(i, 1, "latitude or longitude").Get()
	side := f.letter(i+1, sides, "hemisphere")
	if !ok || side == 0 {
		return 0, false
	}
	whole := float64(int(v / 100))
	minutes := v - float64(whole*100)
	deg = whole + minutes/60
	if minutes >= 60 || deg > most {
		f.fail(i, "latitude or longitude")
		return 0, false
	}
	if side == sides[1] {
		deg = -deg
	}
	return deg, true
}

// units reads the letter of the units of distance and speed: kilometres,
// nautical or statute miles, and those an hour. Metres and metres per second
// are given.
func (f *fields) units(i int) (distance, speed float64) {
	switch f.letter(i, "KNS", "unit of distance") {
	case 'K':
		return 1000, 1000.0 / 3600
	case 'S':
		return 1609.344, 1609.344 / 3600
	case 'N':
		return nauticalMile, knot
	}
	return 0, 0
}

// need fails where values are present that have no unit.
func (f *fields) need(unit float64, i int, values ...codec.Opt[float64]) {
	for _, v := range values {
		if v.Known() && unit == 0 {
			f.fail(i, "unit of distance")
		}
	}
}
