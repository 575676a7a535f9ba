package tiles_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"atalaya/internal/peer"
	"atalaya/web/tiles"
)

// serve serves a folder as package web does.
func serve(t *testing.T, dir string) (*tiles.Folder, *httptest.Server) {
	t.Helper()
	f, err := tiles.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /maps/{file}", func(w http.ResponseWriter, r *http.Request) {
		if !f.Serve(w, r, r.PathValue("file")) {
			http.NotFound(w, r)
		}
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(func() {
		srv.Close()
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f, srv
}

func python(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), peer.Python(t), append([]string{"testdata/peer.py"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func list(t *testing.T, f *tiles.Folder) []tiles.Map {
	t.Helper()
	maps, err := f.List()
	if err != nil {
		t.Fatal(err)
	}
	return maps
}

// The pmtiles package of Python writes archives; we say the same of them as it
// does, and it reads through our ranges what it wrote.
func TestBesidePMTiles(t *testing.T) {
	dir := t.TempDir()
	python(t, "write", dir)
	f, srv := serve(t, dir)
	maps := list(t, f)
	want := []tiles.Map{
		{ID: "andes.terrarium", Name: "andes.terrarium", Kind: tiles.Elevation, Encoding: "terrarium"},
		{ID: "caminos", Name: "Caminos de Bolivia", Kind: tiles.Vector, Attribution: "Ejemplo © 2026", Layers: []string{"roads", "water"}},
		{ID: "relieve", Name: "Relieve", Kind: tiles.Elevation, Encoding: "mapbox"},
		{ID: "satelite", Name: "Satélite", Kind: tiles.Raster},
	}
	if len(maps) != len(want) {
		t.Fatalf("%d maps: %+v", len(maps), maps)
	}
	var sum string
	for i, m := range maps {
		w := want[i]
		if m.ID != w.ID || m.Name != w.Name || m.Kind != w.Kind || m.Encoding != w.Encoding || m.Attribution != w.Attribution ||
			!slices.Equal(m.Layers, w.Layers) || m.Trouble != "" {
			t.Errorf("%+v, want %+v", m, w)
		}
		var theirs struct {
			MinZoom int        `json:"min_zoom"`
			MaxZoom int        `json:"max_zoom"`
			Bounds  [4]float64 `json:"bounds"`
			Count   int        `json:"count"`
			SHA     string     `json:"sha256"`
		}
		if err := json.Unmarshal(python(t, "read", srv.URL+"/maps/"+m.ID+".pmtiles", "x=y"), &theirs); err != nil {
			t.Fatal(err)
		}
		if theirs.MinZoom != m.MinZoom || theirs.MaxZoom != m.MaxZoom || theirs.Bounds != m.Bounds {
			t.Errorf("%s: zooms %d to %d, bounds %v; the peer says %+v", m.ID, m.MinZoom, m.MaxZoom, m.Bounds, theirs)
		}
		if theirs.Count != 1+4+16+64+256 {
			t.Errorf("%s: the peer read %d tiles", m.ID, theirs.Count)
		}
		if m.Kind == tiles.Raster {
			sum = theirs.SHA
		}
	}
	if sum == "" {
		t.Error("no raster was read")
	}
}

// answer is what the server said.
type answer struct {
	status int
	tag    string
	text   string
}

func get(t *testing.T, url string, header ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header.Get("ETag"), string(b)}
}

func TestRanges(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.pmtiles")
	write := func(s string, at time.Time) {
		t.Helper()
		if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	write("0123456789", day)
	_, srv := serve(t, dir)
	url := srv.URL + "/maps/a.pmtiles"
	whole := get(t, url)
	tag := whole.tag
	if whole.status != http.StatusOK || whole.text != "0123456789" || tag == "" || strings.HasPrefix(tag, "W/") {
		t.Fatalf("%+v", whole)
	}
	for name, tc := range map[string]struct {
		header []string
		status int
		text   string
	}{
		"a part":              {[]string{"Range", "bytes=2-4"}, 206, "234"},
		"the end":             {[]string{"Range", "bytes=-3"}, 206, "789"},
		"beyond the end":      {[]string{"Range", "bytes=8-99"}, 206, "89"},
		"nothing of it":       {[]string{"Range", "bytes=10-"}, 416, "invalid range: failed to overlap\n"},
		"of the same file":    {[]string{"Range", "bytes=2-4", "If-Range", tag}, 206, "234"},
		"of another file":     {[]string{"Range", "bytes=2-4", "If-Range", `"other"`}, 200, "0123456789"},
		"kept and the same":   {[]string{"If-None-Match", tag}, 304, ""},
		"kept and another":    {[]string{"If-None-Match", `"other"`}, 200, "0123456789"},
		"only if the same":    {[]string{"If-Match", `"other"`, "Range", "bytes=2-4"}, 412, ""},
		"a range of nonsense": {[]string{"Range", "bytes=x-y"}, 416, "invalid range\n"},
	} {
		if a := get(t, url, tc.header...); a.status != tc.status || a.text != tc.text {
			t.Errorf("%s: %+v", name, a)
		}
	}
	// The same size, written again: another tag, so that no reader mixes two files.
	write("abcdefghij", day.Add(time.Second))
	if a := get(t, url, "Range", "bytes=2-4", "If-Range", tag); a.status != http.StatusOK || a.text != "abcdefghij" {
		t.Errorf("written again: %+v", a)
	}
}

func TestNothingOutsideTheFolder(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "maps")
	for _, d := range []string{dir, filepath.Join(dir, "sub"), filepath.Join(dir, "folder.pmtiles")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"secret.pmtiles", "maps/inside.pmtiles", "maps/notes.txt", "maps/.hidden.pmtiles", "maps/sub/deep.pmtiles"} {
		if err := os.WriteFile(filepath.Join(base, name), []byte("content of "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		"out.pmtiles": "../secret.pmtiles", "abs.pmtiles": filepath.Join(base, "secret.pmtiles"), "etc.pmtiles": "/etc/passwd",
		"in.pmtiles": "inside.pmtiles", "loop.pmtiles": "loop.pmtiles", "updir.pmtiles": "..",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.pmtiles"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, srv := serve(t, dir)
	for path, want := range map[string]int{
		"inside.pmtiles": 200, "in.pmtiles": 200,
		"out.pmtiles": 404, "abs.pmtiles": 404, "etc.pmtiles": 404, "loop.pmtiles": 404, "updir.pmtiles": 404,
		"pipe.pmtiles": 404, "folder.pmtiles": 404, "notes.txt": 404, ".hidden.pmtiles": 404, "missing.pmtiles": 404,
		"sub%2Fdeep.pmtiles": 404, "..%2Fsecret.pmtiles": 404, "%2e%2e%2fsecret.pmtiles": 404, "..%5Csecret.pmtiles": 404,
		"%00.pmtiles": 404, "inside.pmtiles%00": 404, "inside.pmtiles%2F..%2F..%2Fsecret.pmtiles": 404, "": 404,
	} {
		a := get(t, srv.URL+"/maps/"+path)
		if a.status != want || strings.Contains(a.text, "secret") || strings.Contains(a.text, "root:") {
			t.Errorf("%q: %d %.60q, want %d", path, a.status, a.text, want)
		}
	}
	var ids []string
	for _, m := range list(t, f) {
		ids = append(ids, m.ID)
		if m.Trouble == "" {
			t.Errorf("%s is no archive, and has no trouble", m.ID)
		}
	}
	if !slices.Equal(ids, []string{"in", "inside"}) {
		t.Errorf("listed %v", ids)
	}
}

// header is a good one of an archive without tiles.
func header(change func([]byte)) []byte {
	h := make([]byte, 127)
	copy(h, "PMTiles")
	h[7] = 3
	h[24] = 127           // metadata
	h[97], h[99] = 1, 2   // plain; PNG
	h[100], h[101] = 0, 9 // zooms
	if change != nil {
		change(h)
	}
	return h
}

func TestTroubleSaysWhatToDo(t *testing.T) {
	withMeta := func(meta string, change func([]byte)) []byte {
		return append(header(func(h []byte) {
			h[32] = byte(len(meta))
			if change != nil {
				change(h)
			}
		}), meta...)
	}
	for name, tc := range map[string]struct {
		file []byte
		want string // part of the trouble; empty: none
	}{
		"empty":                  {nil, "too short"},
		"cut":                    {header(nil)[:100], "too short"},
		"good":                   {header(nil), ""},
		"other file":             {bytes.Repeat([]byte("x"), 200), "no PMTiles archive"},
		"version 2":              {header(func(h []byte) { h[7] = 2 }), "version 2"},
		"metadata beyond":        {header(func(h []byte) { h[24+5] = 1 }), "outside the file"},
		"metadata overflow":      {header(func(h []byte) { copy(h[24:40], bytes.Repeat([]byte{0xff}, 16)) }), "outside the file"},
		"metadata too long":      {header(func(h []byte) { h[32+3] = 0x7f }), "outside the file"},
		"no gzip":                {withMeta("{}", func(h []byte) { h[97] = 2 }), "damaged"},
		"brotli":                 {withMeta("{}", func(h []byte) { h[97] = 3 }), "with gzip"},
		"no JSON":                {withMeta("{", nil), "no JSON"},
		"JSON of another kind":   {withMeta("[]", nil), "no JSON"},
		"zooms the wrong way":    {header(func(h []byte) { h[100], h[101] = 5, 4 }), "no sense"},
		"bounds beyond the pole": {header(func(h []byte) { h[102+4+3] = 0x80 }), "no sense"},
		"unknown tiles":          {header(func(h []byte) { h[99] = 0 }), "unknown type"},
		"newer tiles":            {header(func(h []byte) { h[99] = 9 }), "unknown type"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a.pmtiles"), tc.file, 0o600); err != nil {
			t.Fatal(err)
		}
		f, _ := serve(t, dir)
		maps := list(t, f)
		if len(maps) != 1 || (tc.want == "") != (maps[0].Trouble == "") || !strings.Contains(maps[0].Trouble, tc.want) {
			t.Errorf("%s: %+v", name, maps)
		}
	}
}

func TestFolderIsReadAnew(t *testing.T) {
	dir := t.TempDir()
	f, _ := serve(t, dir)
	if got := list(t, f); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
	file := filepath.Join(dir, "a.pmtiles")
	if err := os.WriteFile(file, header(nil), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := list(t, f); len(got) != 1 || got[0].MaxZoom != 9 {
		t.Fatalf("%+v", got)
	}
	if err := os.WriteFile(file, append(header(func(h []byte) { h[101] = 7 }), 0), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := list(t, f); len(got) != 1 || got[0].MaxZoom != 7 {
		t.Fatalf("%+v", got)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if got := list(t, f); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
}

func TestFolderMustBeThere(t *testing.T) {
	_, err := tiles.Open(filepath.Join(t.TempDir(), "missing"))
	if err == nil || !strings.Contains(err.Error(), "web.maps") {
		t.Errorf("%v", err)
	}
}

func FuzzHeader(f *testing.F) {
	f.Add(header(nil))
	f.Add(append(header(func(h []byte) { h[32] = 30; h[99] = 1 }), `{"vector_layers":[{"id":"a"}]}`...))
	dir := f.TempDir()
	folder, err := tiles.Open(dir)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = folder.Close() })
	f.Fuzz(func(t *testing.T, file []byte) {
		if err := os.WriteFile(filepath.Join(dir, "a.pmtiles"), file, 0o600); err != nil {
			t.Fatal(err)
		}
		maps, err := folder.List()
		if err != nil || len(maps) != 1 {
			t.Fatalf("%v, %d maps", err, len(maps))
		}
		if m := maps[0]; m.Trouble == "" && (m.MinZoom > m.MaxZoom || m.Bounds[1] < -90 || m.Bounds[3] > 90) {
			t.Fatalf("%+v", m)
		}
	})
}
