package web

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/klauspost/compress/gzhttp"

	"atalaya/desk"
	"atalaya/desk/approval"
	"atalaya/desk/areas"
	"atalaya/desk/authority"
	"atalaya/desk/casefile"
	"atalaya/desk/casework"
	"atalaya/desk/clocks"
	"atalaya/desk/explain"
	"atalaya/desk/holds"
	"atalaya/desk/instruments"
	"atalaya/desk/looks"
	"atalaya/desk/people"
	"atalaya/desk/permits"
	"atalaya/desk/registry"
	"atalaya/desk/terms"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/web/elevation"
	"atalaya/web/jobs"
	"atalaya/web/live"
	"atalaya/web/ogc"
	"atalaya/web/tiles"
)

// Config is what a Server is made from. Its functions may be called from
// several goroutines.
type Config struct {
	Desk   *desk.Desk
	People *people.Roll
	// Approvals are the acts that wait for a second person.
	Approvals *approval.Book
	Hub       *live.Hub
	Casework  *casework.Service
	Casefiles *casefile.Service
	Places    *casework.Gazetteer
	Permits   *permits.Book
	Looks     *looks.Service // nil: no camera can be turned
	// Instruments are sealed agreements, directives and contracts.
	Instruments *instruments.Service
	Audits      Audits
	// Authorities are who may observe what, with the keys that sign them.
	Authorities *authority.Service
	Policy      func() string // its text, in this program
	// Terms are how long content is kept.
	Terms *terms.Service
	// Holds keep chosen parts of the past beyond their term.
	Holds *holds.Service
	// Clocks are notices that neighbours are to be given.
	Clocks   *clocks.Service
	Feeds    func() []sensor.Health
	System   func() System
	Registry *registry.Registry
	// Messages gives what a feed brought after a message, and waits for more;
	// false where there is no such feed.
	Messages func(ctx context.Context, feed sensor.FeedID, after uint64, wait time.Duration) (sensor.Tapped, bool)
	Lineage  func(track.ID) (track.Lineage, bool)
	Explain  func(context.Context, explain.Query) (explain.Account, error)
	Past     func(context.Context, PastQuery) ([]PastPoint, error)
	History  History
	Exchange *areas.Importer
	// Ended gives what a track was known as at its last point in a span;
	// desk.ErrNotFound where it has none.
	Ended func(ctx context.Context, id track.ID, from, to time.Time) (track.Track, error)
	// Regards answers for the sensors' fields of regard; nil: there are none.
	Regards Regards
	// Layers serves what other programs read as layers, below ogc.Path.
	Layers http.Handler
	// Observation gives one observation by its sequence; desk.ErrNotFound when
	// it was never there or has expired.
	Observation func(context.Context, uint64) (obs.Observation, error)
	Ready       func() error // nil: it serves
	Metrics     http.Handler
	Basemap     fs.FS                   // lake, borders, rivers, towns as GeoJSON
	Maps        *tiles.Folder           // the user's own; nil: none
	Elevation   *elevation.Service      // nil: none
	Exports     Exports                 // nil: nothing is written to files
	Water       func(geo.Position) bool // where nobody walks; nil: nobody knows
	Exercise    bool
	Secure      bool // cookies go over https only
	Version     string
	HSTS        bool // browsers come by https only from now on
	// URL is how browsers reach the program: passkeys are for its name.
	URL string
	// Portal is where overseers reach theirs.
	Portal string
	// Fingerprint of the certificate that the program made for itself; nil: none.
	Fingerprint func() string
	Session     time.Duration
	Lock        Lock
	Clients     int
	Log         *slog.Logger
	Clock       func() time.Time
}

// Server is the HTTP side of Atalaya: screens, API and live picture.
type Server struct {
	cfg        Config
	handler    http.Handler
	api        huma.API
	hasher     *hasher
	ceremonies *ceremonies
	tries      *tries
	clients    chan struct{} // one place a live connection
	searching  chan struct{} // one place a search through the past
	jobs       *jobs.Book
	exporting  sync.Mutex // one viewshed at a time
	stop       context.CancelFunc
	stopped    context.Context
	closing    sync.Once
}

