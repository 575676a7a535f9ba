package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"atalaya/fuse"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/watch"
)

// step is the time of one step of the loop.
const step = 250 * time.Millisecond

// Result is what came out of a scenario.
type Result struct {
	Start    time.Time
	Events   []track.Event
	Findings []watch.Finding // in order of raising, every revision
	Tracks   []track.Track   // at the end
	Stats    fuse.Stats
	Hash     [32]byte // of the last picture
	// Failures tell which expectations did not hold.
	Failures []string
}

// world is a scenario while it runs.
type world struct {
	*Scenario
	now     time.Duration // of the world
	skew    time.Duration // of our own clock
	seq     uint64
	tracker *fuse.Tracker
	watch   *watch.Watch
	waiting []delayed // received later
	result  Result
}

type delayed struct {
	at time.Duration
	in track.Input
}

// Run plays the scenario through a tracker and the detectors.
func (s *Scenario) Run() *Result {
	w := &world{
		Scenario: s,
		tracker:  fuse.New(fuse.Config{Lag: s.Lag}),
		watch:    watch.New(watch.Config{Exercise: s.Exercise}),
		result:   Result{Start: s.Start},
	}
	var rules []track.Input
	for _, r := range append(rule.BuiltIn(time.Time{}), s.rules...) {
		rules = append(rules, track.Input{Change: &track.Change{At: s.Start, Rule: &r}})
	}
	w.watch.Step(s.Start, nil, rules)
	var in []track.Input
	for i := range s.sensors {
		in = w.input(in, track.Input{Change: &track.Change{At: s.Start, Sensor: &s.sensors[i].Sensor}})
	}
	for i := range s.assets {
		in = w.input(in, track.Input{Change: &track.Change{At: s.Start, Asset: &s.assets[i]}})
	}
	for i := range s.areas {
		in = w.input(in, track.Input{Change: &track.Change{At: s.Start, Area: &s.areas[i]}})
	}
	for w.now <= s.Duration {
		in = w.gather(in)
		w.close(in)
		w.expectations()
		in = nil
		w.now += step
	}
	w.result.Tracks = w.tracker.Tracks()
	w.result.Stats = w.tracker.Stats()
	w.result.Hash = w.tracker.Hash()
	w.lastly()
	return &w.result
}

func (w *world) input(in []track.Input, v track.Input) []track.Input {
	w.seq++
	v.Seq = w.seq
	return append(in, v)
}

// clock is what our own clock shows.
func (w *world) clock(at time.Duration) time.Time { return w.Start.Add(at + w.skew) }

// close ends one step of the loop.
func (w *world) close(in []track.Input) {
	now := w.clock(w.now)
	events := w.tracker.Step(now, in)
	w.result.Events = append(w.result.Events, events...)
	w.result.Findings = append(w.result.Findings, w.watch.Step(now, events, in)...)
}

// gather makes the inputs that arrive in the step that ends now.
func (w *world) gather(in []track.Input) []track.Input {
	for _, c := range w.clocks {
		if w.due(c.at) {
			w.skew += c.by
		}
	}
	for i := range w.reports {
		r := &w.reports[i]
		for at := max(r.from, w.now-step+1); at <= min(w.now, r.until-1); at++ {
			// The next multiple of the interval at or after at.
			n := (at - r.from + r.every - 1) / r.every
			if at = r.from + n*r.every; at > min(w.now, r.until-1) {
				break
			}
			if o, ok := w.observe(r, uint64(i), at); ok {
				w.waiting = append(w.waiting, delayed{at + r.delay, track.Input{Observation: &o}})
			}
		}
	}
	for i := range w.sensors {
		v := &w.sensors[i]
		if v.Kind == sensor.Radar && v.ScanPeriod > 0 && w.now > 0 && w.now%v.ScanPeriod < step {
			w.waiting = append(w.waiting, delayed{w.now, w.scan(v, uint64(i))})
		}
	}
	for _, d := range w.drops {
		if id := w.trackOf(d.thing, w.now); w.due(d.at) && id != 0 {
			in = w.input(in, track.Input{Change: &track.Change{At: w.clock(w.now), Decision: &track.Decision{Track: id, By: "scenario", Drop: true}}})
		}
	}
	slices.SortStableFunc(w.waiting, func(a, b delayed) int { return cmp.Compare(a.at, b.at) })
	for len(w.waiting) > 0 && w.waiting[0].at <= w.now {
		in = w.receive(in, &w.waiting[0])
		w.waiting = w.waiting[1:]
	}
	return in
}

// receive gives sequence and receive time.
func (w *world) receive(in []track.Input, d *delayed) []track.Input {
	if o := d.in.Observation; o != nil {
		w.seq++
		o.Seq, o.Received = w.seq, w.clock(d.at)
		return append(in, track.Input{Seq: w.seq, Observation: o})
	}
	s := d.in.Scan
	s.Received = w.clock(d.at)
	for i := range s.Observations {
		w.seq++
		s.Observations[i].Seq, s.Observations[i].Received = w.seq, s.Received
	}
	return w.input(in, track.Input{Scan: s})
}

