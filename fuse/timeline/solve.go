package timeline

import (
	"cmp"

	"atalaya/fuse/pmb"
)

// solve weighs the plots against the things, and sets their versions.
func (t *Timeline) solve(l *look) {
	w := &t.work
	w.local, w.pairs = w.local[:0], w.pairs[:0]
	w.is, w.free, w.least = w.is[:0], w.free[:0], w.least[:0]
	for k, j := range w.plots {
		p := &l.plots[j]
		w.index[j], p.first, p.bearers = int32(k), -1, 0 //nolint:gosec // fewer than 2^31
		w.is, w.free, w.least = append(w.is, l.is(p)), append(w.free, p.fresh), append(w.least, 0)
	}
	for k := range w.is {
		w.local = append(w.local, pmb.Plot{Is: &w.is[k]})
	}
	n := int32(0)
	for i := range w.slots {
		s := &w.slots[i]
		if !s.meets {
			continue
		}
		s.n, s.at = n, int32(len(w.pairs)) //nolint:gosec // fewer than 2^31
		w.things[n] = w.things[i]
		for _, pair := range w.met[s.from:s.to] {
			p := &l.plots[pair.Plot]
			k := w.index[pair.Plot]
			if p.Claim != 0 && p.Claim == s.next.claim {
				p.bearers = min(p.bearers+1, mostBearers)
				w.free[k] = float64(w.free[k] * (1 - float64(w.things[n].Existence*s.next.honest)))
			}
			if pair.Elsewhere > 0 {
				w.least[k] = max(w.least[k], float64(impostor*float64(w.things[n].Existence*float64(pair.Factor*pair.Elsewhere))))
			}
			pair.Thing, pair.Plot = n, k
			w.pairs = append(w.pairs, pair)
		}
		n++
	}
	for k, j := range w.plots {
		p := &l.plots[j]
		w.free[k] = max(w.free[k], w.least[k])
		if p.bearers >= mostBearers {
			t.Shedding(ShedNames, p.x, p.y, 1)
			w.free[k] = 0
		}
		w.local[k].New = p.clutter + w.free[k]
	}
	t.unheard(l)
	t.widen(l)
	w.result = t.update(w.things[:n])
	t.link(l)
	t.shedPairs()
	t.finish()
	for k, j := range w.plots {
		p := &l.plots[j]
		p.nobody = w.result.New[k]
		t.bear(l, j, w.free[k])
	}
}

// unheard makes plots with identities that nothing has unlikelier to be of things
// with others.
func (t *Timeline) unheard(l *look) {
	w := &t.work
	if len(l.claims.all) == 0 {
		return
	}
	for i := range w.slots {
		s := &w.slots[i]
		if !s.meets || s.next.claim == 0 {
			continue
		}
		for at := s.at; at < s.at+s.to-s.from; at++ {
			if p := &l.plots[w.plots[w.pairs[at].Plot]]; p.bearers == 0 && s.next.others(p) {
				w.pairs[at].Factor = float64(w.pairs[at].Factor * unheard)
				if s.next.lies() {
					w.pairs[at].Factor = float64(w.pairs[at].Factor * alongside)
				}
			}
		}
	}
}

// link notes the pairs with the plots.
func (t *Timeline) link(l *look) {
	w := &t.work
	w.base = int32(len(l.pairs)) //nolint:gosec // fewer than 2^31
	for i := range w.slots {
		s := &w.slots[i]
		if !s.meets {
			continue
		}
		l.things = append(l.things, s.thing.number)
		for at := s.at; at < s.at+s.to-s.from; at++ {
			j := w.plots[w.pairs[at].Plot]
			p := &l.plots[j]
			l.pairs = append(l.pairs, pair{thing: s.thing.number, plot: j, next: p.first, weight: w.result.Pair[at], elsewhere: w.pairs[at].Elsewhere > 0})
			p.first = int32(len(l.pairs)) - 1 //nolint:gosec // fewer than 2^31
		}
	}
}

// conclude makes the version of a slot: what the look says of the thing.
func (t *Timeline) conclude(l *look, s *slot) {
	w, v := &t.work, s.next
	before := v.exists
	if !s.silent {
		v.exists = w.things[s.n].Existence
		if v.claim != 0 && before >= t.cfg.Speaks {
			v.exists = max(v.exists, t.cfg.Speaks)
		}
	}
	here, others := 0.0, 0.0
	v.from = w.base + s.at
	v.to = v.from + s.to - s.from
	for at := s.at; at < s.at+s.to-s.from; at++ {
		x := &l.pairs[w.base+at]
		if x.weight > 0.5 {
			v.hear(l, &l.plots[x.plot], x.elsewhere)
		}
		if !x.elsewhere {
			here += x.weight
			others += float64(x.weight * l.with(&l.plots[x.plot]).Credence)
		}
		t.follow(l, int(at), x.weight, v)
	}
	if here > 0.5 {
		v.seenAt = l.key.Time
	}
	v.domain = cmp.Or(s.thing.said, v.domain)
	t.believe(l, before, v, others)
	t.drop(v)
}

// drop lets a thing go that hardly is.
func (t *Timeline) drop(v *version) {
	if v.exists < t.cfg.Drop {
		v.exists, v.letGo = 0, v.exists
	}
}

// put makes a version of a thing.
func (t *Timeline) put(th *thing, v *version) (changed bool) {
	k := t.versions.take()
	t.versions.fill(k, v)
	was := t.versions.put(th, k)
	t.versions.fillRare(k, v)
	if was == nil {
		return true
	}
	changed = !t.versions.same(was, v)
	t.versions.give(was)
	return changed
}

// remove takes back the version of a look.
func (t *Timeline) remove(l *look, th *thing) {
	if v := t.versions.remove(th, l.key); v != nil {
		t.versions.give(v)
		t.work.emptied = t.work.emptied || th.empty()
		t.changed(th, l.key)
	}
}

func (t *Timeline) changed(th *thing, k Key) {
	t.note(th, k)
	t.work.change = append(t.work.change, th)
}
