package proof

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// sequence is the numbers of one sensor or aircraft. A late record brings its
// number after higher ones, so they are collected and judged at the end.
type sequence struct {
	next    int64          // all numbers below it are there
	ahead   map[int64]bool // numbers from next on
	highest int64
	last    int64 // entry of the highest number, or of the count that claims it
	newest  int64 // the number that came last, and of which act
	id      string
}

// numbered are the fields that count the uses of what another field names.
func numbered() []string { return []string{"aircraft", "sensor"} }

// number notes the sequence numbers of a record.
func (a *audit) number(r record) {
	for _, what := range numbered() {
		n, ok := r.count("seq." + what)
		name, named := r.get(what)
		if !ok || !named {
			continue
		}
		s := a.sequence(what, name)
		id := r.values["id"]
		if n == s.newest && id != "" && id == s.id {
			continue // the same act, tried again
		}
		s.newest, s.id = n, id
		if n < s.next || s.ahead[n] {
			a.r.entry(MissingSequence, r.index, "%s %s has the number %d twice", what, name, n)
			continue
		}
		s.claim(n, r.index)
		s.ahead[n] = true
		for s.ahead[s.next] {
			delete(s.ahead, s.next)
			s.next++
		}
	}
}

func (a *audit) sequence(what, name string) *sequence {
	key := what + " " + name
	s := a.sequences[key]
	if s == nil {
		s = &sequence{next: 1, ahead: map[int64]bool{}}
		a.sequences[key] = s
	}
	return s
}

func (s *sequence) claim(n, index int64) {
	if n > s.highest {
		s.highest, s.last = n, index
	}
}

// missing reports every number that should be there and is not.
func (a *audit) missing() {
	for _, key := range slices.Sorted(maps.Keys(a.sequences)) {
		s := a.sequences[key]
		expected := s.next
		for _, n := range append(slices.Sorted(maps.Keys(s.ahead)), s.highest+1) {
			if n > expected {
				a.r.entry(MissingSequence, s.last, "%s: number %s is not in the log", key, stretch(expected, n-1))
			}
			expected = max(expected, n+1)
		}
	}
}

func stretch(from, to int64) string {
	if from == to {
		return fmt.Sprint(from)
	}
	return fmt.Sprintf("%d to %d", from, to)
}

// counted checks that counts come every minute, and notes the numbers that
// were given out: "last.sensor" is "NAME=NUMBER NAME=NUMBER".
func (a *audit) counted(r record) {
	at, _, ok := r.span()
	if ok && !a.partial {
		if !a.count.IsZero() && at.Sub(a.count) > countEvery+clockSlack {
			a.r.entry(MissingSequence, r.index, "no count for %d seconds", int64(at.Sub(a.count)/time.Second))
		}
		a.count = at
	}
	for _, what := range numbered() {
		for word := range strings.FieldsSeq(r.values["last."+what]) {
			name, number, _ := strings.Cut(word, "=")
			if n, err := parseCount(number); err == nil {
				a.sequence(what, name).claim(n, r.index)
			}
		}
	}
}

// withheldClass checks that a neighbour's liaison is shown how near every look
// came, whatever it was.
func (a *audit) withheldClass(r record) {
	neighbour, ok := strings.CutPrefix(a.view, "liaison:")
	if !ok {
		return
	}
	if _, look := r.get("seq.sensor"); !look || isSafe(r.values["command"]) {
		return
	}
	if _, shown := r.get("class." + neighbour); !shown {
		a.r.entry(MissingSequence, r.index, "its distance class to %s is withheld", neighbour)
	}
}

// counter is what a sensor's own counter said, of uses whose neighbour has not
// been seen yet: entries of outcomes may come after the next use.
type counter struct {
	begun map[int64]use // by sequence number
	ended map[int64]use
}

// use is one use of a sensor as its own counter has it.
type use struct {
	index, number int64
	sensor, boot  string
	before        int64
	// least and most are what the counter said after it; most is one more where
	// nobody knows whether it was done.
	least, most int64
}

// looked notes the sensor's own counter before a use, and after it where the
// record says so; else its outcome does.
func (a *audit) looked(r record) {
	before, ok := r.count("counter.before")
	n, numbered := r.count("seq.sensor")
	name, named := r.get("sensor")
	if !ok || !numbered || !named {
		return
	}
	u := use{index: r.index, number: n, sensor: name, boot: r.values["counter.boot"], before: before}
	c := a.counters[name]
	if c == nil {
		c = &counter{map[int64]use{}, map[int64]use{}}
		a.counters[name] = c
	}
	c.begun[n] = u
	if after, has := r.count("counter.after"); has {
		u.least, u.most = after, after
		c.ended[n] = u
	} else {
		a.uses[r.index] = u
	}
	a.skipped(c, n)
}

// turned takes a use that was done as one more on the counter.
func (a *audit) turned(r record) {
	of, ok := r.count("of")
	u, waits := a.uses[of]
	if !ok || !waits {
		return
	}
	delete(a.uses, of)
	u.least, u.most = u.before, u.before+1
	if r.values["outcome"] == "done" {
		u.least = u.most
	}
	c := a.counters[u.sensor]
	c.ended[u.number] = u
	a.skipped(c, u.number+1)
}

// skipped compares the counter before use n with what it was after the use
// before: what lies between, no entry tells.
func (a *audit) skipped(c *counter, n int64) {
	u, begun := c.begun[n]
	last, ended := c.ended[n-1]
	if !begun || !ended {
		return
	}
	delete(c.begun, n)
	delete(c.ended, n-1)
	switch {
	case last.boot == u.boot && (u.before < last.least || u.before > last.most):
		a.r.entry(SkippedLook, u.index, "sensor %s counted %d uses at the end of entry %d and %d before this one", u.sensor, last.most, last.index, u.before)
	case last.boot != u.boot && u.before != 0:
		a.r.entry(SkippedLook, u.index, "sensor %s began to count anew and had %d uses before this one", u.sensor, u.before)
	}
}
