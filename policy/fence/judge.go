package fence

import (
	"math"
	"slices"

	"atalaya/geo"
)

// Command judges a command before it leaves. Nothing but a safe act leaves
// without a verdict that passes.
func (f *Fence) Command(c Command) Verdict {
	c = c.rounded()
	v := Verdict{Judge: JudgeCommand, Bounds: f.hash, Input: hash(c.Text(f.hash))}
	if why := f.checkCommand(&c); len(why) > 0 {
		f.refuse(&v, why)
		return v
	}
	age := max(0, seconds(c.Pose.Time, c.Judged)) + c.Pose.Clock
	carried := c.carried(age)
	v.Flight = append([]Growth{{growPosition, f.bounds.Sigma * c.Pose.Accuracy}}, carried...)
	regions := c.flight(sum(v.Flight))
	if c.Look != nil {
		v.Look = append(f.ofLook(c.Look), carried...)
		regions = append(regions, c.Look.regions(sum(v.Look))...)
	}
	f.finish(&v, regions, c.Look == nil, (*limit).byGeodesics)
	return v
}

// Report judges what was reported, by itself: it knows nothing of commands. A
// verdict that does not pass is a breach, or says that nobody knows; either
// way only safe acts leave from then on.
func (f *Fence) Report(r Report) Verdict {
	r = r.rounded()
	v := Verdict{Judge: JudgeReport, Bounds: f.hash, Input: hash(r.Text(f.hash))}
	if why := f.checkReport(&r); len(why) > 0 {
		f.refuse(&v, why)
		return v
	}
	// It tells where things were, so its age carries nothing away; its clock does.
	carried := []Growth{{growAge, r.Speed * r.Pose.Clock}}
	v.Flight = append([]Growth{{growPosition, f.bounds.Sigma * r.Pose.Accuracy}}, carried...)
	regions := []region{newRegion(ofFlight, []geo.Position{r.Pose.At}, sum(v.Flight))}
	if r.Look != nil {
		v.Look = append(f.ofLook(r.Look), carried...)
		regions = append(regions, r.Look.regions(sum(v.Look))...)
	}
	f.finish(&v, regions, r.Look == nil, (*limit).byChords)
	return v
}

// byGeodesics and byChords give the region's clearance from the bound, at most
// farthest; 0 or less where it touches the bound or lies beyond. It is not known
// beyond the open end of a line.
func (l *limit) byGeodesics(r *region) (metres float64, known bool) {
	if l.geodesicFree-r.away-r.radius >= farthest {
		return farthest, true
	}
	return l.geodesic.clearance(r)
}

func (l *limit) byChords(r *region) (metres float64, known bool) {
	if l.chordFree-r.away-r.radius >= farthest {
		return farthest, true
	}
	return l.chord.clearance(r)
}

func (f *Fence) finish(v *Verdict, regions []region, stowed bool, clear func(*limit, *region) (float64, bool)) {
	for i := range regions {
		regions[i].away = geo.Distance(f.bounds.Area.Polygon[0][0], regions[i].at[0])
		if !(regions[i].radius <= broadest) {
			f.refuse(v, []Reason{TooFar})
			return
		}
	}
	f.judge(v, regions, stowed, clear)
}

func (f *Fence) checkCommand(c *Command) []Reason {
	vh, l := c.Vehicle, c.Loss
	why := map[Reason]bool{}
	why[BadNumber] = !meant(vh.Speed, vh.Braking, vh.Radius, vh.Latency, c.Wind.Speed, c.Wind.Drift, l.Radius, l.Height, l.Descent) ||
		!onEarth(c.Way) || len(c.Way) > mostPath
	f.checkPose(c.Pose, seconds(c.Pose.Time, c.Judged), vh.Exercise, why)
	f.checkLook(c.Look, why)
	if vh.Speed > 0 {
		// Less than a centimetre a second squared brakes nothing.
		why[CannotStop] = vh.Braking < 0.01 && (vh.Braking != 0 || vh.Radius == 0)
		switch l.Act {
		case LossHold, LossContinue:
		case LossLand:
			why[LossUnknown] = l.Descent == 0
		case LossReturn:
			why[LossUnknown] = !l.Home.Valid()
			why[LossLook] = c.Look != nil && !l.Stows
		default:
			why[LossUnknown] = true
		}
	} else {
		why[LossUnknown] = l.Act != LossNone
		why[BadNumber] = why[BadNumber] || len(c.Way) > 0 // what stands still goes nowhere
	}
	return inOrder(why)
}

func (f *Fence) checkReport(r *Report) []Reason {
	why := map[Reason]bool{}
	why[BadNumber] = !meant(r.Speed)
	f.checkPose(r.Pose, seconds(r.Pose.Time, r.Judged), r.Exercise, why)
	f.checkLook(r.Look, why)
	return inOrder(why)
}

func (f *Fence) checkPose(p Pose, age float64, exercise bool, why map[Reason]bool) {
	if !p.Known || !p.At.Valid() || p.Time.IsZero() {
		why[PoseUnknown] = true
	} else {
		why[BadNumber] = why[BadNumber] || !meant(p.Accuracy, p.Clock)
		why[ClockOff] = !(p.Clock <= f.bounds.MaxClock) || age < -p.Clock
		why[PoseStale] = !(age+p.Clock <= f.bounds.MaxAge)
	}
	why[DemoLine] = !exercise && slices.ContainsFunc(f.bounds.Borders, func(b Border) bool { return b.Demonstration })
}

func (f *Fence) checkLook(l *Look, why map[Reason]bool) {
	if l == nil {
		return
	}
	why[LookUnknown] = len(l.Outlines) == 0
	why[LookSigma] = !(l.Sigma >= f.bounds.Sigma)
	why[BadNumber] = why[BadNumber] || !meant(l.Between, l.Error, l.Sigma) || len(l.Outlines) > mostPath
	for _, o := range l.Outlines {
		why[LookOpen] = why[LookOpen] || o.Open
		why[LookUnknown] = why[LookUnknown] || len(o.Ring) == 0
		why[BadNumber] = why[BadNumber] || !onEarth(o.Ring) || len(o.Ring) > mostPath
	}
}

func inOrder(why map[Reason]bool) []Reason {
	var out []Reason
	for _, r := range Reasons() {
		if why[r] {
			out = append(out, r)
		}
	}
	return out
}

// meant reports whether all of these are numbers from 0 to what can be meant.
func meant(xs ...float64) bool {
	return !slices.ContainsFunc(xs, func(x float64) bool { return !(x >= 0 && x <= most) || math.IsNaN(x) })
}

func onEarth(ps []geo.Position) bool {
	return !slices.ContainsFunc(ps, func(p geo.Position) bool { return !p.Valid() })
}
