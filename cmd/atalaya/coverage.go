package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"atalaya/geo"
	"atalaya/internal/app"
	"atalaya/plan/siting"
	"atalaya/terrain/coverage"
	"atalaya/terrain/sight"
)

// coverageGround is over which ground something is asked, and where.
type coverageGround struct {
	DEM   string    `name:"dem" type:"existingfile" placeholder:"FILE" help:"A bare elevation file instead of the store."`
	Area  string    `type:"existingfile" placeholder:"FILE" help:"GeoJSON with the polygons that are asked about."`
	Strip float64   `placeholder:"METRES" help:"Also within so many metres of the lines in the area's file."`
	BBox  *boxValue `name:"bbox" placeholder:"W,S,E,N" help:"A box instead of an area, in degrees."`
	Radio bool      `help:"Sensors are radars or receivers: refraction of radio waves (k 0.25), not of light (k 0.13)."`
	Exact bool      `help:"The reference method: slower, without its approximations."`
	Kept  string    `type:"path" placeholder:"DIR" help:"Folder that keeps what each sensor sees: an interrupted run goes on, a changed one asks only for what is new."`
	JSON  bool      `help:"Print one JSON object."`
	terrainStore
}

func (g *coverageGround) refraction() sight.Refraction {
	if g.Radio {
		return sight.Radio()
	}
	return sight.Optical()
}

func (g *coverageGround) keeper() coverage.Keeper {
	if g.Kept == "" {
		return nil
	}
	return app.KeptUnits{Dir: g.Kept}
}

func (g *coverageGround) places() app.Places {
	return app.Places{DEM: g.DEM, File: g.Area, Strip: g.Strip, Box: (*geo.Box)(g.BBox)}
}

// boxValue is a box on the command line: W,S,E,N in degrees.
type boxValue geo.Box

// Decode implements kong.MapperValue.
func (b *boxValue) Decode(ctx *kong.DecodeContext) error {
	v, err := numbers(ctx, 4)
	if err != nil {
		return fmt.Errorf("%w: give W,S,E,N in degrees, as -69.2,-16.5,-68.8,-16.1", err)
	}
	*b = boxValue{West: v[0], South: v[1], East: v[2], North: v[3]}
	if !(v[1] < v[3]) || !(geo.Position{Lat: v[1], Lon: v[0]}).Valid() || !(geo.Position{Lat: v[3], Lon: v[2]}).Valid() {
		return fmt.Errorf("%v is no box: give W,S,E,N in degrees, as -69.2,-16.5,-68.8,-16.1", v)
	}
	return nil
}

// postValue is a sensor on the command line: LAT,LON,MAST,RADIUS.
type postValue app.Post

// Decode implements kong.MapperValue.
func (p *postValue) Decode(ctx *kong.DecodeContext) error {
	v, err := numbers(ctx, 4)
	if err != nil {
		return fmt.Errorf("%w: give LAT,LON,MAST,RADIUS in degrees and metres, as -16.35,-68.95,20,15000", err)
	}
	*p = postValue{Lat: v[0], Lon: v[1], Mast: &v[2], Radius: &v[3]}
	return nil
}

// sensorsOf makes the sensors of posts.
func sensorsOf(posts []app.Post, usual app.Usual) ([]coverage.Sensor, error) {
	var sensors []coverage.Sensor
	for i, p := range posts {
		s, err := p.Sensor(i+1, usual)
		if err != nil {
			return nil, err
		}
		sensors = append(sensors, s)
	}
	return sensors, nil
}

