// Package areas imports areas from files of other programs, and gives those in
// force for such files.
//
// An import is all or nothing. What the book has already, whichever way round
// its rings are written, stays as it is: importing the same file again changes
// nothing. An area that was retired stays so.
package areas

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"atalaya/area"
	"atalaya/codec/geofile"
	"atalaya/desk"
	"atalaya/desk/registry"
	"atalaya/geo"
	"atalaya/track"
	"atalaya/valid"
)

// Config is what an Importer is made from.
type Config struct {
	Registry *registry.Registry
	Clock    desk.Clock
}

// Importer imports areas. Its methods may be called from several goroutines:
// of two imports that change the same, one fails.
type Importer struct{ cfg Config }

// New makes an importer.
func New(cfg Config) *Importer { return &Importer{cfg} }

// Import is a file of areas that somebody wants in force.
type Import struct {
	Who      desk.Who
	Request  string // the client's name for the wish; kept with the versions
	Reason   string
	Features []geofile.Feature
	// Kind is of areas of which the file says none.
	Kind area.Kind
}

// What becomes of an area of a file.
const (
	isNew     = "new"     // not registered yet
	isChanged = "changed" // registered, and the file says something else
	isSame    = "same"    // registered, and the file says the same
	isRetired = "retired" // was retired, and stays so
	isWrong   = "wrong"   // cannot be an area
)

// Line is what an area of a file would do.
type Line struct {
	Feature int       `json:"feature" doc:"number of the shape in the file, from 1; those of several parts come several times"`
	Area    area.ID   `json:"area" doc:"its id"`
	Name    string    `json:"name,omitempty" doc:"its name"`
	Kind    area.Kind `json:"kind,omitempty" doc:"what it is for"`
	What    string    `json:"what" enum:"new,changed,same,retired,wrong" doc:"what becomes of it; a retired area stays so"`
	Detail  string    `json:"detail,omitempty" doc:"what is wrong"`
}

// Preview is what a file would change.
type Preview struct {
	Lines   []Line `json:"areas" doc:"every area of the file"`
	New     int    `json:"new" doc:"areas that are not registered yet"`
	Changed int    `json:"changed" doc:"areas of which the file says something else"`
	Wrong   int    `json:"wrong" doc:"shapes that cannot be areas; with any, nothing is applied"`
	Applied bool   `json:"applied" doc:"it was done"`
}

// WrongFile says that a file was not applied because of its shapes. It matches
// desk.ErrInvalid.
type WrongFile struct{ Preview Preview }

func (e *WrongFile) Error() string {
	return fmt.Sprintf("%d shapes of the file cannot be areas and nothing was changed: ask for a preview, correct them, and import the file again", e.Preview.Wrong)
}

// Is makes every WrongFile a desk.ErrInvalid.
func (e *WrongFile) Is(target error) bool { return target == desk.ErrInvalid }

// Preview tells what a file would change.
func (im *Importer) Preview(in Import) (Preview, error) {
	if err := in.Who.Needs(registry.Least(registry.Area), "import areas"); err != nil {
		return Preview{}, err
	}
	out, _ := im.compare(in)
	return out, nil
}

// Import does what a file says.
func (im *Importer) Import(ctx context.Context, in Import) (Preview, error) {
	const maxReason, maxRequest = 500, 200
	switch err := in.Who.Needs(registry.Least(registry.Area), "import areas"); {
	case err != nil:
		return Preview{}, err
	case in.Reason == "" || len(in.Reason) > maxReason || !utf8.ValidString(in.Reason):
		return Preview{}, fmt.Errorf("%w: give a reason of at most %d bytes", desk.ErrInvalid, maxReason)
	case len(in.Request) > maxRequest || !utf8.ValidString(in.Request):
		return Preview{}, fmt.Errorf("%w: a request id has at most %d bytes", desk.ErrInvalid, maxRequest)
	}
	out, changes := im.compare(in)
	if out.Wrong > 0 {
		return out, &WrongFile{out}
	}
	// A client that goes away must not tear its import in two.
	if err := im.cfg.Registry.ApplyAll(context.WithoutCancel(ctx), in.Who, changes); err != nil {
		return out, fmt.Errorf("%d areas were not imported, none of them: %w", len(changes), err)
	}
	out.Applied = true
	return out, nil
}

