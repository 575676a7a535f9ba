package ogc

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"atalaya/area"
	"atalaya/codec/geofile"
	"atalaya/desk"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/obs"
	"atalaya/track"
)

// Source gives what is served. Its functions may be called from several
// goroutines.
type Source struct {
	// Tracks gives at most limit tracks of now above after that match, by id.
	Tracks func(after track.ID, limit int, match func(*track.Track) bool) []track.Track
	Track  func(track.ID) (track.Track, bool)
	// Moved gives at most limit tracks above after that may have a past in
	// [from, to), by id; Past gives that of one, oldest first.
	Moved  func(ctx context.Context, from, to time.Time, after track.ID, limit int) ([]track.ID, error)
	Past   func(ctx context.Context, id track.ID, from, to time.Time) ([]geofile.Fix, error)
	Areas  func() []area.Area // in force now, by id
	Alerts func(context.Context, desk.Filter) (desk.Page, error)
	Alert  func(context.Context, desk.AlertID) (desk.Alert, error)
}

// collection is a kind of features.
type collection struct {
	id, title, description string
	fields                 []field
	items                  func(context.Context, query) (page, error)
	item                   func(context.Context, string) (geofile.Feature, error)
}

// field is a property of a collection's features. All features have all of
// them; what is not known is null.
type field struct{ name, kind, format, doc string }

// page is a page of features.
type page struct {
	features []geofile.Feature
	next     string // of the next page; empty: no more
	matched  *int   // nil: not counted
}

// properties describes the fields as JSON Schema.
func (c *collection) properties() map[string]any {
	out := map[string]any{}
	for _, f := range c.fields {
		p := map[string]any{"type": f.kind, "description": f.doc}
		if f.format != "" {
			p["format"] = f.format
		}
		out[f.name] = p
	}
	return out
}

func (src Source) collections() []collection {
	return []collection{
		{
			id: "tracks", title: "Tracks", description: "What is believed to be moving now: one point each. The time is that of the belief.",
			fields: trackFields(), items: src.tracks, item: src.track,
		},
		{
			id: "track-history", title: "Track history",
			description: "Where tracks were believed to be: a point each time that they moved, at most one a second. Without datetime that of the last hour; of at most 24 hours at once.",
			fields:      pastFields(), items: src.history, item: src.historyItem,
		},
		{
			id: "areas", title: "Areas", description: "Border lines and strips, posts, lanes and zones in force now. The time is their validity.",
			fields: areaFields(), items: src.areas, item: src.area,
		},
		{
			id: "alerts", title: "Alerts", description: "What asked somebody to act, newest first, and what became of it. The time is that of the raising.",
			fields: alertFields(), items: src.alerts, item: src.alert,
		},
	}
}

func text(name, doc string) field   { return field{name, "string", "", doc} }
func number(name, doc string) field { return field{name, "number", "", doc} }
func count(name, doc string) field  { return field{name, "integer", "", doc} }
func flag(name, doc string) field   { return field{name, "boolean", "", doc} }
func moment(name, doc string) field { return field{name, "string", "date-time", doc} }

// orNull gives nil for an empty string.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// stampOrNull gives nil for the zero time.
func stampOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func trackFields() []field {
	return []field{
		text("track", "number of the track"), moment("time", "of the belief"), moment("updated", "last observation"), moment("born", "first observation"),
		text("status", "tentative, confirmed or coasting"), text("domain", "water, land, air or unknown"), text("kind", "what it is"),
		text("name", "claimed name"), text("callsign", "claimed call sign"), text("mmsi", "claimed MMSI"), text("icao", "claimed ICAO address"),
		number("existence", "probability that it is real"), number("speed_mps", "speed over ground"), number("course_deg", "course over ground, true"),
		number("sd_m", "metres, one standard deviation along the worst axis"), number("height_m", "height"), text("height_datum", "what the height is counted from"),
		text("distress", "call for help"), text("sensors", "sensors that contributed"), flag("foreign", "only another tracker, a neighbour's, told of it"),
	}
}

func ofTrack(t *track.Track) geofile.Feature {
	st := &t.State
	ee, en, nn := st.Cov[0][0], st.Cov[0][1], st.Cov[1][1]
	worst := (ee+nn)/2 + fmath.Hypot((ee-nn)/2, en)
	claimed := func(k obs.ClaimKind) any {
		v, _ := t.Claimed(k)
		return orNull(v)
	}
	sensors := make([]string, len(t.Sensors))
	for i, s := range t.Sensors {
		sensors[i] = string(s)
	}
	f := geofile.Feature{ID: t.ID.String(), Point: &st.Position, Properties: map[string]any{
		"track": t.ID.String(), "time": stampOrNull(st.Time), "updated": stampOrNull(t.Updated), "born": stampOrNull(t.Born),
		"status": t.Status.String(), "domain": t.Domain.String(), "kind": t.Kind.String(),
		"name": claimed(obs.Name), "callsign": claimed(obs.CallSign), "mmsi": claimed(obs.MMSI), "icao": claimed(obs.ICAO),
		"existence": t.Existence, "sd_m": math.Sqrt(max(0, worst)), "distress": orNull(t.Distress.String()), "sensors": strings.Join(sensors, ", "), "foreign": t.Foreign,
	}}
	motion(f.Properties, st.East, st.North, st.Height)
	return f
}

