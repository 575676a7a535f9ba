package sensor

import (
	"errors"
	"fmt"
	"math"

	"atalaya/geo/fmath"
)

// Mount is how a camera that can be turned stands, and how its own scales
// become directions. It stands level: what it leans is part of SD.
type Mount struct {
	North float64 `json:"north_deg" doc:"true azimuth at which its pan is 0 degrees"`
	// Its scales may run either way.
	Pan  [2]float64 `json:"pan_deg" doc:"pan at -1 and at 1 of its own scale, degrees clockwise"`
	Tilt [2]float64 `json:"tilt_deg" doc:"tilt at -1 and at 1 of its own scale, degrees above the horizon"`
	// Wide is measured at two zooms or more; between them the focal length goes
	// evenly.
	Wide      []ZoomWidth `json:"wide" nullable:"false" doc:"width of the picture at zooms from 0 to 1"`
	Aspect    float64     `json:"aspect" doc:"width of the picture by its height"`
	PanSpeed  float64     `json:"pan_speed_deg_s" doc:"at full speed, degrees a second; 0: not known, and it is turned to places only"`
	TiltSpeed float64     `json:"tilt_speed_deg_s" doc:"likewise"`
	SD        float64     `json:"sd_deg" doc:"of where it points, with all that it leans: degrees, 1 sigma"`
}

// ZoomWidth is how wide the picture is at a zoom.
type ZoomWidth struct {
	Zoom float64 `json:"zoom" doc:"of its own scale, 0 to 1"`
	Wide float64 `json:"wide_deg" doc:"degrees"`
}

// Direction is where a camera points.
type Direction struct {
	Azimuth   float64 `json:"azimuth_deg" doc:"of the middle of the picture, degrees clockwise from true north"`
	Elevation float64 `json:"elevation_deg" doc:"degrees above the horizon"`
	Wide      float64 `json:"wide_deg" doc:"width of the picture, degrees"`
}

const mostZooms = 50

func (m *Mount) check() error {
	for _, v := range []float64{m.North, m.Pan[0], m.Pan[1], m.Tilt[0], m.Tilt[1]} {
		if !(math.Abs(v) <= 720) {
			return fmt.Errorf("a mount with an angle of %g degrees", v)
		}
	}
	switch {
	case m.Pan[0] == m.Pan[1] || m.Tilt[0] == m.Tilt[1]:
		return errors.New("a mount whose pan or tilt has no range")
	case math.Abs(m.Tilt[0]) > 90 || math.Abs(m.Tilt[1]) > 90:
		return fmt.Errorf("a tilt from %g to %g degrees: use -90 to 90 above the horizon", m.Tilt[0], m.Tilt[1])
	case len(m.Wide) < 2 || len(m.Wide) > mostZooms:
		return fmt.Errorf("the width of the picture at %d zooms: use 2 to %d", len(m.Wide), mostZooms)
	case !(m.Aspect > 0.1 && m.Aspect < 10):
		return fmt.Errorf("a picture %g times as wide as high: use 0.1 to 10", m.Aspect)
	case !(m.PanSpeed >= 0 && m.PanSpeed <= 1000 && m.TiltSpeed >= 0 && m.TiltSpeed <= 1000):
		return fmt.Errorf("speeds of %g and %g degrees a second: use 0 to 1000", m.PanSpeed, m.TiltSpeed)
	case !(m.SD > 0 && m.SD <= 45):
		return fmt.Errorf("it points to within %g degrees: use more than 0, at most 45: nothing points exactly", m.SD)
	}
	for i, w := range m.Wide {
		if !(w.Zoom >= 0 && w.Zoom <= 1 && w.Wide > 0 && w.Wide < 170) {
			return fmt.Errorf("a picture %g degrees wide at zoom %g: use zooms from 0 to 1, and widths below 170", w.Wide, w.Zoom)
		}
		if i > 0 && (w.Zoom <= m.Wide[i-1].Zoom || w.Wide >= m.Wide[i-1].Wide) {
			return errors.New("zooms go up, and the picture gets narrower from each to the next")
		}
	}
	if m.Wide[0].Zoom != 0 || m.Wide[len(m.Wide)-1].Zoom != 1 {
		return errors.New("the width of the picture must be stated at zoom 0 and at zoom 1")
	}
	return nil
}

