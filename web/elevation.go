package web

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/desk"
	"atalaya/web/elevation"
)

// ElevationState is which elevation is configured.
type ElevationState struct {
	Models []elevation.About `json:"models" doc:"where they overlap the first counts; empty: none is configured"`
	Tiles  string            `json:"tiles,omitempty" doc:"address of the TileJSON of its tiles; absent: none"`
}

// elevationPath is where the tiles of relief are.
const elevationPath = "/elevation"

// elevationRoutes serves relief to the map.
func (s *Server) elevationRoutes(mux *http.ServeMux) {
	huma.Register(s.api, operation("get-elevation", http.MethodGet, "/api/elevation", "Which elevation is configured, and how far it can be trusted", signedIn, 401),
		func(context.Context, *struct{}) (*body[ElevationState], error) {
			out := ElevationState{Models: []elevation.About{}}
			if s.cfg.Elevation != nil {
				out.Models = s.cfg.Elevation.Models()
				if len(out.Models) > 0 {
					out.Tiles = elevationPath + "/tiles.json"
				}
			}
			return &body[ElevationState]{out}, nil
		})
	mux.HandleFunc("GET "+elevationPath+"/tiles.json", s.viewed(func(w http.ResponseWriter, _ *http.Request) bool {
		t, ok := s.cfg.Elevation.TileJSON(elevationPath)
		if !ok {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "private, no-cache")
		if err := json.NewEncoder(w).Encode(t); err != nil {
			return true // the client went
		}
		return true
	}))
	mux.HandleFunc("GET "+elevationPath+"/{z}/{x}/{file}", s.viewed(s.elevationTile))
}

// viewed lets through who may look, where elevation is configured.
func (s *Server) viewed(serve func(http.ResponseWriter, *http.Request) bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, refused := s.allow(r, desk.Viewer); refused != nil {
			refuse(w, refused, nil)
			return
		}
		if s.cfg.Elevation == nil || !serve(w, r) {
			writeProblem(w, problem(http.StatusNotFound, "not-found", "there is no such tile of elevation: see /api/elevation"))
		}
	}
}

// elevationTile answers with a tile of heights; 204 where it holds none.
func (s *Server) elevationTile(w http.ResponseWriter, r *http.Request) bool {
	t, ok := tileOf(r)
	if !ok || !t.Valid() {
		return false
	}
	p, err := s.cfg.Elevation.Tile(r.Context(), t)
	if err != nil {
		if r.Context().Err() == nil {
			s.cfg.Log.Error("a tile of elevation cannot be made", slog.Any("error", err))
			writeProblem(w, internal("the tile of elevation cannot be made: tell an administrator"))
		}
		return true
	}
	h := w.Header()
	h.Set("ETag", p.ETag)
	h.Set("Cache-Control", "private, max-age=86400") // another elevation has another address
	switch {
	case r.Header.Get("If-None-Match") == p.ETag:
		w.WriteHeader(http.StatusNotModified)
	case p.PNG == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		h.Set("Content-Type", "image/png")
		h.Set("Content-Length", strconv.Itoa(len(p.PNG)))
		if _, err := w.Write(p.PNG); err != nil {
			return true // the client went
		}
	}
	return true
}

func tileOf(r *http.Request) (elevation.Tile, bool) {
	y, png := strings.CutSuffix(r.PathValue("file"), ".png")
	var t elevation.Tile
	for _, part := range []struct {
		text string
		to   *int
	}{{r.PathValue("z"), &t.Z}, {r.PathValue("x"), &t.X}, {y, &t.Y}} {
		n, err := strconv.ParseUint(part.text, 10, 16)
		if err != nil {
			return t, false
		}
		*part.to = int(n)
	}
	return t, png
}
