package looks

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"atalaya/desk"
	"atalaya/geo"
	"atalaya/policy"
	"atalaya/sensor"
)

// longest is how long a camera may turn by its speed.
const longest = 10 * time.Second

// Wish is what somebody wants a camera to do.
type Wish struct {
	Request   string // the client's name for it; a retry has the same
	Who       desk.Who
	Sensor    sensor.ID
	Purpose   string
	Authority string
	Kind      MoveKind
	// To is where to, of an absolute move; what is nil stays as it is.
	Azimuth, Elevation, Wide *float64
	// Pan and Tilt are by how much, degrees, of a relative move; or how fast, from
	// -1 to 1, of a continuous one. Zoom is how fast.
	Pan, Tilt, Zoom float64
	For             time.Duration // of a continuous move
}

// Turned is what became of a wish.
type Turned struct {
	Number   uint64           `json:"number" doc:"of the look, without gap for each sensor"`
	Record   string           `json:"record" doc:"id of the record"`
	From     sensor.Direction `json:"from" doc:"where it pointed"`
	To       sensor.Direction `json:"to" doc:"where it turns to; of a movement by speed where that would end"`
	Picture  *Picture         `json:"picture,omitempty" doc:"what it will see of the ground; absent: not known"`
	Judged   string           `json:"judged" doc:"the fence's verdict; not-judged: there is no fence"`
	Under    *Under           `json:"under,omitempty" doc:"the authority that it is under"`
	Repeated bool             `json:"repeated" doc:"the same request had been done before"`
}

// Turn turns a camera.
func (s *Service) Turn(ctx context.Context, w Wish) (Turned, error) {
	if err := w.Who.Needs(desk.Officer, "turn a camera"); err != nil {
		return Turned{}, err
	}
	if !policy.Lawful(w.Purpose) {
		return Turned{}, fmt.Errorf("%w: %q is no purpose for which anything may be looked at: choose one of %v", desk.ErrInvalid, w.Purpose, policy.Purposes())
	}
	sens, link, err := s.reach(w.Sensor)
	if err != nil {
		return Turned{}, err
	}
	if err := s.steerable(&sens); err != nil {
		return Turned{}, err
	}
	t := s.turning(w.Sensor)
	stops := t.stops.Load()
	t.mu.Lock()
	defer t.mu.Unlock()
	if done, ok := t.done[w.Request]; ok && w.Request != "" {
		done.Repeated = true
		return done, nil
	}
	h, err := link.Head(ctx)
	if err != nil {
		return Turned{}, unreachable(err)
	}
	l := &Look{Sensor: sens, Who: w.Who, Purpose: w.Purpose, Authority: w.Authority, At: s.cfg.Clock.Now()}
	move, err := l.plan(&w, &h)
	if err != nil {
		return Turned{}, err
	}
	last, err := s.number(ctx, t, w.Sensor)
	if err != nil {
		return Turned{}, err
	}
	// Where no elevation is known the record says so; a fence that needs a
	// footprint refuses then.
	l.Before, _ = s.picture(t, &sens, l.From)
	l.Target, _ = s.picture(t, &sens, l.To)
	verdict := Verdict{Text: Unjudged, Authority: Unjudged}
	if s.cfg.Judge != nil {
		if verdict, err = s.cfg.Judge.Look(ctx, l); err != nil {
			return Turned{}, fmt.Errorf("judge the look: %w", err)
		}
		if !verdict.Passes {
			return Turned{}, fmt.Errorf("%w: %s", desk.ErrForbidden, verdict.Why)
		}
	}
	out := Turned{Number: last + 1, Record: "look/" + string(w.Sensor) + "/" + strconv.FormatUint(last+1, 10), From: l.From, To: l.To, Picture: l.Target, Judged: verdict.Text}
	if s.cfg.Judge != nil {
		out.Under = &Under{Authority: verdict.Authority, Place: verdict.Place, Purpose: l.Purpose, Until: verdict.Until}
	}
	rec := desk.Record{ID: out.Record, Kind: Kind, At: l.At, Who: w.Who, Subject: subject(w.Sensor), Fields: l.fields(out.Number, &h, move, &verdict)}
	// A browser that goes away does not take back what is on record.
	ctx = context.WithoutCancel(ctx)
	recorded := false
	err = s.cfg.Ledger.Do(ctx, rec, func(ctx context.Context) error {
		recorded = true
		if t.stops.Load() != stops {
			return errors.New("it was stopped meanwhile")
		}
		if out.Under != nil { // watched from before it moves
			t.under.Store(out.Under)
		}
		return link.MoveHead(ctx, move)
	})
	if recorded { // also of one that failed: the record stands
		t.number = out.Number
	}
	if err != nil {
		if recorded {
			return Turned{}, unreachable(err)
		}
		return Turned{}, err
	}
	t.keep(w.Request, out)
	return out, nil
}