// Direction gives where a camera points that tells its pan, tilt and zoom, the
// first two in degrees or by their ranges.
func (m *Mount) Direction(pan, tilt, zoom float64, degrees bool) Direction {
	if !degrees {
		pan, tilt = m.Pan[0]+float64((pan+1)/2*(m.Pan[1]-m.Pan[0])), m.Tilt[0]+float64((tilt+1)/2*(m.Tilt[1]-m.Tilt[0]))
	}
	return Direction{Azimuth: turned(m.North + pan), Elevation: tilt, Wide: m.wide(zoom)}
}

// turned brings an azimuth to 0..360.
func turned(deg float64) float64 {
	if deg = math.Mod(deg, 360); deg < 0 {
		deg += 360
	}
	if deg >= 360 {
		return 0
	}
	return deg
}

// ErrReach says that a camera cannot point somewhere.
var ErrReach = errors.New("the camera cannot point there") //nolint:gochecknoglobals // sentinel

// Scales is the inverse of Direction.
func (m *Mount) Scales(d Direction, degrees bool) (pan, tilt, zoom float64, err error) {
	low, high := min(m.Pan[0], m.Pan[1]), max(m.Pan[0], m.Pan[1])
	const slack = 1e-6 // degrees, of what is told in decimals
	// The same azimuth may lie once more in a range of more than a turn: the one
	// nearest to its middle.
	pan = turned(d.Azimuth - m.North)
	middle := (low + high) / 2
	pan += 360 * math.Round((middle-pan)/360)
	if !(pan >= low-slack && pan <= high+slack) {
		return 0, 0, 0, fmt.Errorf("%w: azimuth %.1f° is outside of its range", ErrReach, d.Azimuth)
	}
	pan = min(max(pan, low), high)
	tilt = d.Elevation
	least, most := min(m.Tilt[0], m.Tilt[1]), max(m.Tilt[0], m.Tilt[1])
	if !(tilt >= least-slack && tilt <= most+slack) {
		return 0, 0, 0, fmt.Errorf("%w: elevation %.1f° is outside of %.1f° to %.1f°", ErrReach, d.Elevation, least, most)
	}
	tilt = min(max(tilt, least), most)
	narrowest, widest := m.Wide[len(m.Wide)-1].Wide, m.Wide[0].Wide
	if !(d.Wide >= narrowest-slack && d.Wide <= widest+slack) {
		return 0, 0, 0, fmt.Errorf("%w: a picture %.2f° wide is outside of %.2f° to %.2f°", ErrReach, d.Wide, narrowest, widest)
	}
	zoom = m.zoom(d.Wide)
	if !degrees {
		pan = float64(2*(pan-m.Pan[0])/(m.Pan[1]-m.Pan[0])) - 1
		tilt = float64(2*(tilt-m.Tilt[0])/(m.Tilt[1]-m.Tilt[0])) - 1
	}
	return pan, tilt, zoom, nil
}

const radian = math.Pi / 180

// focal is the focal length by half the picture's width.
func focal(wide float64) float64 { return 1 / fmath.Tan(float64(wide*radian)/2) }

func (m *Mount) wide(zoom float64) float64 {
	zoom = min(max(zoom, 0), 1)
	for i := 1; i < len(m.Wide); i++ {
		a, b := m.Wide[i-1], m.Wide[i]
		if zoom <= b.Zoom {
			f := focal(a.Wide) + float64((zoom-a.Zoom)/(b.Zoom-a.Zoom)*(focal(b.Wide)-focal(a.Wide)))
			return float64(2*fmath.Atan(1/f)) / radian
		}
	}
	return m.Wide[len(m.Wide)-1].Wide
}

func (m *Mount) zoom(wide float64) float64 {
	for i := 1; i < len(m.Wide); i++ {
		a, b := m.Wide[i-1], m.Wide[i]
		if wide >= b.Wide {
			z := a.Zoom + float64((focal(wide)-focal(a.Wide))/(focal(b.Wide)-focal(a.Wide))*(b.Zoom-a.Zoom))
			return min(max(z, 0), 1)
		}
	}
	return 1
}

// High is the height of a picture of a width, degrees.
func (m *Mount) High(wide float64) float64 {
	return float64(2*fmath.Atan(1/(focal(wide)*m.Aspect))) / radian
}
