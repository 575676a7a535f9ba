package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"atalaya/geo"
	"atalaya/internal/app"
	"atalaya/store/elevation"
	"atalaya/terrain"
)

// terrainCmd is what is done with elevation.
type terrainCmd struct {
	Import terrainImportCmd `cmd:"" help:"Bring elevation files into the store: GeoTIFF, SRTM .hgt, DTED, map tiles."`
	Fetch  terrainFetchCmd  `cmd:"" help:"Download Copernicus GLO-30 elevation for a box, and bring it into the store."`
	List   terrainListCmd   `cmd:"" help:"Say what elevation there is, and whether it is whole."`
	Remove terrainRemoveCmd `cmd:"" help:"Take datasets out of the store."`
	Height terrainHeightCmd `cmd:"" help:"Say how high the ground is."`

	Viewshed  terrainViewshedCmd  `cmd:"" help:"What an observer sees: the least height at which a target shows, everywhere within a radius."`
	Los       terrainLosCmd       `cmd:"" help:"Say whether one place sees another, over what, and how sure that is."`
	Footprint terrainFootprintCmd `cmd:"" help:"Say what ground a camera's picture holds, and how sure that is."`
	Corridors terrainCorridorsCmd `cmd:"" help:"Where we are blind: the ways across a border strip on which a mover is least likely to be seen."`
	Cover     terrainCoverCmd     `cmd:"" help:"Say what all sensors see together, and write it as GeoTIFF, GeoJSON, PNG."`
	Site      terrainSiteCmd      `cmd:"" help:"Say where to put sensors, and how far from the best possible that can be."`
}

// terrainStore says which store of elevation a command uses.
type terrainStore struct {
	Exercise bool   `help:"The exercise's store, which takes SYNTHETIC elevation."`
	Data     string `type:"path" placeholder:"DIR" help:"Folder of the store (data)."`
}

func (t *terrainStore) load(c *cli) (app.Config, error) {
	cfg, err := c.load()
	(&serveCmd{Exercise: t.Exercise, Data: t.Data}).apply(&cfg)
	return cfg, err
}

type terrainImportCmd struct {
	Files []string `arg:"" type:"existingfile" help:"Elevation files."`

	Name    string  `placeholder:"DATASET" help:"Dataset that they go to; without it each goes where its spacing and datum belong."`
	Datum   string  `enum:"EGM96,EGM2008," default:"" placeholder:"DATUM" help:"EGM96 or EGM2008: what their heights are counted from, where they do not state it."`
	SD      float64 `name:"sd" placeholder:"METRES" help:"Error of their heights, one standard deviation."`
	Void    *number `placeholder:"METRES" help:"A height that means none, where they do not state it."`
	Replace bool    `help:"Their heights take the place of earlier ones."`
	JSON    bool    `help:"Print one JSON object a file."`
	terrainStore
}

// Run imports.
func (t *terrainImportCmd) Run(ctx context.Context, c *cli, std streams) error {
	cfg, err := t.load(c)
	if err != nil {
		return err
	}
	in := app.ElevationImport{
		Files: t.Files, Dataset: t.Name, Datum: terrain.VerticalDatum(t.Datum), SD: t.SD, Replace: t.Replace,
		Progress: func(file string) func(done, total int64) { return bar(std.err, file) },
	}
	if t.Void != nil {
		v := float32(*t.Void)
		in.Void = &v
	}
	in.Tell = func(file string, out elevation.Imported, err error) {
		switch {
		case err != nil:
			fmt.Fprintln(std.err, "atalaya:", err)
		case t.JSON:
			err = lastLine(std.out, out)
		default:
			_, err = fmt.Fprintln(std.out, imported(file, out))
		}
		if err != nil {
			return // nobody reads what we say
		}
	}
	return app.ImportElevation(ctx, cfg, in)
}

