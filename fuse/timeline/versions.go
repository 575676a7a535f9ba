package timeline

import "atalaya/fuse/imm"

// versions keeps the versions of all things: most of what a timeline holds.
//
//  1. They are in slabs, and refer to each other by number: there is no pointer in
//     what is many.
//  2. A state is packed, of the ways that occur in the timeline's models.
//  3. What few have is apart, once for all versions in a row that have the same.
//  4. What was given back is used again, so that a timeline that has seen its
//     largest picture allocates no more.
type versions struct {
	ways   []int
	kept   [][]kept    // slabs, by number
	states [][]float64 // the same
	free   []int32
	rares  rares
}

// kept is a version in its place among those of its thing.
type kept struct {
	head
	outline       outline
	number        int32
	before, after int32 // its neighbours; 0: none
	rare          int32 // of versions.rares; 0: nothing
}

// slab is how many versions, and things, are made at a time.
const slab = 256

func newVersions(domains []Domain) versions {
	var models []*imm.Model
	for i := range domains {
		models = append(models, domains[i].Model)
	}
	return versions{ways: imm.Occurring(models...)}
}

// of gives a version by its number; 0 is none.
func (vs *versions) of(n int32) *kept {
	if n == 0 {
		return nil
	}
	return &vs.kept[n/slab][n%slab]
}

// take gives a version to be filled.
func (vs *versions) take() *kept {
	if len(vs.free) == 0 {
		from := int32(len(vs.kept) * slab) //nolint:gosec // fewer than 2^31
		vs.kept = append(vs.kept, make([]kept, slab))
		vs.states = append(vs.states, make([]float64, slab*vs.size()))
		for n := from + slab - 1; n >= max(from, 1); n-- {
			vs.free = append(vs.free, n)
		}
	}
	n := vs.free[len(vs.free)-1]
	vs.free = vs.free[:len(vs.free)-1]
	k := vs.of(n)
	k.number = n
	return k
}

// give takes a version back, that is no thing's any more.
func (vs *versions) give(k *kept) {
	vs.rares.give(k.rare)
	k.rare = 0
	vs.free = append(vs.free, k.number)
}

// size is how many numbers a state has.
func (vs *versions) size() int { return len(vs.ways) * imm.Packed }

// state is a version's, packed.
func (vs *versions) state(k *kept) []float64 {
	size := vs.size()
	return vs.states[k.number/slab][int(k.number%slab)*size:][:size]
}

// rare is what is rare of a version.
func (vs *versions) rare(k *kept) *rare {
	if k.rare == 0 {
		return &vs.rares.nothing
	}
	return &vs.rares.of(k.rare).rare
}

// fill makes k the version v, but for what is rare.
func (vs *versions) fill(k *kept, v *version) {
	k.head, k.outline.known = v.head, false
	v.state.Pack(vs.ways, vs.state(k))
}

// fillRare adds what is rare: that of the version before it, if it is the same.
func (vs *versions) fillRare(k *kept, v *version) {
	if v.rare == (rare{}) {
		return
	}
	if b := vs.of(k.before); b != nil && b.rare != 0 && *vs.rare(b) == v.rare {
		k.rare = b.rare
		vs.rares.of(k.rare).by++
		return
	}
	k.rare = vs.rares.take()
	*vs.rares.of(k.rare) = shared{rare: v.rare, by: 1}
}

// open gives v what a version is.
func (vs *versions) open(k *kept, v *version) {
	v.head, v.rare = k.head, *vs.rare(k)
	v.state.Unpack(vs.ways, vs.state(k))
}

// same tells whether two versions are the same belief; the weights of its pairs
// need no comparison.
func (vs *versions) same(k *kept, v *version) bool {
	return k.exists == v.exists && k.letGo == v.letGo && k.stateAt == v.stateAt && k.seenAt == v.seenAt &&
		k.identity == v.identity && *vs.rare(k) == v.rare && v.state.Is(vs.ways, vs.state(k))
}

// unlessOver gives the version, or nil where it lets the thing go.
func (k *kept) unlessOver() *kept {
	if k == nil || k.exists == 0 {
		return nil
	}
	return k
}

// find gives the first version of a thing that is not before a key, or nil.
func (vs *versions) find(th *thing, k Key) *kept {
	var found *kept
	for v := vs.of(th.last); v != nil && v.key.Compare(k) >= 0; v = vs.of(v.before) {
		found = v
	}
	return found
}

// around gives the version that a look starts from, nil where there is none or
// the thing was let go; and its own, or nil.
func (vs *versions) around(th *thing, k Key) (before, at *kept) {
	v := vs.of(th.last)
	for v != nil && v.key.Compare(k) >= 0 {
		if v.key == k {
			at = v
		}
		v = vs.of(v.before)
	}
	return v.unlessOver(), at
}

// before gives the version that a look starts from.
func (vs *versions) before(th *thing, k Key) *kept {
	before, _ := vs.around(th, k)
	return before
}

// at gives the version of a look, or nil.
func (vs *versions) at(th *thing, k Key) *kept {
	_, at := vs.around(th, k)
	return at
}

// settling gives the version of a look that is the next to settle, or nil: it is
// among the first.
func (vs *versions) settling(th *thing, k Key) *kept {
	v := vs.of(th.first)
	for v != nil && v.key.Compare(k) < 0 {
		v = vs.of(v.after)
	}
	if v == nil || v.key != k {
		return nil
	}
	return v
}

// upTo gives the last version not after a time; nil as in around.
func (vs *versions) upTo(th *thing, at int64) *kept {
	v := vs.of(th.last)
	for v != nil && v.key.Time > at {
		v = vs.of(v.before)
	}
	return v.unlessOver()
}

// put sets the version of a look. It gives the one that was there before, which is
// the thing's no more.
func (vs *versions) put(th *thing, v *kept) (was *kept) {
	next := vs.find(th, v.key)
	if next != nil && next.key == v.key {
		was = next
		v.before, v.after = was.before, was.after
	} else {
		v.before, v.after = th.last, 0
		if next != nil {
			v.before, v.after = next.before, next.number
		}
	}
	vs.link(th, v.before, v.number)
	vs.link(th, v.number, v.after)
	return was
}

// link makes two versions neighbours; 0 is the end.
func (vs *versions) link(th *thing, a, b int32) {
	if a == 0 {
		th.first = b
	} else {
		vs.of(a).after = b
	}
	if b == 0 {
		th.last, th.whereabouts.known = a, false
	} else {
		vs.of(b).before = a
	}
}

// remove takes the version of a look from the thing, and gives it.
func (vs *versions) remove(th *thing, k Key) *kept {
	v := vs.at(th, k)
	if v != nil {
		vs.link(th, v.before, v.after)
	}
	return v
}

// settle forgets what was before the last version not after k. If that let the
// thing go nothing is left, and it is given.
func (vs *versions) settle(th *thing, k Key) (last *kept) {
	for {
		v := vs.of(th.first)
		if v == nil || v.key.Compare(k) > 0 {
			return nil
		}
		next := vs.of(v.after)
		if next != nil && next.key.Compare(k) > 0 || next == nil && v.exists > 0 {
			return nil
		}
		vs.link(th, 0, v.after)
		vs.give(v)
		if next == nil {
			return v // good until the next is taken
		}
	}
}
