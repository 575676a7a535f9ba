// Package timeline keeps what is believed of many things by the looks of many
// sensors, in order of the looks' times whatever order they come in.
//
//  1. A look is what one sensor saw at one time: plots, and where it looked. Its
//     key is time, sensor, and which of several such; keys order the looks.
//  2. A thing has a version after each look that weighed it. A look takes the
//     versions before it, predicts them to its time, weighs its plots (package
//     pmb) and adds versions. Plots that are nobody's start things (field.go).
//  3. A late look is put in its place. What it changes changes what later looks
//     made of it, so these are made again, for the things that changed and those
//     whose plots they share (redo.go), until nothing differs. The result is the
//     same, bit for bit, as if all had come in order.
//  4. What lies further back than the lag is settled: of each thing only the last
//     version before it stays. A look that comes later than that is refused, or its
//     plots correct that version (late.go).
//  5. How many plots of nobody and how many new things there are is learnt from
//     what is settled, and holds for looks a whole lag later at least: so it does
//     not depend on the order of arrival either.
//
// Positions are metres, x east and y north in one plane, times nanoseconds.
package timeline

import (
	"cmp"
	"errors"
	"math"
	"runtime"
	"slices"
	"time"

	"atalaya/fuse/assoc"
	"atalaya/fuse/imm"
	"atalaya/fuse/kalman"
	"atalaya/fuse/registration"
)

// Config is what a Timeline is made from. Zero means the default, which ends
// each comment.
type Config struct {
	// Model tells how things move. Steady at 0.1 m2/s3.
	Model *imm.Model
	// SpeedSD is the standard deviation of the velocity of what was seen once,
	// m/s either way. 10.
	SpeedSD float64
	// Domains tell it of things whose domain is known: Plot.Domain, from 1. None.
	Domains []Domain
	// Life is the mean life of a thing, s. 1000.
	Life float64
	// Birth is how many things appear, per m2 and s. 0: learnt, unless Births say
	// where.
	Birth float64
	// Present is how many there are before the first look, per m2.
	Present float64
	// Births are places where more appear.
	Births []Births

	// Lag is how late a look may come to be put in order. 10 s.
	Lag time.Duration
	// Retrodict is how old plots may be that come later than that, and Told how old
	// those that a person told (late.go). 0: none is used.
	Retrodict, Told time.Duration
	// Gate is the squared Mahalanobis distance within which a plot may be a
	// thing's. 20.
	Gate float64
	// Reach is the largest radius of a gate, m; what is less certain is not
	// looked for beyond it. 20 km.
	Reach float64
	// Drop is the existence below which a thing is let go. 1e-3.
	Drop float64
	// Cell is the side of the squares in which intensities are learnt, m. 5 km.
	Cell float64
	// Cross is how far apart in time bearings may be that start a thing where they
	// cross (cross.go). 0: it starts nothing.
	Cross time.Duration
	// Ranging is for how long bearings of a sensor on the move may be a row that
	// starts a thing when it tells the range (ranging.go). 0: it starts nothing.
	Ranging time.Duration
	// BearingsAs is the domain, of Domains, as whose things move that only bearings
	// show and whose domain is not known: the range of what may be a boat or an
	// aircraft hardly shows. 0: as Model tells.
	BearingsAs uint8
	// Speaks is the existence below which no look that does not show it brings
	// what names itself: it is not seen well, rather than not there. 0: any.
	Speaks float64
	// Watched: Changes is asked again and again.
	Watched bool
	// Assoc bounds the work of associations; its Budget is not used.
	Assoc assoc.Config
	// Workers is how many goroutines share the work of a look; what is believed
	// does not depend on it. 2, or 1 where there is one processor.
	Workers int
}

// Domain tells how things of a domain move, as Config does of others.
type Domain struct {
	Model   *imm.Model
	SpeedSD float64
}

// Births is a Gaussian where things appear.
type Births struct {
	Rate    float64 // per s
	Present float64 // before the first look
	X, Y    float64
	SD      float64 // m
}

// Sensor is what is known of a sensor.
type Sensor struct {
	// Cooperative: it hears what things say; that it does not hear one says
	// nothing.
	Cooperative bool
	// Foreign: it gives the tracks of another tracker (foreign.go): places with
	// covariance, velocities with variance if it has them.
	Foreign bool
	// Seen is the probability that a look shows a thing that it can see. 0.9.
	Seen float64
	// Period is the time between two looks at a place. 0: learnt, as that between
	// two looks.
	Period time.Duration
	// Reach is how far it sees by bearings, m, where a look does not tell that. 50 km.
	Reach float64
	// Clutter is how many false plots a look has, per m2. 0: learnt.
	Clutter float64
	// ClutterBearing is the same of bearings, per radian. 0: learnt.
	ClutterBearing float64
	// Bias says how far the sensor may be off; it is learnt from cooperative
	// things. Plots of a sensor that has one are to be as they were measured: of
	// kind OfPolar or OfBearing. None.
	Bias registration.Config
}

