package timeline

import (
	"math"
	"testing"

	"atalaya/fuse/measure"
	"atalaya/geo"
	"atalaya/obs"
)

// A post hears of one boat: bearings along the line to it, which goes on to
// another one beyond what the post sees.
func TestBearingsEndWhereThePostSees(t *testing.T) {
	const near, far, reach = 1000.0, 5000.0, 2000.0
	east := float64(math.Pi / 2)
	for _, c := range []struct {
		name         string
		post         Look
		doubt, still bool // whether the near one's existence falls by silence; by bearings it does not
	}{
		{"its reach is known", Look{Region: Sector{Width: 360, Reach: reach}}, true, false},
		{"where it looks is unknown", Look{Sight: func(_, _ float64, _ geo.Height) (float64, bool) { return 0, false }}, false, true},
	} {
		heard, silent := boats(t, &c.post, near, far, east), boats(t, &c.post, near, far)
		alone := boats(t, nil, near, far)
		if differ(heard[1].exists, alone[1].exists) || !c.still && differ(heard[1].sd, alone[1].sd) {
			t.Errorf("%s: what is beyond its reach exists with %v, and %v without bearings", c.name, heard[1].exists, alone[1].exists)
		}
		if fell := differ(silent[0].exists, alone[0].exists); fell != c.doubt {
			t.Errorf("%s: silence makes %v of %v", c.name, silent[0].exists, alone[0].exists)
		}
		if same := !differ(heard[0].exists, alone[0].exists); same != c.still {
			t.Errorf("%s: bearings make %v of %v", c.name, heard[0].exists, alone[0].exists)
		}
		if !(heard[0].sd < alone[0].sd) {
			t.Errorf("%s: bearings do not sharpen: %v m, %v m without", c.name, heard[0].sd, alone[0].sd)
		}
	}
}

func differ(a, b float64) bool { return math.Abs(a-b) > 1e-9 }

// boat is how likely one exists, and how uncertain it is across the bearing, m.
type boat struct{ exists, sd float64 }

// boats are shown to a radar twice, in places east of a post; then the post
// looks five times.
func boats(t *testing.T, post *Look, x0, x1 float64, bearings ...float64) (out [2]boat) {
	t.Helper()
	tl, err := New(Config{Birth: 1e-9}, nil)
	if err != nil {
		t.Fatal(err)
	}
	radar := tl.AddSensor(Sensor{Clutter: 1e-8})
	eye := tl.AddSensor(Sensor{Seen: 0.6, ClutterBearing: 0.01})
	take := func(l Look) {
		if err := tl.Take(&l); err != nil {
			t.Fatal(err)
		}
	}
	for n := range int64(2) {
		take(Look{Time: n * 1e9, Sensor: radar, Plots: []Plot{place(x0, 0, obs.Round(50)), place(x1, 0, obs.Round(50))}})
	}
	for n := range int64(5) {
		if post == nil {
			break
		}
		l := *post
		l.Time, l.Sensor = (2+n)*1e9, eye
		for _, b := range bearings {
			l.Plots = append(l.Plots, Plot{Measurement: measure.Bearing(0, 0, b, 0.002)})
		}
		take(l)
	}
	tl.All(6e9, 0, func(th *Thing) bool {
		if th.State.X[0] > 0 {
			at := 0
			if th.State.X[0] > (x0+x1)/2 {
				at = 1
			}
			if th.Existence > out[at].exists {
				out[at] = boat{th.Existence, math.Sqrt(th.State.P[1][1])}
			}
		}
		return true
	})
	return out
}
