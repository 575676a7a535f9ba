package casefile

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"atalaya/desk/casework"
	"atalaya/geo/fmath"
)

// The chart of a track's speed over time, as SVG.

const (
	chartHigh                = 150.0
	left, right, top, bottom = 52.0, 12.0, 14.0, 26.0
	chartWidth, chartHeight  = wide - left - right, chartHigh - top - bottom
	mps2knots                = 1.9438445
	mps2kmh                  = 3.6
)

// chart is a track's speed over time.
type chart struct {
	label  string
	points []casework.PastPoint
	factor float64   // from metres a second
	mark   time.Time // when it happened; zero: no mark
	number func(v float64, digits int) string
	clock  func(time.Time) string
	unit   string
}

// draw gives the chart; empty where there is no course of time.
func (c *chart) draw() template.HTML {
	if len(c.points) < 2 {
		return ""
	}
	from, to := c.points[0].Time, c.points[len(c.points)-1].Time
	if !to.After(from) {
		return ""
	}
	most := 1.0
	for i := range c.points {
		most = max(most, c.speed(i))
	}
	most = ceiling(most)
	x := func(t time.Time) float64 { return left + chartWidth*float64(t.Sub(from))/float64(to.Sub(from)) }
	y := func(v float64) float64 { return top + chartHeight*(1-v/most) }

	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="chart" viewBox="0 0 %g %g" role="img" aria-label="%s">`, wide, chartHigh, template.HTMLEscapeString(c.label))
	for i := range 3 {
		v := most * float64(i) / 2
		fmt.Fprintf(&b, `<path class="grid" d="M%g %sh%g"/><text class="when" text-anchor="end" x="%g" y="%s">%s</text>`,
			left, digits(y(v)), chartWidth, left-6, digits(y(v)+4), template.HTMLEscapeString(c.number(v, 1)))
		t := from.Add(to.Sub(from) * time.Duration(i) / 2)
		anchor := [3]string{"start", "middle", "end"}[i]
		fmt.Fprintf(&b, `<text class="when" text-anchor="%s" x="%s" y="%g">%s</text>`, anchor, digits(x(t)), chartHigh-6, template.HTMLEscapeString(c.clock(t)))
	}
	fmt.Fprintf(&b, `<text class="when" x="4" y="10">%s</text>`, template.HTMLEscapeString(c.unit))
	line := make([]xy, len(c.points))
	for i := range c.points {
		line[i] = xy{x(c.points[i].Time), y(c.speed(i))}
	}
	fmt.Fprintf(&b, `<path class="path" d="%s"/>`, open(thin(line)))
	if !c.mark.Before(from) && !c.mark.After(to) {
		fmt.Fprintf(&b, `<path class="mark" d="M%s %gv%g"/>`, digits(x(c.mark)), top, chartHeight)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String()) //nolint:gosec // numbers, and texts that are escaped
}

// speed gives the speed at a point, in the chart's unit.
func (c *chart) speed(i int) float64 {
	v := c.factor * fmath.Hypot(c.points[i].East, c.points[i].North)
	if !(v < 1e6) { // not a number either
		return 0
	}
	return v
}

// ceiling gives the least of 1, 2, 4, 10, 20, 40, 100 ... that is not less.
func ceiling(v float64) float64 {
	for step := 1.0; ; step *= 10 {
		for _, k := range []float64{1, 2, 4} {
			if step*k >= v {
				return step * k
			}
		}
	}
}
