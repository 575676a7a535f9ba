package fuse

import (
	"time"

	"atalaya/obs"
	"atalaya/track"
)

// distress follows a call for help: when it begins, changes and ends.
//
// Few reports can say that there is none: a squawk that is no emergency ends
// those that are squawked; three AIS position reports without navigational
// status 14 end that one. The others end by silence (age).
func (t *Tracker) distress(l *live, r *report) {
	d := r.o.Distress
	if d != obs.NoDistress {
		l.calls, l.calm = max(l.calls, r.t), 0
		if l.Distress == d || (l.Distress != obs.NoDistress && d == obs.SafetyText) {
			return
		}
		l.Distress = d
		t.confirm(l)
		t.emit(track.Distress, l, max(r.t, l.at), 0, t.saying(r))
		return
	}
	if r.t < l.calls {
		return
	}
	switch l.Distress {
	case obs.Emergency, obs.RadioFailure, obs.Interference:
		if _, squawks := r.o.Claimed(obs.Squawk); squawks {
			t.calm(l, max(r.t, l.at), t.saying(r))
		}
	case obs.InDistressStat:
		if _, ais := r.o.Claimed(obs.MMSI); ais && r.placed {
			if l.calm++; l.calm >= 3 {
				t.calm(l, max(r.t, l.at), t.saying(r))
			}
		}
	case obs.NoDistress, obs.SART, obs.ManOverboard, obs.EPIRB, obs.SafetyText:
	}
}

func (t *Tracker) calm(l *live, at int64, lin track.Lineage) {
	l.Distress, l.calm = obs.NoDistress, 0
	t.emit(track.Distress, l, at, 0, lin)
}

// hold is how long after the last call for help it counts as going on. The
// beacons' calls end with their tracks.
func hold(d obs.Distress) time.Duration {
	switch d {
	case obs.Emergency, obs.RadioFailure, obs.Interference:
		return 5 * time.Minute // repeated every few seconds: DO-260B 2.2.3.3.2.6.3
	case obs.SafetyText, obs.InDistressStat:
		return 30 * time.Minute
	case obs.NoDistress, obs.SART, obs.ManOverboard, obs.EPIRB:
	}
	return time.Hour
}

// saying is the lineage of what a report said.
func (t *Tracker) saying(r *report) track.Lineage {
	return track.Lineage{{Observation: r.seq, Sensor: r.sensor, Time: wall(r.t), Weight: 1, Proven: r.o.Source.Proven, Model: Model}}
}
