package fuse

import (
	"math"

	"atalaya/fuse/imm"
	"atalaya/fuse/timeline"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// Motion tells how things of a domain move: steadily, in a turn to either side,
// or slowly (package imm). The defaults are those of DefaultMotion.
type Motion struct {
	// Noise is the spectral density of the white-noise acceleration beside each
	// way of moving, m2/s3. After t seconds without news the velocity is uncertain
	// by sqrt(Noise t), the place by sqrt(Noise t^3 / 3).
	Noise float64
	// Turn is the rate of a usual turn, degrees a second.
	Turn float64
	// Turning and Slow are the shares of its time that a thing turns, or is slow.
	Turning, Slow float64
	// Drift in m/s is one standard deviation of the velocity of what is slow.
	Drift float64
	// StartSpeed in m/s is one standard deviation of the speed of a thing seen
	// once, where the report tells none.
	StartSpeed float64
	// MaxSpeed in m/s is what nothing in the domain exceeds: an identity that
	// moves faster is claimed by two things, or is a lie.
	MaxSpeed float64
}

// DefaultMotion is how things of a domain move. Boats change speed by tenths of
// m/s2 and turn by a degree or two a second; 50 m/s is 97 knots. Vehicles change
// speed by one m/s2 and turn within seconds. A standard-rate turn in the air is 3
// degrees a second (ICAO Doc 8168 I-2-3), gliders and helicopters turn faster: the
// acceleration has to hold them. The fastest air traffic over ground stays below
// 700 m/s, and what hovers drifts by a metre a second.
func DefaultMotion(d track.Domain) Motion {
	switch d {
	case track.Water:
		return Motion{Noise: 0.1, Turn: 2, Turning: 0.1, Slow: 0.2, Drift: 0.4, StartSpeed: 8, MaxSpeed: 50}
	case track.Land:
		return Motion{Noise: 1, Turn: 10, Turning: 0.1, Slow: 0.2, Drift: 0.4, StartSpeed: 15, MaxSpeed: 80}
	case track.Air:
		return Motion{Noise: 20, Turn: 3, Turning: 0.2, Slow: 0.05, Drift: 1, StartSpeed: 100, MaxSpeed: 700}
	case track.UnknownDomain:
	}
	return Motion{Noise: 1, Turn: 3, Turning: 0.1, Slow: 0.1, Drift: 0.5, StartSpeed: 40, MaxSpeed: 350}
}

// still is the domain, within the timeline, of what stands still.
const still = uint8(track.Air) + 1

// fixed is how that moves.
func fixed() Motion { return Motion{Noise: 1e-6, StartSpeed: 0.1} }

// ways tells the timeline how things move.
func (m *Motion) ways() timeline.Domain {
	mean := 60.0 // s that a way is kept to
	model := &imm.Model{Mean: mean, Turn: float64(m.Turn * (math.Pi / 180)), Drift: m.Drift, Calm: 10}
	model.Share = [imm.Ways]float64{imm.Steady: 1 - m.Turning - m.Slow, imm.Left: m.Turning / 2, imm.Right: m.Turning / 2, imm.Slow: m.Slow}
	for k := range model.Noise {
		model.Noise[k] = m.Noise
	}
	return timeline.Domain{Model: model, SpeedSD: m.StartSpeed}
}

// movesAs is the domain within the timeline of what a report tells of.
func movesAs(kind obs.Kind, d track.Domain) uint8 {
	if kind == obs.BaseStation || kind == obs.AidToNavigation {
		return still
	}
	return uint8(d)
}

// domainOf tells where a thing moves: from what it is, or else from what sees
// it. A marine radar sees the surface; a surveillance radar sees everything.
func domainOf(kind obs.Kind, s sensor.Kind) track.Domain {
	switch kind {
	case obs.Vessel, obs.AidToNavigation, obs.DistressBeacon:
		return track.Water
	case obs.Aircraft, obs.Rotorcraft, obs.Glider, obs.Drone:
		return track.Air
	case obs.Vehicle, obs.Walker, obs.BaseStation:
		return track.Land
	case obs.Unknown:
	}
	switch s {
	case sensor.AISReceiver, sensor.MarineRadar:
		return track.Water
	case sensor.ADSBReceiver, sensor.Drone:
		return track.Air
	case sensor.Radar, sensor.Camera, sensor.Person, sensor.Neighbour:
	}
	return track.UnknownDomain
}
