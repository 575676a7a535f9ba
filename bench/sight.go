package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"atalaya/geo"
	"atalaya/internal/app"
	"atalaya/terrain"
	"atalaya/terrain/sight"
)

// What the viewsheds of this part are asked for.
const (
	mast        = 10.0
	target      = 2.0
	nearRadius  = 20e3
	farRadius   = 100e3
	refraction  = 0.13
	seedOfPosts = 6
)

// seeing measures the viewshed on the rugged 90 m grid: cells unlike those of
// the reference method, and speed, beside gdal_viewshed and r.viewshed.
func seeing(ctx context.Context, s *settings) error {
	err := s.swift(ctx)
	src, done, opened := app.OpenElevationFile(filepath.Join(s.data, "terrain", "sierra_basinrange_vfp3s_4326.tif"))
	if opened != nil {
		return errors.Join(err, opened)
	}
	defer done.Close()
	whole, loaded := terrain.Load(src, src.Lattice().Bounds())
	if loaded != nil {
		return errors.Join(err, loaded)
	}
	posts, few := observers(whole)
	if few != nil {
		return errors.Join(err, few)
	}
	return errors.Join(err, s.unlike(ctx, whole, posts))
}

// observers are the eight highest summits that are 40 km apart, and eight posts
// by chance.
func observers(g *terrain.Grid) ([]geo.Position, error) {
	l := g.Lattice()
	type post struct {
		at geo.Position
		z  float32
	}
	usable := func(c, r int) bool {
		w := l.Around(l.Position(float64(c), float64(r)), nearRadius+1000)
		if w.X <= 0 || w.Y <= 0 || w.X+w.Width >= l.Width || w.Y+w.Height >= l.Height {
			return false
		}
		for r := w.Y; r < w.Y+w.Height; r++ {
			for _, z := range g.Z[r*l.Width+w.X : r*l.Width+w.X+w.Width] {
				if z != z {
					return false
				}
			}
		}
		return true
	}
	const block = 64
	var summits []post
	for r0 := 0; r0 < l.Height; r0 += block {
		for c0 := 0; c0 < l.Width; c0 += block {
			best, at := float32(math.Inf(-1)), 0
			for r := r0; r < min(r0+block, l.Height); r++ {
				for c := c0; c < min(c0+block, l.Width); c++ {
					if z := g.Z[r*l.Width+c]; z > best {
						best, at = z, r*l.Width+c
					}
				}
			}
			if !math.IsInf(float64(best), -1) {
				summits = append(summits, post{l.Position(float64(at%l.Width), float64(at/l.Width)), best})
			}
		}
	}
	slices.SortStableFunc(summits, func(a, b post) int { return int(b.z - a.z) })
	var out []geo.Position
	for _, p := range summits {
		c, r := l.Cell(p.at)
		alone := !slices.ContainsFunc(out, func(o geo.Position) bool { return geo.Distance(o, p.at) < 40e3 })
		if alone && usable(int(math.Round(c)), int(math.Round(r))) {
			out = append(out, p.at)
		}
		if len(out) == 8 {
			break
		}
	}
	random := rand.New(rand.NewPCG(seedOfPosts, 0)) //nolint:gosec // an input, no secret
	for range 10_000 {
		if len(out) == 16 {
			return out, nil
		}
		if c, r := random.IntN(l.Width), random.IntN(l.Height); usable(c, r) {
			out = append(out, l.Position(float64(c), float64(r)))
		}
	}
	return nil, errors.New("the grid has no room for 16 observers")
}

func view(at geo.Position, radius float64) sight.View {
	return sight.View{
		Observer: sight.Observer{At: at, Height: geo.GroundHeight(mast).Height()}, Radius: radius,
		Refraction: sight.Refraction{K: refraction, Low: refraction, High: refraction},
	}
}

// wrong counts cells where an answer is not that of the reference.
type wrong struct{ cells, ours, gdal, grass int }