// keep remembers what was done for a request.
func (t *turning) keep(request string, done Turned) {
	if request == "" {
		return
	}
	if len(t.order) >= mostDone {
		delete(t.done, t.order[0])
		t.order = t.order[1:]
	}
	t.done[request] = done
	t.order = append(t.order, request)
}

// plan works out where a wish turns the camera, and what it is told.
func (l *Look) plan(w *Wish, h *Head) (Move, error) {
	m := l.Sensor.Mount
	l.From = m.Direction(h.Pan, h.Tilt, h.Zoom, h.Degrees)
	l.To = l.From
	for _, v := range []*float64{w.Azimuth, w.Elevation, w.Wide, &w.Pan, &w.Tilt, &w.Zoom} {
		if v != nil && (math.IsNaN(*v) || math.Abs(*v) > 1e4) {
			return Move{}, fmt.Errorf("%w: %g degrees", desk.ErrInvalid, *v)
		}
	}
	switch w.Kind {
	case Absolute:
		if w.Azimuth == nil && w.Elevation == nil && w.Wide == nil {
			return Move{}, fmt.Errorf("%w: nothing says where the camera is to turn", desk.ErrInvalid)
		}
		for to, v := range map[*float64]*float64{&l.To.Azimuth: w.Azimuth, &l.To.Elevation: w.Elevation, &l.To.Wide: w.Wide} {
			if v != nil {
				*to = *v
			}
		}
	case Relative:
		if w.Pan == 0 && w.Tilt == 0 {
			return Move{}, fmt.Errorf("%w: nothing says by how much the camera is to turn", desk.ErrInvalid)
		}
		l.To.Azimuth += w.Pan
		l.To.Elevation += w.Tilt
	case Continuous:
		return l.slew(w, h)
	default:
		return Move{}, fmt.Errorf("%w: %q is no kind of move", desk.ErrInvalid, w.Kind)
	}
	pan, tilt, zoom, err := m.Scales(l.To, h.Degrees)
	if err != nil {
		return Move{}, fmt.Errorf("%w: %w", desk.ErrInvalid, err)
	}
	l.To = m.Direction(pan, tilt, zoom, h.Degrees)
	if w.Kind == Relative {
		// Pan that would pass the end of the range goes round the other way: then
		// the difference says so.
		return Move{Kind: Relative, PanTilt: &[2]float64{pan - h.Pan, tilt - h.Tilt}}, nil
	}
	move := Move{Kind: Absolute}
	if w.Azimuth != nil || w.Elevation != nil {
		move.PanTilt = &[2]float64{pan, tilt}
	}
	if w.Wide != nil {
		move.Zoom = &zoom
	}
	return move, nil
}

