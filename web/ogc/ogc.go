// Package ogc serves what Atalaya knows as layers for other programs, read
// only: OGC API - Features - Part 1: Core (OGC 17-069r4), with its requirement
// classes Core, GeoJSON and OpenAPI 3.0, in CRS84.
//
//	/ogc                                landing page
//	/ogc/api                            OpenAPI 3.0
//	/ogc/conformance                    requirement classes
//	/ogc/collections                    tracks, track-history, areas, alerts
//	/ogc/collections/{id}               one of them
//	/ogc/collections/{id}/schema        the properties of its features
//	/ogc/collections/{id}/items         features: limit, bbox, datetime, after
//	/ogc/collections/{id}/items/{item}  one feature
//
// Who may ask is decided before a request comes here.
package ogc

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"atalaya/codec/geofile"
	"atalaya/desk"
)

// Path is where the API begins.
const Path = "/ogc"

// Media types, and the coordinate reference system of all geometries.
const (
	mediaJSON    = "application/json"
	mediaGeoJSON = "application/geo+json"
	mediaOpenAPI = "application/vnd.oai.openapi+json;version=3.0"
	mediaSchema  = "application/schema+json"
	mediaProblem = "application/problem+json"

	crs84     = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
	gregorian = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
)

// Config is what the API is made from.
type Config struct {
	Source Source
	// URL is the program's address as others reach it; empty: that of the
	// request.
	URL     string
	Version string
	Log     *slog.Logger
	Clock   func() time.Time
}

// Server answers requests below Path.
type Server struct {
	cfg         Config
	collections []collection
	mux         *http.ServeMux
}

// New makes the server.
func New(cfg Config) *Server {
	s := &Server{cfg: cfg, mux: http.NewServeMux()}
	s.collections = s.cfg.Source.collections()
	handle := func(path string, h func(*http.Request) (answer, error), params ...string) {
		s.mux.HandleFunc("GET "+Path+path, func(w http.ResponseWriter, r *http.Request) {
			a, err := answer{}, unknownParams(r.URL.Query(), params)
			if err == nil {
				a, err = h(r)
			}
			if err != nil {
				s.refuse(w, r, err)
				return
			}
			s.write(w, http.StatusOK, a)
		})
	}
	handle("", s.landing)
	handle("/{$}", s.landing)
	handle("/api", s.openAPI)
	handle("/conformance", s.conformance)
	handle("/collections", s.listCollections)
	handle("/collections/{collection}", s.oneCollection)
	handle("/collections/{collection}/schema", s.schema)
	handle("/collections/{collection}/items", s.items, paramLimit, paramBox, paramTime, paramAfter)
	handle("/collections/{collection}/items/{item}", s.item)
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			s.refuse(w, r, &refusal{http.StatusMethodNotAllowed, "method-not-allowed", "this API is read only: use GET"})
			return
		}
		s.refuse(w, r, notFound("nothing is at "+r.URL.Path+": begin at "+Path))
	})
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// answer is a document and its media type.
type answer struct {
	media string
	body  any
}

// refusal is an error for who asks.
type refusal struct {
	status       int
	code, detail string
}

func (e *refusal) Error() string { return e.detail }

func notFound(detail string) error {
	return &refusal{http.StatusNotFound, "not-found", detail}
}

func invalid(format string, args ...any) error {
	return &refusal{http.StatusBadRequest, "invalid-parameter", fmt.Sprintf(format, args...)}
}

// refuse answers with an error as RFC 9457 describes it.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var e *refusal
	switch {
	case errors.As(err, &e):
	case errors.Is(err, desk.ErrNotFound):
		e = &refusal{http.StatusNotFound, "not-found", "there is no such feature now"}
	default:
		if r.Context().Err() == nil { // else the client went
			s.cfg.Log.Error("a request for features failed", slog.String("path", r.URL.Path), slog.Any("error", err))
		}
		e = &refusal{http.StatusInternalServerError, "internal-server-error", "the request could not be done: try again, or tell an administrator"}
	}
	s.write(w, e.status, answer{mediaProblem, map[string]any{
		"type": "urn:atalaya:problem:" + e.code, "title": http.StatusText(e.status), "status": e.status, "code": e.code, "detail": e.detail,
	}})
}

func (s *Server) write(w http.ResponseWriter, status int, a answer) {
	b, err := json.Marshal(a.body)
	if err != nil {
		s.cfg.Log.Error("features could not be written", slog.Any("error", err))
		status, b = http.StatusInternalServerError, []byte("{}")
	}
	h := w.Header()
	h.Set("Content-Type", a.media)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if _, err := w.Write(append(b, '\n')); err != nil {
		return // the client went
	}
}

// link points to another document (RFC 8288).
type link struct {
	Href  string `json:"href"`
	Rel   string `json:"rel"`
	Type  string `json:"type,omitempty"`
	Title string `json:"title,omitempty"`
}

// href gives the whole address of a path of this API.
func (s *Server) href(r *http.Request, path string, query url.Values) string {
	base := s.cfg.URL
	if base == "" {
		scheme := "http"
		if r.TLS != nil {
			scheme = "https"
		}
		base = scheme + "://" + r.Host
	}
	u := base + Path + path
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	return u
}

const (
	title       = "Atalaya"
	description = "Border watch: the tracks of now, where they were, areas and alerts. Read only."
)

