// Package valid gives records a version and a time of validity: what was in
// force at a time, and who changed it when and why.
package valid

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
	"unicode"
)

// Record is the versioning part of a record. Number counts from 1 without
// gaps. The record is in force for From <= t < Until; a zero From means "since
// ever", a zero Until "until replaced". A version replaces the earlier ones
// from its From on, for good: when it ends, nothing holds. So what is retired
// at a time gets one more version, with that time as From and Until. Known is
// when the program learned it.
type Record struct {
	Number uint32    `json:"number" doc:"version, counted from 1"`
	From   time.Time `json:"from" doc:"in force from this time; zero: since ever"`
	Until  time.Time `json:"until" doc:"in force until before this time; zero: until replaced"`
	Known  time.Time `json:"known" doc:"when the program learned it"`
	By     string    `json:"by" doc:"who changed it"`
	Reason string    `json:"reason" doc:"why"`
	// Request is the client's name for the request that made the version.
	Request string `json:"request,omitempty" doc:"the client's name for the request that made it"`
}

// InForce reports whether the record holds at t.
func (r Record) InForce(t time.Time) bool {
	return !t.Before(r.From) && (r.Until.IsZero() || t.Before(r.Until))
}

// Ended reports whether the record holds no more at t, and never will again.
func (r Record) Ended(t time.Time) bool { return !r.Until.IsZero() && !t.Before(r.Until) }

// Check says what is wrong with the validity.
func (r Record) Check() error {
	for _, t := range []time.Time{r.From, r.Until} {
		if y := t.UTC().Year(); !t.IsZero() && (y < 1900 || y > 2200) {
			return fmt.Errorf("a time in the year %d: use 1900 to 2200", y)
		}
	}
	if !r.Until.IsZero() && r.Until.Before(r.From) {
		return fmt.Errorf("it ends (%s) before it begins (%s)", r.Until.UTC().Format(time.RFC3339), r.From.UTC().Format(time.RFC3339))
	}
	return nil
}

// MaxKey bounds the name of a thing, in bytes.
const MaxKey = 80

// CheckKey says what is wrong with the name of a thing: it stands in addresses,
// in the names of findings and in the ledger, and never changes.
func CheckKey(key string) error {
	switch {
	case key == "":
		return errors.New("it has no id")
	case len(key) > MaxKey:
		return fmt.Errorf("the id has %d bytes: use at most %d", len(key), MaxKey)
	}
	for _, r := range key {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' && r != '.' {
			return fmt.Errorf("the id %q has %q: use letters, digits, '-', '_' and '.'", key, r)
		}
	}
	if strings.Trim(key, ".") == "" {
		return fmt.Errorf("the id %q has only dots: choose another", key)
	}
	return nil
}

// FieldError says which field of a record is wrong, so that a form can show it
// there.
type FieldError struct {
	Field string // as JSON names it
	Err   error
}

func (e *FieldError) Error() string { return e.Err.Error() }

func (e *FieldError) Unwrap() error { return e.Err }

// In says in which field an error is; no error stays none.
func In(field string, err error) error {
	if err == nil {
		return nil
	}
	return &FieldError{Field: field, Err: err}
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

// At gives the version in force at t: of those that have begun by then the one
// with the highest number, unless it has ended.
func (h *History[T]) At(key string, t time.Time) (v T, ok bool) {
	for _, v := range slices.Backward(h.byKey[key]) {
		switch r := v.Version(); {
		case r.InForce(t):
			return v, true
		case !t.Before(r.From):
			return *new(T), false
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