func (w *wrong) row(s *settings, what string) {
	share := func(n int) float64 { return 100 * float64(n) / float64(w.cells) }
	const bar = 0.5
	verdict := "holds"
	if share(w.ours) > bar {
		verdict = "FAILS"
	}
	s.table.row(what+", cells unlike R3", fmt.Sprintf("%.3f %%", share(w.ours)), fmt.Sprintf("bar %.1f %%", bar), verdict, "sight")
	for name, n := range map[string]int{"gdal_viewshed": w.gdal, "r.viewshed": w.grass} {
		if n > 0 {
			s.table.row(what+", cells unlike R3", fmt.Sprintf("%.3f %%", share(w.ours)), fmt.Sprintf("%s %.3f %%", name, share(n)), number(share(n)/share(w.ours))+" x", "sight")
		}
	}
}

// unlike counts wrong cells: on the grid as it is, and on pieces of it in
// metres, which the peers need.
func (s *settings) unlike(ctx context.Context, g *terrain.Grid, posts []geo.Position) error {
	var degrees, metres, peaks, chance wrong
	for i, at := range posts {
		s.say("viewshed of 20 km, observer %d of %d at %v", i+1, len(posts), at)
		ours, exact, err := both(ctx, g, view(at, nearRadius))
		if err != nil {
			return err
		}
		for _, w := range []*wrong{&degrees, map[bool]*wrong{true: &peaks, false: &chance}[i < 8]} {
			compare(exact, func(c, r int) bool { seen, _ := ours.Seen(c, r, target); return seen }, w, &w.ours)
		}
		if err := s.besidePeers(ctx, at, &metres); err != nil {
			return err
		}
	}
	degrees.row(s, "viewshed, 16 observers, 20 km, 90 m")
	peaks.row(s, "viewshed, the 8 summits alone")
	chance.row(s, "viewshed, the 8 by chance alone")
	metres.row(s, "viewshed, 16 observers, 20 km, warped to UTM")
	s.table.note("viewshed: mast %g m, target %g m, k %g; the 8 highest summits 40 km apart and 8 posts by chance (PCG seed %d); R3 is the reference, a ray to every cell", mast, target, refraction, seedOfPosts)
	return nil
}

func both(ctx context.Context, src terrain.Source, v sight.View) (ours, exact *sight.Viewed, err error) {
	if ours, err = sight.Viewshed(ctx, src, v); err != nil {
		return nil, nil, err
	}
	v.Exact = true
	exact, err = sight.Viewshed(ctx, src, v)
	return ours, exact, err
}

// compare counts the cells of the reference's answer that another gives
// otherwise. Those at the very rim, where the peers measure on the map, are
// left out.
func compare(exact *sight.Viewed, seen func(col, row int) bool, w *wrong, count *int) {
	l := exact.Lattice
	cells := 0
	c0, r0 := l.Cell(exact.View.Observer.At)
	east, north := l.Spacing(exact.View.Observer.At)
	for r := range l.Height {
		for c := range l.Width {
			want, known := exact.Seen(c, r, target)
			if !known || math.Hypot((float64(c)-c0)*east, (float64(r)-r0)*north) > exact.View.Radius*0.995 {
				continue
			}
			cells++
			if seen(c, r) != want {
				*count++
			}
		}
	}
	if count == &w.ours {
		w.cells += cells
	}
}

// zone is the UTM zone of a position in the north, as an EPSG code.
func zone(at geo.Position) string {
	return "EPSG:" + strconv.Itoa(32600+int((at.Lon+180)/6)+1)
}

