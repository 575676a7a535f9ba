package live

import (
	"time"

	"atalaya/geo"
	"atalaya/track"
	"atalaya/web/wire"
)

// view is what one client sees and holds. It belongs to the client's writer.
type view struct {
	box    *[4]float64 // widened; west, south, east, north; nil: everything
	follow map[track.ID]bool
	held   map[track.ID]mark // what the client has, and what it waits for
	base   uint64            // the sequence that it holds
	life   uint64            // of the hub's picture that it holds
	whole  bool              // it needs a snapshot
	// missed are the deltas that were due while the line took nothing.
	missed int

	part    int      // bytes that a frame may have
	turn    track.ID // the last whose turn it was; the next ones follow in the next part
	wants   []want   // of the frame that is made
	at      int64    // when the picture was last looked through for this client, ms since 1970
	edition uint64   // and which it was
	waiting bool     // some of it did not fit into the last frame
	since   int64    // all that changed before was sent, ms since 1970
	missing uint32   // tracks that the client has not got yet
}

func newView() view { return view{held: map[track.ID]mark{}, whole: true, part: firstPart} }

// mark is what a client has of a track.
type mark struct {
	edition uint64 // as it was then; 0: nothing yet
	since   int64  // since when it waits for the rest, ms since 1970; 0: it has all
}

// allLabels names every label, so that one which fell away is sent empty.
const allLabels = wire.HasName | wire.HasMMSI | wire.HasICAO | wire.HasCallSign | wire.HasSquawk | wire.HasSystemID

// widen grows a box by a quarter of its width and height on each side. Boxes
// of maps that were turned round the world have longitudes beyond 180.
func widen(b [4]float64) *[4]float64 {
	const part = 0.25
	w, s, e, n := b[0], b[1], b[2], b[3]
	s, n = s-part*(n-s), n+part*(n-s)
	width := e - w
	if width < 0 {
		width = geo.WrapBearing(width) // over the antimeridian
	}
	if width*(1+2*part) >= 360 {
		return &[4]float64{-180, s, 180, n}
	}
	return &[4]float64{geo.WrapLongitude(w - part*width), s, geo.WrapLongitude(w + (1+part)*width), n}
}

func (v *view) sees(e *entry) bool {
	if v.box == nil || e.always() || v.follow[track.ID(e.motion.ID)] {
		return true
	}
	lat, lon := float64(e.motion.Lat)*1e-7, float64(e.motion.Lon)*1e-7
	if lat < v.box[1] || lat > v.box[3] {
		return false
	}
	if v.box[0] <= v.box[2] {
		return lon >= v.box[0] && lon <= v.box[2]
	}
	return lon >= v.box[0] || lon <= v.box[2]
}

func age(d time.Duration) uint32 {
	const longest = 1<<32 - 1
	return uint32(min(max(d.Milliseconds(), 0), longest))
}
