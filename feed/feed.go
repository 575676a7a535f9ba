// Package feed brings sensors' reports in: a transport delivers bytes, a
// decoder makes inputs of them, a meter keeps the health that people see, and
// one supervisor restarts what fails. Transports live in folders of their own,
// decoders in feed/format.
package feed

import (
	"context"
	"net/netip"
	"time"

	"atalaya/codec"
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
	Decode(data []byte, received time.Time, out *Out)
	// Flush gives what is left when the stream ends.
	Flush(received time.Time, out *Out)
}

// Out takes what a decoder finds: every good message is counted, whether it
// makes an input or not.
type Out struct {
	meter *Meter
	emit  func(track.Input)
}

// NewOut makes an Out that counts into meter and hands inputs to emit.
func NewOut(meter *Meter, emit func(track.Input)) *Out { return &Out{meter, emit} }

// Good counts one good message.
func (o *Out) Good(received time.Time) { o.meter.good(received) }

// Bad counts a bad one by its kind and keeps a sample. An error that is no
// *codec.Bad counts as malformed.
func (o *Out) Bad(err error) { o.meter.bad(err) }

// Emit hands on an input made from good messages. Sensor times that lie
// behind the receive time are counted as late.
func (o *Out) Emit(in track.Input) {
	o.meter.emitted(&in)
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
// one that was silent longest.
const maxStreams = 64

type stream struct {
	dec  Decoder
	last time.Time
}

// Run implements Feed.
func (s *Source) Run(ctx context.Context, emit func(track.Input)) error {
	out := NewOut(s.Meter, emit)
	streams := map[uint64]*stream{}
	end := func(id uint64, at time.Time) {
		if st := streams[id]; st != nil {
			st.dec.Flush(at, out)
			delete(streams, id)
		}
	}
	s.Meter.connecting()
	err := s.Transport.Run(ctx, func(c Chunk) {
		if !s.allowed(c.From) {
			s.Meter.refuse("sender "+c.From.Addr().String()+" is not among the allowed addresses of this feed", len(c.Data))
			return
		}
		if !s.Registered(c.Received) {
			s.Meter.refuse("sensor "+string(s.Feed.Sensor)+" is not registered at this time: register it, or end the feed", len(c.Data))
			return
		}
		s.Meter.bytes(len(c.Data))
		st := streams[c.Stream]
		if st == nil {
			if len(streams) >= maxStreams {
				end(oldest(streams), c.Received)
			}
			st = &stream{dec: s.NewDecoder()}
			streams[c.Stream] = st
		}
		st.last = c.Received
		st.dec.Decode(c.Data, c.Received, out)
		if c.End {
			end(c.Stream, c.Received)
		}
	})
	for id, st := range streams {
		end(id, st.last)
	}
	return err
}

func oldest(streams map[uint64]*stream) uint64 {
	var id uint64
	var at time.Time
	first := true
	for k, st := range streams {
		if first || st.last.Before(at) || st.last.Equal(at) && k < id {
			id, at, first = k, st.last, false
		}
	}
	return id
}

// allowed reports whether a sender may send. Transports without senders
// (serial lines, files) are always allowed.
func (s *Source) allowed(from netip.AddrPort) bool {
	if len(s.Feed.Allowed) == 0 || !from.IsValid() {
		return true
	}
	addr := from.Addr().Unmap()
	for _, p := range s.Feed.Allowed {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// kindOf names an error for the counters.
func kindOf(err error) (codec.Kind, []byte) {
	if b, ok := asBad(err); ok {
		return b.Kind, b.Raw
	}
	return codec.Malformed, nil
}
