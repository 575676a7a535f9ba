package chunk

import "atalaya/terrain"

// At is the place of a chunk in the frame, in chunks.
type At struct{ X, Y int }

// Window is the posts of a chunk.
func (c At) Window() terrain.Window {
	return terrain.Window{X: c.X * Side, Y: c.Y * Side, Width: Side, Height: Side}
}

// Of is the chunk that holds a post.
func Of(col, row int) At { return At{col >> 10, row >> 10} } // floor by side

// Span gives the chunks that a window touches: first to last, included.
func Span(w terrain.Window) (first, last At) {
	return Of(w.X, w.Y), Of(w.X+w.Width-1, w.Y+w.Height-1)
}

// Extreme is which height stands for many in a pyramid.
type Extreme uint8

// The highest of the posts below hides what is behind it; the lowest is the
// hardest to see. A mean would be neither.
const (
	Highest Extreme = iota
	Lowest
)

func (e Extreme) String() string {
	if e == Lowest {
		return "lowest"
	}
	return "highest"
}
