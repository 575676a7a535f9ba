package areas_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"atalaya/area"
	"atalaya/codec/geofile"
	"atalaya/desk"
	"atalaya/desk/areas"
	"atalaya/desk/registry"
	"atalaya/geo"
	"atalaya/track"
	"atalaya/valid"
)

// office is a registry in memory.
type office struct {
	now      time.Time
	fail     error
	saved    [][]track.Change
	registry *registry.Registry
	areas    *areas.Importer
}

func newOffice(t *testing.T, have ...area.Area) *office {
	t.Helper()
	o := &office{now: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)}
	var changes []track.Change
	for _, a := range have {
		changes = append(changes, track.Change{Area: &a})
	}
	var err error
	if o.registry, err = registry.Open(registry.Config{Store: o, Ledger: o, Clock: o}, changes); err != nil {
		t.Fatal(err)
	}
	o.areas = areas.New(areas.Config{Registry: o.registry, Clock: o})
	return o
}

func (o *office) Now() time.Time { return o.now }

func (o *office) SaveChanges(_ context.Context, changes []track.Change) error {
	if o.fail == nil {
		o.saved = append(o.saved, changes)
	}
	return o.fail
}

func (o *office) Do(ctx context.Context, _ desk.Record, act func(context.Context) error) error {
	return act(ctx)
}

var ana = desk.Who{ID: "P1", Name: "Ana", Role: desk.Officer}

const year = 365 * 24 * time.Hour

// registered are a bay since last year, and a post that was retired.
func registered() []area.Area {
	start := time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)
	post := area.Area{ID: "post", Kind: area.LegalPost, Point: geo.Position{Lat: -16.5, Lon: -69}, Valid: valid.Record{Number: 1, From: start}}
	gone := post
	gone.Valid = valid.Record{Number: 2, From: start.Add(year / 2), Until: start.Add(year / 2)}
	return []area.Area{
		{
			ID: "bay", Name: "Bahía", Kind: area.FishingZone, Valid: valid.Record{Number: 1, From: start},
			// Clockwise: files have it the other way round.
			Polygon: geo.Polygon{{{Lat: -16.1, Lon: -69}, {Lat: -16, Lon: -69}, {Lat: -16, Lon: -68.9}, {Lat: -16.1, Lon: -68.9}}},
		},
		post, gone,
	}
}

func importing(t *testing.T, text string) areas.Import {
	t.Helper()
	features, err := geofile.ReadGeoJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return areas.Import{Who: ana, Request: "r1", Reason: "mapa del IGM", Kind: area.Anchorage, Features: features}
}

// export gives the areas as a file, with one word replaced.
func (o *office) export(t *testing.T, old, now string) areas.Import {
	t.Helper()
	var b strings.Builder
	if err := geofile.WriteGeoJSON(&b, o.areas.Features(time.Time{})); err != nil {
		t.Fatal(err)
	}
	return importing(t, strings.ReplaceAll(b.String(), old, now))
}

const foreign = `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"NAME":"Fondeo 1"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}},
{"type":"Feature","id":"post","properties":{"kind":"legal-post"},"geometry":{"type":"Point","coordinates":[-69,-16.5]}}]}`

func TestImport(t *testing.T) {
	o := newOffice(t, registered()...)
	// What was exported is what there is.
	got, err := o.areas.Import(t.Context(), o.export(t, "-", "-"))
	if err != nil || got.New+got.Changed+got.Wrong != 0 || len(got.Lines) != 1 || got.Lines[0].What != "same" || len(o.saved) != 0 {
		t.Fatalf("the same again: %+v, %v", got, err)
	}
	// A change holds from now on, not since the version that it changes.
	if got, err = o.areas.Import(t.Context(), o.export(t, "Bahía", "Bahía Norte")); err != nil || got.Changed != 1 || !got.Applied {
		t.Fatalf("changed: %+v, %v", got, err)
	}
	bay, _ := o.registry.Areas.At("bay", o.now)
	want := valid.Record{Number: 2, From: o.now, Known: o.now, By: "Ana", Reason: "mapa del IGM", Request: "r1"}
	if bay.Name != "Bahía Norte" || bay.Valid != want {
		t.Errorf("the bay is %+v", bay)
	}
	if old, _ := o.registry.Areas.At("bay", o.now.Add(-time.Hour)); old.Name != "Bahía" {
		t.Errorf("the bay was %+v", old)
	}
	// A file of others; what was retired stays so.
	in := importing(t, foreign)
	if got, err = o.areas.Preview(in); err != nil || fmt.Sprint(got.Lines) != "[{1 Fondeo-1 Fondeo 1 anchorage new } {2 post  legal-post retired }]" || got.Applied {
		t.Errorf("preview: %+v, %v", got, err)
	}
	for _, want := range []string{"new", "same"} {
		if got, err = o.areas.Import(t.Context(), in); err != nil || got.Lines[0].What != want {
			t.Errorf("import: %+v, %v; want %s", got, err, want)
		}
	}
	if len(o.saved) != 2 {
		t.Errorf("%d changes were saved", len(o.saved))
	}
}

func TestImportIsRefused(t *testing.T) {
	const bow = `{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}` // crosses itself
	for name, tc := range map[string]struct {
		change func(*office, *areas.Import)
		want   error
	}{
		"a viewer":      {func(_ *office, in *areas.Import) { in.Who.Role = desk.Viewer }, desk.ErrForbidden},
		"no reason":     {func(_ *office, in *areas.Import) { in.Reason = "" }, desk.ErrInvalid},
		"a wrong kind":  {func(_ *office, in *areas.Import) { in.Kind = area.Border }, desk.ErrInvalid},
		"no kind":       {func(_ *office, in *areas.Import) { in.Kind = "" }, desk.ErrInvalid},
		"a wrong shape": {func(_ *office, in *areas.Import) { in.Features = importing(t, bow).Features }, desk.ErrInvalid},
		"no room":       {func(o *office, _ *areas.Import) { o.fail = desk.ErrFull }, desk.ErrFull},
	} {
		o := newOffice(t)
		in := importing(t, foreign)
		tc.change(o, &in)
		got, err := o.areas.Import(t.Context(), in)
		if !errors.Is(err, tc.want) || got.Applied || len(o.saved) != 0 {
			t.Errorf("%s: %+v, %v; want %v", name, got, err, tc.want)
		}
	}
}
