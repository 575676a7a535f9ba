package timeline

import (
	"slices"

	"atalaya/fuse/imm"
)

// thing is what may be one thing, with a version after each look that weighed
// it, by key.
type thing struct {
	id       ID
	versions []*version
	mark     uint64 // the making of a look that has met it
	dirty    bool   // it is another than Changes told
	from     Key    // from here on
}

// version is what is believed of a thing after a look.
type version struct {
	key      Key
	exists   float64 // 0: it is let go
	letGo    float64 // with so much existence
	existsAt int64
	// state at stateAt; a look that showed nothing near it leaves both.
	state   imm.State
	stateAt int64
	seenAt  int64 // the last time that a plot was likely its own
	identity
	// The pairs of the look that were weighed for it: of look.pairs.
	from, to int32
}

// same tells whether two versions are the same belief; the weights of its pairs
// need no comparison.
func (v *version) same(o *version) bool {
	return v.exists == o.exists && v.letGo == o.letGo && v.existsAt == o.existsAt && v.stateAt == o.stateAt &&
		v.seenAt == o.seenAt && v.identity == o.identity && v.state == o.state
}

// find gives the place of the first version not before a key.
func (th *thing) find(k Key) int {
	i := len(th.versions)
	for i > 0 && th.versions[i-1].key.Compare(k) >= 0 {
		i--
	}
	return i
}

// before gives the version that a look starts from; nil where there is none, or
// the thing was let go.
func (th *thing) before(k Key) *version {
	i := th.find(k)
	if i == 0 || th.versions[i-1].exists == 0 {
		return nil
	}
	return th.versions[i-1]
}

// at gives the version of a look, or nil.
func (th *thing) at(k Key) *version {
	if i := th.find(k); i < len(th.versions) && th.versions[i].key == k {
		return th.versions[i]
	}
	return nil
}

// upTo gives the last version not after a time; nil as in before.
func (th *thing) upTo(at int64) *version {
	i := len(th.versions)
	for i > 0 && th.versions[i-1].key.Time > at {
		i--
	}
	if i == 0 || th.versions[i-1].exists == 0 {
		return nil
	}
	return th.versions[i-1]
}

// remove takes the version of a look away, and gives it.
func (th *thing) remove(k Key) *version {
	i := th.find(k)
	if i == len(th.versions) || th.versions[i].key != k {
		return nil
	}
	v := th.versions[i]
	th.versions = slices.Delete(th.versions, i, i+1)
	return v
}

// spare keeps what can be used again.
type spare struct {
	versions []*version
	things   []*thing
	looks    []*look
}

// thing is a new one.
func (s *spare) thing(id ID) *thing {
	th := &thing{}
	if n := len(s.things); n > 0 {
		th, s.things = s.things[n-1], s.things[:n-1]
	}
	*th = thing{id: id, versions: th.versions[:0]}
	return th
}

func (s *spare) take() *version {
	if n := len(s.versions); n > 0 {
		v := s.versions[n-1]
		s.versions = s.versions[:n-1]
		return v
	}
	return &version{}
}

func (s *spare) give(v *version) { s.versions = append(s.versions, v) }

// put sets the version of a look, and tells whether that changed the belief.
func (th *thing) put(v *version, s *spare) (changed bool) {
	i := th.find(v.key)
	if i < len(th.versions) && th.versions[i].key == v.key {
		changed = !th.versions[i].same(v)
		*th.versions[i] = *v
		return changed
	}
	n := s.take()
	*n = *v
	th.versions = slices.Insert(th.versions, i, n)
	return true
}

// settle forgets what was before the last version not after k. If that let the
// thing go nothing is left, and it is given.
func (th *thing) settle(k Key, s *spare) (last *version) {
	i := th.find(k)
	if i < len(th.versions) && th.versions[i].key == k {
		i++
	}
	if i == 0 {
		return nil
	}
	drop := i - 1
	if i == len(th.versions) && th.versions[i-1].exists == 0 {
		last, drop = th.versions[i-1], i
	}
	for _, v := range th.versions[:drop] {
		s.give(v)
	}
	th.versions = slices.Delete(th.versions, 0, drop)
	return last // good until the next is taken
}
