package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"atalaya/feed"
	"atalaya/feed/entered"
	"atalaya/feed/file"
	"atalaya/feed/format"
	"atalaya/feed/serial"
	"atalaya/feed/tcp"
	"atalaya/feed/udp"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/valid"
)

// Why a feed may not run.
var (
	errNoSensor = errors.New("the feed's sensor is not registered")       //nolint:gochecknoglobals // a sentinel
	errApart    = errors.New("the exercise and the world are kept apart") //nolint:gochecknoglobals // a sentinel
)

// feedsConfig is what feeds are made from.
type feedsConfig struct {
	Clock    *Clock
	Log      *slog.Logger
	Exercise bool
	// InForce gives the feeds that are to run at a time, Sensor the sensor in
	// force then; at the zero time the last version.
	InForce func(time.Time) []sensor.Feed
	Sensor  func(id sensor.ID, at time.Time) (sensor.Sensor, bool)
	// Recordings is the folder of which registered feeds may play files; nil:
	// none.
	Recordings *os.Root
	// Desk is where reports are entered.
	Desk *entered.Desk
	Emit func(context.Context, track.Input)
}

// feeds keeps every feed in force running and knows the health of each.
type feeds struct {
	feedsConfig
	wake chan struct{} // something changed

	mu     sync.RWMutex
	meters map[sensor.FeedID]*feed.Meter
}

func newFeeds(cfg feedsConfig) *feeds {
	return &feeds{feedsConfig: cfg, wake: make(chan struct{}, 1), meters: map[sensor.FeedID]*feed.Meter{}}
}

// changed says that a feed or a sensor may have changed. It never waits.
func (f *feeds) changed() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// line is a feed that runs, or that may not run.
type line struct {
	feed   sensor.Feed
	sensor uint32 // last version of its sensor at the start; 0: none
	stop   context.CancelFunc
	ended  chan struct{} // closed when it runs no more; nil: it may not run
}

// run keeps the feeds in force running until ctx ends, and waits for them.
func (f *feeds) run(ctx context.Context) {
	lines := map[sensor.FeedID]*line{}
	validity := time.NewTicker(time.Second) // begins and ends by the clock
	defer validity.Stop()
	for {
		f.settle(ctx, lines)
		select {
		case <-ctx.Done():
			for _, l := range lines {
				l.end()
			}
			return
		case <-f.wake:
		case <-validity.C:
		}
	}
}

// settle ends the feeds that are no more, or are now another version, and
// starts those that do not run. All end before one starts: a new one may want
// the port of an old one.
func (f *feeds) settle(ctx context.Context, lines map[sensor.FeedID]*line) {
	want := map[sensor.FeedID]sensor.Feed{}
	for _, desc := range f.InForce(f.Clock.Now()) {
		want[desc.ID] = desc
	}
	for id, l := range lines {
		desc, wanted := want[id]
		if wanted && desc.Valid.Number == l.feed.Valid.Number && !f.mayRunNow(l) {
			continue
		}
		l.end()
		delete(lines, id)
		if !wanted {
			f.mu.Lock()
			delete(f.meters, id)
			f.mu.Unlock()
			f.Log.Info("feed ended", slog.String("feed", string(id)))
		}
	}
	for id, desc := range want {
		if lines[id] == nil {
			lines[id] = f.start(ctx, desc)
		}
	}
}

// mayRunNow reports whether a feed that could not run is worth another try: its
// sensor has changed.
func (f *feeds) mayRunNow(l *line) bool {
	return l.ended == nil && l.sensor != f.version(l.feed.Sensor)
}

// version gives the number of the last version of a sensor; 0: there is none.
func (f *feeds) version(id sensor.ID) uint32 {
	s, ok := f.Sensor(id, time.Time{})
	if !ok {
		return 0
	}
	return s.Valid.Number
}

// end stops a feed and waits until it has ended.
func (l *line) end() {
	if l.ended != nil {
		l.stop()
		<-l.ended
	}
}

