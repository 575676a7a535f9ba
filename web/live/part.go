package live

import (
	"cmp"
	"math"
	"slices"
	"time"

	"atalaya/track"
	"atalaya/web/wire"
)

// A frame holds as much as its line takes in well under a second: alerts,
// answers and the signs of life pass between two of them. What does not fit
// follows at once. A client may take nothing for ten seconds before its line
// counts as dead: even the largest frame must not take that long when a good
// line turns weak.
const (
	leastPart = 8 << 10 // bytes
	firstPart = 64 << 10
	mostPart  = 256 << 10
	quickPart = 250 * time.Millisecond
	slowPart  = time.Second
)

// nextPart gives how many bytes a frame may have, after one that had size took
// the line so long.
func nextPart(part, size int, took time.Duration) int {
	switch {
	case took > slowPart:
		return max(part/2, leastPart)
	case took < quickPart && size > part/2:
		return min(2*part, mostPart)
	}
	return part
}

// want is a row that a client should get.
type want struct {
	e                    *entry
	mark                 mark
	motion, state, label bool
	urgent, chosen       bool
}

// gone reports whether it is a track that left the view.
func (w *want) gone() bool { return !w.motion && !w.state && !w.label }

// size is how many bytes the row takes in the frame, roughly: ids are
// differences.
func (w *want) size() int {
	const id = 3
	if w.gone() {
		return id + 1
	}
	n := 0
	if w.motion {
		n += id + 23
	}
	if w.state {
		n += id + 10
	}
	if w.label {
		n += id + 1
		for _, text := range w.e.label.Values {
			n += 1 + len(text)
		}
	}
	return n
}

// header is that of the next frame of a client.
func (p *picture) header(v *view, now time.Time) wire.Header {
	return wire.Header{
		Kind: wire.Delta, Channel: p.channel, Exercise: p.exercise, Epoch: p.epoch,
		Base: v.base, Sequence: v.base, Clock: now.UnixMilli(),
	}
}

// beat makes an empty delta: it carries the clock and shows that the line
// lives.
func (p *picture) beat(v *view, f *wire.Frame, now time.Time) {
	*f = wire.Frame{Header: p.header(v, now), Motion: f.Motion[:0], State: f.State[:0], Labels: f.Labels[:0], Gone: f.Gone[:0]}
	f.Missing = v.missing
	switch {
	case v.waiting:
		f.Behind = behind(f.Clock, v.since)
	case v.edition != p.edition:
		f.Behind = behind(f.Clock, v.at)
	}
}

// frame makes what the client has to get next, as much as fits. It reports
// false when nothing changed, unless a frame is due all the same.
func (p *picture) frame(v *view, f *wire.Frame, now time.Time, due bool) bool {
	v.whole = v.whole || v.base < p.buried || v.life != p.life
	f.Header = p.header(v, now)
	f.Sequence = p.step
	f.Motion, f.State, f.Labels, f.Gone = f.Motion[:0], f.State[:0], f.Labels[:0], f.Gone[:0]
	if v.whole {
		f.Kind, f.Base = wire.Snapshot, 0
		clear(v.held)
		v.at = f.Clock
	} else {
		p.tombs(v, f)
	}
	p.want(v)
	v.choose(len(f.Gone))
	p.fill(v, f, now)
	v.at, v.edition = f.Clock, p.edition
	empty := len(f.Motion)+len(f.State)+len(f.Labels)+len(f.Gone) == 0
	if f.Kind == wire.Delta && empty && !due {
		return false
	}
	if steps := p.step - v.base; v.missed > 0 && f.Kind == wire.Delta && steps > 1 {
		f.Shed = uint32(min(uint64(v.missed), steps-1, math.MaxUint32))
	}
	v.base, v.life, v.whole, v.missed = p.step, p.life, false, 0
	return true
}

// behind is how long all that changed since may not have been told, ms.
func behind(clock, since int64) uint32 {
	return uint32(min(max(clock-since, 0), math.MaxUint32))
}

