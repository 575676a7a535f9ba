package people

import (
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"atalaya/desk"
)

// maxName bounds names, in bytes.
const maxName = 100

// CleanName gives a name as it is kept: one space between words, no control
// characters, one Unicode form (RFC 8266, Nickname).
func CleanName(name string) (string, error) {
	clean, err := precis.Nickname.String(name)
	if err != nil || clean == "" || len(clean) > maxName || !utf8.ValidString(name) {
		return "", fmt.Errorf("%w: a name has 1 to %d bytes of letters, digits, spaces and signs", desk.ErrInvalid, maxName)
	}
	return clean, nil
}

// NameKey is the same for names that people cannot tell apart by case, width
// or composition of letters. What is no name is its own key.
func NameKey(name string) string {
	key, err := precis.Nickname.CompareKey(name)
	if err != nil {
		return name
	}
	return key
}

// byName finds who signs in with a name. Two people whose names differ in case
// only, enrolled before that was refused, are told apart by it.
func byName(all []Person, name string) (Person, bool) {
	var found []Person
	key := NameKey(name)
	for _, x := range all {
		if x.Name == name {
			return x, true
		}
		if NameKey(x.Name) == key {
			found = append(found, x)
		}
	}
	if len(found) != 1 {
		return Person{}, false
	}
	return found[0], true
}
