package live

import (
	"cmp"
	"math"
	"slices"
	"time"

	"atalaya/geo"
	"atalaya/track"
	"atalaya/web/wire"
)

// view is what one client sees and holds. It belongs to the client's writer.
type view struct {
	box    *[4]float64 // widened; west, south, east, north; nil: everything
	follow map[track.ID]bool
	held   map[track.ID]bool // what the client has
	base   uint64            // the sequence that it holds
	life   uint64            // of the hub's picture that it holds
	whole  bool              // it needs a snapshot
	// missed are the deltas that were due while the line took nothing.
	missed int
}

// allLabels names every label, so that one which fell away is sent empty.
const allLabels = wire.HasName | wire.HasMMSI | wire.HasICAO | wire.HasCallSign | wire.HasSquawk | wire.HasSystemID

// widen grows a box by a quarter of its width and height on each side. Boxes
// of maps that were turned round the world have longitudes beyond 180.
func widen(b [4]float64) *[4]float64 {
	const part = 0.25
	w, s, e, n := b[0], b[1], b[2], b[3]
	s, n = s-part*(n-s), n+part*(n-s)
	width := e - w
	if width < 0 {
		width = geo.WrapBearing(width) // over the antimeridian
	}
	if width*(1+2*part) >= 360 {
		return &[4]float64{-180, s, 180, n}
	}
	return &[4]float64{geo.WrapLongitude(w - part*width), s, geo.WrapLongitude(w + (1+part)*width), n}
}

func (v *view) sees(e *entry) bool {
	if v.box == nil || e.always() || v.follow[track.ID(e.motion.ID)] {
		return true
	}
	lat, lon := float64(e.motion.Lat)*1e-7, float64(e.motion.Lon)*1e-7
	if lat < v.box[1] || lat > v.box[3] {
		return false
	}
	if v.box[0] <= v.box[2] {
		return lon >= v.box[0] && lon <= v.box[2]
	}
	return lon >= v.box[0] || lon <= v.box[2]
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
}

// frame makes what the client has to get next. It reports false when nothing
// changed, unless a frame is due all the same.
func (p *picture) frame(v *view, f *wire.Frame, now time.Time, due bool) bool {
	v.whole = v.whole || v.base < p.buried || v.life != p.life
	f.Header = p.header(v, now)
	f.Sequence = p.step
	f.Motion, f.State, f.Labels, f.Gone = f.Motion[:0], f.State[:0], f.Labels[:0], f.Gone[:0]
	if v.whole {
		f.Kind, f.Base = wire.Snapshot, 0
		clear(v.held)
	} else {
		p.tombs(v, f)
	}
	for _, id := range p.ids {
		p.row(v, f, id, now)
	}
	slices.SortFunc(f.Gone, func(a, b wire.Gone) int { return cmp.Compare(a.ID, b.ID) })
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

// row adds what a client has to know of a track.
func (p *picture) row(v *view, f *wire.Frame, id track.ID, now time.Time) {
	e := p.tracks[id]
	held := v.held[id]
	if !v.sees(e) {
		if held {
			delete(v.held, id)
			f.Gone = append(f.Gone, wire.Gone{ID: uint64(id), Reason: wire.LeftView})
		}
		return
	}
	if !held || e.motionStep > v.base {
		m := e.motion
		m.Age = age(now.Sub(e.stateTime))
		f.Motion = append(f.Motion, m)
	}
	// A change between two steps carries the number of the later one, so it
	// may be sent twice, never missed.
	if !held || e.stateStep > v.base {
		f.State = append(f.State, e.state)
	}
	switch {
	case held && e.labelStep > v.base:
		l := e.label
		l.Has = allLabels
		f.Labels = append(f.Labels, l)
	case !held && e.label.Has != 0:
		f.Labels = append(f.Labels, e.label)
	}
	v.held[id] = true
}

// tombs adds the tombstones of what the client holds.
func (p *picture) tombs(v *view, f *wire.Frame) {
	for i := len(p.graves) - 1; i >= 0 && p.graves[i].step > v.base; i-- {
		g := p.graves[i].Gone
		if v.held[track.ID(g.ID)] {
			delete(v.held, track.ID(g.ID))
			f.Gone = append(f.Gone, g)
		}
	}
}

func age(d time.Duration) uint32 {
	const longest = 1<<32 - 1
	return uint32(min(max(d.Milliseconds(), 0), longest))
}
