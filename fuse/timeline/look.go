package timeline

import (
	"cmp"
	"math"
	"slices"

	"atalaya/fuse/kalman"
	"atalaya/fuse/measure"
	"atalaya/geo"
	"atalaya/obs"
)

// Look is what a sensor saw at one time.
type Look struct {
	Sensor int32 // of Config.Sensors
	Time   int64
	Plots  []Plot
	// Region is where it looked; nil: everywhere.
	Region Region
	// Sight tells, where it is set, how likely the look would show a thing at a
	// place and height, and whether that is known at all: unknown means no miss.
	// Several goroutines ask at a time.
	Sight func(x, y float64, h geo.Height) (seen float64, known bool)
	// Mute: that it does not show a thing says nothing, as where Sight knows
	// nothing: Sight is not asked, and things far from all plots are passed by.
	Mute bool
}

// Plot is one thing that a look shows.
type Plot struct {
	measure.Measurement
	// Claim names an identity that comes with the plot; 0: none. Its highest byte
	// is the kind of identity: two of different kinds do not contradict.
	Claim uint64
	// Number is the sensor's own for what it sees; 0: none.
	Number uint64
	// Credence is how likely a thing that the plot starts is one, where that is
	// not learnt: of what a person says, or another tracker. 0: learnt; of a
	// foreign sensor 0.9.
	Credence float64
	// Told: by a person. Where only people told of a thing no look misses it.
	Told bool
	// Domain is of Config.Domains; 0: not known.
	Domain uint8
	// Height above the sea, or another datum that compares with its own kind only.
	Height   geo.Height
	HeightSD float64
	// Ref is the caller's: the observation.
	Ref uint64
}

// sound tells whether all its numbers may be: one that is not is left out.
func (p *Plot) sound() bool {
	v := &p.Velocity
	return p.Sound() &&
		(v.Var == 0 || v.Var >= leastVar && v.Var < mostVar && math.Abs(v.X) < fastest && math.Abs(v.Y) < fastest) &&
		p.Credence >= 0 && p.Credence <= 1 &&
		math.Abs(p.Height.Metres) < highest && p.HeightSD >= 0 && p.HeightSD < highest
}

const (
	fastest           = 1e5        // m/s
	leastVar, mostVar = 1e-6, 1e10 // of a velocity, (m/s)2
	highest           = 1e9        // m
)

// compare gives plots an order of their own, by all that is known of them: plots
// of one place in it are the same.
func (p *Plot) compare(o *Plot) int {
	a, b := &p.Measurement, &o.Measurement
	if a.X != b.X || a.Y != b.Y {
		return cmp.Or(cmp.Compare(a.X, b.X), cmp.Compare(a.Y, b.Y))
	}
	if c := cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Range, b.Range), cmp.Compare(a.Bearing, b.Bearing)); c != 0 {
		return c
	}
	return cmp.Or(
		cmp.Compare(a.After, b.After), cmp.Compare(p.Claim, o.Claim), cmp.Compare(p.Number, o.Number),
		cmp.Compare(a.Cov.EE, b.Cov.EE), cmp.Compare(a.Cov.NN, b.Cov.NN), cmp.Compare(a.Cov.EN, b.Cov.EN),
		cmp.Compare(a.RangeSD, b.RangeSD), cmp.Compare(a.BearingSD, b.BearingSD),
		cmp.Compare(a.Velocity.X, b.Velocity.X), cmp.Compare(a.Velocity.Y, b.Velocity.Y), cmp.Compare(a.Velocity.Var, b.Velocity.Var),
		first(a.Foreign, b.Foreign), first(p.Told, o.Told), cmp.Compare(p.Domain, o.Domain), cmp.Compare(p.Credence, o.Credence),
		cmp.Compare(p.Height.Datum, o.Height.Datum), cmp.Compare(p.Height.Metres, o.Height.Metres), cmp.Compare(p.HeightSD, o.HeightSD),
		cmp.Compare(p.Ref, o.Ref),
	)
}

// first orders those of which something is not true before the others.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// look is a Look in the timeline.
type look struct {
	key    Key
	size   int // of spare.looks
	region Region
	sight  func(x, y float64, h geo.Height) (float64, bool)
	plots  []plot
	others []measure.Measurement // what the plots are that are no places
	mores  []more                // that some plots come with; the first is none
	claims claims
	raw    []measure.Measurement // the plots as they were measured, of a sensor with a bias
	biased bool                  // of such a sensor
	mute   bool
	pairs  []pair  // of all makings; what is not referred to is void
	things []int32 // that have, or had, a version of it

	pending []*thing // to be weighed again
	again   bool     // as a whole
	nearby  nearby
	outer   outer // of region
	// What its bearings start, where they do, by place in nearby.bearings: where they
	// cross others, and by rows of them.
	crossed   []crossing
	uncrossed bool // there were more to cross
	ranged    []measure.Start
	rows      rows // of its sensor, after it
}

