package onvif

import (
	"context"
	"errors"
	"fmt"
	"time"

	codec "atalaya/codec/onvif"
	"atalaya/desk/looks"
)

// longest is how long a continuous move may last.
const longest = 10 * time.Second

// Head implements looks.Link.
func (c *Camera) Head(ctx context.Context) (looks.Head, error) {
	about, err := c.About(ctx)
	if err != nil {
		return looks.Head{}, err
	}
	begun := c.cfg.Clock()
	r, err := ask[*codec.GetStatusResponse](ctx, c, about.PTZ, &codec.GetStatus{ProfileToken: about.Profile})
	if err != nil {
		return looks.Head{}, err
	}
	s := &r.PTZStatus
	// The answer is at most as old as the question: the camera's own time is no
	// better known than its clock.
	h := looks.Head{At: begun, Degrees: about.Degrees, Moves: s.Moves, Boot: s.Boot}
	switch {
	case s.Error != "" && s.Error != "NO error" && s.Position == nil:
		return h, fmt.Errorf("ask the camera where it points: it says %.200q", s.Error)
	case s.Position == nil || s.Position.PanTilt == nil:
		return h, errors.New("ask the camera where it points: it does not tell")
	}
	p := s.Position.PanTilt
	switch p.Space {
	case "":
	case codec.PanTiltGeneric:
		h.Degrees = false
	case codec.PanTiltDegrees:
		h.Degrees = true
	default:
		return h, fmt.Errorf("ask the camera where it points: it tells that in %.200q, which is not known here", p.Space)
	}
	h.Pan, h.Tilt = float64(p.X), float64(p.Y)
	if z := s.Position.Zoom; z != nil {
		if z.Space != "" && z.Space != codec.ZoomGeneric {
			return h, fmt.Errorf("ask the camera where it points: it tells its zoom in %.200q, which is not known here", z.Space)
		}
		h.Zoom = float64(z.X)
	}
	if m := s.MoveStatus; m != nil {
		h.Moving = m.PanTilt == codec.Moving || m.Zoom == codec.Moving
	}
	return h, nil
}

// MoveHead implements looks.Link.
func (c *Camera) MoveHead(ctx context.Context, m looks.Move) error {
	about, err := c.About(ctx)
	if err != nil {
		return err
	}
	if m.PanTilt == nil && m.Zoom == nil {
		return errors.New("turn the camera: nothing says where to")
	}
	switch m.Kind {
	case looks.Absolute:
		space := codec.PanTiltGeneric
		if about.Degrees {
			space = codec.PanTiltDegrees
		}
		_, err = ask[*codec.AbsoluteMoveResponse](ctx, c, about.PTZ, &codec.AbsoluteMove{
			ProfileToken: about.Profile, Position: vector(m, space, codec.ZoomGeneric),
		})
	case looks.Relative:
		space := codec.PanTiltTranslationGeneric
		if about.Degrees {
			if space = codec.PanTiltTranslationDegrees; !about.ByDegrees && m.PanTilt != nil {
				return errors.New("turn the camera: it tells its position in degrees, and cannot be turned by degrees: tell it where to")
			}
		}
		_, err = ask[*codec.RelativeMoveResponse](ctx, c, about.PTZ, &codec.RelativeMove{
			ProfileToken: about.Profile, Translation: vector(m, space, codec.ZoomTranslationGeneric),
		})
	case looks.Continuous:
		if m.For <= 0 || m.For > longest {
			return fmt.Errorf("turn the camera for %s: use more than 0s and at most %s", m.For, longest)
		}
		ends := codec.Duration(m.For)
		_, err = ask[*codec.ContinuousMoveResponse](ctx, c, about.PTZ, &codec.ContinuousMove{
			ProfileToken: about.Profile, Velocity: vector(m, codec.PanTiltVelocityGeneric, codec.ZoomVelocityGeneric), Timeout: &ends,
		})
	default:
		return fmt.Errorf("turn the camera: %q is no kind of move", m.Kind)
	}
	return err
}

func vector(m looks.Move, panTilt, zoom string) codec.PTZVector {
	var v codec.PTZVector
	if m.PanTilt != nil {
		v.PanTilt = &codec.Vector2D{X: codec.Float(m.PanTilt[0]), Y: codec.Float(m.PanTilt[1]), Space: panTilt}
	}
	if m.Zoom != nil {
		v.Zoom = &codec.Vector1D{X: codec.Float(*m.Zoom), Space: zoom}
	}
	return v
}

// StopHead implements looks.Link.
func (c *Camera) StopHead(ctx context.Context) error {
	about, err := c.About(ctx)
	if err != nil {
		return err
	}
	yes := true
	_, err = ask[*codec.StopResponse](ctx, c, about.PTZ, &codec.Stop{ProfileToken: about.Profile, PanTilt: &yes, Zoom: &yes})
	return err
}

// StowHead implements looks.Link. Where the camera does not tell where it points,
// it goes to the middle of its range.
func (c *Camera) StowHead(ctx context.Context, down looks.Down) error {
	about, err := c.About(ctx)
	if err != nil {
		return err
	}
	pan, tilt, space := (about.Pan[0]+about.Pan[1])/2, about.Tilt[0], codec.PanTiltGeneric
	if down == looks.AtMost {
		tilt = about.Tilt[1]
	}
	if about.Degrees {
		space = codec.PanTiltDegrees
	}
	if h, err := c.Head(ctx); err == nil && h.Degrees == about.Degrees {
		pan = h.Pan
	}
	_, err = ask[*codec.AbsoluteMoveResponse](ctx, c, about.PTZ, &codec.AbsoluteMove{
		ProfileToken: about.Profile, Position: vector(looks.Move{PanTilt: &[2]float64{pan, tilt}}, space, codec.ZoomGeneric),
	})
	return err
}
