package geo

// Line is a chain of positions; each leg is the shorter way between its ends,
// also across the antimeridian.
type Line []Position

// Ring is a closed chain of positions; the last joins the first, which is not
// repeated.
type Ring []Position

// Polygon is an outer ring followed by holes.
type Polygon []Ring
