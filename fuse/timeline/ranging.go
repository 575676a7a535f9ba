package timeline

import (
	"cmp"
	"math"
	"slices"

	"atalaya/fuse/imm"
	"atalaya/fuse/kalman"
	"atalaya/fuse/measure"
	"atalaya/geo/fmath"
)

// Ranges from a sensor's own way.
//
//  1. Bearings of one sensor that may be of one thing are a row. It begins with a
//     bearing that no row takes, if the sensor is on the move, and has a bank of
//     ranges (measure.Bank), each a filter of its own, whose weights are how well
//     they foresaw the bearings since.
//  2. Nothing tells the range of what may move as well as the sensor while that
//     stands still, or goes straight on (S. C. Nardone and V. J. Aidala,
//     Observability criteria for bearings-only target motion analysis, IEEE Trans.
//     AES 17(2), 1981): the bank stays wide, and the row starts nothing.
//  3. Of each row it is known how much likelier its bearings are of one thing than
//     false: by the bank, and by Laplace's rule of succession for how often the
//     sensor sees it. In false bearings alone that is a martingale, and so of n of
//     them no more than n/x start a row that ever gets to x.
//  4. A bearing of nobody's starts a thing if its row tells the range to a quarter,
//     is hardly false, and the sensor has moved. The thing begins with the moments
//     of the bank.
//  5. Rows depend on the bearings of their sensor with earlier keys only. A late
//     look has those after it made again, as far as they become others.

const (
	// nearest and remotest are the ranges of a bank, m.
	nearest, remotest = 100.0, 50e3
	// ranged is the standard deviation of the range with which a thing begins, as a
	// share of it; shown is by how many bearings at least.
	ranged, shown = 0.25, 8
	// distinct is how much likelier than a false one a bearing must be of its row: one
	// that is far off is nobody's for a thing that is known as well.
	distinct = 4
	// shifted is how far the sensor has moved by then, as a share of the range: a
	// fixed one does not know its own place better.
	shifted = 0.05
	// Logarithms: of how unlikely a bearing of nobody's is the first of something;
	// and of the odds with which a row is given up, by themselves and beside what
	// they were.
	unlikely, hopeless, lost = 9.2, -2.3, 12.0
	// free is how surely a bearing must be nobody's: less than that is shared with
	// what is known.
	free = 0.9
	// surest is how likely at the most a row is of a thing.
	surest = 0.97
	// A sensor is on the move that went as many metres in as many nanoseconds.
	stride, halt = 10.0, int64(60e9)
	// forgotten is the weight below which a range is left out.
	forgotten = 1e-4
	// possible is the squared distance to which a bearing may be of a range.
	possible = 25
	// rest is for how long a row starts nothing more: what it started is known, or
	// others do not see it.
	rest = int64(60e9)
	// mostRows is how many rows of a sensor there are, and mostAtOnce how many
	// bearings of a look rows are looked for in.
	mostRows, mostAtOnce = 32, 64
)

// row is bearings of one sensor that may be of one thing.
type row struct {
	from, to     int32 // its ranges: of rows.bank
	hits, misses int32 // since it began
	began        int64
	tried        int64   // when it last started something, if that was nobody's
	odds, best   float64 // logarithms: that they are of one thing, and the most it was
	x, y         float64 // where the sensor was when it began
	moved        float64 // how far it has been from there
	domain       uint8
}

// rows are those of a sensor after a look.
type rows struct {
	all   []row // the likeliest first
	bank  []measure.Start
	at    int64
	known bool    // where the sensor is: some bearing came
	x, y  float64 // where it was when it last moved
	moved int64   // and when
}

// ranges finds what the bearings of the i-th look, which is new, make of its
// sensor's rows, and what those after it now do.
func (t *Timeline) ranges(i int) {
	l := t.looks[i]
	s := l.key.Sensor
	t.points[s] = t.points[s] || len(l.nearby.bearings) > 0
	if t.cfg.Ranging == 0 || !t.points[s] {
		return
	}
	was := &t.rows[s]
	for j := i - 1; j >= 0; j-- {
		if t.looks[j].key.Sensor == s {
			was = &t.looks[j].rows
			break
		}
	}
	t.extend(l, was, &l.rows)
	was = &l.rows
	for j := i + 1; j < len(t.looks); j++ {
		if l = t.looks[j]; l.key.Sensor != s {
			continue
		}
		next, starts := &t.work.rows, &t.work.ranged
		l.ranged, *starts = *starts, l.ranged
		t.extend(l, was, next)
		l.again = l.again || !slices.Equal(l.ranged, *starts)
		if l.rows.same(next) {
			return
		}
		l.rows, *next = *next, l.rows
		was = &l.rows
	}
}

