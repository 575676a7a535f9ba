package onvif

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

func trim(text []byte) []byte { return bytes.Trim(text, " \t\r\n") }

// Float is an xs:float that is a number: INF and NaN are no positions.
type Float float64

// MarshalText implements encoding.TextMarshaler.
func (f Float) MarshalText() ([]byte, error) {
	if v := float64(f); math.IsNaN(v) || math.IsInf(v, 0) {
		return nil, fmt.Errorf("%v is no number that can be sent", v)
	}
	return strconv.AppendFloat(nil, float64(f), 'g', -1, 32), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (f *Float) UnmarshalText(text []byte) error {
	text = trim(text)
	if bytes.ContainsAny(text, "xX_pPnNiI") { // what strconv reads and XML Schema does not, and INF and NaN
		return fmt.Errorf("%.40q is no number", text)
	}
	v, err := strconv.ParseFloat(string(text), 32)
	if err != nil {
		return fmt.Errorf("%.40q is no number", text)
	}
	*f = Float(v)
	return nil
}

// DateTime is an xs:dateTime. Some cameras leave its zone out: then it is UTC.
type DateTime struct{ time.Time }

// MarshalText implements encoding.TextMarshaler.
func (d DateTime) MarshalText() ([]byte, error) {
	return d.UTC().AppendFormat(nil, "2006-01-02T15:04:05.999Z"), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *DateTime) UnmarshalText(text []byte) error {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, string(trim(text))); err == nil {
			d.Time = t.UTC()
			return nil
		}
	}
	return fmt.Errorf("%.40q is no date and time", text)
}

// Duration is an xs:duration without years and months, which are of no fixed
// length.
type Duration time.Duration

var durationForm = regexp.MustCompile(`^P(?:(\d{1,4})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?$`) //nolint:gochecknoglobals // constant

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) {
	if d < 0 {
		return nil, errors.New("a duration below zero")
	}
	s := strconv.AppendFloat([]byte("PT"), time.Duration(d).Round(time.Millisecond).Seconds(), 'f', -1, 64)
	return append(s, 'S'), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	m := durationForm.FindSubmatch(trim(text))
	if m == nil || bytes.HasSuffix(m[0], []byte("T")) || len(m[0]) == 1 {
		return fmt.Errorf("%.40q is no duration of days, hours, minutes and seconds", text)
	}
	var sum float64
	for i, unit := range []float64{86400, 3600, 60, 1} {
		if len(m[i+1]) == 0 {
			continue
		}
		v, err := strconv.ParseFloat(string(m[i+1]), 64)
		if err != nil {
			return fmt.Errorf("%.40q is no duration: %w", text, err)
		}
		sum += float64(v * unit)
	}
	*d = Duration(math.Round(sum*1e3) * 1e6)
	return nil
}
