package timeline

import (
	"fmt"
	"sync"

	"atalaya/fuse/imm"
	"atalaya/fuse/pmb"
)

// Making a look on several processors.
//
//  1. Each of several sides meets a part of the things. What they find is put
//     together in the order of the things, as if one had met them all.
//  2. Things and plots that share nothing do not depend on each other: each side
//     solves some of the clusters. A cluster's things, plots and pairs stay in
//     their order, so that its sums are those of one side, bit for bit.
//  3. Everything else is done by one, in order.

// side is what one goroutine needs of its own.
type side struct {
	near   []int32 // plots near the things of the slots
	slots  []slot
	things []pmb.Thing // of the slots
	met    []pmb.Pair  // of near; their things are not set
	cuts   []cut
	step   imm.Step   // the last
	drafts []*version // scratch: what a look makes, and of these how many are in use
	drawn  int
	filter *pmb.Filter
	own    clusters // to be solved
	some   []*thing // to be met
	// Slots to be concluded, from and to; of these the things that became
	// another.
	first, last int
	change      []*thing
	emptied     bool // a thing has no version left
	run         func()
}

// draft gives a version to be made, until the next look is.
func (s *side) draft() *version {
	if s.drawn == len(s.drafts) {
		s.drafts = append(s.drafts, new(version))
	}
	s.drawn++
	return s.drafts[s.drawn-1]
}

// giveBack takes the last draft back.
func (s *side) giveBack() { s.drawn-- }

// sides is how a timeline has its sides work together.
type sides struct {
	job  func(t *Timeline, s *side)
	wait sync.WaitGroup
}

// newSides makes the sides.
func (t *Timeline) newSides(n int) error {
	for range n {
		f, err := pmb.New(t.cfg.Assoc)
		if err != nil {
			return fmt.Errorf("make a timeline: %w", err)
		}
		s := &side{filter: f}
		s.run = func() {
			defer t.sides.wait.Done()
			t.sides.job(t, s)
		}
		t.work.sides = append(t.work.sides, s)
	}
	t.work.side = t.work.sides[0]
	return nil
}

// together has all sides do a job, each in a goroutine, and waits for them.
func (t *Timeline) together(job func(t *Timeline, s *side)) {
	t.sides.job = job
	t.sides.wait.Add(len(t.work.sides) - 1)
	for _, s := range t.work.sides[1:] {
		go s.run()
	}
	job(t, t.work.side)
	t.sides.wait.Wait()
}

// worth is from how many things or pairs on a second goroutine is worth it.
const worth = 256

// predict moves a state by so many nanoseconds.
func (s *side) predict(m *imm.Model, x *imm.State, by int64) {
	if dt := seconds(by); !s.step.Is(m, dt) {
		s.step = m.Step(dt)
	}
	s.step.Predict(x)
}

// addAll enlists all things for the look that is made, whose plots all are added.
func (t *Timeline) addAll() {
	w := &t.work
	n := len(w.sides)
	if len(t.things) < t.worth {
		n = 1
	}
	for i, s := range w.sides[:n] {
		s.some = t.things[len(t.things)*i/n : len(t.things)*(i+1)/n]
	}
	if n == 1 {
		meetSome(t, w.side)
		return
	}
	t.together(meetSome)
	for _, s := range w.sides[1:] {
		by := int32(len(w.near)) //nolint:gosec // fewer than 2^31
		w.near, w.met, w.things = append(w.near, s.near...), append(w.met, s.met...), append(w.things, s.things...)
		for _, x := range s.slots {
			x.from, x.to = x.from+by, x.to+by
			w.slots = append(w.slots, x)
		}
		w.cuts = append(w.cuts, s.cuts...)
		s.near, s.met, s.things, s.slots, s.cuts = s.near[:0], s.met[:0], s.things[:0], s.slots[:0], s.cuts[:0]
	}
}

func meetSome(t *Timeline, s *side) {
	w := &t.work
	for _, th := range s.some {
		th.mark = w.mark
		t.enlist(s, w.look, th)
	}
	s.some = nil
}

// finish concludes the slots, and puts their versions.
func (t *Timeline) finish() {
	w := &t.work
	n := len(w.sides)
	if len(w.slots) < t.worth {
		n = 1
	}
	for i, s := range w.sides[:n] {
		s.first, s.last = len(w.slots)*i/n, len(w.slots)*(i+1)/n
	}
	for i := range w.slots {
		if x := &w.slots[i]; x.meets {
			x.is = t.versions.take()
		}
	}
	if n == 1 {
		concludeSome(t, w.side)
	} else {
		t.together(concludeSome)
	}
	for i := range w.slots {
		x := &w.slots[i]
		if x.meets && t.rares {
			t.versions.fillRare(x.is, x.next)
		}
		if x.was != nil {
			t.versions.give(x.was)
		}
	}
	for _, s := range w.sides[:n] {
		for _, th := range s.change {
			t.changed(th, w.look.key)
		}
		w.emptied = w.emptied || s.emptied
		s.change, s.emptied = s.change[:0], false
	}
}

func concludeSome(t *Timeline, s *side) {
	l := t.work.look
	for i := s.first; i < s.last; i++ {
		x := &t.work.slots[i]
		if !x.meets {
			if x.was = t.versions.remove(x.thing, l.key); x.was != nil {
				s.change = append(s.change, x.thing)
				s.emptied = s.emptied || x.thing.empty()
			}
			continue
		}
		t.conclude(l, x)
		t.versions.fill(x.is, x.next)
		if x.was = t.versions.put(x.thing, x.is); x.was == nil || !t.versions.same(x.was, x.next) {
			s.change = append(s.change, x.thing)
		}
	}
}
