package ais

import (
	"bytes"
	"slices"
	"time"

	"atalaya/codec"
)

// assembly is a message of which some sentences are here.
//
// Sentences belong together by the group of their tag blocks where they have
// one: its number is rarely used again, so they may come in any order. Without
// one by talker, channel, sequence number and station; that number has one
// digit and comes again soon, and nothing in the payload would betray halves of
// two messages, so these sentences must come in order.
type assembly struct {
	first   part // what the first sentence to come said
	arrived time.Time
	count   int // of the decoder, when the last sentence came
	have    int
	pieces  []piece // by number
}

type piece struct {
	raw, bits []byte
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
	d.bits = d.bits[:0]
	raws := make([][]byte, 0, p.total)
	for _, piece := range a.pieces {
		raws = append(raws, piece.raw)
		d.bits = append(d.bits, piece.bits...)
	}
	return d.message(&a.first, bytes.Join(raws, []byte{'\n'}), d.bits, received, yield)
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
		if now.Sub(a.arrived) <= d.cfg.Timeout && d.count-a.count <= d.cfg.MaxApart {
			i++
			continue
		}
		d.give(i)
		if !yield(Message{}, a.incomplete("time-out")) {
			return false
		}
	}
	return true
}

// accepts reports whether p says that it belongs to a's message.
func (a *assembly) accepts(p *part) bool {
	f := &a.first
	if f.group.ID != 0 || p.group.ID != 0 {
		return f.group.ID == p.group.ID && f.total == p.total
	}
	return f.total == p.total && f.sequence == p.sequence && f.channel == p.channel &&
		f.talker == p.talker && f.own == p.own &&
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
	a.pieces[p.number-1] = piece{raw: bytes.Clone(p.raw), bits: unarmor(nil, p.armored, p.fill)}
	a.have++
	a.count = count
	if a.first.time.IsZero() {
		a.first.time, a.first.from = p.time, p.from
	}
	if a.first.station == "" {
		a.first.station = p.station
	}
}

func (a *assembly) incomplete(why string) *codec.Bad {
	var raw []byte
	for _, p := range a.pieces {
		raw = append(raw, p.raw...)
	}
	return codec.NewBad(Incomplete, raw, "%d of %d sentences: %s", a.have, len(a.pieces), why)
}
