package web

import (
	"sync"
	"time"
)

// tries limits attempts to sign in: a burst, then one every few seconds, for
// each address and for each name.
type tries struct {
	clock func() time.Time
	mu    sync.Mutex
	seen  map[string]bucket
}

type bucket struct {
	left float64
	at   time.Time
}

const (
	triesBurst = 10
	triesEvery = 6 * time.Second
	maxBuckets = 10_000
)

func newTries(clock func() time.Time) *tries {
	return &tries{clock: clock, seen: map[string]bucket{}}
}

// allow takes one attempt from every key, or reports how long to wait.
func (t *tries) allow(keys ...string) (wait time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock()
	if len(t.seen) > maxBuckets {
		for k, b := range t.seen {
			if now.Sub(b.at) > triesBurst*triesEvery {
				delete(t.seen, k)
			}
		}
	}
	for _, k := range keys {
		b := t.at(k, now)
		if b.left < 1 {
			wait = max(wait, time.Duration((1-b.left)*float64(triesEvery)))
		}
	}
	if wait > 0 {
		return wait, false
	}
	for _, k := range keys {
		b := t.at(k, now)
		b.left--
		t.seen[k] = b
	}
	return 0, true
}

func (t *tries) at(key string, now time.Time) bucket {
	b, known := t.seen[key]
	if !known {
		return bucket{triesBurst, now}
	}
	b.left = min(triesBurst, b.left+now.Sub(b.at).Seconds()/triesEvery.Seconds())
	b.at = now
	return b
}
