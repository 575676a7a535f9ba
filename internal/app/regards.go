package app

import (
	"time"

	"atalaya/geo"
	"atalaya/sensor"
	"atalaya/terrain/regard"
	"atalaya/web"
)

// regards answers the screens' questions about fields of regard.
type regards struct{ p *program }

// Of implements web.Regards.
func (r regards) Of(id sensor.ID) (web.Regard, bool) {
	s, ok := r.p.registry.Sensors.At(string(id), r.p.clock.Now())
	if !ok {
		return web.Regard{}, false
	}
	return r.p.fields.told(&s), true
}

// All implements web.Regards.
func (r regards) All() []web.Regard {
	var out []web.Regard
	for _, s := range r.p.registry.Sensors.AllAt(r.p.clock.Now()) {
		if s.Kind.Looks() {
			out = append(out, r.p.fields.told(&s))
		}
	}
	return out
}

// told says what a version of a sensor sees, as screens are told.
func (f *fields) told(s *sensor.Sensor) web.Regard {
	out := web.Regard{Sensor: s.ID, Version: s.Valid.Number, State: "making"}
	field, why := f.of(s)
	switch {
	case why != nil:
		out.State, out.Why = "none", why.Error()
	case field != nil:
		sum := field.Summary()
		for _, x := range sum.Shares {
			out.Shares = append(out.Shares, web.RegardShare{Above: x.Above, Seen: x.Seen})
		}
		on, k := field.Grounds(), field.Refraction()
		_, coarse := field.Coarsened()
		out.State, out.Covered, out.Half, out.Refraction, out.Elevation, out.Coarsened = "made", sum.Covered, &sum.Half, &k, &on, coarse
		out.Imported = f.imported(s)
	}
	return out
}

// imported is when the newest of the elevation around a version was imported.
func (f *fields) imported(s *sensor.Sensor) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	var last time.Time
	if st := f.states[looker{s.ID, s.Valid.Number}]; st != nil {
		for _, file := range st.over.Files() {
			if file.Imported.After(last) {
				last = file.Imported
			}
		}
	}
	return last
}

// At implements web.Regards.
func (r regards) At(p geo.Position) []web.Blind {
	var out []web.Blind
	for _, s := range r.p.registry.Sensors.AllAt(r.p.clock.Now()) {
		if regard.Has(s) != nil {
			continue
		}
		f, why := r.p.fields.of(&s)
		if why != nil || f == nil {
			if geo.Distance(s.Position, p) <= s.MaxRange {
				out = append(out, web.Blind{Sensor: s.ID, State: "unknown"})
			}
			continue
		}
		switch b := f.Blind(p); {
		case b.Outside:
		case b.Unknown:
			out = append(out, web.Blind{Sensor: s.ID, State: "unknown"})
		case b.Below == 0:
			out = append(out, web.Blind{Sensor: s.ID, State: "seen"})
		default:
			out = append(out, web.Blind{Sensor: s.ID, State: "blind", Below: b.Below, SD: b.SD})
		}
	}
	return out
}
