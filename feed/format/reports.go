package format

import (
	"encoding/json"
	"time"

	"atalaya/codec"
	"atalaya/feed"
	"atalaya/obs"
)

// told reads what the desk made of people's reports: one observation, as JSON.
// Its hash is the report's, not that of these bytes.
type told struct{ st Station }

// Decode implements feed.Decoder.
func (d *told) Decode(c feed.Chunk, out *feed.Out) {
	var o obs.Observation
	if err := json.Unmarshal(c.Data, &o); err != nil {
		out.Bad(codec.NewBad(codec.Malformed, c.Data, "report: %v", err))
		return
	}
	if why := unsound(&o); why != "" {
		out.Bad(codec.NewBad(codec.Malformed, c.Data, "report %s: %s", o.Source.Report, why))
		return
	}
	s := d.st.Sensor(c.Received)
	o.Seq, o.Sensor, o.Received = 0, s.ID, c.Received
	o.Source.Feed, o.Source.Proven, o.Source.EchoOf = d.st.Feed.ID, d.st.Feed.Proven, 0
	out.Good()
	out.Emit(observation(o))
}

// Flush implements feed.Decoder.
func (d *told) Flush(time.Time, *feed.Out) {}
