package exercise

import (
	"math"
	"time"

	"atalaya/codec/onvif"
	"atalaya/sensor"
)

// What the camera's head can, in the generic spaces: x from -1 to 1 is all
// round, y from 60° below the horizon to 30° above it, zoom from 60° wide to 2°.
const (
	panHalf     = 180.0 // degrees that 1 is
	tiltFrom    = -60.0 // degrees at -1
	tiltTo      = 30.0  // at 1
	panRate     = 40.0  // degrees a second
	tiltRate    = 20.0
	zoomRate    = 0.4               // of the range a second
	mostMove    = 10 * time.Second  // that a continuous one lasts
	cameraNorth = 285.0             // azimuth at pan 0: over the lake
	cameraRange = 6000.0            // m: it tells nothing beyond; the border is nearer only in the south-east
	aimSD       = 0.1               // degrees
	aspect      = 16.0 / 9          // of the picture
	rateX       = panRate / panHalf // generic units a second
	rateY       = 2 * tiltRate / (tiltTo - tiltFrom)
)

// zoomWidths is how wide its picture is: focal lengths go evenly with the zoom.
func zoomWidths() []sensor.ZoomWidth {
	return []sensor.ZoomWidth{{Zoom: 0, Wide: 60}, {Zoom: 1, Wide: 2}}
}

// head is where the camera points and where to. All is generic.
type head struct {
	at     time.Time  // of now
	now    [3]float64 // pan, tilt, zoom
	to     [3]float64 // where an absolute or relative move goes
	fast   [3]float64 // units a second: of a move to a place always positive
	drives [2]bool    // pan and tilt; zoom: of a continuous move
	ends   time.Time  // of a continuous move
	moves  uint64
	boot   string // another at every start
}

func rates() [3]float64 { return [3]float64{rateX, rateY, zoomRate} }

// low is the least of each axis; the most is 1.
func low() [3]float64 { return [3]float64{-1, -1, 0} }

// advance moves on to a time.
func (h *head) advance(now time.Time) {
	if !now.After(h.at) {
		return
	}
	begun := h.at
	h.at = now
	for i := range h.now {
		group := i / 2 // zoom apart
		if h.drives[group] {
			until := now
			if h.ends.Before(until) {
				until = h.ends
			}
			h.now[i] = min(max(h.now[i]+h.fast[i]*max(until.Sub(begun).Seconds(), 0), low()[i]), 1)
			h.to[i] = h.now[i]
			continue
		}
		step := rates()[i] * now.Sub(begun).Seconds()
		left := h.to[i] - h.now[i]
		h.now[i] += math.Copysign(min(math.Abs(left), step), left)
	}
	if !now.Before(h.ends) {
		h.drives = [2]bool{}
	}
}

func (h *head) moving(axes ...int) string {
	for _, i := range axes {
		if h.drives[i/2] && h.fast[i] != 0 || h.now[i] != h.to[i] {
			return onvif.Moving
		}
	}
	return onvif.Idle
}

// do answers a message to the head. The status says the camera's own time.
func (h *head) do(m onvif.Message, now, says time.Time) onvif.Message {
	h.advance(now)
	switch m := m.(type) {
	case *onvif.GetStatus:
		if m.ProfileToken != profileToken {
			return noProfile()
		}
		moves := h.moves
		return &onvif.GetStatusResponse{PTZStatus: onvif.PTZStatus{
			Position:   generic(h.now[0], h.now[1], h.now[2]),
			MoveStatus: &onvif.PTZMoveStatus{PanTilt: h.moving(0, 1), Zoom: h.moving(2)},
			UtcTime:    onvif.DateTime{Time: says}, Moves: &moves, Boot: h.boot,
		}}
	case *onvif.AbsoluteMove:
		to := h.now
		if f := take(&to, m.ProfileToken, m.Position, onvif.PanTiltGeneric, onvif.ZoomGeneric); f != nil {
			return f
		}
		return h.moveTo(m.Position, to, &onvif.AbsoluteMoveResponse{})
	case *onvif.RelativeMove:
		var by [3]float64
		if f := take(&by, m.ProfileToken, m.Translation, onvif.PanTiltTranslationGeneric, onvif.ZoomTranslationGeneric); f != nil {
			return f
		}
		for i := range by {
			by[i] += h.now[i]
		}
		return h.moveTo(m.Translation, by, &onvif.RelativeMoveResponse{})
	case *onvif.ContinuousMove:
		return h.drive(m, now)
	case *onvif.Stop:
		if m.ProfileToken != profileToken {
			return noProfile()
		}
		all := m.PanTilt == nil && m.Zoom == nil
		if all || m.PanTilt != nil && *m.PanTilt {
			h.drives[0], h.to[0], h.to[1] = false, h.now[0], h.now[1]
		}
		if all || m.Zoom != nil && *m.Zoom {
			h.drives[1], h.to[2] = false, h.now[2]
		}
		return &onvif.StopResponse{}
	}
	return onvif.NewFault("Sender", "this camera does not do that", onvif.ActionNotSupported)
}

