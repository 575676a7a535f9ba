package format

import (
	"atalaya/codec/asterix"
	"atalaya/feed"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/obs"
	"atalaya/sensor"
)

// adsb makes an observation of an ADS-B report that a ground station decoded
// (category 021).
func (r *radar) adsb(t *asterix.ADSBReport, m *asterix.Message, s *sensor.Sensor, out *feed.Out) {
	if t.Test || t.FieldMonitor || t.Simulated && !s.Exercise || t.AddressType != asterix.AddressICAO || !t.Has.All(asterix.HasAddress) {
		return // nothing in the world, or nobody named
	}
	o := r.st.begin(s, m.Received, m.Raw)
	o.Source.Key = onAir(m.Raw)
	if t.Has.All(asterix.HasTime) {
		r.clock.timeOfDay(&o, s, t.TimeOfDay)
	}
	o.Kind = emitter(t.Emitter, t.Has)
	o.Claims = []obs.Claim{address(t.Address)}
	if t.Has.All(asterix.HasIdent) {
		o.Claims = append(o.Claims, obs.Claim{Kind: obs.CallSign, Value: t.Ident.String()})
	}
	if t.Has.All(asterix.HasMode3A) {
		squawked(&o, t.Mode3A.String())
	}
	distressed(&o, t.Emergency)
	if t.OnGround {
		o.Has |= obs.OnGround
	}
	switch {
	case t.Has.All(asterix.HasHeight):
		o.Height, o.HeightSD = geo.EllipsoidHeight(t.HeightM).Height(), levelSD
	case t.Has.All(asterix.HasLevel):
		o.Height, o.HeightSD = geo.PressureHeight(t.LevelM).Height(), levelSD
	}
	if t.Has.All(asterix.HasVelocity) {
		o.Speed, o.Course, o.Has = t.SpeedMPS, geo.WrapBearing(t.CourseDeg), o.Has|obs.HasSpeed|obs.HasCourse
	}
	if t.Has.All(asterix.HasClimb) {
		o.Climb, o.Has = t.ClimbMPS, o.Has|obs.HasClimb
	}
	if t.Has.All(asterix.HasPosition) {
		sd := atLeast(s.PositionSD, adsbSD)
		if t.Has.All(asterix.HasNACp) {
			sd = atLeast(navigationSD(t.Quality.NACp), sd)
		}
		if t.Suspect {
			const doubted = 10 // its own receiver doubts it
			sd *= doubted
		}
		o.Measure, o.Position, o.Cov = obs.Place, t.Position.Normalize(), obs.Round(sd)
	}
	out.Emit(observation(o))
}

// neighbourSD is the error of a neighbour's track that states none, metres.
const neighbourSD = 300.0

// system makes an observation of a track of somebody else's tracker (category
// 062). It comes without its measurements, so its stated error stands for it.
func (r *radar) system(t *asterix.SystemTrack, m *asterix.Message, s *sensor.Sensor, out *feed.Out) {
	if t.State.Simulated && !s.Exercise || t.State.Coasting || t.State.Last || !t.Has.All(asterix.HasPosition) {
		return // no new measurement is behind it, or no place
	}
	o := r.st.begin(s, m.Received, m.Raw)
	o.Source.Key = onAir(m.Raw)
	if t.Has.All(asterix.HasTime) {
		r.clock.timeOfDay(&o, s, t.TimeOfDay)
	}
	o.Measure, o.Position = obs.Place, t.Position.Normalize()
	o.Cov = obs.Round(atLeast(s.PositionSD, neighbourSD))
	if t.Has.All(asterix.HasPositionError) {
		const perDegree = 111_320.0 // m
		_, cos := fmath.SincosDegrees(t.Position.Lat)
		n := t.Sigma.LatDeg * perDegree
		e := float64(t.Sigma.LonDeg*perDegree) * cos
		o.Cov = obs.Cov2{EE: max(float64(e*e), 1), NN: max(float64(n*n), 1)}
	}
	if t.Has.All(asterix.HasAddress) {
		o.Kind = emitter(t.Emitter, t.Has)
		o.Claims = append(o.Claims, address(t.Address))
	}
	if t.Has.All(asterix.HasTrack) {
		o.Claims = append(o.Claims, numbered(s, int(t.Number)))
	}
	if t.Has.All(asterix.HasIdent) {
		o.Claims = append(o.Claims, obs.Claim{Kind: obs.CallSign, Value: t.Ident.String()})
	}
	if t.Has.All(asterix.HasMode3A) {
		squawked(&o, t.Mode3A.String())
	}
	distressed(&o, t.State.Emergency)
	switch {
	case t.Has.All(asterix.HasHeight):
		o.Height, o.HeightSD = geo.EllipsoidHeight(t.HeightM).Height(), levelSD
	case t.Has.All(asterix.HasLevel):
		o.Height, o.HeightSD = geo.PressureHeight(t.LevelM).Height(), levelSD
	}
	if t.Has.All(asterix.HasVelocity) {
		o.Speed, o.Has = fmath.Hypot(t.VXMPS, t.VYMPS), o.Has|obs.HasSpeed
		if o.Speed > 0 {
			o.Course, o.Has = geo.WrapBearing(fmath.Atan2Degrees(t.VXMPS, t.VYMPS)), o.Has|obs.HasCourse
		}
	}
	if t.Has.All(asterix.HasClimb) {
		o.Climb, o.Has = t.ClimbMPS, o.Has|obs.HasClimb
	}
	out.Emit(observation(o))
}

func distressed(o *obs.Observation, e asterix.Emergency) {
	switch e {
	case asterix.UnlawfulInterference:
		o.Distress = obs.Interference
	case asterix.NoCommunications:
		o.Distress = obs.RadioFailure
	case asterix.GeneralEmergency, asterix.Downed:
		o.Distress = obs.Emergency
	default: // medical and fuel are priorities, no calls for help
	}
}

// emitter reads an emitter category (I021/020, I062/380 EMC).
func emitter(category uint8, has asterix.Has) obs.Kind {
	if !has.All(asterix.HasEmitter) {
		return obs.Aircraft
	}
	switch category {
	case 10:
		return obs.Rotorcraft
	case 11:
		return obs.Glider
	case 13:
		return obs.Drone
	case 20, 21:
		return obs.Vehicle
	}
	return obs.Aircraft
}

// navigationSD gives the standard deviation, in metres, that follows from a
// navigation accuracy category (RTCA DO-260B, table A-13: the radius that
// holds the position with 95 %); 0 where the category tells nothing.
func navigationSD(category uint8) float64 {
	const nauticalMile = 1852.0
	radius := [...]float64{
		0, 10 * nauticalMile, 4 * nauticalMile, 2 * nauticalMile, nauticalMile, 0.5 * nauticalMile,
		0.3 * nauticalMile, 0.1 * nauticalMile, 0.05 * nauticalMile, 30, 10, 3,
	}
	if category == 0 || int(category) >= len(radius) {
		return 0
	}
	return max(radius[category]/ninetyFive, leastSD)
}
