package app

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"slices"
	"time"

	"atalaya/fuse/imm"
	"atalaya/fuse/measure"
	"atalaya/fuse/registration"
	"atalaya/fuse/timeline"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/internal/trackfile"
)

// TrackConfig says what 'atalaya track' is to do.
type TrackConfig struct {
	Measurements io.Reader
	Knowledge    trackfile.Knowledge
	Tracks       io.Writer
	Lag          time.Duration
	// Tolerance is the error that is as bad as not to know a thing at all, m: what
	// is too uncertain for that is not told. 0: nothing is.
	Tolerance float64
	Bad       func(error) // is told of each line that cannot be used
}

// reported is the existence from which a thing is told.
const reported = 0.5

// Track runs the tracker over a file of measurements. What it tells of a time is
// what was believed of it when all looks up to a lag later had come.
func Track(ctx context.Context, cfg TrackConfig) (sum trackfile.Summary, err error) {
	in, err := trackfile.NewReader(cfg.Measurements)
	if err != nil {
		return sum, err
	}
	if err := cfg.Knowledge.Fits(in.Frame()); err != nil {
		return sum, fmt.Errorf("what is known beforehand does not fit the measurements: %w", err)
	}
	t := tracking{
		cfg: cfg, meter: newMeter(), sheet: sheet{frame: in.Frame()}, out: trackfile.NewWriter(cfg.Tracks, in.Frame(), "atalaya"),
		sensors: map[string]int32{}, claimed: map[string]bool{}, bearing: map[string]bool{},
		claims: map[uint64]string{}, names: map[timeline.ID]string{},
	}
	for scan, err := range in.Scans() {
		if ctx.Err() != nil {
			return t.sum, fmt.Errorf("stopped after %d scans: %w", t.sum.Scans, ctx.Err())
		}
		var bad *trackfile.Bad
		switch {
		case errors.As(err, &bad):
			t.sum.BadLines++
			cfg.Bad(err)
			continue
		case err != nil:
			return t.sum, err
		}
		if err := t.scan(&scan); err != nil {
			return t.sum, err
		}
	}
	if t.line != nil {
		t.line.Flush()
	}
	err = errors.Join(t.err, t.out.Close())
	t.sum.Hash = t.out.Hash()
	if t.line != nil {
		s := t.line.Stats()
		t.sum.Late, t.sum.TooLate = int(s.Late+s.Refused), int(s.Refused)     //nolint:gosec // counts of lines
		t.sum.Shed = map[string]int64{"plots": t.unplaced + int64(s.Unsound)} //nolint:gosec // counts
		for k, n := range s.Shed {
			t.sum.Shed[timeline.Shed(k).String()] = int64(n) //nolint:gosec // counts
		}
		t.sum.Biases = t.biases()
	}
	return t.sum, err
}

// biases tells what was learnt of sensors.
func (t *tracking) biases() map[string]trackfile.Bias {
	out := map[string]trackfile.Bias{}
	for name, n := range t.sensors {
		r, ok := t.line.Registration(n)
		if !ok {
			continue
		}
		sd := r.SD()
		const az, far, late = registration.Azimuth, registration.Range, registration.Time
		out[name] = trackfile.Bias{
			State: r.State.String(), Pairs: r.Used, Refused: r.Refused, Last: float64(r.Last) / 1e9,
			Bearing: float64(r.Bias[az]*180) / math.Pi, BearingSD: float64(sd[az]*180) / math.Pi,
			Range: r.Bias[far], RangeSD: sd[far], Time: r.Bias[late], TimeSD: sd[late],
		}
	}
	return out
}

// tracking is a run of Track.
type tracking struct {
	cfg      TrackConfig
	sheet    sheet
	line     *timeline.Timeline
	out      *trackfile.Writer
	sensors  map[string]int32
	claimed  map[string]bool // sensors that brought a claim
	bearing  map[string]bool // sensors that give bearings
	claims   map[uint64]string
	names    map[timeline.ID]string
	meter    *meter
	wrote    cost  // in this scan
	unplaced int64 // ranges and bearings from nobody knows where
	sum      trackfile.Summary
	err      error
}

// scan gives a scan to the tracker.
func (t *tracking) scan(s *trackfile.Scan) error {
	t.cfg.Knowledge.Complete(s)
	at, placed := t.cfg.Knowledge.Place(t.sheet.frame, s)
	if t.line == nil && !t.begin(s, at, placed) {
		return nil // nothing has a place yet
	}
	look := timeline.Look{Time: s.Time, Sensor: t.sensor(s)}
	if region := t.region(s, at, placed); region != nil {
		look.Region = region
	} else if t.bearings(s) {
		look.Sight = unknownSight
	}
	known, _ := t.cfg.Knowledge.Sensor(s.Sensor)
	for i := range s.Detections {
		d := &s.Detections[i]
		if d.Form != trackfile.Position && !placed {
			t.unplaced++
			continue
		}
		look.Plots = append(look.Plots, t.plot(d, at, known.Biased()))
	}
	t.sum.Scans++
	t.sum.Detections += len(s.Detections)
	t.wrote = cost{}
	began := t.meter.now()
	err := t.line.Take(&look)
	t.took(t.meter.now().minus(began).minus(t.wrote)) // writing is not tracking
	if err != nil && !errors.Is(err, timeline.ErrLate) {
		return err
	}
	return t.err
}

