package ogc

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"atalaya/geo"
)

// Parameters of a list of features. Others are refused (requirement
// /req/core/query-param-unknown).
const (
	paramLimit = "limit"
	paramBox   = "bbox"
	paramTime  = "datetime"
	paramAfter = "after"
)

const (
	defaultLimit = 100
	maxLimit     = 10_000
)

// query asks for a page of features.
type query struct {
	limit int
	after string
	box   *geo.Box  // nil: everywhere
	span  *span     // nil: at any time
	now   time.Time // of the request
}

// span is a time or an interval, both ends included; a zero end is open.
type span struct{ from, to time.Time }

// overlaps reports whether something that is from one time to another, each of
// them open where zero, meets the span.
func (s *span) overlaps(from, to time.Time) bool {
	return (s.to.IsZero() || !from.After(s.to)) && (s.from.IsZero() || to.IsZero() || !to.Before(s.from))
}

// holds reports whether a place and a time are asked for.
func (q *query) holds(p geo.Position, at time.Time) bool {
	return (q.box == nil || q.box.Contains(p)) && (q.span == nil || q.span.overlaps(at, at))
}

func unknownParams(q url.Values, known []string) error {
	for name := range q {
		if !slices.Contains(known, name) {
			return invalid("the parameter %.50q is not known here: use %s", name, strings.Join(append(known, "no other"), ", "))
		}
		if len(q[name]) > 1 && name != paramTime {
			return invalid("the parameter %s is there %d times: give it once", name, len(q[name]))
		}
	}
	return nil
}

func parse(v url.Values, now time.Time) (query, error) {
	q := query{limit: defaultLimit, after: v.Get(paramAfter), now: now}
	const longest = 200
	if len(q.after) > longest {
		return q, invalid("%s is longer than any: begin the list again without it", paramAfter)
	}
	if v.Has(paramLimit) {
		n, err := strconv.ParseUint(v.Get(paramLimit), 10, 31)
		if err != nil || n == 0 {
			return q, invalid("%s is %.50q: give a number of 1 to %d", paramLimit, v.Get(paramLimit), maxLimit)
		}
		q.limit = int(min(n, maxLimit))
	}
	if v.Has(paramBox) {
		var err error
		if q.box, err = parseBox(v.Get(paramBox)); err != nil {
			return q, err
		}
	}
	// GDAL writes a condition with two ends as two intervals.
	for _, s := range v[paramTime] {
		one, err := parseSpan(s)
		if err != nil {
			return q, err
		}
		q.span = one.and(q.span)
	}
	return q, nil
}

// and gives what both spans have in common.
func (s *span) and(o *span) *span {
	if o == nil {
		return s
	}
	out := *s
	if out.from.Before(o.from) {
		out.from = o.from
	}
	if out.to.IsZero() || !o.to.IsZero() && o.to.Before(out.to) {
		out.to = o.to
	}
	return &out
}

// parseBox reads west, south, east, north; with heights, which are passed over,
// in third and sixth place. Over the antimeridian west is more than east.
func parseBox(s string) (*geo.Box, error) {
	bad := invalid("%s is %.100q: give west,south,east,north in degrees; over the antimeridian west is more than east", paramBox, s)
	parts := strings.Split(s, ",")
	if len(parts) != 4 && len(parts) != 6 {
		return nil, bad
	}
	n := make([]float64, len(parts))
	for i, p := range parts {
		v, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, bad
		}
		n[i] = v
	}
	if len(n) == 6 {
		n = []float64{n[0], n[1], n[3], n[4]}
	}
	b := geo.Box{West: n[0], South: n[1], East: n[2], North: n[3]}
	if b.South > b.North || b.South < -90 || b.North > 90 || math.Abs(b.West) > 180 || math.Abs(b.East) > 180 {
		return nil, bad
	}
	if b.West == 180 { // the same meridian; boxes begin at -180
		b.West = -180
	}
	return &b, nil
}

// parseSpan reads a time, or an interval with an open end as ".." or nothing.
// A date is its whole day.
func parseSpan(s string) (*span, error) {
	bad := invalid("%s is %.100q: give a time such as 2026-01-02T03:04:05Z, or an interval of two such as 2026-01-02T00:00:00Z/.. of which one may be open", paramTime, s)
	moment := func(s string) (from, to time.Time, ok bool) {
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
			return t.UTC(), t.UTC(), true
		}
		t, err := time.Parse(time.DateOnly, s)
		return t, t.AddDate(0, 0, 1).Add(-time.Nanosecond), err == nil
	}
	open := func(s string) bool { return s == "" || s == ".." }
	first, last, interval := strings.Cut(s, "/")
	if !interval {
		from, to, ok := moment(s)
		if !ok {
			return nil, bad
		}
		return &span{from, to}, nil
	}
	var out span
	if !open(first) {
		from, _, ok := moment(first)
		if !ok {
			return nil, bad
		}
		out.from = from
	}
	if !open(last) {
		_, to, ok := moment(last)
		if !ok {
			return nil, bad
		}
		out.to = to
	}
	if open(first) && open(last) && first+last == "" || !out.to.IsZero() && out.to.Before(out.from) {
		return nil, bad
	}
	return &out, nil
}
