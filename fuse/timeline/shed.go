package timeline

import (
	"cmp"
	"math"
	"slices"

	"atalaya/fuse/kalman"
	"atalaya/fuse/measure"
	"atalaya/fuse/registration"
)

// What is shed.
//
//  1. Work and memory are bounded. What is left out for that is counted: of all time
//     by what it was (Stats.Shed), and of the last minute by tile as well.
//  2. Tiles are the squares in which intensities are learnt, of side Config.Cell.
//     So many are told apart (mostTiles); what is shed in others has no place.
//  3. The minute is one of the looks' times: what is shed is shed now, by the newest
//     look. A look that is made again sheds again, and that counts again.

// Shed is what can be left out.
type Shed uint8

// What can be left out, and what is counted of it.
const (
	ShedPairs    Shed = iota // pairs of a thing and a plot that were not weighed: it is too dense
	ShedGates                // plots and things that were not tried, beyond Config.Reach: one of them is too uncertain
	ShedBearings             // looks with bearings of nobody's that were not crossed with all before, or not put in rows
	ShedNames                // plots that started nothing: too many things have their identity
	ShedLate                 // late plots of which Changes does not tell
	ShedTracks               // things of which the caller does not tell: he has no room
	Sheds                    // how many there are
)

//nolint:gochecknoglobals // constant table
var shedNames = [Sheds]string{"pairs", "gates", "bearings", "names", "late", "tracks"}

func (s Shed) String() string {
	if s >= Sheds {
		return ""
	}
	return shedNames[s]
}

// Tile is a square of ground in which something was shed within the last minute.
type Tile struct {
	X, Y   float64 // its south-western corner
	Side   float64 // 0: it is told of no place
	Last   int64   // when something was
	Minute [Sheds]uint64
}

const (
	mostTiles = 512
	// A minute is counted in so many spans.
	spans    = 12
	shedSpan = int64(5e9) // ns
)

// sheds is what was shed within the last minute.
type sheds struct {
	tiles []shedTile // by square
	rest  shedTile   // of no place
}

type shedTile struct {
	at     square
	newest int64 // span that something was counted in
	last   int64
	counts [spans][Sheds]uint32
}

// Shedding notes that something is left out at a place.
func (t *Timeline) Shedding(what Shed, x, y float64, n int) {
	t.stats.Shed[what] += uint64(n) //nolint:gosec // not negative
	t.sheds.at(t.fields.square(x, y), t.newest, finitePlace(x, y)).add(t.newest, what, n)
}

// finitePlace reports whether a place has a square.
func finitePlace(x, y float64) bool {
	const most = 1e9 // m
	return math.Abs(x) < most && math.Abs(y) < most
}

// at gives where to count of a square.
func (s *sheds) at(q square, now int64, is bool) *shedTile {
	if !is {
		return &s.rest
	}
	i, found := slices.BinarySearchFunc(s.tiles, q, func(x shedTile, q square) int { return x.at.compare(q) })
	if found {
		return &s.tiles[i]
	}
	if len(s.tiles) == mostTiles {
		s.tiles = slices.DeleteFunc(s.tiles, func(x shedTile) bool { return x.over(now) })
		if len(s.tiles) == mostTiles {
			return &s.rest
		}
		i, _ = slices.BinarySearchFunc(s.tiles, q, func(x shedTile, q square) int { return x.at.compare(q) })
	}
	s.tiles = slices.Insert(s.tiles, i, shedTile{at: q, newest: spanOf(now)})
	return &s.tiles[i]
}

func (q square) compare(o square) int { return cmp.Or(cmp.Compare(q.y, o.y), cmp.Compare(q.x, o.x)) }

// over reports whether nothing was shed for a minute.
func (x *shedTile) over(now int64) bool { return x.newest <= spanOf(now)-spans }

func (x *shedTile) add(now int64, what Shed, n int) {
	to := spanOf(now)
	for x.newest = max(x.newest, to-spans); x.newest < to; {
		x.newest++
		x.counts[x.place(x.newest)] = [Sheds]uint32{}
	}
	c := &x.counts[x.place(x.newest)][what]
	*c = uint32(min(uint64(*c)+uint64(n), math.MaxUint32)) //nolint:gosec // bounded
	x.last = max(x.last, now)
}

