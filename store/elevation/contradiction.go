package elevation

import (
	"context"
	"fmt"
	"math"
	"slices"

	"atalaya/geo"
	"atalaya/store/elevation/chunk"
	"atalaya/terrain"
)

// Files of one dataset may share posts: tiles of SRTM have their edges in
// common. Heights of a shared post that differ by more than tolerance
// contradict each other, and where more than this share of the shared posts
// does, the file is refused.
const contradictory = 0.001

// tolerance, metres, is three times the combined stated error, and a metre at
// least: heights are mostly rounded to one.
func tolerance(sd, otherSD float64) float64 {
	return max(1, 3*math.Hypot(sd, otherSD))
}

// Contradiction says that a file does not fit what was imported before.
type Contradiction struct {
	Dataset string
	Earlier string // the file whose heights stand
	Posts   int64  // differ by more than Tolerance, metres
	Shared  int64  // posts with a height in both
	// Where they differ most: by how much, and the two heights.
	At            geo.Position
	Earliers, New float64
	Tolerance     float64
}

func (c *Contradiction) Error() string {
	return fmt.Sprintf("it contradicts %s in dataset %s: %d of %d shared posts differ by more than %.3g m, most at %v, where the earlier file has %.6g m and this one %.6g m; nothing was changed: "+
		"add --replace if this file is the better one, or keep both apart with --name",
		c.Earlier, c.Dataset, c.Posts, c.Shared, c.Tolerance, c.At, c.Earliers, c.New)
}

// overlap is the posts that a file has in common with an earlier one.
type overlap struct {
	with   File
	window terrain.Window
}

// overlaps lists where a file meets earlier ones, the newest first; none twice.
// Who is told to replace asks nobody.
func (i *importer) overlaps() (out []overlap) {
	if i.in.Replace {
		return nil
	}
	for _, f := range slices.Backward(i.base.m.Files) {
		w := f.window().Intersect(i.win)
		seen := slices.ContainsFunc(out, func(o overlap) bool { return o.window.Intersect(w) == w })
		if !w.Empty() && !seen {
			out = append(out, overlap{f, w})
		}
	}
	return out
}

// compare looks for a contradiction, block by block.
func (i *importer) compare(ctx context.Context, o overlap) error {
	c := Contradiction{Dataset: i.base.m.Name, Earlier: o.with.Name, Tolerance: tolerance(i.about.SD, o.with.SD)}
	largest := 0.0
	first, last := chunk.Span(o.window)
	var have, now []float32
	for y := first.Y; y <= last.Y; y++ {
		for x := first.X; x <= last.X; x += run {
			if err := ctx.Err(); err != nil {
				return err
			}
			w := terrain.Window{X: x * chunk.Side, Y: y * chunk.Side, Width: run * chunk.Side, Height: chunk.Side}.Intersect(o.window)
			have, now = slices.Grow(have[:0], area(w))[:area(w)], slices.Grow(now[:0], area(w))[:area(w)]
			if err := i.base.read(have, 0, Highest, w); err != nil {
				return err
			}
			if err := i.read(now, w); err != nil {
				return err
			}
			for n, a := range have {
				b := now[n]
				if a != a || b != b {
					continue
				}
				c.Shared++
				d := math.Abs(float64(a) - float64(b))
				if d > c.Tolerance {
					c.Posts++
				}
				if d > largest {
					largest = d
					c.At = i.base.m.Frame.position(w.X+n%w.Width, w.Y+n/w.Width)
					c.Earliers, c.New = float64(a), float64(b)
				}
			}
			i.tell(area(w))
		}
	}
	if float64(c.Posts) > contradictory*float64(c.Shared) {
		return &c
	}
	if c.Posts > 0 {
		i.out.Differing += c.Posts
		i.out.Largest = max(i.out.Largest, largest)
	}
	return nil
}
