package exercise

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"atalaya/feed"
	"atalaya/feed/format"
	"atalaya/fuse"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/watch"
)

// watchroom sees the world at simulated time: the bytes of all its gear go through
// the decoders, the tracker and the detectors, without sockets.
type watchroom struct {
	t        *testing.T
	w        *World
	now      time.Time
	gear     []gear
	seq      uint64
	echoes   *feed.Echoes
	in       []track.Input
	tracker  *fuse.Tracker
	watch    *watch.Watch
	events   []track.Event
	findings []watch.Finding
	heard    []obs.Observation // nil: nobody asks
}

// gear does something every so often.
type gear struct {
	every, due time.Duration
	do         func(time.Time) error
}

func newWatchroom(t *testing.T, cfg Config) *watchroom {
	t.Helper()
	w := newWorld(t, cfg)
	v := &watchroom{
		t: t, w: w, now: begin, echoes: feed.NewEchoes(),
		tracker: fuse.New(fuse.Config{}), watch: watch.New(watch.Config{Exercise: true}),
	}
	in := map[sensor.FeedID]func([]byte) error{}
	g := w.Gear()
	for i := range g.Sensors {
		v.change(track.Change{Sensor: &g.Sensors[i]})
	}
	for i := range g.Areas {
		v.change(track.Change{Area: &g.Areas[i]})
	}
	for i := range g.Assets {
		v.change(track.Change{Asset: &g.Assets[i]})
	}
	for _, r := range rule.BuiltIn(begin) {
		v.change(track.Change{Rule: &r})
	}
	for _, f := range g.Feeds {
		in[f.ID] = v.feed(f, g.Sensors[slices.IndexFunc(g.Sensors, func(s sensor.Sensor) bool { return s.ID == f.Sensor })])
	}
	v.gear = []gear{
		{every: moment, do: w.stations(in["ais-a"], in["ais-b"]).listen},
		{every: turn / sectors, do: w.antenna(in["radar-1"]).sweep},
		{every: squitters, do: w.aloft(in["adsb-1"])},
		{every: telemeters, do: w.autopilot(in["drone-7"])},
		{every: time.Second, do: w.bridge(random(cfg.Seed), in["patrol-radar"])},
	}
	return v
}

func (v *watchroom) change(c track.Change) {
	c.At = begin
	v.seq++
	v.in = append(v.in, track.Input{Seq: v.seq, Change: &c})
}

// feed gives what takes a feed's bytes.
func (v *watchroom) feed(f sensor.Feed, s sensor.Sensor) func([]byte) error {
	dec, err := format.New(format.Station{Feed: f, Sensor: func(time.Time) sensor.Sensor { return s }})
	if err != nil {
		v.t.Fatal(err)
	}
	m := feed.NewMeter(f, func() time.Time { return v.now })
	out := feed.NewOut(m, func(in track.Input) { v.take(in, f.Format) })
	return func(b []byte) error {
		dec.Decode(feed.Chunk{Data: b, Received: v.now, From: netip.MustParseAddrPort("127.0.0.1:1"), Stream: 1, Datagram: true}, out)
		if h := m.Health(); len(h.Bad) > 0 || h.Refused > 0 {
			return fmt.Errorf("%s: bad %v, %d refused", f.ID, h.Bad, h.Refused)
		}
		return nil
	}
}

// take gives sequences and marks echoes, as the loop does.
func (v *watchroom) take(in track.Input, as sensor.Format) {
	mark := func(o *obs.Observation) {
		v.seq++
		o.Seq = v.seq
		v.echoes.Mark(o, as)
	}
	if in.Observation != nil {
		o := *in.Observation
		in.Observation = &o
		mark(&o)
		in.Seq = o.Seq
		if v.heard != nil {
			v.heard = append(v.heard, o)
		}
	}
	if in.Scan != nil {
		for i := range in.Scan.Observations {
			mark(&in.Scan.Observations[i])
		}
		v.seq++
		in.Seq = v.seq
		if v.heard != nil {
			v.heard = append(v.heard, in.Scan.Observations...)
		}
	}
	v.in = append(v.in, in)
}

// until lets the world and the picture go on, up to a time after the start.
func (v *watchroom) until(after time.Duration) {
	v.t.Helper()
	const step = 100 * time.Millisecond
	for end := begin.Add(after); v.now.Before(end); {
		next := v.now.Add(step)
		for {
			g := slices.MinFunc(indices(v.gear), func(a, b *gear) int { return int(a.due - b.due) })
			if at := begin.Add(g.due); at.After(next) {
				break
			} else {
				v.now = at
			}
			if err := g.do(v.now); err != nil {
				v.t.Fatal(err)
			}
			g.due += g.every
		}
		v.now = next
		if v.heard != nil { // nobody asks for tracks
			v.in = nil
			continue
		}
		events := v.tracker.Step(v.now, v.in)
		v.events = append(v.events, events...)
		v.findings = append(v.findings, v.watch.Step(v.now, events, v.in)...)
		v.in = nil
	}
}

