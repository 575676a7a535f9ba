package format

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"time"

	"atalaya/codec"
	"atalaya/feed"
	"atalaya/obs"
)

// Observations of our own, as 'atalaya import' writes them: a header line
// {"atalaya":"observations","version":1}, then a JSON object a line
// (docs/recordings.md).

// maxLine bounds one observation, bytes.
const maxLine = 64 << 10

// recorded reads recordings of observations.
type recorded struct {
	st    Station
	line  []byte
	over  bool // the line in hand is longer than maxLine
	lines int
}

// Decode implements feed.Decoder.
func (r *recorded) Decode(c feed.Chunk, out *feed.Out) {
	data := c.Data
	for {
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			r.add(data)
			return
		}
		r.add(data[:end])
		r.take(c.Received, out)
		data = data[end+1:]
	}
}

// Flush implements feed.Decoder.
func (r *recorded) Flush(received time.Time, out *feed.Out) { r.take(received, out) }

func (r *recorded) add(b []byte) {
	if len(r.line)+len(b) > maxLine {
		r.over = true
		return
	}
	r.line = append(r.line, b...)
}

func (r *recorded) take(received time.Time, out *feed.Out) {
	line := bytes.TrimSpace(r.line)
	over := r.over
	r.line, r.over = r.line[:0], false
	r.lines++
	switch {
	case over:
		out.Bad(codec.NewBad(codec.Overlong, line, "line %d is longer than %d bytes", r.lines, maxLine))
		return
	case len(line) == 0, bytes.HasPrefix(line, []byte(`{"atalaya":`)):
		return
	}
	var o obs.Observation
	if err := json.Unmarshal(line, &o); err != nil {
		out.Bad(codec.NewBad(codec.Malformed, line, "line %d: %v", r.lines, err))
		return
	}
	if o.Received.IsZero() {
		o.Received = received
	}
	if o.Time.IsZero() {
		o.Time = o.Received
	}
	if o.Measure != obs.NoPlace && !o.Position.Valid() {
		out.Bad(codec.NewBad(codec.Malformed, line, "line %d: position %v is not on earth", r.lines, o.Position))
		return
	}
	s := r.st.Sensor(o.Received)
	o.Seq, o.Sensor = 0, s.ID
	o.Source.Feed, o.Source.Proven, o.Source.EchoOf = r.st.Feed.ID, r.st.Feed.Proven, 0
	o.Source.Hash = sha256.Sum256(line)
	out.Good(o.Received)
	out.Emit(observation(o))
}
