package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"atalaya/feed"
	"atalaya/feed/file"
	"atalaya/feed/format"
	"atalaya/feed/serial"
	"atalaya/feed/tcp"
	"atalaya/feed/udp"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/valid"
)

// feeds runs every registered feed and knows the health of each.
type feeds struct {
	clock    *Clock
	log      *slog.Logger
	exercise bool
	emit     func(context.Context, track.Input)

	mu      sync.RWMutex
	sensors valid.History[sensor.Sensor]
	meters  map[sensor.FeedID]*feed.Meter
	wg      sync.WaitGroup
}

func newFeeds(clock *Clock, log *slog.Logger, exercise bool, emit func(context.Context, track.Input)) *feeds {
	return &feeds{clock: clock, log: log, exercise: exercise, emit: emit, meters: map[sensor.FeedID]*feed.Meter{}}
}

// know takes versions of sensors.
func (f *feeds) know(changes []track.Change) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range changes {
		if c.Sensor != nil {
			if err := f.sensors.Put(*c.Sensor); err != nil {
				return fmt.Errorf("sensors: %w", err)
			}
		}
	}
	return nil
}

func (f *feeds) sensorAt(id sensor.ID, t time.Time) (sensor.Sensor, bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if t.IsZero() {
		return f.sensors.Latest(string(id))
	}
	return f.sensors.At(string(id), t)
}

// start runs a feed until ctx ends. One that may not run is shown as refused.
func (f *feeds) start(ctx context.Context, desc sensor.Feed) {
	m := feed.NewMeter(desc, f.clock.Now)
	f.mu.Lock()
	f.meters[desc.ID] = m
	f.mu.Unlock()
	src, err := f.source(desc, m)
	if err != nil {
		m.Refuse(err.Error())
		f.log.Error("feed refused", slog.String("feed", string(desc.ID)), slog.Any("error", err))
		return
	}
	f.wg.Go(func() {
		feed.Supervise(ctx, src, m, f.log, func(in track.Input) { f.emit(ctx, in) })
	})
}

// source builds a feed from its description, or says why it may not run.
func (f *feeds) source(desc sensor.Feed, m *feed.Meter) (*feed.Source, error) {
	s, ok := f.sensorAt(desc.Sensor, time.Time{})
	switch {
	case !ok:
		return nil, fmt.Errorf("sensor %q is not registered: register it, then restart", desc.Sensor)
	case s.Exercise != f.exercise || desc.Exercise != f.exercise:
		return nil, fmt.Errorf("the exercise and the world are kept apart: feed %q and sensor %q belong to the other", desc.ID, desc.Sensor)
	}
	t, err := transport(desc, f.clock.Now)
	if err != nil {
		return nil, err
	}
	st := format.Station{Feed: desc, Sensor: func(at time.Time) sensor.Sensor {
		if v, ok := f.sensorAt(desc.Sensor, at); ok {
			return v
		}
		return s
	}}
	if _, err := format.New(st); err != nil {
		return nil, err
	}
	return &feed.Source{
		Feed: desc, Transport: t, Meter: m,
		NewDecoder: func() feed.Decoder {
			d, err := format.New(st)
			if err != nil {
				panic(err) // the same description was good above
			}
			return d
		},
		Registered: func(at time.Time) bool {
			_, ok := f.sensorAt(desc.Sensor, at)
			return ok
		},
	}, nil
}

// meter finds the meter of a feed.
func (f *feeds) meter(id sensor.FeedID) *feed.Meter {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.meters[id]
}

// health gives the health of every feed, by name.
func (f *feeds) health() []sensor.Health {
	f.mu.RLock()
	ids := make([]sensor.FeedID, 0, len(f.meters))
	for id := range f.meters {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	meters := make([]*feed.Meter, len(ids))
	for i, id := range ids {
		meters[i] = f.meters[id]
	}
	f.mu.RUnlock()
	out := make([]sensor.Health, len(meters))
	for i, m := range meters {
		out[i] = m.Health()
	}
	return out
}

// transport makes what a feed's source names.
func transport(f sensor.Feed, now func() time.Time) (feed.Transport, error) {
	u, err := url.Parse(f.Source)
	if err != nil {
		return nil, fmt.Errorf("source of feed %q: %w", f.ID, err)
	}
	q := u.Query()
	wrong := func(err error) error {
		return fmt.Errorf("source %q of feed %q: %w: see 'atalaya config print' for the forms", f.Source, f.ID, err)
	}
	switch u.Scheme {
	case "udp":
		addr, err := netip.ParseAddrPort(u.Host)
		if err != nil {
			return nil, wrong(err)
		}
		return udp.New(udp.Config{Listen: addr, Interface: q.Get("interface"), Now: now}), nil
	case "tcp":
		return tcp.NewClient(tcp.ClientConfig{Address: u.Host, Now: now}), nil
	case "tcp-listen":
		return tcp.NewServer(tcp.ServerConfig{Listen: u.Host, Allowed: f.Allows, Now: now}), nil
	case "serial":
		baud := 38400 // IEC 61162-2
		if v := q.Get("baud"); v != "" {
			if baud, err = strconv.Atoi(v); err != nil {
				return nil, wrong(err)
			}
		}
		return serial.New(serial.Config{Device: u.Path, Baud: baud, Now: now}), nil
	case "file":
		speed := 1.0
		if v := q.Get("speed"); v != "" && v != "max" {
			if speed, err = strconv.ParseFloat(v, 64); err != nil {
				return nil, wrong(err)
			}
		} else if v == "max" {
			speed = 0
		}
		return file.New(file.Config{Path: u.Path, Speed: speed, Live: true, Now: now}), nil
	}
	return nil, wrong(fmt.Errorf("%q is no transport", u.Scheme))
}
