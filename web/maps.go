package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/desk"
	"atalaya/web/tiles"
)

// MapList is the user's own maps.
type MapList struct {
	Maps []tiles.Map `json:"maps" doc:"by name; their files are below /maps/"`
}

// mapRoutes serves the maps of the folder web.maps.
func (s *Server) mapRoutes(mux *http.ServeMux) {
	huma.Register(s.api, operation("list-maps", http.MethodGet, "/api/maps", "The user's own maps (PMTiles)", signedIn, 401),
		func(ctx context.Context, _ *struct{}) (*body[MapList], error) {
			out := MapList{Maps: []tiles.Map{}}
			if s.cfg.Maps == nil {
				return &body[MapList]{out}, nil
			}
			maps, err := s.cfg.Maps.List()
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			out.Maps = maps
			return &body[MapList]{out}, nil
		})
	mux.HandleFunc("GET /maps/{file}", func(w http.ResponseWriter, r *http.Request) {
		if _, refused := s.allow(r, desk.Viewer); refused != nil {
			refuse(w, refused, nil)
			return
		}
		if s.cfg.Maps == nil || !s.cfg.Maps.Serve(w, r, r.PathValue("file")) {
			writeProblem(w, problem(http.StatusNotFound, "not-found", "there is no such map in the folder web.maps: see /api/maps"))
		}
	})
}
