package nmea

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"atalaya/codec"
)

// Tag is what a tag block says of its sentence (NMEA 0183 4.10,
// IEC 61162-450): \s:station,c:1418172113,g:1-2-1604*hh\
type Tag struct {
	Time        time.Time // c: when the sentence was received or made; zero: not said
	Source      string    // s
	Destination string    // d
	Group       Group     // g
}

// Group binds sentences together: this is part Part of Total of group ID. ID
// is 0 where there is no group.
type Group struct {
	Part, Total int
	ID          uint64
}

// Or fills what t does not say with what other says.
func (t Tag) Or(other Tag) Tag {
	if t.Time.IsZero() {
		t.Time = other.Time
	}
	if t.Source == "" {
		t.Source = other.Source
	}
	if t.Destination == "" {
		t.Destination = other.Destination
	}
	if t.Group.ID == 0 {
		t.Group = other.Group
	}
	return t
}

// Block gives the block with its checksum and delimiters; "" of an empty tag.
func (t Tag) Block() (string, error) {
	for _, name := range [...]string{t.Source, t.Destination} {
		for _, c := range []byte(name) {
			if c <= ' ' || c > '~' || strings.IndexByte(`!$*,\`, c) >= 0 {
				return "", fmt.Errorf("writing a tag block: %q has a character that it cannot have", name)
			}
		}
	}
	var b []byte
	put := func(key, value string) {
		if len(b) > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, key...), ':'), value...)
	}
	if g := t.Group; g.ID != 0 {
		put("g", fmt.Sprintf("%d-%d-%04d", g.Part, g.Total, g.ID))
	}
	if t.Source != "" {
		put("s", t.Source)
	}
	if t.Destination != "" {
		put("d", t.Destination)
	}
	if !t.Time.IsZero() {
		if t.Time.Nanosecond() == 0 {
			put("c", strconv.FormatInt(t.Time.Unix(), 10))
		} else {
			put("c", strconv.FormatInt(t.Time.UnixMilli(), 10))
		}
	}
	if len(b) == 0 {
		return "", nil
	}
	return fmt.Sprintf(`\%s*%02X\`, b, Checksum(b)), nil
}

// parseTags reads one tag block or several in a row, backslashes included.
func parseTags(b []byte) (Tag, *codec.Bad) {
	var t Tag
	for rest := b; len(rest) > 0; {
		if rest[0] != '\\' {
			return Tag{}, codec.NewBad(BadTag, b, "text between tag blocks")
		}
		body, after, closed := bytes.Cut(rest[1:], []byte{'\\'})
		star := len(body) - 3
		if !closed || star < 0 || body[star] != '*' {
			return Tag{}, codec.NewBad(BadTag, b, "tag block without checksum")
		}
		high, low := hexDigit(body[star+1]), hexDigit(body[star+2])
		if sum := Checksum(body[:star]); high < 0 || low < 0 || sum != byte(high<<4|low) {
			return Tag{}, codec.NewBad(BadTag, b, "tag block: checksum %s, computed %02X", body[star+1:], sum)
		}
		t.read(body[:star])
		rest = after
	}
	return t, nil
}

// read takes the parameters of one block; those that are unknown or have no
// sense are left out.
func (t *Tag) read(body []byte) {
	for len(body) > 0 {
		var field []byte
		field, body, _ = bytes.Cut(body, []byte{','})
		key, value, _ := bytes.Cut(field, []byte{':'})
		switch {
		case len(key) == 1 && key[0] == 'c':
			t.Time = UnixTime(value)
		case len(key) == 1 && key[0] == 's':
			t.Source = string(value)
		case len(key) == 1 && key[0] == 'd':
			t.Destination = string(value)
		case len(key) == 1 && key[0] == 'g':
			if p := bytes.Split(value, []byte{'-'}); len(p) == 3 {
				t.Group = group(p[0], p[1], p[2])
			}
		case bytes.IndexByte(key, 'G') > 0: // the older form, 1G2:1604
			part, total, _ := bytes.Cut(key, []byte{'G'})
			t.Group = group(part, total, value)
		}
	}
}

// group gives the zero Group when its numbers make no sense.
func group(part, total, id []byte) Group {
	p, okPart := number(part, 99)
	n, okTotal := number(total, 99)
	i, okID := number(id, 1e15)
	if !okPart || !okTotal || !okID || p < 1 || p > n || i == 0 {
		return Group{}
	}
	return Group{Part: int(p), Total: int(n), ID: i}
}

// number reads decimal digits, up to a largest value.
func number(b []byte, most uint64) (uint64, bool) {
	if len(b) == 0 || len(b) > 19 {
		return 0, false
	}
	var v uint64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = 10*v + uint64(c-'0')
	}
	return v, v <= most
}

// UnixTime reads digits as a time since 1970: as seconds, milliseconds,
// microseconds or nanoseconds, whichever gives a year between 1990 and 2100.
// It gives the zero time for anything else.
func UnixTime(digits []byte) time.Time {
	const first, last = 631152000, 4102444800 // 1990-01-01, 2100-01-01
	v, ok := number(digits, 1<<63-1)
	if !ok {
		return time.Time{}
	}
	for _, unit := range [...]time.Duration{time.Second, time.Millisecond, time.Microsecond, time.Nanosecond} {
		perSecond := uint64(time.Second / unit)
		if s := v / perSecond; s >= first && s < last {
			return time.Unix(int64(s), int64(v%perSecond)*int64(unit)).UTC()
		}
	}
	return time.Time{}
}
