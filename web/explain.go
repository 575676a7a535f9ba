package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/desk/explain"
	"atalaya/desk/people"
	"atalaya/track"
)

// ExplainRequest asks why a track is believed.
type ExplainRequest struct {
	TrackPath
	At      time.Time `query:"at" doc:"until when; default: the newest that is known"`
	For     int       `query:"for_s" minimum:"1" maximum:"3600" default:"600" doc:"seconds before it that are told"`
	Updates int       `query:"updates" minimum:"1" maximum:"1000" default:"50" doc:"how many updates are listed, the newest; all are counted"`
}

func (s *Server) explainRoutes() {
	huma.Register(s.api, scoped(operation("explain-track", http.MethodGet, "/api/tracks/{id}/explanation",
		"Why a track is believed: from which observations, against which rivals, and what of it is no longer kept", signedIn, 401, 404, 422, 507), people.ReadPicture), s.explainTrack)
}

func (s *Server) explainTrack(ctx context.Context, in *ExplainRequest) (*body[explain.Account], error) {
	select { // it opens thousands of steps: few at a time
	case s.searching <- struct{}{}:
		defer func() { <-s.searching }()
	case <-ctx.Done():
		return nil, s.refusal(ctx, ctx.Err())
	}
	a, err := s.cfg.Explain(ctx, explain.Query{Track: track.ID(in.ID), At: in.At, For: time.Duration(in.For) * time.Second, Updates: in.Updates})
	if err != nil {
		return nil, s.refusal(ctx, err)
	}
	return &body[explain.Account]{a}, nil
}