// slew is a movement by speed: its record says where it would end.
func (l *Look) slew(w *Wish, h *Head) (Move, error) {
	m := l.Sensor.Mount
	switch {
	case w.Pan == 0 && w.Tilt == 0 && w.Zoom == 0:
		return Move{}, fmt.Errorf("%w: nothing says how fast the camera is to turn", desk.ErrInvalid)
	case math.Abs(w.Pan) > 1 || math.Abs(w.Tilt) > 1 || math.Abs(w.Zoom) > 1:
		return Move{}, fmt.Errorf("%w: speeds are from -1 to 1", desk.ErrInvalid)
	case w.For <= 0 || w.For > longest:
		return Move{}, fmt.Errorf("%w: turning for %s: use more than 0s and at most %s", desk.ErrInvalid, w.For, longest)
	case w.Pan != 0 && m.PanSpeed == 0 || w.Tilt != 0 && m.TiltSpeed == 0:
		return Move{}, fmt.Errorf("%w: nobody stated how fast this camera turns, so that nobody can say where it would end: turn it to a place", desk.ErrInvalid)
	}
	l.Slews = true
	seconds := w.For.Seconds()
	pan, tilt, zoom, err := m.Scales(l.From, true)
	if err != nil {
		return Move{}, fmt.Errorf("%w: %w", desk.ErrInvalid, err)
	}
	within := func(v float64, r [2]float64) float64 { return min(max(v, min(r[0], r[1])), max(r[0], r[1])) }
	pan = within(pan+w.Pan*m.PanSpeed*seconds, m.Pan)
	tilt = within(tilt+w.Tilt*m.TiltSpeed*seconds, m.Tilt)
	if w.Zoom != 0 { // how fast it zooms is not stated: all the way
		zoom = max(math.Copysign(1, w.Zoom), 0)
	}
	l.To = m.Direction(pan, tilt, zoom, true)
	move := Move{Kind: Continuous, For: w.For}
	// The camera's scales may run against ours.
	fast := [2]float64{w.Pan, w.Tilt}
	if !h.Degrees {
		fast = [2]float64{math.Copysign(w.Pan, w.Pan*(m.Pan[1]-m.Pan[0])), math.Copysign(w.Tilt, w.Tilt*(m.Tilt[1]-m.Tilt[0]))}
	}
	if w.Pan != 0 || w.Tilt != 0 {
		move.PanTilt = &fast
	}
	if w.Zoom != 0 {
		move.Zoom = &w.Zoom
	}
	return move, nil
}

// fields of the record, by the names of docs/ledger-format.md.
func (l *Look) fields(number uint64, h *Head, m Move, v *Verdict) []desk.Field {
	out := []desk.Field{
		{Name: "sensor", Value: string(l.Sensor.ID)},
		{Name: "sensor.version", Value: strconv.FormatUint(uint64(l.Sensor.Valid.Number), 10)},
		{Name: "seq.sensor", Value: strconv.FormatUint(number, 10)},
		{Name: "purpose", Value: l.Purpose},
		{Name: "authority", Value: v.Authority},
		{Name: "fence", Value: v.Text},
		{Name: "act", Value: string(m.Kind)},
		{Name: "look.pose", Value: place(l.Sensor.Position)},
		{Name: "look.from", Value: pose(l.From)},
		{Name: "look.aim", Value: pose(l.To)},
		{Name: "look.command", Value: m.text()},
		{Name: "look.slews", Value: strconv.FormatBool(l.Slews)},
	}
	add := func(name, value string) { out = append(out, desk.Field{Name: name, Value: value}) }
	if l.Authority != "" {
		add("authority.named", l.Authority)
	}
	if h.Moves != nil {
		add("counter.before", strconv.FormatUint(*h.Moves, 10))
		add("counter.boot", h.Boot)
	}
	if p := l.Before; p != nil {
		add("look.picture.from", ring(p.Outer))
	}
	if p := l.Target; p != nil {
		add("look.picture", ring(p.Outer))
		add("look.sigma", number7(p.Sigma))
		add("look.open", strconv.FormatBool(p.Open))
		add("look.elevation", p.Elevation)
		at := l.Sensor.Position
		if p.Centre != nil {
			at = *p.Centre
		}
		add("cell", cell(at))
	} else {
		add("cell", cell(l.Sensor.Position))
	}
	return append(out, v.Fields...)
}

func (m Move) text() string {
	parts := []string{string(m.Kind)}
	if m.PanTilt != nil {
		parts = append(parts, "pan "+number7(m.PanTilt[0]), "tilt "+number7(m.PanTilt[1]))
	}
	if m.Zoom != nil {
		parts = append(parts, "zoom "+number7(*m.Zoom))
	}
	if m.For > 0 {
		parts = append(parts, "for "+m.For.String())
	}
	return strings.Join(parts, " ")
}

func number7(v float64) string { return strconv.FormatFloat(v, 'f', 7, 64) }

func place(p geo.Position) string { return number7(p.Lat) + "," + number7(p.Lon) }

// pose is azimuth, elevation and width in degrees.
func pose(d sensor.Direction) string {
	return number7(d.Azimuth) + "," + number7(d.Elevation) + "," + number7(d.Wide)
}

// ring is a closed polygon.
func ring(r geo.Ring) string {
	out := make([]string, 0, len(r)+1)
	for _, p := range r {
		out = append(out, place(p))
	}
	if len(r) > 0 && r[0] != r[len(r)-1] {
		out = append(out, place(r[0]))
	}
	return strings.Join(out, " ")
}
