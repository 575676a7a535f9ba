package area

import (
	"errors"
	"math"
	"strings"
	"testing"

	"atalaya/geo"
	"atalaya/valid"
)

func at(lonLat ...float64) []geo.Position {
	var out []geo.Position
	for i := 0; i < len(lonLat); i += 2 {
		out = append(out, geo.Position{Lon: lonLat[i], Lat: lonLat[i+1]})
	}
	return out
}

func zone(rings ...[]geo.Position) Area {
	a := Area{ID: "z", Kind: Watched}
	for _, r := range rings {
		a.Polygon = append(a.Polygon, r)
	}
	return a
}

// circle is a ring of n points, d degrees round a centre.
func circle(lon, lat, d float64, n int) []geo.Position {
	out := make([]geo.Position, n)
	for i := range out {
		s, c := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		out[i] = geo.Position{Lon: geo.WrapLongitude(lon + d*c), Lat: lat + d*s}
	}
	return out
}

func TestAreaCheck(t *testing.T) {
	line := at(-69, -16, -69.1, -16.1, -69.2, -16.1)
	square := at(-69, -16, -68, -16, -68, -15, -69, -15)
	for name, tc := range map[string]struct {
		a     Area
		wrong string // what the error says; empty: none
		ring  int
		point int
	}{
		"zone":                       {a: zone(square)},
		"zone with a hole":           {a: zone(square, at(-68.8, -15.8, -68.2, -15.8, -68.5, -15.2))},
		"zone over the antimeridian": {a: zone(at(179.5, -16, -179.5, -16, -179.5, -15, 179.5, -15))},
		"round zone":                 {a: zone(circle(-69, -16, 0.2, MaxPoints))},
		"border":                     {a: Area{ID: "b", Kind: Border, Line: line, Left: "BOL", Right: "PER", Accuracy: 30}},
		"ring of a lane":             {a: Area{ID: "b", Kind: FerryLane, Line: append(at(-69, -16, -69.1, -16.1, -69.2, -16), line[0]), Buffer: 500}},
		"post":                       {a: Area{ID: "p", Kind: LegalPost, Point: geo.Position{Lat: -16.2, Lon: -69}, Buffer: 400}},
		"no id":                      {a: Area{Kind: LegalPost}, wrong: "has no id"},
		"id with a slash":            {a: Area{ID: "a/b", Kind: LegalPost}, wrong: "use letters"},
		"kind":                       {a: Area{ID: "a", Kind: "moat"}, wrong: "choose one of"},
		"buffer":                     {a: Area{ID: "a", Kind: LegalPost, Buffer: -1}, wrong: "buffer"},
		"buffer is no number":        {a: Area{ID: "a", Kind: LegalPost, Buffer: math.NaN()}, wrong: "buffer"},
		"state":                      {a: Area{ID: "a", Kind: Border, Line: line, Left: "Bolivia"}, wrong: "three capital letters"},
		"states of a zone":           {a: Area{ID: "a", Kind: Watched, Left: "BOL"}, wrong: "only a border"},
		"schedule":                   {a: Area{ID: "a", Kind: LegalPost, Schedule: valid.Schedule{OffsetMinutes: 9000}}, wrong: "schedule"},
		"post as a line":             {a: Area{ID: "a", Kind: LegalPost, Line: line}, wrong: "is a point and nothing else"},
		"zone without points":        {a: zone(), wrong: "at least 3"},
		"zone of two points":         {a: zone(square[:2]), wrong: "at least 3", ring: 1},
		"line of one point":          {a: Area{ID: "a", Kind: Border, Line: line[:1]}, wrong: "at least 2"},
		"post at the north of 90":    {a: Area{ID: "a", Kind: LegalPost, Point: geo.Position{Lat: 91}}, wrong: "not on earth", point: 1},
		"point is no number":         {a: zone(at(-69, -16, -68, math.NaN(), -68, -15)), wrong: "not on earth", ring: 1, point: 2},
		"too many points":            {a: zone(circle(-69, -16, 0.2, MaxPoints+1)), wrong: "simplify"},
		"bow tie":                    {a: zone(at(-69, -16, -68, -15, -68, -16, -69, -15)), wrong: "crosses the one from point 3", ring: 1, point: 1},
		"one leg over many":          {a: zone(append(circle(-69, -16, 0.2, 40), at(-69.5, -16, -68, -16.02)...)), wrong: "from point 40", ring: 1, point: 21},
		"a place twice":              {a: zone(at(-69, -16, -68, -16, -68, -15, -68, -16)), wrong: "same place as point 2", ring: 1, point: 4},
		"a place twice in a row":     {a: Area{ID: "a", Kind: Border, Line: at(-69, -16, -69, -16)}, wrong: "same place as point 1", point: 2},
		"flat":                       {a: zone(at(-69, 0, -68, 0, -67, 0)), wrong: "one line", ring: 1},
		"hole outside":               {a: zone(square, circle(-60, -16, 0.1, 8)), wrong: "outside the outer ring", ring: 2, point: 1},
		"hole over the edge":         {a: zone(square, circle(-68, -15.5, 0.1, 8)), wrong: "crosses ring 1", ring: 2, point: 2},
		"hole that is a bow tie":     {a: zone(square, at(-68.8, -15.8, -68.2, -15.2, -68.2, -15.8, -68.8, -15.2)), wrong: "of hole 1", ring: 2, point: 1},
		"border that crosses itself": {
			a:     Area{ID: "a", Kind: Border, Line: at(-69, -16, -68, -16, -68, -15, -68.5, -17)},
			wrong: "crosses the one from point 3", point: 1,
		},
	} {
		err := tc.a.Check()
		if (err == nil) != (tc.wrong == "") || err != nil && !strings.Contains(err.Error(), tc.wrong) {
			t.Errorf("%s: %v; want %q", name, err, tc.wrong)
			continue
		}
		var shape *ShapeError
		if errors.As(err, &shape) && (shape.Ring != tc.ring || shape.Point != tc.point) {
			t.Errorf("%s: ring %d point %d (%v), want ring %d point %d", name, shape.Ring, shape.Point, err, tc.ring, tc.point)
		}
		if shape == nil && tc.point != 0 {
			t.Errorf("%s: %v names no point", name, err)
		}
	}
}

// TestScribbleIsRefused checks that a shape which would take for ever to check
// is told so.
func TestScribbleIsRefused(t *testing.T) {
	var ps []geo.Position
	for i := range 2400 { // long legs side by side
		x := float64(i) * 1e-4
		ps = append(ps, geo.Position{Lon: x, Lat: -16}, geo.Position{Lon: 1 + x, Lat: -15})
	}
	if err := (Area{ID: "a", Kind: FerryLane, Line: ps}).Check(); err == nil || !strings.Contains(err.Error(), "simplify") && !strings.Contains(err.Error(), "crosses") {
		t.Errorf("%v", err)
	}
}
