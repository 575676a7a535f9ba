package main

import (
	"context"
	"errors"
	"fmt"

	"atalaya/geo"
	"atalaya/internal/app"
	"atalaya/terrain/sight"
)

type terrainViewshedCmd struct {
	Observer place   `required:"" placeholder:"LAT,LON" help:"Where the observer stands, in degrees: -16.5,-68.15."`
	Mast     float64 `default:"10" placeholder:"METRES" help:"His height above the ground there (10)."`
	Radius   float64 `required:"" placeholder:"METRES" help:"How far he looks."`

	K      *number  `name:"k" help:"Refraction coefficient; without it that of light by day, 0.13 (0.07 to 0.20)."`
	Radio  bool     `help:"Refraction of radio: 0.25 (0.17 to 0.38)."`
	Target *float64 `placeholder:"METRES" help:"Write 1 where a target so high above ground shows, 0 where not, 255 where nothing is known. Without it the least height at which one shows is written."`
	Exact  bool     `help:"Reckon every cell by the reference method; slow."`

	DEM  string   `name:"dem" type:"existingfile" placeholder:"FILE" help:"A bare elevation file instead of the store."`
	Out  []string `short:"o" sep:"none" type:"path" placeholder:"FILE" help:"FILE.tif: GeoTIFF on the elevation's own grid; FILE.png: a transparent picture of it, with a world file; FILE.geojson: polygons of where the target shows. May come again."`
	SD   string   `name:"sd" type:"path" placeholder:"FILE" help:"GeoTIFF of the standard deviations of the least heights."`
	JSON bool     `help:"Print one JSON object."`
	terrainStore
}

// Run reckons a viewshed.
func (t *terrainViewshedCmd) Run(ctx context.Context, c *cli, std streams) error {
	cfg, err := t.load(c)
	if err != nil {
		return err
	}
	if len(t.Out) == 0 && t.SD == "" && !t.JSON {
		return errors.New("viewshed: say where to write it with -o FILE.tif, FILE.png or FILE.geojson, or ask for the summary with --json")
	}
	k := sight.Optical()
	switch {
	case t.K != nil && t.Radio:
		return errors.New("viewshed: give --k or --radio, not both")
	case t.K != nil:
		k = sight.Refraction{K: float64(*t.K), Low: float64(*t.K), High: float64(*t.K)}
	case t.Radio:
		k = sight.Radio()
	}
	sum, err := app.Viewshed(ctx, cfg, app.ViewshedConfig{
		DEM: t.DEM, Target: t.Target, Out: t.Out, SDOut: t.SD,
		View: sight.View{
			Observer: sight.Observer{At: geo.Position(t.Observer), Height: geo.GroundHeight(t.Mast).Height()},
			Radius:   t.Radius, Refraction: k, Exact: t.Exact,
		},
	})
	if err != nil {
		return fmt.Errorf("viewshed: %w", err)
	}
	if t.JSON {
		return lastLine(std.out, sum)
	}
	fmt.Fprintf(std.out, "observer at %v, %.1f m above sea; k %g; %.1f km² within %g km\n",
		sum.View.Observer.At, sum.Eye, k.K, sum.Area, t.Radius/1000)
	for _, v := range sum.Visible {
		fmt.Fprintf(std.out, "  a target %g m above ground shows in %.1f km² (%.1f %%)\n", v.Target, v.Area, v.Percent)
	}
	fmt.Fprintf(std.out, "%s: posts every %.0f m, heights above %s, error (SD) %s\n", sum.Elevation, sum.Resolution, datum(sum.Elevation), sd(sum.Elevation))
	for _, w := range sum.Warnings {
		fmt.Fprintln(std.err, "atalaya: warning:", w)
	}
	return nil
}
