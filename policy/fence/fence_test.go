package fence

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"atalaya/geo"
)

func TestQuietCommandPasses(t *testing.T) {
	f := mustNew(t, lake(t))
	v := f.Command(quiet())
	if !v.Pass {
		t.Fatalf("refused:\n%s", v.Text())
	}
	if v.Binding == nil || v.Binding.Left < 0 {
		t.Errorf("binding %+v", v.Binding)
	}
	// position 9, age (0.2+0.1+0.5) x 23, stop 23²/4, wind 16, loss 0
	want := 9 + 0.8*23 + 23.0*23/4 + 16
	if got := sum(v.Flight); math.Abs(got-want) > 1e-9 {
		t.Errorf("the flight grows by %g m, want %g", got, want)
	}
	if r := f.Report(reportOf(quiet())); !r.Pass {
		t.Errorf("the report is refused:\n%s", r.Text())
	}
}

// What is missing, stale, open or no number is refused, with the reason.
func TestRefusals(t *testing.T) {
	f := mustNew(t, lake(t))
	for name, tc := range map[string]struct {
		change func(*Command)
		want   Reason
		report bool // the judge of reports says the same
	}{
		"no pose":            {func(c *Command) { c.Pose.Known = false }, PoseUnknown, true},
		"pose without time":  {func(c *Command) { c.Pose.Time = time.Time{} }, PoseUnknown, true},
		"pose NaN":           {func(c *Command) { c.Pose.At.Lat = nan() }, PoseUnknown, true},
		"pose off the earth": {func(c *Command) { c.Pose.At.Lat = 91 }, PoseUnknown, true},
		"accuracy NaN":       {func(c *Command) { c.Pose.Accuracy = nan() }, BadNumber, true},
		"accuracy below 0":   {func(c *Command) { c.Pose.Accuracy = -1 }, BadNumber, true},
		"accuracy infinite":  {func(c *Command) { c.Pose.Accuracy = math.Inf(1) }, BadNumber, true},
		"stale pose":         {func(c *Command) { c.Judged = noon.Add(4950 * time.Millisecond) }, PoseStale, true},
		"pose of last year":  {func(c *Command) { c.Judged = noon.AddDate(1, 0, 0) }, PoseStale, true},
		"pose of 300 years":  {func(c *Command) { c.Judged = noon.AddDate(300, 0, 0) }, PoseStale, true},
		"never judged":       {func(c *Command) { c.Judged = time.Time{} }, PoseStale, true},
		"pose of tomorrow":   {func(c *Command) { c.Judged = noon.Add(-101 * time.Millisecond) }, ClockOff, true},
		"bad clock":          {func(c *Command) { c.Pose.Clock = 1.1 }, ClockOff, true},
		"clock NaN":          {func(c *Command) { c.Pose.Clock = nan() }, ClockOff, true},
		"real vehicle":       {func(c *Command) { c.Vehicle.Exercise = false }, DemoLine, true},
		"cannot stop":        {func(c *Command) { c.Vehicle.Braking = 0 }, CannotStop, false},
		"hardly stops":       {func(c *Command) { c.Vehicle.Braking = 0.004 }, CannotStop, false},
		"speed NaN":          {func(c *Command) { c.Vehicle.Speed = nan() }, BadNumber, true},
		"wind NaN":           {func(c *Command) { c.Wind.Speed = nan() }, BadNumber, false},
		"way NaN":            {func(c *Command) { c.Way[1].Lon = nan() }, BadNumber, false},
		"long way":           {func(c *Command) { c.Way = make([]geo.Position, 0, 2000); zigzag(c) }, BadNumber, false},
		"no loss":            {func(c *Command) { c.Loss = Loss{} }, LossUnknown, false},
		"loss of invention":  {func(c *Command) { c.Loss.Act = "hold\nverdict pass" }, LossUnknown, false},
		"home NaN":           {func(c *Command) { c.Loss.Home.Lat = nan() }, LossUnknown, false},
		"landing for ever":   {func(c *Command) { c.Loss = Loss{Act: LossLand, Height: 100} }, LossUnknown, false},
		"return looking":     {func(c *Command) { c.Loss.Stows = false }, LossLook, false},
		"no outline":         {func(c *Command) { c.Look.Outlines = nil }, LookUnknown, true},
		"empty outline":      {func(c *Command) { c.Look.Outlines[1].Ring = nil }, LookUnknown, true},
		"outline NaN":        {func(c *Command) { c.Look.Outlines[1].Ring[2].Lat = nan() }, BadNumber, true},
		"horizon":            {func(c *Command) { c.Look.Outlines[0].Open = true }, LookOpen, true},
		"two deviations":     {func(c *Command) { c.Look.Sigma = 2.9 }, LookSigma, true},
		"deviations NaN":     {func(c *Command) { c.Look.Sigma = nan() }, LookSigma, true},
		"look error NaN":     {func(c *Command) { c.Look.Error = nan() }, BadNumber, true},
		"too far": {func(c *Command) {
			c.Look.Outlines[0].Ring[0], _ = geo.Direct(c.Pose.At, 90, 250e3)
		}, TooFar, true},
		"leaves the area":  {func(c *Command) { c.Way[1] = geo.Position{Lat: -16.12, Lon: -68.8} }, OutsideArea, false},
		"over the island":  {func(c *Command) { c.Way[1] = geo.Position{Lat: -16.02, Lon: -69} }, OutsideArea, false},
		"starts outside":   {func(c *Command) { c.Pose.At = geo.Position{Lat: -16.5, Lon: -69} }, OutsideArea, true},
		"looks at island":  {func(c *Command) { c.Look.Outlines[1] = square(geo.Position{Lat: -16.03, Lon: -69}, 100) }, OutsideArea, true},
		"looks round it":   {func(c *Command) { c.Look.Outlines = []Outline{square(geo.Position{Lat: -16.03, Lon: -69}, 6000)} }, OutsideArea, true},
		"looks at village": {func(c *Command) { c.Look.Outlines[1] = square(geo.Position{Lat: -15.91, Lon: -68.91}, 100) }, InsideZone, true},
		"sweeps over it": {func(c *Command) {
			c.Look.Outlines = []Outline{square(geo.Position{Lat: -15.94, Lon: -68.915}, 100), square(geo.Position{Lat: -15.88, Lon: -68.915}, 100)}
		}, InsideZone, true},
		"looks abroad": {func(c *Command) { c.Look.Outlines[1] = square(geo.Position{Lat: -16, Lon: -69.4}, 100) }, InsideStandoff, true},
		"flies abroad": {func(c *Command) { c.Pose.At = geo.Position{Lat: -15.9, Lon: -69.6} }, InsideStandoff, true},
	} {
		c := quiet()
		tc.change(&c)
		v := f.Command(c)
		if v.Pass || !slices.Contains(v.Reasons, tc.want) {
			t.Errorf("%s: want %s\n%s", name, tc.want, v.Text())
		}
		if v.Pass != (len(v.Reasons) == 0) {
			t.Errorf("%s: passes with reasons, or is refused without", name)
		}
		if len(v.Classes) != len(f.bounds.Borders) {
			t.Errorf("%s: %d classes", name, len(v.Classes))
		}
		if tc.report {
			if v := f.Report(reportOf(c)); v.Pass || !slices.Contains(v.Reasons, tc.want) {
				t.Errorf("%s, reported: want %s\n%s", name, tc.want, v.Text())
			}
		}
	}
}

