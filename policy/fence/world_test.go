package fence

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"atalaya/area"
	"atalaya/geo"
	"atalaya/internal/basemap"
	"atalaya/valid"
)

// builtIn gives the borders of the base map as areas.
func builtIn() ([]area.Area, error) {
	stretches, err := basemap.Borders()
	if err != nil {
		return nil, err
	}
	var out []area.Area
	for i, b := range stretches {
		out = append(out, area.Area{
			ID: area.ID(b.Name + "-" + string(rune('a'+i))), Kind: area.Border, Valid: valid.Record{Number: 1}, Line: b.Line,
			Left: b.Left, Right: b.Right, Accuracy: b.Accuracy, Demonstration: b.Demonstration,
		})
	}
	return out, nil
}

var bolivia = sync.OnceValues(func() ([]Border, error) {
	areas, err := builtIn()
	if err != nil {
		return nil, err
	}
	return Borders("BOL", areas)
})

func neighbours(t testing.TB) []Border {
	t.Helper()
	borders, err := bolivia()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(borders)
}

// lake is an area on Lake Titicaca with an island as a hole, one corner near
// the border, a no-look zone, and all neighbours of Bolivia.
func lake(t testing.TB) Bounds {
	t.Helper()
	borders := neighbours(t)
	for i := range borders {
		borders[i].Accuracy = 20
		borders[i].Lines = slices.Clone(borders[i].Lines)
	}
	return Bounds{
		Area: Zone{ID: "lake", Version: 1, Accuracy: 5, Polygon: geo.Polygon{
			{{Lat: -16.3, Lon: -69.1}, {Lat: -15.75, Lon: -69.25}, {Lat: -15.9, Lon: -68.75}, {Lat: -16.1, Lon: -68.9}, {Lat: -16.25, Lon: -68.6}},
			{{Lat: -16.05, Lon: -69.03}, {Lat: -16.0, Lon: -69.0}, {Lat: -16.05, Lon: -68.97}},
		}},
		NoLook: []Zone{{ID: "village", Version: 2, Accuracy: 10, Polygon: geo.Polygon{
			{{Lat: -15.92, Lon: -68.93}, {Lat: -15.9, Lon: -68.93}, {Lat: -15.9, Lon: -68.9}, {Lat: -15.92, Lon: -68.9}},
		}}},
		Borders: borders, Standoff: 2000, Sigma: 3, MaxAge: 5, MaxClock: 1,
	}
}

func mustNew(t testing.TB, b Bounds) *Fence {
	t.Helper()
	f, err := New(b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// quiet is a command that passes in the lake.
func quiet() Command {
	at := geo.Position{Lat: -16.1, Lon: -69.0}
	return Command{
		Judged:  noon.Add(200 * time.Millisecond),
		Pose:    Pose{Known: true, At: at, Time: noon, Accuracy: 3, Clock: 0.1},
		Vehicle: Vehicle{Exercise: true, Speed: 15, Braking: 2, Latency: 0.5},
		Wind:    Wind{Speed: 8, Drift: 2},
		Way:     []geo.Position{{Lat: -16.12, Lon: -69.03}, {Lat: -16.14, Lon: -68.97}},
		Loss:    Loss{Act: LossReturn, Home: geo.Position{Lat: -16.13, Lon: -68.95}, Stows: true},
		Look:    &Look{Outlines: []Outline{square(at, 300), square(geo.Position{Lat: -16.12, Lon: -69.03}, 300)}, Between: 20, Sigma: 3, Error: 2},
	}
}

func square(at geo.Position, half float64) Outline {
	pl := geo.NewPlane(at)
	return Outline{Ring: geo.Ring{pl.Position(-half, -half), pl.Position(half, -half), pl.Position(half, half), pl.Position(-half, half)}}
}

func reportOf(c Command) Report {
	return Report{Judged: c.Judged, Exercise: c.Vehicle.Exercise, Pose: c.Pose, Speed: c.Vehicle.Speed, Look: c.Look}
}

func nan() float64 { return math.NaN() }

// around gives a position at most metres away.
func around(r *rand.Rand, p geo.Position, metres float64) geo.Position {
	q, _ := geo.Direct(p, 360*r.Float64(), metres*r.Float64())
	return q
}

// near gives a position at most metres from the bounds' outlines.
func near(r *rand.Rand, b *Bounds, metres float64) geo.Position {
	var lines []geo.Line
	for _, z := range append([]Zone{b.Area}, b.NoLook...) {
		for _, ring := range z.Polygon {
			lines = append(lines, append(geo.Line(ring), ring[0]))
		}
	}
	for _, n := range b.Borders {
		lines = append(lines, n.Lines...)
	}
	for {
		l := lines[r.IntN(len(lines))]
		i := r.IntN(len(l) - 1)
		if geo.Distance(l[i], b.Area.Polygon[0][0]) > 200e3 {
			continue // there the lines of the base map contradict each other
		}
		m, bearing, _ := geo.Inverse(l[i], l[i+1])
		on, _ := geo.Direct(l[i], bearing, m*r.Float64())
		return around(r, on, metres)
	}
}
