package mavlink

// maxRun is how many bytes of no frame are reported as one piece.
const maxRun = 1024

// scanner cuts a stream into frames and what is none. What it finds does not
// depend on how the stream was cut into chunks.
//
// At each place it judges what could start there. Where a frame claims to be
// that is not good (checksum, unknown id), the byte after it decides: if
// another frame starts there, it was a frame, and is skipped whole; if not,
// its header was chance or damage, and the search goes on at the next byte.
type scanner struct {
	defs   map[uint32]*definition
	prefix int // bytes before every frame: the time in a tlog

	buf   []byte
	start int // of the bytes that were not reported yet
	pos   int // next place to judge; after start only within bad bytes
	// What stands at start, if pos is after it.
	frame   frame
	verdict verdict
}

// piece is a frame, good or bad, or bytes that are none. Its bytes are valid
// until the scanner is given more.
type piece struct {
	whole   bool   // a frame; else a run of bad bytes
	before  []byte // the prefix of a frame
	raw     []byte // the frame or the run
	frame   frame
	verdict verdict // for a run: of its first byte
}

// add appends a chunk of the stream.
func (s *scanner) add(chunk []byte) {
	s.buf = append(s.buf[:copy(s.buf, s.buf[s.start:])], chunk...)
	s.pos -= s.start
	s.start = 0
}

// next gives the next piece, if the bytes that came tell. At the end of the
// stream nothing more will come: then everything is told.
func (s *scanner) next(end bool) (piece, bool) {
	for s.pos < len(s.buf) {
		if s.pos-s.start >= maxRun {
			return s.run(), true
		}
		f, v := look(s.defs, s.buf[min(s.pos+s.prefix, len(s.buf)):])
		whole, tell := v == good, true
		switch {
		case v == incomplete:
			tell = end
		case v > good:
			whole, tell = s.frameStarts(s.pos+s.prefix+f.size, end)
		}
		if !tell {
			return piece{}, false
		}
		if whole && s.pos > s.start {
			return s.run(), true // the next call finds the frame again
		}
		if s.pos == s.start {
			s.frame, s.verdict = f, v
		}
		if whole {
			return s.whole(), true
		}
		s.pos++
	}
	if end && s.pos > s.start {
		return s.run(), true
	}
	return piece{}, false
}

// frameStarts reports whether a frame starts at a place, or the stream ends
// there, if the bytes that came tell.
func (s *scanner) frameStarts(at int, end bool) (starts, tell bool) {
	if at == len(s.buf) && end {
		return true, true
	}
	at += s.prefix
	if at >= len(s.buf) {
		return false, end
	}
	return s.buf[at] == magic1 || s.buf[at] == magic2, true
}

// whole reports the frame at the start.
func (s *scanner) whole() piece {
	first := s.start + s.prefix
	after := first + s.frame.size
	p := piece{
		whole: true, before: s.buf[s.start:first], raw: s.buf[first:after:after],
		frame: s.frame, verdict: s.verdict,
	}
	s.start, s.pos = after, after
	return p
}

// run reports the bad bytes as far as the search came.
func (s *scanner) run() piece {
	p := piece{raw: s.buf[s.start:s.pos:s.pos], frame: s.frame, verdict: s.verdict}
	s.start = s.pos
	return p
}