func (r *rows) same(o *rows) bool {
	return r.known == o.known && r.at == o.at && r.x == o.x && r.y == o.y && r.moved == o.moved &&
		slices.Equal(r.all, o.all) && slices.Equal(r.bank, o.bank)
}

// keepRows keeps the rows of a look that is settled.
func (t *Timeline) keepRows(l *look) {
	if s := l.key.Sensor; t.cfg.Ranging > 0 && t.points[s] {
		l.rows, t.rows[s] = t.rows[s], l.rows
	}
}

// extend makes of the rows before a look those after it, and finds what its
// bearings start.
func (t *Timeline) extend(l *look, was, is *rows) {
	w := &t.work
	is.all, is.bank, is.at = is.all[:0], is.bank[:0], l.key.Time
	is.known, is.x, is.y, is.moved = was.known, was.x, was.y, was.moved
	l.ranged, w.taken, w.aims = l.ranged[:0], w.taken[:0], w.aims[:0]
	for n, j := range l.nearby.bearings {
		m := l.is(&l.plots[j])
		if n == 0 {
			is.move(&m)
		}
		l.ranged, w.taken = append(l.ranged, measure.Start{}), append(w.taken, false)
		if len(was.all) > 0 {
			w.aims = append(w.aims, aimOf(&m))
		}
	}
	many := len(l.ranged) > mostAtOnce
	for k := range was.all {
		if r := was.all[k]; is.at-r.began <= int64(t.cfg.Ranging) {
			t.extendRow(l, r, was, is, many)
		}
	}
	if !many && is.known && is.at-is.moved <= halt {
		for n, j := range l.nearby.bearings {
			if !w.taken[n] {
				t.beginRow(l, &l.plots[j], is)
			}
		}
	}
	slices.SortStableFunc(is.all, func(a, b row) int { return cmp.Compare(b.odds, a.odds) })
	if many || len(is.all) > mostRows {
		t.Shedding(ShedBearings, is.x, is.y, 1)
		is.all = is.all[:min(len(is.all), mostRows)]
	}
}

// move notes where the sensor is.
func (r *rows) move(m *measure.Measurement) {
	switch {
	case !r.known:
		r.known, r.x, r.y, r.moved = true, m.X, m.Y, r.at-2*halt
	case fmath.Hypot(m.X-r.x, m.Y-r.y) >= stride:
		r.x, r.y, r.moved = m.X, m.Y, r.at
	}
}

// beginRow begins a row with a bearing.
func (t *Timeline) beginRow(l *look, p *plot, is *rows) {
	m := l.is(p)
	far := cmp.Or(t.fields.sensors[l.key.Sensor].Reach, remotest)
	if s, ok := l.region.(Sector); ok {
		far = min(far, s.Reach)
	}
	r := row{from: int32(len(is.bank)), began: is.at, tried: is.at - rest, x: m.X, y: m.Y, domain: cmp.Or(p.Domain, t.cfg.BearingsAs)} //nolint:gosec // fewer than 2^31
	is.bank = measure.Bank(is.bank, &m, nearest, far, t.domainOf(r.domain).SpeedSD)
	if r.to = int32(len(is.bank)); r.to > r.from { //nolint:gosec // fewer than 2^31
		is.all = append(is.all, r)
	}
}

// extendRow takes a row on to a look.
func (t *Timeline) extendRow(l *look, r row, was, is *rows, many bool) {
	w := &t.work
	from := int32(len(is.bank)) //nolint:gosec // fewer than 2^31
	is.bank = append(is.bank, was.bank[r.from:r.to]...)
	r.from, r.to = from, int32(len(is.bank)) //nolint:gosec // fewer than 2^31
	bank := is.bank[from:]
	noise := t.domainOf(r.domain).Model.Noise[imm.Steady]
	for k := range bank {
		bank[k].Predict(seconds(is.at-was.at), noise)
	}
	if many {
		is.all = append(is.all, r)
		return
	}
	n, likelier := t.fit(l, bank)
	hits, misses := float64(r.hits+1), float64(r.misses+1)
	switch {
	case n >= 0 && float64(hits*likelier) > misses:
		w.taken[n] = true
		r.hits++
		r.odds += fmath.Log(float64(hits*likelier) / (hits + misses))
		is.bank = append(is.bank[:from], w.fitted...)
		r.to = int32(len(is.bank)) //nolint:gosec // fewer than 2^31
		m := l.is(&l.plots[l.nearby.bearings[n]])
		r.moved = max(r.moved, fmath.Hypot(m.X-r.x, m.Y-r.y))
		if likelier >= distinct && is.at-r.tried >= rest {
			if l.ranged[n] = r.start(is.bank[from:], &m); l.ranged[n].Weight > 0 {
				r.tried = is.at
			}
		}
	case t.mute(l) || t.looksAt(l, bank):
		r.misses++
		r.odds += fmath.Log(misses / (hits + misses))
	}
	r.best = max(r.best, r.odds)
	if r.odds < hopeless || r.odds < r.best-lost {
		is.bank = is.bank[:from]
		return
	}
	is.all = append(is.all, r)
}

