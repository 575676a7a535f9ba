package app

import (
	"math"
	"time"

	"atalaya/fuse"
	"atalaya/fuse/registration"
	"atalaya/sensor"
)

// health gives the health of the feeds, with how far their sensors are off.
func (p *program) health() []sensor.Health {
	out := p.feeds.health()
	for i := range out {
		out[i].Registration = p.driver.loop.Registration(out[i].Sensor)
	}
	return out
}

// Registration tells how far a sensor is off; nil where there is too little to say.
func (l *Loop) Registration(id sensor.ID) *sensor.Registration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.registrations[id]
}

// registrations tells how far sensors are off of which there is something to say.
func registrations(t *fuse.Tracker) map[sensor.ID]*sensor.Registration {
	all := map[sensor.ID]*sensor.Registration{}
	for id, r := range t.Registrations() {
		if is := registrationOf(&r); is != nil {
			all[id] = is
		}
	}
	return all
}

// registrationOf is what people are told of a bias: what is known well enough, and always why
// it is frozen.
func registrationOf(r *registration.Report) *sensor.Registration {
	out := &sensor.Registration{State: sensor.RegistrationState(r.State.String()), Why: r.Why.String(), Pairs: r.Used, Refused: r.Refused}
	sd := r.SD()
	part := func(k int, unit float64) *sensor.Offset {
		if !r.Known[k] {
			return nil
		}
		return &sensor.Offset{Off: r.Bias[k] * unit, SD: sd[k] * unit}
	}
	out.Azimuth, out.Range, out.Time = part(registration.Azimuth, 180/math.Pi), part(registration.Range, 1), part(registration.Time, 1000)
	if r.Used > 0 {
		out.Last = time.Unix(0, r.Last).UTC()
	}
	if r.State == registration.Frozen {
		out.Since = time.Unix(0, r.Since).UTC()
		return out
	}
	if out.Azimuth == nil && out.Range == nil && out.Time == nil {
		return nil
	}
	return out
}