// warp makes a piece of the grid in metres, with a post on the observer.
func (s *settings) warp(ctx context.Context, at geo.Position, half, spacing float64, kind, name string) (string, [2]float64, error) {
	cmd := exec.CommandContext(ctx, "gdaltransform", "-s_srs", "EPSG:4326", "-t_srs", zone(at), "-output_xy")
	cmd.Stdin = bytes.NewReader(fmt.Appendf(nil, "%.9f %.9f\n", at.Lon, at.Lat))
	said, err := cmd.Output()
	if err != nil {
		return "", [2]float64{}, fmt.Errorf("gdaltransform: %w", err)
	}
	var x, y float64
	if _, err := fmt.Sscan(string(said), &x, &y); err != nil {
		return "", [2]float64{}, fmt.Errorf("gdaltransform said %q: %w", said, err)
	}
	n := math.Ceil(half/spacing) + 0.5
	out := filepath.Join(s.work, name)
	_, err = process(ctx, func([]byte) (int, error) { return 1, nil }, "gdalwarp", "-q", "-overwrite", "-t_srs", zone(at), "-r", kind,
		"-tr", fmt.Sprint(spacing), fmt.Sprint(spacing), "-te", fmt.Sprint(x-n*spacing), fmt.Sprint(y-n*spacing), fmt.Sprint(x+n*spacing), fmt.Sprint(y+n*spacing),
		"-ot", "Float32", "-dstnodata", "-9999", filepath.Join(s.data, "terrain", "sierra_basinrange_vfp3s_4326.tif"), out)
	return out, [2]float64{x, y}, err
}

func (s *settings) besidePeers(ctx context.Context, at geo.Position, w *wrong) error {
	file, xy, err := s.warp(ctx, at, nearRadius+1000, 90, "bilinear", "piece.tif")
	if err != nil {
		return err
	}
	src, done, err := app.OpenElevationFile(file)
	if err != nil {
		return err
	}
	defer done.Close()
	l := src.Lattice()
	at = l.Position(float64(l.Width-1)/2, float64(l.Height-1)/2) // the observer's post
	ours, exact, err := both(ctx, src, view(at, nearRadius))
	if err != nil {
		return err
	}
	compare(exact, func(c, r int) bool { seen, _ := ours.Seen(c, r, target); return seen }, w, &w.ours)
	for _, peer := range []struct {
		run   func(context.Context, string, [2]float64, float64, string) (outcome, int64, error)
		count *int
	}{{s.gdal, &w.gdal}, {s.grass, &w.grass}} {
		out := filepath.Join(s.work, "seen.tif")
		if _, _, err := peer.run(ctx, file, xy, nearRadius, out); err != nil {
			return err
		}
		seen, err := seenBy(ctx, out, exact)
		if err != nil {
			return err
		}
		compare(exact, seen, w, peer.count)
	}
	return nil
}

// seenBy reads a peer's answer of bytes, 1 where the target shows. It may be
// cut to the radius.
func seenBy(ctx context.Context, file string, exact *sight.Viewed) (func(col, row int) bool, error) {
	said, err := exec.CommandContext(ctx, "gdalinfo", "-json", file).Output()
	if err != nil {
		return nil, fmt.Errorf("gdalinfo %s: %w", file, err)
	}
	var info struct {
		Size         [2]int
		GeoTransform [6]float64
	}
	if err := json.Unmarshal(said, &info); err != nil {
		return nil, fmt.Errorf("gdalinfo %s: %w", file, err)
	}
	raw := file + ".raw"
	if _, err := process(ctx, func([]byte) (int, error) { return 1, nil }, "gdal_translate", "-q", "-of", "ENVI", "-ot", "Byte", file, raw); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(raw)
	if err != nil {
		return nil, fmt.Errorf("read a peer's answer: %w", err)
	}
	width, height, l := info.Size[0], info.Size[1], exact.Lattice
	west := int(math.Floor((l.X0 - info.GeoTransform[0]) / l.DX))
	north := int(math.Floor((info.GeoTransform[3] - l.Y0) / l.DY))
	return func(col, row int) bool {
		c, r := col+west, row+north
		return c >= 0 && r >= 0 && c < width && r < height && b[r*width+c] == 1
	}, nil
}

