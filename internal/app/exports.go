package app

import (
	"io"

	"atalaya/plan/corridor"
	"atalaya/plan/siting"
	"atalaya/terrain/coverage"
	"atalaya/terrain/sight"
)

// exports implements web.Exports with what the command line writes.
type exports struct{}

func (exports) ViewshedTIFF(w io.Writer, seen *sight.Viewed, on coverage.Grounds) error {
	return ViewshedFile{Seen: seen, Grounds: on}.WriteTIFF(w)
}

func (exports) ViewshedGeoJSON(w io.Writer, seen *sight.Viewed, on coverage.Grounds, target float64) error {
	return ViewshedFile{Seen: seen, Grounds: on, Target: &target}.WriteGeoJSON(w)
}

func (exports) Corridors(w io.Writer, a *corridor.Answer) error { return WriteCorridors(w, a) }
func (exports) Sites(w io.Writer, a siting.Answer) error        { return WriteSites(w, a) }
