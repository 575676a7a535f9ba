package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"atalaya/geo"
	"atalaya/internal/app"
	"atalaya/terrain/sight"
)

type terrainLosCmd struct {
	From endOfLine `required:"" placeholder:"LAT,LON,H" help:"One end: degrees, and metres above the ground there; above the sea as 3900sea."`
	To   endOfLine `required:"" placeholder:"LAT,LON,H" help:"The other."`

	Frequency float64 `placeholder:"GHZ" help:"Of a radio link: the first Fresnel zone is told, and refraction is that of radio."`
	K         *number `name:"k" help:"Refraction coefficient; without it that of light by day, 0.13 (0.07 to 0.20), of radio 0.25 (0.17 to 0.38)."`

	DEM  string  `name:"dem" type:"existingfile" placeholder:"FILE" help:"A bare elevation file instead of the store."`
	SD   float64 `name:"sd" placeholder:"METRES" help:"Error of the elevation's heights, one standard deviation, where it states none."`
	JSON bool    `help:"Print one JSON object, with the profile."`
	terrainStore
}

// Run judges a line.
func (t *terrainLosCmd) Run(c *cli, std streams) error {
	cfg, err := t.load(c)
	if err != nil {
		return err
	}
	k := sight.Optical()
	if t.Frequency != 0 {
		k = sight.Radio()
	}
	if t.K != nil {
		k = sight.Refraction{K: float64(*t.K), Low: float64(*t.K), High: float64(*t.K)}
	}
	line := sight.Line{From: sight.Observer(t.From), To: sight.Observer(t.To), Refraction: k, Frequency: t.Frequency}
	a, err := app.LineOfSight(cfg, app.LineConfig{DEM: t.DEM, Line: line, SD: t.SD})
	if err != nil {
		return fmt.Errorf("los: %w", err)
	}
	if t.JSON {
		return lastLine(std.out, a)
	}
	for _, w := range a.Warnings {
		fmt.Fprintln(std.err, "atalaya: warning:", w)
	}
	return printLine(std.out, a)
}

// printLine says in words what a line of sight is like.
func printLine(w io.Writer, a app.LineAnswer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %.3f km at %.1f degrees, from %.1f m to %.1f m above sea; k %g\n",
		map[bool]string{true: "visible", false: "hidden"}[a.Visible], a.Distance/1e3, a.Bearing, a.From.Height, a.To.Height, a.K)
	sure := map[sight.Verdict]string{
		sight.Visible: "surely visible", sight.Hidden: "surely hidden", sight.Unsure: "unsure",
	}[a.Verdict]
	fmt.Fprintf(&b, "  %s: margin %+.1f m", sure, a.Margin)
	if a.MarginSD != nil {
		fmt.Fprintf(&b, " (SD %.1f m, %.0f %% likely to be visible)", *a.MarginSD, 100**a.Probability)
	}
	if low, high := a.Band[0], a.Band[1]; low.K != high.K {
		fmt.Fprintf(&b, "; %+.1f m with k %.2g, %+.1f m with k %.2g", low.Margin, low.K, high.Margin, high.K)
	}
	b.WriteString("\n")
	if a.LeastHeight != nil {
		fmt.Fprintf(&b, "  the far end shows from %.1f m above its ground", *a.LeastHeight)
		if h := a.Horizon; h != nil {
			fmt.Fprintf(&b, ", over %v, %.3f km away, %.1f m", h.At, h.Distance/1e3, h.Ground)
		}
		b.WriteString("\n")
	}
	if o := a.Obstacle; o != nil {
		fmt.Fprintf(&b, "  least clearance %+.1f m at %v, %.3f km away, ground %.1f m\n", o.Clearance, o.At, o.Distance/1e3, o.Ground)
	}
	if z := a.Fresnel; z != nil {
		free, enough := fmt.Sprintf("%.2f", *z.Fresnel), "0.6 or more: enough"
		if !*a.Free {
			enough = "0.6 is wanted"
		}
		if *z.Fresnel < 0 {
			free = "nothing"
		}
		fmt.Fprintf(&b, "  %s of the first Fresnel zone is free at %v, %.3f km away (%s)\n", free, z.At, z.Distance/1e3, enough)
	}
	fmt.Fprintf(&b, "%s: posts every %.0f m, heights above %s, error (SD) %s\n", a.Elevation, a.Resolution, datum(a.Elevation), sd(a.Elevation))
	_, err := io.WriteString(w, b.String())
	return err
}

// endOfLine is an end of a line on the command line: LAT,LON,H.
type endOfLine sight.Observer

// Decode implements kong.MapperValue.
func (e *endOfLine) Decode(ctx *kong.DecodeContext) error {
	text := ctx.Scan.Pop().String()
	o, err := parseEnd(text)
	if err != nil {
		return fmt.Errorf("%q: %w: give LAT,LON,H in degrees and metres above the ground, as -16.5,-68.15,10, or above the sea, as -16.5,-68.15,3900sea", text, err)
	}
	*e = endOfLine(o)
	return nil
}

func parseEnd(text string) (sight.Observer, error) {
	text, sea := strings.CutSuffix(strings.TrimSpace(text), "sea")
	parts := strings.Split(text, ",")
	if len(parts) != 3 {
		return sight.Observer{}, errors.New("three numbers are wanted")
	}
	var v [3]float64
	for i, part := range parts {
		var err error
		if v[i], err = strconv.ParseFloat(strings.TrimSpace(part), 64); err != nil || math.IsNaN(v[i]) || math.IsInf(v[i], 0) {
			return sight.Observer{}, fmt.Errorf("%q is no number", part)
		}
	}
	o := sight.Observer{At: geo.Position{Lat: v[0], Lon: v[1]}, Height: geo.GroundHeight(v[2]).Height()}
	if sea {
		o.Height = geo.SeaHeight(v[2]).Height()
	}
	if !o.At.Valid() {
		return sight.Observer{}, errors.New("no position")
	}
	o.At = o.At.Normalize()
	return o, nil
}
