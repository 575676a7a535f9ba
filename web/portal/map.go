package portal

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"atalaya/geo"
	"atalaya/web/portal/digest"
)

// chart is a map of cells, as a drawing with numbers for its coordinates.
type chart struct {
	Width, Height int
	Label         string
	Lake, Borders []string
	Cells         []square
}

type square struct {
	X, Y, W, H string
	Shade      int // 1 to 5
	Text       string
}

// parseCell reads "-16.3,-68.9", the south-west corner of a tenth of a degree.
func parseCell(s string) (lat, lon float64, ok bool) {
	a, b, _ := strings.Cut(s, ",")
	lat, err1 := strconv.ParseFloat(a, 64)
	lon, err2 := strconv.ParseFloat(b, 64)
	return lat, lon, err1 == nil && err2 == nil && math.Abs(lat) < 85 && math.Abs(lon) <= 180
}

// draw makes the map of cells; nil where there is none.
func (s *Server) draw(l Language, rows []digest.Row) *chart {
	const cell, margin, width = 0.1, 0.4, 800.0
	west, south, east, north := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	most := uint64(1)
	for _, r := range rows {
		if lat, lon, ok := parseCell(r.Name); ok {
			west, east = min(west, lon-margin), max(east, lon+cell+margin)
			south, north = min(south, lat-margin), max(north, lat+cell+margin)
			most = max(most, r.N)
		}
	}
	if west > east {
		return nil
	}
	// One scale at the middle is enough for a sketch.
	sx := width / (east - west)
	sy := sx / math.Cos((south+north)/2*math.Pi/180)
	x := func(lon float64) float64 { return (lon - west) * sx }
	y := func(lat float64) float64 { return (north - lat) * sy }
	out := &chart{Width: width, Height: int(math.Ceil(y(south))), Label: l.f("map", l.count(uint64(len(rows)), "cells"))}
	path := func(line []geo.Position, closed bool) string {
		var b strings.Builder
		near := false
		for i, p := range line {
			near = near || p.Lon >= west && p.Lon <= east && p.Lat >= south && p.Lat <= north
			step := "L"
			if i == 0 {
				step = "M"
			}
			fmt.Fprintf(&b, "%s%.1f %.1f", step, x(p.Lon), y(p.Lat))
		}
		if !near {
			return ""
		}
		if closed {
			b.WriteString("Z")
		}
		return b.String()
	}
	var lake strings.Builder // one path, so that islands are holes
	for _, ring := range s.cfg.Ground.Lake {
		lake.WriteString(path(ring, true))
	}
	if lake.Len() > 0 {
		out.Lake = []string{lake.String()}
	}
	for _, line := range s.cfg.Ground.Borders {
		if d := path(line, false); d != "" {
			out.Borders = append(out.Borders, d)
		}
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
	for _, r := range rows {
		lat, lon, ok := parseCell(r.Name)
		if !ok {
			continue
		}
		const shades = 5
		out.Cells = append(out.Cells, square{
			X: number(x(lon)), Y: number(y(lat + cell)), W: number(cell * sx), H: number(cell * sy),
			Shade: int(1 + (shades-1)*(r.N-1)/most), //nolint:gosec // at most 5
			Text:  l.name(digest.Cells, r.Name) + ": " + l.count(r.N, "looks"),
		})
	}
	return out
}
