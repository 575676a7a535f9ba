package permits

import (
	"strings"
	"unicode"

	"atalaya/obs"
)

// craftKey writes an identity in the one way in which it is compared.
func craftKey(c obs.Claim) string {
	switch c.Kind {
	case obs.Name:
		return nameKey(c.Value)
	case obs.CallSign:
		return c.Kind.String() + ":" + letters(c.Value)
	default:
		return c.Kind.String() + ":" + strings.ToLower(strings.TrimSpace(c.Value))
	}
}

// nameKey writes a name in the one way in which it is compared.
func nameKey(name string) string { return obs.Name.String() + ":" + letters(name) }

// letters keeps letters and digits, upper-case and without accents: a
// transponder has neither accents nor ñ (ITU-R M.1371-5 table 47), and spaces
// and points are painted as there is room.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if i := strings.IndexRune(accented, unicode.ToUpper(r)); i >= 0 {
			return rune(plainLetters[len([]rune(accented[:i]))])
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, s)
}

// Letters of Spanish, Portuguese, Quechua and Aymara, and what they become.
const (
	accented     = "ÁÀÂÃÄÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÑÇ"
	plainLetters = "AAAAAEEEEIIIIOOOOOUUUUNC"
)
