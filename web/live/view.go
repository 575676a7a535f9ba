package live

import (
	"cmp"
	"slices"
	"time"

	"atalaya/track"
	"atalaya/web/wire"
)

// view is what one client sees and holds. It belongs to the client's writer.
type view struct {
	box    *[4]float64 // widened; west, south, east, north; nil: everything
	follow map[track.ID]bool
	held   map[track.ID]bool // what the client has
	base   uint64            // the sequence that it holds
	whole  bool              // it needs a snapshot
	shed   uint32
}

// allLabels names every label, so that one which fell away is sent empty.
const allLabels = wire.HasName | wire.HasMMSI | wire.HasICAO | wire.HasCallSign | wire.HasSquawk | wire.HasSystemID

// widen grows a box by a quarter of its width and height on each side.
func widen(b [4]float64) *[4]float64 {
	w, s, e, n := b[0], b[1], b[2], b[3]
	width := e - w
	if width < 0 {
		width += 360
	}
	const part = 0.25
	s, n = s-part*(n-s), n+part*(n-s)
	if width*(1+2*part) >= 360 {
		return &[4]float64{-180, s, 180, n}
	}
	w, e = w-part*width, e+part*width
	if w < -180 {
		w += 360
	}
	if e > 180 {
		e -= 360
	}
	return &[4]float64{w, s, e, n}
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

// frame makes what the client has to get next. It reports false when there is
// nothing and no need.
func (h *Hub) frame(v *view, f *wire.Frame, now time.Time, heartbeat bool) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if v.base < h.buried {
		v.whole = true
	}
	f.Header = wire.Header{
		Kind: wire.Delta, Channel: wire.Live, Exercise: h.cfg.Exercise, Epoch: h.cfg.Epoch,
		Base: v.base, Sequence: h.step, Clock: now.UnixMilli(), Shed: v.shed,
	}
	f.Motion, f.State, f.Labels, f.Gone = f.Motion[:0], f.State[:0], f.Labels[:0], f.Gone[:0]
	if v.whole {
		f.Kind, f.Base = wire.Snapshot, 0
		clear(v.held)
	}
	h.graveRows(v, f)
	for _, id := range h.ids {
		e := h.tracks[id]
		held := v.held[id]
		if !v.sees(e) {
			if held {
				delete(v.held, id)
				f.Gone = append(f.Gone, wire.Gone{ID: uint64(id), Reason: wire.LeftView})
			}
			continue
		}
		if !held || e.motionStep > v.base {
			m := e.motion
			m.Age = age(now.Sub(e.stateTime))
			f.Motion = append(f.Motion, m)
		}
		// A change between two steps carries the number of the later one, so
		// it may be sent twice, never missed.
		if !held || e.stateStep > v.base {
			f.State = append(f.State, e.state)
		}
		if !held {
			if e.label.Has != 0 {
				f.Labels = append(f.Labels, e.label)
			}
			v.held[id] = true
		} else if e.labelStep > v.base {
			l := e.label
			l.Has = allLabels
			f.Labels = append(f.Labels, l)
		}
	}
	slices.SortFunc(f.Gone, func(a, b wire.Gone) int { return cmp.Compare(a.ID, b.ID) })
	empty := len(f.Motion)+len(f.State)+len(f.Labels)+len(f.Gone) == 0
	if empty && !heartbeat && f.Kind == wire.Delta {
		return false
	}
	v.base, v.whole, v.shed = h.step, false, 0
	return true
}

// graveRows adds the tombstones of what the client holds. h.mu is held.
func (h *Hub) graveRows(v *view, f *wire.Frame) {
	if f.Kind == wire.Snapshot {
		return
	}
	for i := len(h.graves) - 1; i >= 0 && h.graves[i].step > v.base; i-- {
		g := h.graves[i].Gone
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
