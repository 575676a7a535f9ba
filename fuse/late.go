package fuse

import (
	"slices"

	"atalaya/fuse/kalman"
	"atalaya/obs"
	"atalaya/track"
)

// Late observations. A track remembers its last updates. An observation that
// comes late is filtered in at its own time, and what came after it is
// filtered once more on top: the result is the same as if it had come in time.
// If that moves a place of the past by more than Config.Revise, the past as it
// was told is void: Revised goes out, and the updates since as they are now.
// What is older than all that is remembered is evidence only.

// remembered is how many updates a track remembers at most.
const remembered = 8

// past is one update that can be filtered anew.
type past struct {
	at     int64
	state  track.State // after it
	fixed  bool        // the state was set, not filtered
	weight float64
	proven bool
	measure
}

// remember adds the newest update and forgets what is too old.
func (l *live) remember(p past, rewrite int64) {
	drop := 0
	for drop < len(l.past) && (len(l.past)-drop >= remembered || p.at-l.past[drop].at > rewrite) {
		drop++
	}
	if drop > 0 {
		l.past = l.past[:copy(l.past, l.past[drop:])]
	}
	l.past = append(l.room(), p)
}

// room gives the past with place for one more, and for no more than a late one
// beside all that are remembered: there is one for every track.
func (l *live) room() []past {
	n := len(l.past)
	if n < cap(l.past) {
		return l.past
	}
	return append(make([]past, 0, max(n+1, min(2*n, remembered+1))), l.past...)
}

// rewrite puts a late update after the one that e was predicted from, and
// filters the later ones again. e has the late report fitted already.
func (t *Tracker) rewrite(l *live, e *expect, late past, lineage track.Lineage) {
	t.stats.Rewritten++
	i := e.after + 1
	was := l.State
	l.State = l.past[e.after].state
	l.setState(&e.plane, &e.Estimate, late.at)
	late.state = l.State
	l.past = slices.Insert(l.room(), i, late)
	moved := 0.0
	for k := i + 1; k < len(l.past); k++ {
		p := &l.past[k]
		if p.fixed {
			break
		}
		shift := p.again(&l.past[k-1], l.move.Noise)
		moved = max(moved, shift)
	}
	last := &l.past[len(l.past)-1]
	l.State = last.state
	l.State.Height, l.State.Climb = was.Height, was.Climb
	l.at = last.at
	if moved <= t.cfg.Revise {
		t.emit(track.Updated, l, l.at, 0, lineage)
	} else {
		t.stats.Revised++
		t.tell(l, i, lineage)
	}
	if over := len(l.past) - remembered; over > 0 {
		l.past = l.past[:copy(l.past, l.past[over:])]
	}
}

// again filters p on top of the update before it, and gives how far that moved
// its place, as a squared Mahalanobis distance under what was believed.
func (p *past) again(before *past, noise float64) float64 {
	was := p.state
	var e expect
	e.predictFrom(&before.state, p.at-before.at, noise)
	e.fit(&p.measure)
	p.state.Position = e.plane.Position(e.X[0], e.X[1])
	p.state.East, p.state.North, p.state.Cov = e.X[2], e.X[3], e.P
	east, north := e.plane.XY(was.Position)
	r := kalman.Residual{E: e.X[0] - east, N: e.X[1] - north, S: obs.Cov2{EE: was.Cov[0][0], EN: was.Cov[0][1], NN: was.Cov[1][1]}}
	return r.Distance2()
}

// tell tells the past anew from the i-th remembered update on.
func (t *Tracker) tell(l *live, i int, lineage track.Lineage) {
	l.Revision++
	t.emit(track.Revised, l, l.at, 0, nil)
	t.events[len(t.events)-1].From = wall(l.past[i].at)
	now := l.Track
	for k := i; k < len(l.past); k++ {
		p := &l.past[k]
		lin := lineage
		if k > i {
			lin = track.Lineage{{
				Observation: p.seq, Sensor: p.sensor, Time: wall(p.at), Weight: p.weight, Proven: p.proven, Model: Model,
			}}
		}
		l.State = p.state
		l.Updated, l.LastSeq = wall(p.at), p.seq
		t.emit(track.Updated, l, p.at, 0, lin)
	}
	l.Track = now
}
