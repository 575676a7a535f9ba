package format_test

import (
	"testing"
	"time"

	"atalaya/codec"
	"atalaya/codec/nmea"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
)

func sentence(t testing.TB, d nmea.Data) []byte {
	t.Helper()
	line, err := nmea.Encode(&nmea.Message{Talker: "RA", Data: d})
	if err != nil {
		t.Fatal(err)
	}
	return []byte(line + "\r\n")
}

func target(bearing float64) *nmea.TTM {
	return &nmea.TTM{
		Target: codec.Some(12), Distance: codec.Some(1852.0), Bearing: codec.Some(bearing),
		Speed: codec.Some(5.0), Course: codec.Some(45.0), Status: nmea.Tracking,
	}
}

func marine(t testing.TB, moving bool) *station {
	return newStation(t, sensor.Feed{Format: sensor.FormatNMEA}, sensor.Sensor{Moving: moving, RangeSD: 40, BearingSD: 1})
}

// TestMarineRadar: targets are where the radar is, which a moving one tells.
func TestMarineRadar(t *testing.T) {
	const s = time.Second
	boat := geo.Position{Lat: -16.0, Lon: -69.2}
	own := &nmea.RMC{Valid: true, Position: codec.Some(boat)}
	east := func(from geo.Position) geo.Position { p, _ := geo.Direct(from, 90, 1852); return p }

	t.Run("ashore", func(t *testing.T) {
		st := marine(t, false)
		st.hear(0, sentence(t, target(90)))
		o := st.one()
		if o.Measure != obs.RangeBearing || !near(o.Position, east(here), 5) || o.Origin != here || claims(o) != "target:sensor/12" ||
			o.RangeSD != 40 || o.BearingSD != 1 || o.Speed < 4.9 || o.Course != 45 || o.Kind != obs.Unknown {
			t.Errorf("%+v", o)
		}
		// 40 m along, 1852 m times a degree across.
		if o.Cov.EE < 1599 || o.Cov.EE > 1601 || o.Cov.NN < 1040 || o.Cov.NN > 1050 {
			t.Errorf("covariance %+v", o.Cov)
		}
	})
	t.Run("afloat", func(t *testing.T) {
		st := marine(t, true)
		st.hear(0, sentence(t, target(90)))
		st.none("nobody knows where the radar is")
		st.hear(0, sentence(t, own))
		st.hear(9*s, sentence(t, target(90)))
		if o := st.one(); !near(o.Position, east(boat), 5) || o.Origin != boat {
			t.Errorf("%v from %v", o.Position, o.Origin)
		}
		st.hear(11*s, sentence(t, target(90)))
		st.none("it has not said for long where it is")
		st.hear(12*s, sentence(t, &nmea.RMC{Valid: false, Position: codec.Some(boat)}))
		st.hear(12*s, sentence(t, target(90)))
		st.none("it does not know where it is")
	})
	t.Run("relative", func(t *testing.T) {
		for name, heading := range map[string]nmea.Data{"HDT": &nmea.HDT{Heading: codec.Some(80.0)}} {
			st := marine(t, false)
			d := target(10)
			d.Relative, d.CourseRel = true, true
			st.hear(0, sentence(t, d))
			st.none("nobody knows the heading")
			st.hear(0, sentence(t, heading))
			st.hear(s, sentence(t, d))
			if o := st.one(); !near(o.Position, east(here), 5) || o.Course != 125 {
				t.Errorf("%s: %v, course %v", name, o.Position, o.Course)
			}
			d.Relative = false
			st.hear(20*s, sentence(t, d))
			if o := st.one(); o.Has&obs.HasCourse != 0 {
				t.Errorf("%s: a course of %v relative to nothing", name, o.Course)
			}
		}
	})
	t.Run("THS", func(t *testing.T) {
		st := marine(t, false)
		st.hear(0, []byte(nmea.Frame('$', "HETHS", "80.0", "A")+"\r\n"))
		d := target(10)
		d.Relative = true
		st.hear(0, sentence(t, d))
		if o := st.one(); !near(o.Position, east(here), 5) {
			t.Errorf("%v", o.Position)
		}
	})
}

// TestTargetStates: a lost target was not measured, and one that is being
// acquired has no motion yet.
func TestTargetStates(t *testing.T) {
	for status, want := range map[nmea.Status]obs.Has{nmea.Tracking: obs.HasSpeed | obs.HasCourse, nmea.Acquiring: 0} {
		st := marine(t, false)
		d := target(90)
		d.Status = status
		st.hear(0, sentence(t, d))
		if o := st.one(); o.Has != want {
			t.Errorf("%s: has %b", status, o.Has)
		}
	}
	st := marine(t, false)
	d := target(90)
	d.Status = nmea.Lost
	st.hear(0, sentence(t, d))
	st.hear(0, sentence(t, &nmea.TLL{Target: codec.Some(1), Position: codec.Some(here), Status: nmea.Lost}))
	st.none("lost")
	// Without distance or bearing there is no place.
	st.hear(0, sentence(t, &nmea.TTM{Target: codec.Some(1), Status: nmea.Tracking, Bearing: codec.Some(1.0)}))
	st.none("no distance")
	if h := st.meter.Health(); h.Good != 3 || len(h.Bad) != 0 {
		t.Errorf("good %d, bad %v", h.Good, h.Bad)
	}
}

// TestTargetPlaces: TLL tells a position, a name and a time of day.
func TestTargetPlaces(t *testing.T) {
	st := marine(t, true)
	p := geo.Position{Lat: -16.1, Lon: -69.15}
	st.datagram(5*time.Second, sentence(t, &nmea.TLL{
		Target: codec.Some(3), Position: codec.Some(p), Name: "BALSA", Status: nmea.Tracking, Clock: codec.Some(12*time.Hour + 4*time.Second),
	}))
	o := st.one()
	if o.Measure != obs.Place || !near(o.Position, p, 2) || sd(o) != 50 || claims(o) != "target:sensor/3 name:BALSA" ||
		o.Clock != obs.ClockCoarse || o.Time.Sub(start) != 4*time.Second {
		t.Errorf("%+v", o)
	}
}

// TestAtTheAntenna: a range of zero is a place, and its error no line.
func TestAtTheAntenna(t *testing.T) {
	st := marine(t, false)
	d := target(0)
	d.Distance = codec.Some(0.0)
	st.hear(0, sentence(t, d))
	o := st.one()
	if o.Position != here || o.Cov.EE <= 0 || o.Cov.NN <= 0 {
		t.Errorf("%v %+v", o.Position, o.Cov)
	}
}
