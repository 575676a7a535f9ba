package glo30_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"atalaya/geo"
	"atalaya/geo/projection"
	"atalaya/store/elevation/glo30"
	"atalaya/terrain"
	"atalaya/terrain/format"
	"atalaya/terrain/format/geotiff/cog"
)

func TestTiles(t *testing.T) {
	for _, c := range []struct {
		box  geo.Box
		want string
	}{
		{geo.Box{South: -16.5, West: -69.5, North: -16.2, East: -69.2}, "[-17,-70]"},
		{geo.Box{South: -17, West: -70, North: -16, East: -69}, "[-17,-70]"},
		{geo.Box{South: -17, West: -70, North: -17, East: -70}, "[-17,-70]"},
		{geo.Box{South: -16.01, West: -69.5, North: -15.99, East: -68.5}, "[-17,-70 -17,-69 -16,-70 -16,-69]"},
		{geo.Box{South: -0.5, West: -0.5, North: 0.5, East: 0.5}, "[-1,-1 -1,0 0,-1 0,0]"},
		{geo.Box{South: 10.1, West: 179.5, North: 10.2, East: -179.5}, "[10,179 10,-180]"},
		{geo.Box{South: 89.5, West: 180, North: 90, East: 180}, "[89,-180]"},
		{geo.Box{South: 90, West: 0, North: 90, East: 0.5}, "[]"},
	} {
		got, err := glo30.Tiles(c.box)
		if err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%v: %v, %v; want %s", c.box, got, err, c.want)
		}
	}
	for box, want := range map[geo.Box]int{
		{South: 0.1, West: -180, North: 1.1, East: 180}:     720,
		{South: 0.1, West: 10.5, North: 0.2, East: 10.4}:    360,
		{South: -90, West: -180, North: 90, East: 180}:      64800,
		{South: -22.9, West: -69.7, North: -9.6, East: -57}: 14 * 13,
	} {
		got, err := glo30.Tiles(box)
		sorted := slices.Clone(got)
		slices.SortFunc(sorted, func(a, b glo30.Tile) int { return 1000*(a.Lat-b.Lat) + a.Lon - b.Lon })
		if err != nil || len(got) != want || len(slices.Compact(sorted)) != want {
			t.Errorf("%v: %d tiles, %v; want %d", box, len(got), err, want)
		}
	}
	for _, box := range []geo.Box{{South: 1, North: 0}, {South: -91}, {East: 181}} {
		if tiles, err := glo30.Tiles(box); err == nil {
			t.Errorf("%v: %v", box, tiles)
		}
	}
	// Names of tiles that the bucket has.
	for tile, want := range map[glo30.Tile]string{
		{Lat: -17, Lon: -70}:  "Copernicus_DSM_COG_10_S17_00_W070_00_DEM",
		{Lat: 0, Lon: 6}:      "Copernicus_DSM_COG_10_N00_00_E006_00_DEM",
		{Lat: -14, Lon: -172}: "Copernicus_DSM_COG_10_S14_00_W172_00_DEM",
		{Lat: 80, Lon: -104}:  "Copernicus_DSM_COG_10_N80_00_W104_00_DEM",
	} {
		if got := tile.Name(); got != want {
			t.Errorf("%v: %s, want %s", tile, got, want)
		}
	}
}

// here is the tile that most tests fetch; posts are few and rough, so that it
// has some 100 kB.
var (
	here    = glo30.Tile{Lat: -17, Lon: -70}
	hereBox = geo.Box{South: -16.6, West: -69.6, North: -16.5, East: -69.5}
)

