// Package enum gives small enumerations their names in text and JSON.
package enum

import "fmt"

// Name gives the name of v, or its number when it has none.
func Name[E ~uint8](names []string, v E) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("%d", uint8(v))
}

// Marshal gives the name as text. A value without one cannot be written.
func Marshal[E ~uint8](names []string, v E) ([]byte, error) {
	if int(v) < len(names) {
		return []byte(names[v]), nil
	}
	return nil, fmt.Errorf("%d has no name", uint8(v))
}

// Unmarshal finds the value of a name.
func Unmarshal[E ~uint8](names []string, v *E, text []byte) error {
	for i, n := range names {
		if n == string(text) {
			*v = E(i)
			return nil
		}
	}
	return fmt.Errorf("%q is none of %q", text, names)
}
