// Package feed brings sensors' reports in: a transport delivers bytes, a
// decoder makes inputs of them, a meter keeps the health that people see, and
// one supervisor restarts what fails. Transports live in folders of their own,
// decoders in feed/format.
package feed

import (
	"context"
	"maps"
	"net/netip"
	"slices"
	"time"

	"atalaya/sensor"
	"atalaya/track"
)

// Feed delivers inputs until ctx ends or the source fails.
// It never retries: the supervisor does, with jitter and a health state.
type Feed interface {
	Run(ctx context.Context, emit func(track.Input)) error
}

// Decoder turns the bytes of one stream into inputs. It is used by one
// goroutine at a time.
type Decoder interface {
	// Decode takes the next bytes of the stream, or one datagram.
	Decode(c Chunk, out *Out)
	// Flush gives what is left when the stream ends.
	Flush(received time.Time, out *Out)
}

// Out takes what a decoder finds: every message is counted, whether it makes
// an input or not.
type Out struct {
	meter *Meter
	emit  func(track.Input)
	// Of the chunk that is decoded.
	from netip.AddrPort
	at   time.Time
}

// NewOut makes an Out that counts into meter and hands inputs to emit.
func NewOut(meter *Meter, emit func(track.Input)) *Out { return &Out{meter: meter, emit: emit} }

// Good counts one good message.
func (o *Out) Good() { o.meter.good() }

// Bad counts a bad one by its kind and keeps a sample. An error that is no
// *codec.Bad counts as malformed.
func (o *Out) Bad(err error) {
	o.meter.bad(err)
	if t := o.meter.tap.Load(); t != nil {
		kind, raw := blame(err)
		t.add(o.at, o.from, raw, [32]byte{}, sensor.Heard{Became: sensor.BadFrame, Kind: string(kind), Why: err.Error()})
	}
}

// Refuse counts a message that is well formed but may not enter, because it
// is not the registered sensor's, and says what to do about it.
func (o *Out) Refuse(why string, raw []byte) {
	o.meter.refuse(sensor.Cause{Code: sensor.CauseOtherSource, Sensor: o.meter.feed.Sensor, Detail: why}, why, raw, 0, false)
	o.turnedAway(sensor.CauseOtherSource, why, raw)
}

// turnedAway shows what may not enter.
func (o *Out) turnedAway(code sensor.CauseCode, why string, raw []byte) {
	if t := o.meter.tap.Load(); t != nil {
		t.add(o.at, o.from, raw, [32]byte{}, sensor.Heard{Became: sensor.NotAllowed, Kind: string(code), Why: why})
	}
}

// Emit hands on an input made from good messages. Sensor times that lie
// behind the receive time are counted as late.
func (o *Out) Emit(in track.Input) {
	o.meter.emitted(&in)
	if t := o.meter.tap.Load(); t != nil {
		t.observed(&in)
	}
	o.emit(in)
}

// Source is the Feed made of a transport and a decoder a stream.
type Source struct {
	Feed      sensor.Feed
	Transport Transport
	// NewDecoder makes the decoder of a new stream.
	NewDecoder func() Decoder
	// Registered reports whether the feed's sensor may report at this time.
	// An unregistered sensor cannot ingest.
	Registered func(time.Time) bool
	Meter      *Meter
}

// maxStreams bounds the decoders kept for one feed; a further stream ends the
// one that was silent longest. It is above what the transports keep apart.
const maxStreams = 300

// streams are the decoders of one run.
type streams struct {
	open map[uint64]*stream
	out  *Out
}

type stream struct {
	dec  Decoder
	last time.Time
}

// Run implements Feed.
func (s *Source) Run(ctx context.Context, emit func(track.Input)) error {
	s.Meter.watch(s.Transport)
	all := streams{open: map[uint64]*stream{}, out: NewOut(s.Meter, emit)}
	err := s.Transport.Run(ctx, func(c Chunk) { s.take(&all, c) })
	for _, id := range slices.Sorted(maps.Keys(all.open)) {
		all.end(id, all.open[id].last)
	}
	return err
}

// take lets a chunk in, or refuses it.
func (s *Source) take(all *streams, c Chunk) {
	all.out.from, all.out.at = c.From, c.Received
	if len(c.Data) > 0 && s.admits(&c, all.out) {
		s.Meter.bytes(len(c.Data))
		all.get(&c, s.NewDecoder).dec.Decode(c, all.out)
	}
	if c.End {
		all.end(c.Stream, c.Received)
	}
}

func (s *Source) admits(c *Chunk, out *Out) bool {
	if !s.allowed(c.From) {
		of, why := sensor.Cause{Code: sensor.CauseSender, Sender: c.From.Addr().Unmap().String()}, notAllowed(c.From.Addr())
		s.Meter.refuse(of, why, c.Data, len(c.Data), false)
		out.turnedAway(of.Code, why, c.Data)
		return false
	}
	if !s.Registered(c.Received) {
		why := "sensor " + string(s.Feed.Sensor) + " is not registered at this time: register it, or end the feed"
		s.Meter.refuse(sensor.Cause{Code: sensor.CauseNoSensor, Sensor: s.Feed.Sensor}, why, c.Data, len(c.Data), true)
		out.turnedAway(sensor.CauseNoSensor, why, c.Data)
		return false
	}
	return true
}

func notAllowed(from netip.Addr) string {
	return "sender " + from.String() + " is not among the allowed addresses of this feed: allow it, or find out who sends"
}

// allowed reports whether a sender may send. Transports without senders
// (serial lines, files) are always allowed.
func (s *Source) allowed(from netip.AddrPort) bool {
	if len(s.Feed.Allowed) == 0 || !from.IsValid() {
		return true
	}
	addr := from.Addr().Unmap().WithZone("")
	return slices.ContainsFunc(s.Feed.Allowed, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// get gives the stream of a chunk.
func (all *streams) get(c *Chunk, newDecoder func() Decoder) *stream {
	st := all.open[c.Stream]
	if st == nil {
		if len(all.open) >= maxStreams {
			all.end(all.oldest(), c.Received)
		}
		st = &stream{dec: newDecoder()}
		all.open[c.Stream] = st
	}
	st.last = c.Received
	return st
}

// end flushes a stream, if it is open.
func (all *streams) end(id uint64, at time.Time) {
	if st := all.open[id]; st != nil {
		st.dec.Flush(at, all.out)
		delete(all.open, id)
	}
}

// oldest gives the stream that was silent longest.
func (all *streams) oldest() uint64 {
	ids := slices.Sorted(maps.Keys(all.open))
	return slices.MinFunc(ids, func(a, b uint64) int { return all.open[a].last.Compare(all.open[b].last) })
}