// imported says what came of a file.
func imported(file string, out elevation.Imported) string {
	var b strings.Builder
	f := out.File
	if out.Already {
		fmt.Fprintf(&b, "%s is in dataset %s already, since %s", filepath.Base(file), out.Dataset, f.Imported.Format("2006-01-02 15:04 MST"))
		return b.String()
	}
	fmt.Fprintf(&b, "%s is in dataset %s: %d x %d posts, %.6g to %.6g m", filepath.Base(file), out.Dataset, f.Width, f.Height, f.Min, f.Max)
	if f.Voids > 0 {
		fmt.Fprintf(&b, ", %d voids", f.Voids)
	}
	if out.Resumed > 0 {
		fmt.Fprintf(&b, "; it went on where it was interrupted (%d chunks were done)", out.Resumed)
	}
	if out.Differing > 0 {
		fmt.Fprintf(&b, "; %d posts differ from earlier files, by up to %.1f m, and keep their earlier height", out.Differing, out.Largest)
	}
	if len(out.Again) > 0 {
		fmt.Fprintf(&b, "; a damaged chunk was replaced, import again: %s", strings.Join(out.Again, ", "))
	}
	return b.String()
}

type terrainListCmd struct {
	Files bool `help:"Also every file that was imported."`
	Check bool `help:"Read all of it and say what is damaged."`
	JSON  bool `help:"Print one JSON object a dataset."`
	terrainStore
}

// Run lists.
func (t *terrainListCmd) Run(c *cli, std streams) error {
	cfg, err := t.load(c)
	if err != nil {
		return err
	}
	all, left, err := app.ListElevation(cfg)
	if err != nil {
		return err
	}
	if err := t.print(all, std); err != nil {
		return err
	}
	if !t.Check {
		for _, l := range left {
			fmt.Fprintln(std.err, "atalaya:", l.Err)
		}
		return nil
	}
	wrong, err := app.CheckElevation(cfg, bar(std.err, "check"))
	if err != nil {
		return err
	}
	for _, w := range wrong {
		fmt.Fprintln(std.err, "atalaya:", w)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%d damaged", len(wrong))
	}
	_, err = fmt.Fprintln(std.err, "all of it is whole")
	return err
}

