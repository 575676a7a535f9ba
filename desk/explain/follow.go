package explain

import (
	"cmp"
	"math"
	"slices"
	"time"

	"atalaya/desk"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/watch"
)

// How one thing is found again in a replay, whose tracks have other numbers.
//
//  1. The observations that its track's lineage names are looked for in the
//     lineages of the replay: the track that has most of them is the thing.
//  2. Where it has none of them (all were the left-out sensor's), the track that
//     lies where the thing was believed, within the gate, is.
//  3. A finding is the same one when it has rule, area and alert in common, is
//     about such a track or was at the same place, and came within minutes.

// Follower follows one thing through a replay.
type Follower struct {
	of       map[uint64]bool // its observations
	shared   map[track.ID]int
	last     map[track.ID]desk.Told
	findings map[string]watch.Finding
	order    []string
}

// Follow begins to follow what these events are about.
func Follow(told []desk.Told) *Follower {
	f := &Follower{of: map[uint64]bool{}, shared: map[track.ID]int{}, last: map[track.ID]desk.Told{}, findings: map[string]watch.Finding{}}
	for i := range told {
		for _, c := range told[i].Event.Lineage {
			if c.Observation != 0 {
				f.of[c.Observation] = true
			}
		}
	}
	return f
}

// Take takes a step of the replay.
func (f *Follower) Take(now time.Time, events []track.Event, findings []watch.Finding) {
	for i := range events {
		e := &events[i]
		for _, c := range e.Lineage {
			if c.Observation != 0 && f.of[c.Observation] {
				f.shared[e.Track.ID]++
			}
		}
		f.last[e.Track.ID] = desk.Told{Known: now, Event: *e}
		if e.Kind == track.Merged { // it goes on in the other
			f.shared[e.Other] += f.shared[e.Track.ID]
			delete(f.shared, e.Track.ID)
		}
	}
	for i := range findings {
		x := &findings[i]
		if _, known := f.findings[x.ID]; !known {
			f.order = append(f.order, x.ID)
		}
		f.findings[x.ID] = *x
	}
}

// Found is what became of the thing in a replay.
type Found struct {
	Belief *Believed `json:"belief,omitempty" doc:"what is believed at the end; absent: nothing"`
	Track  track.ID  `json:"track,omitempty" doc:"its number in the replay"`
	By     string    `json:"by,omitempty" enum:"observations,place" doc:"how it was found again"`
	Shared int       `json:"shared" doc:"how many of its observations it has in common with what was believed"`
	Ended  bool      `json:"ended" doc:"it had ended before"`
}

// gate is the squared distance within which two beliefs may be of one thing:
// 99 of 100 are, in two dimensions.
const gate = 9.21

// Found tells what became of the thing. belief is what was believed of it then.
func (f *Follower) Found(belief *track.Track) Found {
	best, most := track.ID(0), 0
	for id, n := range f.shared {
		if n > most || n == most && n > 0 && id < best {
			best, most = id, n
		}
	}
	by := "observations"
	if best == 0 {
		best, by = f.nearest(belief), "place"
	}
	if best == 0 {
		return Found{}
	}
	x := f.last[best]
	return Found{Belief: believed(&x), Track: best, By: by, Shared: most, Ended: ended(&x.Event)}
}

func ended(e *track.Event) bool {
	return e.Kind == track.Died || e.Kind == track.Merged || e.Track.Status == track.Ended
}

// nearest gives the living track that lies where another was believed; 0: none.
func (f *Follower) nearest(belief *track.Track) (best track.ID) {
	least := gate
	for id, x := range f.last {
		if ended(&x.Event) {
			continue
		}
		if d := apart2(&belief.State, &x.Event.Track.State); d < least || d == least && id < best {
			best, least = id, d
		}
	}
	return best
}

