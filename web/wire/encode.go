package wire

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// Append encodes the frame behind dst.
func (f *Frame) Append(dst []byte) ([]byte, error) {
	if err := f.check(); err != nil {
		return dst, err
	}
	le := binary.LittleEndian
	var flags byte
	if f.Exercise {
		flags = 1
	}
	start := len(dst)
	dst = append(dst, Version, byte(f.Kind), f.Channel, flags)
	dst = le.AppendUint32(dst, uint32(len(f.Gone)))
	dst = le.AppendUint32(dst, uint32(len(f.Motion)))
	dst = le.AppendUint32(dst, uint32(len(f.State)))
	dst = le.AppendUint32(dst, uint32(len(f.Labels)))
	dst = le.AppendUint32(dst, f.Shed)
	dst = le.AppendUint64(dst, f.Epoch)
	dst = le.AppendUint64(dst, f.Base)
	dst = le.AppendUint64(dst, f.Sequence)
	dst = le.AppendUint64(dst, uint64(f.Clock))
	dst = le.AppendUint32(dst, f.Missing)
	dst = le.AppendUint32(dst, f.Behind)

	dst = f.appendMotion(dst, start)
	dst = f.appendState(dst, start)

	var last uint64
	for i := range f.Motion {
		dst = binary.AppendUvarint(dst, f.Motion[i].ID-last)
		last = f.Motion[i].ID
	}
	last = 0
	for i := range f.State {
		dst = binary.AppendUvarint(dst, f.State[i].ID-last)
		last = f.State[i].ID
	}
	last = 0
	for i := range f.Labels {
		l := &f.Labels[i]
		dst = binary.AppendUvarint(dst, l.ID-last)
		last = l.ID
		dst = append(dst, byte(l.Has))
		for k, v := range l.Values {
			if l.Has&(1<<k) != 0 {
				dst = append(dst, byte(len(v)))
				dst = append(dst, v...)
			}
		}
	}
	last = 0
	for _, g := range f.Gone {
		dst = binary.AppendUvarint(dst, g.ID-last)
		last = g.ID
		dst = append(dst, byte(g.Reason))
		if g.Reason == Merged {
			dst = binary.AppendUvarint(dst, g.Into)
		}
	}
	return dst, nil
}

func (f *Frame) appendMotion(dst []byte, start int) []byte {
	le := binary.LittleEndian
	for i := range f.Motion {
		dst = le.AppendUint32(dst, uint32(f.Motion[i].Lat))
	}
	for i := range f.Motion {
		dst = le.AppendUint32(dst, uint32(f.Motion[i].Lon))
	}
	for i := range f.Motion {
		dst = le.AppendUint32(dst, f.Motion[i].Age)
	}
	for i := range f.Motion {
		dst = le.AppendUint16(dst, f.Motion[i].Speed)
	}
	for i := range f.Motion {
		dst = le.AppendUint16(dst, f.Motion[i].Course)
	}
	for i := range f.Motion {
		dst = le.AppendUint16(dst, uint16(f.Motion[i].Height))
	}
	for i := range f.Motion {
		dst = le.AppendUint16(dst, f.Motion[i].SD)
	}
	for i := range f.Motion {
		dst = le.AppendUint16(dst, f.Motion[i].Coast)
	}
	for i := range f.Motion {
		dst = append(dst, f.Motion[i].Datum)
	}
	return appendPad(dst, start)
}

func (f *Frame) appendState(dst []byte, start int) []byte {
	for i := range f.State {
		dst = binary.LittleEndian.AppendUint16(dst, f.State[i].Stale)
	}
	columns := [...]func(*State) uint8{
		func(s *State) uint8 { return s.Existence },
		func(s *State) uint8 { return s.Domain },
		func(s *State) uint8 { return s.Kind },
		func(s *State) uint8 { return s.Status },
		func(s *State) uint8 { return s.Flags },
		func(s *State) uint8 { return s.Priority },
		func(s *State) uint8 { return s.Distress },
		func(s *State) uint8 { return s.Sensors },
	}
	for _, column := range columns {
		for i := range f.State {
			dst = append(dst, column(&f.State[i]))
		}
	}
	return appendPad(dst, start)
}

func appendPad(dst []byte, start int) []byte {
	for n := len(dst) - start; n < pad(n); n++ {
		dst = append(dst, 0)
	}
	return dst
}

// check holds what both sides rely on.
func (f *Frame) check() error {
	switch {
	case f.Kind != Snapshot && f.Kind != Delta:
		return fmt.Errorf("%w: kind %d", ErrFrame, f.Kind)
	case f.Epoch > MaxSafe || f.Base > MaxSafe || f.Sequence > MaxSafe || f.Clock < 0 || f.Clock > MaxSafe:
		return fmt.Errorf("%w: a number of the header is over 2^53", ErrFrame)
	case f.Kind == Snapshot && (f.Base != 0 || len(f.Gone) != 0):
		return fmt.Errorf("%w: a snapshot has no base and no tombstones", ErrFrame)
	case f.Kind == Delta && f.Base > f.Sequence:
		return fmt.Errorf("%w: base %d is after sequence %d", ErrFrame, f.Base, f.Sequence)
	}
	if err := ascending("motion", f.Motion, func(m *Motion) uint64 { return m.ID }); err != nil {
		return err
	}
	if err := ascending("state", f.State, func(s *State) uint64 { return s.ID }); err != nil {
		return err
	}
	if err := ascending("labels", f.Labels, func(l *Label) uint64 { return l.ID }); err != nil {
		return err
	}
	for i := range f.Motion {
		m := &f.Motion[i]
		if m.Lat < -90e7 || m.Lat > 90e7 || m.Lon < -180e7 || m.Lon > 180e7 || (m.Course > 35999 && m.Course != NoCourse) {
			return fmt.Errorf("%w: place or course of track %d is out of range", ErrFrame, m.ID)
		}
	}
	for i := range f.Labels {
		if err := f.Labels[i].check(); err != nil {
			return err
		}
	}
	for _, g := range f.Gone {
		if g.Reason < Ended || g.Reason > LeftView {
			return fmt.Errorf("%w: track %d is gone for reason %d", ErrFrame, g.ID, g.Reason)
		}
		if merged := g.Reason == Merged; merged != (g.Into != 0) || g.Into > MaxSafe {
			return fmt.Errorf("%w: track %d is gone into %d", ErrFrame, g.ID, g.Into)
		}
	}
	return ascending("gone", f.Gone, func(g *Gone) uint64 { return g.ID })
}

func (l *Label) check() error {
	if l.Has == 0 || l.Has >= 1<<labels {
		return fmt.Errorf("%w: labels %#x of track %d", ErrFrame, l.Has, l.ID)
	}
	for k, v := range l.Values {
		if l.Has&(1<<k) == 0 && v != "" {
			return fmt.Errorf("%w: label %d of track %d has a value and no bit", ErrFrame, k, l.ID)
		}
		if len(v) > 255 || !utf8.ValidString(v) {
			return fmt.Errorf("%w: label %d of track %d is not at most 255 bytes of UTF-8", ErrFrame, k, l.ID)
		}
	}
	return nil
}

func ascending[T any](table string, rows []T, id func(*T) uint64) error {
	var last uint64
	for i := range rows {
		n := id(&rows[i])
		if n <= last || n > MaxSafe {
			return fmt.Errorf("%w: track %d follows %d in %s", ErrFrame, n, last, table)
		}
		last = n
	}
	return nil
}