func (t *terrainListCmd) print(all []app.ElevationDataset, std streams) error {
	if t.JSON {
		for _, d := range all {
			if err := lastLine(std.out, d); err != nil {
				return err
			}
		}
		return nil
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(std.out, "There is no elevation yet: see 'atalaya terrain import --help'.")
		return err
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "DATASET\tPOSTS EVERY\tHEIGHTS ABOVE\tERROR (SD)\tHEIGHTS\tPOSTS\tWEST,SOUTH,EAST,NORTH\tFILES")
	for _, d := range all {
		fmt.Fprintf(w, "%s\t%.0f m\t%s\t%s\t%.6g to %.6g m\t%d\t%.4f,%.4f,%.4f,%.4f\t%d\n", d.String(), d.Resolution, datum(d.About), sd(d.About),
			d.Lowest, d.Highest, d.Posts, d.Bounds.West, d.Bounds.South, d.Bounds.East, d.Bounds.North, len(d.Files))
	}
	if err := w.Flush(); err != nil || !t.Files {
		return err
	}
	for _, d := range all {
		fmt.Fprintf(std.out, "\n%s: %s\n", d.String(), d.Source)
		fmt.Fprintln(w, "  FILE\tPOSTS\tVOIDS\tHEIGHTS\tBYTES\tIMPORTED\tSHA-256")
		for _, f := range d.Files {
			name := f.Name
			if f.Lost {
				name += " (import it again: posts of it were lost)"
			}
			fmt.Fprintf(w, "  %s\t%d\t%d\t%.6g to %.6g m\t%d\t%s\t%s\n", name, f.Posts, f.Voids, f.Min, f.Max, f.Bytes, f.Imported.Format("2006-01-02 15:04 MST"), f.SHA256)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

type terrainRemoveCmd struct {
	Names []string `arg:"" name:"dataset" help:"Datasets, as 'atalaya terrain list' names them."`
	JSON  bool     `help:"Print one JSON object a dataset."`
	terrainStore
}

// Run removes.
func (t *terrainRemoveCmd) Run(c *cli, std streams) error {
	cfg, err := t.load(c)
	if err != nil {
		return err
	}
	return app.RemoveElevation(cfg, t.Names, func(out elevation.Removed) error {
		if t.JSON {
			return lastLine(std.out, out)
		}
		_, err := fmt.Fprintln(std.out, removed(out))
		return err
	})
}

// removed says what went, and how it comes back.
func removed(out elevation.Removed) string {
	var names []string
	for _, f := range out.Files {
		names = append(names, f.Name)
	}
	const named = 5
	if more := len(names) - named; more > 0 {
		names = append(names[:named], fmt.Sprintf("and %d more", more))
	}
	if len(names) == 0 {
		return fmt.Sprintf("dataset %s is removed: nothing of it could be read", out.Dataset)
	}
	return fmt.Sprintf("dataset %s is removed; what was imported into it can be imported again: %s", out.Dataset, strings.Join(names, ", "))
}

// datum says what heights are counted from.
func datum(a terrain.About) string {
	switch {
	case a.Datum == terrain.Unstated:
		return "EGM96 (taken: unstated)"
	case a.DatumSD > 0:
		return fmt.Sprintf("%s (%.2g m from EGM96)", a.Datum, a.DatumSD)
	}
	return string(a.Datum)
}

func sd(a terrain.About) string {
	if a.SD == 0 {
		return "unstated"
	}
	return fmt.Sprintf("%.2g m", a.SD)
}

type terrainHeightCmd struct {
	At   place  `required:"" placeholder:"LAT,LON" help:"Where, in degrees: -16.5,-68.15."`
	DEM  string `name:"dem" type:"existingfile" placeholder:"FILE" help:"A bare elevation file instead of the store."`
	JSON bool   `help:"Print one JSON object."`
	terrainStore
}

// Run tells a height.
func (t *terrainHeightCmd) Run(c *cli, std streams) error {
	cfg, err := t.load(c)
	if err != nil {
		return err
	}
	h, err := app.ElevationAt(cfg, geo.Position(t.At), t.DEM)
	if err != nil {
		return err
	}
	if t.JSON {
		return lastLine(std.out, h)
	}
	_, err = fmt.Fprintf(std.out, "%.1f m (nearest post %.6g m)\n%s: posts every %.0f m, heights above %s, error (SD) %s\n%s\n",
		h.Metres, h.Nearest, h.About, h.Resolution, datum(h.About), sd(h.About), h.About.Source)
	return err
}

// place is a position on the command line: LAT,LON in degrees.
type place geo.Position

// Decode implements kong.MapperValue. South is negative and no flag.
func (p *place) Decode(ctx *kong.DecodeContext) error {
	v, err := numbers(ctx, 2)
	if err != nil {
		return fmt.Errorf("%w: give LAT,LON in degrees, as -16.5,-68.15", err)
	}
	at := geo.Position{Lat: v[0], Lon: v[1]}
	if !at.Valid() {
		return fmt.Errorf("%v is no position: give LAT,LON in degrees, as -16.5,-68.15", at)
	}
	*p = place(at.Normalize())
	return nil
}

// number is a number on the command line that may be negative.
type number float64

// Decode implements kong.MapperValue.
func (n *number) Decode(ctx *kong.DecodeContext) error {
	v, err := numbers(ctx, 1)
	if err == nil {
		*n = number(v[0])
	}
	return err
}

// numbers reads n numbers with commas between them. The first may begin with a
// minus, which to kong looks like a flag.
func numbers(ctx *kong.DecodeContext, n int) ([]float64, error) {
	text := ctx.Scan.Pop().String()
	parts := strings.Split(text, ",")
	var out []float64
	for _, part := range parts {
		v, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%q is no number", part)
		}
		out = append(out, v)
	}
	if len(out) != n {
		return nil, errors.New(strconv.Quote(text) + ": " + strconv.Itoa(n) + " numbers are wanted")
	}
	return out, nil
}
