package trackfile

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
)

// maxLine bounds a line, and with it the memory: a position takes about 80 bytes.
const maxLine = 64 << 20

// Bad is a line that cannot be used. It is not fatal: count it and go on.
type Bad struct {
	Line int // from 1
	What string
}

func (b *Bad) Error() string { return fmt.Sprintf("line %d: %s", b.Line, b.What) }

// Reader reads measurements. It keeps one line in memory.
type Reader struct {
	lines   *bufio.Scanner
	longest int // bytes of a line
	line    int
	frame   Frame
}

// NewReader reads the header.
func NewReader(r io.Reader) (*Reader, error) { return newReader(r, maxLine) }

func newReader(r io.Reader, longest int) (*Reader, error) {
	m := &Reader{lines: bufio.NewScanner(r), longest: longest}
	m.lines.Buffer(nil, longest)
	line, ok := m.next()
	if err := m.failed(); err != nil {
		return nil, err
	}
	var first struct {
		Header *struct {
			Frame *Frame `json:"frame"`
		} `json:"header"`
	}
	const begin = `begin the file with {"header":{"frame":"planar"}} or {"header":{"frame":"wgs84"}}`
	switch err := json.Unmarshal(line, &first); {
	case !ok:
		return nil, errors.New("read measurements: the file is empty: " + begin)
	case err != nil:
		return nil, fmt.Errorf("read measurements: the first line is no header: %w: %s", err, begin)
	case first.Header == nil || first.Header.Frame == nil:
		return nil, errors.New("read measurements: the first line is no header with a frame: " + begin)
	}
	m.frame = *first.Header.Frame
	return m, nil
}

// Frame says what the positions are.
func (m *Reader) Frame() Frame { return m.frame }

// Scans gives the scans in the order of the file, which is that of arrival. An
// error is a *Bad, and the next line follows; any other error is the last.
// What it gives is the caller's to keep.
func (m *Reader) Scans() iter.Seq2[Scan, error] {
	return func(yield func(Scan, error) bool) {
		for {
			line, ok := m.next()
			if !ok {
				break
			}
			s, err := m.frame.scan(line)
			s.Line = m.line
			if err != nil {
				s, err = Scan{}, &Bad{m.line, err.Error()}
			}
			if !yield(s, err) {
				return
			}
		}
		if err := m.failed(); err != nil {
			yield(Scan{}, err)
		}
	}
}

// next gives the next line that is not empty.
func (m *Reader) next() ([]byte, bool) {
	for m.lines.Scan() {
		m.line++
		if line := bytes.TrimSpace(m.lines.Bytes()); len(line) > 0 {
			return line, true
		}
	}
	return nil, false
}

// failed says why there is no next line, if the file has not just ended.
func (m *Reader) failed() error {
	err := m.lines.Err()
	switch {
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("read measurements: line %d is longer than %d bytes: write one scan a line, and split a larger one", m.line+1, m.longest)
	case err != nil:
		return fmt.Errorf("read measurements after line %d: %w", m.line, err)
	}
	return nil
}
