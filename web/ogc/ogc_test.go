package ogc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"atalaya/area"
	"atalaya/codec/geofile"
	"atalaya/desk"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/track"
	"atalaya/valid"
	"atalaya/watch"
	"atalaya/web/ogc"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// world is a source of 25 tracks, each 0.1 degrees east of the one before, with
// a point a minute in the last hour; of three areas; and of 30 alerts, one a
// minute.
type world struct{ fail error }

func (w *world) source() ogc.Source {
	return ogc.Source{
		Tracks: func(after track.ID, limit int, match func(*track.Track) bool) (out []track.Track) {
			for id := after + 1; id <= 25 && len(out) < limit; id++ {
				if t := oneTrack(id); match(&t) {
					out = append(out, t)
				}
			}
			return out
		},
		Track: func(id track.ID) (track.Track, bool) { return oneTrack(id), id <= 25 },
		Moved: func(_ context.Context, from, to time.Time, after track.ID, limit int) (out []track.ID, err error) {
			for id := after + 1; id <= 25 && len(out) < limit; id++ {
				out = append(out, id)
			}
			return out, w.fail
		},
		Past: func(_ context.Context, id track.ID, from, to time.Time) (out []geofile.Fix, err error) {
			for i := range 60 {
				at := noon.Add(time.Duration(i-60) * time.Minute)
				if !at.Before(from) && at.Before(to) {
					out = append(out, geofile.Fix{Time: at, Known: at, Position: oneTrack(id).State.Position, East: 3, North: 4})
				}
			}
			return out, nil
		},
		Areas: func() []area.Area {
			return []area.Area{
				{ID: "far", Kind: area.LegalPost, Point: geo.Position{Lat: 10, Lon: 179.9}, Valid: valid.Record{Number: 1}},
				{ID: "lake", Name: "Lago", Kind: area.NoLook, Polygon: geo.Polygon{{{Lat: 0, Lon: 0}, {Lat: 0, Lon: 1}, {Lat: 1, Lon: 1}}}, Valid: valid.Record{Number: 2, From: noon, Until: noon.Add(time.Hour)}, Schedule: valid.Schedule{OffsetMinutes: -240}},
				{ID: "line", Kind: area.Border, Line: geo.Line{{Lat: 10, Lon: 179}, {Lat: 11, Lon: -179}}, Left: "BOL", Valid: valid.Record{Number: 1}},
			}
		},
		Alerts: alerts,
		Alert: func(_ context.Context, id desk.AlertID) (desk.Alert, error) {
			all, err := alerts(context.Background(), desk.Filter{Limit: 1000})
			for _, a := range all.Alerts {
				if a.ID == id {
					return a, err
				}
			}
			return desk.Alert{}, desk.ErrNotFound
		},
	}
}

func oneTrack(id track.ID) track.Track {
	t := track.Track{ID: id, Kind: obs.Vessel, Status: track.Confirmed, Claims: []track.Belief{{Claim: obs.Claim{Kind: obs.MMSI, Value: "720000001"}, Honest: 0.9}}}
	t.State.Time, t.State.Position = noon.Add(-time.Duration(id)*time.Second), geo.Position{Lat: -16, Lon: geo.WrapLongitude(178.05 + 0.1*float64(id))}
	t.State.East, t.State.North, t.State.Cov[0][0], t.State.Cov[1][1] = 3, 4, 100, 25
	return t
}

// alerts gives 30, newest first; every third is about the system itself.
func alerts(_ context.Context, f desk.Filter) (page desk.Page, err error) {
	from := 30
	if f.After != "" {
		if _, err := fmt.Sscan(f.After, &from); err != nil {
			return page, desk.ErrInvalid
		}
	}
	for n := from; n > 0; n-- {
		a := desk.Alert{ID: desk.AlertID(fmt.Sprint("A", n)), Kind: rule.Alert, State: desk.New, Priority: rule.High, Raised: noon.Add(-time.Duration(n) * time.Minute)}
		a.Finding = watch.Finding{Rule: "border-crossing", Track: track.ID(n), Position: oneTrack(track.ID(min(n, 25))).State.Position}
		if n%3 == 0 {
			a.Kind, a.Finding.Track = rule.Health, 0
		}
		if !f.Wants(&a) {
			continue
		}
		if len(page.Alerts) == f.Size() {
			page.Next = fmt.Sprint(n)
			return page, nil
		}
		page.Alerts = append(page.Alerts, a)
	}
	return page, nil
}

