package web

import (
	"maps"
	"sync"
	"time"
)

// tries limits attempts to sign in: a burst, then one every few seconds, for
// each address and for each name.
type tries struct {
	clock  func() time.Time
	mu     sync.Mutex
	seen   map[string]bucket
	purged time.Time
}

// bucket holds how many attempts were left at a time. It fills up again.
type bucket struct {
	left float64
	at   time.Time
	told time.Time // when a refusal was told last
}

const (
	triesBurst = 10
	triesEvery = 6 * time.Second
	// maxBuckets bounds the addresses and names that are kept apart. Those
	// beyond share one bucket, so that a flood of names forgets nobody's
	// attempts.
	maxBuckets = 10_000
	overflow   = "others"
)

func newTries(clock func() time.Time) *tries {
	return &tries{clock: clock, seen: map[string]bucket{}}
}

// allow takes one attempt from every key, or reports how long to wait.
func (t *tries) allow(keys ...string) (wait time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock()
	t.purge(now)
	for _, k := range keys {
		if _, b := t.at(k, now); b.left < 1 {
			wait = max(wait, time.Duration((1-b.left)*float64(triesEvery)))
		}
	}
	if wait > 0 {
		return wait, false
	}
	t.take(now, 1, keys)
	return 0, true
}

// tell reports whether a refusal is to be told: once a minute for a key.
func (t *tries) tell(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock()
	key, b := t.at(key, now)
	if now.Sub(b.told) < time.Minute {
		return false
	}
	b.told = now
	t.seen[key] = b
	return true
}

// refund gives back the attempt of who was right.
func (t *tries) refund(keys ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.take(t.clock(), -1, keys)
}

func (t *tries) take(now time.Time, n float64, keys []string) {
	for _, k := range keys {
		k, b := t.at(k, now)
		b.left = min(triesBurst, b.left-n)
		t.seen[k] = b
	}
}

// at gives the bucket of a key, and the name that it has.
func (t *tries) at(key string, now time.Time) (string, bucket) {
	b, known := t.seen[key]
	if !known && len(t.seen) >= maxBuckets {
		key = overflow
		b, known = t.seen[key]
	}
	if !known {
		return key, bucket{left: triesBurst, at: now}
	}
	b.left = min(triesBurst, b.left+max(0, now.Sub(b.at).Seconds())/triesEvery.Seconds())
	b.at = now
	return key, b
}

// purge forgets what is full again, when there is much.
func (t *tries) purge(now time.Time) {
	const full = triesBurst * triesEvery
	if len(t.seen) < maxBuckets/2 || now.Sub(t.purged) < triesEvery {
		return
	}
	t.purged = now
	maps.DeleteFunc(t.seen, func(_ string, b bucket) bool { return now.Sub(b.at) > full })
}