func content(t testing.TB, tile glo30.Tile, seed uint32) []byte {
	t.Helper()
	const side = 200
	r := cog.Raster{
		Lattice: terrain.Lattice{
			Projection: projection.Geographic{},
			X0:         float64(tile.Lon), Y0: float64(tile.Lat + 1),
			DX: 1.0 / side, DY: 1.0 / side, Width: side, Height: side,
		},
		Values: make([]float32, side*side),
		NoData: -9999, Heights: true,
	}
	for i := range r.Values {
		seed = seed*1664525 + 1013904223
		r.Values[i] = float32(seed>>8) / 4096
	}
	var out bytes.Buffer
	if err := cog.Write(&out, r); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// bucket is a server like the real one, with faults.
type bucket struct {
	*httptest.Server
	mu    sync.Mutex
	files map[string][]byte
	etags map[string]string
	// faults answer one request for a tile each, then are gone.
	faults []http.HandlerFunc
	asked  []string // what was asked for, with the range
}

func newBucket(t *testing.T, tiles ...glo30.Tile) *bucket {
	t.Helper()
	b := &bucket{files: map[string][]byte{}, etags: map[string]string{}}
	var list strings.Builder
	for i, tile := range tiles {
		b.put(tile, content(t, tile, uint32(i)), fmt.Sprintf(`"v%d"`, i))
		fmt.Fprintf(&list, "%s\r\n", tile.Name())
	}
	b.files["tileList.txt"] = []byte(list.String())
	b.Server = httptest.NewServer(http.HandlerFunc(b.serve))
	t.Cleanup(b.Close)
	return b
}

func key(tile glo30.Tile) string { return tile.Name() + "/" + tile.Name() + ".tif" }

func (b *bucket) put(tile glo30.Tile, data []byte, etag string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.files[key(tile)], b.etags[key(tile)] = data, etag
}

func (b *bucket) serve(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	name := strings.TrimPrefix(r.URL.Path, "/")
	data, known := b.files[name]
	etag := b.etags[name]
	b.asked = append(b.asked, strings.TrimSpace(name[max(0, strings.LastIndex(name, "/")+1):]+" "+r.Header.Get("Range")))
	var fault http.HandlerFunc
	if name != "tileList.txt" && len(b.faults) > 0 {
		fault, b.faults = b.faults[0], b.faults[1:]
	}
	b.mu.Unlock()
	if fault != nil {
		fault(w, r)
		return
	}
	if !known {
		http.Error(w, "<Error><Code>NoSuchKey</Code></Error>", http.StatusNotFound)
		return
	}
	if etag != "" {
		w.Header().Set("ETag", etag)
	}
	w.Header().Set("Content-Type", "image/tiff")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

func (b *bucket) requests() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.asked)
}

func (b *bucket) config(t *testing.T) glo30.Config {
	return glo30.Config{Base: b.URL + "/", Dir: filepath.Join(t.TempDir(), "dem"), Wait: time.Millisecond, Stall: 5 * time.Second}
}

// part sends the first bytes of a file, as if all of it came, and breaks off.
func part(data []byte, n int, etag string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		w.Header().Set("ETag", etag)
		_, _ = w.Write(data[:n])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", code) }
}

func repeat(n int, f http.HandlerFunc) []http.HandlerFunc {
	return slices.Repeat([]http.HandlerFunc{f}, n)
}

// is makes sure that the folder holds these files and no other.
func is(t *testing.T, dir string, want map[string][]byte) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if w, known := want[e.Name()]; !known || !bytes.Equal(w, data) {
			t.Errorf("%s with %d bytes lies in the folder", e.Name(), len(data))
		}
	}
	if len(entries) != len(want) {
		t.Errorf("%d files in the folder, want %d", len(entries), len(want))
	}
}

