package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/geo"
	"atalaya/terrain/sight"
	"atalaya/web/elevation"
)

// ProfileAsked is what a line of sight is asked for.
type ProfileAsked struct {
	FromLat   float64 `query:"from_lat" required:"true" minimum:"-90" maximum:"90" doc:"where it begins, degrees"`
	FromLon   float64 `query:"from_lon" required:"true" minimum:"-180" maximum:"180" doc:"degrees"`
	FromM     float64 `query:"from_m" minimum:"0" maximum:"20000" default:"1.7" doc:"height above ground there, metres"`
	ToLat     float64 `query:"to_lat" required:"true" minimum:"-90" maximum:"90" doc:"where it ends"`
	ToLon     float64 `query:"to_lon" required:"true" minimum:"-180" maximum:"180" doc:"degrees"`
	ToM       float64 `query:"to_m" minimum:"0" maximum:"20000" default:"1.7" doc:"height above ground there, metres"`
	Frequency float64 `query:"frequency_ghz" minimum:"0" maximum:"300" doc:"of a radio link; 0: light"`
}

// ProfileAnswer is the ground between two places, and whether one sees the
// other.
type ProfileAnswer struct {
	sight.Profile
	About elevation.About `json:"about" doc:"the elevation that it rests on"`
}

func (s *Server) profileRoutes() {
	huma.Register(s.api, operation("get-profile", http.MethodGet, "/api/terrain/profile", "The ground between two places, and whether one sees the other", signedIn, 401, 404, 422), s.profile)
}

func (s *Server) profile(ctx context.Context, in *ProfileAsked) (*body[ProfileAnswer], error) {
	const most = 400_000 // metres
	from, to := geo.Position{Lat: in.FromLat, Lon: in.FromLon}, geo.Position{Lat: in.ToLat, Lon: in.ToLon}
	src, about, err := s.ground(from)
	if err != nil {
		return nil, err
	}
	if geo.Distance(from, to) > most {
		return nil, problem(http.StatusUnprocessableEntity, "invalid", "the places are more than 400 km apart: choose nearer ones, or use 'atalaya terrain los'")
	}
	line := sight.Line{From: onMast(from, in.FromM), To: onMast(to, in.ToM), Refraction: sight.Optical(), Frequency: in.Frequency}
	if in.Frequency > 0 {
		line.Refraction = sight.Radio()
	}
	p, err := sight.LineOfSight(src, line)
	switch {
	case errors.Is(err, sight.ErrNoGround):
		return nil, problem(http.StatusNotFound, "no-elevation", "there is no elevation at one of the places: choose others, or import more with 'atalaya terrain import'")
	case err != nil:
		s.cfg.Log.Warn("a line of sight failed", slog.Any("error", err))
		return nil, problem(http.StatusUnprocessableEntity, "invalid", err.Error())
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return &body[ProfileAnswer]{ProfileAnswer{Profile: *p, About: about}}, nil
}