// plot is a Plot of which there are many: it has no pointers, and what only some
// have is elsewhere.
type plot struct {
	x, y     float64  // where it shows a thing; of a bearing nothing
	cov      obs.Cov2 // of that
	After    float64  // as Plot has it, and so on
	Velocity measure.Velocity
	Claim    uint64
	Ref      uint64

	clutter, fresh float64 // intensities there, per m2: of false plots, of things that are new
	nobody         float64 // the probability that it is nobody's
	born           int32   // the thing that it starts, or did; 0: none
	first          int32   // its pairs: -1 or of look.pairs, linked by next
	order          int32   // of look.plots
	other          int32   // of look.others, from 1; 0: it is a place
	more           int32   // of look.mores

	Kind     measure.Kind
	Domain   uint8
	bearers  uint8 // things of its identity, as far as it is counted
	Told     bool
	Foreign  bool
	measured bool // with a bias: of look.raw
}

// more is what plots of some sensors come with, as Plot has it.
type more struct {
	Number   uint64
	Credence float64
	Height   geo.Height
	HeightSD float64
}

// is gives what a plot measures.
func (l *look) is(p *plot) measure.Measurement {
	if p.other > 0 {
		return l.others[p.other-1]
	}
	return measure.Measurement{Kind: measure.OfPlace, X: p.x, Y: p.y, Cov: p.cov, After: p.After, Velocity: p.Velocity, Foreign: p.Foreign}
}

// with gives what else a plot comes with.
func (l *look) with(p *plot) *more { return &l.mores[p.more] }

// add adds a plot.
func (l *look) add(in *Plot, measured bool) {
	p := plot{
		After: in.After, Velocity: in.Velocity, Claim: in.Claim, Ref: in.Ref, first: -1, order: int32(len(l.plots)), //nolint:gosec // fewer than 2^31
		Kind: in.Kind, Domain: in.Domain, Told: in.Told, Foreign: in.Foreign, measured: measured,
	}
	p.x, p.y, p.cov = in.Convert()
	if p.Kind != measure.OfPlace {
		l.others = append(l.others, in.Measurement)
		p.other = int32(len(l.others)) //nolint:gosec // fewer than 2^31
	}
	if m := (more{in.Number, in.Credence, in.Height, in.HeightSD}); m != (more{}) {
		p.more = int32(len(l.mores)) //nolint:gosec // fewer than 2^31
		l.mores = append(l.mores, m)
	}
	l.plots = append(l.plots, p)
}

// pair is a plot that may be a thing's.
type pair struct {
	weight float64 // the marginal probability
	thing  int32
	plot   int32
	next   int32
	// elsewhere: outside the gate, but of the same identity.
	elsewhere bool
}

func (t *Timeline) newLook(in *Look) *look {
	l := t.spare.look(len(in.Plots))
	l.key = Key{Time: in.Time, Sensor: in.Sensor}
	l.region, l.sight, l.outer, l.mute = in.Region, in.Sight, outerOf(in.Region), in.Mute
	l.mores = append(l.mores[:0], more{})
	w := &t.work
	w.places = w.places[:0]
	for i := range in.Plots {
		if in.Plots[i].sound() {
			w.places = append(w.places, placed{in.Plots[i].X, int32(i)}) //nolint:gosec // fewer than 2^31
		}
	}
	slices.SortFunc(w.places, func(a, b placed) int {
		if a.x < b.x {
			return -1
		}
		if a.x > b.x {
			return 1
		}
		return in.Plots[a.plot].compare(&in.Plots[b.plot])
	})
	for _, at := range w.places {
		i := at.plot
		p := in.Plots[i]
		measured := t.correct(l, &p)
		if l.biased && !p.sound() {
			l.raw = l.raw[:len(l.plots)]
			continue
		}
		t.adopt(l, &p)
		t.rares = t.rares || p.Number != 0 || t.biases.Any()
		l.add(&p, measured)
	}
	l.claims.enter(l.plots)
	t.stats.Unsound += uint64(len(in.Plots) - len(l.plots))
	l.nearby.enter(l)
	t.findVague(l)
	t.reach(l)
	return l
}

func (l *look) reset() {
	clear(l.pending)
	l.plots, l.others, l.pairs, l.things, l.pending = l.plots[:0], l.others[:0], l.pairs[:0], l.things[:0], l.pending[:0]
	l.raw, l.biased, l.crossed, l.uncrossed, l.ranged = l.raw[:0], false, l.crossed[:0], false, l.ranged[:0]
	l.rows.all, l.rows.bank, l.rows.known = l.rows.all[:0], l.rows.bank[:0], false
	l.region, l.sight, l.again = nil, nil, false
}