// apart2 is the squared distance of two beliefs in standard deviations of both,
// the older one carried on to the time of the newer.
func apart2(a, b *track.State) float64 {
	if a.Time.After(b.Time) {
		a, b = b, a
	}
	dt := b.Time.Sub(a.Time).Seconds()
	e, n := geo.NewPlane(a.Position).XY(b.Position)
	e, n = e-float64(a.East*dt), n-float64(a.North*dt)
	ee, en, nn := a.Cov[0][0]+b.Cov[0][0], a.Cov[0][1]+b.Cov[0][1], a.Cov[1][1]+b.Cov[1][1]
	// What it may have changed of its motion meanwhile.
	ee += float64(a.Cov[2][2] * dt * dt)
	nn += float64(a.Cov[3][3] * dt * dt)
	det := float64(ee*nn) - float64(en*en)
	if det <= 0 {
		return math.Inf(1)
	}
	return (float64(e*e*nn) - 2*float64(e*n*en) + float64(n*n*ee)) / det
}

// What a finding may differ by and still be the same one.
const (
	sameTime  = 10 * time.Minute
	samePlace = 1000.0 // m
)

// Again finds a finding again: the latest revision of the nearest one in time.
func (f *Follower) Again(of *watch.Finding, found Found) (again watch.Finding, ok bool) {
	for _, id := range f.order {
		x := f.findings[id]
		late := x.Time.Sub(of.Time).Abs()
		if x.Rule != of.Rule || x.Area != of.Area || late > sameTime {
			continue
		}
		its := f.shared[x.Track] > 0 || x.Track == found.Track
		if !its && geo.Distance(x.Position, of.Position) > samePlace {
			continue
		}
		if !ok || late < again.Time.Sub(of.Time).Abs() {
			again, ok = x, true
		}
	}
	return again, ok
}

// Verdict says whether an alert would stand.
type Verdict string

// Verdicts.
const (
	Stands    Verdict = "stands"
	Falls     Verdict = "falls"
	Milder    Verdict = "milder"    // it would be found, and nobody asked to act
	Undecided Verdict = "undecided" // the replay does not find it with all sensors either
)

// Standing is whether an alert would stand without some sensors.
type Standing struct {
	Resting
	Verdict     Verdict     `json:"verdict" enum:"stands,falls,milder,undecided"`
	Reason      string      `json:"reason" enum:"found,no-track,not-found,withdrawn,ordinary,not-repeatable" doc:"why"`
	Found       time.Time   `json:"found,omitzero" doc:"when it would have been found, in the world"`
	Probability float64     `json:"probability,omitempty" doc:"that it would have had"`
	Had         float64     `json:"had" doc:"the probability that it had"`
	Sensors     []sensor.ID `json:"sensors" doc:"whose observations it rests on, as far as they are kept"`
	At          time.Time   `json:"at" doc:"of the finding, in the world"`
}

// Judge says whether an alert would stand, by the replays with all sensors and
// without some.
func Judge(a *desk.Alert, with, without *Follower, whole, left Found) Standing {
	f := &a.Finding
	s := Standing{
		Resting: Resting{ID: a.ID, Rule: f.Rule, Area: string(f.Area), Raised: a.Raised, Withdrawn: a.Withdrawn, Why: f.Why},
		Had:     f.Probability, At: f.Time, Sensors: []sensor.ID{},
	}
	x, found := without.Again(f, left)
	y, before := with.Again(f, whole)
	if found {
		s.Found, s.Probability = x.Time, x.Probability
	}
	switch {
	case found && x.Status != watch.Withdrawn && (x.Alert || !f.Alert):
		s.Verdict, s.Reason = Stands, "found"
	case !before || y.Status == watch.Withdrawn && !a.Withdrawn:
		s.Verdict, s.Reason = Undecided, "not-repeatable"
	case found && x.Status == watch.Withdrawn:
		s.Verdict, s.Reason = Falls, "withdrawn"
	case found:
		s.Verdict, s.Reason = Milder, "ordinary"
	case left.Belief == nil:
		s.Verdict, s.Reason = Falls, "no-track"
	default:
		s.Verdict, s.Reason = Falls, "not-found"
	}
	return s
}

// RestsOn notes the sensors of an alert's observations.
func (s *Standing) RestsOn(all []obs.Observation) {
	for i := range all {
		if !slices.Contains(s.Sensors, all[i].Sensor) {
			s.Sensors = append(s.Sensors, all[i].Sensor)
		}
	}
	slices.SortFunc(s.Sensors, func(a, b sensor.ID) int { return cmp.Compare(a, b) })
}
