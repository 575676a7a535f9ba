package trackfile

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// Knowledge is what a tracker may know beforehand: the file of --config. Every
// key may be left out, and so may the file.
//
// Where the default is a number, ReadKnowledge fills it in, so that 0 never
// means "unknown". Where the default is to adapt, the field is a pointer: nil
// adapts, and a given 0 is 0.
type Knowledge struct {
	Prior Prior `toml:"prior"`
	// Sensors by the name that the scans give. Of a sensor that is not here
	// every key has its default.
	Sensors map[string]Sensor `toml:"sensors,omitempty"`
}

// Prior is what is known of the targets.
type Prior struct {
	// Models are the ways in which targets move, of ConstantVelocity,
	// CoordinatedTurn and Stopped. Default: all three, because a thing that
	// cannot turn in the model is lost in each turn.
	Models []string `toml:"models"`
	// ProcessNoise is the spectral density of the white acceleration beside each
	// model, m2/s3 an axis, above 0 to 1e4. Default 0.1: boats change speed by
	// tenths of m/s2 (the tracker's own figure for water); take 1 for vehicles, 20 for aircraft.
	ProcessNoise float64 `toml:"process_noise"`
	// SpeedSD is the standard deviation of a new target's speed, m/s an axis,
	// above 0 to 1e4. Default 8, of boats; take 15 for vehicles, 100 for aircraft.
	SpeedSD float64 `toml:"speed_sd"`
	// Survival is the probability to live another second, above 0 to 1.
	// Default 0.999: a thing stays about a quarter of an hour.
	Survival float64 `toml:"survival_per_s"`
	// Birth is how many targets appear, a m2 and second, the same everywhere;
	// 0 to 1. Default: it adapts, or is 0 where Births say where.
	Birth *float64 `toml:"birth_per_m2_s"`
	// Crossing is how far apart in time bearings of several sensors may be that start
	// a target where they cross, s; 0 to 60. Default 10; 0: never.
	Crossing *float64 `toml:"crossing_s"`
	// Ranging is for how long the bearings of a sensor on the move may be a row that
	// starts a target when it tells the range, s; 0 to 1800. Default 300; 0: never.
	Ranging *float64 `toml:"ranging_s"`
	// Births are places where targets appear, beside Birth. Default: none.
	Births []BirthArea `toml:"births,omitempty"`
}

// BirthArea is a Gaussian where targets appear.
type BirthArea struct {
	// Weight is how many targets appear there a second, above 0 to 1e6. No default.
	Weight float64 `toml:"weight_per_s"`
	// AtStart is how many are there when the first scan is taken, 0 to 1e6. Default 0.
	AtStart float64 `toml:"at_start,omitzero"`
	// Mean is the middle, in the frame of the measurements: [x, y] in metres, or
	// [lon, lat] in degrees. No default.
	Mean []float64 `toml:"mean"`
	// SD is the standard deviation either way in metres, above 0 to 1e9. No default.
	SD float64 `toml:"sd"`
}

