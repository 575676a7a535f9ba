package timeline

import (
	"cmp"
	"math"
	"slices"

	"atalaya/fuse/measure"
	"atalaya/geo/fmath"
)

// fields tells how many plots of nobody a look is to have at a place: false
// ones, and the first ones of things that are not known.
//
// What the configuration does not state is learnt, for each sensor and square of
// ground, from what is settled: plots of nobody are counted (by their marginal
// probability) over area and looks, as those of a Poisson process whose
// intensity has a Gamma prior; counts are forgotten in ten minutes. Time is
// divided into periods of a lag, from 1970: in period n holds what was learnt of
// looks up to the end of n-2, which nothing late can change any more.
type fields struct {
	cfg     *Config
	lag     int64
	period  int64 // of the newest look
	begun   bool
	sensors []sensorField
	told    []told      // what may not be used yet, in order of keys
	hidden  sensorField // by its cells: existence of things that were let go
}

// sensorField is what is learnt of one sensor.
type sensorField struct {
	Sensor
	index    map[square]int32
	cells    []cell // in the order in which they were first told of
	settled  int    // looks
	last     int64
	spent    float64    // s between looks, and of how many
	spans    float64    //
	interval [2]float64 // s, by even and odd period
	// Bearings of nobody, their looks, and how many a radian to expect.
	bearings, bearingLooks float64
	bearing                [2]float64
}

// square is a square of ground, of side Config.Cell.
type square struct{ x, y int32 }

// cell is what is learnt of a square.
type cell struct {
	count, looks           float64
	left, right, low, high float64 // where its plots were
	plots                  float64
	intensity              [2]float64 // per m2 and look, by even and odd period
}

// told is what a settled look tells: a plot, or that the look was.
type told struct {
	period  int64
	at      int64
	x, y    float64
	nobody  float64
	sensor  int32
	look    bool
	letGo   bool
	bearing bool
}

func newFields(cfg *Config) fields {
	return fields{cfg: cfg, lag: int64(cfg.Lag), hidden: sensorField{index: map[square]int32{}}}
}

const (
	// Where nothing is known a plot of nobody is the first one of something so
	// often; of a sensor that hears what things say of themselves, nearly always.
	newShare, honestShare = 0.1, 0.999
	// leastNew times Config.Drop is how often at least a plot of nobody is the first
	// one of something, where false ones are learnt: what is said of births is no
	// surer than that. With less no plot would start what is not let go at once, and
	// what comes to where births were never expected would never be found.
	leastNew = 5
	// unknown is the intensity where nothing is learnt, per m2.
	unknown = 1e-7
	// forgetting is the mean time that counts are kept, s.
	forgetting = 600.0
	// firstLooks is how many looks still show things that were there before the
	// first one.
	firstLooks = 8
)

// intensities are, per m2 where a plot is, those of false plots and of new
// things; of a bearing per radian, and it is never of a new thing. ordinal is how many looks of the sensor were before it.
func (f *fields) intensities(k Key, p *plot, ordinal int) (clutter, fresh float64) {
	s := &f.sensors[k.Sensor]
	if p.Kind == measure.OfBearing {
		return cmp.Or(s.ClutterBearing, s.bearing[f.of(k.Time)&1], 1/float64(2*math.Pi)), 0
	}
	x, y := p.x, p.y
	share := newShare
	if s.says() {
		share = honestShare
	}
	nobody := unknown
	if i, ok := s.index[f.square(x, y)]; ok {
		if v := s.cells[i].intensity[f.of(k.Time)&1]; v > 0 {
			nobody = v
		}
	}
	clutter, fresh = float64(nobody*(1-share)), float64(nobody*share)
	if s.Clutter > 0 {
		clutter, fresh = s.Clutter, float64(s.Clutter*share)
	}
	if f.cfg.Birth > 0 || len(f.cfg.Births) > 0 {
		fresh = float64(s.Seen * f.unseen(k, x, y, ordinal))
		if s.Clutter == 0 {
			fresh = max(fresh, float64(float64(leastNew*f.cfg.Drop)*nobody))
		}
	}
	return clutter, fresh
}

// unseen is how many things there are at a place that no look has shown, per
// m2: in the mean those that appear between two looks and are missed by some,
// and in the first looks those that were there before.
func (f *fields) unseen(k Key, x, y float64, ordinal int) float64 {
	s := &f.sensors[k.Sensor]
	period := s.Period.Seconds()
	if period == 0 {
		period = s.interval[f.of(k.Time)&1]
	}
	if period == 0 {
		period = 1
	}
	present := 0.0 // the part of those from before
	if ordinal < firstLooks {
		present = 1
		for range ordinal {
			present = float64(present * (1 - s.Seen))
		}
	}
	rate := f.cfg.Birth
	if i, ok := f.hidden.index[f.square(x, y)]; ok {
		rate += f.hidden.cells[i].intensity[f.of(k.Time)&1]
	}
	sum := float64(rate*period)/s.Seen + float64(f.cfg.Present*present)
	for i := range f.cfg.Births {
		b := &f.cfg.Births[i]
		v := float64(b.SD * b.SD)
		d2 := (float64((x-b.X)*(x-b.X)) + float64((y-b.Y)*(y-b.Y))) / v
		n := float64(b.Rate*period)/s.Seen + float64(b.Present*present)
		sum += float64(n*fmath.Exp(-d2/2)) / float64(2*math.Pi*v)
	}
	return sum
}

