package watch

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"atalaya/area"
	"atalaya/asset"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/track"
	"atalaya/valid"
)

// Config is what a Watch is made from. A zero value of any field takes the
// default that is told with it.
type Config struct {
	// Exercise says that the world is simulated: a demonstration line then
	// counts like any other.
	Exercise bool

	// Raise is the probability from which a crossing is a finding. Default 0.8.
	Raise float64
	// Depth is how far in metres a track must be beyond a line for a crossing.
	// Default 10.
	Depth float64
	// Rearm is how far in metres from a line, on either side, a track must get
	// before it can cross that line again: what drifts along it raises once.
	// Default 500.
	Rearm float64
	// Enter is the probability from which a track is inside an area, and 1 -
	// Enter the one from which it has left. Default 0.9.
	Enter float64
	// Leave is how far in metres outside an area a track must be to have left.
	// Default 50.
	Leave float64
	// OwnNear is how near in metres to a line something of ours may come
	// before its crew is told. Default 1000.
	OwnNear float64
	// Lawful lists craft that may cross.
	Lawful []Craft
	// AlertIdentifiedAircraft alerts also about aircraft that cross or enter
	// with an address and a call sign. Default: findings without alert.
	AlertIdentifiedAircraft bool
}

// Craft is something that may lawfully cross a border.
type Craft struct {
	Claim  obs.Claim // its identity
	Border area.ID   // empty: any
	// From and Until bound the permission; zero: no bound.
	From, Until time.Time
	Reason      rule.Text
}

func (c Config) withDefaults() Config {
	c.Raise = cmp.Or(c.Raise, 0.8)
	c.Depth = cmp.Or(c.Depth, 10)
	c.Rearm = cmp.Or(c.Rearm, 500)
	c.Enter = cmp.Or(c.Enter, 0.9)
	c.Leave = cmp.Or(c.Leave, 50)
	c.OwnNear = cmp.Or(c.OwnNear, 1000)
	return c
}

// Watch runs the detectors. It is not safe for concurrent use.
type Watch struct {
	cfg    Config
	areas  valid.History[area.Area]
	assets valid.History[asset.Asset]
	rules  rule.Book
	shapes shapes
	owners map[obs.Claim][]string // keys of assets that have ever claimed it
	tracks map[track.ID]*memory
	bad    uint64

	found []Finding // of the current step
}

// New makes a Watch that knows no areas and no rules yet.
func New(cfg Config) *Watch {
	w := &Watch{cfg: cfg.withDefaults()}
	w.shapes = newShapes()
	w.owners = map[obs.Claim][]string{}
	w.tracks = map[track.ID]*memory{}
	return w
}

// BadChanges counts versions of areas, rules and assets that were refused, because
// they were there already or left a gap.
func (w *Watch) BadChanges() uint64 { return w.bad }

// Step takes the events of one step of the tracker, and the inputs of the same
// step for the changes among them, and gives what the detectors find, ordered
// by track and then by what was found first.
func (w *Watch) Step(now time.Time, events []track.Event, changes []track.Input) []Finding {
	w.found = nil
	for i := range changes {
		if c := changes[i].Change; c != nil {
			w.change(c)
		}
	}
	for i := range events {
		if events[i].Kind == track.Merged {
			w.merged(&events[i])
		}
	}
	for len(events) > 0 {
		n := 1
		for n < len(events) && events[n].Track.ID == events[0].Track.ID {
			n++
		}
		w.track(events[:n], now)
		events = events[n:]
	}
	found := w.found
	w.found = nil
	return found
}

func (w *Watch) change(c *track.Change) {
	var err error
	switch {
	case c.Area != nil:
		if err = w.areas.Put(*c.Area); err == nil {
			w.shapes.changed(c.Area.Valid)
		}
	case c.Rule != nil:
		if err = w.rules.Put(*c.Rule); err == nil && aboutZones(c.Rule.Detector) {
			w.shapes.changed(c.Rule.Valid)
		}
	case c.Asset != nil:
		if err = w.assets.Put(*c.Asset); err == nil {
			for _, cl := range c.Asset.Claims {
				if !slices.Contains(w.owners[cl], c.Asset.Key()) {
					w.owners[cl] = append(w.owners[cl], c.Asset.Key())
				}
			}
		}
	}
	if err != nil {
		w.bad++
	}
}