// tombs adds the tombstones of what the client holds. They are so small that
// all of them fit: what is no more must not stay on a screen.
func (p *picture) tombs(v *view, f *wire.Frame) {
	for i := len(p.graves) - 1; i >= 0 && p.graves[i].step > v.base; i-- {
		g := p.graves[i].Gone
		m, known := v.held[track.ID(g.ID)]
		if !known {
			continue
		}
		delete(v.held, track.ID(g.ID))
		if m.edition > 0 {
			f.Gone = append(f.Gone, g)
		}
	}
}

// want collects what the client should get, in the order of ids.
func (p *picture) want(v *view) {
	v.wants = v.wants[:0]
	for _, id := range p.ids {
		e := p.tracks[id]
		m, known := v.held[id]
		w := want{e: e, mark: m}
		switch held := m.edition > 0; {
		case v.sees(e):
			w.motion = !held || e.motionIn > m.edition
			w.state = !held || e.stateIn > m.edition
			w.label = held && e.labelIn > m.edition || !held && e.label.Has != 0
			if w.gone() { // nothing
				if m.since != 0 { // it had left the view, and came back
					v.held[id] = mark{edition: m.edition}
				}
				continue
			}
			w.urgent = e.always() || v.follow[id]
		case !known:
			continue
		case !held: // it never came
			delete(v.held, id)
			continue
		}
		v.wants = append(v.wants, w)
	}
}

// choose chooses what fits: first what is urgent, then each in its turn. Some
// is left for the turn always, so that everything comes at last.
func (v *view) choose(gone int) {
	const tombstone = 5
	total := tombstone * gone
	for i := range v.wants {
		total += v.wants[i].size()
	}
	if total <= v.part {
		for i := range v.wants {
			v.wants[i].chosen = true
		}
		return
	}
	used := tombstone * gone
	for i := range v.wants {
		if w := &v.wants[i]; w.urgent && used < v.part/4*3 {
			w.chosen = true
			used += w.size()
		}
	}
	first, _ := slices.BinarySearchFunc(v.wants, v.turn+1, func(w want, id track.ID) int {
		return cmp.Compare(track.ID(w.e.motion.ID), id)
	})
	for i := range v.wants {
		w := &v.wants[(first+i)%len(v.wants)]
		if w.chosen {
			continue
		}
		w.chosen = true
		v.turn = track.ID(w.e.motion.ID)
		if used += w.size(); used >= v.part {
			break
		}
	}
}

// fill adds what was chosen to the frame, and notes what waits.
func (p *picture) fill(v *view, f *wire.Frame, now time.Time) {
	v.waiting, v.since, v.missing = false, f.Clock, 0
	for i := range v.wants {
		w := &v.wants[i]
		id := track.ID(w.e.motion.ID)
		switch {
		case !w.chosen:
			if w.mark.since == 0 {
				w.mark.since = v.at // it changed after that
				v.held[id] = w.mark
			}
			v.since = min(v.since, w.mark.since)
			if w.mark.edition == 0 {
				v.missing++
			}
			v.waiting = true
		case w.gone():
			delete(v.held, id)
			f.Gone = append(f.Gone, wire.Gone{ID: uint64(id), Reason: wire.LeftView})
		default:
			w.add(f, now)
			v.held[id] = mark{edition: p.edition}
		}
	}
	f.Missing, f.Behind = v.missing, behind(f.Clock, v.since)
	slices.SortFunc(f.Gone, func(a, b wire.Gone) int { return cmp.Compare(a.ID, b.ID) })
}

// add puts the row into the frame.
func (w *want) add(f *wire.Frame, now time.Time) {
	if w.motion {
		m := w.e.motion
		m.Age = age(now.Sub(w.e.stateTime))
		f.Motion = append(f.Motion, m)
	}
	if w.state {
		f.State = append(f.State, w.e.state)
	}
	if w.label {
		l := w.e.label
		if w.mark.edition > 0 {
			l.Has = allLabels // one that fell away is sent empty
		}
		f.Labels = append(f.Labels, l)
	}
}
