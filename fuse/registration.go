package fuse

import (
	"iter"
	"math"

	"atalaya/fuse/registration"
	"atalaya/sensor"
)

// DefaultBias tells how far sensors of a kind may be badly set up, by one standard
// deviation. IMO resolution MSC.192(79), 5.2, allows a ship's radar 1 degree and 1 %
// of the range scale in use, at 6 miles 111 m: taken for two standard deviations.
// Cameras are set up by hand and compass. Nobody bounds the time from the antenna to
// the plot: it is as sure as a stated clock (timeSD).
func DefaultBias() map[sensor.Kind]registration.Config {
	const degree = math.Pi / 180
	radar := registration.Config{SD: registration.Bias{registration.Azimuth: 0.5 * degree, registration.Range: 50, registration.Time: 0.2}}
	return map[sensor.Kind]registration.Config{
		sensor.Radar: radar, sensor.MarineRadar: radar,
		sensor.Camera: {SD: registration.Bias{registration.Azimuth: 1 * degree}},
	}
}

// Registrations tells how far sensors are off that may be and were heard, as far as
// is known.
func (t *Tracker) Registrations() iter.Seq2[sensor.ID, registration.Report] {
	return func(yield func(sensor.ID, registration.Report) bool) {
		for n, id := range t.sensorIDs {
			if r, ok := t.line.Registration(int32(n)); ok && !yield(id, r) { //nolint:gosec // fewer than 2^31
				return
			}
		}
	}
}
