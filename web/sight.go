package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/klauspost/compress/gzhttp"

	"atalaya/desk"
	"atalaya/geo"
	"atalaya/terrain"
	"atalaya/terrain/sight"
	"atalaya/web/elevation"
	"atalaya/web/jobs"
)

// mostCells bounds a viewshed that is asked for in a browser: about 130 MB of
// memory while it is worked out.
const mostCells = 8 << 20

// ViewshedAsked is what a viewshed is asked for.
type ViewshedAsked struct {
	Observer geo.Position `json:"observer" doc:"where the eye, lens or antenna is"`
	Mast     float64      `json:"mast_m" minimum:"0" maximum:"20000" doc:"its height above the ground, metres"`
	Radius   float64      `json:"radius_m" minimum:"100" maximum:"300000" doc:"how far to look, metres"`
	Rays     string       `json:"rays,omitempty" enum:"optical,radio" default:"optical" doc:"refraction of light (k 0.13) or of radio (k 0.25)"`
	Exact    bool         `json:"exact,omitempty" doc:"work out every cell by the reference method; much slower"`
}

func (a *ViewshedAsked) refraction() sight.Refraction {
	if a.Rays == "radio" {
		return sight.Radio()
	}
	return sight.Optical()
}

// Viewshed is what came of it. The raster itself is at Raster.
type Viewshed struct {
	Asked      ViewshedAsked    `json:"asked"`
	Refraction sight.Refraction `json:"refraction"`
	Eye        float64          `json:"eye_m" doc:"height of the observer above the sea, metres"`
	Cells      int              `json:"cells" doc:"cells of elevation that were looked at"`
	Elevation  elevation.About  `json:"elevation"`
	Raster     elevation.Raster `json:"raster"`
	Values     string           `json:"values" doc:"address of the raster's values: 16 bits each, low byte first, row by row from the north-west; tenths of a metre above ground at which a target shows, 65534 as much or more, 65535 not known; then as many standard deviations of these, in tenths of a metre"`
}

// JobState is a job with what came of it.
type JobState struct {
	jobs.Job
	Viewshed  *Viewshed  `json:"viewshed,omitempty" doc:"what came of a viewshed that is done"`
	Corridors *Corridors `json:"corridors,omitempty" doc:"what came of a search for weak corridors"`
	Sites     *Sites     `json:"sites,omitempty" doc:"what came of a search for sites"`
}

// JobPath names a job.
type JobPath struct {
	ID string `path:"id" minLength:"1" maxLength:"40" doc:"name of the job"`
}

const rastersPath = elevationPath + "/rasters"

func (s *Server) sightRoutes(mux *http.ServeMux) {
	huma.Register(s.api, operation("ask-viewshed", http.MethodPost, "/api/terrain/viewsheds", "Work out what is seen from a place", officer, 401, 403, 404, 409, 422, 503),
		func(ctx context.Context, in *struct{ Body ViewshedAsked }) (*body[JobState], error) {
			work, err := s.viewshed(in.Body)
			if err != nil {
				return nil, err
			}
			return s.startJob(ctx, "viewshed", work)
		})
	huma.Register(s.api, operation("get-job", http.MethodGet, "/api/terrain/jobs/{id}", "How far a job is, and what came of it", officer, 401, 403, 404, 422),
		func(ctx context.Context, in *struct {
			JobPath
			Wait int `query:"wait_s" minimum:"0" maximum:"30" doc:"answer when it is over, or after so long, seconds"`
		},
		) (*body[JobState], error) {
			j, ok := s.jobs.Wait(ctx, who(ctx).ID, in.ID, time.Duration(in.Wait)*time.Second)
			if !ok {
				return nil, noJob()
			}
			return &body[JobState]{jobState(j)}, nil
		})
	huma.Register(s.api, operation("cancel-job", http.MethodDelete, "/api/terrain/jobs/{id}", "End a job early, or forget one that is over", officer, 401, 403, 404, 422),
		func(ctx context.Context, in *JobPath) (*struct{}, error) {
			if !s.jobs.Cancel(who(ctx).ID, in.ID) {
				return nil, noJob()
			}
			return nil, nil //nolint:nilnil // no content
		})
	mux.HandleFunc("GET "+exportPath, s.export)
	mux.Handle("GET "+rastersPath+"/{id}", gzhttp.GzipHandler(http.HandlerFunc(s.raster)))
}

func noJob() *Problem {
	return problem(http.StatusNotFound, "not-found", "you have no such job: results are kept for an hour; ask again")
}

