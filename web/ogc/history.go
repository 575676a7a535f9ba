package ogc

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"atalaya/codec/geofile"
	"atalaya/desk"
	"atalaya/geo"
	"atalaya/track"
)

// The history is read in the order of tracks, and of each track in that of
// time. A feature is named by both, and so is the mark for the next page:
// T17@2026-01-02T03:04:05.25Z.

const (
	usualSpan   = time.Hour      // of a request that names none
	longestSpan = 24 * time.Hour // of one request
)

func pastFields() []field {
	return []field{
		text("track", "number of the track"), moment("time", "in the world"), moment("known", "when it was believed"),
		text("status", "tentative, confirmed, coasting or ended"),
		number("speed_mps", "speed over ground"), number("course_deg", "course over ground, true"),
		number("sd_m", "metres, one standard deviation along the worst axis"), number("height_m", "height"), text("height_datum", "what the height is counted from"),
		flag("foreign", "only another tracker, a neighbour's, told of it"),
	}
}

func ofFix(id track.ID, f *geofile.Fix) geofile.Feature {
	at := f.Time.UTC().Format(time.RFC3339Nano)
	out := geofile.Feature{ID: id.String() + "@" + at, Point: &f.Position, Properties: map[string]any{
		"track": id.String(), "time": at, "known": stampOrNull(f.Known), "status": f.Status.String(), "sd_m": f.Deviation, "foreign": f.Foreign,
	}}
	motion(out.Properties, f.East, f.North, f.Height)
	return out
}

// mark reads the name of a point of a track.
func mark(s string) (id track.ID, at time.Time, ok bool) {
	name, when, ok := strings.Cut(s, "@")
	if !ok {
		return 0, at, false
	}
	if id, ok = trackID(name); !ok {
		return 0, at, false
	}
	at, err := time.Parse(time.RFC3339Nano, when)
	return id, at, err == nil
}

// window is the time that is asked for, its end not included.
func window(q query) (from, to time.Time, err error) {
	if q.span == nil {
		return q.now.Add(-usualSpan), q.now, nil
	}
	from, to = q.span.from, q.span.to.Add(time.Nanosecond)
	switch {
	case q.span.to.IsZero() && q.span.from.IsZero():
		return from, to, invalid("%s has two open ends: of the history at most %s are given at once", paramTime, longestSpan)
	case q.span.to.IsZero():
		to = q.now
	case q.span.from.IsZero():
		from = to.Add(-longestSpan)
	}
	if to.Sub(from) > longestSpan+time.Nanosecond {
		return from, to, invalid("%s is longer than %s: ask in parts", paramTime, longestSpan)
	}
	return from, to, nil
}

func (src Source) history(ctx context.Context, q query) (out page, err error) {
	from, to, err := window(q)
	if err != nil {
		return out, err
	}
	var done track.ID // all of these
	if q.after != "" {
		id, at, ok := mark(q.after)
		if !ok {
			return out, invalid("%s is %.50q: begin the list again without it", paramAfter, q.after)
		}
		begin := at.Add(time.Nanosecond)
		if begin.Before(from) {
			begin = from
		}
		if full, err := src.fill(ctx, &out, q, id, begin, to); err != nil || full {
			return out, err
		}
		done = id
	}
	const most = 100 // tracks at once
	for {
		ids, err := src.Moved(ctx, from, to, done, most)
		if err != nil {
			return out, fmt.Errorf("which tracks moved: %w", err)
		}
		for _, id := range ids {
			if full, err := src.fill(ctx, &out, q, id, from, to); err != nil || full {
				return out, err
			}
		}
		if len(ids) < most {
			return out, nil
		}
		done = ids[len(ids)-1]
	}
}

// fill adds a track's points to a page, and reports whether it is full: there
// is more then.
func (src Source) fill(ctx context.Context, out *page, q query, id track.ID, from, to time.Time) (full bool, err error) {
	if !from.Before(to) {
		return false, nil
	}
	fixes, err := src.Past(ctx, id, from, to)
	if err != nil {
		return false, fmt.Errorf("the past of track %s: %w", id, err)
	}
	for i := range fixes {
		f := &fixes[i]
		if q.box != nil && !q.box.Contains(f.Position) {
			continue
		}
		x, n := ofFix(id, f), len(out.features)
		switch {
		case n > 0 && out.features[n-1].ID == x.ID:
			out.features[n-1] = x // of several beliefs about one moment the last holds
		case n == q.limit:
			out.next = out.features[n-1].ID
			return true, nil
		default:
			out.features = append(out.features, x)
		}
	}
	return false, nil
}

func (src Source) historyItem(ctx context.Context, name string) (geofile.Feature, error) {
	id, at, ok := mark(name)
	if !ok {
		return geofile.Feature{}, desk.ErrNotFound
	}
	var one page
	everywhere := query{limit: 1, box: &geo.Box{West: -180, South: -90, East: 180, North: 90}}
	if _, err := src.fill(ctx, &one, everywhere, id, at, at.Add(time.Nanosecond)); err != nil {
		return geofile.Feature{}, err
	}
	i := slices.IndexFunc(one.features, func(f geofile.Feature) bool { return f.ID == name })
	if i < 0 {
		return geofile.Feature{}, desk.ErrNotFound
	}
	return one.features[i], nil
}
