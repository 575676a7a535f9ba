package content

import (
	"encoding/binary"
	"math"
	"slices"
)

// Floats of a column, in the first of these forms that fits. Each is exact to
// the bit, NaN payloads and negative zero included.
const (
	floatsConst  = 0 // one value for all
	floatsSame   = 1 // the same as an earlier column of floats
	floatsScaled = 2 // integers that a known division turns into the values
	floatsDict   = 3 // a few distinct values
	floatsPlanes = 4 // the values' bytes, all first bytes together, then all second
)

// scales are the divisions by which messages' integers become quantities. A
// column fits one when every value comes back bit for bit. The numbers are
// kept in blobs.
const (
	scaleOne   = iota // n
	scaleTenth        // n / 10
	scaleHundredth
	scaleThousandth
	scale1e4
	scale1e5
	scale1e6
	scale1e7   // n / 1e7: MAVLink's degE7, and what tracks are rounded to
	scaleAIS   // n / 10000 / 60: AIS latitude and longitude, ITU-R M.1371-5 3.3
	scaleAIS27 // n / 10 / 60: AIS type 27
	scaleCount
)

func scaleUp(scale int, v float64) float64 {
	switch scale {
	case scaleAIS:
		return v * 600000
	case scaleAIS27:
		return v * 600
	default:
		return v * pow10(scale)
	}
}

func scaleDown(scale int, n int64) float64 {
	switch scale {
	case scaleAIS:
		return float64(n) / 10000 / 60
	case scaleAIS27:
		return float64(n) / 10 / 60
	default:
		return float64(n) / pow10(scale)
	}
}

func pow10(k int) float64 {
	return [...]float64{1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7}[k]
}

// scaled gives the integers of the values, if one scale fits them all.
func (e *scratch) scaled(vs []float64) (ns []int64, scale int, ok bool) {
	const most = 1 << 53
	ns = slices.Grow(e.ns[:0], len(vs))[:len(vs)]
	e.ns = ns
next:
	for scale := range scaleCount {
		for i, v := range vs {
			up := math.Round(scaleUp(scale, v))
			if !(up > -most && up < most) { // not finite, or too large to be exact
				continue next
			}
			n := int64(up)
			if math.Float64bits(scaleDown(scale, n)) != math.Float64bits(v) {
				continue next
			}
			ns[i] = n
		}
		return ns, scale, true
	}
	return nil, 0, false
}

// dict gives the distinct values and each row's place among them, when they
// are few enough to be worth it.
func (e *scratch) dict(vs []float64) (values []uint64, places []int64, ok bool) {
	most := min(len(vs)/4, 4096)
	if most < 2 {
		return nil, nil, false
	}
	clear(e.seen)
	places = slices.Grow(e.ns[:0], len(vs))[:len(vs)]
	e.ns = places
	for i, v := range vs {
		bits := math.Float64bits(v)
		at, known := e.seen[bits]
		if !known {
			if len(values) == most {
				return nil, nil, false
			}
			at = int64(len(values))
			e.seen[bits] = at
			values = append(values, bits)
		}
		places[i] = at
	}
	return values, places, true
}

// appendFloats appends one column; earlier are the columns of floats before it
// that have as many rows.
func (e *scratch) appendFloats(b []byte, vs []float64, earlier func(yield func(col int, vs []float64) bool)) []byte {
	if sameBits(vs, vs[0]) {
		return binary.LittleEndian.AppendUint64(append(b, floatsConst), math.Float64bits(vs[0]))
	}
	for col, other := range earlier {
		if equalBits(vs, other) {
			return binary.AppendUvarint(append(b, floatsSame), uint64(col))
		}
	}
	if ns, scale, ok := e.scaled(vs); ok {
		return appendInts(append(b, floatsScaled, byte(scale)), ns)
	}
	if values, places, ok := e.dict(vs); ok {
		b = binary.AppendUvarint(append(b, floatsDict), uint64(len(values)))
		for _, v := range values {
			b = binary.LittleEndian.AppendUint64(b, v)
		}
		return appendInts(b, places)
	}
	var any uint64
	for _, v := range vs {
		any |= math.Float64bits(v)
	}
	var mask byte
	for k := range 8 {
		if any>>(8*k)&0xff != 0 {
			mask |= 1 << k
		}
	}
	b = append(b, floatsPlanes, mask)
	for k := range 8 {
		if mask>>k&1 == 0 {
			continue
		}
		for _, v := range vs {
			b = append(b, byte(math.Float64bits(v)>>(8*k)))
		}
	}
	return b
}

func sameBits(vs []float64, x float64) bool {
	want := math.Float64bits(x)
	for _, v := range vs {
		if math.Float64bits(v) != want {
			return false
		}
	}
	return true
}

func equalBits(a, b []float64) bool {
	for i := range a {
		if math.Float64bits(a[i]) != math.Float64bits(b[i]) {
			return false
		}
	}
	return true
}

// readFloats reads n floats; earlier gives a column that was read before, or
// nil.
func readFloats(b []byte, n int, earlier func(col uint64) []float64) (vs []float64, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, errShort
	}
	mode, b := b[0], b[1:]
	switch mode {
	case floatsConst:
		if len(b) < 8 {
			return nil, nil, errShort
		}
		v := math.Float64frombits(binary.LittleEndian.Uint64(b))
		vs = make([]float64, n)
		for i := range vs {
			vs[i] = v
		}
		return vs, b[8:], nil
	case floatsSame:
		col, k := binary.Uvarint(b)
		if k <= 0 {
			return nil, nil, errShort
		}
		vs = earlier(col)
		if len(vs) != n {
			return nil, nil, errShort
		}
		return vs, b[k:], nil
	case floatsScaled:
		if len(b) == 0 || b[0] >= scaleCount {
			return nil, nil, errShort
		}
		scale := int(b[0])
		ns, rest, err := readInts(b[1:], n)
		if err != nil {
			return nil, nil, err
		}
		vs = make([]float64, n)
		for i := range vs {
			vs[i] = scaleDown(scale, ns[i])
		}
		return vs, rest, nil
	case floatsDict:
		return readDict(b, n)
	case floatsPlanes:
		return readPlanes(b, n)
	default:
		return nil, nil, errShort
	}
}

func readDict(b []byte, n int) (vs []float64, rest []byte, err error) {
	count, k := binary.Uvarint(b)
	if k <= 0 || count > uint64(len(b)-k)/8 {
		return nil, nil, errShort
	}
	values, b := b[k:k+8*int(count)], b[k+8*int(count):]
	places, b, err := readInts(b, n)
	if err != nil {
		return nil, nil, err
	}
	vs = make([]float64, n)
	for i, at := range places {
		if uint64(at) >= count {
			return nil, nil, errShort
		}
		vs[i] = math.Float64frombits(binary.LittleEndian.Uint64(values[8*at:]))
	}
	return vs, b, nil
}

func readPlanes(b []byte, n int) (vs []float64, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, errShort
	}
	mask, b := b[0], b[1:]
	bits := make([]uint64, n)
	for k := range 8 {
		if mask>>k&1 == 0 {
			continue
		}
		if len(b) < n {
			return nil, nil, errShort
		}
		for i := range bits {
			bits[i] |= uint64(b[i]) << (8 * k)
		}
		b = b[n:]
	}
	vs = make([]float64, n)
	for i := range vs {
		vs[i] = math.Float64frombits(bits[i])
	}
	return vs, b, nil
}
