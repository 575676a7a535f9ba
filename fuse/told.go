package fuse

import (
	"time"

	"atalaya/fuse/kalman"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// What people report.
//
//  1. A report is a plot with a large error. It joins the track that it fits,
//     or starts a tentative one, which exists as surely as the report's grade
//     says. One report confirms nothing.
//  2. Nobody looks again and again: a track that only people told of stays
//     tentative until they have been silent for long, and then ends. It takes no
//     misses either: what a radar surely sees is not what a person saw by eye
//     from the shore.
//  3. A report that comes again under its number is a correction. Where the
//     track rests on that report alone, its past was wrong: Revised goes out,
//     and the track is where the correction says. Else the correction is a
//     report like every other.
//  4. Two people may see one thing at one time: reports are not one look.

// told reports whether the track rests on what people said, and on nothing
// else.
func (l *live) told() bool {
	for i := range l.src {
		if l.src[i].kind != sensor.Person {
			return false
		}
	}
	return len(l.src) > 0
}

// existence of the track that a plot starts.
func existence(r *report) float64 {
	if r.kind == sensor.Person {
		return r.o.Source.Grade.Credence()
	}
	return plotExistence
}

// corrected takes a report that came before under its number.
func (t *Tracker) corrected(r *report, l *live) {
	if !r.placed || !l.told() || !l.Born.Equal(l.Updated) {
		t.names.remove(r.target(), l.ID)
		if r.placed {
			t.plots = append(t.plots, *r)
		}
		return
	}
	t.stats.Revised++
	from := wall(min(l.at, r.t))
	l.Revision++
	l.Existence = existence(r)
	l.Claims, l.src, l.looks = nil, nil, 1
	if !l.kindSet {
		l.Kind = obs.Unknown
	}
	if !l.domainSet {
		l.Domain = domainOf(r.o.Kind, r.kind)
	}
	l.heard(r, t)
	t.classify(l, r)
	l.begin(t, r, r.t, nil, 0)
	l.past = append(l.past[:0], past{at: r.t, state: l.State, measure: r.measure, fixed: true, weight: 1, proven: r.o.Source.Proven})
	l.Born, l.Updated, l.LastSeq = wall(r.t), wall(r.t), r.seq
	l.claim(r.o.Claims, honesty(r))
	t.bind(l, r)
	t.emit(track.Revised, l, r.t, 0, nil)
	t.events[len(t.events)-1].From = from
	t.emit(track.Updated, l, r.t, 0, t.contribute(r, 0, kalman.Likelihood(0, r.cov), 1, nil))
}

// toldFor is how long what people said holds: a boat goes 15 km in that time.
const toldFor = 30 * time.Minute