func motion(p map[string]any, east, north float64, h geo.Height) {
	p["speed_mps"], p["course_deg"] = fmath.Hypot(east, north), geo.WrapBearing(fmath.Atan2Degrees(east, north))
	p["height_m"], p["height_datum"] = nil, nil
	if h.Known() {
		p["height_m"], p["height_datum"] = h.Metres, h.Datum.String()
	}
}

// trackID reads "T17".
func trackID(s string) (track.ID, bool) {
	digits, ok := strings.CutPrefix(s, "T")
	n, err := strconv.ParseUint(digits, 10, 53)
	return track.ID(n), ok && err == nil && n > 0
}

func (src Source) tracks(_ context.Context, q query) (page, error) {
	after, ok := trackID(q.after)
	if q.after != "" && !ok {
		return page{}, invalid("%s is %.50q: begin the list again without it", paramAfter, q.after)
	}
	match := func(t *track.Track) bool { return q.holds(t.State.Position, t.State.Time) }
	all := src.Tracks(after, q.limit+1, match)
	var out page
	if len(all) > q.limit {
		all = all[:q.limit]
		out.next = all[q.limit-1].ID.String()
	}
	for i := range all {
		out.features = append(out.features, ofTrack(&all[i]))
	}
	return out, nil
}

func (src Source) track(_ context.Context, id string) (geofile.Feature, error) {
	n, ok := trackID(id)
	if !ok {
		return geofile.Feature{}, desk.ErrNotFound
	}
	t, ok := src.Track(n)
	if !ok {
		return geofile.Feature{}, desk.ErrNotFound
	}
	return ofTrack(&t), nil
}

func areaFields() []field {
	return []field{
		text("name", "name"), text("kind", "what it is for"), text("owner", "who answers for it"), count("version", "version"),
		moment("begin", "in force from"), moment("end", "in force until"), text("schedule", "hours at which it holds, JSON"),
		number("buffer_m", "metres to each side"), text("left", "state left of a border"), text("right", "state right of it"),
		text("source", "who says so"), moment("dated", "date of the source"), number("accuracy_m", "metres, 1 sigma"),
		flag("demonstration", "not fit for any claim"),
	}
}

func ofArea(a area.Area) (geofile.Feature, error) {
	f := geofile.OfArea(a)
	p := map[string]any{"name": orNull(f.Name), "demonstration": a.Demonstration}
	for _, x := range areaFields() {
		if _, have := p[x.name]; !have {
			p[x.name] = f.Properties[x.name]
		}
	}
	if p["schedule"] != nil {
		b, err := json.Marshal(a.Schedule)
		if err != nil {
			return f, fmt.Errorf("area %s: %w", a.ID, err)
		}
		p["schedule"] = string(b)
	}
	f.Name, f.Properties = "", p
	return f, nil
}

func (src Source) areas(_ context.Context, q query) (out page, err error) {
	matched := 0
	for _, a := range src.Areas() {
		if q.span != nil && !q.span.overlaps(a.Valid.From, lastMoment(a.Valid.Until)) || q.box != nil && !q.box.Intersects(boxOf(&a)) {
			continue
		}
		matched++
		if string(a.ID) <= q.after && q.after != "" {
			continue
		}
		if len(out.features) == q.limit {
			out.next = out.features[q.limit-1].ID
			continue
		}
		f, err := ofArea(a)
		if err != nil {
			return out, err
		}
		out.features = append(out.features, f)
	}
	out.matched = &matched
	return out, nil
}

// lastMoment is the last moment before an end that is not included.
func lastMoment(end time.Time) time.Time {
	if end.IsZero() {
		return end
	}
	return end.Add(-time.Nanosecond)
}

func boxOf(a *area.Area) geo.Box {
	b := geo.BoxOf(a.Point)
	if box, ok := a.Polygon.Box(); ok {
		b = box
	} else if box, ok := a.Line.Box(); ok {
		b = box
	}
	return b
}

func (src Source) area(_ context.Context, id string) (geofile.Feature, error) {
	all := src.Areas()
	i := slices.IndexFunc(all, func(a area.Area) bool { return string(a.ID) == id })
	if i < 0 {
		return geofile.Feature{}, desk.ErrNotFound
	}
	return ofArea(all[i])
}
