package timeline

import (
	"slices"

	"atalaya/fuse/imm"
	"atalaya/fuse/registration"
)

// thing is what may be one thing, with a version after each look that weighed
// it, by key.
type thing struct {
	id       ID
	number   int32 // of spare.all
	versions []*kept
	newest   *kept  // of versions; nil: it has none
	mark     uint64 // the making of a look that has met it
	said     uint8  // its domain, if an officer said it
	dirty    bool   // it is another than Changes told
	from     Key    // from here on
}

// version is what is believed of a thing after a look.
type version struct {
	head
	rare
	// state at head.stateAt; a look that showed nothing near it leaves both.
	state imm.State
}

// kept is a version as a thing keeps it (spare.go): there are many.
type kept struct {
	head
	outline outline
	room    int32 // of its state, in spare.states
	rare    int32 // of spare.rares; 0: none
}

// head is a version without what is rare and its state.
type head struct {
	key     Key
	exists  float64 // 0: it is let go
	letGo   float64 // with so much existence
	stateAt int64
	seenAt  int64 // the last time that a plot was likely its own
	identity
	// The pairs of the look that were weighed for it: of look.pairs.
	from, to int32
}

// rare is what few versions have.
type rare struct {
	numbers numbers
	leans   registration.Leans // on biases of sensors
}

// same tells whether two versions are the same belief; the weights of its pairs
// need no comparison.
func (s *spare) same(k *kept, v *version) bool {
	return k.exists == v.exists && k.letGo == v.letGo && k.stateAt == v.stateAt && k.seenAt == v.seenAt &&
		k.identity == v.identity && *s.rareOf(k) == v.rare && v.state.Is(s.ways, s.stateOf(k))
}

// find gives the place of the first version not before a key.
func (th *thing) find(k Key) int {
	i := len(th.versions)
	if i == 0 || th.newest.key.Compare(k) < 0 {
		return i
	}
	for i > 0 && th.versions[i-1].key.Compare(k) >= 0 {
		i--
	}
	return i
}

// around gives the version that a look starts from, nil where there is none or
// the thing was let go; and its own, or nil.
func (th *thing) around(k Key) (before, at *kept) {
	if v := th.newest; v != nil && v.key.Compare(k) < 0 { // nearly always
		return v.unlessOver(), nil
	}
	i := th.find(k)
	if i > 0 {
		before = th.versions[i-1].unlessOver()
	}
	if i < len(th.versions) && th.versions[i].key == k {
		at = th.versions[i]
	}
	return before, at
}

// unlessOver gives the version, or nil where it lets the thing go.
func (k *kept) unlessOver() *kept {
	if k.exists == 0 {
		return nil
	}
	return k
}

// before gives the version that a look starts from.
func (th *thing) before(k Key) *kept {
	before, _ := th.around(k)
	return before
}

// at gives the version of a look, or nil.
func (th *thing) at(k Key) *kept {
	_, at := th.around(k)
	return at
}

// upTo gives the last version not after a time; nil as in before.
func (th *thing) upTo(at int64) *kept {
	i := len(th.versions)
	for i > 0 && th.versions[i-1].key.Time > at {
		i--
	}
	if i == 0 {
		return nil
	}
	return th.versions[i-1].unlessOver()
}

// empty: it has no version.
func (th *thing) empty() bool { return len(th.versions) == 0 }

// set replaces the versions.
func (th *thing) set(versions []*kept) {
	th.versions, th.newest = versions, nil
	if n := len(versions); n > 0 {
		th.newest = versions[n-1]
	}
}

// remove takes the version of a look away, and gives it.
func (th *thing) remove(k Key) *kept {
	i := th.find(k)
	if i == len(th.versions) || th.versions[i].key != k {
		return nil
	}
	v := th.versions[i]
	th.set(slices.Delete(th.versions, i, i+1))
	return v
}

// put sets the version of a look; there is room for it. It gives the one that was
// there before.
func (th *thing) put(v *kept) (old *kept) {
	i := th.find(v.key)
	if i < len(th.versions) && th.versions[i].key == v.key {
		old, th.versions[i] = th.versions[i], v
		th.set(th.versions)
		return old
	}
	th.set(slices.Insert(th.versions, i, v))
	return nil
}

// settle forgets what was before the last version not after k. If that let the
// thing go nothing is left, and it is given.
func (th *thing) settle(k Key, s *spare) (last *kept) {
	i := 0 // versions not after k: a few at the beginning
	for i < len(th.versions) {
		c := th.versions[i].key.Compare(k)
		if c <= 0 {
			i++
		}
		if c >= 0 {
			break
		}
	}
	if i == 0 {
		return nil
	}
	drop := i - 1
	if i == len(th.versions) && th.versions[i-1].exists == 0 {
		last, drop = th.versions[i-1], i
	}
	if drop == 0 {
		return nil
	}
	for _, v := range th.versions[:drop] {
		s.give(v)
	}
	th.set(slices.Delete(th.versions, 0, drop))
	return last // good until the next is taken
}
