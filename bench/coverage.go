package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"atalaya/geo"
	"atalaya/plan/siting"
	"atalaya/terrain"
	"atalaya/terrain/coverage"
	"atalaya/terrain/format/geotiff"
	"atalaya/terrain/sight"
)

// rugged is the elevation that coverage is measured over: real mountains, 3".
const rugged = "terrain/sierra_basinrange_vfp3s_4326.tif"

// ruggedGround opens it.
func ruggedGround(s *settings) (*geotiff.File, io.Closer, error) {
	f, err := os.Open(filepath.Join(s.data, rugged))
	if err != nil {
		return nil, nil, fmt.Errorf("elevation: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	src, err := geotiff.Open(f, info.Size(), filepath.Base(rugged))
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return src, f, nil
}

// mastAt is the sensor that coverage is measured with: 10 m high, light.
func mastAt(id string, at geo.Position, radius float64) coverage.Sensor {
	const metres = 10
	return coverage.Sensor{
		ID: id, Radius: radius, Refraction: sight.Optical(),
		Observer: sight.Observer{At: at, Height: geo.GroundHeight(metres).Height()},
	}
}

// corridor is a strip along 200 km of the Sierra Nevada's crest, with what
// lies within reach of it in memory.
func corridor(src terrain.Source, reach float64) (*coverage.Area, error) {
	const half = 15e3
	line := geo.Line{{Lat: 36.45, Lon: -118.25}, {Lat: 37.1, Lon: -118.65}, {Lat: 37.5, Lon: -118.95}, {Lat: 37.93, Lon: -119.35}}
	middle := geo.Position{Lat: 37.2, Lon: -118.8}
	g, err := terrain.Load(src, src.Lattice().Around(middle, line.Length()/2+reach+2*half))
	if err != nil {
		return nil, err
	}
	return coverage.NewArea(g, g.Lattice().Bounds(), coverage.Strip(line, half))
}

// sited measures the cumulative viewshed of 1,000 ridge candidates and the
// choice among them.
func sited(ctx context.Context, s *settings) error {
	const candidates, reach, height = 1000, 30e3, 2
	src, file, err := ruggedGround(s)
	if err != nil {
		return err
	}
	defer file.Close()
	area, err := corridor(src, reach)
	if err != nil {
		return err
	}
	began := time.Now()
	places, err := siting.Ridges{Area: area, Most: candidates}.Find(ctx)
	if err != nil {
		return err
	}
	s.table.row("ridge candidates found", fmt.Sprintf("%d in %.1f s", len(places), time.Since(began).Seconds()), "", "", "bench/run.sh siting")
	c := siting.Config{Area: area, Target: height}
	for i, p := range places {
		c.Candidates = append(c.Candidates, mastAt(strconv.Itoa(i+1), p.At, reach))
	}
	began = time.Now()
	all, err := coverage.Run(ctx, coverage.Config{Area: area, Sensors: c.Candidates, Target: height})
	if err != nil {
		return err
	}
	ours := time.Since(began)
	peer, ratio := "", ""
	if each, err := gdalViewsheds(ctx, s, c.Candidates[:4]); err != nil {
		s.table.note("gdal_viewshed: %v", err)
	} else {
		whole := each * time.Duration(len(places)) / 2
		peer, ratio = fmt.Sprintf("gdal_viewshed %.0f s (%.2f s each, two at a time)", whole.Seconds(), each.Seconds()), fmt.Sprintf("%.1f", whole.Seconds()/ours.Seconds())
	}
	s.table.row(fmt.Sprintf("cumulative viewshed, %d observers, 30 km, %.0f km² counted", len(places), all.Area),
		fmt.Sprintf("%.1f s", ours.Seconds()), peer, ratio, "bench/run.sh siting")
	p, err := siting.See(ctx, c)
	if err != nil {
		return err
	}
	bytes := 0
	for _, set := range p.Candidates {
		bytes += set.Bytes()
	}
	s.table.note("siting: what %d candidates see of %d cells takes %.0f MB; together they see %.1f %% of the corridor", len(places), area.Cells(), float64(bytes)/1e6, all.Folds[0].Percent)
	for _, k := range []int{5, 10, 20, 40} {
		p.K = k
		began = time.Now()
		choice, err := siting.Choose(ctx, p)
		if err != nil {
			return err
		}
		took := time.Since(began)
		a := c.Answer(choice)
		s.table.row(fmt.Sprintf("siting, k = %d of %d", k, len(places)),
			fmt.Sprintf("%.2f %% in %.1f s (greedy %.2f %%, %d swaps)", a.Percent, took.Seconds(), 100*choice.Greedy/choice.Total, choice.Swaps),
			fmt.Sprintf("bound %.2f %%", a.BoundPercent), fmt.Sprintf("%.4f proven", choice.Proven()), "bench/run.sh siting")
	}
	return nil
}

// gdalViewsheds is how long gdal_viewshed takes for one observer.
func gdalViewsheds(ctx context.Context, s *settings, sensors []coverage.Sensor) (time.Duration, error) {
	began := time.Now()
	for _, o := range sensors {
		at := o.Observer.At
		cmd := exec.CommandContext(ctx, "gdal_viewshed", "-q", "-ox", fmt.Sprint(at.Lon), "-oy", fmt.Sprint(at.Lat), "-oz", "10", "-tz", "2",
			"-md", fmt.Sprint(o.Radius/111e3), // its units are the map's, degrees
			filepath.Join(s.data, rugged), filepath.Join(s.work, "viewshed.tif"))
		if out, err := cmd.CombinedOutput(); err != nil {
			return 0, fmt.Errorf("%w: %s", err, tail(out))
		}
	}
	return time.Since(began) / time.Duration(len(sensors)), nil
}

// optimistic measures by how much coarser grids overstate the area seen: the
// table of coverage.Optimism. Each place stands on the means of blocks of the
// finest grid, at its position and on the highest post about it.
func optimistic(ctx context.Context, s *settings) error {
	const places, reach, around = 500, 20e3, 360 // posts on each side
	src, file, err := ruggedGround(s)
	if err != nil {
		return err
	}
	defer file.Close()
	l := src.Lattice()
	steps := []int{1, 2, 3, 5, 10}
	area := map[[2]int][]float64{} // by kind of place and step
	r := rand.New(rand.NewPCG(6, 4))
	for n := 0; n < places; {
		x, y := 500+r.IntN(l.Width-1000), 500+r.IntN(l.Height-1000)
		g, err := terrain.Load(src, terrain.Window{X: x/30*30 - around, Y: y/30*30 - around, Width: 2*around + 30, Height: 2*around + 30})
		if err != nil {
			return err
		}
		width := g.Lattice().Width
		if slices.ContainsFunc(g.Z, func(z float32) bool { return z != z }) || g.Z[around*width+around] < 300 {
			continue // the sea, a void, the plain
		}
		n++
		for _, step := range steps {
			small, err := means(g, step)
			if err != nil {
				return err
			}
			at := g.Lattice().Position(around, around)
			for kind, p := range []geo.Position{at, highest(small, at)} {
				v, err := sight.Viewshed(ctx, small, sight.View{Observer: mastAt("", p, reach).Observer, Radius: reach, Refraction: sight.Optical()})
				if err != nil {
					return err
				}
				key := [2]int{kind, step}
				area[key] = append(area[key], seenArea(v, 2))
			}
		}
	}
	for kind, name := range []string{"at random places", "on the highest post within 4 km, of each grid"} {
		for _, step := range steps[1:] {
			var coarse, fine float64
			var ratios []float64
			for i, a := range area[[2]int{kind, step}] {
				coarse, fine = coarse+a, fine+area[[2]int{kind, 1}][i]
				ratios = append(ratios, a/area[[2]int{kind, 1}][i])
			}
			slices.Sort(ratios)
			bar := ""
			if kind == 0 {
				bar = fmt.Sprintf("%.2f in the program", coverage.Optimism(90*float64(step)).Factor)
			}
			s.table.row(fmt.Sprintf("area seen on %d m over 90 m, masts %s", 90*step, name),
				fmt.Sprintf("%.2f", ratios[len(ratios)/2]), bar, fmt.Sprintf("all areas together %.2f", coarse/fine), "bench/run.sh optimism")
		}
	}
	s.table.note("optimism: the median of %d places, mast 10 m, target 2 m, 20 km; grids are means of blocks of the one of 3\" (called 90 m)", places)
	return nil
}

// means is a grid of the means of n x n posts.
func means(g *terrain.Grid, n int) (*terrain.Grid, error) {
	l := g.Lattice()
	small := l
	small.X0, small.Y0 = l.X0+float64(n-1)/2*l.DX, l.Y0-float64(n-1)/2*l.DY
	small.DX, small.DY = l.DX*float64(n), l.DY*float64(n)
	small.Width, small.Height = l.Width/n, l.Height/n
	z := make([]float32, small.Width*small.Height)
	for i := range z {
		x, y, sum := i%small.Width*n, i/small.Width*n, 0.0
		for j := range n * n {
			sum += float64(g.Z[(y+j/n)*l.Width+x+j%n])
		}
		z[i] = float32(sum / float64(n*n))
	}
	return terrain.NewGrid(small, g.About(), z)
}

// highest is the highest post of a grid within 4 km, along its axes.
func highest(g *terrain.Grid, at geo.Position) geo.Position {
	l := g.Lattice()
	w := l.Around(at, 4e3)
	best := [2]int{w.X, w.Y}
	for y := w.Y; y < w.Y+w.Height; y++ {
		for x := w.X; x < w.X+w.Width; x++ {
			if g.Z[y*l.Width+x] > g.Z[best[1]*l.Width+best[0]] {
				best = [2]int{x, y}
			}
		}
	}
	return l.Position(float64(best[0]), float64(best[1]))
}

// seenArea is the area in which a target shows.
func seenArea(v *sight.Viewed, target float64) float64 {
	sum := 0.0
	for y := range v.Lattice.Height {
		east, north := v.Lattice.Spacing(v.Lattice.Position(0, float64(y)))
		for x := range v.Lattice.Width {
			if seen, known := v.Seen(x, y, target); seen && known {
				sum += east * north
			}
		}
	}
	return sum
}
