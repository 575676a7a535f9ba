package app

import (
	"fmt"

	"atalaya/geo"
	"atalaya/terrain"
	"atalaya/terrain/coverage"
	"atalaya/terrain/sight"
)

// LineConfig is what one line of sight on the command line is asked for.
type LineConfig struct {
	// DEM is a bare elevation file; without one the store is asked.
	DEM  string
	Line sight.Line
	// SD is the error of the elevation's heights, metres, where it states none.
	SD float64
}

// LineAnswer is a line of sight with what is to be said of its elevation.
type LineAnswer struct {
	*sight.Profile
	Warnings []string `json:"warnings,omitempty"`
}

// LineOfSight judges a line.
func LineOfSight(cfg Config, q LineConfig) (LineAnswer, error) {
	distance, bearing, _ := geo.Inverse(q.Line.From.At, q.Line.To.At)
	middle, _ := geo.Direct(q.Line.From.At, bearing, distance/2)
	src, done, err := cfg.elevationFor(q.DEM, middle, distance/2)
	if err != nil {
		return LineAnswer{}, err
	}
	defer done.Close()
	if q.SD > 0 && src.About().SD == 0 {
		src = statedError{src, q.SD}
	}
	p, err := sight.LineOfSight(src, q.Line)
	if err != nil {
		return LineAnswer{}, err
	}
	out := LineAnswer{Profile: p, Warnings: coverage.GroundsOf(src).Warnings}
	if p.Void > 0 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("%.0f m of the line have no elevation below them: nothing is known of what stands there.", p.Void))
	}
	if src.About().SD == 0 {
		out.Warnings = append(out.Warnings, "Nobody stated the error of this elevation, so nothing is sure: give it with --sd METRES.")
	}
	return out, nil
}

// statedError is elevation whose error somebody stated afterwards.
type statedError struct {
	terrain.Source
	sd float64
}

func (s statedError) About() terrain.About {
	a := s.Source.About()
	a.SD = s.sd
	return a
}
