package registry

import (
	"sync"
	"time"

	"atalaya/valid"
)

// Book has every version of things of one kind. It may be read by several
// goroutines.
type Book[T valid.Versioned] struct {
	mu *sync.RWMutex
	h  valid.History[T]
}

// At gives the version in force at t; at the zero time the last one, in force
// or not.
func (b *Book[T]) At(key string, t time.Time) (T, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if t.IsZero() {
		return b.h.Latest(key)
	}
	return b.h.At(key, t)
}

// AllAt gives what is in force at t, one version a key, ordered by key.
func (b *Book[T]) AllAt(t time.Time) []T {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.h.AllAt(t)
}

// Latest gives the last version of everything, in force or not, ordered by key.
func (b *Book[T]) Latest() []T {
	b.mu.RLock()
	defer b.mu.RUnlock()
	keys := b.h.Keys()
	out := make([]T, 0, len(keys))
	for _, key := range keys {
		if v, ok := b.h.Latest(key); ok {
			out = append(out, v)
		}
	}
	return out
}

// Versions gives every version of a key, the oldest first.
func (b *Book[T]) Versions(key string) []T {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.h.Versions(key)
}
