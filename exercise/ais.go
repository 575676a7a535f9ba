package exercise

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"atalaya/codec"
	"atalaya/codec/ais"
	"atalaya/codec/nmea"
	"atalaya/geo"
)

// intervals between reports (ITU-R M.1371-5, tables 1 and 2).
const (
	classAFast = 6 * time.Second  // 14 to 23 knots, or turning
	classA     = 10 * time.Second // up to 14 knots
	classALie  = 3 * time.Minute  // at anchor
	classB     = 30 * time.Second // above 2 knots
	classBLie  = 3 * time.Minute
	statics    = 6 * time.Minute
)

// moment is how exactly a report is sent when it is due: ten thousand boats
// report all the time, not in volleys.
const moment = 20 * time.Millisecond

// runAIS lets the boats' transponders report to the two stations. Station A
// hears everybody that no mountain hides, station B, higher but in a hole, four
// of five of them.
func (w *World) runAIS(ctx context.Context) error {
	a, err := newSender(w.port(0))
	if err != nil {
		return err
	}
	s := w.stations(a.send, w.stationB.out)
	return each(ctx, moment, w.cfg.Clock, s.listen)
}

// stations is the two of them and what they heard.
type stations struct {
	w      *World
	r      *rand.Rand
	enc    *ais.Encoder
	a, b   station
	static map[said]time.Time // the last static report
}

// said is what a boat called itself.
type said struct {
	by *mover
	guise
}

func (w *World) stations(a, b func([]byte) error) *stations {
	return &stations{
		w: w, r: rand.New(rand.NewPCG(w.cfg.Seed, 1)), enc: ais.NewEncoder(), //nolint:gosec // a world, no secret
		a: station{name: "copacabana", out: a}, b: station{name: "calvario", out: b}, static: map[said]time.Time{},
	}
}

// listen hears what is due by now.
func (s *stations) listen(now time.Time) error {
	for _, m := range s.w.movers {
		as := m.says(now)
		if as.mmsi == 0 || !s.w.due(m, now) {
			continue
		}
		p, course, speed := s.w.where(m, now)
		msgs := []*ais.Message{position(m.class, as, blur(s.r, p), course, speed, now)}
		if last, before := s.static[said{m, as}]; !before || now.Sub(last) >= statics {
			s.static[said{m, as}] = now
			msgs = append(msgs, names(m.class, as)...)
		}
		for _, msg := range msgs {
			if err := s.hear(msg, m, p, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// hear passes a message on, as the stations that it reached do.
func (s *stations) hear(msg *ais.Message, from *mover, at geo.Position, now time.Time) error {
	lines, err := s.enc.Encode(msg)
	if err != nil {
		return fmt.Errorf("encode AIS of %s: %w", msg.MMSI, err)
	}
	if s.w.atHarbour(from, at) {
		if err := s.a.pass(lines, now); err != nil {
			return err
		}
	}
	if s.r.Float64() < 0.8 && s.w.atCalvario(from, at) {
		return s.b.pass(lines, now)
	}
	return nil
}

// due reports whether a boat reports now, and settles when it does next.
func (w *World) due(m *mover, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.Before(m.reported) {
		return false
	}
	m.advance(now)
	_, _, speed := m.at(now)
	m.reported = m.reported.Add(w.interval(m, speed))
	if m.reported.Before(now) {
		m.reported = now
	}
	return true
}

func (w *World) interval(m *mover, speed float64) time.Duration {
	const knot, lies = 0.514444, 0.5
	switch {
	case w.cfg.Report > 0:
		return w.cfg.Report
	case m.class == fisher && speed < lies:
		return classBLie
	case m.class == fisher:
		return classB
	case speed < lies:
		return classALie
	case speed > 14*knot:
		return classAFast
	}
	return classA
}

// station is a receiver on land: it says in tag blocks when it heard what.
type station struct {
	name  string
	group uint64 // of the last message of several sentences
	out   func([]byte) error
}

// pass sends the sentences of a message on.
func (s *station) pass(sentences []string, now time.Time) error {
	b, err := s.heard(sentences, now)
	if err != nil {
		return err
	}
	return s.out(b)
}

// heard gives the sentences of a message as the station sends them on.
func (s *station) heard(sentences []string, now time.Time) ([]byte, error) {
	tag := nmea.Tag{Time: now.Truncate(time.Second), Source: s.name}
	if len(sentences) > 1 {
		s.group = s.group%9999 + 1
		tag.Group = nmea.Group{Part: 1, Total: len(sentences), ID: s.group}
	}
	var out []byte
	for i, sentence := range sentences {
		block, err := tag.Block()
		if err != nil {
			return nil, fmt.Errorf("tag block of station %s: %w", s.name, err)
		}
		out = append(append(append(out, block...), sentence...), "\r\n"...)
		// The first block speaks for the group.
		tag = nmea.Tag{Group: nmea.Group{Part: i + 2, Total: len(sentences), ID: s.group}}
	}
	return out, nil
}

// blur adds the error of a satellite receiver.
func blur(r *rand.Rand, p geo.Position) geo.Position {
	q, _ := geo.Direct(p, r.Float64()*360, gnssSD*max(-3, min(3, r.NormFloat64())))
	return q
}

// position makes a report: class B for fishermen, class A for others.
func position(c class, as guise, p geo.Position, course, speed float64, now time.Time) *ais.Message {
	k := ais.Kinematics{
		Position: codec.Some(p), Accurate: true, Speed: codec.Some(speed),
		Course: codec.Some(course), Second: codec.Some(uint8(now.Second())),
	}
	if c == fisher {
		return &ais.Message{Type: 18, MMSI: ais.MMSI(as.mmsi), Channel: "A", Report: &ais.ClassB{
			Kinematics: k, CarrierSense: true, DSC: true, WholeBand: true, Message22: true,
		}}
	}
	k.Heading = codec.Some(course)
	return &ais.Message{Type: 1, MMSI: ais.MMSI(as.mmsi), Channel: "B", Report: &ais.Position{
		Kinematics: k, Status: codec.Some(ais.UnderWay), TurnRate: codec.Some(0.0),
	}}
}

// names makes the static reports.
func names(c class, as guise) []*ais.Message {
	id := ais.MMSI(as.mmsi)
	if c == fisher {
		return []*ais.Message{
			{Type: 24, MMSI: id, Channel: "A", Report: &ais.StaticA{Name: as.name}},
			{Type: 24, MMSI: id, Channel: "A", Report: &ais.StaticB{
				ShipType: codec.Some(ais.ShipType(30)), Size: codec.Some(ais.Size{Bow: 4, Stern: 4, Port: 1, Starboard: 1}),
			}},
		}
	}
	kind := ais.ShipType(60)
	if c == patrol {
		kind = 55
	}
	return []*ais.Message{{Type: 5, MMSI: id, Channel: "B", Report: &ais.Voyage{
		Version: 2, Name: as.name, ShipType: codec.Some(kind),
		Size: codec.Some(ais.Size{Bow: 10, Stern: 10, Port: 3, Starboard: 3}), Device: codec.Some(uint8(1)),
	}}}
}
