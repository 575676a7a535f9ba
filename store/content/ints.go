package content

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// errShort says that a blob ends before its content.
var errShort = errors.New("the content is cut or damaged")

// Integers of a column, in the shortest of these forms. All arithmetic wraps,
// so every difference can be undone.
const (
	intsConst  = 0 // one value for all
	intsPlain  = 1 // zigzag varints
	intsDelta  = 2 // of the difference to the value before
	intsDelta2 = 3 // of the difference of differences
)

func zigzag(v int64) uint64   { return uint64(v<<1) ^ uint64(v>>63) }
func unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

func varintLen(u uint64) int { return (bits.Len64(u|1) + 6) / 7 }

// appendInts appends one column of integers.
func appendInts(b []byte, vs []int64) []byte {
	var size [4]int
	same := true
	var prev, prevDelta int64
	for _, v := range vs {
		delta := v - prev
		size[intsPlain] += varintLen(zigzag(v))
		size[intsDelta] += varintLen(zigzag(delta))
		size[intsDelta2] += varintLen(zigzag(delta - prevDelta))
		prev, prevDelta = v, delta
		same = same && v == vs[0]
	}
	if same {
		return binary.AppendUvarint(append(b, intsConst), zigzag(vs[0]))
	}
	mode := byte(intsPlain)
	for _, m := range [...]byte{intsDelta, intsDelta2} {
		if size[m] < size[mode] {
			mode = m
		}
	}
	b = append(b, mode)
	prev, prevDelta = 0, 0
	for _, v := range vs {
		delta := v - prev
		switch mode {
		case intsPlain:
			b = binary.AppendUvarint(b, zigzag(v))
		case intsDelta:
			b = binary.AppendUvarint(b, zigzag(delta))
		default:
			b = binary.AppendUvarint(b, zigzag(delta-prevDelta))
		}
		prev, prevDelta = v, delta
	}
	return b
}

// readInts reads n integers.
func readInts(b []byte, n int) (vs []int64, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, errShort
	}
	mode, b := b[0], b[1:]
	vs = make([]int64, n)
	if mode == intsConst {
		u, k := binary.Uvarint(b)
		if k <= 0 {
			return nil, nil, errShort
		}
		for i := range vs {
			vs[i] = unzigzag(u)
		}
		return vs, b[k:], nil
	}
	if mode > intsDelta2 || len(b) < n {
		return nil, nil, errShort
	}
	var prev, prevDelta int64
	for i := range vs {
		u, k := binary.Uvarint(b)
		if k <= 0 {
			return nil, nil, errShort
		}
		b = b[k:]
		v := unzigzag(u)
		switch mode {
		case intsDelta:
			v += prev
		case intsDelta2:
			v += prev + prevDelta
		}
		prev, prevDelta = v, v-prev
		vs[i] = v
	}
	return vs, b, nil
}
