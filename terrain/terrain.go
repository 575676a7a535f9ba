// Package terrain is elevation: posts on a lattice, where they come from and
// how far they can be trusted. Its packages read elevation files
// (terrain/format), say what can be seen over it (terrain/sight) and where a
// camera looks (terrain/footprint). Nothing here does I/O: files come through
// fs.FS, the store on disk is store/elevation.
//
// Heights are metres above mean sea level in the model's vertical datum,
// float32; a void is NaN. Row 0 is the northernmost, column 0 the westernmost.
package terrain

import (
	"errors"
	"fmt"
	"strings"

	"atalaya/geo"
)

// VerticalDatum is what a model's heights are counted from.
type VerticalDatum string

// The vertical datums of elevation models.
const (
	EGM96     VerticalDatum = "EGM96"     // SRTM, DTED
	EGM2008   VerticalDatum = "EGM2008"   // Copernicus GLO-30
	Ellipsoid VerticalDatum = "ellipsoid" // WGS84
	Unstated  VerticalDatum = "unstated"  // taken for EGM96; Doubt says so
)

// EGM2008SD is how far EGM2008 lies from EGM96, metres, as RMS over the whole
// earth (P. Guth, MICRODEM manual, US Naval Academy, "EGM96": about 0.5 m, and
// up to 10 m over ocean trenches). It is the DatumSD of heights above EGM2008.
const EGM2008SD = 0.5

// About is what is known of an elevation model beside its heights. It goes
// with every answer that rests on it.
type About struct {
	// Name is a short name for people: of the file or the dataset.
	Name string `json:"name"`
	// Source says who made it and how it came here.
	Source string `json:"source"`
	// Datum of the heights.
	Datum VerticalDatum `json:"datum"`
	// SD is the stated error of a height, metres, one standard deviation;
	// 0 where nobody stated one.
	SD float64 `json:"sd_m"`
	// DatumSD is what heights may be off from EGM96 because no grid between
	// the two datums is configured, metres, one standard deviation.
	DatumSD float64 `json:"datum_sd_m"`
	// Synthetic elevation is made up for the exercise. No claim about the
	// world may rest on it.
	Synthetic bool `json:"synthetic"`
}

// Synthetic is how made-up elevation is labelled on every screen and in every
// file.
const Synthetic = "SYNTHETIC"

// String names the model with its label.
func (a About) String() string {
	if a.Synthetic && !strings.Contains(a.Name, Synthetic) {
		return fmt.Sprintf("%s (%s)", a.Name, Synthetic)
	}
	return a.Name
}

// ErrSynthetic says that made-up elevation was to tell of the world.
var ErrSynthetic = errors.New("this elevation is " + Synthetic + ": it says nothing of the world, only of the exercise") //nolint:gochecknoglobals // sentinel

// Claim refuses to let made-up elevation tell of the world: it may only tell
// of the exercise.
func (a About) Claim(exercise bool) error {
	if a.Synthetic && !exercise {
		return fmt.Errorf("%s: %w", a, ErrSynthetic)
	}
	return nil
}

// Metres gives a height at a position as metres in the model's own datum. It
// fails for a height above ground, which only the model's heights can tell.
// EGM2008 counts as EGM96; DatumSD says what that costs.
func (a About) Metres(h geo.Height, at geo.Position) (float64, error) {
	datum := geo.DatumSea
	if a.Datum == Ellipsoid {
		datum = geo.DatumEllipsoid
	}
	in, err := h.To(datum, at)
	return in.Metres, err
}

// Source is elevation that can be read by windows: a file, a dataset of the
// store, a Grid in memory. Sources are safe for concurrent use.
type Source interface {
	// Lattice tells where the posts are.
	Lattice() Lattice
	// About tells what is known of the heights.
	About() About
	// Read fills dst, row by row, with the heights of a window; posts outside
	// the lattice and voids are NaN. len(dst) is w.Width*w.Height.
	Read(dst []float32, w Window) error
}

// Load reads a window of a source into memory. The window is cut to the
// source's lattice. All of a Grid is that Grid: it is not to be changed.
func Load(src Source, w Window) (*Grid, error) {
	lattice := src.Lattice()
	w = w.Intersect(lattice.Bounds())
	if w.Empty() {
		return nil, fmt.Errorf("%s: the place lies outside its elevation", src.About())
	}
	if g, ok := src.(*Grid); ok && w == lattice.Bounds() {
		return g, nil
	}
	g := &Grid{lattice: lattice.Crop(w), about: src.About(), Z: make([]float32, w.Width*w.Height)}
	if err := src.Read(g.Z, w); err != nil {
		return nil, fmt.Errorf("reading elevation from %s: %w", src.About(), err)
	}
	return g, nil
}
