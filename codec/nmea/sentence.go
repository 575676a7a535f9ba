package nmea

import (
	"bytes"
	"iter"

	"atalaya/codec"
)

// BadTag is the kind of a tag block that is malformed or has a wrong
// checksum. The sentence behind it is used, without what the block says.
const BadTag codec.Kind = "tag"

// maxLine bounds a line in bytes. IEC 61162-1 allows 82 for a sentence;
// recorders and AIS base stations write longer ones.
const maxLine = 4096

// Sentence is a sentence with a right checksum, and what stood around it on
// its line. Its slices hold until the next sentence is asked for.
type Sentence struct {
	// Raw is all of it: prefix, tag block, sentence and trailer, exactly as
	// they came, without line end. Where a line with only a tag block came
	// before and counts for this sentence, that line and a line feed precede.
	Raw     []byte
	Prefix  []byte // what stood before, such as a recorder's time
	Tag     Tag
	Start   byte     // '$', or '!' for encapsulated data
	Address []byte   // talker and formatter: "GPRMC"
	Fields  [][]byte // the fields after the address
	Sum     byte     // checksum
	Trailer []byte   // what stood behind the checksum, such as ",r003669946,1325394060"
}

// Talker gives the first two characters of the address; "P" of a proprietary
// sentence.
func (s *Sentence) Talker() []byte {
	if len(s.Address) > 0 && s.Address[0] == 'P' {
		return s.Address[:1]
	}
	return s.Address[:min(2, len(s.Address))]
}

// Formatter gives the address without the talker: "RMC".
func (s *Sentence) Formatter() []byte { return s.Address[len(s.Talker()):] }

// Field gives field i, counted from 0 behind the address; a missing one is empty.
func (s *Sentence) Field(i int) []byte {
	if i >= len(s.Fields) {
		return nil
	}
	return s.Fields[i]
}

// Splitter cuts a stream of bytes into checked sentences. Chunks may end
// anywhere; lines end with CR, LF, both or NUL, and several sentences may
// share one. Lines whose first character is '#' are comments. The zero value
// is ready.
type Splitter struct {
	partial []byte // a line that has not ended
	discard bool   // inside an overlong line
	lone    []byte // a line with only a tag block, for the next sentence
	joined  []byte // lone and the line behind it

	sentence Sentence
}

// Split yields the sentences that end within chunk; errors are *codec.Bad. It
// must be ranged over to its end: to stop early drops the rest of the chunk.
func (s *Splitter) Split(chunk []byte) iter.Seq2[*Sentence, error] {
	return func(yield func(*Sentence, error) bool) {
		for len(chunk) > 0 {
			end := bytes.IndexAny(chunk, "\n\r\x00")
			if end < 0 {
				s.keep(chunk, yield)
				return
			}
			line := chunk[:end]
			chunk = chunk[end+1:]
			if len(s.partial) > 0 || s.discard {
				if !s.keep(line, yield) {
					return
				}
				line = s.partial
				s.partial, s.discard = s.partial[:0], false
			}
			if !s.line(line, yield) {
				return
			}
		}
	}
}

// Flush yields what the stream ends with, where its last line has no end.
func (s *Splitter) Flush() iter.Seq2[*Sentence, error] { return s.Split([]byte{'\n'}) }

// keep adds to the unfinished line, or drops it when it gets overlong.
func (s *Splitter) keep(part []byte, yield func(*Sentence, error) bool) bool {
	if s.discard {
		return true
	}
	room := maxLine - len(s.partial)
	s.partial = append(s.partial, part[:min(room, len(part))]...)
	if len(part) <= room {
		return true
	}
	bad := codec.NewBad(codec.Overlong, s.partial, "no end of line within %d bytes", maxLine)
	s.partial, s.discard = s.partial[:0], true
	return yield(nil, bad)
}

// line yields the sentences of one line.
func (s *Splitter) line(line []byte, yield func(*Sentence, error) bool) bool {
	if len(line) > maxLine {
		return yield(nil, codec.NewBad(codec.Overlong, line, "no end of line within %d bytes", maxLine))
	}
	text := bytes.TrimSpace(line)
	if len(text) == 0 || text[0] == '#' {
		return true
	}
	found := false // anything better than noise
	from := 0      // what is before belongs to an earlier sentence
	for start := startAt(line, 0); start >= 0; {
		end, ok := s.scan(line, start)
		switch {
		case ok:
			if !s.emit(line, from, start, end, yield) {
				return false
			}
			found, from = true, end
		case addressed(line[start+1:]):
			if !yield(nil, codec.NewBad(codec.Truncated, line[start:end], "the sentence has no checksum")) {
				return false
			}
			found, from = true, end
		}
		start = startAt(line, max(end, start+1))
		if start >= 0 && found {
			from = tagAt(line, from, start)
		}
	}
	if found {
		return true
	}
	if text[0] == '\\' && text[len(text)-1] == '\\' && len(text) > 1 {
		return s.hold(text, yield)
	}
	return yield(nil, codec.NewBad(codec.Noise, line, "no sentence in this line"))
}

