package ais

import (
	"bytes"
	"strconv"
	"time"

	"atalaya/codec/nmea"
)

// stamp is when and by whom a sentence was received, as those say who passed
// it on.
type stamp struct {
	time    time.Time
	from    TimeFrom
	station string
}

// stampOf reads the tag block; where it says nothing, what stands behind the
// sentence ("...*2A,s28083,d-100,r003669957,1152921695": station and seconds
// since 1970, as the US Coast Guard's network writes it) and what stands before
// it (a recorder's time).
func stampOf(s *nmea.Sentence) stamp {
	t := stamp{time: s.Tag.Time, station: s.Tag.Source}
	if !t.time.IsZero() {
		t.from = FromTagBlock
	}
	for rest := s.Trailer; len(rest) > 0; {
		var field []byte
		field, rest, _ = bytes.Cut(rest, []byte{','})
		field = bytes.TrimSpace(field)
		switch {
		case len(field) < 4:
		case field[0] == 'r' || field[0] == 'b':
			if t.station == "" {
				t.station = string(field)
			}
		case t.time.IsZero():
			if t.time = nmea.UnixTime(field); !t.time.IsZero() {
				t.from = FromTrailer
			}
		}
	}
	if t.time.IsZero() && len(s.Prefix) > 0 {
		if t.time = prefixTime(bytes.TrimSpace(s.Prefix)); !t.time.IsZero() {
			t.from = FromPrefix
		}
	}
	return t
}

// prefixTime reads a Unix time or an RFC 3339 time.
func prefixTime(b []byte) time.Time {
	if t := nmea.UnixTime(b); !t.IsZero() {
		return t
	}
	if len(b) < len("2006-01-02T15:04:05Z") || b[10] != 'T' {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, string(b))
	if err != nil { // a prefix may be anything
		return time.Time{}
	}
	return t.UTC()
}

// hint is the last $PGHP sentence, which base stations by Gatehouse put before
// each AIS sentence: its time, the station, and the checksum of the sentence
// that it speaks of.
type hint struct {
	raw   []byte
	stamp stamp
	sum   byte
}

// read keeps $PGHP,1,year,month,day,hour,minute,second,millisecond,country,
// region,station,online,checksum.
func (h *hint) read(s *nmea.Sentence) {
	h.raw = h.raw[:0]
	if len(s.Fields) < 13 || string(s.Fields[0]) != "1" {
		return
	}
	var v [7]int
	for i := range v {
		n, err := strconv.Atoi(string(s.Fields[1+i]))
		if err != nil || n < 0 {
			return
		}
		v[i] = n
	}
	sum, err := strconv.ParseUint(string(s.Fields[12]), 16, 8)
	t := time.Date(v[0], time.Month(v[1]), v[2], v[3], v[4], v[5], v[6]*int(time.Millisecond), time.UTC)
	if err != nil || v[0] < 1990 || v[0] >= 2100 || t.Day() != v[2] || int(t.Month()) != v[1] || t.Second() != v[5] || t.Minute() != v[4] {
		return
	}
	h.raw = append(append(h.raw, s.Raw...), '\n')
	h.stamp = stamp{time: t, from: FromPGHP, station: string(s.Fields[10])}
	h.sum = byte(sum)
}

// apply gives the sentence what the hint says of it, unless its tag block says
// it, and forgets the hint.
func (h *hint) apply(s *nmea.Sentence, p *part) {
	if len(h.raw) > 0 && h.sum == s.Sum && p.from != FromTagBlock {
		p.time, p.from = h.stamp.time, h.stamp.from
		if p.station == "" {
			p.station = h.stamp.station
		}
		h.raw = append(h.raw, s.Raw...)
		p.raw = h.raw
	}
	h.raw = h.raw[:0]
}
