package ais

import (
	"bytes"
	"slices"
	"time"

	"atalaya/codec"
)

// assembly is a message of which some sentences are here.
//
// Sentences belong together by talker, channel, sequence number and station.
// The sequence number has one digit and comes again soon, and nothing in the
// payload would betray halves of two messages, so they must come in order. Where
// their tag blocks name a group, that must be the same; its number is rarely
// used again, so these may come in any order.
type assembly struct {
	first   part // the first to come, for what it belongs to
	arrived time.Time
	count   int // of the decoder, when the last sentence came
	have    int
	pieces  []piece // by number
}

type piece struct {
	part // raw is its own copy; zero: not here yet
	bits []byte
}

// assemble adds a sentence to the message it belongs to.
func (d *Decoder) assemble(p *part, received time.Time, yield func(Message, error) bool) bool {
	if !d.expire(received, yield) {
		return false
	}
	at := slices.IndexFunc(d.waiting, func(a *assembly) bool { return a.accepts(p) })
	if at >= 0 && !d.waiting[at].wants(p) {
		stale := d.give(at)
		at = -1
		if !yield(Message{}, stale.incomplete("another message came in its place")) {
			return false
		}
	}
	if at < 0 {
		if p.group.ID == 0 && p.number > 1 {
			return yield(Message{}, codec.NewBad(Incomplete, p.raw, "sentence %d of %d without those before it", p.number, p.total))
		}
		if len(d.waiting) >= d.cfg.MaxOpen && !yield(Message{}, d.give(0).incomplete("too many messages wait")) {
			return false
		}
		a := &assembly{first: *p, arrived: received, pieces: make([]piece, p.total)}
		a.first.raw, a.first.armored = nil, nil
		d.waiting = append(d.waiting, a)
		at = len(d.waiting) - 1
	}
	a := d.waiting[at]
	a.add(p, d.count)
	if a.have < p.total {
		return true
	}
	d.give(at)
	whole := a.pieces[0].part
	d.bits = d.bits[:0]
	raws := make([][]byte, 0, p.total)
	for i := range a.pieces {
		piece := &a.pieces[i]
		raws = append(raws, piece.raw)
		d.bits = append(d.bits, piece.bits...)
		if whole.time.IsZero() {
			whole.time, whole.from = piece.time, piece.from
		}
		if whole.station == "" {
			whole.station = piece.station
		}
	}
	return d.message(&whole, bytes.Join(raws, []byte{'\n'}), d.bits, received, yield)
}

// give takes a message out of the waiting ones.
func (d *Decoder) give(at int) *assembly {
	a := d.waiting[at]
	d.waiting = slices.Delete(d.waiting, at, at+1)
	return a
}

// expire gives up the messages that wait too long, by time or by what came
// meanwhile.
func (d *Decoder) expire(now time.Time, yield func(Message, error) bool) bool {
	for i := 0; i < len(d.waiting); {
		a := d.waiting[i]
		why := "time-out"
		if now.Sub(a.arrived) <= d.cfg.Timeout {
			if d.count-a.count <= d.cfg.MaxApart {
				i++
				continue
			}
			why = "too much came meanwhile"
		}
		d.give(i)
		if !yield(Message{}, a.incomplete(why)) {
			return false
		}
	}
	return true
}

// accepts reports whether p says that it belongs to a's message.
func (a *assembly) accepts(p *part) bool {
	f := &a.first
	return f.group.ID == p.group.ID && f.total == p.total && f.sequence == p.sequence &&
		f.channel == p.channel && f.talker == p.talker && f.own == p.own &&
		(f.station == p.station || f.station == "" || p.station == "")
}

// wants reports whether p is a sentence that a lacks.
func (a *assembly) wants(p *part) bool {
	if a.first.group.ID != 0 {
		return a.pieces[p.number-1].raw == nil
	}
	return p.number == a.have+1
}

func (a *assembly) add(p *part, count int) {
	own := piece{part: *p, bits: unarmor(nil, p.armored, p.fill)}
	own.raw, own.armored = bytes.Clone(p.raw), nil
	a.pieces[p.number-1] = own
	a.have++
	a.count = count
}

func (a *assembly) incomplete(why string) *codec.Bad {
	var raw []byte
	for i := range a.pieces {
		raw = append(raw, a.pieces[i].raw...)
	}
	return codec.NewBad(Incomplete, raw, "%d of %d sentences: %s", a.have, len(a.pieces), why)
}
