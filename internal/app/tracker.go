package app

import (
	"cmp"
	"math"
	"time"

	"atalaya/fuse"
	"atalaya/fuse/registration"
	"atalaya/sensor"
	"atalaya/track"
)

// TrackerConfig sets the tracker of the live picture and of replays.
type TrackerConfig struct {
	Lag           Duration     `toml:"lag" doc:"how late an observation may come and still count as if it had come in time; minutes for satellite links, at about 12 kB of memory for 10 s of a thing that reports once a second"`
	Retrodict     Duration     `toml:"retrodict" doc:"how late an observation may come and still correct where the track is now, changing nothing of the past; what is older says only who the track is"`
	Crossing      Duration     `toml:"crossing" doc:"how far apart in time bearings of several sensors (cameras, direction finders) may be that start a track where they cross; what only two see stays unconfirmed; 0s: none do"`
	Ranging       Duration     `toml:"ranging" doc:"for how long the bearings of a sensor on the move (a drone, a boat) may be a row that starts a track when it tells the range; 0s: none does"`
	RadarBearing  float64      `toml:"radar_bearing_bias_deg" doc:"standard deviation, degrees, of how far the north of a radar, ashore or of a boat, may be off; it is learnt from tracks that name themselves, and until then makes what a radar alone sees less sure; 0: not at all. IMO MSC.192(79) allows 1 degree, taken for two standard deviations"`
	RadarRange    float64      `toml:"radar_range_bias_m" doc:"the same of its ranges, metres. IMO MSC.192(79) allows 1 % of the range scale, at 6 nautical miles 111 m"`
	RadarTime     float64      `toml:"radar_time_bias_s" doc:"the same of its times, seconds: of its clock, and from the antenna to the plot"`
	CameraBearing float64      `toml:"camera_bearing_bias_deg" doc:"the same of the bearings of cameras, degrees, which are set up by hand and compass"`
	Water         MotionConfig `toml:"water"`
	Land          MotionConfig `toml:"land"`
	Air           MotionConfig `toml:"air"`
	Unknown       MotionConfig `toml:"unknown"`
}

// MotionConfig tells how things of a domain move.
type MotionConfig struct {
	Noise      float64 `toml:"noise_m2_s3" doc:"how much they change speed: spectral density of the acceleration, m2/s3; after t seconds without news the velocity is uncertain by sqrt(noise t)"`
	Turn       float64 `toml:"turn_deg_s" doc:"rate of a usual turn, degrees a second"`
	Turning    float64 `toml:"turning" doc:"share of their time that they turn"`
	Slow       float64 `toml:"slow" doc:"share of their time that they drift, moor, fish or hover"`
	Drift      float64 `toml:"drift_mps" doc:"standard deviation of the velocity of what is slow, m/s"`
	StartSpeed float64 `toml:"start_speed_mps" doc:"standard deviation of the velocity of what was seen once, m/s"`
	MaxSpeed   float64 `toml:"max_speed_mps" doc:"what nothing exceeds, m/s: an identity that moves faster is a conflict"`
}

// degrees of a radian.
const degrees = 180 / math.Pi

// inDegrees gives an angle to the millionth, as people write it.
func inDegrees(rad float64) float64 { return math.Round(rad*degrees*1e6) / 1e6 }

// defaultTracker has the tracker's own figures; fuse.DefaultMotion has their sources.
func defaultTracker() TrackerConfig {
	motion := func(d track.Domain) MotionConfig { return MotionConfig(fuse.DefaultMotion(d)) }
	bias := fuse.DefaultBias()
	radar, camera := bias[sensor.Radar].SD, bias[sensor.Camera].SD
	return TrackerConfig{
		Lag: Duration(10 * time.Second), Retrodict: Duration(5 * time.Minute), Crossing: Duration(10 * time.Second), Ranging: Duration(5 * time.Minute),
		RadarBearing: inDegrees(radar[registration.Azimuth]), RadarRange: radar[registration.Range], RadarTime: radar[registration.Time],
		CameraBearing: inDegrees(camera[registration.Azimuth]),
		Water:         motion(track.Water), Land: motion(track.Land), Air: motion(track.Air), Unknown: motion(track.UnknownDomain),
	}
}

