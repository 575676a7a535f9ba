package fuse

import (
	"cmp"
	"slices"

	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// name is an identity as it is looked up. A MAVLink system id and a target
// number mean something only within the sensor that reports them.
type name struct {
	kind  obs.ClaimKind
	scope sensor.ID
	value string
}

func nameOf(c obs.Claim, s sensor.ID) name {
	n := name{kind: c.Kind, value: c.Value}
	if c.Kind == obs.SystemID || c.Kind == obs.RadarTarget {
		n.scope = s
	}
	return n
}

// names finds the tracks that bear a name, in order of id. More than one do
// where the name is claimed in several places.
type names map[name][]track.ID

// maxBearers is how many tracks may bear one name; who jumps about with a
// stolen identity makes no more of them.
const maxBearers = 4

func (ns names) add(n name, id track.ID) {
	ids := ns[n]
	if i, found := slices.BinarySearch(ids, id); !found {
		ns[n] = slices.Insert(ids, i, id)
	}
}

func (ns names) remove(n name, id track.ID) {
	ids := ns[n]
	i, found := slices.BinarySearch(ids, id)
	switch {
	case !found:
	case len(ids) == 1:
		delete(ns, n)
	default:
		ns[n] = slices.Delete(ids, i, i+1)
	}
}

// bind makes the report's strong names find the track.
func (t *Tracker) bind(l *live, r *report) {
	for _, c := range r.o.Claims {
		switch {
		case c.Kind == 0 || c.Value == "" || c.Kind > obs.RadarTarget:
		case c.Kind == obs.RadarTarget:
			// One target number is one track, and the other way round.
			n := nameOf(c, r.sensor)
			if ids := t.names[n]; len(ids) > 0 && ids[0] != l.ID {
				t.names.remove(n, ids[0])
			}
			for i := range l.src {
				if s := &l.src[i]; s.id == r.sensor && s.target != c.Value {
					t.names.remove(name{obs.RadarTarget, s.id, s.target}, l.ID)
					s.target = c.Value
				}
			}
			t.names.add(n, l.ID)
		case slices.ContainsFunc(l.Claims, func(b track.Belief) bool { return b.Claim == c }):
			t.names.add(nameOf(c, r.sensor), l.ID)
		}
	}
}

// each calls yield with every name that may find the track.
func (l *live) each(yield func(name)) {
	for _, b := range l.Claims {
		switch b.Kind {
		case obs.MMSI, obs.ICAO:
			yield(nameOf(b.Claim, ""))
		case obs.SystemID:
			for _, s := range l.Sensors {
				yield(nameOf(b.Claim, s))
			}
		case obs.RadarTarget, obs.CallSign, obs.Name, obs.Squawk:
		}
	}
	for i := range l.src {
		if l.src[i].target != "" {
			yield(name{obs.RadarTarget, l.src[i].id, l.src[i].target})
		}
	}
}

// unname makes the track's names find it no more.
func (t *Tracker) unname(l *live) {
	l.each(func(n name) { t.names.remove(n, l.ID) })
	if n, ok := t.spoken[l.claim]; ok {
		t.names.remove(n, l.ID)
	}
}

// rename makes the names of a restored or merged track find it.
func (t *Tracker) rename(l *live) {
	l.each(func(n name) { t.names.add(n, l.ID) })
}

// bearers gives the tracks that the report's strongest known name means.
func (t *Tracker) bearers(r *report) []*live {
	var out []*live
	for _, c := range r.o.Claims { // ordered by strength
		if c.Kind == 0 || c.Kind > obs.RadarTarget {
			continue
		}
		for _, id := range t.names[nameOf(c, r.sensor)] {
			if l := t.byID[id]; l != nil && l.Status != track.Ended && !contradicts(l, r, c.Kind) {
				out = append(out, l)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// contradicts reports whether the track bears, for a kind of identity stronger
// than the one it was found by, another value than the report claims: then the
// weaker name has passed to something else.
func contradicts(l *live, r *report, by obs.ClaimKind) bool {
	for _, c := range r.o.Claims {
		if c.Kind >= by {
			return false
		}
		if v, ok := l.Claimed(c.Kind); ok && v != c.Value {
			return true
		}
	}
	return false
}

// unheard keeps what things said of themselves before their first position:
// static data often comes first.
type unheard struct {
	claims map[name]waiting
	queue  []arrival // oldest first; some are gone already
	puts   uint64
}

type waiting struct {
	put    uint64 // its arrival
	claims []obs.Claim
	kind   obs.Kind
	honest float64
	at     int64
}

type arrival struct {
	name name
	put  uint64
}

const (
	// maxWaiting bounds the memory; the oldest are forgotten first.
	maxWaiting = 10_000
	// Claims wait for a position so long.
	longestWait = 30 * 60e9
)

func newUnheard() unheard { return unheard{claims: map[name]waiting{}} }

func (u *unheard) put(n name, w waiting) {
	if old, known := u.claims[n]; known {
		w.claims, w.put = merged(old.claims, w.claims), old.put
		u.claims[n] = w
		return
	}
	u.puts++
	w.put = u.puts
	u.claims[n] = w
	u.queue = append(u.queue, arrival{n, w.put})
	if len(u.queue) < 2*maxWaiting {
		return
	}
	u.queue = slices.DeleteFunc(u.queue, func(a arrival) bool { return u.claims[a.name].put != a.put })
	for over := len(u.queue) - maxWaiting; over > 0; over-- {
		delete(u.claims, u.queue[0].name)
		u.queue = u.queue[1:]
	}
}

// take gives what waits for any of the report's names, and forgets it.
func (u *unheard) take(r *report) (w waiting, ok bool) {
	for _, c := range r.o.Claims {
		if c.Kind == 0 || c.Kind > obs.SystemID {
			continue
		}
		n := nameOf(c, r.sensor)
		if got, found := u.claims[n]; found {
			delete(u.claims, n)
			if r.t-got.at < longestWait {
				w, ok = got, true
			}
		}
	}
	return w, ok
}

// merged gives both sets of claims, the newer first where both have a kind.
func merged(older, newer []obs.Claim) []obs.Claim {
	out := slices.Clone(newer)
	for _, c := range older {
		if !slices.ContainsFunc(newer, func(n obs.Claim) bool { return n.Kind == c.Kind }) {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b obs.Claim) int { return cmp.Compare(a.Kind, b.Kind) })
	return out
}