// Sensor is what is known of a sensor.
type Sensor struct {
	// Kind: only Surveillance can miss. What is Foreign gives no evidence of its
	// own, because nobody knows what it rests on. Default: Cooperative from its first
	// detection with a claim on, Surveillance until then.
	Kind string `toml:"kind,omitempty"`
	// Position of a fixed sensor, in the frame of the measurements; height may
	// be third. Default: [0, 0] in a planar file; in WGS84 there is none, and
	// ranges and bearings without it, or a platform in the scan, are of no use.
	Position []float64 `toml:"position,omitempty"`
	// Moving: its positions stand in the scans, as platform, and one without it
	// cannot be placed. Default false.
	Moving bool `toml:"moving,omitempty"`
	// DetectionProbability of a target where it looks, above 0 and below 1.
	// Default 0.9; a marine radar has 0.8 or more (IMO MSC.192(79), 5.3.1.1: 8 of 10 scans).
	// Of a cooperative sensor it is not used.
	DetectionProbability float64 `toml:"detection_probability,omitzero"`
	// Clutter is how many false detections a scan has, a m2; 0 to 1. Default: it
	// adapts. 0 says that it has none.
	Clutter *float64 `toml:"clutter_per_m2"`
	// ClutterCount is the same as a count over ClutterRegion: 0 to 1e6
	// detections a scan over m2, above 0 to 1e15. Both or neither; not beside Clutter.
	ClutterCount  *float64 `toml:"clutter_count"`
	ClutterRegion float64  `toml:"clutter_region_m2,omitzero"`
	// ClutterBearing is that of a sensor of bearings, a degree: 0 to 1e6.
	// Default: it adapts.
	ClutterBearing *float64 `toml:"clutter_per_deg"`
	// FieldOfView is where it looks when the scan does not say: from and to in
	// degrees from north, clockwise, and metres. Default: everywhere.
	FieldOfView []float64 `toml:"field_of_view,omitempty"`
	// Standard deviations of detections that come without, above 0. PositionSD
	// is 10 m by default (what AIS calls an accurate position, ITU-R M.1371-5,
	// annex 8, 3.1), RangeSD 30 m and BearingSD 1 degree (IMO MSC.192(79), 5.2),
	// ElevationSD 1 degree, as the bearing's.
	PositionSD  float64 `toml:"position_sd,omitzero"`  // m an axis, to 1e9
	RangeSD     float64 `toml:"range_sd,omitzero"`     // m, to 1e9
	BearingSD   float64 `toml:"bearing_sd,omitzero"`   // degrees, to 360
	ElevationSD float64 `toml:"elevation_sd,omitzero"` // degrees, to 180
	// How far its ranges, bearings and clock may be off as a whole: standard
	// deviations of biases that are learnt from targets with a claim. Default: 0,
	// none. Of a cooperative or foreign sensor there are none.
	BearingBiasSD float64 `toml:"bearing_bias_sd,omitzero"` // degrees, to 45
	RangeBiasSD   float64 `toml:"range_bias_sd,omitzero"`   // m, to 1e5
	TimeBiasSD    float64 `toml:"time_bias_sd,omitzero"`    // s, to 600
}

// Models of motion.
const (
	ConstantVelocity = "constant-velocity" // nearly
	CoordinatedTurn  = "coordinated-turn"
	Stopped          = "stopped" // or slow
)

// Kinds of a sensor.
const (
	Surveillance = "surveillance" // looks, and can miss
	Cooperative  = "cooperative"  // hears what targets say; silence says nothing
	Foreign      = "foreign"      // gives the tracks of another tracker
)

// NoKnowledge is what is known without a file: the defaults.
func NoKnowledge() Knowledge {
	return Knowledge{Prior: Prior{
		Models: []string{ConstantVelocity, CoordinatedTurn, Stopped}, ProcessNoise: 0.1, SpeedSD: 8, Survival: 0.999,
	}}
}

// ReadKnowledge reads a file of TOML over the defaults.
func ReadKnowledge(r io.Reader) (Knowledge, error) {
	k := NoKnowledge()
	md, err := toml.NewDecoder(r).Decode(&k)
	if err != nil {
		if at, ok := errors.AsType[toml.ParseError](err); ok {
			return k, fmt.Errorf("read the configuration of the tracker: line %d: %s", at.Position.Line, strings.TrimSpace(at.Message))
		}
		return k, fmt.Errorf("read the configuration of the tracker: %w", err)
	}
	var errs []error
	for _, key := range md.Undecoded() {
		errs = append(errs, fmt.Errorf("the key %s is unknown: docs/tracking-files.md has all keys", key))
	}
	errs = append(errs, k.Prior.check())
	for _, name := range slices.Sorted(maps.Keys(k.Sensors)) {
		s := k.Sensors[name].withDefaults(func(key string) bool { return md.IsDefined("sensors", name, key) })
		errs = append(errs, s.check("sensors."+name))
		k.Sensors[name] = s
	}
	if err := errors.Join(errs...); err != nil {
		return k, fmt.Errorf("read the configuration of the tracker: %w", err)
	}
	return k, nil
}