// get asks for a document.
func get(t *testing.T, s *ogc.Server, path string, status int, out any) http.Header {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://atalaya.test"+path, nil))
	if w.Code != status {
		t.Fatalf("%s: %d %s, want %d", path, w.Code, w.Body, status)
	}
	if out != nil {
		if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
			t.Fatalf("%s: %v in %s", path, err, w.Body)
		}
	}
	return w.Header()
}

func newServer(w *world) *ogc.Server {
	return ogc.New(ogc.Config{Source: w.source(), Version: "test", Log: slog.New(slog.DiscardHandler), Clock: func() time.Time { return noon }})
}

type items struct {
	Type           string
	NumberMatched  *int
	NumberReturned int
	Features       []struct {
		ID         string
		Geometry   struct{ Type string }
		Properties map[string]any
	}
	Links []struct{ Href, Rel, Type string }
}

// all follows the pages of a list, and gives the ids.
func all(t *testing.T, s *ogc.Server, path string) (ids []string, pages int) {
	t.Helper()
	for path != "" {
		var p items
		if h := get(t, s, path, http.StatusOK, &p); h.Get("Content-Type") != "application/geo+json" || p.Type != "FeatureCollection" || p.NumberReturned != len(p.Features) {
			t.Fatalf("%s: %v %+v", path, h, p)
		}
		pages++
		path = ""
		for _, f := range p.Features {
			ids = append(ids, f.ID)
		}
		for _, l := range p.Links {
			if l.Rel == "next" {
				path = strings.TrimPrefix(l.Href, "http://atalaya.test")
			}
		}
	}
	return ids, pages
}