// aim is the direction of a bearing.
type aim struct{ sin, cos float64 }

func aimOf(m *measure.Measurement) (a aim) {
	a.sin, a.cos = fmath.Sincos(m.Bearing)
	return a
}

// near tells whether a bearing may be of a thing: roughly, as if it were a line.
func (a *aim) near(e *kalman.Estimate, m *measure.Measurement) bool {
	dx, dy := e.X[0]-m.X, e.X[1]-m.Y
	off := float64(dx*a.cos) - float64(dy*a.sin)
	across := float64(float64(a.cos*a.cos)*e.P[0][0]) - float64(2*float64(float64(a.sin*a.cos)*e.P[0][1])) + float64(float64(a.sin*a.sin)*e.P[1][1])
	own := float64((float64(dx*dx) + float64(dy*dy)) * float64(m.BearingSD*m.BearingSD))
	return float64(off*off) <= float64(possible*(across+own))
}

// looksAt tells whether a look reaches where a thing most likely is.
func (t *Timeline) looksAt(l *look, bank []measure.Start) bool {
	e := measure.Mixture(bank)
	return share(l.region, &e) >= 0.5
}

// fit finds the bearing that is likeliest of a thing, of those that no row has; how
// much likelier of it than false, and what the bank then is: work.fitted. -1: none.
func (t *Timeline) fit(l *look, bank []measure.Start) (at int, most float64) {
	w := &t.work
	at = -1
	others := l.perRadian()
	for n, j := range l.nearby.bearings {
		p := &l.plots[j]
		if w.taken[n] {
			continue
		}
		m, a := l.is(p), &w.aims[n]
		w.trial = w.trial[:0]
		sum := 0.0
		for k := range bank {
			if !a.near(&bank[k].Estimate, &m) {
				continue
			}
			s := bank[k]
			s.Weight = float64(s.Weight * m.UpdateOne(&s.Estimate))
			sum += s.Weight
			w.trial = append(w.trial, s)
		}
		wrong := max(p.clutter, others)
		if !(sum > float64(most*wrong)) {
			continue
		}
		at, most = n, sum/wrong
		w.fitted = w.fitted[:0]
		for k := range w.trial {
			if s := &w.trial[k]; s.Weight > float64(forgotten*sum) {
				s.Weight /= sum
				w.fitted = append(w.fitted, *s)
			}
		}
	}
	return at, most
}

// perRadian is how many bearings the look has, where it looked: of so many at the
// least one may be false, also before that is learnt.
func (l *look) perRadian() float64 {
	wide := 2 * math.Pi
	if s, ok := l.region.(Sector); ok && s.Width > 0 {
		wide = min(wide, float64(s.Width*(math.Pi/180)))
	}
	return float64(len(l.nearby.bearings)) / wide
}

// start is what a row starts with a bearing.
func (r *row) start(bank []measure.Start, m *measure.Measurement) (s measure.Start) {
	chance := 1 / (1 + fmath.Exp(unlikely-r.odds))
	if r.hits+1 < shown || chance < unclaimed {
		return s
	}
	e := measure.Mixture(bank)
	dx, dy := e.X[0]-m.X, e.X[1]-m.Y
	d2 := float64(dx*dx) + float64(dy*dy)
	along := float64(float64(dx*dx)*e.P[0][0]) + float64(2*float64(float64(dx*dy)*e.P[0][1])) + float64(float64(dy*dy)*e.P[1][1])
	// The variance of the range is along/d2.
	if !(along <= float64(float64(ranged*ranged)*float64(d2*d2))) || float64(r.moved*r.moved) < float64(float64(shifted*shifted)*d2) {
		return s
	}
	return measure.Start{Weight: min(chance, surest), Estimate: e}
}
