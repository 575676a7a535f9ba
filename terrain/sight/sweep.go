package sight

import (
	"context"
	"math"
	"runtime"
	"sync"
)

// The engine: a fan of rays, swept outwards ring by ring.
//
//  1. The plane is cut into four quadrants at the diagonals of the lattice. A
//     ring of a quadrant is one grid line: a row to the north and south, a
//     column to the east and west. Columns are turned, some at a time, so that
//     a ring always lies in one piece of memory.
//  2. A fan of rays leaves the observer, one to a cell at the rim. Where a ray
//     crosses a ring the ground is interpolated as in the reference, and each
//     ray keeps the steepest slope that it has met.
//  3. The horizon of a cell is interpolated between the two rays that pass on
//     both sides of it. That is the only approximation. Horizons are
//     interpolated once, never from ring to ring: that is what makes XDraw
//     (Franklin 1994) wrong several times as often.
//
// Arithmetic is float32, eight lanes at once where the processor has AVX2; the
// bits are the same without.

// quadrant is one quarter of the plane: lines are its rings, lanes the places
// along them.
type quadrant struct {
	scene   *scene
	squared []quartic // along each line
	middle  float64   // line of the observer
	lane    float64   // lane of the observer
	spacing float64   // of lanes at the observer, metres
	between float64   // lines, there
	lines   int
	lanes   int
	outward int  // +1 or -1: the way from line to line
	turned  bool // lines are columns
	radius2 float64
}

// ring is what one line of a quadrant is asked with. lanes_amd64.s knows its
// layout.
type ring struct {
	q         [5]float32 // squared distance of an offset along the line
	eye, drop float32
	radius2   float32
	perLane   float32 // rays between two lanes
	middleRay float32 // the ray straight out
	lastRay   int32   // the last that has one after it
	lane      float32 // of the observer
	last      float32 // the last lane, as a place
	lastInt   int32   // the last lane that has one after it
	away      float32 // lines from the observer
	away2     float32 // that squared
	inverse   float32 // one by that
	next      int     // bytes from a lane to that of the next ring; 0 where turned
}

// fan is the rays of a quadrant, from left to right. Along a ray the distance
// d is all but proportional to how many lines away it is, so
//
//	1/d    = near/away + mean
//	drop*d = sink*away + bend*away²
//
// to 5e-6 at 110 km (TestFan), without a root or a division for each ray and
// ring.
type fan struct {
	horizon    []float32 // the steepest slope that each has met
	met        []float32 // where, metres; nil where doubt is not asked for
	slope      []float32 // lanes for a line
	near, mean []float32
	sink, bend []float32
}

func (q *quadrant) fan(half int) *fan {
	// One more on both sides, for the cells on the diagonals.
	count := 2*half + 3
	all := make([]float32, 7*(count+spare))
	part := func() []float32 {
		p := all[: count+spare : count+spare]
		all = all[count+spare:]
		return p
	}
	f := &fan{horizon: part(), slope: part(), near: part(), mean: part(), sink: part(), bend: part()}
	if q.scene.doubt != nil {
		f.met = part()
	}
	for i := range f.horizon {
		f.horizon[i] = lowest
	}
	// Straight lines through two rings, where their error is least.
	a, b := float64(0.146*float64(half)), float64(0.854*float64(half))
	outward := float64(q.outward)
	da, db := q.scene.metric.along(a*outward, !q.turned), q.scene.metric.along(b*outward, !q.turned)
	for i := range count {
		slope := float64(i-half-1) / float64(half)
		ra, rb := math.Sqrt(da.at(slope*a))/a, math.Sqrt(db.at(slope*b))/b
		bend := (rb - ra) / (b - a)
		mean := (1/rb - 1/ra) / (b - a)
		f.slope[i] = float32(slope)
		f.near[i], f.mean[i] = float32(1/ra-float64(mean*a)), float32(mean)
		f.sink[i], f.bend[i] = float32(q.scene.drop*(ra-float64(bend*a))), float32(q.scene.drop*bend)
	}
	return f
}

const (
	// spare is how far behind its end a line may be read, and the fan written,
	// by eight lanes.
	spare = 16
	// lowest is a horizon below all that can be seen.
	lowest = -1e9
)

// sweep is the viewshed by the engine, on up to four processors.
func (s *scene) sweep(ctx context.Context, radius float64, need, sd []float32) error {
	l := s.grid.Lattice()
	east, north := l.Spacing(l.Position(s.col, s.row))
	quadrants := make(chan *quadrant, 4)
	for _, outward := range []int{-1, 1} {
		quadrants <- &quadrant{
			scene: s, squared: s.rows, middle: s.row, lane: s.col, spacing: east, between: north,
			lines: l.Height, lanes: l.Width, outward: outward, radius2: radius * radius,
		}
		quadrants <- &quadrant{
			scene: s, squared: s.cols, middle: s.col, lane: s.row, spacing: north, between: east, turned: true,
			lines: l.Width, lanes: l.Height, outward: outward, radius2: radius * radius,
		}
	}
	close(quadrants)
	var workers sync.WaitGroup
	for range min(4, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for q := range quadrants {
				q.sweep(ctx, need, sd)
			}
		})
	}
	workers.Wait()
	return stopped(ctx)
}

