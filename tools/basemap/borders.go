package main

import (
	"fmt"
	"math"
	"slices"
)

// borders gives the borders of the region by pairs of states, each line with
// the state on its left and right.
func borders() ([]feature, error) {
	ps, err := pscoast(wider, "f", "-N1")
	if err != nil {
		return nil, err
	}
	states, err := outlines()
	if err != nil {
		return nil, err
	}
	// Cut where three states meet, then join what has the same two.
	var fs []feature
	var pairs []string
	byPair := map[string][]piece{}
	for _, c := range splitAtEnds(stitch(ps)) {
		left, right := sides(c.line, states)
		if left == "" || right == "" || left == right {
			return nil, fmt.Errorf("border from %v to %v lies between %q and %q", c.line[0], c.line[len(c.line)-1], left, right)
		}
		l := c.line
		if left > right {
			left, right, l = right, left, reversed(l)
		}
		pair := left + "-" + right
		if byPair[pair] == nil {
			pairs = append(pairs, pair)
		}
		byPair[pair] = append(byPair[pair], piece{line: l})
	}
	slices.Sort(pairs)
	for _, pair := range pairs {
		km := 0.0
		for _, c := range stitch(byPair[pair]) {
			left, right := sides(c.line, states)
			l := c.line
			if left > right {
				left, right, l = right, left, reversed(l)
			}
			km += length(l) / 1e3
			fs = append(fs, feature{
				Properties: properties{
					{"kind", "border"}, {"name", pair}, {"left", left}, {"right", right},
					{"accuracy_m", borderAccuracyM}, {"demonstration", true},
					{"source", "GSHHG 2.3.7 (CIA World Data Bank II), LGPL-3"}, {"dated", "2017-06-15"},
					{"length_km", places(length(l)/1e3, 1)},
				},
				Geometry: geometry{"LineString", round(simplify(l, 20), 5)},
			})
		}
		fmt.Printf("border %s: %.0f km in %d lines\n", pair, km, len(stitch(byPair[pair])))
	}
	return fs, nil
}

type state struct {
	code  string // ISO 3166-1 alpha-3
	rings []line
}

// outlines gives the states around, from the Digital Chart of the World. They
// tell sides only; no line of theirs is drawn.
func outlines() ([]state, error) {
	var states []state
	for _, c := range []struct{ dcw, code string }{
		{"AR", "ARG"}, {"BO", "BOL"}, {"BR", "BRA"}, {"CL", "CHL"}, {"PE", "PER"}, {"PY", "PRY"},
	} {
		ps, err := gmt("pscoast", "-E"+c.dcw, "-M")
		if err != nil {
			return nil, err
		}
		s := state{code: c.code}
		for _, p := range ps {
			s.rings = append(s.rings, append(p.line, p.line[0]))
		}
		states = append(states, s)
	}
	return states, nil
}

// sides tells which states lie left and right of a line: at up to 40 places
// along it, what is 10 km to its left and right, by majority. So far away the
// two sources agree.
func sides(l line, states []state) (left, right string) {
	const off = 10_000 // m
	var lefts, rights []string
	step := max(1, len(l)/40)
	for i := 0; i+1 < len(l); i += step {
		j := min(i+step, len(l)-1)
		a, b := l[i], l[j]
		mid := point{(a.lon + b.lon) / 2, (a.lat + b.lat) / 2}
		east, north := metresPerDegree(mid.lat)
		dx, dy := (b.lon-a.lon)*east, (b.lat-a.lat)*north
		n := math.Hypot(dx, dy)
		if n == 0 {
			continue
		}
		x, y := -dy/n*off/east, dx/n*off/north
		lefts = append(lefts, stateAt(point{mid.lon + x, mid.lat + y}, states))
		rights = append(rights, stateAt(point{mid.lon - x, mid.lat - y}, states))
	}
	return most(lefts), most(rights)
}

func stateAt(p point, states []state) string {
	for _, s := range states {
		for _, r := range s.rings {
			if inside(p, r) {
				return s.code
			}
		}
	}
	return ""
}

// most gives what is named most often, the first in the alphabet of several.
func most(names []string) string {
	count := map[string]int{}
	for _, n := range names {
		if n != "" {
			count[n]++
		}
	}
	best := ""
	for n, k := range count {
		if best == "" || k > count[best] || (k == count[best] && n < best) {
			best = n
		}
	}
	return best
}
