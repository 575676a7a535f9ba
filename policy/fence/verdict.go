package fence

import "math"

// Kind is what a bound asks for.
type Kind string

// The kinds of bounds.
const (
	InArea    Kind = "area"    // flight and look stay inside
	OutOfZone Kind = "no-look" // both stay outside, unless the camera is stowed
	OffBorder Kind = "border"  // both stay on our side, a stand-off away
)

// Reason is why something is refused.
type Reason string

// The reasons, in the order in which a verdict has them.
const (
	BadNumber      Reason = "bad-number"    // no number, or none that can be meant
	PoseUnknown    Reason = "pose-unknown"  // only safe acts leave
	PoseStale      Reason = "pose-stale"    // only safe acts leave
	ClockOff       Reason = "clock-off"     // the pose is from the future, or its clock too bad
	DemoLine       Reason = "demonstration" // a DEMONSTRATION line, and a real vehicle
	CannotStop     Reason = "cannot-stop"   // it moves, and neither braking nor turn is known
	LossUnknown    Reason = "loss-unknown"  // nobody says what it does when the link is lost
	LossLook       Reason = "loss-look"     // it would return with its camera out
	LookUnknown    Reason = "look-unknown"  // the camera is out, and where it looks is not known
	LookOpen       Reason = "look-open"     // the picture reaches the horizon
	LookSigma      Reason = "look-sigma"    // the outlines hold fewer deviations than asked for
	TooFar         Reason = "too-far"       // a movement or a picture too wide to be judged
	BorderEnds     Reason = "border-ends"   // beyond the end of a line nobody says whose land it is
	OutsideArea    Reason = "outside-area"
	InsideZone     Reason = "inside-no-look"
	InsideStandoff Reason = "inside-stand-off"
)

// Reasons lists them all, in order.
func Reasons() []Reason {
	return []Reason{
		BadNumber, PoseUnknown, PoseStale, ClockOff, DemoLine, CannotStop, LossUnknown, LossLook,
		LookUnknown, LookOpen, LookSigma, TooFar, BorderEnds, OutsideArea, InsideZone, InsideStandoff,
	}
}

// Distance classes of a neighbour, kilometres.
const (
	ClassInside = "inside"
	ClassBelow2 = "<2"
	Class2To10  = "2-10"
	Class10To50 = "10-50"
	ClassOver50 = ">50"
)

// ClassOf gives the class of a distance from a neighbour's border in metres,
// negative inside. What is no number counts as inside.
func ClassOf(metres float64) string {
	switch {
	case !(metres > 0):
		return ClassInside
	case metres < 2e3:
		return ClassBelow2
	case metres < 10e3:
		return Class2To10
	case metres < 50e3:
		return Class10To50
	default:
		return ClassOver50
	}
}

// Class is how near a neighbour something came.
type Class struct {
	State, Version string // of the neighbour, of its border
	Class          string
}

// Margin is what one bound leaves for the flight or the look.
type Margin struct {
	Of        string // flight or look
	Bound     Kind
	Name      string  // of the area, the zone, the neighbour
	Clearance float64 // metres, at most 100,000; 0 or less: touched or beyond
	Growth    float64
	Needed    float64 // stand-off, and sigma x the bound's accuracy
	Left      float64 // clearance - growth - needed - 0.1, rounded down to 0.1
}

// Verdict is what the fence says.
type Verdict struct {
	Judge   string // command or report
	Bounds  string // hash of the bounds' text
	Input   string // hash of the input's text
	Pass    bool
	Reasons []Reason // empty if it passes
	// Binding is the margin with the least left; nil where none was made.
	Binding *Margin
	Margins []Margin
	// Classes of all neighbours, by state: of the look's outlines as they stand,
	// or of the flight while the camera is stowed. What cannot be told is inside.
	Classes []Class
	// Flight and Look are what made up the growths. That of a hull has a little
	// more for what is flat in it.
	Flight, Look []Growth
}

// The judges.
const (
	JudgeCommand = "command"
	JudgeReport  = "report"
)

// judge looks at regions with the geometry that it is given.
func (f *Fence) judge(v *Verdict, regions []region, stowed bool, clear func(*limit, *region) (float64, bool)) {
	why := map[Reason]bool{}
	v.Classes = nil
	for i := range f.limits {
		l := &f.limits[i]
		margins, known := l.margins(regions, clear)
		if l.kind == OffBorder {
			of := margins[len(margins)-1] // the look, if there is one
			class := ClassInside
			if known {
				class = ClassOf(of.Clearance)
			}
			v.Classes = append(v.Classes, Class{l.name, f.border(l.name).Version, class})
		}
		switch {
		case l.kind == OutOfZone && stowed:
			continue
		case !known:
			why[BorderEnds] = true
			continue
		}
		for _, m := range margins {
			if !(m.Left >= 0) {
				why[l.reason()] = true
			}
			v.Margins = append(v.Margins, m)
		}
	}
	for i := range v.Margins {
		if v.Binding == nil || v.Margins[i].Left < v.Binding.Left || math.IsNaN(v.Margins[i].Left) {
			v.Binding = &v.Margins[i]
		}
	}
	for _, r := range Reasons() {
		if why[r] {
			v.Reasons = append(v.Reasons, r)
		}
	}
	v.Pass = len(v.Reasons) == 0 && v.Binding != nil
}

// margins gives that of the flight and that of the look, where there is one:
// of each the region with the least left.
func (l *limit) margins(regions []region, clear func(*limit, *region) (float64, bool)) (out []Margin, known bool) {
	known = true
	for i := range regions {
		r := &regions[i]
		d, ok := clear(l, r)
		known = known && ok
		m := Margin{
			Of: r.of, Bound: l.kind, Name: l.name, Clearance: floor(d), Growth: r.grow, Needed: l.needed,
			Left: floor(d - r.grow - l.needed - slack),
		}
		if n := len(out); n == 0 || out[n-1].Of != m.Of {
			out = append(out, m)
		} else if m.Left < out[n-1].Left || math.IsNaN(m.Left) {
			out[n-1] = m
		}
	}
	return out, known
}

func (l *limit) reason() Reason {
	switch l.kind {
	case InArea:
		return OutsideArea
	case OutOfZone:
		return InsideZone
	default:
		return InsideStandoff
	}
}

func (f *Fence) border(state string) *Border {
	for i := range f.bounds.Borders {
		if f.bounds.Borders[i].State == state {
			return &f.bounds.Borders[i]
		}
	}
	return &Border{}
}

// refuse is the verdict on what cannot be judged.
func (f *Fence) refuse(v *Verdict, why []Reason) {
	v.Reasons = why
	v.Classes = nil
	for _, b := range f.bounds.Borders {
		v.Classes = append(v.Classes, Class{b.State, b.Version, ClassInside})
	}
}

// floor rounds down to tenths. n/10 is the double nearest to the decimal.
func floor(metres float64) float64 { return math.Floor(metres*10)/10 + 0 }
