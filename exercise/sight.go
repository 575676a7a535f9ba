package exercise

import (
	"context"
	"fmt"
	"math"

	"atalaya/geo"
	"atalaya/terrain"
	"atalaya/terrain/sight"
)

// What the gear hears and sees over the mountains:
//
//  1. The shore radar and the receivers stand in two places. For each the least
//     height at which a thing shows is worked out once, for every post within
//     reach; after that a thing costs a look at one post.
//  2. The patrol boat's radar moves: for each boat near it the line is worked
//     out anew.
//  3. Chance draws the same numbers, shown or hidden, so that mountains change
//     nothing for what they do not hide.

const (
	// reach is how far from a mast the ground is known. All that moves is nearer.
	reach = 60_000.0 // m
	// masthead is how high a boat's antenna is, and what a radar sees of it.
	masthead = 3.0 // m above the water
	// bridgeMast is how high the patrol boat's radar stands.
	bridgeMast = 6.0 // m above the water
)

// ground is what lines of sight meet. Where it is not known, nothing hides.
type ground struct {
	src               terrain.Source
	harbour, calvario view
}

// view is what shows at a mast.
type view struct {
	least *sight.Viewed
	posts *terrain.Grid // below it, of the same lattice
}

// Raise lets mountains stand between the gear and what moves, from now on.
// Without them everything in range is heard.
func (w *World) Raise(ctx context.Context, src terrain.Source) error {
	g := &ground{src: src}
	for _, v := range []struct {
		view *view
		site geo.Position
	}{{&g.harbour, harbourSite}, {&g.calvario, radarSite}} {
		posts, err := terrain.Load(src, src.Lattice().Around(v.site, reach))
		if err != nil {
			return fmt.Errorf("exercise: %w", err)
		}
		least, err := sight.Viewshed(ctx, posts, sight.View{
			Observer: sight.Observer{At: v.site, Height: geo.GroundHeight(mast).Height()}, Radius: reach, Refraction: sight.Radio(),
		})
		if err != nil {
			return fmt.Errorf("exercise: what a mast at %v sees: %w", v.site, err)
		}
		*v.view = view{least, posts}
	}
	w.ground.Store(g)
	return nil
}

// atHarbour and atCalvario report whether the masts there have a line to a
// mover.
func (w *World) atHarbour(m *mover, p geo.Position) bool {
	g := w.ground.Load()
	return g == nil || g.harbour.shows(m, p)
}

func (w *World) atCalvario(m *mover, p geo.Position) bool {
	g := w.ground.Load()
	return g == nil || g.calvario.shows(m, p)
}

func (v *view) shows(m *mover, p geo.Position) bool {
	col, row := v.least.Lattice.Cell(p)
	c, r := int(math.Floor(col+0.5)), int(math.Floor(row+0.5))
	above := masthead
	if z, ok := v.posts.Nearest(p); ok && m.height > 0 {
		above = m.height - z
	}
	seen, known := v.least.Seen(c, r, above)
	return seen || !known
}

// atBridge reports whether the patrol boat's radar has a line to a boat.
func (w *World) atBridge(own, p geo.Position) bool {
	g := w.ground.Load()
	if g == nil {
		return true
	}
	l, err := sight.LineOfSight(g.src, sight.Line{
		From:       sight.Observer{At: own, Height: geo.GroundHeight(bridgeMast).Height()},
		To:         sight.Observer{At: p, Height: geo.GroundHeight(masthead).Height()},
		Refraction: sight.Radio(),
	})
	return err != nil || l.Visible
}