func (h *head) moveTo(v onvif.PTZVector, to [3]float64, done onvif.Message) onvif.Message {
	for i := range to {
		if to[i] < low()[i] || to[i] > 1 {
			return onvif.NewFault("Sender", "outside of its range", onvif.InvalidArgVal, onvif.InvalidPosition)
		}
	}
	if v.PanTilt != nil {
		h.drives[0], h.to[0], h.to[1] = false, to[0], to[1]
	}
	if v.Zoom != nil {
		h.drives[1], h.to[2] = false, to[2]
	}
	h.moves++
	return done
}

func (h *head) drive(m *onvif.ContinuousMove, now time.Time) onvif.Message {
	var fast [3]float64
	if f := take(&fast, m.ProfileToken, m.Velocity, onvif.PanTiltVelocityGeneric, onvif.ZoomVelocityGeneric); f != nil {
		return f
	}
	lasts := mostMove
	if m.Timeout != nil {
		lasts = min(lasts, time.Duration(*m.Timeout))
	}
	for i := range fast {
		if math.Abs(fast[i]) > 1 {
			return onvif.NewFault("Sender", "faster than it can", onvif.InvalidArgVal, "InvalidVelocity")
		}
		if i < 2 && m.Velocity.PanTilt != nil || i == 2 && m.Velocity.Zoom != nil {
			h.fast[i], h.drives[i/2] = fast[i]*rates()[i], true
		}
	}
	h.ends = now.Add(lasts)
	h.moves++
	return &onvif.ContinuousMoveResponse{}
}

// take puts a vector into values, and refuses profiles and spaces that it does
// not know.
func take(values *[3]float64, profile string, v onvif.PTZVector, panTilt, zoom string) *onvif.Fault {
	if profile != profileToken {
		return noProfile()
	}
	if p := v.PanTilt; p != nil {
		if p.Space != "" && p.Space != panTilt {
			return onvif.NewFault("Sender", "it does not know that space", onvif.InvalidArgVal, "SpaceNotSupported")
		}
		values[0], values[1] = float64(p.X), float64(p.Y)
	}
	if z := v.Zoom; z != nil {
		if z.Space != "" && z.Space != zoom {
			return onvif.NewFault("Sender", "it does not know that space", onvif.InvalidArgVal, "SpaceNotSupported")
		}
		values[2] = float64(z.X)
	}
	return nil
}

func noProfile() *onvif.Fault {
	return onvif.NewFault("Sender", "no profile of that name that can be turned", onvif.InvalidArgVal, onvif.NoProfile)
}

func generic(pan, tilt, zoom float64) *onvif.PTZVector {
	return &onvif.PTZVector{
		PanTilt: &onvif.Vector2D{X: onvif.Float(pan), Y: onvif.Float(tilt), Space: onvif.PanTiltGeneric},
		Zoom:    &onvif.Vector1D{X: onvif.Float(zoom), Space: onvif.ZoomGeneric},
	}
}

func headConfiguration() *onvif.PTZConfiguration {
	lasts := onvif.Duration(mostMove)
	return &onvif.PTZConfiguration{
		Token: configToken, Name: "head", UseCount: 1, NodeToken: nodeToken,
		DefaultAbsolutePantTiltPositionSpace: onvif.PanTiltGeneric, DefaultAbsoluteZoomPositionSpace: onvif.ZoomGeneric,
		DefaultPTZTimeout: &lasts,
	}
}

func headSpaces() onvif.PTZSpaces {
	whole := onvif.FloatRange{Min: -1, Max: 1}
	two := func(uri string) []onvif.Space2DDescription {
		return []onvif.Space2DDescription{{URI: uri, XRange: whole, YRange: whole}}
	}
	one := func(uri string, from onvif.Float) []onvif.Space1DDescription {
		return []onvif.Space1DDescription{{URI: uri, XRange: onvif.FloatRange{Min: from, Max: 1}}}
	}
	return onvif.PTZSpaces{
		AbsolutePanTiltPositionSpace:    two(onvif.PanTiltGeneric),
		AbsoluteZoomPositionSpace:       one(onvif.ZoomGeneric, 0),
		RelativePanTiltTranslationSpace: two(onvif.PanTiltTranslationGeneric),
		RelativeZoomTranslationSpace:    one(onvif.ZoomTranslationGeneric, -1),
		ContinuousPanTiltVelocitySpace:  two(onvif.PanTiltVelocityGeneric),
		ContinuousZoomVelocitySpace:     one(onvif.ZoomVelocityGeneric, -1),
	}
}