// start runs a feed until ctx ends. One that may not run is shown as refused.
// The counters of a feed that ran before go on.
func (f *feeds) start(ctx context.Context, desc sensor.Feed) *line {
	l := &line{feed: desc, sensor: f.version(desc.Sensor)}
	f.mu.Lock()
	m, ran := f.meters[desc.ID]
	if !ran {
		m = feed.NewMeter(desc, f.Clock.Now)
		f.meters[desc.ID] = m
	}
	f.mu.Unlock()
	log := f.Log.With(slog.String("feed", string(desc.ID)), slog.Uint64("version", uint64(desc.Valid.Number)))
	if ran {
		m.Renew(desc)
		log.Info("feed started anew")
	}
	src, err := f.source(desc, m)
	if err != nil {
		of := sensor.Cause{Code: sensor.CauseCannotRun, Sensor: desc.Sensor, Detail: err.Error()}
		switch {
		case errors.Is(err, errNoSensor):
			of.Code = sensor.CauseNoSensor
		case errors.Is(err, errApart):
			of.Code = sensor.CauseApart
		}
		m.Refuse(of, err.Error())
		log.Error("feed refused", slog.Any("error", err))
		return l
	}
	ctx, l.stop = context.WithCancel(ctx)
	l.ended = make(chan struct{})
	go func() {
		defer close(l.ended)
		feed.Supervise(ctx, src, m, f.Log, func(in track.Input) { f.Emit(ctx, in) })
	}()
	return l
}

// source builds a feed from its description, or says why it may not run.
func (f *feeds) source(desc sensor.Feed, m *feed.Meter) (*feed.Source, error) {
	s, ok := f.Sensor(desc.Sensor, time.Time{})
	switch {
	case !ok:
		return nil, fmt.Errorf("%w: register sensor %q", errNoSensor, desc.Sensor)
	case s.Exercise != f.Exercise || desc.Exercise != f.Exercise:
		return nil, fmt.Errorf("%w: feed %q or sensor %q belongs to the other", errApart, desc.ID, desc.Sensor)
	}
	t, err := f.transport(desc)
	if err != nil {
		return nil, err
	}
	st := format.Station{Feed: desc, Sensor: func(at time.Time) sensor.Sensor {
		if v, ok := f.Sensor(desc.Sensor, at); ok {
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
			_, ok := f.Sensor(desc.Sensor, at)
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

// messages gives what a feed brought after a message, and waits for more.
func (f *feeds) messages(ctx context.Context, id sensor.FeedID, after uint64, wait time.Duration) (sensor.Tapped, bool) {
	m := f.meter(id)
	if m == nil {
		return sensor.Tapped{}, false
	}
	return m.Messages(ctx, after, wait), true
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
func (f *feeds) transport(desc sensor.Feed) (feed.Transport, error) {
	now := f.Clock.Now
	u, err := url.Parse(desc.Source)
	if err != nil {
		return nil, fmt.Errorf("source of feed %q: %w", desc.ID, err)
	}
	q := u.Query()
	wrong := func(err error) error {
		return valid.In("source", fmt.Errorf("source %q of feed %q: %w: see 'atalaya config print' for the forms", desc.Source, desc.ID, err))
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
		return tcp.NewServer(tcp.ServerConfig{Listen: u.Host, Allowed: desc.Allows, Now: now}), nil
	case "serial":
		baud := 38400 // IEC 61162-2
		if v := q.Get("baud"); v != "" {
			if baud, err = strconv.Atoi(v); err != nil {
				return nil, wrong(err)
			}
		}
		return serial.New(serial.Config{Device: u.Path, Baud: baud, Now: now}), nil
	case "desk":
		return f.Desk, nil
	case "file":
		speed := 1.0
		if v := q.Get("speed"); v != "" && v != "max" {
			if speed, err = strconv.ParseFloat(v, 64); err != nil {
				return nil, wrong(err)
			}
		} else if v == "max" {
			speed = 0
		}
		cfg := file.Config{Path: u.Path, Speed: speed, Live: true, Now: now}
		if inside, ok := f.recording(u.Path); ok {
			cfg.Root, cfg.Path = f.Recordings, inside
		}
		return file.New(cfg), nil
	}
	return nil, wrong(fmt.Errorf("%q is no transport", u.Scheme))
}

// recording gives the place of a file inside the folder of recordings, if it
// lies there.
func (f *feeds) recording(path string) (inside string, ok bool) {
	if f.Recordings == nil {
		return "", false
	}
	inside, err := filepath.Rel(f.Recordings.Name(), path)
	return inside, err == nil && filepath.IsLocal(inside)
}

// playable says why a feed that is registered while the program runs may not
// play a file: who administers feeds must not read any file of the computer.
func (f *feeds) playable(desc *sensor.Feed) error {
	u, err := url.Parse(desc.Source)
	if err != nil {
		return fmt.Errorf("source of feed %q: %w", desc.ID, err)
	}
	if f.Recordings == nil {
		return fmt.Errorf("feed %q plays a file, and no folder of recordings is configured: set 'recordings'", desc.ID)
	}
	if _, ok := f.recording(u.Path); !ok {
		return fmt.Errorf("feed %q plays %s, which is not in the folder of recordings: put it in %s", desc.ID, u.Path, f.Recordings.Name())
	}
	return nil
}