// policy is the content security policy: nothing leaves the host.
const policy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// New makes the server.
func New(cfg Config) *Server {
	s := &Server{cfg: cfg, hasher: newHasher(), tries: newTries(cfg.Clock), ceremonies: newCeremonies(cfg.Clock), clients: make(chan struct{}, cfg.Clients), searching: make(chan struct{}, searches), jobs: jobs.New(jobs.Config{Clock: cfg.Clock, Log: cfg.Log})}
	s.stopped, s.stop = context.WithCancel(context.Background())
	mux := http.NewServeMux()
	useProblems()
	s.api = humago.New(mux, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Atalaya", Version: cfg.Version,
				Description: "Border watch: tracks, alerts, feeds. Errors are RFC 9457 problems whose detail says what to do next. " +
					"A decision about an alert carries an Idempotency-Key: a repeated one is done once. " +
					"In a body, null is the same as leaving the field out. " +
					"The live picture is a WebSocket at /api/live (docs/protocol.md).",
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"session": {Type: "apiKey", In: "cookie", Name: cfg.cookieName(), Description: "set by signing in"},
					"token":   {Type: "http", Scheme: "bearer", Description: "of a program: POST /api/tokens; it reads what its scopes say"},
				},
			},
		},
		OpenAPIPath:   "/api/openapi",
		Formats:       huma.DefaultFormats,
		DefaultFormat: "application/json",
	})
	s.api.UseMiddleware(s.authenticate, refuseEmpty)
	s.sessionRoutes()
	s.peopleRoutes()
	s.approvalRoutes()
	s.tokenRoutes()
	s.sessionListRoutes()
	s.lockRoutes()
	s.passkeyRoutes()
	s.alertRoutes()
	s.ruleRoutes()
	s.pictureRoutes()
	s.explainRoutes()
	s.permitRoutes()
	s.exchangeRoutes()
	s.historyRoutes()
	s.areaRoutes()
	s.sensorRoutes()
	s.regardRoutes()
	s.cameraRoutes()
	s.instrumentRoutes()
	s.holdRoutes()
	s.termRoutes()
	s.drawRoutes()
	s.authorityRoutes()
	s.signingRoutes()
	s.clockRoutes()
	s.messageRoutes()
	s.assetRoutes()
	s.mapRoutes(mux)
	s.elevationRoutes(mux)
	s.sightRoutes(mux)
	s.planningRoutes()
	s.profileRoutes()
	s.caseworkRoutes()
	s.casefileRoutes()
	nullIsAbsent(s.api.OpenAPI())
	mux.HandleFunc("GET /api/live", s.live)
	mux.HandleFunc(ogc.Path, s.layers)
	mux.HandleFunc(ogc.Path+"/", s.layers)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", cfg.Metrics)
	mux.Handle("GET /basemap/", gzhttp.GzipHandler(http.StripPrefix("/basemap/", cached(http.FileServerFS(cfg.Basemap)))))
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) { noOperation(mux, w, r) })
	mux.Handle("/", gzhttp.GzipHandler(s.pages()))
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, problem(http.StatusForbidden, "cross-origin", "this request came from another site: use Atalaya's own pages"))
	}))
	s.handler = s.headers(cross.Handler(mux))
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Close ends the live connections and the jobs, and waits until they have
// ended. No new ones begin.
func (s *Server) Close() {
	s.closing.Do(func() {
		s.stop()
		s.jobs.Close()
		for range cap(s.clients) {
			s.clients <- struct{}{}
		}
	})
}

// OpenAPI gives the description that /api/openapi.json serves.
func (s *Server) OpenAPI() *huma.OpenAPI { return s.api.OpenAPI() }

func (s *Server) headers(next http.Handler) http.Handler {
	const maxBody = 1 << 20 // bytes
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if s.cfg.HSTS {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if s.cfg.Exercise { // the sign-in page is marked too
			h.Set("Atalaya-Exercise", "true")
		}
		if strings.HasPrefix(r.URL.Path, "/api/") {
			h.Set("Cache-Control", "no-store")
		}
		most := int64(maxBody)
		if isUpload(r.URL.Path) {
			most = maxUpload
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		next.ServeHTTP(w, r)
	})
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if err := s.cfg.Ready(); err != nil {
		plain(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	plain(w, http.StatusOK, "ready")
}

// noOperation answers where the API has nothing, or nothing for the method.
func noOperation(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) {
	var allowed, exact []string
	for _, m := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		other := &http.Request{Method: m, URL: r.URL, Host: r.Host}
		_, pattern := mux.Handler(other)
		if pattern != "/api/" {
			allowed = append(allowed, m)
		}
		if strings.HasSuffix(pattern, " "+r.URL.Path) {
			exact = append(exact, m)
		}
	}
	if len(exact) > 0 { // "/areas/import" is no area of that name
		allowed = exact
	}
	if len(allowed) == 0 {
		writeProblem(w, problem(http.StatusNotFound, "no-such-resource", "nothing is at "+r.URL.Path+": see /api/openapi.json"))
		return
	}
	notAllowed(w, r, allowed...)
}

func notAllowed(w http.ResponseWriter, r *http.Request, allowed ...string) {
	list := strings.Join(allowed, ", ")
	w.Header().Set("Allow", list)
	writeProblem(w, problem(http.StatusMethodNotAllowed, "method-not-allowed", r.Method+" is not for "+r.URL.Path+": use "+list))
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	if _, err := w.Write([]byte(text + "\n")); err != nil {
		return // the client went
	}
}

// cached lets browsers keep what never changes under one build.
func cached(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=3600")
		next.ServeHTTP(w, r)
	})
}

// pages serves the user interface. A path without a file is the page, which
// reads the path itself, unless it asks for a file by its ending.
func (s *Server) pages() http.Handler {
	ui, err := fs.Sub(dist, "ui/dist")
	if err != nil {
		panic(err) // the path is a constant
	}
	if _, err := fs.Stat(ui, "index.html"); errors.Is(err, fs.ErrNotExist) {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet && r.Method != http.MethodHead {
				notAllowed(w, r, http.MethodGet, http.MethodHead)
				return
			}
			plain(w, http.StatusServiceUnavailable, "UI not built: run 'make ui' and build again. The API works: see /api/openapi.json")
		})
	}
	files := http.FileServerFS(ui)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		info, err := fs.Stat(ui, name)
		switch isFile := err == nil && !info.IsDir(); {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			notAllowed(w, r, http.MethodGet, http.MethodHead)
		case !isFile && path.Ext(name) != "":
			http.NotFound(w, r) // a file of another build: no page in its place
		case !isFile:
			w.Header().Set("Cache-Control", "no-cache")
			http.ServeFileFS(w, r, ui, "index.html")
		case strings.HasPrefix(name, "assets/"):
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			files.ServeHTTP(w, r)
		default:
			files.ServeHTTP(w, r)
		}
	})
}