func zigzag(c *Command) {
	for i := range 1500 {
		c.Way = append(c.Way, geo.Position{Lat: -16.15 + 0.001*float64(i%2), Lon: -69})
	}
}

// Bounds that nothing can be judged by make no fence.
func TestBadBounds(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*Bounds)
		want   string
	}{
		"no border":            {func(b *Bounds) { b.Borders = nil }, "no border"},
		"unstated accuracy":    {func(b *Bounds) { b.Borders[0].Accuracy = 0 }, "nobody states"},
		"accuracy NaN":         {func(b *Bounds) { b.Borders[0].Accuracy = nan() }, "nobody states"},
		"border twice":         {func(b *Bounds) { b.Borders = append(b.Borders, b.Borders[0]) }, "twice"},
		"border without line":  {func(b *Bounds) { b.Borders[0].Lines = nil }, "no line"},
		"line of one place":    {func(b *Bounds) { b.Borders[0].Lines[0] = b.Borders[0].Lines[0][:1] }, "at least 2"},
		"state of two letters": {func(b *Bounds) { b.Borders[0].State = "PE" }, "three"},
		"version of two lines": {func(b *Bounds) { b.Borders[0].Version = "a\nb" }, "version"},
		"no area":              {func(b *Bounds) { b.Area.Polygon = nil }, "ring"},
		"flat area":            {func(b *Bounds) { b.Area.Polygon = geo.Polygon{{{Lat: 1, Lon: 1}, {Lat: 2, Lon: 1}, {Lat: 3, Lon: 1}}} }, ""},
		"two corners":          {func(b *Bounds) { b.Area.Polygon[0] = b.Area.Polygon[0][:2] }, "at least 3"},
		"area NaN":             {func(b *Bounds) { b.Area.Polygon[0][1].Lat = nan() }, "not on earth"},
		"area crosses itself":  {func(b *Bounds) { r := b.Area.Polygon[0]; r[1], r[2] = r[2], r[1] }, "cross"},
		"hole outside":         {func(b *Bounds) { b.Area.Polygon[1][0].Lat = -17 }, ""},
		"area of a continent": {func(b *Bounds) {
			b.Area.Polygon = geo.Polygon{{{Lat: -40, Lon: -70}, {Lat: 10, Lon: -70}, {Lat: 0, Lon: -30}}}
		}, "wider"},
		"zone NaN":          {func(b *Bounds) { b.NoLook[0].Polygon[0][0].Lon = nan() }, "not on earth"},
		"zone twice":        {func(b *Bounds) { b.NoLook = append(b.NoLook, b.NoLook[0]) }, "twice"},
		"stand-off NaN":     {func(b *Bounds) { b.Standoff = nan() }, "stand-off"},
		"stand-off below 0": {func(b *Bounds) { b.Standoff = -1 }, "stand-off"},
		"no deviation":      {func(b *Bounds) { b.Sigma = 0 }, "deviations"},
		"old poses":         {func(b *Bounds) { b.MaxAge = 61 }, "poses"},
		"clocks at will":    {func(b *Bounds) { b.MaxClock = 6 }, "clocks"},
	} {
		b := lake(t)
		tc.change(&b)
		_, err := New(b)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// While the camera is stowed no-look zones ask nothing; what stands still needs
// no way home.
func TestStowedAndStanding(t *testing.T) {
	f := mustNew(t, lake(t))
	c := quiet()
	c.Pose.At, c.Way, c.Look = geo.Position{Lat: -15.91, Lon: -68.915}, nil, nil
	c.Loss = Loss{Act: LossHold, Radius: 50}
	if v := f.Command(c); !v.Pass {
		t.Errorf("stowed over a no-look zone:\n%s", v.Text())
	}
	c.Look = quiet().Look
	if v := f.Command(c); v.Pass || !slices.Equal(v.Reasons, []Reason{InsideZone}) {
		t.Errorf("over a no-look zone with the camera out:\n%s", v.Text())
	}
	c = quiet()
	c.Vehicle, c.Way, c.Loss, c.Wind = Vehicle{Exercise: true, Latency: 1}, nil, Loss{Act: LossNone}, Wind{Speed: 30, Drift: 100}
	v := f.Command(c)
	if !v.Pass || sum(v.Flight) != 9 {
		t.Errorf("a camera on a mast:\n%s", v.Text())
	}
	c.Way = quiet().Way
	if v := f.Command(c); v.Pass {
		t.Error("a mast flies")
	}
}

// The way home is judged from everywhere: two ends that are fine with a way
// home across the island are not.
func TestWayHome(t *testing.T) {
	f := mustNew(t, lake(t))
	c := quiet()
	c.Look = nil
	c.Pose.At = geo.Position{Lat: -16.025, Lon: -69.08}
	c.Way = nil
	c.Loss.Home = geo.Position{Lat: -16.025, Lon: -68.93}
	if v := f.Command(c); v.Pass || !slices.Equal(v.Reasons, []Reason{OutsideArea}) {
		t.Errorf("home lies behind the island:\n%s", v.Text())
	}
	c.Loss = Loss{Act: LossHold}
	if v := f.Command(c); !v.Pass {
		t.Errorf("it holds before the island:\n%s", v.Text())
	}
	// The island lies inside the triangle, and no leg touches it.
	c.Way = []geo.Position{{Lat: -15.97, Lon: -69.0}}
	c.Loss = Loss{Act: LossReturn, Home: geo.Position{Lat: -16.14, Lon: -68.99}}
	c.Pose.At = geo.Position{Lat: -16.03, Lon: -69.075}
	c.Way = []geo.Position{{Lat: -15.97, Lon: -68.99}, {Lat: -16.05, Lon: -68.93}}
	c.Loss = Loss{Act: LossContinue}
	if v := f.Command(c); !v.Pass {
		t.Fatalf("the way round the island:\n%s", v.Text())
	}
	c.Loss = Loss{Act: LossReturn, Home: geo.Position{Lat: -16.1, Lon: -69.07}}
	if v := f.Command(c); v.Pass {
		t.Errorf("the way home from behind the island:\n%s", v.Text())
	}
}

func TestBordersHaveSides(t *testing.T) {
	borders := neighbours(t)
	var states []string
	for _, b := range borders {
		states = append(states, b.State)
		if !b.Demonstration || b.Accuracy != 1000 {
			t.Errorf("%s: %+v", b.State, b.Version)
		}
		for _, l := range b.Lines {
			for i := range len(l) - 3 {
				for k := i + 2; k < min(i+12, len(l)-1); k++ {
					if where, _, ok := (geo.Line{l[k], l[k+1]}).Crosses(l[i], l[i+1]); ok {
						t.Errorf("the border of %s has a loop at %v", b.State, where)
					}
				}
			}
		}
	}
	if want := []string{"ARG", "BRA", "CHL", "PER", "PRY"}; !slices.Equal(states, want) {
		t.Fatalf("neighbours %v, want %v", states, want)
	}
	f := mustNew(t, lake(t))
	for name, tc := range map[string]struct {
		at     geo.Position
		abroad string
	}{
		"La Paz":                    {geo.Position{Lat: -16.5, Lon: -68.15}, ""},
		"Santa Cruz":                {geo.Position{Lat: -17.8, Lon: -63.18}, ""},
		"Cobija":                    {geo.Position{Lat: -11.04, Lon: -68.77}, ""},
		"Tarija":                    {geo.Position{Lat: -21.53, Lon: -64.73}, ""},
		"Puno":                      {geo.Position{Lat: -15.84, Lon: -70.02}, "PER"},
		"Tacna":                     {geo.Position{Lat: -18.01, Lon: -70.25}, "PER"},
		"Arica":                     {geo.Position{Lat: -18.478, Lon: -70.25}, "CHL"},
		"Calama":                    {geo.Position{Lat: -22.45, Lon: -68.93}, "CHL"},
		"Jujuy":                     {geo.Position{Lat: -24.18, Lon: -65.3}, "ARG"},
		"Mariscal":                  {geo.Position{Lat: -22.03, Lon: -60.61}, "PRY"},
		"Rio Branco":                {geo.Position{Lat: -9.97, Lon: -67.81}, "BRA"},
		"Porto Velho":               {geo.Position{Lat: -8.76, Lon: -63.9}, "BRA"},
		"Corumba":                   {geo.Position{Lat: -19.01, Lon: -57.65}, "BRA"},
		"Desaguadero":               {geo.Position{Lat: -16.6, Lon: -69.0}, ""},
		"south of the triple point": {geo.Position{Lat: -17.7, Lon: -69.55}, "CHL"},
		"west of the triple point":  {geo.Position{Lat: -17.5, Lon: -69.6}, "PER"},
	} {
		for i := range f.limits {
			l := &f.limits[i]
			if l.kind != OffBorder {
				continue
			}
			d, known := l.geodesic.signed(tc.at)
			e, alike := l.chord.signed(geo.ECEF(tc.at, 0))
			if known && (d < 0) != (l.name == tc.abroad) {
				t.Errorf("%s lies %.0f m on the side of %s", name, d, l.name)
			}
			if !known && l.name == tc.abroad {
				t.Errorf("%s: whether it lies in %s is not known", name, l.name)
			}
			if known != alike || known && math.Abs(d-e) > 0.05+1e-4*math.Abs(d) {
				t.Errorf("%s from %s: %.3f m (%v) by geodesics, %.3f m (%v) by chords", name, l.name, d, known, e, alike)
			}
		}
	}
}

func TestClasses(t *testing.T) {
	for metres, want := range map[float64]string{
		-1: ClassInside, 0: ClassInside, 0.1: ClassBelow2, 1999.9: ClassBelow2, 2000: Class2To10,
		9999.9: Class2To10, 10e3: Class10To50, 49999.9: Class10To50, 50e3: ClassOver50, 1e5: ClassOver50,
	} {
		if got := ClassOf(metres); got != want {
			t.Errorf("%g m: %s, want %s", metres, got, want)
		}
	}
	if ClassOf(nan()) != ClassInside {
		t.Error("no number is not inside")
	}
	// What cannot be told counts as inside.
	f := mustNew(t, lake(t))
	c := quiet()
	c.Look.Outlines[0].Open = true
	for _, cl := range f.Report(reportOf(c)).Classes {
		if cl.Class != ClassInside {
			t.Errorf("a picture up to the horizon: %+v", cl)
		}
	}
}

// Beyond the end of a line nobody says whose land it is.
func TestOpenEnds(t *testing.T) {
	b := lake(t)
	b.Borders = []Border{{State: "PER", Version: "x", Accuracy: 10, Lines: []geo.Line{{{Lat: -16.2, Lon: -69.2}, {Lat: -16, Lon: -69.15}, {Lat: -15.8, Lon: -69.3}}}, Demonstration: true}}
	slices.Reverse(b.Borders[0].Lines[0]) // Peru to the right of the way south
	b.Borders[0].Lines[0] = geo.Line{{Lat: -16.2, Lon: -69.2}, {Lat: -16, Lon: -69.35}, {Lat: -15.8, Lon: -69.3}}
	slices.Reverse(b.Borders[0].Lines[0])
	f := mustNew(t, b)
	c := quiet()
	c.Pose.At, c.Way, c.Loss, c.Look = geo.Position{Lat: -16.05, Lon: -69.1}, nil, Loss{Act: LossHold}, nil
	if v := f.Command(c); !v.Pass {
		t.Errorf("beside the line:\n%s", v.Text())
	}
	c.Pose.At = geo.Position{Lat: -16.24, Lon: -69.05}
	for _, v := range []Verdict{f.Command(c), f.Report(reportOf(c))} {
		if !slices.Equal(v.Reasons, []Reason{BorderEnds}) || v.Classes[0].Class != ClassInside {
			t.Errorf("beyond its end:\n%s", v.Text())
		}
	}
}