// sweep goes through the rings from the observer outwards. It writes every
// cell of the quadrant once.
func (q *quadrant) sweep(ctx context.Context, need, sd []float32) {
	first, rings := int(math.Ceil(q.middle)), q.lines-int(math.Ceil(q.middle))
	if q.outward < 0 {
		first, rings = int(math.Floor(q.middle)), int(math.Floor(q.middle))+1
	}
	if rings <= 0 {
		return
	}
	half := rings + 1 // on each side: rays are less than a cell apart
	f := q.fan(half)
	offset, blank := make([]float32, q.lanes+spare), make([]float32, q.lanes)
	for i := range offset {
		offset[i] = float32(i) - float32(q.lane)
	}
	for i := range blank {
		blank[i] = float32(math.NaN())
	}
	p := q.page(need, sd)
	for i := range rings {
		if i%64 == 0 && ctx.Err() != nil {
			return
		}
		line := first + i*q.outward
		away := q.away(line)
		if away == 0 && q.outward < 0 {
			continue // the observer's own line is that of the quadrant opposite
		}
		all := q.span(away)
		reach := min(away, q.reach(line))
		near := q.span(reach)
		z, out, doubts := p.line(line)
		for _, o := range [][]float32{out, doubts} {
			if o != nil {
				copy(o[all.from:near.from], blank)
				copy(o[near.to:all.to], blank)
			}
		}
		if reach < 0 {
			continue // the whole line lies beyond the radius
		}
		r := q.ring(line, away, half)
		if near.from < near.to {
			cells(out[near.from:near.to], z[near.from:], offset[near.from:], f.horizon, &r)
			if sd != nil {
				cellsDoubt(doubts[near.from:near.to], out[near.from:], offset[near.from:], f, &r, *q.scene.doubt)
			}
		}
		if away < nearest {
			continue
		}
		// Rays that left the lattice or the radius never come back. (An observer
		// up to half a cell outside stands on its edge.)
		scale := float64(half) / away
		k0 := max(-half-1, int(math.Floor(max(-reach, min(0, -q.lane))*scale))-1)
		k1 := min(half+1, int(math.Ceil(min(reach, max(0, float64(q.lanes-1)-q.lane))*scale))+1)
		k := span{k0 + half + 1, k1 + half + 2}
		switch {
		case k.from >= k.to:
		case sd != nil:
			raysMet(f, k, z, &r)
		default:
			rays(f, k, z, &r)
		}
	}
	p.close()
}

// away is how many lines a line is from the observer.
func (q *quadrant) away(line int) float64 { return math.Abs(float64(line) - q.middle) }

// span is the lanes [from, to).
type span struct{ from, to int }

// span gives the lanes at most so far from the observer's. Those on the
// diagonals belong to the columns.
func (q *quadrant) span(reach float64) span {
	from, to := math.Ceil(q.lane-reach), math.Floor(q.lane+reach)
	if !q.turned {
		from, to = math.Floor(q.lane-reach)+1, math.Ceil(q.lane+reach)-1
	}
	a := min(max(int(from), 0), q.lanes)
	return span{a, max(a, min(int(to)+1, q.lanes))}
}

// reach is how many lanes on either side a line can have within the radius,
// with some to spare; below zero none.
func (q *quadrant) reach(line int) float64 {
	left := q.radius2 - q.squared[line][0]
	if left < 0 {
		return -2
	}
	return float64(math.Sqrt(left)/q.spacing*1.05) + 2
}

func (q *quadrant) ring(line int, away float64, half int) ring {
	c := &q.squared[line]
	r := ring{
		// No cell is nearer than a metre, so that the ground under the observer
		// shows too.
		q:   [5]float32{float32(max(c[0], 1)), float32(c[1]), float32(c[2]), float32(c[3]), float32(c[4])},
		eye: float32(q.scene.eye), drop: float32(q.scene.drop), radius2: float32(q.radius2),
		lane: float32(q.lane), last: float32(q.lanes - 1), lastInt: int32(max(q.lanes-2, 0)),
		middleRay: float32(half + 1), lastRay: int32(2*half + 1),
	}
	if !q.turned {
		r.next = 4 * q.lanes * q.outward
	}
	if away >= nearest {
		r.perLane = float32(float64(half) / away)
		// As for cells: no nearer than a metre.
		metre := max(away, 1/q.between)
		r.away, r.away2, r.inverse = float32(away), float32(metre*metre), float32(1/metre)
	}
	return r
}
