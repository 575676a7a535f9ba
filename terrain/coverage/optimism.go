package coverage

import (
	"fmt"

	"atalaya/terrain"
)

// Grounds is what every answer about coverage rests on, with how far that
// goes.
type Grounds struct {
	Elevation  terrain.About `json:"elevation"`
	Resolution float64       `json:"resolution_m"`
	Optimism   Estimate      `json:"optimism"`
	Warnings   []string      `json:"warnings,omitempty"`
}

// Estimate is by how much a coarse elevation overstates the area that is seen.
type Estimate struct {
	// Factor is the area seen on a grid of this resolution over the area seen
	// on one of 90 m, as measured; 1 at 90 m and finer.
	Factor float64 `json:"factor"`
	// Text says so in words, for screens.
	Text string `json:"text"`
}

// measured is the area seen on coarser grids over that on the grid of 3" (some
// 90 m) they were made from, by the mean of blocks: the median of 500 places at
// random in mountains ('bench/run.sh optimism' measures it; docs/terrain.md).
func measured() []struct{ resolution, factor float64 } {
	return []struct{ resolution, factor float64 }{
		{90, 1}, {180, 1.16}, {270, 1.29}, {450, 1.53}, {900, 1.99},
	}
}

// Optimism tells by how much a grid of so many metres overstates the area
// seen, against a grid of 90 m.
func Optimism(resolution float64) Estimate {
	table := measured()
	first, last := table[0], table[len(table)-1]
	if resolution <= first.resolution {
		return Estimate{Factor: 1, Text: fmt.Sprintf("Optimism is measured against grids of %.0f m; by how much one of %.0f m itself overstates the area seen is not known.", first.resolution, resolution)}
	}
	factor := last.factor
	for i := 1; i < len(table); i++ {
		if a, b := table[i-1], table[i]; resolution <= b.resolution {
			factor = a.factor + float64((b.factor-a.factor)*((resolution-a.resolution)/(b.resolution-a.resolution)))
			break
		}
	}
	least := ""
	if resolution > last.resolution {
		least = "at least "
	}
	return Estimate{Factor: factor, Text: fmt.Sprintf("Elevation of %.0f m overstates the area that a sensor sees by %s%.0f %% against a grid of %.0f m (median of 500 places in rugged mountains).", resolution, least, 100*(factor-1), first.resolution)}
}

// coarse is the resolution in metres above which coverage is warned of.
const coarse = 100

// GroundsOf tells what an answer over a source rests on.
func GroundsOf(src terrain.Source) Grounds {
	g := Grounds{Elevation: src.About(), Resolution: src.Lattice().Resolution()}
	g.Optimism = Optimism(g.Resolution)
	if g.Elevation.Synthetic {
		g.Warnings = append(g.Warnings, terrain.Synthetic+" elevation, made up for the exercise: no claim about the world may rest on this.")
	}
	if g.Resolution > coarse {
		g.Warnings = append(g.Warnings, g.Optimism.Text+" Do not claim coverage from it.")
	}
	return g
}