// took counts what a scan cost.
func (t *tracking) took(c cost) {
	t.sum.Seconds += c.wall.Seconds()
	t.sum.CPUSeconds += c.cpu.Seconds()
	t.sum.Allocations += c.objects
	t.sum.ScanMS = append(t.sum.ScanMS, milliseconds(c.wall))
	t.sum.ScanCPUMS = append(t.sum.ScanCPUMS, milliseconds(c.cpu))
}

// bearings tells whether a sensor gives bearings: it is known to have false
// ones, or brought one. Unlike a radar it seldom looks all round, so where it
// looks is unknown unless that is stated.
func (t *tracking) bearings(s *trackfile.Scan) bool {
	known, _ := t.cfg.Knowledge.Sensor(s.Sensor)
	bearing := func(d trackfile.Detection) bool { return d.Form == trackfile.BearingOnly }
	if known.ClutterBearing != nil || slices.ContainsFunc(s.Detections, bearing) {
		t.bearing[s.Sensor] = true
	}
	return t.bearing[s.Sensor]
}

func unknownSight(_, _ float64, _ geo.Height) (seen float64, known bool) { return 0, false }

// begin makes the tracker, in a plane that touches the earth at the first place
// of the file.
func (t *tracking) begin(s *trackfile.Scan, at trackfile.Place, placed bool) bool {
	for i := range s.Detections {
		if d := &s.Detections[i]; !placed && d.Form == trackfile.Position {
			at, placed = d.Place, true
		}
	}
	if !placed && t.sheet.frame == trackfile.WGS84 {
		t.sum.Scans++
		t.unplaced += int64(len(s.Detections))
		return false
	}
	t.sheet.plane = geo.NewPlane(at.Geo())
	p := &t.cfg.Knowledge.Prior
	cfg := timeline.Config{
		Model: model(p), SpeedSD: p.SpeedSD, Life: life(p.Survival), Lag: t.cfg.Lag,
	}
	cfg.Cross, cfg.Ranging = crossing, ranging
	if p.Crossing != nil {
		cfg.Cross = time.Duration(*p.Crossing * float64(time.Second))
	}
	if p.Ranging != nil {
		cfg.Ranging = time.Duration(*p.Ranging * float64(time.Second))
	}
	if p.Birth != nil {
		cfg.Birth = *p.Birth
	}
	for _, b := range p.Births {
		x, y := t.sheet.xy(trackfile.Place{X: b.Mean[0], Y: b.Mean[1]})
		cfg.Births = append(cfg.Births, timeline.Births{Rate: b.Weight, Present: b.AtStart, X: x, Y: y, SD: b.SD})
	}
	line, err := timeline.New(cfg, t.settled)
	if err != nil {
		t.err = err
		return false
	}
	t.line = line
	return true
}

// What bearings start where the configuration does not say it: as live.
const crossing, ranging = 10 * time.Second, 5 * time.Minute

// life is the mean life in seconds of what lives another second with a
// probability.
func life(survival float64) float64 {
	if survival >= 1 {
		return 1e9
	}
	return -1 / fmath.Log(survival)
}

// model is how things move: to each way but the first a tenth of the time.
func model(p *trackfile.Prior) *imm.Model {
	m := imm.Model{Mean: 60, Turn: 3 * math.Pi / 180, Drift: 0.4, Calm: 10}
	for k := range m.Noise {
		m.Noise[k] = p.ProcessNoise
	}
	sum := 0.0
	for _, name := range p.Models {
		switch name {
		case trackfile.ConstantVelocity:
			m.Share[imm.Steady] = 0.8
		case trackfile.CoordinatedTurn:
			m.Share[imm.Left], m.Share[imm.Right] = 0.05, 0.05
		case trackfile.Stopped:
			m.Share[imm.Slow] = 0.1
		}
	}
	for _, s := range m.Share {
		sum += s
	}
	for k := range m.Share {
		m.Share[k] /= sum
	}
	return &m
}

// sensor gives the number of the scan's sensor. One that the configuration does
// not know hears what things say from the first claim on.
func (t *tracking) sensor(s *trackfile.Scan) int32 {
	known, _ := t.cfg.Knowledge.Sensor(s.Sensor)
	is := timeline.Sensor{Seen: known.DetectionProbability, Foreign: known.Kind == trackfile.Foreign}
	if d, ok := known.Density(); ok {
		is.Clutter = max(d, 1e-15)
	}
	is.Bias.SD = registration.Bias{float64(known.BearingBiasSD*math.Pi) / 180, known.RangeBiasSD, known.TimeBiasSD}
	if known.ClutterBearing != nil {
		is.ClutterBearing = max(float64(*known.ClutterBearing*180)/math.Pi, 1e-15)
	}
	n, ok := t.sensors[s.Sensor]
	if s.Claims() {
		t.claimed[s.Sensor] = true
	}
	is.Cooperative = known.Cooperates(t.claimed[s.Sensor])
	if !ok {
		n = t.line.AddSensor(is)
		t.sensors[s.Sensor] = n
		return n
	}
	t.line.SetSensor(n, is)
	return n
}

