package app

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"atalaya/area"
	"atalaya/codec"
	"atalaya/feed"
	"atalaya/feed/file"
	"atalaya/feed/format"
	"atalaya/internal/basemap"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/valid"
)

// recordings are files that are read side by side, each on a goroutine of its
// own, and merged by receive time.
type recordings struct {
	changes []track.Change // what the observations are judged by
	files   []*recording
	cancel  context.CancelFunc
	wg      sync.WaitGroup
}

// recording is one file.
type recording struct {
	name    string
	meter   *feed.Meter
	batches chan []track.Input
	ended   error // after batches is closed
}

// openRecordings starts reading. Every file gets a sensor of its own, unless
// one of the configuration's is named.
func openRecordings(ctx context.Context, cfg Config, r ReplayConfig) (*recordings, error) {
	changes, err := cfg.seeds(time.Time{})
	if err != nil {
		return nil, err
	}
	changes = append(changes, lacking(changes, time.Time{})...)
	ctx, cancel := context.WithCancel(ctx)
	out := &recordings{changes: changes, cancel: cancel}
	var done progress
	done.tell = r.Progress
	for i, name := range r.Files {
		if err := out.open(ctx, i, name, r, &done); err != nil {
			out.close()
			return nil, err
		}
	}
	return out, nil
}

func (rs *recordings) open(ctx context.Context, i int, name string, r ReplayConfig, done *progress) error {
	kind, err := recognise(name, r.Format)
	if err != nil {
		return err
	}
	id := fmt.Sprintf("recording-%d", i+1)
	s := sensor.Sensor{
		ID: sensor.ID(id), Name: filepath.Base(name), Kind: sensorKind(kind),
		Valid: valid.Record{Number: 1, By: "replay", Reason: "made the recording " + filepath.Base(name)},
	}
	registered := false
	for _, c := range rs.changes {
		if c.Sensor != nil && string(c.Sensor.ID) == r.Sensor {
			s, registered = *c.Sensor, true
		}
	}
	switch {
	case r.Sensor != "" && !registered:
		return fmt.Errorf("sensor %q is not in the configuration: name a registered one, or leave --sensor out", r.Sensor)
	case !registered:
		rs.changes = append(rs.changes, track.Change{Sensor: &s})
	}
	desc := sensor.Feed{
		ID: sensor.FeedID(id), Sensor: s.ID, Format: kind, Source: "file://" + name, Proven: true, Silent: time.Hour,
		MAVLink1: true, Valid: valid.Record{Number: 1, By: "replay"},
	}
	rs.changes = append(rs.changes, track.Change{Feed: &desc})
	rec := &recording{name: name, batches: make(chan []track.Input, 8), meter: feed.NewMeter(desc, time.Now)}
	rs.files = append(rs.files, rec)
	st := format.Station{Feed: desc, Sensor: func(time.Time) sensor.Sensor { return s }}
	if _, err := format.New(st); err != nil {
		return err
	}
	damage := feed.NewOut(rec.meter, nil)
	src := &feed.Source{
		Feed: desc, Meter: rec.meter, Registered: func(time.Time) bool { return true },
		Transport: file.New(file.Config{
			Path: name, Progress: done.part(i), Bad: func(b *codec.Bad) { damage.Bad(b) },
		}),
		NewDecoder: func() feed.Decoder {
			d, err := format.New(st)
			if err != nil {
				panic(err) // the same description was good above
			}
			return d
		},
	}
	rs.wg.Go(func() { rec.read(ctx, src) })
	return nil
}

// batchSize is how many inputs go over a channel at once.
const batchSize = 512

func (rec *recording) read(ctx context.Context, src feed.Feed) {
	defer close(rec.batches)
	var batch []track.Input
	hand := func() {
		select {
		case rec.batches <- batch:
		case <-ctx.Done():
		}
		batch = make([]track.Input, 0, batchSize)
	}
	err := src.Run(ctx, func(in track.Input) {
		if batch = append(batch, in); len(batch) >= batchSize {
			hand()
		}
	})
	if len(batch) > 0 {
		hand()
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		rec.ended = fmt.Errorf("%s: %w", rec.name, err)
	}
}

