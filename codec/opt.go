package codec

import "encoding/json"

// Opt is a value that a message may not carry. Codecs turn the "not available"
// numbers of their standards into absence, so that nobody takes one for a
// measurement. The zero value is absent. Two Opts compare with ==.
type Opt[T comparable] struct {
	value   T
	present bool
}

// Some is a value that is present.
func Some[T comparable](v T) Opt[T] { return Opt[T]{v, true} }

// SomeIf is v, present only when ok.
func SomeIf[T comparable](v T, ok bool) Opt[T] {
	if !ok {
		return Opt[T]{}
	}
	return Some(v)
}

// Get gives the value and whether it is present.
func (o Opt[T]) Get() (T, bool) { return o.value, o.present }

// Or gives the value, or instead when it is absent.
func (o Opt[T]) Or(instead T) T {
	if !o.present {
		return instead
	}
	return o.value
}

// Known reports whether the value is present.
func (o Opt[T]) Known() bool { return o.present }

// IsZero reports absence, for "omitzero" in JSON tags.
func (o Opt[T]) IsZero() bool { return !o.present }

// MarshalJSON gives the value, or null.
func (o Opt[T]) MarshalJSON() ([]byte, error) {
	if !o.present {
		return []byte("null"), nil
	}
	return json.Marshal(o.value)
}