// region is where the scan looked, or nil.
func (t *tracking) region(s *trackfile.Scan, at trackfile.Place, placed bool) timeline.Region {
	known, _ := t.cfg.Knowledge.Sensor(s.Sensor)
	switch view, ok := known.View(); {
	case s.HasSector && placed:
		return t.sector(s.Sector, at)
	case len(s.Footprint) > 0:
		p := make(timeline.Polygon, 0, len(s.Footprint))
		for _, c := range s.Footprint {
			x, y := t.sheet.xy(c)
			p = append(p, [2]float64{x, y})
		}
		return p
	case ok && placed:
		return t.sector(view, at)
	}
	return nil
}

func (t *tracking) sector(s trackfile.Sector, at trackfile.Place) timeline.Sector {
	x, y := t.sheet.xy(at)
	turn := t.sheet.turn(at)
	return timeline.Sector{X: x, Y: y, From: s.From - turn, Width: s.Width(), Reach: s.Range}
}

// plot brings a detection into the plane; raw, a range and bearing stay what they
// are.
func (t *tracking) plot(d *trackfile.Detection, at trackfile.Place, raw bool) timeline.Plot {
	const rad = math.Pi / 180
	var p timeline.Plot
	turn := t.sheet.turn(at)
	switch d.Form {
	case trackfile.Position:
		x, y := t.sheet.xy(d.Place)
		turn = t.sheet.turn(d.Place)
		p.Measurement = measure.Place(x, y, turned(d.Cov, turn))
	case trackfile.RangeBearing:
		x, y := t.sheet.xy(at)
		ground := d.Range
		if d.HasElevation {
			_, c := fmath.SincosDegrees(d.Elevation)
			ground = float64(ground * c)
		}
		bearing, bearingSD := float64((d.Bearing-turn)*rad), float64(d.BearingSD*rad)
		if p.Measurement = measure.Polar(x, y, ground, d.RangeSD, bearing, bearingSD); raw {
			p.Measurement = measure.Measurement{Kind: measure.OfPolar, X: x, Y: y, Range: ground, RangeSD: d.RangeSD, Bearing: bearing, BearingSD: bearingSD}
		}
	case trackfile.BearingOnly:
		x, y := t.sheet.xy(at)
		p.Measurement = measure.Bearing(x, y, float64((d.Bearing-turn)*rad), float64(d.BearingSD*rad))
	}
	if d.HasSpeed && d.HasCourse {
		sin, cos := fmath.SincosDegrees(d.Course - turn)
		p.Velocity = measure.Velocity{X: float64(d.Speed * sin), Y: float64(d.Speed * cos), Var: 1}
	}
	if d.Claim != "" {
		h := fnv.New64a()
		h.Write([]byte(d.Claim))
		p.Claim = h.Sum64()>>8 | 1 // all of one kind
		t.claims[p.Claim] = d.Claim
	}
	return p
}

// worthTelling tells whether a thing's track lowers the error to be expected.
// With c the tolerance, a track of nothing and a thing without a track each cost
// c^2/2, and a thing with a track min(d, c)^2 (GOSPA, p = 2): so a track is worth
// it where existence is above 1/(2 - 2 E[min(d, c)^2]/c^2). In a round belief of
// variance v either way that mean is 2v (1 - exp(-c^2/2v)).
func worthTelling(th *timeline.Thing, tolerance float64) bool {
	if tolerance <= 0 {
		return true
	}
	c2, both := float64(tolerance*tolerance), th.State.P[0][0]+th.State.P[1][1]
	lost := float64(both/c2) * (1 - fmath.Exp(-c2/both))
	return float64(th.Existence*(2-2*lost)) > 1
}

// settled writes what was believed at a time.
func (t *tracking) settled(now int64) {
	began := t.meter.now()
	t.line.All(now, reported, func(th *timeline.Thing) bool {
		if !worthTelling(th, t.cfg.Tolerance) {
			return true
		}
		id, ok := t.names[th.ID]
		if !ok {
			id = fmt.Sprintf("T%d", len(t.names)+1)
			t.names[th.ID] = id
		}
		tr := t.sheet.track(th)
		tr.Time, tr.ID = now, id
		if th.Claim != 0 {
			tr.Claims = []trackfile.Claim{{ID: t.claims[th.Claim], Honest: th.Honest}}
		}
		if err := t.out.Write(tr); err != nil {
			t.err = fmt.Errorf("write tracks: %w", err)
		}
		t.sum.Tracks++
		return t.err == nil
	})
	t.wrote = t.wrote.plus(t.meter.now().minus(began))
}