// hold keeps a line that is only tag blocks for the next sentence.
func (s *Splitter) hold(line []byte, yield func(*Sentence, error) bool) bool {
	if _, err := parseTags(line); err != nil {
		return yield(nil, err)
	}
	s.lone = append(s.lone[:0], line...)
	return true
}

// startAt finds the start of the next sentence at or after from, or -1.
func startAt(line []byte, from int) int {
	for i := from; i < len(line)-1; i++ {
		if (line[i] == '!' || line[i] == '$') && isAddress(line[i+1]) {
			return i
		}
	}
	return -1
}

// isAddress is lenient: base stations are seen to send "--VDM" and "=IVDM".
func isAddress(c byte) bool {
	switch c {
	case '!', '$', '\\', ',', '*':
		return false
	}
	return c > ' ' && c <= '~'
}

// addressed reports whether b begins with five capitals or digits and a comma.
func addressed(b []byte) bool {
	if len(b) < 6 || b[5] != ',' {
		return false
	}
	for _, c := range b[:5] {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// tagAt gives where the tag blocks before start begin; start when there are none.
func tagAt(line []byte, from, start int) int {
	for start > from && line[start-1] == '\\' {
		open := bytes.LastIndexByte(line[from:start-1], '\\')
		if open < 0 {
			break
		}
		start = from + open
	}
	return start
}

// scan reads the sentence at start into s.sentence and gives its end behind
// the checksum digits; without a checksum, the place to go on.
func (s *Splitter) scan(line []byte, start int) (end int, ok bool) {
	t := &s.sentence
	t.Fields = t.Fields[:0]
	t.Address = nil
	begin := start + 1
	for i := begin; i < len(line); i++ {
		switch line[i] {
		case ',':
			t.add(line[begin:i])
			begin = i + 1
		case '*':
			if i+2 >= len(line) {
				return len(line), false
			}
			high, low := hexDigit(line[i+1]), hexDigit(line[i+2])
			if high < 0 || low < 0 {
				return i + 1, false
			}
			t.add(line[begin:i])
			t.Sum = byte(high<<4 | low)
			return i + 3, true
		case '!', '$', '\\':
			return i, false
		}
	}
	return len(line), false
}

func (s *Sentence) add(field []byte) {
	if s.Address == nil {
		s.Address = field
	} else {
		s.Fields = append(s.Fields, field)
	}
}

// emit yields the scanned sentence line[start:end], whose line is its own
// from the given place on.
func (s *Splitter) emit(line []byte, from, start, end int, yield func(*Sentence, error) bool) bool {
	if sum := Checksum(line[start+1 : end-3]); sum != s.sentence.Sum {
		return yield(nil, codec.NewBad(codec.Checksum, line[start:end], "checksum %02X, computed %02X", s.sentence.Sum, sum))
	}
	t := &s.sentence
	tag := tagAt(line, from, start)
	last := len(line)
	if next := startAt(line, end); next >= 0 {
		last = tagAt(line, end, next)
	}
	t.Raw, t.Prefix, t.Trailer = line[from:last], line[from:tag], line[end:last]
	t.Start = line[start]
	t.Tag = Tag{}
	if tag < start {
		var err *codec.Bad
		if t.Tag, err = parseTags(line[tag:start]); err != nil && !yield(nil, err) {
			return false
		}
	}
	if len(s.lone) > 0 {
		s.adopt(tag < start)
	}
	return yield(t, nil)
}

// adopt gives the sentence what a line of tag blocks before it said, unless
// the sentence has a tag block of its own of another group.
func (s *Splitter) adopt(tagged bool) {
	t := &s.sentence
	lone, err := parseTags(s.lone)
	if err == nil && (!tagged || lone.Group.ID != 0 && lone.Group.ID == t.Tag.Group.ID) {
		t.Tag = t.Tag.Or(lone)
		s.joined = append(append(append(s.joined[:0], s.lone...), '\n'), t.Raw...)
		t.Raw = s.joined
	}
	s.lone = s.lone[:0]
}

// Checksum is the exclusive or of all bytes (IEC 61162-1).
func Checksum(b []byte) byte {
	var sum byte
	for _, c := range b {
		sum ^= c
	}
	return sum
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c - 'A' + 10)
	case c >= 'a' && c <= 'f':
		return int(c - 'a' + 10)
	}
	return -1
}
