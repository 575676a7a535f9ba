package sensor_test

import (
	"errors"
	"math"
	"testing"

	"atalaya/geo"
	"atalaya/sensor"
)

func mount() sensor.Mount {
	return sensor.Mount{
		North: 300, Pan: [2]float64{-180, 180}, Tilt: [2]float64{-60, 30}, Aspect: 16.0 / 9,
		Wide: []sensor.ZoomWidth{{Zoom: 0, Wide: 60}, {Zoom: 0.5, Wide: 8}, {Zoom: 1, Wide: 2}}, SD: 0.2,
	}
}

func TestMountDirections(t *testing.T) {
	m := mount()
	for _, c := range []struct {
		pan, tilt, zoom float64
		degrees         bool
		want            sensor.Direction
	}{
		{0, 0, 0, false, sensor.Direction{Azimuth: 300, Elevation: -15, Wide: 60}},
		{0.5, 1, 0.5, false, sensor.Direction{Azimuth: 30, Elevation: 30, Wide: 8}},
		{-100, -5, 1, true, sensor.Direction{Azimuth: 200, Elevation: -5, Wide: 2}},
	} {
		got := m.Direction(c.pan, c.tilt, c.zoom, c.degrees)
		if math.Abs(got.Azimuth-c.want.Azimuth)+math.Abs(got.Elevation-c.want.Elevation)+math.Abs(got.Wide-c.want.Wide) > 1e-9 {
			t.Errorf("%+v: %+v", c, got)
		}
		pan, tilt, zoom, err := m.Scales(got, c.degrees)
		if err != nil || math.Abs(pan-c.pan)+math.Abs(tilt-c.tilt)+math.Abs(zoom-c.zoom) > 1e-9 {
			t.Errorf("%+v comes back as %g, %g, %g, %v", c, pan, tilt, zoom, err)
		}
	}
	// Between measured zooms the focal length goes evenly: half of that at 60°
	// and at 8° is not 34° wide.
	if w := m.Direction(0, 0, 0.25, false).Wide; math.Abs(w-14.221) > 0.01 {
		t.Errorf("%g degrees wide", w)
	}
	if h := m.High(60); math.Abs(h-36.0) > 0.1 {
		t.Errorf("%g degrees high", h)
	}
	reversed := mount()
	reversed.Pan, reversed.Tilt = [2]float64{170, -170}, [2]float64{20, -90}
	if d := reversed.Direction(1, 1, 0, false); d.Azimuth != 130 || d.Elevation != -90 {
		t.Errorf("%+v", d)
	}
	for _, d := range []sensor.Direction{
		{Azimuth: 120, Wide: 10},
		{Azimuth: 0, Elevation: 21, Wide: 10},
		{Azimuth: 0, Wide: 61},
		{Azimuth: 0, Wide: 1},
		{Azimuth: math.NaN(), Wide: 10},
		{Azimuth: math.Inf(1), Wide: 10},
	} {
		if pan, tilt, zoom, err := reversed.Scales(d, false); !errors.Is(err, sensor.ErrReach) {
			t.Errorf("%+v: %g, %g, %g, %v", d, pan, tilt, zoom, err)
		}
	}
}

func TestMountCheck(t *testing.T) {
	s := sensor.Sensor{ID: "cam", Kind: sensor.Camera, Position: geo.Position{Lat: -16, Lon: -69}}
	m := mount()
	s.Mount = &m
	if err := s.Check(); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*sensor.Mount){
		"pan":      func(m *sensor.Mount) { m.Pan[1] = m.Pan[0] },
		"tilt":     func(m *sensor.Mount) { m.Tilt[1] = 91 },
		"north":    func(m *sensor.Mount) { m.North = math.NaN() },
		"one zoom": func(m *sensor.Mount) { m.Wide = m.Wide[:1] },
		"no tele":  func(m *sensor.Mount) { m.Wide = m.Wide[:2] },
		"order":    func(m *sensor.Mount) { m.Wide[1].Wide = 1 },
		"aspect":   func(m *sensor.Mount) { m.Aspect = 0 },
		"speed":    func(m *sensor.Mount) { m.PanSpeed = -1 },
		"exact":    func(m *sensor.Mount) { m.SD = 0 },
	} {
		m := mount()
		spoil(&m)
		s.Mount = &m
		if err := s.Check(); err == nil {
			t.Errorf("%s: %+v is taken", name, m)
		}
	}
	m = mount()
	s.Kind, s.Mount = sensor.Radar, &m
	if err := s.Check(); err == nil {
		t.Error("a radar has a mount")
	}
}
