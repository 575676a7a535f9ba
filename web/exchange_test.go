package web_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/areas"
	"atalaya/geo"
	"atalaya/web"
)

const anchorages = `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"Fondeo"},` +
	`"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}}]}`

func TestAreasComeAndGo(t *testing.T) {
	o := newOffice(t, nil)
	ana := o.person("Ana", desk.Officer)
	send := func(path, file string) *answer {
		return ana.ask("POST", "/api/areas/import"+path, file, "Content-Type: application/geo+json", "Idempotency-Key: k")
	}
	var p areas.Preview
	if send("/preview", anchorages).is(200, "").json(&p); p.Wrong != 1 || !strings.Contains(p.Lines[0].Detail, "choose one") {
		t.Errorf("without a kind: %+v", p)
	}
	if a := send("?reason=mapa", anchorages).is(422, "wrong-shapes"); !bytes.Contains(a.body, []byte("feature 1")) {
		t.Errorf("refused: %s", a.body)
	}
	if send("?reason=mapa&kind=anchorage", anchorages).is(200, "").json(&p); p.New != 1 || !p.Applied {
		t.Errorf("imported: %+v", p)
	}
	// What comes out goes in again, in both formats, and changes nothing.
	for format, media := range map[string]string{"geojson": "application/geo+json", "kml": "application/vnd.google-earth.kml+xml"} {
		a := ana.ask("GET", "/api/areas/export?format="+format, "").is(200, "")
		if a.header.Get("Content-Type") != media || !strings.Contains(a.header.Get("Content-Disposition"), "."+format) || !bytes.Contains(a.body, []byte("Fondeo")) {
			t.Errorf("%s: %v %s", format, a.header, a.body)
		}
		if send("?reason=mapa", string(a.body)).is(200, "").json(&p); p.New+p.Changed != 0 || len(p.Lines) != 1 || p.Lines[0].What != "same" {
			t.Errorf("%s again: %+v", format, p)
		}
	}
	send("/preview", `<!DOCTYPE kml [<!ENTITY a "b">]><kml/>`).is(422, "unreadable-file")
	send("/preview", "\n PK").is(422, "unreadable-file")
	send("/preview", "").is(422, "unreadable-file")
	send("/preview", strings.Repeat(" ", 9<<20)).is(413, "file-too-long")
	send("/preview", strings.Repeat(" ", 17<<20)).is(413, "file-too-long")
	send("/preview?kind=lake", anchorages).is(422, "unprocessable-entity")
	send("", anchorages).is(422, "unprocessable-entity") // no reason
}

func TestExportOfTracks(t *testing.T) {
	var asked []web.PastQuery
	var fail error
	o := newOffice(t, func(c *web.Config) {
		c.Past = func(_ context.Context, q web.PastQuery) ([]web.PastPoint, error) {
			asked = append(asked, q)
			if len(asked) > 2 && fail != nil {
				return nil, fail
			}
			return []web.PastPoint{{Time: q.From, Known: q.From, Position: geo.Position{Lat: -16, Lon: -69}}}, nil
		}
	})
	eva := o.person("Eva", desk.Viewer)
	const span = "&from=2026-02-28T12:00:00Z&to=2026-03-01T12:00:00Z"
	a := eva.ask("GET", "/api/export?tracks=2,1,2&format=csv"+span, "").is(200, "")
	if lines := strings.Count(string(a.body), "\r\n"); lines != 9 || a.header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Errorf("%d lines: %s", lines, a.body)
	}
	for i, q := range asked {
		begin := time.Date(2026, 2, 28, 12+i%4*6, 0, 0, 0, time.UTC)
		if int(q.Track) != 1+i/4 || !q.From.Equal(begin) || !q.To.Equal(begin.Add(6*time.Hour)) {
			t.Errorf("query %d: %+v", i, q)
		}
	}
	for format, want := range map[string]string{"geojson": `"FeatureCollection"`, "kml": "<Folder>", "gpx": "<trkseg>"} {
		if a := eva.ask("GET", "/api/export?tracks=1&format="+format, "").is(200, ""); !bytes.Contains(a.body, []byte(want)) {
			t.Errorf("%s: %s", format, a.body)
		}
	}
	for _, wrong := range []string{
		"", "?tracks=", "?tracks=0", "?tracks=x", "?tracks=1&format=shp", "?tracks=1&from=", "?tracks=1&from=2026-03-02T00:00:00Z",
		"?tracks=1&from=2025-01-01T00:00:00Z", "?tracks=" + strings.Repeat("1,", 100) + "1",
	} {
		if a := eva.ask("GET", "/api/export"+wrong, ""); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d %s", wrong, a.status, a.body)
		}
	}

	// What fails in the middle is no whole file.
	asked, fail = nil, errors.New("the disk is gone")
	real := httptest.NewServer(o.server)
	defer real.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, real.URL+"/api/export?tracks=1&format=csv"+span, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(eva.cookie)
	res, err := real.Client().Do(req)
	if err != nil {
		return // cut before the first byte
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("a torn file ends like a whole one: %s", b)
	}
}
