// Package exercise is the simulated world: boats, ferries, light aircraft, a
// radar, a drone and a patrol boat on Lake Titicaca and its border. It speaks
// the real protocols over real sockets, as real gear would, and knows nothing
// of the program that listens. Some boats are not what they say (deceit.go), and
// where there are mountains, no gear looks through them (sight.go).
//
// The gear, from Config.Port on:
//
//	+0  UDP   AIS station A sends sentences to this port
//	+1  TCP   AIS station B serves sentences here (it hears much of what A hears)
//	+2  UDP   the shore radar sends ASTERIX 048 and 034 to this port
//	+3  TCP   the ADS-B receiver serves Beast frames here
//	+4  UDP   the drone sends MAVLink 2 to this port
//	+5  TCP   the patrol boat's radar connects to this port and sends NMEA 0183
//	+6  HTTP  the camera at the harbour is asked and turned here by ONVIF
package exercise

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"atalaya/geo"
)

// Config sets the world.
type Config struct {
	Seed   uint64
	Boats  int // with AIS, ferries included
	Dark   int // without, seen by radar only
	Planes int
	Port   int // first port
	Cross  time.Duration
	// Deceive is when, after the start, a boat switches its AIS off and two others
	// swap identities.
	Deceive time.Duration
	// Report makes every boat with AIS report so often, for load; 0: as often
	// as the standard asks.
	Report time.Duration
	Clock  func() time.Time
	Log    *slog.Logger
}

// World is the simulated world.
type World struct {
	cfg      Config
	geo      *geography
	begin    time.Time
	mu       sync.Mutex // guards the movers' legs and when they report
	movers   []*mover
	drone    *mover
	patroler *mover
	lane     geo.Line // of the ferries over the border
	stationB *server
	beast    *server
	camera   *Camera
	ground   atomic.Pointer[ground] // nil: nothing hides
}

// New makes the world, starts its time and opens the ports that it serves. Run
// closes them.
func New(ctx context.Context, cfg Config) (*World, error) {
	g, err := newGeography()
	if err != nil {
		return nil, fmt.Errorf("exercise: %w", err)
	}
	w := &World{cfg: cfg, geo: g, begin: cfg.Clock()}
	r := random(cfg.Seed)
	places := g.crossings(4000, 24_000, 2500)
	const crossers = 2 // the first two smugglers, and one lane for the ferries
	if len(places) < crossers+1 {
		return nil, errors.New("exercise: the base map leaves no room to cross the border on water")
	}
	lane := places[0] // the farthest from the radar, so that the lane is away from the smugglers
	a, _ := geo.Direct(lane.at, lane.toPeru+180, 2500)
	b, _ := geo.Direct(lane.at, lane.toPeru, 2500)
	w.lane = geo.Line{a, b}
	w.boats(r)
	w.smugglers(r, places[len(places)/3:])
	w.aircraft(r)
	w.ours(r)
	w.deceivers()
	for _, m := range w.all() {
		m.next(m, w.begin)
	}
	if w.stationB, err = newServer(ctx, w.port(1), cfg.Log); err != nil {
		return nil, fmt.Errorf("exercise: %w", err)
	}
	if w.beast, err = newServer(ctx, w.port(3), cfg.Log); err != nil {
		w.stationB.close()
		return nil, fmt.Errorf("exercise: %w", err)
	}
	if w.camera, err = NewCamera(ctx, CameraConfig{Listen: w.port(6), Clock: cfg.Clock, Log: cfg.Log}); err != nil {
		w.stationB.close()
		w.beast.close()
		return nil, fmt.Errorf("exercise: %w", err)
	}
	return w, nil
}

// Camera gives the camera at the harbour.
func (w *World) Camera() *Camera { return w.camera }

// all gives every mover.
func (w *World) all() []*mover { return append(slices.Clone(w.movers), w.drone) }

// The maritime identification digits of Bolivia and Peru (ITU).
const (
	bolivia = 720_000_000
	peru    = 760_000_000
)

func (w *World) boats(r *rand.Rand) {
	const ferries = 4
	// A crowd larger than the lake near the radar holds spreads out.
	within, room := 30_000.0, 1500.0
	for i := range w.cfg.Boats {
		m := &mover{class: fisher, reported: w.begin.Add(time.Duration(r.Float64() * float64(2*time.Second)))}
		switch {
		case i < ferries:
			m.class, m.mmsi, m.name = ferry, uint32(bolivia+100+i), fmt.Sprintf("FERRY %d", i+1)
			berths := w.abreast(float64(2*i-ferries+1) / 2 * 50)
			m.from = berths[i%2]
			m.next = shuttle(berths[i%2], berths[1-i%2], 6+r.Float64()*2, time.Duration(20+20*i)*time.Second)
		default:
			m.from = w.geo.spot(r, within, room)
			m.mmsi, m.name = uint32(peru+1000+i), fmt.Sprintf("PESCADOR %d", i)
			if w.geo.home(m.from) {
				m.mmsi = uint32(bolivia + 1000 + i)
			}
			m.next = w.geo.wander(r.Uint64(), 2.5, room/2, fishes)
		}
		w.movers = append(w.movers, m)
	}
}