func TestFetch(t *testing.T) {
	north := glo30.Tile{Lat: -16, Lon: -70}
	b := newBucket(t, here, north)
	cfg := b.config(t)
	var seen []glo30.Progress
	cfg.Progress = func(p glo30.Progress) { seen = append(seen, p) }
	box := geo.Box{South: -16.1, West: -70.1, North: -15.9, East: -69.9} // the two, and two of the ocean
	files, err := glo30.Fetch(t.Context(), cfg, box)
	if err != nil {
		t.Fatal(err)
	}
	dir := cfg.Dir
	want := []glo30.File{
		{Tile: glo30.Tile{Lat: -17, Lon: -71}},
		{Tile: here, Path: filepath.Join(dir, here.Name()+".tif"), Bytes: int64(len(b.files[key(here)]))},
		{Tile: glo30.Tile{Lat: -16, Lon: -71}},
		{Tile: north, Path: filepath.Join(dir, north.Name()+".tif"), Bytes: int64(len(b.files[key(north)]))},
	}
	if !slices.Equal(files, want) {
		t.Errorf("%+v", files)
	}
	is(t, dir, map[string][]byte{here.Name() + ".tif": b.files[key(here)], north.Name() + ".tif": b.files[key(north)]})
	last := seen[len(seen)-1]
	if last.Done != 4 || last.Tiles != 4 {
		t.Errorf("at last: %+v", last)
	}
	whole := glo30.Progress{Tile: here, Done: 1, Tiles: 4, Bytes: want[1].Bytes, Size: want[1].Bytes}
	if !slices.Contains(seen, whole) || !slices.IsSortedFunc(seen, func(a, b glo30.Progress) int { return a.Done - b.Done }) {
		t.Errorf("%+v", seen)
	}
	asked := len(b.requests())
	if asked != 5 { // four tiles, and once the list
		t.Errorf("%q", b.requests())
	}

	// Again: nothing is asked for but what is not there.
	files, err = glo30.Fetch(t.Context(), cfg, box)
	if err != nil || !files[1].Already || !files[3].Already || files[0].Path != "" {
		t.Errorf("again: %+v, %v", files, err)
	}
	if n := len(b.requests()) - asked; n != 3 {
		t.Errorf("%d requests for what is here", n)
	}

	// What came is read as what it is.
	src, closer, err := format.Open(os.DirFS(dir), here.Name()+".tif")
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	if a := src.About(); a.Datum != terrain.EGM2008 || a.DatumSD == 0 || a.SD == 0 {
		t.Errorf("%q, %q, SD %v m, %v m of the datum", a.Source, a.Datum, a.SD, a.DatumSD)
	}
}

// A download that breaks goes on where it was.
func TestFaults(t *testing.T) {
	const all = "Copernicus_DSM_COG_10_S17_00_W070_00_DEM.tif"
	data := content(t, here, 0)
	half := len(data) / 2
	rest := fmt.Sprintf("%s bytes=%d-", all, half)
	for name, c := range map[string]struct {
		faults []http.HandlerFunc
		asked  []string
	}{
		"broken":       {[]http.HandlerFunc{part(data, half, `"v0"`)}, []string{all, rest}},
		"broken twice": {[]http.HandlerFunc{part(data, 100, `"v0"`), status(503)}, []string{all, all + " bytes=100-", all + " bytes=100-"}},
		"errors":       {[]http.HandlerFunc{status(500), status(503), status(429)}, []string{all, all, all, all}},
		// A new version came meanwhile: the bytes of the old one are of no use.
		"changed": {[]http.HandlerFunc{part(content(t, here, 7), half, `"old"`)}, []string{all, rest}},
		// Without a strong ETag nobody knows what the bytes belong to.
		"weak":    {[]http.HandlerFunc{part(data, half, `W/"v0"`)}, []string{all, all}},
		"no ETag": {[]http.HandlerFunc{part(data, half, "")}, []string{all, all}},
		"another piece": {[]http.HandlerFunc{part(data, half, `"v0"`), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"v0"`)
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(data)-1, len(data)))
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(data)
		}}, []string{all, rest, all}},
		"ranges not known": {[]http.HandlerFunc{part(data, half, `"v0"`), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"v0"`)
			_, _ = w.Write(data)
		}}, []string{all, rest}},
		"too far": {[]http.HandlerFunc{part(data, half, `"v0"`), status(416)}, []string{all, rest, all}},
		"one byte at first": {[]http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(data)))
			_, _ = w.Write(data[:1])
			_ = http.NewResponseController(w).Flush()
			time.Sleep(20 * time.Millisecond)
			_, _ = w.Write(data[1:])
		}}, []string{all}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBucket(t, here)
			b.faults = c.faults
			cfg := b.config(t)
			files, err := glo30.Fetch(t.Context(), cfg, hereBox)
			if err != nil || len(files) != 1 || files[0].Bytes != int64(len(data)) {
				t.Fatalf("%+v, %v", files, err)
			}
			is(t, cfg.Dir, map[string][]byte{all: data})
			if got := b.requests(); !slices.Equal(got, c.asked) {
				t.Errorf("asked for %q, want %q", got, c.asked)
			}
		})
	}
}