func (f *fields) of(at int64) int64 {
	n := at / f.lag
	if at%f.lag < 0 {
		n--
	}
	return n
}

func (f *fields) square(x, y float64) square {
	return square{int32(math.Floor(x / f.cfg.Cell)), int32(math.Floor(y / f.cfg.Cell))}
}

// learn notes what a settled look tells.
func (f *fields) learn(l *look) {
	f.sensors[l.key.Sensor].settled++
	p := f.of(l.key.Time)
	f.told = append(f.told, told{period: p, sensor: l.key.Sensor, look: true, at: l.key.Time, bearing: len(l.nearby.bearings) > 0})
	if f.sensors[l.key.Sensor].Foreign {
		return // a tracker's tracks are no plots that come by chance
	}
	for i := range l.plots {
		q := &l.plots[i]
		f.told = append(f.told, told{period: p, sensor: l.key.Sensor, x: q.x, y: q.y, nobody: q.nobody, bearing: q.Kind == measure.OfBearing})
	}
}

// release notes things that a settled look let go, in an order that does not
// depend on that of arrival: where they were things appear that much more,
// because they may be there still and be seen again.
func (f *fields) release(all []released) {
	slices.SortFunc(all, func(a, b released) int { return a.id.Compare(b.id) })
	for i := range all {
		r := &all[i]
		f.told = append(f.told, told{period: f.of(r.at), letGo: true, x: r.x, y: r.y, nobody: r.exists})
	}
}

// released is a thing that was let go.
type released struct {
	id     ID
	at     int64
	x, y   float64
	exists float64
}

// turn goes on to the period of the newest look.
func (f *fields) turn(newest int64) {
	now := f.of(newest)
	if !f.begun {
		f.begun, f.period = true, now
		return
	}
	// Of what is older than so many periods nothing is left.
	f.period = max(f.period, now-2-int64(20*forgetting*1e9)/f.lag)
	for f.period < now {
		f.period++
		f.count()
	}
}

// count takes over what was told up to the last period but one, and sets the
// intensities of the present one.
func (f *fields) count() {
	keep := fmath.Exp(-seconds(f.lag) / forgetting)
	for i := range f.sensors {
		f.sensors[i].forget(keep)
	}
	f.hidden.forget(keep)
	used := 0
	for used < len(f.told) && f.told[used].period <= f.period-2 {
		x := &f.told[used]
		s := &f.sensors[x.sensor]
		switch {
		case x.letGo:
			f.hidden.plot(f.square(x.x, x.y), x)
		case x.look:
			s.looked(x)
		case x.bearing:
			s.bearings += x.nobody
		default:
			s.plot(f.square(x.x, x.y), x)
		}
		used++
	}
	f.told = f.told[:copy(f.told, f.told[used:])]
	for i := range f.sensors {
		f.sensors[i].estimate(f.period&1, float64(f.cfg.Cell*f.cfg.Cell))
	}
	for i := range f.hidden.cells {
		c := &f.hidden.cells[i]
		c.intensity[f.period&1] = c.count / float64(forgetting*float64(f.cfg.Cell*f.cfg.Cell))
	}
}

func (s *sensorField) forget(keep float64) {
	s.spent, s.spans = float64(s.spent*keep), float64(s.spans*keep)
	s.bearings, s.bearingLooks = float64(s.bearings*keep), float64(s.bearingLooks*keep)
	for i := range s.cells {
		c := &s.cells[i]
		c.count, c.looks = float64(c.count*keep), float64(c.looks*keep)
	}
}

func (s *sensorField) looked(l *told) {
	if s.last != 0 {
		s.spent += seconds(l.at - s.last)
		s.spans++
	}
	s.last = l.at
	if l.bearing {
		s.bearingLooks++
	}
	for i := range s.cells {
		s.cells[i].looks++
	}
}

func (s *sensorField) plot(at square, p *told) {
	i, ok := s.index[at]
	if !ok {
		i = int32(len(s.cells)) //nolint:gosec // fewer than 2^31
		s.index[at] = i
		s.cells = append(s.cells, cell{looks: 1, left: p.x, right: p.x, low: p.y, high: p.y})
	}
	c := &s.cells[i]
	c.count += p.nobody
	c.plots++
	c.left, c.right = min(c.left, p.x), max(c.right, p.x)
	c.low, c.high = min(c.low, p.y), max(c.high, p.y)
}

// estimate sets what holds in a period. A square's prior is the sensor's mean,
// worth one plot.
func (s *sensorField) estimate(period int64, whole float64) {
	if s.spans > 0 {
		s.interval[period] = s.spent / s.spans
	}
	s.bearing[period] = (s.bearings + 1) / float64((s.bearingLooks+1)*float64(2*math.Pi))
	count, exposed := 1.0, 1/unknown
	for i := range s.cells {
		c := &s.cells[i]
		count += c.count
		exposed += float64(c.looks * c.area(whole))
	}
	mean := count / exposed
	for i := range s.cells {
		c := &s.cells[i]
		c.intensity[period] = (c.count + 1) / (float64(c.looks*c.area(whole)) + 1/mean)
	}
}

// area is how large the part of the square is that the sensor sees, m2: from
// the box round n plots, which is smaller by (n-1)/(n+1) either way.
func (c *cell) area(whole float64) float64 {
	if c.plots < 3 {
		return whole
	}
	more := (c.plots + 1) / (c.plots - 1)
	return min(max(float64(float64((c.right-c.left)*more)*float64((c.high-c.low)*more)), 1), whole)
}