// says: it gives what things or others say, and its silence says nothing.
func (s *Sensor) says() bool { return s.Cooperative || s.Foreign }

// mute: that a look does not show a thing says nothing.
func (t *Timeline) mute(l *look) bool { return l.mute || t.fields.sensors[l.key.Sensor].says() }

// ErrLate is for a look that comes later than Config.Lag, and of which nothing may
// be used.
var ErrLate = errors.New("later than the lag: its time is settled")

func (c Config) withDefaults() Config {
	if c.Model == nil {
		c.Model = &imm.Model{Share: [imm.Ways]float64{imm.Steady: 1}, Mean: 60, Noise: [imm.Ways]float64{imm.Steady: 0.1}}
	}
	c.SpeedSD = cmp.Or(c.SpeedSD, 10)
	c.Life = cmp.Or(c.Life, 1000)
	c.Lag = cmp.Or(c.Lag, 10*time.Second)
	c.Gate = cmp.Or(c.Gate, 20)
	c.Reach = cmp.Or(c.Reach, 20e3)
	c.Drop = cmp.Or(c.Drop, 1e-3)
	c.Cell = cmp.Or(c.Cell, 5e3)
	if c.Workers <= 0 {
		c.Workers = min(2, runtime.GOMAXPROCS(0))
	}
	return c
}

// Key orders looks.
type Key struct {
	Time   int64
	Sensor int32
	Seq    int32 // among those of one sensor and time, in the order of arrival
}

// Compare orders keys.
func (k Key) Compare(o Key) int {
	if k.Time != o.Time {
		return cmp.Compare(k.Time, o.Time)
	}
	return cmp.Or(cmp.Compare(k.Sensor, o.Sensor), cmp.Compare(k.Seq, o.Seq))
}

// ID names a thing by the plot that started it. It does not depend on the order
// of arrival.
type ID struct {
	Key
	Plot int32 // of the look, in the look's own order
}

// Compare orders things by their beginning.
func (id ID) Compare(o ID) int { return cmp.Or(id.Key.Compare(o.Key), cmp.Compare(id.Plot, o.Plot)) }

// Timeline keeps the picture. It is not safe for concurrent use.
type Timeline struct {
	cfg     Config
	domains []Domain // the first is of what is not known
	wanders []wander // by domain
	careful bool     // all things are predicted
	sides   sides
	worth   int      // from how many things or pairs on goroutines share the work
	looks   []*look  // not settled, by key
	things  []*thing // by ID
	newest  int64
	begun   bool
	fields  fields
	biases  biases
	sheds   sheds
	rays    []ray           // settled bearings that later ones may cross
	rows    []rows          // what settled bearings are, by sensor
	points  []bool          // whether it gave a bearing
	settle  func(now int64) // called when all looks up to a time are settled
	stats   Stats
	work    work

	afterwards int32    // looks that came later than the lag
	late       []lateOf // what they did since Changes was asked
	toldLate   []lateOf // that before

	ends  []ending
	dirty []*thing // that changed since Changes was asked
	// telling was dirty when it was asked last; its room is used again.
	telling []*thing
	// leaving are things without a version of which Changes tells for the last time.
	leaving  []*thing
	gone     int // things without a version among things
	teller   teller
	rares    bool // versions may have what is rare
	spare    spare
	versions versions
}

// Stats counts.
type Stats struct {
	Looks, Plots uint64
	Late         uint64 // looks that came after later ones
	Redone       uint64 // looks that were made again for them, in part or whole
	Refused      uint64 // looks later than the lag of which nothing may be used
	Retrodicted  uint64 // plots of others that count for a thing
	EvidenceOnly uint64 // plots of them that count for none
	Born, Ended  uint64
	Unsound      uint64 // plots that no measurement can be, which were left out
	// Shed is what was left out to bound work and memory (shed.go).
	Shed [Sheds]uint64
}

// New makes a Timeline. settled, if not nil, is called with each time of looks
// in order, when nothing can change any more what was believed then; it may use
// All.
func New(cfg Config, settled func(now int64)) (*Timeline, error) {
	t := &Timeline{cfg: cfg.withDefaults(), settle: settled, worth: worth}
	t.cfg.Assoc.Budget = 1 << 62 // a shared one would make looks depend on their parts
	if err := t.newSides(t.cfg.Workers); err != nil {
		return nil, err
	}
	t.domains = append([]Domain{{t.cfg.Model, t.cfg.SpeedSD}}, t.cfg.Domains...)
	for i := range t.domains {
		t.wanders = append(t.wanders, wanderOf(t.domains[i].Model))
	}
	t.versions, t.spare.all = newVersions(t.domains), make([]*thing, 1)
	t.fields = newFields(&t.cfg)
	t.biases.Period = int64(t.cfg.Lag)
	return t, nil
}

// AddSensor gives the number of a new sensor. Looks of one time are in the order
// of their sensors' numbers.
func (t *Timeline) AddSensor(s Sensor) int32 {
	t.fields.sensors = append(t.fields.sensors, sensorField{index: map[square]int32{}})
	t.rows, t.points = append(t.rows, rows{}), append(t.points, false)
	n := int32(len(t.fields.sensors)) - 1 //nolint:gosec // fewer than 2^31
	t.SetSensor(n, s)
	return n
}