// A server that sends nothing any more is left, and asked again.
func TestStall(t *testing.T) {
	data := content(t, here, 0)
	b := newBucket(t, here)
	silent := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		w.Header().Set("ETag", `"v0"`)
		_, _ = w.Write(data[:100])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	b.faults = []http.HandlerFunc{silent, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }}
	cfg := b.config(t)
	cfg.Stall = 100 * time.Millisecond
	if _, err := glo30.Fetch(t.Context(), cfg, hereBox); err != nil {
		t.Fatal(err)
	}
	is(t, cfg.Dir, map[string][]byte{here.Name() + ".tif": data})
	if got := b.requests(); len(got) != 3 || !strings.HasSuffix(got[2], " bytes=100-") {
		t.Errorf("asked for %q", got)
	}

	b.faults = repeat(9, silent)
	cfg.Dir, cfg.Attempts = t.TempDir(), 2
	if _, err := glo30.Fetch(t.Context(), cfg, hereBox); err == nil || !strings.Contains(err.Error(), "after 2 attempts") || !strings.Contains(err.Error(), "nothing came") {
		t.Errorf("always silent: %v", err)
	}
}

// Given up and run again, a fetch goes on; a file that was whole but for its
// name is not asked for again.
func TestResume(t *testing.T) {
	data := content(t, here, 0)
	half := len(data) / 2
	b := newBucket(t, here)
	cfg := b.config(t)
	ctx, cancel := context.WithCancel(t.Context())
	cfg.Progress = func(p glo30.Progress) {
		if p.Bytes >= int64(half) {
			cancel()
		}
	}
	b.faults = []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		w.Header().Set("ETag", `"v0"`)
		_, _ = w.Write(data[:half])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}}
	files, err := glo30.Fetch(ctx, cfg, hereBox)
	if !errors.Is(err, context.Canceled) || len(files) != 0 {
		t.Fatalf("%+v, %v", files, err)
	}
	name := here.Name() + ".tif"
	is(t, cfg.Dir, map[string][]byte{name + ".part": data[:half], name + ".part.etag": []byte("\"v0\"\n")})

	cfg.Progress = nil
	if _, err := glo30.Fetch(t.Context(), cfg, hereBox); err != nil {
		t.Fatal(err)
	}
	is(t, cfg.Dir, map[string][]byte{name: data})
	if got := b.requests(); len(got) != 2 || got[1] != fmt.Sprintf("%s bytes=%d-", name, half) {
		t.Errorf("asked for %q", got)
	}

	// Killed before the file got its name.
	path := filepath.Join(cfg.Dir, name)
	if err := os.Rename(path, path+".part"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".part.etag", []byte("\"v0\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := glo30.Fetch(t.Context(), cfg, hereBox); err != nil {
		t.Fatal(err)
	}
	is(t, cfg.Dir, map[string][]byte{name: data})

	// Bytes of a version that nobody knows.
	if err := os.Rename(path, path+".part"); err != nil {
		t.Fatal(err)
	}
	if _, err := glo30.Fetch(t.Context(), cfg, hereBox); err != nil {
		t.Fatal(err)
	}
	is(t, cfg.Dir, map[string][]byte{name: data})
	if got := b.requests(); got[len(got)-1] != name {
		t.Errorf("asked for %q", got)
	}
}

