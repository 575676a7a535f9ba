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
	clock pulse
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
	case len(line) == 0, r.header(line, out):
		return
	}
	var o obs.Observation
	if err := json.Unmarshal(line, &o); err != nil {
		out.Bad(codec.NewBad(codec.Malformed, line, "line %d: %v", r.lines, err))
		return
	}
	if why := unsound(&o); why != "" {
		out.Bad(codec.NewBad(codec.Malformed, line, "line %d: %s", r.lines, why))
		return
	}
	if o.Received.IsZero() || !r.st.fromFile() {
		o.Received = received
	}
	s := r.st.Sensor(o.Received)
	switch {
	case o.Time.IsZero():
		o.Time, o.Clock = o.Received, obs.ClockNone
	case !r.st.fromFile() && o.Clock != obs.ClockNone && o.Clock != obs.ClockDoubt:
		r.clock.timed(&o, &s, o.Time, o.Clock)
	}
	o.Seq, o.Sensor = 0, s.ID
	o.Source.Feed, o.Source.Proven, o.Source.EchoOf = r.st.Feed.ID, r.st.Feed.Proven, 0
	if !r.st.fromFile() { // what a person told is entered at the desk
		o.Source.Report, o.Source.Grade = "", ""
	}
	o.Source.Hash = sha256.Sum256(line)
	out.Good()
	if out.Watched() {
		out.Show(line, o.Source.Hash, written(line))
	}
	out.Emit(observation(o))
}

// written is a line that is JSON already.
type written []byte

// AppendJSON implements feed.Shown.
func (w written) AppendJSON(b []byte) []byte { return append(b, w...) }

// header reads the first line, and reports whether it was one.
func (r *recorded) header(line []byte, out *feed.Out) bool {
	var h struct {
		Atalaya string
		Version int
	}
	if r.lines != 1 || json.Unmarshal(line, &h) != nil || h.Atalaya == "" {
		return false
	}
	if h.Atalaya != "observations" || h.Version != 1 {
		out.Bad(codec.NewBad(codec.Unsupported, line, "a recording of %s, version %d; this program reads observations, version 1", h.Atalaya, h.Version))
	}
	return true
}

// unsound tells what is wrong with an observation's place.
func unsound(o *obs.Observation) string {
	fromOrigin := o.Measure == obs.RangeBearing || o.Measure == obs.BearingOnly
	switch {
	case o.Measure == obs.NoPlace && len(o.Claims) == 0 && o.Distress == obs.NoDistress:
		return "it says nothing of anything"
	case o.Measure == obs.NoPlace:
	case !o.Position.Valid():
		return "position " + o.Position.String() + " is not on earth"
	case fromOrigin && !o.Origin.Valid():
		return "origin " + o.Origin.String() + " is not on earth"
	case o.Range < 0 || o.RangeSD < 0 || o.BearingSD < 0 || o.HeightSD < 0:
		return "a range or a deviation is negative"
	case o.Cov.EE < 0 || o.Cov.NN < 0 || float64(o.Cov.EN*o.Cov.EN) > float64(o.Cov.EE*o.Cov.NN):
		return "cov_m2 is no covariance"
	}
	return ""
}
