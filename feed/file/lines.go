package file

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"time"

	"atalaya/codec/ais"
	"atalaya/codec/nmea"
	"atalaya/feed"
)

// readLines delivers lines with the times that they have.
func readLines(r *bufio.Reader, start time.Time, d *delivery) error {
	head, err := r.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
		return err
	}
	at := firstTime(head)
	made := at.IsZero() // times are made up
	if made {
		at = start
	}
	stamps := newStamps()
	for {
		line, err := r.ReadSlice('\n') // of an overlong line as much as the buffer holds
		if len(line) > 0 {
			if t := stamps.read(line, at); !t.IsZero() {
				at, made = t, false
			}
			if !d.chunk(feed.Chunk{Data: line, Received: at, Stream: 1}) {
				return nil
			}
			if made {
				at = at.Add(tick)
			}
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

// firstTime gives the first time that the lines have, or zero.
func firstTime(head []byte) time.Time {
	stamps := newStamps()
	for line := range bytes.Lines(head) {
		if t := stamps.read(line, time.Time{}); !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// stamps reads the times of lines.
type stamps struct {
	ais  *ais.Decoder
	nmea nmea.Splitter
	// stated: a line said a time. Before that, bare AIS sentences are not
	// decoded for one.
	stated bool
}

func newStamps() *stamps { return &stamps{ais: ais.New(ais.Config{})} }

// read gives the time that a line states, or zero. The time before it bounds
// how long the decoder waits for the rest of a message.
func (s *stamps) read(line []byte, before time.Time) (at time.Time) {
	switch {
	case bytes.HasPrefix(line, []byte("MSG,")):
		return sbsTime(line)
	case bytes.HasPrefix(line, []byte("{")):
		return observationTime(line)
	}
	if bytes.IndexByte(line, '\\') >= 0 {
		for sentence, err := range s.nmea.Split(line) {
			if err == nil && !sentence.Tag.Time.IsZero() {
				at = sentence.Tag.Time
			}
		}
	}
	if s.stated = s.stated || !bare(line); !s.stated {
		return at
	}
	if bytes.Contains(line, []byte("VDM,")) || bytes.Contains(line, []byte("VDO,")) || bytes.HasPrefix(line, []byte("$PGHP,")) {
		for m, err := range s.ais.Decode(line, before) {
			if err == nil && at.IsZero() {
				at = m.TagTime
			}
		}
	}
	return at
}

// bare reports whether a line is a sentence and nothing but: neither tag block
// nor receiver's text around it, where a time may stand.
func bare(line []byte) bool {
	line = bytes.TrimRight(line, "\r\n")
	const checksum = 3 // "*5C"
	star := bytes.IndexByte(line, '*')
	return len(line) > 0 && line[0] == '!' && star == len(line)-checksum
}

// sbsTime reads when a BaseStation message was generated:
// MSG,type,,,address,,2026/01/02,03:04:05.678,...
func sbsTime(line []byte) time.Time {
	const date, clock = 6, 7
	fields := bytes.SplitN(line, []byte{','}, clock+2)
	if len(fields) <= clock {
		return time.Time{}
	}
	t, err := time.Parse("2006/01/02 15:04:05.999", string(fields[date])+" "+string(fields[clock]))
	if err != nil { // a line without time
		return time.Time{}
	}
	return t
}

// observationTime reads when an observation of our own recordings was received.
func observationTime(line []byte) time.Time {
	_, rest, _ := bytes.Cut(line, []byte(`"received":"`))
	text, _, ok := bytes.Cut(rest, []byte{'"'})
	if !ok {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil { // a line without time
		return time.Time{}
	}
	return t.UTC()
}
