package fence

import (
	"fmt"
	"slices"
	"strings"

	"atalaya/area"
	"atalaya/geo"
)

// Borders makes the borders of all neighbours of a state from areas of kind
// border. A neighbour's border is every stretch that names it, also with third
// states; stretches that meet are joined, so that they have a side at the place
// where they meet. Where more than two stretches of one neighbour meet, they
// stay apart. Small loops, which coarse data has at river bends, are cut off:
// inside them sides are the wrong way round.
func Borders(home string, areas []area.Area) ([]Border, error) {
	areas = slices.Clone(areas)
	slices.SortStableFunc(areas, func(a, b area.Area) int { return strings.Compare(string(a.ID), string(b.ID)) })
	var states []string
	for _, a := range areas {
		switch {
		case a.Kind != area.Border:
			continue
		case a.Left == a.Right && (a.Left != "" || a.Right != ""):
			return nil, fmt.Errorf("border %q has %s on both sides", a.ID, a.Left)
		case a.Left == "" || a.Right == "":
			return nil, fmt.Errorf("border %q: the states on its sides are not stated", a.ID)
		}
		for _, pair := range [2][2]string{{a.Left, a.Right}, {a.Right, a.Left}} {
			if pair[0] == home && !slices.Contains(states, pair[1]) {
				states = append(states, pair[1])
			}
		}
	}
	slices.Sort(states)
	var out []Border
	for _, s := range states {
		b := Border{State: s}
		var versions []string
		for _, a := range areas {
			if a.Kind != area.Border || a.Left != s && a.Right != s {
				continue
			}
			if len(a.Line) < 2 {
				return nil, fmt.Errorf("border %q is no line", a.ID)
			}
			line := withoutLoops(roundedPositions(a.Line), a.Accuracy)
			if a.Left == s {
				slices.Reverse(line)
			}
			if !slices.ContainsFunc(b.Lines, func(l geo.Line) bool { return slices.Equal(l, line) }) {
				b.Lines = append(b.Lines, line)
			}
			versions = append(versions, fmt.Sprintf("%s@%d", a.ID, a.Valid.Number))
			b.Demonstration = b.Demonstration || a.Demonstration
			if a.Accuracy <= 0 {
				return nil, fmt.Errorf("border %q: its accuracy is not stated", a.ID)
			}
			b.Accuracy = max(b.Accuracy, a.Accuracy)
		}
		b.Version = strings.Join(versions, "+")
		b.Lines = joined(b.Lines)
		out = append(out, b)
	}
	return out, nil
}

// joined puts lines together where one ends and exactly one other begins.
func joined(lines []geo.Line) []geo.Line {
	for {
		i, k := meeting(lines)
		if i < 0 {
			return lines
		}
		lines[i] = append(slices.Clip(lines[i]), lines[k][1:]...)
		lines = slices.Delete(lines, k, k+1)
	}
}

func meeting(lines []geo.Line) (before, after int) {
	for i, a := range lines {
		end := a[len(a)-1]
		if a[0] == end {
			continue
		}
		found, ends := -1, 0
		for k, b := range lines {
			if b[0] == b[len(b)-1] {
				continue
			}
			if b[0] == end {
				found = k
				ends++
			}
			if b[len(b)-1] == end {
				ends++
			}
		}
		if ends == 2 && found >= 0 && found != i {
			return i, found
		}
	}
	return -1, -1
}

// withoutLoops cuts loops off where a line crosses itself, if nothing of the loop
// is farther from there than the line's accuracy.
func withoutLoops(line geo.Line, accuracy float64) geo.Line {
	const longest = 12 // legs of a loop
	for i := 0; i < len(line)-3; i++ {
		for k := min(i+longest, len(line)-2); k >= i+2; k-- {
			where, _, ok := geo.Line{line[k], line[k+1]}.Crosses(line[i], line[i+1])
			if !ok || slices.ContainsFunc(line[i+1:k+1], func(p geo.Position) bool { return geo.Distance(where, p) > accuracy }) {
				continue
			}
			line = roundedPositions(slices.Concat(line[:i+1], geo.Line{where}, line[k+1:]))
			i = max(-1, i-2) // the new legs once more
			break
		}
	}
	return line
}
