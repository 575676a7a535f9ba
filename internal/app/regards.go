package app

import (
	"atalaya/geo"
	"atalaya/sensor"
	"atalaya/terrain/regard"
	"atalaya/web"
)

// regards answers the screens' questions about fields of regard.
type regards struct{ p *program }

// asked are the heights above the ground that shares are told for: a boat, a
// man, a truck, and a drone where rules allow it.
func asked() []float64 { return []float64{1.5, 1.7, 3, 120} }

// Of implements web.Regards.
func (r regards) Of(id sensor.ID) (web.Regard, bool) {
	s, ok := r.p.registry.Sensors.At(string(id), r.p.clock.Now())
	if !ok {
		return web.Regard{}, false
	}
	out := web.Regard{Sensor: id, Version: s.Valid.Number, State: "making"}
	f, why := r.p.fields.of(&s)
	switch {
	case why != nil:
		out.State, out.Why = "none", why.Error()
	case f != nil:
		shares, covered := f.Shares(asked()...)
		for _, x := range shares {
			out.Shares = append(out.Shares, web.RegardShare{Above: x.Above, Seen: x.Seen})
		}
		on := f.Grounds()
		_, coarse := f.Coarsened()
		out.State, out.Covered, out.Elevation, out.Coarsened = "made", covered, &on, coarse
	}
	return out, true
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
