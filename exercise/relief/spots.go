package relief

import (
	"fmt"
	"strconv"
	"strings"

	"atalaya/geo"
)

// Kind is what a spot height is of.
type Kind string

// The kinds of spot heights.
const (
	Summit Kind = "summit"
	Valley Kind = "valley"
	Town   Kind = "town"
	Ground Kind = "ground"   // a station or a place without a name
	Chosen Kind = "exercise" // the exercise's own, made up
)

// Spot is a height that somebody published.
type Spot struct {
	Name     string
	Kind     Kind
	Position geo.Position
	Height   float64 // m above the sea
	Source   string
}

// Spots gives the table of public spot heights.
func Spots() ([]Spot, error) {
	var out []Spot
	for n, line := range strings.Split(table, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		const fields = 6
		f := strings.SplitN(line, ",", fields)
		if len(f) != fields {
			return nil, fmt.Errorf("spots.csv, line %d: %d of %d fields", n+1, len(f), fields)
		}
		var v [3]float64
		for i := range v {
			var err error
			if v[i], err = strconv.ParseFloat(f[2+i], 64); err != nil {
				return nil, fmt.Errorf("spots.csv, line %d: %w", n+1, err)
			}
		}
		out = append(out, Spot{
			Name: f[0], Kind: Kind(f[1]), Position: geo.Position{Lat: v[0], Lon: v[1]}, Height: v[2], Source: f[5],
		})
	}
	return out, nil
}