// abreast is the way of a ferry beside the middle of the lane: no two are in one
// place.
func (w *World) abreast(metres float64) (berths [2]geo.Position) {
	_, course, _ := geo.Inverse(w.lane[0], w.lane[1])
	for i, end := range w.lane {
		berths[i], _ = geo.Direct(end, course+90, metres)
	}
	return berths
}

// smugglers adds the boats without AIS. The first crosses soon, and so does a
// boat with AIS that switches nothing off; the others fish, and cross later.
func (w *World) smugglers(r *rand.Rand, places []crossing) {
	cross := w.begin.Add(w.cfg.Cross)
	const apart, later = 25 * time.Second, 15 * time.Minute
	// The boat with AIS first says where it is when everybody surely listens: what
	// it says at the very beginning may be lost, and next it would be across.
	const listening = 5 * time.Second
	const speed, beyond = 8.0, 2400.0
	w.movers = append(w.movers, &mover{
		class: fisher, mmsi: bolivia + 77, name: "ILLIMANI", reported: w.begin.Add(listening),
		next: smuggle(places[len(places)/2], cross, speed, beyond),
	})
	for i := range w.cfg.Dark {
		m := &mover{class: dark, name: fmt.Sprintf("dark %d", i+1)}
		switch i {
		case 0:
			m.next = smuggle(places[len(places)*3/4], cross.Add(apart), speed, beyond)
		case 1:
			m.next = smuggle(places[len(places)/4], cross.Add(later), speed, beyond)
		default:
			m.from = w.geo.spot(r, 15_000, 1500)
			m.next = w.geo.wander(r.Uint64(), 2, 800, fishes)
		}
		w.movers = append(w.movers, m)
	}
}

func (w *World) aircraft(r *rand.Rand) {
	for i := range w.cfg.Planes {
		var places []geo.Position
		for range 4 {
			p, _ := geo.Direct(radarSite, r.Float64()*360, 10_000+r.Float64()*45_000)
			places = append(places, p)
		}
		w.movers = append(w.movers, &mover{
			class: plane, icao: 0xE94000 + uint32(i), name: fmt.Sprintf("CPX%d", 100+i),
			// Over every mountain within 55 km of the radar.
			height: 5700 + r.Float64()*1300, next: fly(places, 55+r.Float64()*30),
		})
	}
}

// ours adds what belongs to us: a drone and a patrol boat.
func (w *World) ours(r *rand.Rand) {
	const far = 6000.0    // from the border: ours stay on our side
	const around = 1500.0 // m that the drone flies around its place
	centre := w.homely(r, 12_000, far)
	for w.geo.lake.Distance(centre) > -around-shore { // over the water all the way round
		centre = w.homely(r, 12_000, far)
	}
	var ring []geo.Position
	for i := range 6 {
		p, _ := geo.Direct(centre, float64(i)*60, around)
		ring = append(ring, p)
	}
	w.drone = &mover{name: "drone", height: lakeLevel + droneAbove, next: fly(ring, 14)}
	w.patroler = &mover{
		class: patrol, mmsi: bolivia + 1, name: "PATRULLA 1", reported: w.begin, from: centre,
		next: w.geo.wander(r.Uint64(), 7, far/2, underWay),
	}
	w.movers = append(w.movers, w.patroler)
}

// where gives a mover's position, course and speed.
func (w *World) where(m *mover, now time.Time) (geo.Position, float64, float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m.advance(now)
	return m.at(now)
}

// Run lets the gear send until ctx ends, or a socket cannot be had.
func (w *World) Run(ctx context.Context) error {
	defer w.stationB.close()
	defer w.beast.close()
	defer w.camera.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	parts := []func(context.Context) error{w.runAIS, w.runRadar, w.runADSB, w.runDrone, w.runPatrol}
	errs := make(chan error, len(parts))
	for _, part := range parts {
		go func() {
			err := part(ctx)
			if err != nil {
				cancel()
			}
			errs <- err
		}()
	}
	var all []error
	for range parts {
		if err := <-errs; err != nil && !errors.Is(err, context.Canceled) {
			all = append(all, err)
		}
	}
	if err := errors.Join(all...); err != nil {
		return fmt.Errorf("exercise: %w", err)
	}
	return nil
}

// each calls do at every tick until ctx ends.
func each(ctx context.Context, every time.Duration, clock func() time.Time, do func(time.Time) error) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := do(clock()); err != nil {
				return err
			}
		}
	}
}

func (w *World) port(n int) string { return fmt.Sprintf("127.0.0.1:%d", w.cfg.Port+n) }