// Sensor is what is known of the sensor of that name; known says whether the
// file names it.
func (k Knowledge) Sensor(name string) (s Sensor, known bool) {
	if s, known = k.Sensors[name]; known {
		return s, true
	}
	return s.withDefaults(func(string) bool { return false }), false
}

// Complete gives the detections of the scan the errors that they lack.
func (k Knowledge) Complete(s *Scan) {
	sensor, _ := k.Sensor(s.Sensor)
	for i := range s.Detections {
		sensor.complete(&s.Detections[i])
	}
}

func (s *Sensor) complete(d *Detection) {
	or := func(v *float64, sd float64) {
		if *v == 0 {
			*v = sd
		}
	}
	switch d.Form {
	case Position:
		for i := range 3 {
			if i < 2 || d.Place.HasZ {
				or(&d.Cov[i][i], s.PositionSD*s.PositionSD)
			}
		}
	case RangeBearing:
		or(&d.RangeSD, s.RangeSD)
		or(&d.BearingSD, s.BearingSD)
	case BearingOnly:
		or(&d.BearingSD, s.BearingSD)
	}
	if d.HasElevation {
		or(&d.ElevationSD, s.ElevationSD)
	}
}

// withDefaults fills in what is not given. What is given as 0 stays, and is
// refused.
func (s Sensor) withDefaults(given func(key string) bool) Sensor {
	for _, d := range []struct {
		key  string
		to   *float64
		want float64
	}{
		{"detection_probability", &s.DetectionProbability, 0.9},
		{"position_sd", &s.PositionSD, 10},
		{"range_sd", &s.RangeSD, 30},
		{"bearing_sd", &s.BearingSD, 1},
		{"elevation_sd", &s.ElevationSD, 1},
	} {
		if !given(d.key) {
			*d.to = d.want
		}
	}
	return s
}

// Cooperates says whether the silence of the sensor says nothing. What it is
// by default depends on whether it ever claimed an identity.
func (s Sensor) Cooperates(claimed bool) bool {
	return s.Kind == Cooperative || s.Kind == "" && claimed
}

// Density is the clutter a m2 and scan, where it is known: the one of both
// forms that is given.
func (s Sensor) Density() (perM2 float64, known bool) {
	switch {
	case s.Clutter != nil:
		return *s.Clutter, true
	case s.ClutterCount != nil:
		return *s.ClutterCount / s.ClutterRegion, true
	}
	return 0, false
}

// Biased says whether its ranges, bearings or clock may be off as a whole.
func (s Sensor) Biased() bool { return s.BearingBiasSD > 0 || s.RangeBiasSD > 0 || s.TimeBiasSD > 0 }

// View is the field of view, where it is known.
func (s Sensor) View() (view Sector, known bool) {
	if s.FieldOfView == nil {
		return view, false
	}
	return Sector{s.FieldOfView[0], s.FieldOfView[1], s.FieldOfView[2]}, true
}

// Place is where the sensor was at the scan, if that is known.
func (k Knowledge) Place(f Frame, s *Scan) (at Place, known bool) {
	if s.HasPlatform {
		return s.Platform, true
	}
	sensor, _ := k.Sensor(s.Sensor)
	switch {
	case sensor.Moving:
		return at, false
	case sensor.Position != nil:
		at, err := f.place(sensor.Position)
		return at, err == nil
	}
	return at, f == Planar
}

// Fits refuses places that are none in the frame of the measurements.
func (k Knowledge) Fits(f Frame) error {
	var errs []error
	need := func(key string, v []float64) {
		if _, err := f.place(v); err != nil {
			errs = append(errs, fmt.Errorf("%s %w", key, err))
		}
	}
	for i, b := range k.Prior.Births {
		need(fmt.Sprintf("prior.births, number %d: mean", i+1), b.Mean)
	}
	for _, name := range slices.Sorted(maps.Keys(k.Sensors)) {
		if p := k.Sensors[name].Position; p != nil {
			need("sensors."+name+".position", p)
		}
	}
	return errors.Join(errs...)
}

// ranges collects what is outside its range.
type ranges struct{ errs []error }

