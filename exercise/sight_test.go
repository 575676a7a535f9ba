package exercise

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"atalaya/exercise/relief"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/terrain"
	"atalaya/terrain/sight"
)

// mountains are those of the first seed.
var mountains = sync.OnceValues(func() (*terrain.Grid, error) { return relief.Make(relief.Config{Seed: 1}) }) //nolint:gochecknoglobals // made once

// raise lets mountains stand in a world.
func raise(t testing.TB, w *World) *terrain.Grid {
	t.Helper()
	g, err := mountains()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Raise(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	return g
}

// TestHidden: what stands behind a mountain is told of by no gear; of all else the
// gear says exactly what it says without mountains. Where they stand is told by
// lines of sight, one for each observation.
func TestHidden(t *testing.T) {
	room := func() *watchroom {
		cfg := usual(t)
		cfg.Report, cfg.Planes = 10*time.Second, 20
		v := newWatchroom(t, cfg)
		v.heard = []obs.Observation{}
		return v
	}
	plain, raised, truth := room(), room(), room()
	ground := raise(t, raised.w)
	const lasts = 250 * time.Second // one aircraft is behind the cordillera then
	plain.until(lasts)
	raised.until(lasts)
	said := func(o obs.Observation) string {
		return fmt.Sprint(o.Sensor, o.Received, o.Measure, o.Position, o.Bearing, o.Range, o.Claims)
	}
	hears := map[string]int{}
	for _, o := range raised.heard {
		hears[said(o)]++
	}
	masts := map[sensor.ID]geo.Position{"ais-a": harbourSite, "ais-b": radarSite, "radar-1": radarSite, "adsb-1": radarSite}
	shown, hidden := map[sensor.ID]int{}, map[sensor.ID]int{}
	for _, o := range plain.heard {
		heard := hears[said(o)] > 0
		hears[said(o)]--
		if heard {
			shown[o.Sensor]++
		} else {
			hidden[o.Sensor]++
		}
		if o.Sensor == "adsb-1" && o.Received.Second()%10 != 0 { // there are many
			continue
		}
		m := truth.whose(o)
		if m == nil || o.Sensor == "drone-7" { // clutter, and what tells of itself
			if !heard {
				t.Errorf("%s at %v lacks what no mountain hides: %v", o.Sensor, o.Received, o.Position)
			}
			continue
		}
		margin := truth.margin(t, ground, m, masts[o.Sensor], o)
		const doubt = 8 // m, between one place of a post and another
		switch {
		case margin > doubt && !heard:
			t.Errorf("%s does not hear of %s, which shows by %.0f m", o.Sensor, m.name, margin)
		case margin < -doubt && heard:
			t.Errorf("%s hears of %s, which is hidden by %.0f m", o.Sensor, m.name, -margin)
		}
	}
	for _, n := range hears {
		if n > 0 {
			t.Error("something is heard with mountains only")
		}
	}
	for id := range masts {
		if shown[id] == 0 || hidden[id] == 0 {
			t.Errorf("%s: %d shown, %d hidden: the test sees nothing", id, shown[id], hidden[id])
		}
	}
	if shown["patrol-radar"] == 0 || shown["drone-7"] == 0 {
		t.Errorf("shown: %v", shown)
	}
}

// whose gives the mover that an observation is of; nil: it is a false plot.
func (v *watchroom) whose(o obs.Observation) (who *mover) {
	least := 400.0 // m: of the radar's errors at its range
	mmsi4, named := o.Claimed(obs.MMSI)
	icao, aloft := o.Claimed(obs.ICAO)
	if named || aloft {
		least = math.Inf(1)
	}
	for _, m := range v.w.all() {
		if named && mmsi(m.says(o.Received).mmsi) != mmsi4 || aloft && hex(m.icao) != icao {
			continue
		}
		d := 0.0
		p, _, _ := v.w.where(m, o.Received)
		switch o.Measure {
		case obs.Place:
			d = geo.Distance(p, o.Position)
		case obs.RangeBearing: // 5 standard deviations
			d = geo.Distance(p, o.Position)
			rng, bearing, _ := geo.Inverse(o.Origin, p)
			if m.height == 0 && (math.Abs(rng-o.Range) > 5*o.RangeSD || math.Abs(math.Remainder(bearing-o.Bearing, 360)) > 5*o.BearingSD) {
				continue
			}
		default:
		}
		if d < least {
			least, who = d, m
		}
	}
	return who
}

// margin is by how much a mover shows at a mast, or on the patrol boat's bridge.
func (v *watchroom) margin(t *testing.T, ground *terrain.Grid, m *mover, from geo.Position, o obs.Observation) float64 {
	t.Helper()
	eye := geo.GroundHeight(mast).Height()
	if o.Sensor == "patrol-radar" {
		from, _, _ = v.w.where(v.w.patroler, o.Received)
		eye = geo.GroundHeight(bridgeMast).Height()
	}
	p, _, _ := v.w.where(m, o.Received)
	h := geo.GroundHeight(masthead).Height()
	if m.height > 0 {
		h = geo.SeaHeight(m.height).Height()
	}
	l, err := sight.LineOfSight(ground, sight.Line{From: sight.Observer{At: from, Height: eye}, To: sight.Observer{At: p, Height: h}, Refraction: sight.Radio()})
	if err != nil {
		t.Fatal(err)
	}
	return l.Margin
}

// TestPatrolRadarSeesNoHill: the patrol boat does not see through Isla del Sol.
func TestPatrolRadarSeesNoHill(t *testing.T) {
	w := newWorld(t, usual(t))
	top := geo.Position{Lat: -16.02056, Lon: -69.17639}
	own, _ := geo.Direct(top, 50, 2600)
	across, _ := geo.Direct(top, 230, 2600)
	beside, _ := geo.Direct(own, 140, 2000)
	if !w.atBridge(own, across) || !w.atBridge(own, beside) {
		t.Error("something is hidden without mountains")
	}
	raise(t, w)
	if w.atBridge(own, across) || !w.atBridge(own, beside) {
		t.Errorf("across the island %v, beside it %v", w.atBridge(own, across), w.atBridge(own, beside))
	}
}

func BenchmarkShows(b *testing.B) {
	w := newWorld(b, usual(b))
	raise(b, w)
	m := w.movers[10]
	p, _, _ := w.where(m, begin)
	for b.Loop() {
		w.atCalvario(m, p)
	}
}
