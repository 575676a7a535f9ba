package trackfile

import (
	"reflect"
	"strings"
	"testing"
)

func known(t *testing.T, file string) Knowledge {
	t.Helper()
	k, err := ReadKnowledge(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestAllKeys(t *testing.T) {
	got := known(t, `
[prior]
models = ["stopped", "constant-velocity"]
process_noise = 1
speed_sd = 2.5
survival_per_s = 0.99
birth_per_m2_s = 0
crossing_s = 4
ranging_s = 90
births = [{weight_per_s = 0.5, at_start = 3, mean = [1, 2], sd = 3}]
[sensors.radar]
kind = "surveillance"
position = [1, 2, 3]
detection_probability = 0.8
clutter_count = 10
clutter_region_m2 = 1e4
field_of_view = [350, 10, 500]
position_sd = 1
range_sd = 2
bearing_sd = 3
elevation_sd = 4
bearing_bias_sd = 0.5
range_bias_sd = 60
time_bias_sd = 0.2
[sensors."camera 1"]
moving = true
clutter_per_m2 = 0
clutter_per_deg = 0.1
`)
	want := Knowledge{
		Prior: Prior{
			Models: []string{Stopped, ConstantVelocity}, ProcessNoise: 1, SpeedSD: 2.5, Survival: 0.99, Birth: new(0.0), Crossing: new(4.0), Ranging: new(90.0),
			Births: []BirthArea{{0.5, 3, []float64{1, 2}, 3}},
		},
		Sensors: map[string]Sensor{
			"radar": {
				Kind: Surveillance, Position: []float64{1, 2, 3}, DetectionProbability: 0.8, ClutterCount: new(10.0),
				ClutterRegion: 1e4, FieldOfView: []float64{350, 10, 500}, PositionSD: 1, RangeSD: 2, BearingSD: 3, ElevationSD: 4,
				BearingBiasSD: 0.5, RangeBiasSD: 60, TimeBiasSD: 0.2,
			},
			"camera 1": {
				Moving: true, DetectionProbability: 0.9, Clutter: new(0.0), ClutterBearing: new(0.1),
				PositionSD: 10, RangeSD: 30, BearingSD: 1, ElevationSD: 1,
			},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant\n%+v", got, want)
	}
	if d, ok := got.Sensors["radar"].Density(); !ok || d != 1e-3 {
		t.Errorf("clutter %g, %v", d, ok)
	}
	if d, ok := got.Sensors["camera 1"].Density(); !ok || d != 0 {
		t.Errorf("no clutter is %g, %v", d, ok)
	}
	if v, ok := got.Sensors["radar"].View(); !ok || v != (Sector{350, 10, 500}) {
		t.Errorf("field of view %v, %v", v, ok)
	}
}

// Without a file what adapts is not given, and 0 is not unknown.
func TestDefaults(t *testing.T) {
	k := known(t, "")
	if !reflect.DeepEqual(k, NoKnowledge()) || k.Prior.Birth != nil || len(k.Prior.Models) != 3 {
		t.Errorf("%+v", k)
	}
	s, known := k.Sensor("radar")
	if known || s.DetectionProbability != 0.9 || s.BearingSD != 1 || s.Kind != "" {
		t.Errorf("%+v", s)
	}
	if _, ok := s.Density(); ok {
		t.Error("clutter is known")
	}
	if _, ok := s.View(); ok {
		t.Error("the field of view is known")
	}
}

func TestCooperates(t *testing.T) {
	for _, c := range []struct {
		kind          string
		claimed, want bool
	}{
		{"", false, false},
		{"", true, true},
		{Surveillance, true, false},
		{Cooperative, false, true},
		{Foreign, true, false},
	} {
		if got := (Sensor{Kind: c.kind}).Cooperates(c.claimed); got != c.want {
			t.Errorf("kind %q, claimed %v: %v", c.kind, c.claimed, got)
		}
	}
	claims := Scan{Detections: []Detection{{}, {Claim: "mmsi:1"}}}
	if silent := (Scan{Detections: make([]Detection, 2)}); !claims.Claims() || silent.Claims() {
		t.Error("a scan claims what it does not, or the reverse")
	}
}

func TestBadKnowledgeIsNamed(t *testing.T) {
	sensor := func(line string) string { return "[sensors.a]\n" + line }
	for _, c := range []struct{ file, want string }{
		{"prior = [", "line 1: "},
		{"[prior]\nspeed_sd = \"fast\"", "line 2 (last key \"prior.speed_sd\")"},
		{"[prior]\nspeed = 2\n[wind]\nfrom = 1", "the key prior.speed is unknown"},
		{"[prior]\nspeed = 2\n[wind]\nfrom = 1", "the key wind.from is unknown"},
		{sensor("colour = 1"), "the key sensors.a.colour is unknown"},
		{"[prior]\nmodels = []", "prior.models is empty: use some of"},
		{"[prior]\nmodels = [\"jump\"]", `prior.models has "jump": use some of ["constant-velocity" "coordinated-turn" "stopped"]`},
		{"[prior]\nprocess_noise = 0", "prior.process_noise is 0: use a number above 0, at most 10000"},
		{"[prior]\nprocess_noise = nan", "prior.process_noise is NaN"},
		{"[prior]\nspeed_sd = -1", "prior.speed_sd is -1"},
		{"[prior]\nsurvival_per_s = 1.1", "prior.survival_per_s is 1.1: use a number above 0, at most 1"},
		{"[prior]\nbirth_per_m2_s = -1", "prior.birth_per_m2_s is -1: use 0 to 1, or leave it out"},
		{"[prior]\ncrossing_s = 61", "prior.crossing_s is 61: use 0 to 60, or leave it out"},
		{"[prior]\nranging_s = 1801", "prior.ranging_s is 1801: use 0 to 1800, or leave it out"},
		{"[[prior.births]]\nmean = [0, 0]\nsd = 1", "prior.births, number 1: weight_per_s is 0"},
		{"[[prior.births]]\nmean = [0, 0]\nsd = 1\nweight_per_s = 1\nat_start = -1", "prior.births, number 1: at_start is -1"},
		{"[[prior.births]]\nmean = [0]\nsd = 0\nweight_per_s = 1", "prior.births, number 1: mean has 1 values"},
		{"[[prior.births]]\nmean = [0]\nsd = 0\nweight_per_s = 1", "prior.births, number 1: sd is 0"},
		{sensor(`kind = "radar"`), `sensors.a.kind is "radar": use surveillance, cooperative or foreign`},
		{sensor("position = [1]"), "sensors.a.position has 1 values"},
		{sensor("position = [1, 2]\nmoving = true"), "sensors.a has a position and is moving"},
		{sensor("detection_probability = 0"), "sensors.a.detection_probability is 0: use a number above 0 and below 1"},
		{sensor("detection_probability = 1"), "sensors.a.detection_probability is 1"},
		{sensor("clutter_per_m2 = -1e-9"), "sensors.a.clutter_per_m2 is -1e-09: use 0 to 1"},
		{sensor("clutter_per_deg = inf"), "sensors.a.clutter_per_deg is +Inf"},
		{sensor("clutter_count = 5"), "sensors.a.clutter_region_m2 is 0"},
		{sensor("clutter_region_m2 = 5"), "sensors.a has clutter_region_m2 and no clutter_count"},
		{sensor("clutter_count = 5\nclutter_region_m2 = 5\nclutter_per_m2 = 1e-3"), "sensors.a has clutter_count and clutter_per_m2"},
		{sensor("field_of_view = [0, 10]"), "sensors.a.field_of_view has 2 values"},
		{sensor("position_sd = 0"), "sensors.a.position_sd is 0: use a number above 0"},
		{sensor("bearing_sd = 361"), "sensors.a.bearing_sd is 361: use a number above 0, at most 360"},
		{sensor("range_sd = -1"), "sensors.a.range_sd is -1"},
		{sensor("bearing_bias_sd = 46"), "sensors.a.bearing_bias_sd is 46: use 0 to 45, or leave it out"},
		{sensor("range_bias_sd = -1"), "sensors.a.range_bias_sd is -1"},
		{sensor("time_bias_sd = nan"), "sensors.a.time_bias_sd is NaN"},
		{sensor("kind = \"cooperative\"\nrange_bias_sd = 1"), "sensors.a is cooperative and has a bias"},
		{sensor("kind = \"foreign\"\ntime_bias_sd = 1"), "sensors.a is foreign and has a bias"},
		{sensor("elevation_sd = nan"), "sensors.a.elevation_sd is NaN"},
	} {
		if _, err := ReadKnowledge(strings.NewReader(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\ngives %v, want %q", c.file, err, c.want)
		}
	}
}

func TestPlaces(t *testing.T) {
	k := known(t, "[sensors.fixed]\nposition = [-69, -16, 3810]\n[sensors.boat]\nmoving = true")
	for _, c := range []struct {
		sensor string
		frame  Frame
		want   Place
		known  bool
	}{
		{"fixed", Planar, Place{-69, -16, 3810, true}, true},
		{"boat", Planar, Place{}, false},
		{"other", Planar, Place{}, true},
		{"other", WGS84, Place{}, false},
	} {
		if at, ok := k.Place(c.frame, &Scan{Sensor: c.sensor}); at != c.want || ok != c.known {
			t.Errorf("%s in %s is at %v, %v", c.sensor, c.frame, at, ok)
		}
		on := Place{X: 5, Y: 6}
		if at, ok := k.Place(c.frame, &Scan{Sensor: c.sensor, Platform: on, HasPlatform: true}); at != on || !ok {
			t.Errorf("%s on a platform is at %v, %v", c.sensor, at, ok)
		}
	}
	if err := k.Fits(WGS84); err != nil {
		t.Error(err)
	}
	k = known(t, "[sensors.far]\nposition = [500, 500]\n[[prior.births]]\nmean = [500, 0]\nsd = 1\nweight_per_s = 1")
	if err := k.Fits(Planar); err != nil {
		t.Error(err)
	}
	err := k.Fits(WGS84)
	for _, want := range []string{"sensors.far.position is 500, 500: give longitude", "prior.births, number 1: mean is 500, 0: give longitude"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// Errors that a detection gives are kept; those that it lacks come from the file.
func TestComplete(t *testing.T) {
	k := known(t, "[sensors.a]\nposition_sd = 2\nrange_sd = 3\nbearing_sd = 4\nelevation_sd = 5")
	own := [3][3]float64{{1, 0.5}, {0.5, 1}}
	s := Scan{Sensor: "a", Detections: []Detection{
		{},
		{Place: Place{HasZ: true}},
		{Cov: own},
		{Form: RangeBearing, HasElevation: true},
		{Form: RangeBearing, RangeSD: 7, BearingSD: 8},
		{Form: BearingOnly},
	}}
	k.Complete(&s)
	want := []Detection{
		{Cov: [3][3]float64{{4}, {0, 4}}},
		{Place: Place{HasZ: true}, Cov: [3][3]float64{{4}, {0, 4}, {0, 0, 4}}},
		{Cov: own},
		{Form: RangeBearing, RangeSD: 3, BearingSD: 4, ElevationSD: 5, HasElevation: true},
		{Form: RangeBearing, RangeSD: 7, BearingSD: 8},
		{Form: BearingOnly, BearingSD: 4},
	}
	if !reflect.DeepEqual(s.Detections, want) {
		t.Errorf("%+v\nwant\n%+v", s.Detections, want)
	}
}