// above wants a number above 0.
func (r *ranges) above(key string, v, most float64) {
	if !(v > 0 && v <= most) {
		r.errs = append(r.errs, fmt.Errorf("%s is %g: use a number above 0, at most %g", key, v, most))
	}
}

// from wants a number from 0, or none.
func (r *ranges) from(key string, v *float64, most float64) {
	if v != nil && !(*v >= 0 && *v <= most) {
		r.errs = append(r.errs, fmt.Errorf("%s is %g: use 0 to %g, or leave it out", key, *v, most))
	}
}

func (r *ranges) need(ok bool, format string, args ...any) {
	if !ok {
		r.errs = append(r.errs, fmt.Errorf(format, args...))
	}
}

func (p *Prior) check() error {
	var r ranges
	models := NoKnowledge().Prior.Models
	r.need(len(p.Models) > 0, "prior.models is empty: use some of %q, or leave it out", models)
	for _, m := range p.Models {
		r.need(slices.Contains(models, m), "prior.models has %q: use some of %q", m, models)
	}
	r.above("prior.process_noise", p.ProcessNoise, 1e4)
	r.above("prior.speed_sd", p.SpeedSD, 1e4)
	r.above("prior.survival_per_s", p.Survival, 1)
	r.from("prior.birth_per_m2_s", p.Birth, 1)
	r.from("prior.crossing_s", p.Crossing, 60)
	r.from("prior.ranging_s", p.Ranging, 1800)
	for i, b := range p.Births {
		key := fmt.Sprintf("prior.births, number %d: ", i+1)
		r.above(key+"weight_per_s", b.Weight, 1e6)
		r.from(key+"at_start", &b.AtStart, 1e6)
		r.above(key+"sd", b.SD, maxMetres)
		r.need(len(b.Mean) == 2, "%smean has %d values: use two", key, len(b.Mean))
	}
	return errors.Join(r.errs...)
}

func (s *Sensor) check(key string) error {
	var r ranges
	r.need(s.Kind == "" || s.Kind == Surveillance || s.Kind == Cooperative || s.Kind == Foreign,
		"%s.kind is %q: use %s, %s or %s, or leave it out", key, s.Kind, Surveillance, Cooperative, Foreign)
	r.need(s.Position == nil || len(s.Position) == 2 || len(s.Position) == 3,
		"%s.position has %d values: use two, or three with the height", key, len(s.Position))
	r.need(s.Position == nil || !s.Moving, "%s has a position and is moving: use one of both", key)
	r.need(s.DetectionProbability > 0 && s.DetectionProbability < 1,
		"%s.detection_probability is %g: use a number above 0 and below 1", key, s.DetectionProbability)
	r.from(key+".clutter_per_m2", s.Clutter, 1)
	r.from(key+".clutter_per_deg", s.ClutterBearing, 1e6)
	r.from(key+".clutter_count", s.ClutterCount, 1e6)
	switch {
	case s.ClutterCount != nil:
		r.above(key+".clutter_region_m2", s.ClutterRegion, 1e15)
		r.need(s.Clutter == nil, "%s has clutter_count and clutter_per_m2: use one of both", key)
	default:
		r.need(s.ClutterRegion == 0, "%s has clutter_region_m2 and no clutter_count: use both or neither", key)
	}
	if s.FieldOfView != nil {
		if _, err := sector(s.FieldOfView); err != nil {
			r.errs = append(r.errs, fmt.Errorf("%s.field_of_view %w", key, err))
		}
	}
	r.above(key+".position_sd", s.PositionSD, maxMetres)
	r.above(key+".range_sd", s.RangeSD, maxMetres)
	r.above(key+".bearing_sd", s.BearingSD, 360)
	r.above(key+".elevation_sd", s.ElevationSD, 180)
	r.from(key+".bearing_bias_sd", &s.BearingBiasSD, 45)
	r.from(key+".range_bias_sd", &s.RangeBiasSD, 1e5)
	r.from(key+".time_bias_sd", &s.TimeBiasSD, 600)
	r.need(s.Kind != Cooperative && s.Kind != Foreign || !s.Biased(), "%s is %s and has a bias: leave the bias out", key, s.Kind)
	return errors.Join(r.errs...)
}
