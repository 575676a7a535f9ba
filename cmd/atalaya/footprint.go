package main

import (
	"fmt"
	"io"
	"strings"

	"atalaya/internal/app"
	"atalaya/terrain/footprint"
	"atalaya/terrain/sight"
)

type terrainFootprintCmd struct {
	From  endOfLine `required:"" placeholder:"LAT,LON,H" help:"Where the camera is: degrees, and metres above the ground there; above the sea as 4200sea."`
	Yaw   number    `placeholder:"DEGREES" help:"Where the platform's nose points, clockwise from true north (0)."`
	Pitch number    `placeholder:"DEGREES" help:"Its nose up (0)."`
	Roll  number    `placeholder:"DEGREES" help:"Its right side down (0)."`
	Pan   number    `placeholder:"DEGREES" help:"The gimbal, clockwise from the nose (0)."`
	Tilt  number    `placeholder:"DEGREES" help:"The gimbal, up; -90 looks straight down (0)."`
	Wide  float64   `required:"" placeholder:"DEGREES" help:"The whole angle of the picture's width."`
	High  float64   `required:"" placeholder:"DEGREES" help:"The whole angle of its height."`
	Range float64   `default:"20000" placeholder:"METRES" help:"How far it is followed (20,000)."`

	PositionSD float64 `name:"position-sd" placeholder:"METRES" help:"Standard deviation of the position, to the east and to the north."`
	HeightSD   float64 `name:"height-sd" placeholder:"METRES" help:"Of the height."`
	YawSD      float64 `name:"yaw-sd" placeholder:"DEGREES" help:"Of each angle."`
	PitchSD    float64 `name:"pitch-sd" placeholder:"DEGREES" help:"The same."`
	RollSD     float64 `name:"roll-sd" placeholder:"DEGREES" help:"The same."`
	PanSD      float64 `name:"pan-sd" placeholder:"DEGREES" help:"The same."`
	TiltSD     float64 `name:"tilt-sd" placeholder:"DEGREES" help:"The same."`
	Sigma      float64 `default:"2" placeholder:"N" help:"How many standard deviations the outer polygon holds (2)."`

	K *number `name:"k" help:"Refraction coefficient; without it that of light by day, 0.13 (0.07 to 0.20)."`

	DEM  string  `name:"dem" type:"existingfile" placeholder:"FILE" help:"A bare elevation file instead of the store."`
	SD   float64 `name:"sd" placeholder:"METRES" help:"Error of the elevation's heights, one standard deviation, where it states none."`
	Out  string  `short:"o" type:"path" placeholder:"FILE" help:"GeoJSON of the picture's footprint, of what it may hold with its errors, and of its middle."`
	JSON bool    `help:"Print one JSON object."`
	terrainStore
}

// Run says where a camera looks.
func (t *terrainFootprintCmd) Run(c *cli, std streams) error {
	cfg, err := t.load(c)
	if err != nil {
		return err
	}
	k := sight.Optical()
	if t.K != nil {
		k = sight.Refraction{K: float64(*t.K), Low: float64(*t.K), High: float64(*t.K)}
	}
	a, err := app.Footprint(cfg, app.FootprintConfig{
		DEM: t.DEM, Range: t.Range, Refraction: k, Sigma: t.Sigma, SD: t.SD,
		Camera: footprint.Camera{
			At: t.From.At, Height: t.From.Height, Wide: t.Wide, High: t.High,
			Yaw: float64(t.Yaw), Pitch: float64(t.Pitch), Roll: float64(t.Roll), Pan: float64(t.Pan), Tilt: float64(t.Tilt),
			Errors: footprint.Errors{Position: t.PositionSD, Height: t.HeightSD, Yaw: t.YawSD, Pitch: t.PitchSD, Roll: t.RollSD, Pan: t.PanSD, Tilt: t.TiltSD},
		},
	})
	if err != nil {
		return fmt.Errorf("footprint: %w", err)
	}
	if err := writeFile(t.Out, a.WriteGeoJSON); err != nil {
		return err
	}
	if t.JSON {
		return lastLine(std.out, app.Labelled{Label: app.LabelOf(a.Elevation), Value: a})
	}
	for _, w := range a.Warnings {
		fmt.Fprintln(std.err, "atalaya: warning:", w)
	}
	return printFootprint(std.out, a)
}

// printFootprint says in words where a camera looks.
func printFootprint(w io.Writer, a app.FootprintAnswer) error {
	var b strings.Builder
	switch s := a.Centre; s.Outcome {
	case footprint.Ground:
		fmt.Fprintf(&b, "the middle of the picture is at %v, ground %.1f m, %.0f m away", s.At, *s.Ground, s.Range)
		if s.Covariance != nil {
			long, across, bearing := app.Axes(*s.Covariance)
			fmt.Fprintf(&b, "; SD %.1f m at %.0f degrees, %.1f m across", long, bearing, across)
		}
		b.WriteString("\n")
		if low, high := a.Band[0], a.Band[1]; a.Refraction.Low != a.Refraction.High && low.Outcome == footprint.Ground && high.Outcome == footprint.Ground {
			fmt.Fprintf(&b, "  %.1f m away with k %.2f, %.1f m with k %.2f\n", low.Range, a.Refraction.Low, high.Range, a.Refraction.High)
		}
	case footprint.Open:
		b.WriteString("the middle of the picture meets no ground within the range\n")
	case footprint.Unknown:
		b.WriteString("the middle of the picture lies where there is no elevation\n")
	}
	open := map[bool]string{true: ", cut where it meets no ground", false: ""}
	if a.Far > 0 {
		fmt.Fprintf(&b, "  it holds %.3f km², from %.0f m to %.0f m away%s\n", a.Area, a.Near, a.Far, open[a.Open])
	}
	fmt.Fprintf(&b, "  within %g SD of all errors, what it may hold lies in %.3f km²%s\n", a.Sigma, a.OuterArea, open[a.OuterOpen])
	fmt.Fprintf(&b, "%s: posts every %.0f m, heights above %s, error (SD) %s\n", a.Elevation, a.Resolution, datum(a.Elevation), sd(a.Elevation))
	_, err := io.WriteString(w, b.String())
	return err
}