// check gives what is out of range.
func (c *TrackerConfig) check(need func(ok bool, format string, args ...any)) {
	need(c.Lag >= Duration(time.Second) && c.Lag <= Duration(30*time.Minute), "tracker.lag is %s: use 1s to 30m", time.Duration(c.Lag))
	need(c.Retrodict >= c.Lag && c.Retrodict <= Duration(time.Hour), "tracker.retrodict is %s: use tracker.lag (%s) to 1h", time.Duration(c.Retrodict), time.Duration(c.Lag))
	need(c.Crossing >= 0 && c.Crossing <= Duration(time.Minute), "tracker.crossing is %s: use 0s to 1m", time.Duration(c.Crossing))
	need(c.Ranging >= 0 && c.Ranging <= Duration(30*time.Minute), "tracker.ranging is %s: use 0s to 30m", time.Duration(c.Ranging))
	within := func(key string, v, most float64) {
		need(v >= 0 && v <= most, "tracker.%s is %g: use 0 to %g", key, v, most)
	}
	within("radar_bearing_bias_deg", c.RadarBearing, 45)
	within("radar_range_bias_m", c.RadarRange, 1e5)
	within("radar_time_bias_s", c.RadarTime, 600)
	within("camera_bearing_bias_deg", c.CameraBearing, 45)
	for _, d := range []struct {
		name string
		MotionConfig
	}{{"water", c.Water}, {"land", c.Land}, {"air", c.Air}, {"unknown", c.Unknown}} {
		need(d.Noise > 0 && d.Noise <= 1e4, "tracker.%s.noise_m2_s3 is %g: use a number above 0, at most 10000", d.name, d.Noise)
		need(d.StartSpeed > 0 && d.StartSpeed <= 1e4, "tracker.%s.start_speed_mps is %g: use a number above 0, at most 10000", d.name, d.StartSpeed)
		need(d.MaxSpeed > 0 && d.MaxSpeed <= 1e4, "tracker.%s.max_speed_mps is %g: use a number above 0, at most 10000", d.name, d.MaxSpeed)
		within(d.name+".turn_deg_s", d.Turn, 90)
		within(d.name+".drift_mps", d.Drift, 100)
		need(d.Turning >= 0 && d.Slow >= 0 && d.Turning+d.Slow <= 0.9, "tracker.%s: turning and slow are %g and %g: use shares that leave a tenth for going straight", d.name, d.Turning, d.Slow)
		need(d.Slow == 0 || d.Drift > 0, "tracker.%s.drift_mps is 0: what is slow must drift a little", d.name)
	}
}

// config is what the tracker is made from.
func (c *TrackerConfig) config() fuse.Config {
	f := fuse.Config{
		Lag: time.Duration(c.Lag), Retrodict: time.Duration(c.Retrodict),
		Motion: [4]fuse.Motion{
			track.UnknownDomain: fuse.Motion(c.Unknown), track.Water: fuse.Motion(c.Water), track.Land: fuse.Motion(c.Land), track.Air: fuse.Motion(c.Air),
		},
		Bias: map[sensor.Kind]registration.Config{},
	}
	// In fuse 0 is its own figure, and below 0 none.
	never := func(d Duration) time.Duration { return cmp.Or(time.Duration(d), -1) }
	f.Crossing, f.Ranging = never(c.Crossing), never(c.Ranging)
	radar := registration.Bias{registration.Azimuth: c.RadarBearing / degrees, registration.Range: c.RadarRange, registration.Time: c.RadarTime}
	for kind, sd := range map[sensor.Kind]registration.Bias{
		sensor.Radar: radar, sensor.MarineRadar: radar,
		sensor.Camera: {registration.Azimuth: c.CameraBearing / degrees},
	} {
		f.Bias[kind] = registration.Config{SD: sd}
	}
	return f
}
