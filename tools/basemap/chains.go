package main

import "math"

// node is a place rounded to 1e-4 degrees (11 m): both bins of a cut write
// the same place, up to their rounding.
type node struct{ lon, lat int }

func nodeOf(p point) node {
	return node{int(math.Round(p.lon * 1e4)), int(math.Round(p.lat * 1e4))}
}

// stitch joins pieces at the ends where exactly two meet, so that what the
// bins cut is whole again. Rings come closed, their first point repeated.
// The order of the result is that of the first piece of each chain.
func stitch(pieces []piece) []chain {
	at := map[node][]int{} // pieces that end here, once per end
	for i, p := range pieces {
		if !drawn(p.line) || closed(p.line) {
			continue
		}
		for _, end := range []point{p.line[0], p.line[len(p.line)-1]} {
			at[nodeOf(end)] = append(at[nodeOf(end)], i)
		}
	}
	used := make([]bool, len(pieces))
	// extend lengthens l at its end as long as exactly one other piece goes on.
	extend := func(l line) line {
		for {
			here := nodeOf(l[len(l)-1])
			ends := at[here]
			if len(ends) != 2 {
				return l
			}
			next := ends[0]
			if used[next] {
				next = ends[1]
			}
			if used[next] {
				return l
			}
			used[next] = true
			p := pieces[next].line
			if nodeOf(p[0]) != here {
				p = reversed(p)
			}
			l = append(l, p[1:]...)
		}
	}
	var chains []chain
	for i, p := range pieces {
		if used[i] || !drawn(p.line) {
			continue
		}
		used[i] = true
		l := append(line(nil), p.line...)
		if !closed(l) {
			l = reversed(extend(reversed(extend(l))))
		}
		c := chain{line: l, closed: closed(l)}
		if c.closed {
			l[len(l)-1] = l[0]
		}
		chains = append(chains, c)
	}
	return chains
}

// drawn tells whether a piece is more than a point: gmt writes pieces of no
// length where a line only touches the edge of a bin.
func drawn(l line) bool {
	for _, p := range l {
		if nodeOf(p) != nodeOf(l[0]) {
			return true
		}
	}
	return false
}

func closed(l line) bool {
	return len(l) > 3 && nodeOf(l[0]) == nodeOf(l[len(l)-1])
}

func reversed(l line) line {
	r := make(line, len(l))
	for i, p := range l {
		r[len(l)-1-i] = p
	}
	return r
}

// splitAtEnds cuts chains where another one ends on them, within 0.01 degrees:
// where three states meet, the data's third line ends beside a vertex of the
// other two's. The end is moved onto that vertex.
func splitAtEnds(chains []chain) []chain {
	const reach = 0.01
	cuts := make([]map[int]bool, len(chains))
	for i := range cuts {
		cuts[i] = map[int]bool{}
	}
	for i := range chains {
		if chains[i].closed {
			continue
		}
		for _, e := range []int{0, len(chains[i].line) - 1} {
			end := chains[i].line[e]
			best, on, vertex := reach, -1, -1
			for j := range chains {
				if j == i {
					continue
				}
				for k, p := range chains[j].line {
					if d := math.Hypot(p.lon-end.lon, p.lat-end.lat); d < best {
						best, on, vertex = d, j, k
					}
				}
			}
			if on >= 0 {
				chains[i].line[e] = chains[on].line[vertex]
				cuts[on][vertex] = true
			}
		}
	}
	var out []chain
	for i, c := range chains {
		from := 0
		for k := 1; k < len(c.line); k++ {
			if k == len(c.line)-1 || cuts[i][k] {
				out = append(out, chain{level: c.level, line: c.line[from : k+1 : k+1]})
				from = k
			}
		}
	}
	return out
}

// outside gives the parts of a line that are not in the box.
func outside(l line, b box) []line {
	var out []line
	var part line
	for _, p := range l {
		if b.holds(p) {
			if len(part) > 1 {
				out = append(out, part)
			}
			part = nil
			continue
		}
		// No line across the map where it leaves the world at 180 degrees.
		if len(part) > 0 && math.Abs(part[len(part)-1].lon-p.lon) > 180 {
			out = append(out, part)
			part = nil
		}
		part = append(part, p)
	}
	if len(part) > 1 {
		out = append(out, part)
	}
	return out
}