func (w *world) due(at time.Duration) bool { return at > w.now-step && at <= w.now }

// where gives a thing's true place and velocity; ok is false while it does not
// exist.
func (t *thing) where(at time.Duration) (east, north, ve, vn float64, ok bool) {
	p := t.path
	if at < p[0].at || at > p[len(p)-1].at {
		return 0, 0, 0, 0, false
	}
	if len(p) == 1 {
		return p[0].east, p[0].north, 0, 0, true
	}
	i := 1
	for i < len(p)-1 && p[i].at <= at {
		i++
	}
	a, b := p[i-1], p[i]
	whole := (b.at - a.at).Seconds()
	if whole <= 0 {
		return b.east, b.north, 0, 0, true
	}
	ve, vn = (b.east-a.east)/whole, (b.north-a.north)/whole
	dt := (at - a.at).Seconds()
	return a.east + float64(ve*dt), a.north + float64(vn*dt), ve, vn, true
}

func (w *world) thing(id string) *thing {
	for i := range w.things {
		if w.things[i].id == id {
			return &w.things[i]
		}
	}
	return nil
}

// observe makes the observation of a report at a time of the world.
func (w *world) observe(r *report, line uint64, at time.Duration) (obs.Observation, bool) {
	t := w.thing(r.thing)
	east, north, ve, vn, ok := t.where(at)
	if !ok {
		return obs.Observation{}, false
	}
	o := obs.Observation{
		Sensor: sensor.ID(r.sensor), Kind: t.kind, Clock: obs.ClockGNSS, Time: w.clock(at).Add(r.clock),
		Claims: r.claims, Distress: r.distress, Source: obs.Source{Proven: r.proven},
	}
	if r.doubt {
		o.Clock = obs.ClockDoubt
	}
	if w.clocks != nil { // with GNSS time the sensor is right and our clock wrong
		o.Time = w.Start.Add(at + r.clock)
		if w.skew != 0 {
			o.Clock = obs.ClockDoubt
		}
	}
	if !r.place {
		return o, true
	}
	a, b := w.noise.pair(1, line, uint64(at))
	o.Measure = obs.Place
	o.Position = w.position(east+r.east+float64(a*r.sd), north+r.north+float64(b*r.sd))
	o.Cov = obs.Round(r.stated)
	o.Height = t.height
	if r.velocity {
		o.Has |= obs.HasSpeed | obs.HasCourse
		o.Speed, o.Course = fmath.Hypot(ve, vn), geo.WrapBearing(fmath.Atan2Degrees(ve, vn))
	}
	return o, true
}

// scan makes one turn of a radar that ends now.
func (w *world) scan(v *sensorLine, index uint64) track.Input {
	end := w.now
	s := &track.Scan{
		Sensor: v.ID, Start: w.clock(end - v.ScanPeriod), End: w.clock(end), Platform: v.Position, MaxRange: v.MaxRange,
	}
	for i := range w.things {
		t := &w.things[i]
		east, north, _, _, ok := t.where(end)
		metres, bearing, _ := geo.Inverse(v.Position, w.position(east, north))
		if !ok || !t.radar || metres > v.MaxRange || w.noise.uniform(2, index, uint64(i), uint64(end)) >= v.Detection {
			continue
		}
		a, b := w.noise.pair(3, index, uint64(i), uint64(end))
		s.Observations = append(s.Observations, w.plot(v, metres+float64(a*v.RangeSD), bearing+float64(b*v.BearingSD)))
	}
	for i := range v.clutter {
		metres := float64(v.MaxRange * w.noise.uniform(4, index, uint64(i), uint64(end)))
		bearing := float64(360 * w.noise.uniform(5, index, uint64(i), uint64(end)))
		s.Observations = append(s.Observations, w.plot(v, metres, bearing))
	}
	return track.Input{Scan: s}
}

func (w *world) plot(v *sensorLine, metres, bearing float64) obs.Observation {
	p, _ := geo.Direct(v.Position, bearing, metres)
	return obs.Observation{
		Sensor: v.ID, Time: w.clock(w.now), Clock: obs.ClockGNSS, Measure: obs.RangeBearing,
		Origin: v.Position, Range: metres, Bearing: geo.WrapBearing(bearing), RangeSD: v.RangeSD, BearingSD: v.BearingSD, Position: p,
	}
}

// trackOf gives the confirmed track that is nearest to a thing, if it is
// nearer than a kilometre.
func (w *world) trackOf(id string, at time.Duration) track.ID {
	t := w.thing(id)
	if t == nil {
		return 0
	}
	east, north, _, _, ok := t.where(at)
	if !ok {
		return 0
	}
	best, least := track.ID(0), 1000.0
	for _, tr := range w.tracker.Tracks() {
		if d := geo.Distance(tr.State.Position, w.position(east, north)); d < least && tr.Status != track.Tentative {
			best, least = tr.ID, d
		}
	}
	return best
}

func (r *Result) fail(number int, format string, args ...any) {
	r.Failures = append(r.Failures, fmt.Sprintf("line %d: ", number)+fmt.Sprintf(format, args...))
}