func TestItems(t *testing.T) {
	s := newServer(&world{})
	for name, tc := range map[string]struct {
		path  string
		count int
		pages int // 0: any
		first string
	}{
		"tracks":              {"tracks/items", 25, 1, "T1"},
		"tracks by pages":     {"tracks/items?limit=10", 25, 3, "T1"},
		"tracks, whole pages": {"tracks/items?limit=5", 25, 5, "T1"},
		"more than most":      {"tracks/items?limit=99999999", 25, 1, "T1"},
		// Track 20 lies at -179.95.
		"box over the antimeridian":  {"tracks/items?bbox=179,-17,-179.9,-15&limit=4", 11, 3, "T10"},
		"box with heights":           {"tracks/items?bbox=179,-17,0,180,-15,100", 10, 1, "T10"},
		"box elsewhere":              {"tracks/items?bbox=0,0,1,1", 0, 1, ""},
		"the whole world":            {"tracks/items?bbox=-180,-90,180,90", 25, 1, "T1"},
		"an instant":                 {"tracks/items?datetime=2026-06-01T11:59:50Z", 1, 1, "T10"},
		"another zone":               {"tracks/items?datetime=2026-06-01T07:59:50-04:00", 1, 1, "T10"},
		"an interval, both included": {"tracks/items?datetime=2026-06-01T11:59:45Z/2026-06-01T11:59:50Z", 6, 1, "T10"},
		"open end":                   {"tracks/items?datetime=2026-06-01T11:59:50Z/..", 10, 1, "T1"},
		"open begin":                 {"tracks/items?datetime=/2026-06-01T11:59:50Z", 16, 1, "T10"},
		"a day":                      {"tracks/items?datetime=2026-06-01", 25, 1, "T1"},
		"two intervals":              {"tracks/items?datetime=../2026-06-01T11:59:50Z&datetime=2026-06-01T11:59:45Z/..", 6, 1, "T10"},
		"intervals apart":            {"tracks/items?datetime=../2026-06-01T11:59:45Z&datetime=2026-06-01T11:59:50Z/..", 0, 1, ""},
		"a day before":               {"tracks/items?datetime=2026-05-31", 0, 1, ""},
		"history":                    {"track-history/items?limit=1000", 25 * 60, 2, "T1@2026-06-01T11:00:00Z"},
		"history by pages":           {"track-history/items?limit=7", 25 * 60, 215, "T1@2026-06-01T11:00:00Z"},
		"history of a time":          {"track-history/items?datetime=2026-06-01T11:30:00Z/2026-06-01T11:31:00Z&limit=3", 50, 17, "T1@2026-06-01T11:30:00Z"},
		"history in a box":           {"track-history/items?datetime=2026-06-01T11:30:00Z&bbox=179,-17,-179.9,-15", 11, 1, "T10@2026-06-01T11:30:00Z"},
		"history until":              {"track-history/items?datetime=../2026-06-01T11:01:00Z&limit=10000", 50, 1, "T1@2026-06-01T11:00:00Z"},
		"areas":                      {"areas/items", 3, 1, "far"},
		"areas by pages":             {"areas/items?limit=2", 3, 2, "far"},
		"areas in a box":             {"areas/items?bbox=179.5,9,-179.5,12", 2, 1, "far"},
		"areas of a time":            {"areas/items?datetime=2026-06-01T13:00:00Z/..", 2, 1, "far"},
		"alerts":                     {"alerts/items", 20, 1, "A29"},
		"alerts by pages":            {"alerts/items?limit=3", 20, 7, "A29"},
		"alerts of a time":           {"alerts/items?datetime=2026-06-01T11:50:00Z/..", 7, 1, "A10"},
		"alerts in a box":            {"alerts/items?bbox=179,-17,-179.9,-15&limit=2", 8, 0, "A20"},
	} {
		t.Run(name, func(t *testing.T) {
			ids, pages := all(t, s, ogc.Path+"/collections/"+tc.path)
			unique := slices.Compact(slices.Sorted(slices.Values(ids)))
			if len(ids) != tc.count || len(unique) != tc.count || (tc.pages > 0 && pages != tc.pages) || (tc.count > 0 && ids[0] != tc.first) {
				t.Errorf("%d features on %d pages, %d different, first %v; want %d on %d from %s", len(ids), pages, len(unique), ids[:min(1, len(ids))], tc.count, tc.pages, tc.first)
			}
			// Each of them can be had alone.
			if len(ids) > 0 {
				var one struct{ ID, Type string }
				collection, _, _ := strings.Cut(tc.path, "/")
				get(t, s, ogc.Path+"/collections/"+collection+"/items/"+url.PathEscape(ids[0]), http.StatusOK, &one)
				if one.ID != ids[0] || one.Type != "Feature" {
					t.Errorf("alone: %+v", one)
				}
			}
		})
	}
}

