package fuse

import (
	"cmp"
	"math"
	"slices"
	"time"

	"atalaya/fuse/belief"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// Silence is how long a source may say nothing of a track before the track
// coasts, and before it ends. A track with several sources lives as long as
// the most patient of them.
type Silence struct {
	Coast, End time.Duration
	// Still replaces both for what moves slower than a knot; zero: no
	// difference.
	StillCoast, StillEnd time.Duration
}

// silence gives the limits of a kind of sensor:
//
//   - AIS: three missed reports at the longest interval of a moving class B
//     (30 s; ITU-R M.1371-5 annex 1, table 2) and of what is anchored (3
//     minutes; tables 1 and 2). Headlands hide boats for longer, so the end
//     comes at 10 and 30 minutes.
//   - ADS-B: positions come twice a second, every 5 s from what stands on the
//     ground (RTCA DO-260B 2.2.3.3.2.3.2 and 2.2.3.3.2.3.3).
//   - Telemetry of our drones: at least once a second.
//   - Radars: three and twelve turns of the antenna, at least 10 s and 40 s
//     (misses end a track sooner).
//   - People and neighbours: what they said holds for a while.
func (t *Tracker) silence(kind sensor.Kind, period time.Duration) Silence {
	if s, ok := t.cfg.Silence[kind]; ok {
		return s
	}
	switch kind {
	case sensor.AISReceiver:
		return Silence{90 * time.Second, 10 * time.Minute, 9 * time.Minute, 30 * time.Minute}
	case sensor.ADSBReceiver:
		return Silence{Coast: 15 * time.Second, End: time.Minute}
	case sensor.Drone:
		return Silence{Coast: 5 * time.Second, End: time.Minute}
	case sensor.Radar, sensor.MarineRadar, sensor.Camera:
		return Silence{Coast: max(3*period, 10*time.Second), End: max(12*period, 40*time.Second)}
	case sensor.Person:
		return Silence{Coast: 5 * time.Minute, End: toldFor}
	case sensor.Neighbour:
		return Silence{Coast: time.Minute, End: 5 * time.Minute}
	}
	return Silence{Coast: time.Minute, End: 5 * time.Minute}
}

// age lets silent tracks coast, end, and stop calling for help.
func (t *Tracker) age() {
	for _, l := range t.tracks {
		if l.Status == track.Ended || t.now < l.due {
			continue
		}
		coast, end := l.limits()
		if l.Distress != obs.NoDistress {
			end = max(end, l.calls+int64(time.Hour))
			if quiet := l.calls + int64(hold(l.Distress)); t.now >= quiet && hold(l.Distress) < time.Hour {
				t.calm(l, t.now, nil)
			}
		}
		switch {
		case t.now >= end, t.now >= coast && l.Status == track.Tentative && !l.named() && !l.onlyTold():
			t.kill(l, t.now)
			continue
		case t.now >= coast && l.Status == track.Confirmed:
			l.Status = track.Coasting
			t.emit(track.Coasted, l, t.now, 0, nil)
		}
		l.due = end
		if t.now < coast {
			l.due = min(l.due, coast)
		}
		if l.Distress != obs.NoDistress {
			l.due = min(l.due, l.calls+int64(hold(l.Distress)))
		}
		l.due = max(l.due, t.now+1)
	}
}

// limits tells when the track coasts and ends if nothing more comes: it coasts
// for want of places, and ends for want of any word, or of places for three
// times as long.
func (l *live) limits() (coast, end int64) {
	s := &l.State
	still := math.Abs(s.East) < stillSpeed && math.Abs(s.North) < stillSpeed
	coast, end = noTime, noTime
	for i := range l.src {
		r := &l.src[i]
		q := r.quiet
		if still {
			q.Coast, q.End = q.StillCoast, q.StillEnd
		}
		last, placed := r.last, r.placed
		if placed == noTime { // it never told a place: the others did
			coast = max(coast, last)
			continue
		}
		coast = max(coast, placed+int64(q.Coast))
		end = max(end, min(last+int64(q.End), placed+3*int64(q.End)))
	}
	return coast, max(coast, end)
}

// kill ends a track, and the thing that it follows.
func (t *Tracker) kill(l *live, at int64) {
	t.leave(l)
	t.end(l, at)
}

// end ends a track.
func (t *Tracker) end(l *live, at int64) {
	t.unname(l)
	l.Status = track.Ended
	t.stats.Deaths++
	t.emit(track.Died, l, at, 0, nil)
}

// setClock takes the step's time. Where our own clock went back by more than
// sensors may run ahead, the picture goes back with it, so that what is
// received from now on is not taken for old.
func (t *Tracker) setClock(now int64) {
	if now == noTime {
		return
	}
	if back := t.now - now; t.now != 0 && back > int64(t.cfg.Ahead) {
		t.stats.ClockSteps++
		tracks := t.Tracks()
		for i := range tracks {
			tracks[i].State.Time = tracks[i].State.Time.Add(-time.Duration(back))
			tracks[i].Updated = tracks[i].Updated.Add(-time.Duration(back))
			tracks[i].Born = tracks[i].Born.Add(-time.Duration(back))
		}
		before := t.byID
		t.now = now
		t.Restore(tracks, t.next)
		for id, l := range t.byID {
			l.shifted(before[id], back)
		}
		return
	}
	t.now = max(t.now, now)
}

// shifted takes over what a keyframe does not have from a track of before our
// clock went back.
func (l *live) shifted(was *live, back int64) {
	l.looks, l.kindSet, l.domainSet = was.looks, was.kindSet, was.domainSet
	l.calls, l.calm, l.called = was.calls-back, was.calm, was.called-back
	l.src = was.src
	for i := range l.src {
		l.src[i].last -= back
		if l.src[i].placed != noTime {
			l.src[i].placed -= back
		}
	}
}

// Restore puts a keyframe's picture in the place of the present one. Ids from
// now on begin at next, or after the highest id if that is more. Sensors are
// kept; what the tracker knew besides the tracks (their recent past, doubtful
// things, how many false plots there are) begins anew.
func (t *Tracker) Restore(tracks []track.Track, next track.ID) {
	t.tracks = t.tracks[:0]
	clear(t.byID)
	clear(t.byThing)
	clear(t.names)
	clear(t.heirs)
	clear(t.held)
	t.unheard = newUnheard()
	t.restart()
	t.next = max(next, 1)
	for i := range tracks {
		if tracks[i].Status == track.Ended || !t.onChart(tracks[i].State.Position) {
			continue
		}
		l := t.revive(&tracks[i])
		t.tracks = append(t.tracks, l)
		t.next = max(t.next, l.ID+1)
	}
	slices.SortFunc(t.tracks, func(a, b *live) int { return cmp.Compare(a.ID, b.ID) })
	for _, l := range t.tracks {
		t.byID[l.ID], t.byThing[l.thing] = l, l
		t.rename(l)
	}
}

// restart begins with an empty timeline that knows the same sensors.
func (t *Tracker) restart() {
	for k, n := range t.line.Stats().Shed {
		t.stats.Shed[k] += n
	}
	t.line, t.newest = newLine(&t.cfg), 0
	for _, id := range t.sensorIDs {
		k := t.listeners[id]
		k.number = t.line.AddSensor(t.listens(&k.record))
	}
}

// revive makes a live track of one from a keyframe.
func (t *Tracker) revive(tr *track.Track) *live {
	l := &live{Track: *tr, looks: 0xff, at: nanos(tr.State.Time), move: &t.cfg.Motion[tr.Domain]}
	for _, id := range tr.Sensors {
		s, _ := t.sensors.At(string(id), tr.Updated)
		r := report{kind: s.Kind, period: s.ScanPeriod, t: nanos(tr.Updated), placed: true, sensor: id, o: &obs.Observation{}}
		l.heard(&r, t)
	}
	strong := 0.0
	for _, c := range tr.Claims {
		switch {
		case c.Kind == obs.RadarTarget:
			for i := range l.src {
				if string(l.src[i].id) == belief.NumberedBy(c.Value) {
					l.src[i].target = c.Value
				}
			}
		case c.Kind > 0 && c.Kind <= obs.SystemID && c.Honest > strong && len(tr.Sensors) > 0:
			l.claim, strong = t.spoken.claim(nameOf(c.Claim, tr.Sensors[0])), c.Honest
		}
	}
	if l.Distress != obs.NoDistress {
		l.calls = nanos(tr.Updated)
	}
	t.chart.start(tr.State.Position)
	e := t.chart.estimate(tr.State.Position, tr.State.East, tr.State.North, &tr.State.Cov)
	t.seeds++
	told := l.onlyTold() && l.src[0].kind != ""
	l.thing = t.line.Seed(t.seeds, &e, l.at, tr.Existence, l.claim, movesAs(tr.Kind, tr.Domain), told, tr.Foreign)
	return l
}
