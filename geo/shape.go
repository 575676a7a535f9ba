package geo

// Legs of lines and rings are geodesics, the shorter way between their ends.
// The queries below hold that to 1.4 mm (see longestLeg) and are right across
// the antimeridian and round the poles.

// Line is a chain of positions; each leg is the shorter way between its ends,
// also across the antimeridian.
type Line []Position

// Ring is a closed chain of positions; the last joins the first, which is not
// repeated.
type Ring []Position

// Polygon is an outer ring followed by holes.
type Polygon []Ring