// TestFields: every feature has the properties that its collection promises,
// and no other.
func TestFields(t *testing.T) {
	s := newServer(&world{})
	var list struct {
		Collections []struct {
			ID    string
			Links []struct{ Href, Rel, Type string }
		}
	}
	get(t, s, ogc.Path+"/collections", http.StatusOK, &list)
	if len(list.Collections) != 4 {
		t.Fatalf("%d collections", len(list.Collections))
	}
	for _, c := range list.Collections {
		var schema struct {
			Properties struct {
				Properties struct {
					Properties map[string]struct{ Type, Format string }
				}
			}
		}
		path := ogc.Path + "/collections/" + c.ID
		get(t, s, path+"/schema", http.StatusOK, &schema)
		var p items
		get(t, s, path+"/items?limit=3", http.StatusOK, &p)
		fields := schema.Properties.Properties.Properties
		for _, f := range p.Features {
			if len(f.Properties) != len(fields) {
				t.Errorf("%s %s: %d properties, %d described", c.ID, f.ID, len(f.Properties), len(fields))
			}
			for name, v := range f.Properties {
				kind := map[string]string{"string": "string", "float64": "number", "bool": "boolean", "<nil>": fields[name].Type}[fmt.Sprintf("%T", v)]
				if want := strings.Replace(fields[name].Type, "integer", "number", 1); strings.Replace(kind, "integer", "number", 1) != want {
					t.Errorf("%s %s: %s is %v, described as %q", c.ID, f.ID, name, v, want)
				}
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	w := &world{}
	s := newServer(w)
	for path, status := range map[string]int{
		"/collections/tracks/items?limit=0":                                   400,
		"/collections/tracks/items?limit=-1":                                  400,
		"/collections/tracks/items?limit=x":                                   400,
		"/collections/tracks/items?limit=":                                    400,
		"/collections/tracks/items?limit=1&limit=2":                           400,
		"/collections/tracks/items?bbox=1,2,3":                                400,
		"/collections/tracks/items?bbox=1,2,3,x":                              400,
		"/collections/tracks/items?bbox=0,2,1,1":                              400,
		"/collections/tracks/items?bbox=0,-91,1,1":                            400,
		"/collections/tracks/items?bbox=-181,0,1,1":                           400,
		"/collections/tracks/items?bbox=NaN,0,1,1":                            400,
		"/collections/tracks/items?bbox=":                                     400,
		"/collections/tracks/items?datetime=":                                 400,
		"/collections/tracks/items?datetime=/":                                400,
		"/collections/tracks/items?datetime=today":                            400,
		"/collections/tracks/items?datetime=2026-06-01T12:00:00":              400,
		"/collections/tracks/items?datetime=2026-06-02/2026-06-01":            400,
		"/collections/tracks/items?datetime=2026-06-01/2026-06-02/2026-06-03": 400,
		"/collections/tracks/items?crs=x":                                     400,
		"/collections/tracks/items?after=x":                                   400,
		"/collections/tracks/items?after=" + strings.Repeat("1", 201):         400,
		"/collections/track-history/items?after=T1":                           400,
		"/collections/track-history/items?datetime=../..":                     400,
		"/collections/track-history/items?datetime=2026-05-01/..":             400,
		"/collections/alerts/items?after=x":                                   400,
		"/collections?f=json":                                                 400,
		"/collections/boats":                                                  404,
		"/collections/boats/items":                                            404,
		"/collections/tracks/items/T99":                                       404,
		"/collections/tracks/items/99":                                        404,
		"/collections/track-history/items/T1@2026-06-01T11:00:00.5Z":          404,
		"/collections/track-history/items/T1":                                 404,
		"/collections/areas/items/sea":                                        404,
		"/collections/alerts/items/A3":                                        404,
		"/nothing":                                                            404,
	} {
		var p struct {
			Status       int
			Code, Detail string
		}
		if h := get(t, s, ogc.Path+path, status, &p); h.Get("Content-Type") != "application/problem+json" || p.Status != status || p.Code == "" || p.Detail == "" {
			t.Errorf("%s: %v %+v", path, h, p)
		}
	}
	w.fail = errors.New("the disk is gone")
	get(t, s, ogc.Path+"/collections/track-history/items", http.StatusInternalServerError, nil)
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodDelete, ogc.Path+"/collections", nil))
	if rec.Code != http.StatusMethodNotAllowed || rec.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("DELETE: %d %v", rec.Code, rec.Header())
	}
}

// TestLinks: every document that another one names is there, with the media
// type that was promised.
func TestLinks(t *testing.T) {
	s := newServer(&world{})
	seen := map[string]bool{}
	var follow func(path, media string)
	follow = func(path, media string) {
		if seen[path] || strings.Contains(path, "?") {
			return
		}
		seen[path] = true
		var doc any
		if h := get(t, s, path, http.StatusOK, &doc); media != "" && h.Get("Content-Type") != media {
			t.Errorf("%s is %s; promised as %s", path, h.Get("Content-Type"), media)
		}
		var walk func(v any)
		walk = func(v any) {
			switch v := v.(type) {
			case []any:
				for _, x := range v {
					walk(x)
				}
			case map[string]any:
				if href, ok := v["href"].(string); ok {
					media, _ := v["type"].(string)
					follow(strings.TrimPrefix(href, "http://atalaya.test"), media)
				}
				for _, x := range v {
					walk(x)
				}
			}
		}
		walk(doc)
	}
	follow(ogc.Path, "")
	if len(seen) != 4+3*4 {
		t.Errorf("%d documents: %v", len(seen), seen)
	}
}