func indices(g []gear) []*gear {
	var out []*gear
	for i := range g {
		out = append(out, &g[i])
	}
	return out
}

// TestDeceivers: who switches AIS off stays the track that it was, on radar alone; two
// that swap identities, and two that share one, are told of, each with the other; and
// nobody else's identity is in doubt, nor does any of it disturb the border's alerts.
func TestDeceivers(t *testing.T) {
	// In all but the first others turn back at once, or are beyond the radar's range
	// where false plots are.
	for _, c := range []struct {
		seed      uint64
		mountains bool
	}{{1, false}, {5, false}, {6, false}, {16, false}, {36, false}, {1, true}, {16, true}} {
		t.Run(fmt.Sprintf("seed %d, mountains %v", c.seed, c.mountains), func(t *testing.T) {
			t.Parallel()
			cfg := usual(t)
			cfg.Seed = c.seed
			v := newWatchroom(t, cfg)
			if c.mountains {
				raise(t, v.w)
			}
			v.until(cfg.Deceive - time.Second)
			names := []string{"KANTUTA", "URU", "CHULLPA", "INTI"}
			before := v.follow(names)
			v.until(10 * time.Minute)
			after := v.follow(names)
			if !slices.Equal(before, after) {
				t.Fatalf("the tracks of KANTUTA, URU, CHULLPA and the two INTI were %v and are %v", before, after)
			}
			v.silent(before[0], begin.Add(cfg.Deceive))
			v.conflicts(before)
			alerts := 0
			for _, f := range v.findings {
				if f.Rule == watch.RuleCrossing && f.Alert {
					alerts++
				}
			}
			if alerts != 2 {
				t.Errorf("%d alerts of the border, not those of ILLIMANI and the first boat without AIS", alerts)
			}
		})
	}
}

// follow gives the track of each boat of these names: the one that tells its place.
func (v *watchroom) follow(names []string) (ids []track.ID) {
	v.t.Helper()
	for _, m := range v.w.movers {
		if !slices.Contains(names, m.name) {
			continue
		}
		least, id := 100.0, track.ID(0) // m
		for tr := range v.tracker.All() {
			p, _, _ := v.w.where(m, tr.State.Time)
			if d := geo.Distance(p, tr.State.Position); d < least && tr.Status == track.Confirmed {
				least, id = d, tr.ID
			}
		}
		if id == 0 {
			v.t.Errorf("%s has no track", m.name)
		}
		ids = append(ids, id)
	}
	return ids
}

// silent holds that a track is heard no more from a time on, and is seen by the radar
// to the end.
func (v *watchroom) silent(id track.ID, from time.Time) {
	v.t.Helper()
	seen := 0
	for _, e := range v.events {
		if e.Track.ID != id || !e.Time.After(from) {
			continue
		}
		for _, c := range e.Lineage {
			switch {
			case c.Observation == 0 || !c.Time.After(from):
			case c.Sensor == "radar-1":
				seen++
			case c.Sensor != "patrol-radar":
				v.t.Errorf("%v: %s tells of %v", e.Time, c.Sensor, id)
			}
		}
	}
	if turns := int(v.now.Sub(from) / turn); seen < turns*8/10 {
		v.t.Errorf("%v was seen %d times in %d turns of the radar", id, seen, turns)
	}
}

// conflicts holds that the boats that swapped are told of with each other, those that
// share an identity too, and no other.
func (v *watchroom) conflicts(of []track.ID) {
	v.t.Helper()
	want := map[[2]track.ID]bool{{of[1], of[2]}: false, {of[2], of[1]}: false, {of[3], of[4]}: false, {of[4], of[3]}: false}
	for _, e := range v.events {
		if e.Kind != track.Conflict {
			continue
		}
		pair := [2]track.ID{e.Track.ID, e.Other}
		if _, is := want[pair]; is {
			want[pair] = true
		} else if e.Other != 0 || !slices.Contains(of[1:], e.Track.ID) {
			v.t.Errorf("%v: a conflict of %v %v with %v", e.Time.Sub(begin), e.Track.ID, e.Track.Claims, e.Other)
		}
	}
	for pair, told := range want {
		if !told {
			v.t.Errorf("no conflict of %v with %v", pair[0], pair[1])
		}
	}
}