func jobState(j jobs.Job) JobState {
	out := JobState{Job: j}
	switch v := j.Result.(type) {
	case *Viewshed:
		told := *v
		told.Values = rastersPath + "/" + j.ID
		out.Viewshed = &told
	case *Corridors:
		out.Corridors = v
	case *Sites:
		out.Sites = v
	}
	return out
}

// startJob begins a job, and answers at once with what comes of a short one.
func (s *Server) startJob(ctx context.Context, kind string, work jobs.Work) (*body[JobState], error) {
	const soon = 500 * time.Millisecond
	j, err := s.jobs.Start(who(ctx).ID, kind, work)
	switch {
	case errors.Is(err, jobs.ErrYours):
		return nil, problem(http.StatusConflict, "conflict", err.Error())
	case err != nil:
		return nil, problem(http.StatusServiceUnavailable, "busy", jobs.ErrMany.Error())
	}
	if now, ok := s.jobs.Wait(ctx, who(ctx).ID, j.ID, soon); ok {
		j = now
	}
	return &body[JobState]{jobState(j)}, nil
}

// ground gives the elevation at a place.
func (s *Server) ground(at geo.Position) (terrain.Source, elevation.About, error) {
	if !at.Valid() {
		return nil, elevation.About{}, problem(http.StatusUnprocessableEntity, "invalid", "the place is no position: latitude from -90 to 90 and longitude from -180 to 180 degrees")
	}
	if s.cfg.Elevation == nil || len(s.cfg.Elevation.Models()) == 0 {
		return nil, elevation.About{}, problem(http.StatusNotFound, "no-elevation", "no elevation is configured: import some with 'atalaya terrain import', see docs/terrain.md")
	}
	src, about, err := s.cfg.Elevation.At(at)
	if err != nil {
		return nil, about, problem(http.StatusNotFound, "no-elevation", fmt.Sprintf("there is no elevation at %.5f, %.5f: choose a place within it, or import more with 'atalaya terrain import'", at.Lat, at.Lon))
	}
	return src, about, nil
}

// viewshed looks at what was asked for, and gives the work.
func (s *Server) viewshed(asked ViewshedAsked) (jobs.Work, error) {
	src, about, err := s.ground(asked.Observer)
	if err != nil {
		return nil, err
	}
	w := src.Lattice().Around(asked.Observer, asked.Radius)
	if w.Width > mostCells/max(w.Height, 1) {
		most := asked.Radius * math.Sqrt(mostCells/float64(w.Width)/float64(w.Height))
		return nil, problem(http.StatusUnprocessableEntity, "invalid", fmt.Sprintf(
			"%.0f km around it are %d x %d cells of %.0f m, more than can be worked out here: ask for at most %.0f km, or use 'atalaya terrain viewshed'",
			asked.Radius/1000, w.Width, w.Height, about.Resolution, math.Floor(most/1000)))
	}
	view := sight.View{
		Observer: sight.Observer{At: asked.Observer, Height: geo.Height{Metres: asked.Mast, Datum: geo.DatumGround}},
		Radius:   asked.Radius, Refraction: asked.refraction(), Exact: asked.Exact, Doubt: true,
	}
	return func(ctx context.Context, _ func(float64)) (any, error) {
		v, err := sight.Viewshed(ctx, src, view)
		switch {
		case errors.Is(err, sight.ErrNoGround):
			return nil, errors.New("the elevation has a gap there: choose a place beside it")
		case err != nil:
			if ctx.Err() == nil {
				s.cfg.Log.Error("a viewshed failed", slog.Any("error", err))
			}
			return nil, err
		}
		return &Viewshed{
			Asked: asked, Refraction: view.Refraction, Eye: v.Eye, Cells: len(v.Need), Elevation: about, Raster: elevation.NewRaster(v),
		}, nil
	}, nil
}

// raster answers with the values of a viewshed.
func (s *Server) raster(w http.ResponseWriter, r *http.Request) {
	c, refused := s.allow(r, desk.Officer)
	if refused != nil {
		refuse(w, refused, nil)
		return
	}
	j, _ := s.jobs.Wait(r.Context(), c.person.ID, r.PathValue("id"), 0)
	v, ok := j.Result.(*Viewshed)
	if !ok {
		writeProblem(w, noJob())
		return
	}
	values := v.Raster.Bytes()
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Length", strconv.Itoa(len(values)))
	h.Set("Cache-Control", "no-store")
	if _, err := w.Write(values); err != nil {
		return // the client went
	}
}
