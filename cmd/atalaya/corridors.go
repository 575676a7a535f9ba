package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"atalaya/geo"
	"atalaya/internal/app"
	"atalaya/plan/corridor"
	"atalaya/terrain/coverage"
	"atalaya/terrain/sight"
)

type terrainCorridorsCmd struct {
	Border string    `type:"existingfile" placeholder:"FILE" help:"GeoJSON with the stretch of border that is asked about."`
	Line   lineValue `placeholder:"LAT,LON;..." help:"The stretch of border as positions in degrees, instead of a file."`
	Ours   string    `enum:"left,right" default:"left" help:"Our side as one travels along the line: left or right (left)."`
	Width  float64   `default:"10000" placeholder:"METRES" help:"Width of the strip on each side of the line (10,000)."`
	Inside float64   `placeholder:"METRES" help:"Width on our side, where it is another."`

	Mover      string  `enum:"walker,vehicle,boat" default:"walker" help:"Who crosses: walker, vehicle or boat (walker)."`
	Water      string  `type:"existingfile" placeholder:"FILE" help:"GeoJSON polygons of lakes and rivers: boats keep to them, others off them. Without it boats go where the elevation is flat."`
	Shores     bool    `help:"A boat may also start from and land at any shore within the strip."`
	Count      int     `default:"3" placeholder:"N" help:"How many corridors to look for (3)."`
	Separation float64 `default:"5000" placeholder:"METRES" help:"How far each keeps from all others (5,000)."`
	Neighbours int     `default:"16" help:"To how many cells one moves from a cell, 8 or 16 (16)."`

	Sensor    []watchValue `sep:"none" placeholder:"LAT,LON,MAST,RADIUS[,PD[,SECONDS]]" help:"A sensor: degrees, metres above ground, metres of reach, probability that a look sees, time between looks. May come again."`
	Sensors   string       `type:"existingfile" placeholder:"FILE" help:"Sensors as CSV, JSON or GeoJSON points: id, lat, lon, mast_m, radius_m, detection, look_s, from_deg, to_deg, low_deg, high_deg, refraction."`
	Detection float64      `default:"0.3" placeholder:"PD" help:"Probability that one look sees a mover that shows, where a sensor does not say (0.3)."`
	Look      float64      `default:"60" placeholder:"SECONDS" help:"Time between looks, where a sensor does not say (60)."`
	Radio     bool         `help:"Sensors are radars: refraction of radio waves (k 0.25), not of light (k 0.13)."`

	Close  bool    `help:"Also say which sensor would close each corridor."`
	Mast   float64 `default:"10" placeholder:"METRES" help:"Height above ground of that sensor (10)."`
	Radius float64 `default:"15000" placeholder:"METRES" help:"Its reach (15,000)."`
	Sites  string  `type:"existingfile" placeholder:"FILE" help:"Where it may stand, as a file of sensors, of which only the places count; without it ridges on our side are tried."`

	DEM  string `name:"dem" type:"existingfile" placeholder:"FILE" help:"A bare elevation file instead of the store."`
	Out  string `short:"o" type:"path" placeholder:"FILE" help:"GeoJSON of the corridors."`
	JSON bool   `help:"Print one JSON object."`
	terrainStore
}

// Run looks for corridors.
func (t *terrainCorridorsCmd) Run(ctx context.Context, c *cli, std streams) error {
	cfg, err := t.load(c)
	if err != nil {
		return err
	}
	q, err := t.question(std.err)
	if err != nil {
		return fmt.Errorf("corridors: %w", err)
	}
	a, err := app.Corridors(ctx, cfg, q)
	if err != nil {
		return fmt.Errorf("corridors: %w", err)
	}
	if t.Out != "" {
		if err := t.write(a); err != nil {
			return fmt.Errorf("corridors: %w", err)
		}
	}
	if t.JSON {
		return lastLine(std.out, app.LabelCorridors(a))
	}
	return printCorridors(std, a, t.Close)
}

