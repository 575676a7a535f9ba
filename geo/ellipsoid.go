package geo

import "math"

// The WGS84 ellipsoid (NIMA TR8350.2, table 3.1).
const (
	equatorialRadius = 6378137.0         // a, metres
	flattening       = 1 / 298.257223563 // f

	polarRadius      = equatorialRadius * (1 - flattening)                   // b, metres
	eccentricity2    = flattening * (2 - flattening)                         // e^2
	secondEcc2       = eccentricity2 / ((1 - flattening) * (1 - flattening)) // e'^2
	thirdFlattening  = flattening / (2 - flattening)                         // n
	polarRatio       = 1 - flattening                                        // b/a
	radiansPerDegree = math.Pi / 180
	degreesPerRadian = 180 / math.Pi
)
