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
	if _, look := r.get("seq.sensor"); !look {
		return
	}
	if _, shown := r.get("class." + neighbour); !shown {
		a.r.entry(MissingSequence, r.index, "its distance class to %s is withheld", neighbour)
	}
}

// counter is the last that a sensor's own counter said.
type counter struct {
	index, sequence int64
	boot            string
	after           int64
}

// looked compares the sensor's own counter before a use with what it was after
// the use before: what lies between, no entry tells.
func (a *audit) looked(r record) {
	before, ok := r.count("counter.before")
	after, has := r.count("counter.after")
	n, numbered := r.count("seq.sensor")
	name, named := r.get("sensor")
	if !ok || !has || !numbered || !named {
		return
	}
	boot := r.values["counter.boot"]
	last, seen := a.counters[name]
	switch {
	case !seen || n != last.sequence+1: // what lies between is another matter
	case last.boot == boot && before != last.after:
		a.r.entry(SkippedLook, r.index, "sensor %s counted %d uses at the end of entry %d and %d before this one", name, last.after, last.index, before)
	case last.boot != boot && before != 0:
		a.r.entry(SkippedLook, r.index, "sensor %s began to count anew and had %d uses before this one", name, before)
	}
	a.counters[name] = counter{r.index, n, boot, after}
}