func (*shedTile) place(span int64) int64 { return ((span % spans) + spans) % spans }

func spanOf(at int64) int64 {
	n := at / shedSpan
	if at%shedSpan < 0 {
		n--
	}
	return n
}

// Shed calls yield with the tiles in which something was shed within a minute before
// now, in the order of rows from the south, and with what has no place at last.
func (t *Timeline) Shed(now int64, yield func(Tile) bool) {
	for i := range t.sheds.tiles {
		x := &t.sheds.tiles[i]
		if !x.over(now) && !yield(x.tell(now, t.cfg.Cell)) {
			return
		}
	}
	if x := &t.sheds.rest; x.last != 0 && !x.over(now) {
		yield(x.tell(now, 0))
	}
}

// tell sums up the last minute.
func (x *shedTile) tell(now int64, side float64) Tile {
	out := Tile{X: float64(float64(x.at.x) * side), Y: float64(float64(x.at.y) * side), Side: side, Last: x.last}
	for s := max(x.newest-spans, spanOf(now)-spans) + 1; s <= x.newest; s++ {
		for k, n := range x.counts[x.place(s)] {
			out.Minute[k] += uint64(n)
		}
	}
	return out
}

// cut is what a gate that ended at Config.Reach left out, and of what.
type cut struct {
	x, y float64
	n    int
}

// cutGate notes what is left out because the gate of a thing and the plots is cut to
// Config.Reach: a thing, for a plot that may be anywhere, and plots, for a thing that
// may be.
func (t *Timeline) cutGate(w *side, l *look, e *kalman.Estimate, leans *registration.Leans, reach float64) {
	x, y, to := e.X[0], e.X[1], t.cfg.Reach
	for _, j := range l.nearby.vague {
		p := &l.plots[j]
		if (math.Abs(p.x-x) > to || math.Abs(p.y-y) > to) && t.distance2(l, p, e, leans) <= t.cfg.Gate {
			w.cuts = append(w.cuts, cut{p.x, p.y, 1})
		}
	}
	if reach-float64(math.Sqrt(t.cfg.Gate)*l.nearby.largest) <= to {
		return
	}
	if n := l.nearby.within(x, y, reach) - l.nearby.within(x, y, to); n > 0 {
		w.cuts = append(w.cuts, cut{x, y, n})
	}
}

// findVague finds the plots that things beyond Config.Reach may be of.
func (t *Timeline) findVague(l *look) {
	n := &l.nearby
	n.vague = n.vague[:0]
	if float64(math.Sqrt(t.cfg.Gate)*n.largest) <= t.cfg.Reach {
		return
	}
	for i := range l.plots {
		p := &l.plots[i]
		if p.Kind != measure.OfBearing && math.Sqrt(float64(t.cfg.Gate*(p.cov.EE+p.cov.NN))) > t.cfg.Reach {
			n.vague = append(n.vague, int32(i)) //nolint:gosec // fewer than 2^31
		}
	}
}

// within counts the plots in the squares that a square of half-width reach touches.
func (n *nearby) within(x, y, reach float64) int {
	a, ok := n.around(x, y, reach)
	if !ok {
		return 0
	}
	sum := 0
	for row := a.low; row <= a.high; row++ {
		from, to := n.in(row, a.left, a.right)
		sum += int(to - from)
	}
	return sum
}

// shedGates notes what gates that were cut left out.
func (t *Timeline) shedGates() {
	w := &t.work
	for i := range w.cuts {
		c := &w.cuts[i]
		t.Shedding(ShedGates, c.x, c.y, c.n)
	}
	w.cuts = w.cuts[:0]
}

// shedPairs notes what was not weighed.
func (t *Timeline) shedPairs() {
	w := &t.work
	if w.result.Counts.ShedByTrack+w.result.Counts.ShedByCluster == 0 {
		return
	}
	for i := range w.slots {
		if s := &w.slots[i]; s.meets && w.result.Shed[s.n] > 0 {
			e := s.next.state.Mean()
			t.Shedding(ShedPairs, e.X[0], e.X[1], int(w.result.Shed[s.n]))
		}
	}
}
