package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/desk/looks"
	"atalaya/sensor"
)

// TurnAsked is how a camera is to be turned.
type TurnAsked struct {
	Purpose   string         `json:"purpose" enum:"border-crossing,smuggling,illegal-flight,illegal-fishing,illegal-mining,illegal-logging,search-and-rescue,disaster,environment,training" doc:"what it is looked for; there are no other purposes"`
	Authority string         `json:"authority,omitempty" maxLength:"200" doc:"under which authority"`
	Kind      looks.MoveKind `json:"kind" enum:"absolute,relative,continuous" doc:"to a place, by so much, or so fast for a time"`
	// Of an absolute one; what is absent stays as it is.
	Azimuth   *float64 `json:"azimuth_deg,omitempty" minimum:"0" maximum:"360" doc:"absolute: degrees clockwise from true north"`
	Elevation *float64 `json:"elevation_deg,omitempty" minimum:"-90" maximum:"90" doc:"absolute: degrees above the horizon"`
	Wide      *float64 `json:"wide_deg,omitempty" minimum:"0.01" maximum:"170" doc:"absolute: width of the picture, degrees"`
	Pan       float64  `json:"pan,omitempty" minimum:"-360" maximum:"360" doc:"relative: degrees clockwise; continuous: part of full speed, -1 to 1"`
	Tilt      float64  `json:"tilt,omitempty" minimum:"-180" maximum:"180" doc:"relative: degrees up; continuous: part of full speed, -1 to 1"`
	Zoom      float64  `json:"zoom,omitempty" minimum:"-1" maximum:"1" doc:"continuous: part of full speed, 1 closer"`
	For       float64  `json:"for_s,omitempty" minimum:"0" maximum:"10" doc:"continuous: it ends by itself after so long, seconds"`
}

func (s *Server) cameraRoutes() {
	huma.Register(s.api, operation("get-camera", http.MethodGet, "/api/sensors/{id}/camera", "Where a camera that can be turned points now, and what it sees of the ground", signedIn, 401, 404, 422, 502),
		func(ctx context.Context, in *ThingPath) (*body[looks.State], error) {
			if s.cfg.Looks == nil {
				return nil, noThing("camera", in.ID)
			}
			out, err := s.cfg.Looks.State(ctx, sensor.ID(in.ID))
			if err != nil {
				return nil, s.lookRefused(ctx, err)
			}
			return &body[looks.State]{out}, nil
		})
	huma.Register(s.api, operation("turn-camera", http.MethodPost, "/api/sensors/{id}/looks", "Turn a camera: on record before it turns", officer, 401, 403, 404, 409, 422, 502, 507),
		func(ctx context.Context, in *struct {
			ThingPath
			Key  string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"200" doc:"the client's name for this request; a retry has the same"`
			Body TurnAsked
		},
		) (*body[looks.Turned], error) {
			if s.cfg.Looks == nil {
				return nil, noThing("camera", in.ID)
			}
			b := &in.Body
			out, err := s.cfg.Looks.Turn(ctx, looks.Wish{
				Request: string(who(ctx).ID) + "/" + in.Key, Who: who(ctx).Who(), Sensor: sensor.ID(in.ID), Purpose: b.Purpose, Authority: b.Authority,
				Kind: b.Kind, Azimuth: b.Azimuth, Elevation: b.Elevation, Wide: b.Wide, Pan: b.Pan, Tilt: b.Tilt, Zoom: b.Zoom, For: seconds(b.For),
			})
			if err != nil {
				return nil, s.lookRefused(ctx, err)
			}
			return &body[looks.Turned]{out}, nil
		})
	// Safe acts: for everybody who is signed in.
	huma.Register(s.api, operation("stop-camera", http.MethodPost, "/api/sensors/{id}/stop", "Make a camera hold where it is: a safe act, which nothing refuses", signedIn, 401, 404, 422, 502),
		func(ctx context.Context, in *ThingPath) (*body[looks.Stopped], error) {
			if s.cfg.Looks == nil {
				return nil, noThing("camera", in.ID)
			}
			out, err := s.cfg.Looks.Stop(ctx, who(ctx).Who(), sensor.ID(in.ID))
			if err != nil {
				return nil, s.lookRefused(ctx, err)
			}
			return &body[looks.Stopped]{out}, nil
		})
	huma.Register(s.api, operation("stow-camera", http.MethodPost, "/api/sensors/{id}/stow", "Turn a camera down as far as it goes: a safe act, which nothing refuses", signedIn, 401, 404, 422, 502),
		func(ctx context.Context, in *ThingPath) (*body[looks.Stopped], error) {
			if s.cfg.Looks == nil {
				return nil, noThing("camera", in.ID)
			}
			out, err := s.cfg.Looks.Stow(ctx, who(ctx).Who(), sensor.ID(in.ID), "")
			if err != nil {
				return nil, s.lookRefused(ctx, err)
			}
			return &body[looks.Stopped]{out}, nil
		})
}

func (s *Server) lookRefused(ctx context.Context, err error) error {
	if errors.Is(err, looks.ErrUnreachable) {
		return problem(http.StatusBadGateway, "camera", err.Error())
	}
	return s.refusal(ctx, err)
}
