package fence

import "atalaya/geo"

// What the forms hold, in order.

func (f *form) bounds(b *Bounds) {
	f.title(boundsForm)
	f.number("standoff_m", &b.Standoff)
	f.number("sigma", &b.Sigma)
	f.number("max_age_s", &b.MaxAge)
	f.number("max_clock_s", &b.MaxClock)
	f.zone("area", &b.Area)
	n := f.count("no-looks", len(b.NoLook))
	if f.read {
		b.NoLook = make([]Zone, n)
	}
	for i := range b.NoLook {
		f.zone("no-look", &b.NoLook[i])
	}
	n = f.count("borders", len(b.Borders))
	if f.read {
		b.Borders = make([]Border, n)
	}
	for i := range b.Borders {
		f.border(&b.Borders[i])
	}
}

func (f *form) zone(key string, z *Zone) {
	f.word(key, &z.ID)
	f.version("version", &z.Version)
	f.number("accuracy_m", &z.Accuracy)
	n := f.count("rings", len(z.Polygon))
	if f.read {
		z.Polygon = make(geo.Polygon, n)
	}
	for i := range z.Polygon {
		z.Polygon[i] = f.positions("ring", z.Polygon[i], true)
	}
}

func (f *form) border(b *Border) {
	f.word("border", &b.State)
	f.word("version", &b.Version)
	f.number("accuracy_m", &b.Accuracy)
	f.flag("demonstration", &b.Demonstration, "yes", "no")
	n := f.count("lines", len(b.Lines))
	if f.read {
		b.Lines = make([]geo.Line, n)
	}
	for i := range b.Lines {
		b.Lines[i] = f.positions("line", b.Lines[i], false)
	}
}

func (f *form) command(bounds *string, c *Command) {
	f.title(commandForm)
	f.word("bounds", bounds)
	f.time("judged", &c.Judged)
	f.pose(&c.Pose)
	f.flag("exercise", &c.Vehicle.Exercise, "yes", "no")
	f.number("speed_mps", &c.Vehicle.Speed)
	f.number("braking_mps2", &c.Vehicle.Braking)
	f.number("radius_m", &c.Vehicle.Radius)
	f.number("latency_s", &c.Vehicle.Latency)
	f.number("wind_mps", &c.Wind.Speed)
	f.number("drift_s", &c.Wind.Drift)
	c.Way = f.positions("way", c.Way, false)
	f.word("loss", (*string)(&c.Loss.Act))
	f.position("home", &c.Loss.Home)
	f.number("hold_radius_m", &c.Loss.Radius)
	f.number("height_m", &c.Loss.Height)
	f.number("descent_mps", &c.Loss.Descent)
	f.flag("stows", &c.Loss.Stows, "yes", "no")
	f.look(&c.Look)
}

func (f *form) report(bounds *string, r *Report) {
	f.title(reportForm)
	f.word("bounds", bounds)
	f.time("judged", &r.Judged)
	f.pose(&r.Pose)
	f.flag("exercise", &r.Exercise, "yes", "no")
	f.number("speed_mps", &r.Speed)
	f.look(&r.Look)
}

func (f *form) pose(p *Pose) {
	f.flag("pose", &p.Known, "known", "unknown")
	f.position("at", &p.At)
	f.time("time", &p.Time)
	f.number("accuracy_m", &p.Accuracy)
	f.number("clock_s", &p.Clock)
}

func (f *form) look(at **Look) {
	out := *at != nil
	f.flag("look", &out, "out", "stowed")
	if !out || f.err != nil {
		return
	}
	if f.read {
		*at = &Look{}
	}
	l := *at
	f.number("between_m", &l.Between)
	f.number("holds_sigma", &l.Sigma)
	f.number("error_m", &l.Error)
	n := f.count("outlines", len(l.Outlines))
	if f.read {
		l.Outlines = make([]Outline, n)
	}
	for i := range l.Outlines {
		o := &l.Outlines[i]
		f.flag("picture", &o.Open, "open", "closed")
		o.Ring = f.positions("outline", o.Ring, true)
	}
}