// gdal runs gdal_viewshed, and gives its resident memory, bytes.
func (s *settings) gdal(ctx context.Context, file string, xy [2]float64, radius float64, out string) (outcome, int64, error) {
	return measured(exec.CommandContext(ctx, "gdal_viewshed", "-q", "-ox", fmt.Sprint(xy[0]), "-oy", fmt.Sprint(xy[1]), "-oz", fmt.Sprint(mast), "-tz", fmt.Sprint(target),
		"-md", fmt.Sprint(radius), "-cc", fmt.Sprint(1-refraction), "-vv", "1", "-iv", "0", "-ov", "0", file, out), radius, file)
}

// grass runs r.viewshed of GRASS in a location of its own.
func (s *settings) grass(ctx context.Context, file string, xy [2]float64, radius float64, out string) (outcome, int64, error) {
	cmd := exec.CommandContext(ctx, "grass", "--tmp-location", file, "--exec", "bash", "bench/peers/viewshed_grass.sh",
		file, fmt.Sprint(xy[0]), fmt.Sprint(xy[1]), fmt.Sprint(mast), fmt.Sprint(radius), fmt.Sprint(refraction), out)
	cmd.Env = append(os.Environ(), fmt.Sprintf("TARGET=%g", target), "MEMORY=12000")
	return measured(cmd, radius, file)
}

// atalaya runs our own program on one processor.
func (s *settings) atalaya(ctx context.Context, file string, at geo.Position, radius float64, out string) (outcome, int64, error) {
	cmd := exec.CommandContext(ctx, s.binary, "terrain", "viewshed", "--dem", file, "--observer", at.String(), "--mast", fmt.Sprint(mast),
		"--radius", fmt.Sprint(radius), "--k", fmt.Sprint(refraction), "--target", fmt.Sprint(target), "-o", out)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	return measured(cmd, radius, file)
}

// measured runs a process; what it counts are the cells of the circle.
func measured(cmd *exec.Cmd, radius float64, file string) (outcome, int64, error) {
	src, done, err := app.OpenElevationFile(file)
	if err != nil {
		return outcome{}, 0, err
	}
	spacing := src.Lattice().DX
	if err := done.Close(); err != nil {
		return outcome{}, 0, err
	}
	o, err := timed(cmd, func([]byte) (int, error) { return int(math.Pi * radius * radius / spacing / spacing), nil })
	if err != nil {
		return o, 0, err
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return o, 0, errors.New("this system does not tell a process's memory")
	}
	return o, usage.Maxrss * 1024, nil
}

// swift measures one observer of 100 km on 90 m and on 30 m. Processes come
// first: a child's resident memory is at least what this program had before.
func (s *settings) swift(ctx context.Context) error {
	// The highest post with elevation for 100 km all round: White Mountain Peak.
	summit := geo.Position{Lat: 37.6341667, Lon: -118.2558333}
	var pieces []piece
	for _, spacing := range []float64{90, 30} {
		p := piece{what: fmt.Sprintf("viewshed of 100 km at %g m", spacing)}
		var err error
		if p.file, p.xy, err = s.warp(ctx, summit, farRadius+1000, spacing, "bilinear", fmt.Sprintf("far%g.tif", spacing)); err != nil {
			return err
		}
		// On 30 m r.viewshed takes half an hour and more.
		if err := s.processes(ctx, &p, spacing > 50); err != nil {
			return err
		}
		pieces = append(pieces, p)
	}
	for _, p := range pieces {
		s.say("%s: engine", p.what)
		engine, err := s.engine(ctx, p.file)
		if err != nil {
			return err
		}
		const bar = 300e6
		verdict := "holds"
		if engine.rate() < bar {
			verdict = "FAILS"
		}
		s.table.row(p.what+", engine, one processor", number(engine.rate()/1e6)+" M cells/s", fmt.Sprintf("bar %.0f M/s", bar/1e6), verdict, "sight")
		rate := func(o outcome) float64 { return float64(o.messages) / o.cpu }
		for _, r := range p.runs[1:] {
			theirs := fmt.Sprintf("%s %s M/s", r.name, number(rate(r.outcome)/1e6))
			s.table.row(p.what+", engine, one processor", number(engine.rate()/1e6)+" M cells/s", theirs, number(engine.rate()/rate(r.outcome))+" x", "sight")
			s.table.row(p.what+", file to file", number(rate(p.runs[0].outcome)/1e6)+" M cells/s", theirs, number(rate(p.runs[0].outcome)/rate(r.outcome))+" x", "sight")
		}
	}
	s.table.note("viewshed: cells are those of the circle; 'file to file' is processor seconds of the whole process, from the GeoTIFF to the answer's; the engine is by the wall, least heights from elevation in memory; ours writes a compressed Cloud Optimized GeoTIFF, GDAL a plain one, GRASS none")
	return nil
}

