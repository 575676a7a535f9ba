package app

import (
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"atalaya/bus"
	"atalaya/desk"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/web/live"
	"atalaya/web/wire"
)

// The subjects on the bus. PictureSubject carries every step, in parts;
// AlertSubject every change of an alert.
func pictureSubject() bus.Subject[PicturePart] { return bus.NewSubject[PicturePart]("atalaya.picture") }

func alertSubject() bus.Subject[desk.Alert] { return bus.NewSubject[desk.Alert]("atalaya.alert") }

// PicturePart is what one step changed, or a part of it: the last part of a
// step says so.
type PicturePart struct {
	Step   uint64
	Part   int // of the step, from 0
	Now    time.Time
	Last   bool
	Tracks []PictureRow
	Gone   []PictureGone
}

// PictureRow is a track as believed after the step.
type PictureRow struct {
	Track *track.Track
	Own   bool
}

// PictureGone is a track that ended, or merged into another.
type PictureGone struct {
	Track track.ID
	Into  track.ID // 0: it ended
}

// partRows bounds the rows of one message: well below bus.MaxPayload.
const partRows = 2000

// picture makes the messages of a turn: of each track what it was after its
// last event.
func (l *Loop) picture(t *Turn) []PicturePart {
	// Events are ordered by track: the last one of each says how it is now.
	last := func(i int) bool { return i+1 == len(t.Events) || t.Events[i+1].Track.ID != t.Events[i].Track.ID }
	rows := make([]PictureRow, 0, len(t.Events))
	var gone []PictureGone
	for i := range t.Events {
		e := &t.Events[i]
		switch {
		case !last(i):
		case e.Kind == track.Died:
			gone = append(gone, PictureGone{Track: e.Track.ID})
		case e.Kind == track.Merged:
			gone = append(gone, PictureGone{e.Track.ID, e.Other})
		default:
			_, own := l.Own(&e.Track)
			rows = append(rows, PictureRow{&e.Track, own})
		}
	}
	var parts []PicturePart
	for n := 0; n == 0 || len(rows)+len(gone) > 0; n++ {
		part := PicturePart{Step: t.Step, Part: n, Now: t.Now}
		k := min(len(rows), partRows)
		part.Tracks, rows = rows[:k], rows[k:]
		k = min(len(gone), partRows-k)
		part.Gone, gone = gone[:k], gone[k:]
		parts = append(parts, part)
	}
	parts[len(parts)-1].Last = true
	return parts
}

// publish sends a turn to everybody who listens.
func (l *Loop) publish(b *bus.Bus, t *Turn) error {
	for _, part := range l.picture(t) {
		if err := bus.Publish(b, pictureSubject(), part); err != nil {
			return fmt.Errorf("publish step %d: %w", t.Step, err)
		}
	}
	for i := range t.Alerts {
		if err := bus.Publish(b, alertSubject(), t.Alerts[i].Alert); err != nil {
			return fmt.Errorf("publish alerts of step %d: %w", t.Step, err)
		}
	}
	return nil
}

// screen keeps the browsers' picture from what comes over the bus. When a step
// is missing it asks for the whole picture.
type screen struct {
	hub   *live.Hub
	whole func() (step uint64, now time.Time, rows []PictureRow)
	log   *slog.Logger
	next  uint64
	part  int // of the step in hand that comes next
	rows  []live.Row
	gone  []wire.Gone
	bad   bool // a part of the step in hand is missing
	shed  atomic.Uint64
}

// take is called for every part, in order, by one goroutine.
func (s *screen) take(p PicturePart) {
	if s.next != 0 && p.Step < s.next {
		return // it is in the snapshot already
	}
	if s.next != 0 && p.Step > s.next {
		s.shed.Add(p.Step - s.next)
		s.bad, s.part = true, 0
	}
	if p.Part != s.part {
		s.shed.Add(1)
		s.bad = true
	}
	s.next, s.part = p.Step, p.Part+1
	for _, r := range p.Tracks {
		if r.Track == nil { // a stranger's
			s.bad = true
			continue
		}
		s.rows = append(s.rows, row(r))
	}
	for _, g := range p.Gone {
		s.gone = append(s.gone, gone(g.Track, g.Into))
	}
	if !p.Last {
		return
	}
	u := live.Update{Step: p.Step, Now: p.Now, Tracks: s.rows, Gone: s.gone}
	s.next, s.part = s.next+1, 0
	if s.bad {
		step, now, rows := s.whole()
		u = live.Update{Step: step, Now: now}
		for _, r := range rows {
			u.Tracks = append(u.Tracks, row(r))
		}
		s.hub.Reset(u)
		s.next, s.bad = step+1, false
	} else {
		s.hub.Apply(u)
	}
	s.rows, s.gone = s.rows[:0], s.gone[:0]
}

func row(r PictureRow) live.Row {
	return live.Row{Track: *r.Track, Own: r.Own, Stale: stale(r.Track)}
}

// stale is how long after its last observation a track is still moved on on
// the screen: about three of the intervals in which such a thing reports
// (ITU-R M.1371-5 table 1 and 2; ADS-B twice a second; a radar's turn).
func stale(t *track.Track) time.Duration {
	const slow = 0.3 // m/s: at anchor or moored
	if len(t.Sensors) == 1 && t.Sensors[0] == sensor.Reports {
		return 5 * time.Minute // people say again when they see more
	}
	if _, ship := t.Claimed(obs.MMSI); ship {
		if v := &t.State; v.East*v.East+v.North*v.North < slow*slow {
			return 10 * time.Minute
		}
		return 90 * time.Second
	}
	if t.Domain == track.Air {
		return 15 * time.Second
	}
	return 12 * time.Second
}
