package wire

import (
	"encoding/binary"
	"fmt"
)

// Decode reads one frame. It accepts exactly what Append writes.
func Decode(b []byte) (*Frame, error) {
	if len(b) < 1 {
		return nil, ErrShort
	}
	if b[0] != Version {
		return nil, fmt.Errorf("%w: %d, want %d", ErrVersion, b[0], Version)
	}
	if len(b) < headerSize {
		return nil, ErrShort
	}
	if b[3] > 1 {
		return nil, fmt.Errorf("%w: flags %#x", ErrFrame, b[3])
	}
	le := binary.LittleEndian
	f := &Frame{Header: Header{
		Kind: Kind(b[1]), Channel: b[2], Exercise: b[3] == 1,
		Shed:  le.Uint32(b[20:]),
		Epoch: le.Uint64(b[24:]), Base: le.Uint64(b[32:]), Sequence: le.Uint64(b[40:]),
		Clock: int64(le.Uint64(b[48:])), Missing: le.Uint32(b[56:]), Behind: le.Uint32(b[60:]),
	}}
	gone, motion, state, label := uint64(le.Uint32(b[4:])), uint64(le.Uint32(b[8:])), uint64(le.Uint32(b[12:])), uint64(le.Uint32(b[16:]))
	// The least that these counts need: an id of one byte in each row, and
	// what follows it. So memory is taken in proportion to the frame.
	if gone*2+motion*(motionSize+1)+state*(stateSize+1)+label*3 > uint64(len(b)-headerSize) {
		return nil, fmt.Errorf("%w: it counts more rows than it holds", ErrShort)
	}
	r := reader{b: b, at: headerSize}
	f.Motion = r.motion(int(motion))
	f.State = r.state(int(state))
	r.ids(len(f.Motion), func(i int, id uint64) { f.Motion[i].ID = id })
	r.ids(len(f.State), func(i int, id uint64) { f.State[i].ID = id })
	f.Labels = r.labels(int(label))
	f.Gone = r.gone(int(gone))
	if r.err != nil {
		return nil, r.err
	}
	if r.at != len(b) {
		return nil, fmt.Errorf("%w: %d bytes too many", ErrFrame, len(b)-r.at)
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	return f, nil
}

// reader walks over a frame. After an error it gives zeros.
type reader struct {
	b   []byte
	at  int
	err error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// take gives the next n bytes, or nil.
func (r *reader) take(n int) []byte {
	if r.err != nil || n > len(r.b)-r.at {
		r.fail(ErrShort)
		return nil
	}
	p := r.b[r.at : r.at+n]
	r.at += n
	return p
}

func (r *reader) byte() byte {
	if p := r.take(1); p != nil {
		return p[0]
	}
	return 0
}

func (r *reader) uvarint() uint64 {
	if r.err != nil {
		return 0
	}
	v, n := binary.Uvarint(r.b[r.at:])
	switch {
	case n == 0:
		r.fail(ErrShort)
		return 0
	case n < 0 || v > MaxSafe, n > 1 && r.b[r.at+n-1] == 0:
		r.fail(fmt.Errorf("%w: a number is over 2^53 or longer than it needs", ErrFrame))
		return 0
	}
	r.at += n
	return v
}

func (r *reader) padding() {
	for r.at < pad(r.at) && r.err == nil {
		if r.byte() != 0 {
			r.fail(fmt.Errorf("%w: padding is not zero", ErrFrame))
		}
	}
}

func (r *reader) motion(n int) []Motion {
	if n == 0 {
		return nil
	}
	p := r.take(n * motionSize)
	if p == nil {
		return nil
	}
	le := binary.LittleEndian
	rows := make([]Motion, n)
	for i := range rows {
		m := &rows[i]
		m.Lat = int32(le.Uint32(p[4*i:]))
		m.Lon = int32(le.Uint32(p[4*n+4*i:]))
		m.Age = le.Uint32(p[8*n+4*i:])
		m.Speed = le.Uint16(p[12*n+2*i:])
		m.Course = le.Uint16(p[14*n+2*i:])
		m.Height = int16(le.Uint16(p[16*n+2*i:]))
		m.SD = le.Uint16(p[18*n+2*i:])
		m.Coast = le.Uint16(p[20*n+2*i:])
		m.Datum = p[22*n+i]
	}
	r.padding()
	return rows
}

func (r *reader) state(n int) []State {
	if n == 0 {
		return nil
	}
	p := r.take(n * stateSize)
	if p == nil {
		return nil
	}
	rows := make([]State, n)
	for i := range rows {
		rows[i] = State{
			Stale:     binary.LittleEndian.Uint16(p[2*i:]),
			Existence: p[2*n+i], Domain: p[3*n+i], Kind: p[4*n+i], Status: p[5*n+i],
			Flags: p[6*n+i], Priority: p[7*n+i], Distress: p[8*n+i], Sensors: p[9*n+i],
		}
	}
	r.padding()
	return rows
}

func (r *reader) ids(n int, set func(int, uint64)) {
	var id uint64
	for i := range n {
		id += r.uvarint()
		set(i, id)
	}
}

func (r *reader) labels(n int) []Label {
	if n == 0 {
		return nil
	}
	rows := make([]Label, n)
	var id uint64
	for i := range rows {
		id += r.uvarint()
		rows[i].ID = id
		rows[i].Has = Has(r.byte())
		for k := range rows[i].Values {
			if rows[i].Has&(1<<k) != 0 {
				rows[i].Values[k] = string(r.take(int(r.byte())))
			}
		}
		if r.err != nil {
			return nil
		}
	}
	return rows
}

func (r *reader) gone(n int) []Gone {
	if n == 0 {
		return nil
	}
	rows := make([]Gone, n)
	var id uint64
	for i := range rows {
		id += r.uvarint()
		rows[i].ID = id
		rows[i].Reason = Reason(r.byte())
		if rows[i].Reason == Merged {
			rows[i].Into = r.uvarint()
		}
		if r.err != nil {
			return nil
		}
	}
	return rows
}
