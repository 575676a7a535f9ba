package wire

import (
	"math"
	"time"
	"unicode/utf8"

	"atalaya/geo"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/sensor"
	"atalaya/track"
)

// MotionOf gives the row of a track in a frame whose clock is now. Values that
// a column cannot hold become its nearest, so no track is lost for one; only
// a state without a valid position has no row.
func MotionOf(t *track.Track, now time.Time) (m Motion, ok bool) {
	s := &t.State
	if !s.Position.Valid() {
		return Motion{}, false
	}
	m = Motion{
		ID:     uint64(t.ID),
		Lat:    int32(math.Round(s.Position.Lat * 1e7)),
		Lon:    int32(math.Round(geo.WrapLongitude(s.Position.Lon) * 1e7)),
		Age:    uint32(clamp(float64(now.Sub(s.Time).Milliseconds()), math.MaxUint32)),
		Speed:  NoSpeed,
		Course: NoCourse,
		Height: NoHeight,
		SD:     uint16(clamp(math.Ceil(worstSD(s)), math.MaxUint16)),
		Coast:  uint16(clamp(s.Time.Sub(t.Updated).Seconds()*10, math.MaxUint16)),
	}
	if speed := math.Hypot(s.East, s.North); !math.IsNaN(speed) {
		m.Speed = uint16(clamp(speed*100, NoSpeed-1))
		if m.Speed > 0 {
			deg := geo.WrapBearing(math.Atan2(s.East, s.North) * 180 / math.Pi)
			m.Course = uint16(int(math.Round(deg*100)) % 36000)
		}
	}
	if s.Height.Known() {
		m.Height = int16(min(max(math.Round(s.Height.Metres), NoHeight+1), math.MaxInt16))
		m.Datum = uint8(s.Height.Datum)
	}
	return m, true
}

// worstSD is the standard deviation along the long axis of the position's
// error ellipse.
func worstSD(s *track.State) float64 {
	ee, en, nn := s.Cov[0][0], s.Cov[0][1], s.Cov[1][1]
	return math.Sqrt((ee+nn)/2 + math.Hypot((ee-nn)/2, en))
}

// clamp rounds v and brings it into [0, top]; what is no number becomes top,
// the most careful value of an age or an error.
func clamp(v, top float64) float64 {
	if math.IsNaN(v) {
		return top
	}
	return min(max(math.Round(v), 0), top)
}

// StateOf gives the row of a track. Priority is of its highest open alert, 0
// for none; stale is how long after its last observation it is believed to
// move on.
func StateOf(t *track.Track, own bool, priority rule.Priority, stale time.Duration) State {
	s := State{
		ID:    uint64(t.ID),
		Stale: uint16(clamp(stale.Seconds(), math.MaxUint16)),
		// From above, so that what is no number is no thing either.
		Existence: 255 - uint8(clamp((1-t.Existence)*255, 255)),
		Domain:    uint8(t.Domain),
		Kind:      uint8(t.Kind),
		Status:    uint8(t.Status),
		Priority:  uint8(priority),
		Distress:  uint8(t.Distress),
		Sensors:   uint8(min(len(t.Sensors), 255)),
	}
	if own {
		s.Flags |= Own
	}
	if !t.Proven {
		s.Flags |= Unproven
	}
	if t.OnGround {
		s.Flags |= OnGround
	}
	if len(t.Sensors) == 1 && t.Sensors[0] == sensor.Reports {
		s.Flags |= Told
	}
	if t.Foreign {
		s.Flags |= Foreign
	}
	return s
}

// LabelOf gives all labels of a track; compare it with what was sent before
// by Since.
func LabelOf(t *track.Track) Label {
	l := Label{ID: uint64(t.ID)}
	kinds := [labels]obs.ClaimKind{obs.Name, obs.MMSI, obs.ICAO, obs.CallSign, obs.Squawk, obs.SystemID}
	for k, kind := range kinds {
		if v, ok := t.Claimed(kind); ok && v != "" {
			l.Has |= 1 << k
			l.Values[k] = fit(v)
		}
	}
	return l
}

// Since leaves in l what differs from what was sent before: new values, and
// empty ones where a label fell away. Has is 0 where nothing differs.
func (l Label) Since(sent Label) Label {
	d := Label{ID: l.ID}
	for k := range l.Values {
		if l.Values[k] != sent.Values[k] {
			d.Has |= 1 << k
			d.Values[k] = l.Values[k]
		}
	}
	return d
}

// fit makes a claim sendable: UTF-8 of at most 255 bytes.
func fit(s string) string {
	if !utf8.ValidString(s) {
		s = string([]rune(s)) // each wrong byte becomes U+FFFD
	}
	if len(s) <= 255 {
		return s
	}
	n := 255
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