func (t *terrainCorridorsCmd) write(a *corridor.Answer) (err error) {
	f, err := os.Create(t.Out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return app.WriteCorridors(f, a)
}

func (t *terrainCorridorsCmd) question(progress io.Writer) (app.CorridorsConfig, error) {
	q := app.CorridorsConfig{DEM: t.DEM, Water: t.Water}
	border := geo.Line(t.Line)
	switch {
	case (t.Border != "") == (len(t.Line) > 0):
		return q, errors.New("give the border, either with --border FILE or with --line LAT,LON;LAT,LON")
	case t.Border != "":
		var err error
		if border, err = app.ReadBorder(t.Border); err != nil {
			return q, err
		}
	}
	inside := t.Inside
	if inside == 0 {
		inside = t.Width
	}
	q.Strip = corridor.Strip{Border: border, Abroad: t.Width, Inside: inside, OursRight: t.Ours == "right", Shores: t.Shores}
	q.Mover = map[string]corridor.Mover{"walker": corridor.Walker(), "vehicle": corridor.Vehicle(), "boat": corridor.Boat()}[t.Mover]
	q.Count, q.Separation, q.Neighbours = t.Count, t.Separation, t.Neighbours
	q.Progress = works(progress)

	usual := corridor.Sensor{Look: t.Look, Sensor: coverage.Sensor{
		Observer: sight.Observer{Height: geo.GroundHeight(t.Mast).Height()}, Radius: t.Radius, Refraction: sight.Optical(),
		Detection: []coverage.Detection{{Probability: t.Detection}},
	}}
	if t.Radio {
		usual.Refraction = sight.Radio()
	}
	var posts []app.Post
	for _, p := range t.Sensor {
		posts = append(posts, app.Post(p))
	}
	if t.Sensors != "" {
		more, err := app.ReadPosts(t.Sensors)
		if err != nil {
			return q, err
		}
		posts = append(posts, more...)
	}
	for i, p := range posts {
		s, err := p.Watcher(i+1, usual)
		if err != nil {
			return q, err
		}
		q.Sensors = append(q.Sensors, s)
	}
	if !t.Close {
		return q, nil
	}
	q.Closing = &corridor.Closing{Kind: usual}
	if t.Sites == "" {
		return q, nil
	}
	sites, err := app.ReadPosts(t.Sites)
	q.Closing.Sites = []corridor.Site{}
	for _, s := range sites {
		q.Closing.Sites = append(q.Closing.Sites, corridor.Site{Name: s.ID, At: geo.Position{Lat: s.Lat, Lon: s.Lon}})
	}
	return q, err
}

// works shows the progress, a bar for each kind of work.
func works(w io.Writer) func(what string, done, total int) {
	var now string
	var progress func(done, total int64)
	return func(what string, done, total int) {
		if what != now {
			now, progress = what, bar(w, what)
		}
		if progress != nil {
			progress(int64(done), int64(total))
		}
	}
}

func printCorridors(std streams, a *corridor.Answer, closing bool) error {
	out := std.out
	if label := app.LabelCorridors(a).Label; label != "" {
		fmt.Fprintln(out, label)
	}
	fmt.Fprintf(out, "%s, %g m high; %.1f km² of strip, of which %d sensors watch %.1f km²\n", a.Mover, a.Target, a.Area, a.Sensors, a.Watched)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\tCROSSES AT\tALONG\tLENGTH\tTIME\tSEEN\tAT K LOW, HIGH\tHIDDEN\tCLIMB\tSTEEPEST\tWATCHED BY")
	for i, c := range a.Corridors {
		at, along := "-", "-"
		if c.Border != nil {
			at, along = fmt.Sprintf("%.4f,%.4f", c.Border.At.Lat, c.Border.At.Lon), fmt.Sprintf("%.1f km", c.Border.Along/1000)
		}
		var by []string
		for _, s := range c.BySensor {
			by = append(by, fmt.Sprintf("%s %s", s.Sensor, chance(s.Probability)))
		}
		if len(by) == 0 {
			by = []string{"nobody"}
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%.1f km\t%s\t%s\t%s\t%.1f km\t%.0f m\t%.0f %%\t%s\n", i+1, at, along, c.Length/1000,
			hours(c.Time), chance(c.Probability), chances(c.Band), c.HiddenM/1000, c.Climb, 100*c.Steepest, strings.Join(by, ", "))
	}
	if len(a.Corridors) > 0 {
		if err := w.Flush(); err != nil {
			return err
		}
	}
	for i, c := range a.Corridors {
		for _, h := range c.Hidden {
			fmt.Fprintf(out, "%d is hidden from km %.1f to km %.1f\n", i+1, h.From/1000, h.To/1000)
		}
		switch {
		case c.Closing != nil:
			fmt.Fprintf(out, "%d closes with a sensor at %.4f,%.4f (%s; sites tried: %d): seen with %s by whoever goes round it, %s on the same way\n",
				i+1, c.Closing.Site.At.Lat, c.Closing.Site.At.Lon, c.Closing.Site.Name, c.Closing.Tried, chance(c.Closing.Probability), chance(c.Closing.SameWay))
		case closing:
			fmt.Fprintf(out, "%d: there is no site on our side near it\n", i+1)
		}
	}
	if a.End != "" {
		fmt.Fprintf(out, "%d of the corridors asked for: %s\n", len(a.Corridors), a.End)
	}
	for _, s := range a.Caveats {
		fmt.Fprintln(out, s)
	}
	fmt.Fprintf(out, "%s: posts every %.0f m, heights above %s, error (SD) %s\n", a.Elevation, a.Resolution, datum(a.Elevation), sd(a.Elevation))
	fmt.Fprintln(out, a.Optimism.Text)
	for _, s := range a.Warnings {
		fmt.Fprintln(std.err, "atalaya: warning:", s)
	}
	return nil
}

// hours are hours and minutes.
func hours(seconds float64) string {
	m := int(math.Round(seconds / 60))
	return fmt.Sprintf("%d h %02d", m/60, m%60)
}

// chance is a probability in percent. It never says 0 or 100 of what is not.
func chance(p float64) string {
	switch {
	case p > 0 && p < 0.001:
		return "<0.1 %"
	case p > 0.999:
		return ">99.9 %"
	}
	return fmt.Sprintf("%.1f %%", 100*p)
}

// chances are those at both ends of the range of refraction.
func chances(b corridor.Band) string {
	low, high := chance(b.Low), chance(b.High)
	if low == high {
		return low
	}
	return low + " to " + high
}

// lineValue is a line on the command line: LAT,LON;LAT,LON in degrees.
type lineValue geo.Line

// Decode implements kong.MapperValue. South is negative and no flag.
func (l *lineValue) Decode(ctx *kong.DecodeContext) error {
	text := ctx.Scan.Pop().String()
	*l = nil
	for part := range strings.SplitSeq(text, ";") {
		lat, lon, ok := strings.Cut(part, ",")
		y, errY := strconv.ParseFloat(strings.TrimSpace(lat), 64)
		x, errX := strconv.ParseFloat(strings.TrimSpace(lon), 64)
		at := geo.Position{Lat: y, Lon: x}
		if !ok || errY != nil || errX != nil || !at.Valid() {
			return fmt.Errorf("%q is no position: give LAT,LON;LAT,LON in degrees, as -16.2,-69.1;-16.4,-69.0", part)
		}
		*l = append(*l, at.Normalize())
	}
	return nil
}

// watchValue is a sensor on the command line, as --sensor says.
type watchValue app.Post

// Decode implements kong.MapperValue.
func (p *watchValue) Decode(ctx *kong.DecodeContext) error {
	text := ctx.Scan.Pop().String()
	var v []float64
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil {
			return fmt.Errorf("%q is no number: give LAT,LON,MAST,RADIUS[,PD[,SECONDS]], as -16.35,-68.95,20,15000,0.3,60", part)
		}
		v = append(v, n)
	}
	if len(v) < 4 || len(v) > 6 {
		return fmt.Errorf("%q has %d numbers: give LAT,LON,MAST,RADIUS[,PD[,SECONDS]], as -16.35,-68.95,20,15000,0.3,60", text, len(v))
	}
	*p = watchValue{Lat: v[0], Lon: v[1], Mast: &v[2], Radius: &v[3]}
	if len(v) > 4 {
		p.Detection = &v[4]
	}
	if len(v) > 5 {
		p.Look = &v[5]
	}
	return nil
}
