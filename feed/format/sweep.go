package format

import (
	"slices"
	"time"

	"atalaya/feed"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// sweep makes scans of a radar's plots and of the marks that it sends as its
// antenna turns (ASTERIX category 034: north marker, sector crossing), so that
// seeing nothing in a sector is evidence. Without marks each plot is an
// observation of its own.
//
//  1. Two marks in a row bound a sector; with north markers only, it is the
//     whole circle.
//  2. A sector becomes a scan, with the plots of its azimuths, when lag more
//     sectors have passed: radars need time to make plots, and some send a
//     sector's plots after its end. Lag begins at 0, and grows when a plot
//     comes too late; that one is an observation of its own.
//  3. Where the time between two marks does not fit the angle, marks were
//     lost, and perhaps plots too: what is not seen then is no evidence, and
//     the plots are observations of their own.
type sweep struct {
	on     bool // a first mark has come
	last   mark
	narrow bool // sectors came, not north markers only
	lag    int
	open   []sector // that became no scan yet; the oldest first
	plots  []obs.Observation
}

// mark is where the antenna was, and when.
type mark struct {
	sensor *sensor.Sensor
	at     float64 // degrees
	// received is by our clock; time by the radar's, where it can be believed.
	received, time time.Time
	period         time.Duration // of a turn; 0: not known
}

// sector is what passed between two marks.
type sector struct{ from, to mark }

const (
	maxPlots = 20_000
	maxLag   = 4 // sectors
	// unmarked is how long plots wait for the next mark where nothing is known
	// of the radar's turn.
	unmarked = 15 * time.Second
	// beside is how far outside of its sector a plot may lie, in degrees: half
	// a beam.
	beside = 2.0
	// wide sectors, in degrees, do not wait for late plots.
	wide = 90.0
)

// degrees gives the width of the sector. The same mark again is a full turn.
func (s *sector) degrees() float64 {
	if s.from.at == s.to.at {
		return 360
	}
	return geo.WrapBearing(s.to.at - s.from.at)
}

// holds reports whether an azimuth is of the sector.
func (s *sector) holds(bearing float64) bool {
	return geo.WrapBearing(bearing-s.from.at+beside) < s.degrees()+2*beside
}

// fits reports whether the antenna needs so long for the sector, and no turn
// more or less.
func (s *sector) fits() bool {
	if s.to.period <= 0 {
		return true
	}
	due := time.Duration(float64(s.to.period) * s.degrees() / 360)
	return (s.to.time.Sub(s.from.time) - due).Abs() <= s.to.period/2
}

// plot takes a plot.
func (w *sweep) plot(o obs.Observation, out *feed.Out) {
	w.expire(o.Received, out)
	switch {
	case w.on && w.late(o.Bearing):
		w.lag = min(w.lag+1, maxLag)
	case w.on && len(w.plots) < maxPlots:
		w.plots = append(w.plots, o)
		return
	case w.on:
		w.stop(out)
	}
	out.Emit(observation(o))
}

// late reports whether the sector of an azimuth became a scan already.
func (w *sweep) late(bearing float64) bool {
	oldest := w.last.at
	if len(w.open) > 0 {
		oldest = w.open[0].from.at
	}
	behind := geo.WrapBearing(oldest - bearing)
	return w.narrow && behind > beside && behind < 180
}

// mark takes the next mark.
func (w *sweep) mark(m mark, feedID sensor.FeedID, out *feed.Out) {
	w.expire(m.received, out)
	s := sector{w.last, m}
	switch {
	case !w.on:
		w.on, w.last = true, m
		return
	case m.at == w.last.at && w.again(&m):
		return // north marker and sector 0 say the same
	case !s.fits():
		w.release(out)
		w.last = m
		return
	}
	w.open, w.last = append(w.open, s), m
	w.narrow = s.degrees() <= wide
	lag := 0
	if w.narrow {
		lag = w.lag
	}
	for len(w.open) > lag {
		w.close(feedID, out)
	}
}

// again reports whether a mark comes too soon after the last one for a turn.
func (w *sweep) again(m *mark) bool {
	soon := m.period / 2
	if soon <= 0 {
		soon = time.Second // no antenna turns as fast
	}
	return m.time.Sub(w.last.time).Abs() < soon
}

// close makes a scan of the oldest sector.
func (w *sweep) close(feedID sensor.FeedID, out *feed.Out) {
	s := w.open[0]
	w.open = slices.Delete(w.open, 0, 1)
	by := s.to.sensor
	scan := &track.Scan{
		Sensor: by.ID, Feed: feedID, Start: s.from.time, End: s.to.time, Received: w.last.received,
		Platform: by.Position, From: s.from.at, To: s.to.at, MaxRange: by.MaxRange,
	}
	w.plots = slices.DeleteFunc(w.plots, func(o obs.Observation) bool {
		if !s.holds(o.Bearing) {
			return false
		}
		scan.Observations = append(scan.Observations, o)
		return true
	})
	out.Emit(track.Input{Scan: scan})
}

// release hands on the plots of which no scan can be made.
func (w *sweep) release(out *feed.Out) {
	for _, o := range w.plots {
		out.Emit(observation(o))
	}
	w.plots, w.open = w.plots[:0], w.open[:0]
}

// stop waits for a first mark again.
func (w *sweep) stop(out *feed.Out) {
	w.release(out)
	w.on = false
}

// expire stops when the next mark is overdue.
func (w *sweep) expire(now time.Time, out *feed.Out) {
	limit := w.last.period + w.last.period/2
	if limit <= 0 {
		limit = unmarked
	}
	if w.on && now.Sub(w.last.received) > limit {
		w.stop(out)
	}
}
