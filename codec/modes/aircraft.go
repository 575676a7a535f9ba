package modes

import (
	"time"

	"atalaya/codec"
	"atalaya/codec/modes/cpr"
	"atalaya/geo"
)

// key tells apart the senders of positions: one address may stand for an
// aircraft's own broadcast and for what ground stations say of it, and these
// must not be paired.
type key uint32

func makeKey(a Address, other bool, s Source) key {
	k := key(a) | key(s)<<25
	if other {
		k |= 1 << 24
	}
	return k
}

// aircraft is what the decoder remembers of one sender.
type aircraft struct {
	key        key
	prev, next *aircraft // more and less recently heard

	// seen is when its address came in a frame whose parity proves it.
	seen   time.Duration
	proven bool

	even   half // last position messages
	odd    half
	fix    fix // last position
	rival  fix // last position that was refused
	rivals int // how many refused ones in a row fit together

	speed   float64 // metres a second, last reported
	speedAt time.Duration

	version    codec.Opt[uint8] // of ADS-B, from operational status
	nicA, nicC bool             // NIC supplements, from operational status
	nacP       codec.Opt[uint8]
}

// half is one message of a pair.
type half struct {
	cpr  cpr.Position
	at   time.Duration
	slow bool // surface, and known to move no faster than 25 knots
	set  bool
}

// fix is a decoded position.
type fix struct {
	at      geo.Position
	when    time.Duration
	surface bool
	set     bool
}

// table holds the aircraft that were heard last.
type table struct {
	size        int
	all         map[key]*aircraft
	first, last *aircraft
	forgotten   uint64
}

// find gives a known aircraft, or nil.
func (t *table) find(k key) *aircraft { return t.all[k] }

// touch gives the aircraft with a key as the most recently heard; where it is
// new and the table full, the one not heard for longest is forgotten.
func (t *table) touch(k key) *aircraft {
	a := t.all[k]
	if a == t.first && a != nil {
		return a
	}
	switch {
	case a != nil:
		t.unlink(a)
	case len(t.all) < t.size:
		a = &aircraft{key: k}
		t.all[k] = a
	default:
		a = t.last
		t.unlink(a)
		delete(t.all, a.key)
		t.forgotten++
		*a = aircraft{key: k}
		t.all[k] = a
	}
	a.next = t.first
	if t.first != nil {
		t.first.prev = a
	}
	t.first = a
	if t.last == nil {
		t.last = a
	}
	return a
}

func (t *table) unlink(a *aircraft) {
	if a.prev != nil {
		a.prev.next = a.next
	} else {
		t.first = a.next
	}
	if a.next != nil {
		a.next.prev = a.prev
	} else {
		t.last = a.prev
	}
	a.prev, a.next = nil, nil
}

// within reports whether two times are no more than d apart. A clock that
// steps backwards must not make old things look new.
func within(a, b, d time.Duration) bool { return a-b <= d && b-a <= d }