type terrainCoverCmd struct {
	coverageGround
	Observer []postValue `sep:"none" placeholder:"LAT,LON,MAST,RADIUS" help:"A sensor: degrees, metres above ground, metres of reach. May come again."`
	Sensors  string      `type:"existingfile" placeholder:"FILE" help:"Sensors as CSV, JSON or GeoJSON points: id, lat, lon, mast_m, radius_m, from_deg, to_deg, low_deg, high_deg, refraction, detection."`
	Target   float64     `default:"2" placeholder:"METRES" help:"Height above ground of what is to be seen (2)."`
	Air      []float64   `placeholder:"METRES,..." help:"Also the shares at these heights above ground, as 150,300,1000."`
	Out      string      `short:"o" type:"path" placeholder:"FILE.tif" help:"GeoTIFF of how many sensors see the target."`
	Best     string      `type:"path" placeholder:"FILE.tif" help:"GeoTIFF of the best sensor's number, from 1; 0 where none sees."`
	Floor    string      `type:"path" placeholder:"FILE.tif" help:"GeoTIFF of the lowest height above sea seen, metres: a radar's floor."`
	Ground   string      `name:"floor-above-ground" type:"path" placeholder:"FILE.tif" help:"The same above the ground below it."`
	Band     bool        `default:"true" negatable:"" help:"Also the shares at the ends of the range of k: three times the work."`
	PNG      string      `name:"png" type:"path" placeholder:"FILE.png" help:"Picture of how many sensors see the target."`
	GeoJSON  string      `name:"geojson" type:"path" placeholder:"FILE" help:"The sensors with what each sees, and the figures."`
}

// Run tells what all sensors see.
func (t *terrainCoverCmd) Run(ctx context.Context, cl *cli, std streams) error {
	var posts []app.Post
	for _, p := range t.Observer {
		posts = append(posts, app.Post(p))
	}
	if t.Sensors != "" {
		more, err := app.ReadPosts(t.Sensors)
		if err != nil {
			return err
		}
		posts = append(posts, more...)
	}
	if len(posts) == 0 {
		return errors.New("no sensor: give --observer LAT,LON,MAST,RADIUS or --sensors FILE")
	}
	sensors, err := sensorsOf(posts, app.Usual{Refraction: t.refraction()})
	if err != nil {
		return err
	}
	cfg, err := t.load(cl)
	if err != nil {
		return err
	}
	places := t.places()
	places.Sensors = sensors
	area, done, err := places.Area(cfg)
	if err != nil {
		return err
	}
	defer done.Close()
	progress := bar(std.err, "viewsheds")
	a, err := coverage.Run(ctx, coverage.Config{
		Area: area, Sensors: sensors, Target: t.Target, Air: t.Air,
		Floor: t.Floor != "" || t.Ground != "", Best: t.Best != "", Band: t.Band, Exact: t.Exact, Keeper: t.keeper(),
		Progress: func(done, total int) {
			if progress != nil {
				progress(int64(done), int64(total))
			}
		},
	})
	if err != nil {
		return err
	}
	for _, out := range []struct {
		file  string
		write func(io.Writer) error
	}{
		{t.Out, func(w io.Writer) error { return app.WriteCount(w, a, t.Target) }},
		{t.Best, func(w io.Writer) error { return app.WriteBest(w, a, sensors) }},
		{t.Floor, func(w io.Writer) error { return app.WriteFloor(w, a) }},
		{t.Ground, func(w io.Writer) error { return app.WriteFloorAboveGround(w, a) }},
		{t.PNG, func(w io.Writer) error { return app.WriteCoveragePNG(w, a) }},
		{t.GeoJSON, func(w io.Writer) error { return app.WriteCoverageGeoJSON(w, a, sensors) }},
	} {
		if err := writeFile(out.file, out.write); err != nil {
			return err
		}
	}
	if t.JSON {
		return lastLine(std.out, app.Labelled{Label: app.LabelOf(a.Elevation), Value: a})
	}
	return printCoverage(std, a)
}