// What is no tile is refused, told, and leaves nothing behind.
func TestRefusals(t *testing.T) {
	data := content(t, here, 0)
	answer := func(body []byte, contentType string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			_, _ = w.Write(body)
		}
	}
	for name, c := range map[string]struct {
		faults   []http.HandlerFunc
		list     string
		requests int
		want     string
	}{
		"errors for ever": {repeat(9, status(500)), "", 5, "given up after 5 attempts; the next fetch goes on where this one was: the server answers 500"},
		"broken for ever": {repeat(9, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), "", 5, "given up after 5 attempts"},
		// Each time much comes, and never more than before.
		"never further": {repeat(99, part(data, len(data)/2, "")), "", 5, "given up after 5 attempts"},
		"forbidden":     {repeat(9, status(403)), "", 1, "the server answers 403 Forbidden to http://"},
		"a page":        {repeat(9, answer([]byte("<html>Log in to the network"), "text/html")), "", 1, `no TIFF but text/html that begins with "<html>`},
		"another tile":  {repeat(9, answer(content(t, glo30.Tile{Lat: -18, Lon: -70}, 0), "image/tiff")), "", 1, "it lies elsewhere"},
		"cut":           {repeat(9, answer(data[:len(data)/2], "image/tiff")), "", 1, "is not the tile, and was removed: GeoTIFF"},
		"empty":         {repeat(9, answer(nil, "image/tiff")), "", 1, "is not the tile, and was removed: GeoTIFF"},
		"huge": {repeat(9, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10000000000")
			_, _ = w.Write(data)
			panic(http.ErrAbortHandler)
		}), "", 1, "no tile is that big"},
		"listed and missing": {repeat(9, status(404)), here.Name(), 2, "lists this tile and does not have it"},
		"no list":            {repeat(9, status(404)), "none", 2, "neither this tile nor a tileList.txt"},
		"a page for a list":  {repeat(9, status(404)), "<html>", 2, "it names no tile"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBucket(t, here)
			b.faults = c.faults
			b.files["tileList.txt"] = []byte(c.list)
			if c.list == "none" {
				delete(b.files, "tileList.txt")
			}
			cfg := b.config(t)
			files, err := glo30.Fetch(t.Context(), cfg, hereBox)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), here.Name()+" (1 of 1)") {
				t.Errorf("%+v, %v; want %q", files, err, c.want)
			}
			is(t, cfg.Dir, nil)
			if got := b.requests(); len(got) != c.requests {
				t.Errorf("asked for %q, want %d requests", got, c.requests)
			}
		})
	}
	t.Run("not there", func(t *testing.T) {
		b := newBucket(t)
		cfg := b.config(t)
		cfg.Attempts = 2
		b.Close()
		if _, err := glo30.Fetch(t.Context(), cfg, hereBox); err == nil || !strings.Contains(err.Error(), "after 2 attempts") {
			t.Error(err)
		}
	})
}

// Two at once do not write into the same file.
func TestTwoAtOnce(t *testing.T) {
	b := newBucket(t, here)
	cfg := b.config(t)
	started, second := make(chan struct{}), make(chan struct{})
	data := content(t, here, 0)
	b.faults = []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
		close(started)
		<-second
		_, _ = w.Write(data)
	}}
	first := make(chan error)
	go func() {
		_, err := glo30.Fetch(t.Context(), cfg, hereBox)
		first <- err
	}()
	<-started
	if _, err := glo30.Fetch(t.Context(), cfg, hereBox); err == nil || !strings.Contains(err.Error(), "another fetch") {
		t.Errorf("the second: %v", err)
	}
	close(second)
	if err := <-first; err != nil {
		t.Errorf("the first: %v", err)
	}
	is(t, cfg.Dir, map[string][]byte{here.Name() + ".tif": data})
}