// placed is a plot to be sorted.
type placed struct {
	x    float64
	plot int32
}

// nearby finds the plots of a look round a place: they are sorted into the
// squares of a grid over all of them. Bearings stand apart: they are everywhere.
type nearby struct {
	x, y          float64
	per           float64 // squares a metre
	columns, rows int32
	start         []int32
	spots         []spot // by square
	bearings      []int32
	beams         []measure.Beam // of the bearings
	vague         []int32        // of the plots, those that may be of things beyond Config.Reach
	largest       float64        // standard deviation of a plot, m
	after         float64        // most seconds between a plot's own time and the look's
}

// spot is a plot as far as it takes to tell whether it is near a thing.
type spot struct {
	x, y  float64
	plot  int32
	near  bool // it surely is as far from a thing as it seems: not of another tracker
	plain bool // a place, and at the time of the look
}

// distance2 is Measurement.Distance2 of a plain one.
func (p *plot) distance2(e *kalman.Estimate) float64 {
	r := e.Place(p.x, p.y, p.cov)
	return r.Distance2()
}

// off reports that it is not in a square of half-width reach round a place.
func (s *spot) off(x, y, reach float64) bool {
	return math.Abs(s.x-x) > reach || math.Abs(s.y-y) > reach
}

// enter sorts the plots into about as many squares.
func (n *nearby) enter(l *look) {
	plots := l.plots
	n.spots, n.bearings, n.beams, n.largest, n.after, n.columns, n.rows = n.spots[:0], n.bearings[:0], n.beams[:0], 0, 0, 0, 0
	left, right, low, high := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for i := range plots {
		p := &plots[i]
		if p.Kind == measure.OfBearing {
			n.bearings, n.beams = append(n.bearings, int32(i)), append(n.beams, l.others[p.other-1].Beam()) //nolint:gosec // fewer than 2^31
			continue
		}
		left, right, low, high = min(left, p.x), max(right, p.x), min(low, p.y), max(high, p.y)
		n.largest = max(n.largest, math.Sqrt(p.cov.EE+p.cov.NN))
		n.after = max(n.after, math.Abs(p.After))
	}
	placed := len(plots) - len(n.bearings)
	if placed == 0 {
		return
	}
	n.x, n.y = left, low
	n.per = 1 / max(math.Sqrt(float64((right-left)*(high-low))/float64(placed)), (right-left)/1024, (high-low)/1024, 1)
	n.columns, n.rows = int32((right-left)*n.per)+1, int32((high-low)*n.per)+1
	n.start = n.start[:0]
	for range int(n.columns)*int(n.rows) + 2 {
		n.start = append(n.start, 0)
	}
	for i := range plots {
		if p := &plots[i]; p.Kind != measure.OfBearing {
			n.start[n.cell(p)+2]++
			n.spots = append(n.spots, spot{})
		}
	}
	for c := 2; c < len(n.start); c++ {
		n.start[c] += n.start[c-1]
	}
	for i := range plots {
		if p := &plots[i]; p.Kind != measure.OfBearing {
			c := n.cell(p) + 1
			n.spots[n.start[c]] = spot{p.x, p.y, int32(i), !p.Foreign, !p.Foreign && p.Kind == measure.OfPlace && p.After == 0} //nolint:gosec // fewer than 2^31
			n.start[c]++
		}
	}
}

func (n *nearby) cell(p *plot) int32 {
	return int32((p.y-n.y)*n.per)*n.columns + int32((p.x-n.x)*n.per)
}

// squares of a grid, from and to.
type squares struct{ left, right, low, high int32 }

// around gives the squares that a square of half-width reach round a place
// touches; false: none.
func (n *nearby) around(x, y, reach float64) (q squares, some bool) {
	if n.columns == 0 {
		return q, false
	}
	var is bool
	q.left, q.right, some = span(x-n.x, reach, n.per, n.columns)
	q.low, q.high, is = span(y-n.y, reach, n.per, n.rows)
	return q, some && is
}

// in gives from where and to where the spots of a row's squares are.
func (n *nearby) in(row, left, right int32) (from, to int32) {
	return n.start[row*n.columns+left], n.start[row*n.columns+right+1]
}

// span is the squares of one direction within reach of a place.
func span(at, reach, per float64, n int32) (from, to int32, some bool) {
	a, b := (at-reach)*per, (at+reach)*per
	if !(b >= 0 && a < float64(n)) {
		return 0, 0, false
	}
	return int32(max(a, 0)), int32(min(b, float64(n-1))), true
}

// bearingsOnly tells that the look shows nothing but bearings.
func (l *look) bearingsOnly() bool {
	return len(l.plots) > 0 && len(l.nearby.bearings) == len(l.plots)
}
