package mavlink

import (
	"iter"
	"slices"
	"time"

	"atalaya/codec"
)

// Config of a Decoder.
type Config struct {
	// MAVLink1 accepts version 1 frames, which can never be signed.
	MAVLink1 bool
}

// Decoder finds the messages in one stream, or in the datagrams of one sender:
// bridges from serial lines cut frames across datagrams, so these are read as
// a stream too. It is not safe for concurrent use.
type Decoder struct {
	cfg     Config
	scan    scanner
	scratch [maxPayload]byte
	last    map[sender]uint8 // sequence of the last frame
}

// sender is who numbers frames in one sequence.
type sender struct{ system, component uint8 }

// New makes a Decoder.
func New(cfg Config) *Decoder {
	return &Decoder{cfg: cfg, scan: scanner{defs: dialect()}, last: map[sender]uint8{}}
}

// Decode takes the next bytes of the stream and yields the messages that they
// complete, and what was bad, as *codec.Bad. The chunk may be reused after the
// call. What the caller does not range over comes with the next call.
func (d *Decoder) Decode(chunk []byte, received time.Time) iter.Seq2[Message, error] {
	d.scan.add(chunk)
	return d.drain(received, false)
}

// Flush yields what is left when the stream ends.
func (d *Decoder) Flush(received time.Time) iter.Seq2[Message, error] {
	return d.drain(received, true)
}

func (d *Decoder) drain(received time.Time, end bool) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for {
			p, ok := d.scan.next(end)
			if !ok {
				return
			}
			m, err := d.message(p)
			if err == nil {
				m.Received = received
			}
			if !yield(m, err) {
				return
			}
		}
	}
}

// message makes a message of a piece, or says what is wrong with it.
func (d *Decoder) message(p piece) (Message, error) {
	f := &p.frame
	if p.verdict != good {
		return Message{}, p.bad()
	}
	if f.version == 1 && !d.cfg.MAVLink1 {
		return Message{}, codec.NewBad(Version1, p.raw, "%s from system %d component %d", f.def.name, f.system, f.component)
	}
	payload, err := f.decode(p.raw, &d.scratch)
	if err != nil {
		return Message{}, codec.NewBad(codec.Malformed, p.raw, "%s: %v", f.def.name, err)
	}
	return Message{
		Version: f.version, Sequence: f.sequence, System: f.system, Component: f.component,
		ID: f.id, Name: f.def.name,
		Incompat: f.incompat, Compat: f.compat, Signature: f.signature(p.raw),
		Lost: d.lost(f), Raw: slices.Clone(p.raw), Payload: payload,
	}, nil
}

// lost counts the frames that its sender's sequence says are missing before a
// frame. More than half of the circle is no loss but a frame repeated, out of
// order, or a sender that began anew.
func (d *Decoder) lost(f *frame) uint8 {
	from := sender{f.system, f.component}
	last, known := d.last[from]
	d.last[from] = f.sequence
	gap := f.sequence - last - 1
	if !known || gap > 127 {
		return 0
	}
	return gap
}

// bad says what is wrong with a piece that is no good frame.
func (p *piece) bad() *codec.Bad {
	f := &p.frame
	switch p.verdict {
	case unknownID:
		if p.whole {
			return codec.NewBad(codec.Unsupported, p.raw, "message id %d is not in the dialect", f.id)
		}
	case unknownFlags:
		if p.whole {
			return codec.NewBad(Incompatible, p.raw, "incompatibility flags %#02x", f.incompat)
		}
	case tooShort:
		return codec.NewBad(codec.Malformed, p.raw, "%s of version 1 with %d bytes, not %d", f.def.name, f.payload, f.def.size1)
	case wrongSum:
		return codec.NewBad(codec.Checksum, p.raw, "%s from system %d component %d", f.def.name, f.system, f.component)
	case incomplete:
		return codec.NewBad(codec.Truncated, p.raw, "the stream ended inside a frame")
	case noFrame, good:
	}
	return codec.NewBad(codec.Noise, p.raw, "%d bytes outside frames", len(p.raw))
}
