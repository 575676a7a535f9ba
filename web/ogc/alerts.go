package ogc

import (
	"context"
	"errors"
	"time"

	"atalaya/codec/geofile"
	"atalaya/desk"
	"atalaya/rule"
)

func alertFields() []field {
	return []field{
		text("alert", "name of the alert"), moment("raised", "when it was raised"), moment("time", "of what was found, in the world"),
		text("kind", "alert, notice or health"), text("rule", "what found it"), count("priority", "1 low to 4 top"),
		text("state", "new, acknowledged, in-case, closed or posted"), text("outcome", "what the officer made of it"),
		flag("withdrawn", "it fell when late data came"), moment("deadline", "to be acknowledged by then"),
		text("track", "number of the track"), text("area", "area that it is about"), number("probability", "how sure it is"),
		text("why_es", "why, in Spanish"), text("why_en", "why, in English"),
	}
}

func ofAlert(a *desk.Alert) geofile.Feature {
	f := &a.Finding
	return geofile.Feature{ID: string(a.ID), Point: &f.Position, Properties: map[string]any{
		"alert": string(a.ID), "raised": stampOrNull(a.Raised), "time": stampOrNull(f.Time), "kind": string(a.Kind), "rule": f.Rule,
		"priority": int(a.Priority), "state": string(a.State), "outcome": orNull(string(a.Outcome)), "withdrawn": a.Withdrawn,
		"deadline": stampOrNull(a.Deadline), "track": f.Track.String(), "area": orNull(string(f.Area)), "probability": f.Probability,
		"why_es": f.Why.ES, "why_en": f.Why.EN,
	}}
}

// placed reports whether an alert is about a place: one about the system
// itself is not.
func placed(a *desk.Alert) bool { return a.Kind != rule.Health && a.Finding.Track != 0 }

// alerts gives those of a time from the desk, page by page, and passes over
// what is elsewhere. The mark for the next page is the desk's own; where this
// page ends inside one of the desk's, the desk is asked for the part again.
func (src Source) alerts(ctx context.Context, q query) (out page, err error) {
	const least = 200
	f := desk.Filter{Kinds: []rule.Kind{rule.Alert, rule.Notice}, After: q.after}
	if q.span != nil {
		f.Since = q.span.from
		if !q.span.to.IsZero() {
			f.Until = q.span.to.Add(time.Nanosecond) // the end is included
		}
	}
	for {
		f.Limit = max(least, q.limit)
		p, err := src.list(ctx, f)
		if err != nil {
			return out, err
		}
		for i := range p.Alerts {
			a := &p.Alerts[i]
			if !placed(a) || !q.holds(a.Finding.Position, a.Raised) {
				continue
			}
			if out.features = append(out.features, ofAlert(a)); len(out.features) < q.limit {
				continue
			}
			if i+1 < len(p.Alerts) {
				f.Limit = i + 1
				if p, err = src.list(ctx, f); err != nil {
					return out, err
				}
			}
			out.next = p.Next
			return out, nil
		}
		if p.Next == "" {
			return out, nil
		}
		f.After = p.Next
	}
}

func (src Source) list(ctx context.Context, f desk.Filter) (desk.Page, error) {
	p, err := src.Alerts(ctx, f)
	if errors.Is(err, desk.ErrInvalid) {
		return p, invalid("%s is %.50q: begin the list again without it", paramAfter, f.After)
	}
	return p, err
}

func (src Source) alert(ctx context.Context, id string) (geofile.Feature, error) {
	a, err := src.Alert(ctx, desk.AlertID(id))
	if err != nil {
		return geofile.Feature{}, err
	}
	if !placed(&a) {
		return geofile.Feature{}, desk.ErrNotFound
	}
	return ofAlert(&a), nil
}