// SetSensor changes what is known of a sensor, for looks that are made from now
// on: those that late ones have made again, too.
func (t *Timeline) SetSensor(n int32, s Sensor) {
	s.Seen = cmp.Or(s.Seen, 0.9)
	t.fields.sensors[n].Sensor = s
	t.biases.Set(n, s.Bias, slices.Max(t.cfg.Model.Noise[:]))
}

// Stats gives the counts so far.
func (t *Timeline) Stats() Stats { return t.stats }

// Take adds a look; its plots are put in an order of their own.
func (t *Timeline) Take(in *Look) error {
	if t.begun && in.Time < t.newest-int64(t.cfg.Lag) {
		return t.takeLate(in)
	}
	t.begun = true
	t.stats.Looks++
	t.stats.Plots += uint64(len(in.Plots))
	t.newest = max(t.newest, in.Time)
	for len(t.looks) > 0 && t.looks[0].key.Time < t.newest-int64(t.cfg.Lag) {
		t.retire()
	}
	t.settleEnds(t.newest - int64(t.cfg.Lag))
	t.fields.turn(t.newest)
	t.biases.Turn(t.newest)
	i := t.insert(t.newLook(in))
	if i < len(t.looks)-1 {
		t.stats.Late++
	}
	t.make(i)
	return nil
}

// Flush settles everything, as at the end of a file.
func (t *Timeline) Flush() {
	for len(t.looks) > 0 {
		t.retire()
	}
	t.settleEnds(t.newest)
}

// insert puts a look in its place.
func (t *Timeline) insert(l *look) int {
	i := len(t.looks)
	l.key.Seq = math.MaxInt32 // after all of its sensor and time
	for i > 0 && t.looks[i-1].key.Compare(l.key) > 0 {
		i--
	}
	l.key.Seq = 0
	if i > 0 && t.looks[i-1].key.Time == l.key.Time && t.looks[i-1].key.Sensor == l.key.Sensor {
		l.key.Seq = t.looks[i-1].key.Seq + 1
	}
	t.looks = slices.Insert(t.looks, i, l)
	return i
}

// retire settles the earliest look.
func (t *Timeline) retire() {
	l := t.looks[0]
	t.looks = slices.Delete(t.looks, 0, 1)
	t.fields.learn(l)
	t.tellBiases(l)
	t.keepRays(l)
	t.keepRows(l)
	last := len(t.looks) == 0 || t.looks[0].key.Time > l.key.Time
	w := &t.work
	w.released = w.released[:0]
	for _, n := range l.things {
		th := t.spare.all[n]
		if v := t.versions.settle(th, l.key); v != nil {
			var s imm.State
			s.Unpack(t.versions.ways, t.versions.state(v))
			e := s.Mean()
			w.released = append(w.released, released{th.id, v.key.Time, e.X[0], e.X[1], v.letGo})
			t.gone++
			t.biases.End(th.id)
		}
	}
	t.fields.release(w.released)
	if t.gone > len(t.things)/8 {
		t.gone = 0
		t.things = slices.DeleteFunc(t.things, func(th *thing) bool {
			if !th.empty() {
				return false
			}
			t.stats.Ended++
			if th.dirty { // Changes is to tell of it
				t.leaving = append(t.leaving, th)
			} else {
				t.spare.end(th)
			}
			return true
		})
	}
	if last && t.settle != nil {
		t.settle(l.key.Time)
	}
	t.spare.endLook(l)
}

// Thing is what is believed of one thing at a time.
type Thing struct {
	ID        ID
	Existence float64
	State     kalman.Estimate
	Claim     uint64
	Honest    float64
	Foreign   bool  // only other trackers know it
	Updated   int64 // the last time that a plot was likely its own
}

// All calls yield with what is believed at a time of all that exists at least
// as likely as given, in order of ID, from the looks up to that time.
func (t *Timeline) All(at int64, least float64, yield func(*Thing) bool) {
	var out Thing
	var v version
	for _, th := range t.things {
		k := t.versions.upTo(th, at)
		if k == nil || float64(k.exists*t.survives(at-k.key.Time)) < least {
			continue
		}
		t.thingAt(th.id, k, at, &v, &out)
		if !yield(&out) {
			return
		}
	}
}

// thingAt sets out to what a version says of a thing at a time, by way of v.
func (t *Timeline) thingAt(id ID, k *kept, at int64, v *version, out *Thing) {
	t.versions.open(k, v)
	t.domain(&v.identity).Model.Predict(&v.state, seconds(at-v.stateAt))
	*out = Thing{
		ID: id, Existence: float64(v.exists * t.survives(at-v.key.Time)), State: v.state.Mean(),
		Claim: v.claim, Honest: v.honest, Foreign: v.foreign, Updated: v.seenAt,
	}
	t.show(at, v.leans, &out.State)
}

func seconds(ns int64) float64 { return float64(ns) / 1e9 }
