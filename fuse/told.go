package fuse

import (
	"time"

	"atalaya/obs"
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

// corrected takes a report that came before under its number, of which a track
// was made. It reports whether the report is the track from now on; where the
// track rests on more than that report, the correction is one like every other.
func (t *Tracker) corrected(r *report, l *live) {
	if !r.placed || !l.onlyTold() || !l.Born.Equal(l.Updated) {
		t.names.remove(r.target(), l.ID)
		return
	}
	t.stats.Revised++
	from := min(l.at, r.t)
	l.Revision++
	l.Claims, l.src, l.looks = nil, nil, 0
	if !l.kindSet {
		l.Kind = obs.Unknown
	}
	if !l.domainSet {
		l.Domain = domainOf(r.o.Kind, r.kind)
	}
	l.Born = wall(r.t)
	t.line.Withdraw(l.thing)
	delete(t.byThing, l.thing)
	t.heirs[r.seq] = l
	at := len(t.events)
	t.emit(track.Revised, l, r.t, 0, nil)
	t.events[at].From = wall(from)
}

// toldFor is how long what people said holds: a boat goes 15 km in that time.
const toldFor = 30 * time.Minute