// inputs yields what the recording holds, in its own order.
func (rec *recording) inputs(yield func(track.Input) bool) {
	for batch := range rec.batches {
		for _, in := range batch {
			if !yield(in) {
				return
			}
		}
	}
}

// merged yields the inputs of all files by receive time; of equal times those
// of the earlier file first, so the order is the same in every replay. A file
// whose times go back is read on until they go forward again.
func (rs *recordings) merged() iter.Seq[track.Input] {
	return func(yield func(track.Input) bool) {
		type head struct {
			in   track.Input
			at   time.Time
			next func() (track.Input, bool)
		}
		var heads []*head
		for _, rec := range rs.files {
			next, stop := iter.Pull(iter.Seq[track.Input](rec.inputs))
			defer stop()
			if in, ok := next(); ok {
				heads = append(heads, &head{in, received(&in), next})
			}
		}
		for len(heads) > 0 {
			first := 0
			for i, h := range heads {
				if h.at.Before(heads[first].at) {
					first = i
				}
			}
			h := heads[first]
			if !yield(h.in) {
				return
			}
			in, ok := h.next()
			if !ok {
				heads = append(heads[:first], heads[first+1:]...)
				continue
			}
			h.in = in
			if at := received(&in); at.After(h.at) {
				h.at = at
			}
		}
	}
}

func (rs *recordings) close() {
	rs.cancel()
	for _, rec := range rs.files {
		for range rec.batches { // until its reader has gone
		}
	}
	rs.wg.Wait()
}

// err gives why files could not be read to their ends.
func (rs *recordings) err() error {
	var errs []error
	for _, rec := range rs.files {
		errs = append(errs, rec.ended)
	}
	return errors.Join(errs...)
}

func (rs *recordings) meters() []*feed.Meter {
	out := make([]*feed.Meter, len(rs.files))
	for i, rec := range rs.files {
		out[i] = rec.meter
	}
	return out
}

// progress adds up the progress of several files.
type progress struct {
	tell func(done, total int64)
	mu   sync.Mutex
	all  map[int][2]int64
}

func (p *progress) part(i int) func(done, total int64) {
	if p.tell == nil {
		return nil
	}
	return func(done, total int64) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.all == nil {
			p.all = map[int][2]int64{}
		}
		p.all[i] = [2]int64{done, total}
		var d, t int64
		for _, v := range p.all {
			d, t = d+v[0], t+v[1]
		}
		p.tell(d, t)
	}
}

// sensorKind is the sensor that makes recordings of a format.
func sensorKind(f sensor.Format) sensor.Kind {
	switch f {
	case sensor.FormatAIS:
		return sensor.AISReceiver
	case sensor.FormatBeast, sensor.FormatAVR, sensor.FormatSBS:
		return sensor.ADSBReceiver
	case sensor.FormatASTERIX:
		return sensor.Radar
	case sensor.FormatNMEA:
		return sensor.MarineRadar
	case sensor.FormatMAVLink:
		return sensor.Drone
	default: // observations, of what they say themselves
		return sensor.ADSBReceiver
	}
}

// builtIn gives the borders that the program brings along, as areas: for
// demonstration, good for no claim.
func builtIn(now time.Time) ([]area.Area, error) {
	borders, err := basemap.Borders()
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	var out []area.Area
	for _, b := range borders {
		dated, err := b.Date()
		if err != nil {
			return nil, fmt.Errorf("base map: date of %s: %w", b.Name, err)
		}
		count[b.Name]++
		out = append(out, area.Area{
			ID:    area.ID(fmt.Sprintf("border-%s-%d", strings.ToLower(b.Name), count[b.Name])),
			Name:  b.Name + " (DEMONSTRATION)",
			Kind:  area.Border,
			Valid: valid.Record{Number: 1, Known: now, By: "atalaya", Reason: "built in, for demonstration"},
			Line:  b.Line, Left: b.Left, Right: b.Right,
			Source: b.Source, Dated: dated, Accuracy: b.Accuracy, Demonstration: true,
		})
	}
	return out, nil
}