func (s *Server) landing(r *http.Request) (answer, error) {
	return answer{mediaJSON, map[string]any{
		"title": title, "description": description,
		"links": []link{
			{s.href(r, "", nil), "self", mediaJSON, "this document"},
			{s.href(r, "/api", nil), "service-desc", mediaOpenAPI, "description of this API"},
			{s.href(r, "/conformance", nil), "conformance", mediaJSON, "requirement classes that it meets"},
			{s.href(r, "/collections", nil), "data", mediaJSON, "collections of features"},
		},
	}}, nil
}

func (s *Server) conformance(*http.Request) (answer, error) {
	const base = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
	return answer{mediaJSON, map[string]any{"conformsTo": []string{base + "core", base + "geojson", base + "oas30"}}}, nil
}

func (s *Server) listCollections(r *http.Request) (answer, error) {
	all := make([]any, len(s.collections))
	for i := range s.collections {
		all[i] = s.describe(r, &s.collections[i])
	}
	return answer{mediaJSON, map[string]any{
		"links":       []link{{s.href(r, "/collections", nil), "self", mediaJSON, "this document"}},
		"collections": all,
	}}, nil
}

// collection finds the collection of a request.
func (s *Server) collection(r *http.Request) (*collection, error) {
	id := r.PathValue("collection")
	i := slices.IndexFunc(s.collections, func(c collection) bool { return c.id == id })
	if i < 0 {
		return nil, notFound("there is no collection of this name: see " + Path + "/collections")
	}
	return &s.collections[i], nil
}

func (s *Server) oneCollection(r *http.Request) (answer, error) {
	c, err := s.collection(r)
	if err != nil {
		return answer{}, err
	}
	return answer{mediaJSON, s.describe(r, c)}, nil
}

// describe tells what a collection is. Its extent is the world: who looks must
// not learn from it where we look.
func (s *Server) describe(r *http.Request, c *collection) map[string]any {
	path := "/collections/" + c.id
	return map[string]any{
		"id": c.id, "title": c.title, "description": c.description, "itemType": "feature",
		"crs": []string{crs84},
		"extent": map[string]any{
			"spatial":  map[string]any{"bbox": [][4]float64{{-180, -90, 180, 90}}, "crs": crs84},
			"temporal": map[string]any{"interval": [][2]*string{{nil, nil}}, "trs": gregorian},
		},
		"links": []link{
			{s.href(r, path, nil), "self", mediaJSON, "this document"},
			{s.href(r, path+"/items", nil), "items", mediaGeoJSON, c.title},
			{s.href(r, path+"/schema", nil), "describedBy", mediaSchema, "properties of its features"},
		},
	}
}

// schema describes a feature (JSON Schema), so that a table has its columns
// when it has no row yet.
func (s *Server) schema(r *http.Request) (answer, error) {
	c, err := s.collection(r)
	if err != nil {
		return answer{}, err
	}
	return answer{mediaSchema, map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": s.href(r, "/collections/"+c.id+"/schema", nil),
		"title": c.title, "type": "object",
		"properties": map[string]any{
			"properties": map[string]any{"type": "object", "properties": c.properties()},
		},
	}}, nil
}

// features is a page of features.
type features struct {
	Type     string            `json:"type"`
	Links    []link            `json:"links"`
	Time     time.Time         `json:"timeStamp"`
	Matched  *int              `json:"numberMatched,omitempty"`
	Returned int               `json:"numberReturned"`
	Features []geofile.Feature `json:"features"`
}

func (s *Server) items(r *http.Request) (answer, error) {
	c, err := s.collection(r)
	if err != nil {
		return answer{}, err
	}
	asked := r.URL.Query()
	q, err := parse(asked, s.cfg.Clock())
	if err != nil {
		return answer{}, err
	}
	p, err := c.items(r.Context(), q)
	if err != nil {
		return answer{}, err
	}
	path := "/collections/" + c.id
	out := features{
		Type: "FeatureCollection", Time: s.cfg.Clock().UTC(), Matched: p.matched,
		Returned: len(p.features), Features: p.features,
		Links: []link{
			{s.href(r, path+"/items", asked), "self", mediaGeoJSON, "this document"},
			{s.href(r, path, nil), "collection", mediaJSON, c.title},
		},
	}
	if out.Features == nil {
		out.Features = []geofile.Feature{}
	}
	if p.next != "" {
		asked.Set(paramAfter, p.next)
		out.Links = append(out.Links, link{s.href(r, path+"/items", asked), "next", mediaGeoJSON, "next page"})
	}
	return answer{mediaGeoJSON, out}, nil
}

func (s *Server) item(r *http.Request) (answer, error) {
	c, err := s.collection(r)
	if err != nil {
		return answer{}, err
	}
	f, err := c.item(r.Context(), r.PathValue("item"))
	if err != nil {
		return answer{}, err
	}
	path := "/collections/" + c.id
	b, err := json.Marshal(f)
	if err != nil {
		return answer{}, fmt.Errorf("feature %s: %w", f.ID, err)
	}
	var out map[string]any
	if err := json.Unmarshal(b, &out); err != nil {
		return answer{}, fmt.Errorf("feature %s: %w", f.ID, err)
	}
	out["links"] = []link{
		{s.href(r, path+"/items/"+url.PathEscape(f.ID), nil), "self", mediaGeoJSON, "this document"},
		{s.href(r, path, nil), "collection", mediaJSON, c.title},
	}
	return answer{mediaGeoJSON, out}, nil
}
