package exercise

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"atalaya/codec/asterix"
	"atalaya/geo"
)

// sectors of one turn of the antenna, with a message for each.
const sectors = 32

// clutter is how many false plots a turn has, on average.
const clutter = 4.0

// antenna is the state of the shore radar.
type antenna struct {
	w      *World
	r      *rand.Rand
	out    func([]byte) error
	sector int
	plane  geo.Plane // around the radar
	source asterix.Source
}

// runRadar turns the shore radar: plots of everything in range on the lake
// and above it that no mountain hides, with misses, errors and clutter, a data block a sector
// (category 048), and the antenna's place (category 034).
func (w *World) runRadar(ctx context.Context) error {
	out, err := newSender(w.port(2))
	if err != nil {
		return err
	}
	return each(ctx, turn/sectors, w.cfg.Clock, w.antenna(out.send).sweep)
}

func (w *World) antenna(out func([]byte) error) *antenna {
	return &antenna{
		w: w, r: rand.New(rand.NewPCG(w.cfg.Seed, 2)), out: out, //nolint:gosec // a world, no secret
		plane:  geo.NewPlane(radarSite),
		source: asterix.Source{SAC: radarSAC, SIC: radarSIC},
	}
}

// sweep sends what the antenna saw in the sector that it leaves.
func (a *antenna) sweep(now time.Time) error {
	from := float64(a.sector) * 360 / sectors
	records, err := a.plots(now, from, from+360.0/sectors)
	if err != nil {
		return err
	}
	if len(records) > 0 {
		if err := a.block(48, records...); err != nil {
			return err
		}
	}
	a.sector = (a.sector + 1) % sectors
	mark := asterix.ServiceMessage{
		Has:    asterix.HasTime | asterix.HasSector | asterix.HasRotation,
		Source: a.source, TimeOfDay: ofDay(now), Type: asterix.SectorCrossing,
		SectorDeg: float64(a.sector) * 360 / sectors, RotationPeriod: turn,
	}
	if a.sector == 0 {
		mark.Type, mark.Has = asterix.NorthMarker, asterix.HasTime|asterix.HasRotation
	}
	record, err := mark.Append(nil)
	if err != nil {
		return fmt.Errorf("encode a service message: %w", err)
	}
	return a.block(34, record)
}

func (a *antenna) block(category uint8, records ...[]byte) error {
	b, err := asterix.AppendBlock(nil, category, records...)
	if err != nil {
		return fmt.Errorf("encode a data block: %w", err)
	}
	return a.out(b)
}

func (a *antenna) plots(now time.Time, from, to float64) ([][]byte, error) {
	var out [][]byte
	add := func(t asterix.TargetReport) error {
		record, err := t.Append(nil)
		if err != nil {
			return fmt.Errorf("encode a plot: %w", err)
		}
		out = append(out, record)
		return nil
	}
	for _, m := range a.w.all() {
		p, _, _ := a.w.where(m, now)
		if !a.maybe(p, (from+to)/2) {
			continue
		}
		rng, bearing, _ := geo.Inverse(radarSite, p)
		if bearing = geo.WrapBearing(bearing); rng > radarRange || bearing < from || bearing >= to || a.r.Float64() > radarSeen {
			continue
		}
		plot := a.plot(m, rng, bearing, now)
		if !a.w.atCalvario(m, p) {
			continue
		}
		if err := add(plot); err != nil {
			return nil, err
		}
	}
	for range poisson(a.r, clutter/sectors) {
		rng := radarRange * math.Sqrt(a.r.Float64())
		bearing := from + (to-from)*a.r.Float64()
		if err := add(a.echo(rng, bearing, now)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// maybe tells from a flat earth whether a place can lie in range and in the
// sector around a bearing: a geodesic for every boat would cost the world more
// than all its messages.
func (a *antenna) maybe(p geo.Position, middle float64) bool {
	const slack = 1.02 // of the range; and a degree of the bearing
	east, north := a.plane.XY(p)
	if math.Hypot(east, north) > slack*radarRange {
		return false
	}
	off := math.Remainder(math.Atan2(east, north)*180/math.Pi-middle, 360)
	return math.Abs(off) < 180.0/sectors+1
}

// echo is what the primary radar says of anything.
func (a *antenna) echo(rng, bearing float64, now time.Time) asterix.TargetReport {
	return asterix.TargetReport{
		Has:    asterix.HasTime | asterix.HasDescriptor | asterix.HasPolar,
		Source: a.source, TimeOfDay: ofDay(now), Detection: asterix.PSR,
		RangeM: max(rng, 0), AzimuthDeg: geo.WrapBearing(bearing),
	}
}

func (a *antenna) plot(m *mover, rng, bearing float64, now time.Time) asterix.TargetReport {
	if m.height > 0 { // slant range
		up := m.height - (radarGround + mast)
		rng = math.Sqrt(rng*rng + up*up)
	}
	t := a.echo(rng+rangeSD*a.r.NormFloat64(), bearing+bearingSD*a.r.NormFloat64(), now)
	if m.icao != 0 {
		t.Has |= asterix.HasMode3A | asterix.HasLevel | asterix.HasAddress
		t.Detection = asterix.RollCallPSR
		t.Mode3A.Code = 0o1200
		t.Level.M = m.height
		t.Address = m.icao
	}
	return t
}

func ofDay(now time.Time) time.Duration {
	now = now.UTC()
	return now.Sub(now.Truncate(24 * time.Hour))
}

// poisson draws how many things of a mean number happen (Knuth).
func poisson(r *rand.Rand, mean float64) int {
	n, p, limit := 0, r.Float64(), math.Exp(-mean)
	for p > limit {
		n++
		p *= r.Float64()
	}
	return n
}
