package fuse

import (
	"time"

	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// Motion tells how things of a domain move.
type Motion struct {
	// Noise is the spectral density of the white-noise acceleration, m2/s3.
	// After t seconds without news the velocity is uncertain by sqrt(Noise t),
	// the place by sqrt(Noise t^3 / 3).
	Noise float64
	// Accel in m/s2 is how hard things manoeuvre now and then: who names itself
	// and lies beyond its gate, but where such a manoeuvre may have brought it,
	// is followed.
	Accel float64
	// MaxSpeed in m/s is what nothing in the domain exceeds: an identity that
	// moves faster is claimed by two things, or is a lie.
	MaxSpeed float64
	// StartSpeed in m/s is one standard deviation of the speed of a thing seen
	// once, where the report tells none.
	StartSpeed float64
}

// defaultMotion: boats change speed by tenths of m/s2, vehicles by one; a
// standard-rate turn (3 degrees a second) at 100 m/s is 5 m/s2. 50 m/s is 97
// knots; the fastest air traffic over ground stays below 700 m/s.
func defaultMotion(d track.Domain) Motion {
	switch d {
	case track.Water:
		return Motion{Noise: 0.1, Accel: 0.5, MaxSpeed: 50, StartSpeed: 8}
	case track.Land:
		return Motion{Noise: 1, Accel: 3, MaxSpeed: 80, StartSpeed: 15}
	case track.Air:
		return Motion{Noise: 20, Accel: 5, MaxSpeed: 700, StartSpeed: 100}
	case track.UnknownDomain:
	}
	return Motion{Noise: 1, Accel: 3, MaxSpeed: 350, StartSpeed: 40}
}

// motionOf refines the domain's motion by kind: what stands still is filtered
// as standing still.
func (t *Tracker) motionOf(kind obs.Kind, d track.Domain) Motion {
	m := t.cfg.Motion[d]
	if kind == obs.BaseStation || kind == obs.AidToNavigation {
		m.Noise, m.Accel, m.StartSpeed = 1e-6, 0, 0.1
	}
	return m
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

// Silence is how long a source may say nothing of a track before the track
// coasts, and before it ends. A track with several sources lives as long as
// the most patient of them.
type Silence struct {
	Coast, End time.Duration
	// Still replaces both for what moves slower than a knot; zero: no
	// difference.
	StillCoast, StillEnd time.Duration
}

// silence gives the limits of a kind of sensor:
//
//   - AIS: three missed reports at the longest interval of a moving class B
//     (30 s; ITU-R M.1371-5 annex 1, table 2) and of what is anchored (3
//     minutes; tables 1 and 2). Headlands hide boats for longer, so the end
//     comes at 10 and 30 minutes.
//   - ADS-B: positions come twice a second, every 5 s from what stands on the
//     ground (RTCA DO-260B 2.2.3.3.2.3.2 and 2.2.3.3.2.3.3).
//   - Telemetry of our drones: at least once a second.
//   - Radars: three and twelve turns of the antenna, at least 10 s and 40 s
//     (misses end a track sooner).
//   - People and neighbours: what they said holds for a while.
func (t *Tracker) silence(kind sensor.Kind, period time.Duration) Silence {
	if s, ok := t.cfg.Silence[kind]; ok {
		return s
	}
	switch kind {
	case sensor.AISReceiver:
		return Silence{90 * time.Second, 10 * time.Minute, 9 * time.Minute, 30 * time.Minute}
	case sensor.ADSBReceiver:
		return Silence{Coast: 15 * time.Second, End: time.Minute}
	case sensor.Drone:
		return Silence{Coast: 5 * time.Second, End: time.Minute}
	case sensor.Radar, sensor.MarineRadar, sensor.Camera:
		return Silence{Coast: max(3*period, 10*time.Second), End: max(12*period, 40*time.Second)}
	case sensor.Person:
		return Silence{Coast: 5 * time.Minute, End: toldFor}
	case sensor.Neighbour:
		return Silence{Coast: time.Minute, End: 5 * time.Minute}
	}
	return Silence{Coast: time.Minute, End: 5 * time.Minute}
}