func (im *Importer) compare(in Import) (out Preview, changes []track.Change) {
	out.Lines = []Line{}
	for _, r := range geofile.Areas(in.Features, in.Kind) {
		a := r.Area
		line := Line{Feature: r.Number, Area: a.ID, Name: a.Name, Kind: a.Kind}
		last, have := im.cfg.Registry.Areas.At(string(a.ID), time.Time{})
		err := r.Err
		unchanged := err == nil && have && same(a, last)
		if err == nil && !unchanged { // what is in force was checked in its time
			err = a.Check()
		}
		switch {
		case err != nil:
			line.What, line.Detail = isWrong, err.Error()
			out.Wrong++
		case have && !last.Valid.Until.IsZero() && last.Valid.Until.Equal(last.Valid.From):
			line.What = isRetired
		case unchanged:
			line.What = isSame
		default:
			line.What = isNew
			out.New++
			if have {
				line.What = isChanged
				out.New--
				out.Changed++
			}
			a = im.next(in, a, last)
			changes = append(changes, track.Change{At: a.Valid.Known, Area: &a})
		}
		out.Lines = append(out.Lines, line)
	}
	return out, changes
}

// next numbers an area as the version after last. Without a begin in the file,
// or with the one that the last version had, it holds from now on: what was
// judged in the past stays judged by the shape of that time.
func (im *Importer) next(in Import, a, last area.Area) area.Area {
	now := im.cfg.Clock.Now().UTC()
	from := a.Valid.From
	if from.IsZero() || (last.Valid.Number > 0 && from.Equal(last.Valid.From)) {
		from = now
	}
	a.Valid = valid.Record{
		Number: last.Valid.Number + 1, From: from, Until: a.Valid.Until, Known: now,
		By: in.Who.Name, Reason: in.Reason, Request: in.Request,
	}
	return a
}

// same reports whether a file says of an area what is registered. Of its
// validity it may be silent; what other programs round away is no change.
func same(file, last area.Area) bool {
	x, y := rounded(file), rounded(last)
	const near = 2 * time.Millisecond
	for _, t := range [][2]*time.Time{{&x.Dated, &y.Dated}, {&x.Valid.From, &y.Valid.From}, {&x.Valid.Until, &y.Valid.Until}} {
		if t[0].Sub(*t[1]).Abs() <= near {
			*t[0] = *t[1]
		}
	}
	if !x.Valid.From.IsZero() && !x.Valid.From.Equal(y.Valid.From) || !x.Valid.Until.Equal(y.Valid.Until) {
		return false
	}
	return registry.Same(track.Change{Area: &x}, track.Change{Area: &y})
}

// rounded gives an area as it comes back from any program: its rings turned the
// usual way round, and positions to 1e-9 degrees (0.1 mm).
func rounded(a area.Area) area.Area {
	place := func(p geo.Position) geo.Position {
		const steps = 1e9
		return geo.Position{Lat: math.Round(p.Lat*steps) / steps, Lon: math.Round(p.Lon*steps) / steps}
	}
	places := func(ps []geo.Position) []geo.Position {
		if ps == nil {
			return nil
		}
		out := make([]geo.Position, len(ps))
		for i, p := range ps {
			out[i] = place(p)
		}
		return out
	}
	a.Point, a.Line = place(a.Point), places(a.Line)
	a.Polygon = geofile.Oriented(a.Polygon)
	for i, r := range a.Polygon {
		a.Polygon[i] = places(r)
	}
	return a
}

// Features gives the areas in force at a time, for a file; at the zero time
// those in force now.
func (im *Importer) Features(at time.Time) []geofile.Feature {
	if at.IsZero() {
		at = im.cfg.Clock.Now()
	}
	all := im.cfg.Registry.Areas.AllAt(at)
	out := make([]geofile.Feature, len(all))
	for i, a := range all {
		out[i] = geofile.OfArea(a)
	}
	return slices.Clip(out)
}