// piece is elevation in metres round the observer, and who reckoned over it.
type piece struct {
	what, file string
	xy         [2]float64
	runs       []viewer // ours first
}

type viewer struct {
	name string
	outcome
}

// processes runs ours and the peers, whole processes on one processor.
func (s *settings) processes(ctx context.Context, p *piece, withGRASS bool) error {
	src, done, err := app.OpenElevationFile(p.file)
	if err != nil {
		return err
	}
	l := src.Lattice()
	if err := done.Close(); err != nil {
		return err
	}
	at := l.Position(float64(l.Width-1)/2, float64(l.Height-1)/2)
	out := filepath.Join(s.work, "far-seen.tif")
	names := []string{"ours", "gdal_viewshed", "r.viewshed"}
	if !withGRASS {
		names = names[:2]
	}
	for _, name := range names {
		s.say("%s: %s", p.what, name)
		best, memory := outcome{cpu: math.Inf(1)}, int64(0)
		for range s.runs {
			var o outcome
			var m int64
			switch name {
			case "ours":
				o, m, err = s.atalaya(ctx, p.file, at, farRadius, out)
			case "gdal_viewshed":
				o, m, err = s.gdal(ctx, p.file, p.xy, farRadius, out)
			default:
				o, m, err = s.grass(ctx, p.file, p.xy, farRadius, "")
			}
			if err != nil {
				return err
			}
			if o.cpu < best.cpu {
				best, memory = o, m
			}
		}
		p.runs = append(p.runs, viewer{name, best})
		s.table.note("%s, %s as a whole process: %.2f s of processor, %s resident", p.what, name, best.cpu, megabytes(float64(memory)))
	}
	return nil
}

// enginePatience is for how long the best viewshed is looked for.
const enginePatience = 5 * time.Second

// engine times the viewshed alone, elevation in memory, on one processor, as for
// one of many observers: the answer goes where the last one was.
func (s *settings) engine(ctx context.Context, file string) (outcome, error) {
	src, done, err := app.OpenElevationFile(file)
	if err != nil {
		return outcome{}, err
	}
	defer done.Close()
	l := src.Lattice()
	at := l.Position(float64(l.Width-1)/2, float64(l.Height-1)/2)
	g, err := terrain.Load(src, l.Around(at, farRadius))
	if err != nil {
		return outcome{}, err
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	best := outcome{seconds: math.Inf(1)}
	seen := &sight.Viewed{}
	for from := time.Now(); time.Since(from) < enginePatience; {
		began := time.Now()
		err := sight.ViewshedInto(ctx, g, view(at, farRadius), seen)
		took := time.Since(began).Seconds()
		if err != nil {
			return outcome{}, err
		}
		if took < best.seconds {
			best.seconds, best.messages = took, 0
			for _, n := range seen.Need {
				if n == n {
					best.messages++
				}
			}
		}
	}
	return best, nil
}
