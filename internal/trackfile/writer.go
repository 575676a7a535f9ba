package trackfile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"strconv"
)

// Track is what is believed of one thing at one time.
type Track struct {
	Time int64 // ns
	ID   string
	// Place and Vel; with a height, three values of Vel and six of Cov count.
	Place Place
	Vel   [3]float64 // m/s; east, north, up in WGS84
	// Cov is that of the position and then the velocity, without gaps: x y vx vy,
	// or x y z vx vy vz. m2, m2/s, (m/s)2.
	Cov       [6][6]float64
	Existence float64
	Claims    []Claim
}

// Claim is an identity that a track claims.
type Claim struct {
	ID     string
	Honest float64 // probability
}

// Writer writes tracks: the same tracks, the same bytes. Close it.
type Writer struct {
	w    io.Writer
	buf  []byte
	sum  hash.Hash
	err  error // of w: nothing is written after it
	now  int64
	seen map[string]struct{} // ids at that time
}

// room is how much is written at once.
const room = 64 << 10

// NewWriter begins a file of the tracker of that name.
func NewWriter(w io.Writer, frame Frame, tracker string) *Writer {
	t := &Writer{
		w: w, buf: make([]byte, 0, room+room/4), sum: sha256.New(),
		now: math.MinInt64, seen: map[string]struct{}{},
	}
	t.buf = append(t.buf, `{"header":{"frame":`...)
	t.buf = appendText(t.buf, frame.String())
	t.buf = append(t.buf, `,"tracker":`...)
	t.buf = append(appendText(t.buf, tracker), "}}\n"...)
	return t
}

// Write takes the next track: in the order of time, each id once a time. It
// refuses what no reader could use, and writes nothing of it.
func (t *Writer) Write(track Track) error {
	if t.err != nil {
		return t.err
	}
	if err := t.check(&track); err != nil {
		return fmt.Errorf("write track %q at %d ns: %w", track.ID, track.Time, err)
	}
	if track.Time > t.now {
		t.now = track.Time
		clear(t.seen)
	}
	t.seen[track.ID] = struct{}{}
	t.buf = appendTrack(t.buf, &track)
	if len(t.buf) >= room {
		return t.flush()
	}
	return nil
}

// Close writes what is left. It does not close what is written to.
func (t *Writer) Close() error {
	if t.err == nil {
		_ = t.flush()
	}
	return t.err
}

// Hash is the SHA-256 of the file in hexadecimal digits, after Close.
func (t *Writer) Hash() string { return hex.EncodeToString(t.sum.Sum(nil)) }

func (t *Writer) flush() error {
	t.sum.Write(t.buf)
	if _, err := t.w.Write(t.buf); err != nil {
		t.err = fmt.Errorf("write tracks: %w", err)
	}
	t.buf = t.buf[:0]
	return t.err
}

func (t *Writer) check(track *Track) error {
	_, twice := t.seen[track.ID]
	switch {
	case track.ID == "":
		return errors.New("it has no id")
	case track.Time%1000 != 0:
		return errors.New("its time is no whole microsecond")
	case track.Time < t.now:
		return fmt.Errorf("its time is before %d ns, which is written: write in the order of time", t.now)
	case twice && track.Time == t.now:
		return errors.New("it is written at that time: write each track once a time")
	case !(track.Existence >= 0 && track.Existence <= 1):
		return fmt.Errorf("its existence is %g, no probability", track.Existence)
	}
	finite := 0 * (track.Place.X + track.Place.Y + track.Place.Z)
	for i := range 3 {
		finite += 0 * track.Vel[i]
	}
	n := track.dims()
	for i := range 2 * n {
		for j := range 2 * n {
			finite += 0 * track.Cov[i][j]
		}
	}
	if finite != 0 { // 0 times infinite is not a number
		return errors.New("a value is not finite")
	}
	for _, c := range track.Claims {
		if !(c.Honest >= 0 && c.Honest <= 1) {
			return fmt.Errorf("the honesty of %s is %g, no probability", c.ID, c.Honest)
		}
	}
	return nil
}

func (track *Track) dims() int {
	if track.Place.HasZ {
		return 3
	}
	return 2
}

func appendTrack(b []byte, track *Track) []byte {
	n := track.dims()
	b = append(b, `{"time":`...)
	b = appendSeconds(b, track.Time)
	b = append(b, `,"id":`...)
	b = appendText(b, track.ID)
	b = append(b, `,"pos":`...)
	at := [3]float64{track.Place.X, track.Place.Y, track.Place.Z}
	b = appendNumbers(b, at[:n])
	b = append(b, `,"vel":`...)
	b = appendNumbers(b, track.Vel[:n])
	b = append(b, `,"cov":`...)
	for i := range 2 * n {
		b = append(b, before(i))
		b = appendNumbers(b, track.Cov[i][:2*n])
	}
	b = append(b, `],"existence":`...)
	b = appendNumber(b, track.Existence)
	if len(track.Claims) > 0 {
		b = append(b, `,"claims":`...)
		for i, c := range track.Claims {
			b = append(b, before(i))
			b = append(b, `{"id":`...)
			b = appendText(b, c.ID)
			b = append(b, `,"honest":`...)
			b = append(appendNumber(b, c.Honest), '}')
		}
		b = append(b, ']')
	}
	return append(b, "}\n"...)
}

// before is what stands before a part of a list.
func before(i int) byte {
	if i == 0 {
		return '['
	}
	return ','
}

func appendNumbers(b []byte, v []float64) []byte {
	for i, x := range v {
		b = append(b, before(i))
		b = appendNumber(b, x)
	}
	return append(b, ']')
}

// appendNumber writes the shortest digits that read back to the same value.
func appendNumber(b []byte, v float64) []byte {
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.AppendFloat(b, v, 'e', -1, 64)
	}
	return strconv.AppendFloat(b, v+0, 'f', -1, 64) // +0: there is no -0
}

// appendSeconds writes nanoseconds as seconds, to the microsecond.
func appendSeconds(b []byte, ns int64) []byte {
	const second = 1_000_000 // microseconds
	us := ns / 1000
	if us < 0 {
		b, us = append(b, '-'), -us
	}
	b = strconv.AppendInt(b, us/second, 10)
	rest := us % second
	if rest == 0 {
		return b
	}
	b = append(b, '.')
	for digit := int64(second / 10); rest > 0; digit /= 10 {
		b = append(b, byte('0'+rest/digit))
		rest %= digit
	}
	return b
}

// appendText writes a string of JSON.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, err := json.Marshal(s)
			if err != nil { // a string has none
				return append(b, `""`...)
			}
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