// track runs the detectors over the events of one track.
func (w *Watch) track(events []track.Event, now time.Time) {
	id := events[0].Track.ID
	m := w.tracks[id]
	if m == nil {
		m = &memory{}
		w.tracks[id] = m
	}
	for i := range events {
		e := &events[i]
		switch e.Kind {
		case track.Born, track.Promoted, track.Updated, track.Stitched, track.Split:
			w.moved(m, e)
		case track.Revised:
			m.rollBack(e.From)
		case track.Distress:
			w.distress(m, e)
		case track.Conflict:
			w.conflict(m, e)
		case track.Died, track.Merged:
			w.withdraw(m, now)
			delete(w.tracks, id)
			return
		case track.Coasted, track.Identity:
		}
	}
	w.withdraw(m, now)
}

// moved runs the detectors over places. Where nothing of interest is near,
// that costs the comparison of two positions.
func (w *Watch) moved(m *memory, e *track.Event) {
	t := &e.Track
	if t.Kind == obs.BaseStation || t.Kind == obs.AidToNavigation {
		return
	}
	at := w.shapes.inForce(t.State.Time, &w.areas, &w.rules)
	if m.free.holds(at, t) {
		return
	}
	m.keep(t.State.Time)
	f := newFix(t)
	near := at.survey(t, &m.free)
	own, ours := w.ours(t)
	// Who is away from a line may come back round its end.
	m.borders = slices.DeleteFunc(m.borders, func(b borderState) bool { return !containsShape(near.borders, b.area) })
	for _, s := range near.borders {
		w.border(m, e, s, f, own, ours)
	}
	if !ours {
		w.zones(m, e, at, near.zones, f)
	}
	m.free, m.lastFix = near.free, f
}

// ours finds the asset that reports itself as the track. Claims are believed
// only as far as they are honest: who steals the identity of a patrol boat is
// not ours when both are seen.
func (w *Watch) ours(t *track.Track) (asset.Asset, bool) {
	for _, c := range t.Claims {
		if c.Honest <= doubtful {
			continue
		}
		for _, key := range w.owners[c.Claim] {
			if a, ok := w.assets.At(key, t.State.Time); ok && slices.Contains(a.Claims, c.Claim) {
				return a, true
			}
		}
	}
	return asset.Asset{}, false
}

// doubtful is how honest a claim may be and still prove nothing.
const doubtful = 0.6

// merged lets the track that stays remember what its other self raised.
func (w *Watch) merged(e *track.Event) {
	gone, keep := w.tracks[e.Track.ID], w.tracks[e.Other]
	if gone == nil {
		return
	}
	if keep == nil {
		keep = &memory{}
		w.tracks[e.Other] = keep
	}
	keep.inherit(gone)
}

// raise makes a finding about a subject, from the observation seq. Where the
// rewritten past brings the same inference again, the finding that was in
// question, or withdrawn a moment ago, stands and is revised.
func (w *Watch) raise(m *memory, f Finding, subject string, seq uint64, at time.Time) {
	f.ID = fmt.Sprintf("%s/%s/%s/%d", f.Rule, f.Track, subject, seq)
	f.Status = Raised
	f.Revision = 1
	slices.Sort(f.Inputs)
	f.Inputs = slices.DeleteFunc(slices.Compact(f.Inputs), func(seq uint64) bool { return seq == 0 })
	key := f.Rule + "/" + subject
	old := m.again(key, &f, at)
	if old == nil {
		m.remember(raised{finding: f, key: key, at: at})
		w.found = append(w.found, f)
		return
	}
	same := old.inQuestion && old.finding.Alert == f.Alert && old.finding.Ordinary == f.Ordinary && old.finding.Priority == f.Priority &&
		math.Abs(old.finding.Probability-f.Probability) < 0.05
	old.at, old.inQuestion = at, false
	if same {
		return // it stands as it was told
	}
	f.ID, f.Revision = old.finding.ID, old.finding.Revision+1
	old.finding = f
	w.found = append(w.found, f)
}

// withdraw takes back what the rewritten past does not support any more.
func (w *Watch) withdraw(m *memory, now time.Time) {
	for i := range m.raised {
		r := &m.raised[i]
		if !r.inQuestion {
			continue
		}
		r.inQuestion = false
		r.finding.Revision++
		r.finding.Status = Withdrawn
		r.finding.Why = withdrawnText(r.finding.Why, now)
		w.found = append(w.found, r.finding)
	}
}

// Restore continues after a restart with the tracks of a keyframe and the
// findings that were raised about them: what is inside an area has entered it
// already.
func (w *Watch) Restore(tracks []track.Track, findings []Finding) {
	clear(w.tracks)
	for i := range tracks {
		w.tracks[tracks[i].ID] = &memory{}
	}
	for i := range findings {
		if m := w.tracks[findings[i].Track]; m != nil && findings[i].Status == Raised {
			m.restore(&findings[i])
		}
	}
}
