package web

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strconv"

	"atalaya/desk"
	"atalaya/geo"
	"atalaya/plan/corridor"
	"atalaya/plan/siting"
	"atalaya/terrain/coverage"
	"atalaya/terrain/sight"
	"atalaya/web/jobs"
)

// Exports writes what jobs came to as files for other programs.
type Exports interface {
	// Viewshed writes GeoTIFF of all heights, or GeoJSON of where a target
	// shows.
	ViewshedTIFF(w io.Writer, seen *sight.Viewed, on coverage.Grounds) error
	ViewshedGeoJSON(w io.Writer, seen *sight.Viewed, on coverage.Grounds, target float64) error
	Corridors(w io.Writer, a *corridor.Answer) error
	Sites(w io.Writer, a siting.Answer) error
}

// exportPath is a result's file: viewshed.tif, viewshed.geojson?target_m=2,
// corridors.geojson or sites.geojson.
const exportPath = elevationPath + "/results/{id}/{file}"

// export answers with a file of what a job came to.
func (s *Server) export(w http.ResponseWriter, r *http.Request) {
	c, refused := s.allow(r, desk.Officer)
	if refused != nil {
		refuse(w, refused, nil)
		return
	}
	j, _ := s.jobs.Wait(r.Context(), c.person.ID, r.PathValue("id"), 0)
	var file bytes.Buffer
	err := s.writeExport(&file, r, j)
	if err != nil {
		p, told := err.(*Problem) //nolint:errorlint // made here
		if !told {
			s.cfg.Log.Error("a result cannot be written to a file", slog.Any("error", err))
			p = internal("the file cannot be written: tell an administrator")
		}
		writeProblem(w, p)
		return
	}
	h := w.Header()
	h.Set("Content-Type", map[bool]string{true: "image/tiff", false: "application/geo+json"}[r.PathValue("file") == "viewshed.tif"])
	h.Set("Content-Disposition", `attachment; filename="`+r.PathValue("file")+`"`) // one of ours
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(file.Len()))
	if _, err := file.WriteTo(w); err != nil {
		return // the client went
	}
}

func (s *Server) writeExport(w io.Writer, r *http.Request, j jobs.Job) error {
	if s.cfg.Exports == nil {
		return noJob()
	}
	name := r.PathValue("file")
	switch v := j.Result.(type) {
	case *Viewshed:
		if name == "viewshed.tif" || name == "viewshed.geojson" {
			return s.exportViewshed(w, r, v.Asked)
		}
	case *Corridors:
		if name == "corridors.geojson" {
			return s.cfg.Exports.Corridors(w, &v.Answer)
		}
	case *Sites:
		if name == "sites.geojson" {
			return s.cfg.Exports.Sites(w, v.Answer)
		}
	}
	return noJob()
}

// exportViewshed works a viewshed out again: what is kept of it is made for
// the screen.
func (s *Server) exportViewshed(w io.Writer, r *http.Request, asked ViewshedAsked) error {
	target, err := 0.0, error(nil)
	if r.PathValue("file") == "viewshed.geojson" {
		if target, err = strconv.ParseFloat(r.URL.Query().Get("target_m"), 64); err != nil || !(target >= 0 && target <= 20e3) {
			return problem(http.StatusUnprocessableEntity, "invalid", "polygons are of one height: give target_m, metres above ground from 0 to 20,000")
		}
	}
	src, about, err := s.ground(asked.Observer)
	if err != nil {
		return err
	}
	if err := about.Claim(s.cfg.Exercise); err != nil {
		return problem(http.StatusUnprocessableEntity, "invalid", err.Error())
	}
	s.exporting.Lock()
	defer s.exporting.Unlock()
	seen, err := sight.Viewshed(r.Context(), src, sight.View{
		Observer: sight.Observer{At: asked.Observer, Height: geo.Height{Metres: asked.Mast, Datum: geo.DatumGround}},
		Radius:   asked.Radius, Refraction: asked.refraction(), Exact: asked.Exact,
	})
	if err != nil {
		return err
	}
	on := coverage.GroundsOf(src)
	if r.PathValue("file") == "viewshed.tif" {
		return s.cfg.Exports.ViewshedTIFF(w, seen, on)
	}
	return s.cfg.Exports.ViewshedGeoJSON(w, seen, on, target)
}
