// Package valid gives records a version and a time of validity: what was in
// force at a time, and who changed it when and why.
package valid

import (
	"fmt"
	"slices"
	"sort"
	"time"
)

// Record is the versioning part of a record. Number counts from 1 without
// gaps. The record is in force for From <= t < Until; a zero From means "since
// ever", a zero Until "until replaced". Known is when the program learned it.
type Record struct {
	Number uint32    `json:"number" doc:"version, counted from 1"`
	From   time.Time `json:"from" doc:"in force from this time; zero: since ever"`
	Until  time.Time `json:"until" doc:"in force until before this time; zero: until replaced"`
	Known  time.Time `json:"known" doc:"when the program learned it"`
	By     string    `json:"by" doc:"who changed it"`
	Reason string    `json:"reason" doc:"why"`
}

// InForce reports whether the record holds at t.
func (r Record) InForce(t time.Time) bool {
	return !t.Before(r.From) && (r.Until.IsZero() || t.Before(r.Until))
}

// Versioned is a thing that carries a Record and an identity.
type Versioned interface {
	Key() string
	Version() Record
}

// History keeps all versions of things of one kind. Its zero value is ready.
// It is not safe for concurrent use.
type History[T Versioned] struct {
	byKey map[string][]T // in order of Number
}

// Put adds a version. The number must follow the last one of the same key.
// Putting the same number again is an error: versions are never edited.
func (h *History[T]) Put(v T) error {
	if h.byKey == nil {
		h.byKey = map[string][]T{}
	}
	have := h.byKey[v.Key()]
	want := uint32(len(have)) + 1
	if n := v.Version().Number; n != want {
		return fmt.Errorf("version %d of %q: the next version is %d", n, v.Key(), want)
	}
	h.byKey[v.Key()] = append(have, v)
	return nil
}

// At gives the version in force at t: of several, the one with the highest
// number.
func (h *History[T]) At(key string, t time.Time) (v T, ok bool) {
	vs := h.byKey[key]
	for _, v := range slices.Backward(vs) {
		if v.Version().InForce(t) {
			return v, true
		}
	}
	return v, false
}

// Latest gives the last version of a key, in force or not.
func (h *History[T]) Latest(key string) (v T, ok bool) {
	if vs := h.byKey[key]; len(vs) > 0 {
		return vs[len(vs)-1], true
	}
	return v, false
}

// Begun gives the newest version that had begun at t, in force or ended: for
// records of which a newer version replaces the older ones altogether.
func (h *History[T]) Begun(key string, t time.Time) (v T, ok bool) {
	for _, v := range slices.Backward(h.byKey[key]) {
		if !t.Before(v.Version().From) {
			return v, true
		}
	}
	return v, false
}

// Versions gives every version of a key, oldest first.
func (h *History[T]) Versions(key string) []T { return slices.Clone(h.byKey[key]) }

// AllAt gives what is in force at t, one version a key, ordered by key.
func (h *History[T]) AllAt(t time.Time) []T {
	out := make([]T, 0, len(h.byKey))
	for _, key := range h.Keys() {
		if v, ok := h.At(key, t); ok {
			out = append(out, v)
		}
	}
	return out
}

// Keys gives every key, ordered.
func (h *History[T]) Keys() []string {
	keys := make([]string, 0, len(h.byKey))
	for k := range h.byKey {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