func printCoverage(std streams, a *coverage.Answer) error {
	out := std.out
	fmt.Fprintf(out, "%s: %.1f km², elevation every %.0f m\n", a.Elevation, a.Area, a.Resolution)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "SENSOR")
	for _, h := range a.Heights {
		fmt.Fprintf(w, "\tAT %g m", h.Metres)
	}
	if a.Best != nil {
		fmt.Fprint(w, "\tBEST")
	}
	fmt.Fprintln(w)
	for i, s := range a.Heights[0].Each {
		fmt.Fprint(w, s.Sensor)
		for _, h := range a.Heights {
			fmt.Fprintf(w, "\t%.1f %%", h.Each[i].Percent)
		}
		if a.Best != nil {
			fmt.Fprintf(w, "\t%.1f %%", a.Best[i].Percent)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprint(w, "together")
	for _, h := range a.Heights {
		fmt.Fprintf(w, "\t%.1f %%", h.Together.Percent)
	}
	fmt.Fprintln(w)
	printBand(w, a)
	if err := w.Flush(); err != nil {
		return err
	}
	for _, f := range a.Folds[1:] {
		fmt.Fprintf(out, "seen by %d and more: %.1f %%\n", f.Sensors, f.Percent)
	}
	return printGrounds(std, a.Grounds)
}

// printBand tells what all see together at the ends of the range of k.
func printBand(w io.Writer, a *coverage.Answer) {
	if a.Heights[0].Band == nil {
		return
	}
	for _, end := range []struct {
		k     func(sight.Refraction) float64
		share func(*coverage.Band) coverage.Share
	}{
		{func(r sight.Refraction) float64 { return r.Low }, func(b *coverage.Band) coverage.Share { return b.Low }},
		{func(r sight.Refraction) float64 { return r.High }, func(b *coverage.Band) coverage.Share { return b.High }},
	} {
		fmt.Fprint(w, "at k")
		for i, r := range a.Refraction {
			fmt.Fprintf(w, "%s%.2f", []string{" ", ", "}[min(i, 1)], end.k(r))
		}
		for _, h := range a.Heights {
			fmt.Fprintf(w, "\t%.1f %%", end.share(h.Band).Percent)
		}
		fmt.Fprintln(w)
	}
}

// printGrounds says what an answer rests on.
func printGrounds(std streams, g coverage.Grounds) error {
	for _, w := range g.Warnings {
		fmt.Fprintln(std.err, "atalaya: warning:", w)
	}
	_, err := fmt.Fprintln(std.out, g.Optimism.Text)
	return err
}

// writeFile writes a file where one is wanted; what fails leaves none behind.
func writeFile(name string, write func(io.Writer) error) (err error) {
	if name == "" {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	const readable = 0o644
	if err := errors.Join(write(f), f.Chmod(readable), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return os.Rename(f.Name(), name)
}

type terrainSiteCmd struct {
	coverageGround
	K            int     `short:"k" placeholder:"N" help:"How many sensors to put."`
	Budget       float64 `placeholder:"COST" help:"What they may cost together (cost of the candidates' file; 1 each without)."`
	Mast         float64 `default:"10" placeholder:"METRES" help:"Height of the sensor above ground (10)."`
	Radius       float64 `default:"15000" placeholder:"METRES" help:"How far it reaches (15,000)."`
	Target       float64 `default:"2" placeholder:"METRES" help:"Height above ground of what is to be seen (2)."`
	Fold         int     `default:"1" placeholder:"M" help:"How many sensors must see a cell for it to count (1)."`
	Candidates   string  `type:"existingfile" placeholder:"FILE" help:"Where they may stand, as the sensors' file of 'terrain cover', with cost; without it ridges are looked for."`
	Ridges       bool    `help:"Ridges beside the candidates of the file."`
	Existing     string  `type:"existingfile" placeholder:"FILE" help:"Sensors that stand already."`
	Most         int     `default:"500" placeholder:"N" help:"Candidates on ridges at most (500)."`
	Spacing      float64 `placeholder:"METRES" help:"How near two of them may stand; without it they are spread over the area."`
	Slope        float64 `placeholder:"DEGREES" help:"Steepest ground that can be built on."`
	Access       string  `type:"existingfile" placeholder:"FILE" help:"GeoJSON of roads and towns that must be near."`
	AccessWithin float64 `default:"2000" placeholder:"METRES" help:"How near (2,000)."`
	Out          string  `short:"o" type:"path" placeholder:"FILE" help:"GeoJSON of the chosen sites."`
}

// Run chooses sites.
func (t *terrainSiteCmd) Run(ctx context.Context, cl *cli, std streams) error {
	if t.K <= 0 && t.Budget <= 0 {
		return errors.New("say how many sensors (-k N) or what they may cost (--budget COST)")
	}
	if t.Area == "" && t.BBox == nil {
		return errors.New("say what is to be seen: --area FILE or --bbox W,S,E,N")
	}
	cfg, err := t.load(cl)
	if err != nil {
		return err
	}
	area, done, err := t.places().Area(cfg)
	if err != nil {
		return err
	}
	defer done.Close()
	c := siting.Config{
		Area: area, Target: t.Target, K: t.K, Budget: t.Budget, Fold: t.Fold, Exact: t.Exact, Keeper: t.keeper(),
		Progress: stages(std.err),
	}
	if err := t.candidates(ctx, area, &c); err != nil {
		return err
	}
	a, err := siting.Find(ctx, c)
	if err != nil {
		return err
	}
	if err := writeFile(t.Out, func(w io.Writer) error { return app.WriteSites(w, a) }); err != nil {
		return err
	}
	if t.JSON {
		return lastLine(std.out, app.Labelled{Label: app.LabelOf(a.Elevation), Value: a})
	}
	return printSites(std, a)
}

func (t *terrainSiteCmd) candidates(ctx context.Context, area *coverage.Area, c *siting.Config) error {
	usual := app.Usual{Mast: t.Mast, Radius: t.Radius, Refraction: t.refraction()}
	if t.Existing != "" {
		posts, err := app.ReadPosts(t.Existing)
		if err != nil {
			return err
		}
		if c.Existing, err = sensorsOf(posts, usual); err != nil {
			return err
		}
	}
	if t.Candidates != "" {
		posts, err := app.ReadPosts(t.Candidates)
		if err != nil {
			return err
		}
		if c.Candidates, err = sensorsOf(posts, usual); err != nil {
			return err
		}
		for _, p := range posts {
			cost := 1.0
			if p.Cost != nil {
				cost = *p.Cost
			}
			c.Costs = append(c.Costs, cost)
		}
		if !t.Ridges {
			return nil
		}
	}
	r := siting.Ridges{Area: area, Most: t.Most, Spacing: t.Spacing, Steepest: t.Slope}
	if t.Access != "" {
		var err error
		if r.Access, err = app.Reach(t.Access, t.AccessWithin); err != nil {
			return err
		}
	}
	sensors, costs, err := app.RidgeCandidates(ctx, r, usual)
	if err != nil {
		return err
	}
	c.Candidates = append(c.Candidates, sensors...)
	c.Costs = append(c.Costs, costs...)
	if t.Candidates == "" {
		c.Costs = nil // each costs the same
	}
	return nil
}

// stages shows the progress of siting, a bar for each stage.
func stages(w io.Writer) func(stage siting.Stage, done, total int) {
	var now siting.Stage
	var progress func(done, total int64)
	return func(stage siting.Stage, done, total int) {
		if stage != now {
			now, progress = stage, bar(w, string(stage))
		}
		if progress != nil {
			progress(int64(done), int64(total))
		}
	}
}

func printSites(std streams, a siting.Answer) error {
	out := std.out
	fmt.Fprintf(out, "%d sensors: %s\n", len(a.Sensors), a)
	fmt.Fprintf(out, "%s: %.1f km², elevation every %.0f m; greedy choice %.1f %%, %d swaps, no choice can exceed %.1f %%\n",
		a.Elevation, a.Area, a.Resolution, percent(a.Greedy, a.Total), a.Swaps, a.BoundPercent)
	if b := a.Band; b != nil {
		fmt.Fprintf(out, "over the range of refraction (%s): %.1f to %.1f %%\n", app.RefractionText(b.Refraction), min(b.Low, b.High), max(b.Low, b.High))
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SITE\tLAT,LON\tMAST\tREACH\tLOST WITHOUT IT")
	for i, s := range a.Sensors {
		at := s.Observer.At
		fmt.Fprintf(w, "%s\t%.5f,%.5f\t%g m\t%.0f m\t%.1f %%\n", s.ID, at.Lat, at.Lon, s.Observer.Height.Metres, s.Radius, percent(a.Missed[i], a.Total))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return printGrounds(std, a.Grounds)
}

func percent(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * part / whole
}
