package casework

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// Gazetteer finds places by name, whatever the case and the accents.
type Gazetteer struct {
	// Towns do not change; of equal matches those that come first are first.
	Towns []Place
	// Things gives areas, assets and sensors as they are now.
	Things func() []Place
}

// Search gives the places whose names match, the best first: the whole name,
// its beginning, the beginning of one of its words, any part of it. Of equal
// ones what is registered comes before the towns of the map.
func (g *Gazetteer) Search(q string, limit int) []Place {
	want := Fold(q)
	if want == "" {
		return []Place{}
	}
	type hit struct {
		Place
		rank int
	}
	var hits []hit
	for _, places := range [][]Place{g.Things(), g.Towns} {
		for _, p := range places {
			if rank := min(match(Fold(p.Name), want), match(Fold(p.ID), want)); rank < missed {
				hits = append(hits, hit{p, rank})
			}
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(a.rank, b.rank) })
	out := make([]Place, min(limit, len(hits)))
	for i := range out {
		out[i] = hits[i].Place
	}
	return out
}

// missed is the rank of what does not match.
const missed = 4

func match(name, want string) int {
	switch {
	case name == want:
		return 0
	case strings.HasPrefix(name, want):
		return 1
	case strings.Contains(name, " "+want):
		return 2
	case strings.Contains(name, want):
		return 3
	}
	return missed
}

// Place gives a place by kind and id.
func (g *Gazetteer) Place(kind PlaceKind, id string) (Place, bool) {
	places := g.Towns
	if kind != Town {
		places = g.Things()
	}
	for _, p := range places {
		if p.Kind == kind && p.ID == id {
			return p, true
		}
	}
	return Place{}, false
}

// Fold takes case, accents and double blanks away.
func Fold(s string) string {
	plain, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), s)
	if err != nil {
		plain = s // no UTF-8: it matches itself
	}
	return strings.Join(strings.Fields(strings.ToLower(plain)), " ")
}
