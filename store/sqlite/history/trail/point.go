package trail

import (
	"encoding/binary"
	"math"
	"time"

	"atalaya/geo"
	"atalaya/obs"
	"atalaya/store"
	"atalaya/store/content"
	"atalaya/track"
)

// point is a store.Point as integers, so that it can be packed as differences
// in memory.
type point [pointFields]int64

// The fields of a point.
const (
	atTime      = iota // ns since 1970
	atKnown            // ns since 1970
	atSeq              // last sequence
	atLat              // 1e-7 degrees
	atLon              // 1e-7 degrees
	atHeight           // cm
	atEast             // cm/s
	atNorth            // cm/s
	atClimb            // cm/s
	atCovEE            // float32 bits
	atCovEN            // float32 bits
	atCovNN            // float32 bits
	atExistence        // 1e-6
	atRevision
	atFrom // ns since 1970; 0: none
	atKinds
	pointFields
)

// The parts of the field of kinds: eight bits each, then flags.
const (
	shiftEvent = 8 * iota
	shiftDatum
	shiftStatus
	shiftDomain
	shiftKind
	shiftDistress
	shiftFlags
)

const (
	flagGround = 1 << iota
	flagProven
	flagForeign
)

func newPoint(known time.Time, e *track.Event) (p point) {
	x := &e.Track
	st := content.RoundState(x.State)
	p[atTime], p[atKnown], p[atSeq] = st.Time.UnixNano(), known.UnixNano(), int64(x.LastSeq)
	p[atLat], p[atLon] = scaled(st.Position.Lat, 1e7), scaled(st.Position.Lon, 1e7)
	p[atHeight] = scaled(st.Height.Metres, 100)
	p[atEast], p[atNorth], p[atClimb] = scaled(st.East, 100), scaled(st.North, 100), scaled(st.Climb, 100)
	p[atCovEE], p[atCovEN], p[atCovNN] = bits32(st.Cov[0][0]), bits32(st.Cov[0][1]), bits32(st.Cov[1][1])
	p[atExistence], p[atRevision] = scaled(x.Existence, 1e6), int64(x.Revision)
	if !e.From.IsZero() {
		p[atFrom] = e.From.UnixNano()
	}
	var flags int64
	if x.OnGround {
		flags |= flagGround
	}
	if x.Proven {
		flags |= flagProven
	}
	if x.Foreign {
		flags |= flagForeign
	}
	p[atKinds] = int64(e.Kind)<<shiftEvent | int64(st.Height.Datum)<<shiftDatum | int64(x.Status)<<shiftStatus |
		int64(x.Domain)<<shiftDomain | int64(x.Kind)<<shiftKind | int64(x.Distress)<<shiftDistress | flags<<shiftFlags
	return p
}

// scaled gives x as an integer of 1/scale; what is no number is 0.
func scaled(x, scale float64) int64 {
	v := math.Round(x * scale)
	if math.IsNaN(v) || math.Abs(v) >= 1<<62 {
		return 0
	}
	return int64(v)
}

// bits32 gives the bits of x as a float32, in which nine significant bits have
// room.
func bits32(x float64) int64 { return int64(math.Float32bits(float32(x))) }

func float32Of(v int64) float64 { return float64(math.Float32frombits(uint32(v))) }

// follows reports whether p is a plain update less than a second after q.
func (p *point) follows(q *point) bool {
	dt := p[atTime] - q[atTime]
	updated := func(x *point) bool { return track.EventKind(x[atKinds]>>shiftEvent&0xff) == track.Updated }
	return updated(p) && updated(q) && p[atRevision] == q[atRevision] && dt >= 0 && dt < int64(time.Second)
}

func (p *point) store() store.Point {
	part := func(shift int) uint8 { return uint8(p[atKinds] >> shift) }
	out := store.Point{
		Known: time.Unix(0, p[atKnown]).UTC(), LastSeq: uint64(p[atSeq]), Event: track.EventKind(part(shiftEvent)),
		Revision: uint32(p[atRevision]), Status: track.Status(part(shiftStatus)), Domain: track.Domain(part(shiftDomain)),
		Kind: obs.Kind(part(shiftKind)), Distress: obs.Distress(part(shiftDistress)),
		OnGround: part(shiftFlags)&flagGround != 0, Proven: part(shiftFlags)&flagProven != 0, Foreign: part(shiftFlags)&flagForeign != 0,
		Existence: float64(p[atExistence]) / 1e6,
	}
	if p[atFrom] != 0 {
		out.From = time.Unix(0, p[atFrom]).UTC()
	}
	st := &out.State
	st.Time = time.Unix(0, p[atTime]).UTC()
	st.Position = geo.Position{Lat: float64(p[atLat]) / 1e7, Lon: float64(p[atLon]) / 1e7}
	st.Height = geo.Height{Metres: float64(p[atHeight]) / 100, Datum: geo.Datum(part(shiftDatum))}
	st.East, st.North, st.Climb = float64(p[atEast])/100, float64(p[atNorth])/100, float64(p[atClimb])/100
	st.Cov[0][0], st.Cov[1][1] = float32Of(p[atCovEE]), float32Of(p[atCovNN])
	st.Cov[0][1] = float32Of(p[atCovEN])
	st.Cov[1][0] = st.Cov[0][1]
	return out
}

// guess continues from the last two points: what moves evenly, by as much
// again; the rest stays.
func guess(last, before *point) point {
	g := *last
	for _, i := range [...]int{atTime, atKnown, atSeq, atLat, atLon} {
		g[i] += last[i] - before[i]
	}
	return g
}

// add packs a point: a mask of the fields in which it differs from the guess,
// and those differences. Everything wraps, and so comes back.
func (t *Trail) add(p point) {
	g := guess(&t.last, &t.before)
	var mask uint64
	for i := range p {
		if p[i] != g[i] {
			mask |= 1 << i
		}
	}
	t.packed = binary.AppendUvarint(t.packed, mask)
	for i := range p {
		if p[i] != g[i] {
			t.packed = binary.AppendVarint(t.packed, p[i]-g[i])
		}
	}
	t.last, t.before = p, t.last
	if t.before == (point{}) {
		t.before = p // one point says nothing of a pace
	}
}

// AppendTo appends the points, unpacked.
func (t *Trail) AppendTo(out []store.Point) []store.Point {
	var last, before point
	for b := t.packed; len(b) > 0; {
		p := guess(&last, &before)
		mask, n := binary.Uvarint(b)
		b = b[n:]
		for i := range p {
			if mask>>i&1 != 0 {
				d, n := binary.Varint(b)
				p[i] += d
				b = b[n:]
			}
		}
		last, before = p, last
		if before == (point{}) {
			before = p
		}
		out = append(out, p.store())
	}
	return out
}
