// Package explain says why a track is believed: from which observations, with
// which weight, against which rivals, what was decided about it on the way, and
// what of all that is no longer kept.
package explain

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"atalaya/desk"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/sensor"
	"atalaya/track"
)

// Past is what is asked of the store.
type Past interface {
	Told(ctx context.Context, id track.ID, from, to time.Time, limit int) ([]desk.Told, error)
	LastTold(ctx context.Context, id track.ID) (time.Time, error)
	Thinnings(ctx context.Context, from, to time.Time) ([]desk.Thinning, error)
	// Kept tells since when every step has its events; zero: always.
	Kept(ctx context.Context) (time.Time, error)
	// Alerts gives the alerts about a track whose findings were known in [from, to).
	Alerts(ctx context.Context, id track.ID, from, to time.Time) ([]desk.Alert, error)
}

// Query asks about a track.
type Query struct {
	Track track.ID
	// At is until when; zero: the newest that is known.
	At time.Time
	// For is how long before; 0: ten minutes.
	For time.Duration
	// Updates is how many are told, the newest; 0: 50.
	Updates int
}

// The bounds of a query.
const (
	For         = 10 * time.Minute
	LongestFor  = 24 * time.Hour
	Updates     = 50
	MostUpdates = 1000
)

// mostTold bounds what is read for one explanation: an aircraft that is heard
// twice a second makes as much in a day.
const mostTold = 200_000

// Account is what is known of how a track came to be believed.
type Account struct {
	Track    track.ID        `json:"track" doc:"number of the track"`
	From     time.Time       `json:"from" doc:"since when it is told"`
	To       time.Time       `json:"to" doc:"until when, not included"`
	Belief   *Believed       `json:"belief,omitempty" doc:"what was believed at the end; absent: nothing is kept of it"`
	Sensors  []Share         `json:"sensors" doc:"what each sensor gave to it in this time, the most first"`
	Updates  []Update        `json:"updates" doc:"the newest, newest first, each with its lineage"`
	Moved    int             `json:"moved" doc:"how many updates there were in this time, with those that are not listed"`
	Changes  []Happening     `json:"changes" doc:"births, ends, identities, revisions and conflicts, oldest first"`
	Alerts   []Resting       `json:"alerts" doc:"alerts about it that were raised in this time"`
	Models   []string        `json:"models" doc:"versions of the tracker that made it"`
	Thinned  []desk.Thinning `json:"thinned" doc:"what was thinned of this time; what an alert rests on is kept whole all the same"`
	Missing  int             `json:"missing" doc:"updates in this time whose lineage was thinned"`
	KeptFrom *time.Time      `json:"kept_from,omitempty" doc:"the time asked for begins before everything is kept: since then every step is there, and before only what an alert rests on"`
}

// Believed is a track as it was believed.
type Believed struct {
	Time      time.Time      `json:"time" doc:"in the world"`
	Known     time.Time      `json:"known" doc:"when it was believed"`
	Position  geo.Position   `json:"position"`
	Deviation float64        `json:"sd_m" doc:"metres, one standard deviation of the position along its worst axis"`
	Height    geo.Height     `json:"height"`
	Speed     float64        `json:"speed_mps" doc:"over ground"`
	Course    float64        `json:"course_deg" doc:"over ground, true"`
	Existence float64        `json:"existence" doc:"probability that it is a real thing"`
	Status    track.Status   `json:"status"`
	Kind      obs.Kind       `json:"kind"`
	Domain    track.Domain   `json:"domain"`
	Claims    []track.Belief `json:"claims" doc:"what it says it is, each with the probability that this is honest"`
	Born      time.Time      `json:"born"`
	Revision  uint32         `json:"revision" doc:"how often its past was rewritten"`
}

// Share is what a sensor gave.
type Share struct {
	Sensor       sensor.ID `json:"sensor"`
	Observations int       `json:"observations"`
	Misses       int       `json:"misses" doc:"how often it looked and did not see it"`
	Distance     float64   `json:"distance" doc:"root mean square distance in the gate, in standard deviations; about 1.4 where everything is as expected"`
	Weight       float64   `json:"weight" doc:"mean weight of its observations"`
	Last         time.Time `json:"last" doc:"of its last observation"`
}

// Update is one event with its lineage.
type Update struct {
	Time    time.Time       `json:"time" doc:"in the world"`
	Known   time.Time       `json:"known" doc:"when it was believed"`
	Event   track.EventKind `json:"event"`
	Parts   []Part          `json:"parts" doc:"its lineage"`
	Thinned bool            `json:"thinned" doc:"its lineage was thinned"`
}

// Part is one observation and its part.
type Part struct {
	Observation uint64        `json:"observation" doc:"sequence; 0: the sensor looked and did not see it"`
	Sensor      sensor.ID     `json:"sensor"`
	Time        time.Time     `json:"time"`
	Age         float64       `json:"age_s" doc:"seconds from the observation until it was believed"`
	Distance    float64       `json:"distance" doc:"from what was expected, in standard deviations of both (the root of the gate distance)"`
	Chance      float64       `json:"chance" doc:"probability that an observation of this very thing lies so far off or farther"`
	Fit         Fit           `json:"fit" enum:"miss,expected,usual,off,edge" doc:"the same as a word"`
	Likelihood  float64       `json:"likelihood"`
	Weight      float64       `json:"weight" doc:"marginal probability that it is of this track"`
	Rivals      []track.Rival `json:"rivals" doc:"tracks that could have had it instead"`
	Proven      bool          `json:"proven" doc:"its sender was proven"`
	Kept        bool          `json:"kept" doc:"the observation itself is still there"`
	Claims      []string      `json:"claims" doc:"what it said it was"`
}

// Happening is what happened to the track beside being moved.
type Happening struct {
	Time  time.Time       `json:"time"`
	Known time.Time       `json:"known"`
	Event track.EventKind `json:"event"`
	Other track.ID        `json:"other,omitempty" doc:"the other track of a merger, split, stitch or conflict"`
	From  *time.Time      `json:"from,omitempty" doc:"revised: rewritten since"`
}

// Resting is an alert that rests on the track.
type Resting struct {
	ID        desk.AlertID `json:"id"`
	Rule      string       `json:"rule"`
	Area      string       `json:"area,omitempty"`
	Raised    time.Time    `json:"raised"`
	Withdrawn bool         `json:"withdrawn"`
	Why       rule.Text    `json:"why"`
}

// Fit says how well an observation lay where it was expected.
type Fit string

// Fits, by the chance that an observation of the very thing lies so far off.
const (
	Miss     Fit = "miss"
	Expected Fit = "expected" // half of them and more
	Usual    Fit = "usual"    // a tenth and more
	Off      Fit = "off"      // a hundredth and more
	Edge     Fit = "edge"     // fewer
)

// Track explains a track.
func Track(ctx context.Context, p Past, q Query) (Account, error) {
	if q.For == 0 {
		q.For = For
	}
	if q.Updates == 0 {
		q.Updates = Updates
	}
	if q.For < 0 || q.For > LongestFor || q.Updates < 0 || q.Updates > MostUpdates {
		return Account{}, fmt.Errorf("%w: at most 24 hours and %d updates are told at once", desk.ErrInvalid, MostUpdates)
	}
	last, err := p.LastTold(ctx, q.Track)
	if err != nil {
		return Account{}, err
	}
	if last.IsZero() {
		return Account{}, fmt.Errorf("%w: nothing is kept of track %s: it never was, or it ended longer ago than tracks are kept", desk.ErrNotFound, q.Track)
	}
	newest := q.At.IsZero()
	if newest {
		q.At = last
	}
	e := Account{
		Track: q.Track, From: q.At.Add(-q.For).UTC(), To: q.At.UTC(),
		Sensors: []Share{}, Updates: []Update{}, Changes: []Happening{}, Alerts: []Resting{}, Models: []string{}, Thinned: []desk.Thinning{},
	}
	told, err := p.Told(ctx, q.Track, e.From, e.To, mostTold)
	if err != nil {
		return Account{}, err
	}
	if newest && len(told) > 0 {
		e.To = told[len(told)-1].Known.Add(1)
	}
	e.take(told, q.Updates)
	if err := e.lost(ctx, p); err != nil {
		return Account{}, err
	}
	alerts, err := p.Alerts(ctx, q.Track, e.From, e.To)
	if err != nil {
		return Account{}, err
	}
	for i := range alerts {
		a := &alerts[i]
		e.Alerts = append(e.Alerts, Resting{ID: a.ID, Rule: a.Finding.Rule, Area: string(a.Finding.Area), Raised: a.Raised, Withdrawn: a.Withdrawn, Why: a.Finding.Why})
	}
	return e, nil
}

// lost tells what of the time is not kept any more.
func (e *Account) lost(ctx context.Context, p Past) error {
	kept, err := p.Kept(ctx)
	if err != nil {
		return err
	}
	// What was born later began when everything was there.
	if e.From.Before(kept) && (e.Belief == nil || e.Belief.Born.Before(kept)) {
		e.KeptFrom = &kept
	}
	thinned, err := p.Thinnings(ctx, e.From, e.To)
	e.Thinned = append(e.Thinned, thinned...)
	return err
}

// take makes an explanation of what happened.
func (e *Account) take(told []desk.Told, updates int) {
	shares := map[sensor.ID]*Share{}
	for i := range told {
		x := &told[i]
		ev := &x.Event
		e.Belief = believed(x)
		for k := range ev.Lineage {
			share(shares, &ev.Lineage[k])
			if m := ev.Lineage[k].Model; m != "" && !slices.Contains(e.Models, m) {
				e.Models = append(e.Models, m)
			}
		}
		if x.Thinned {
			e.Missing++
		}
		if ev.Kind != track.Updated {
			c := Happening{Time: ev.Time, Known: x.Known, Event: ev.Kind, Other: ev.Other}
			if !ev.From.IsZero() {
				c.From = &ev.From
			}
			e.Changes = append(e.Changes, c)
		}
		if len(ev.Lineage) > 0 || ev.Kind == track.Updated {
			e.Moved++
			e.Updates = append(e.Updates, update(x))
		}
	}
	e.Updates = e.Updates[max(0, len(e.Updates)-updates):]
	slices.Reverse(e.Updates)
	for _, s := range shares {
		if s.Observations > 0 {
			n := float64(s.Observations)
			s.Distance, s.Weight = math.Sqrt(s.Distance/n), s.Weight/n
		}
		e.Sensors = append(e.Sensors, *s)
	}
	slices.SortFunc(e.Sensors, func(a, b Share) int {
		if a.Observations != b.Observations {
			return b.Observations - a.Observations
		}
		return compare(a.Sensor, b.Sensor)
	})
}

func compare(a, b sensor.ID) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func share(shares map[sensor.ID]*Share, c *track.Contribution) {
	s := shares[c.Sensor]
	if s == nil {
		s = &Share{Sensor: c.Sensor}
		shares[c.Sensor] = s
	}
	if c.Observation == 0 {
		s.Misses++
		return
	}
	s.Observations++
	s.Distance += c.Distance2
	s.Weight += c.Weight
	if c.Time.After(s.Last) {
		s.Last = c.Time
	}
}

func believed(x *desk.Told) *Believed {
	t := &x.Event.Track
	s := &t.State
	b := &Believed{
		Time: s.Time, Known: x.Known, Position: s.Position, Deviation: deviation(&s.Cov), Height: s.Height,
		Speed: math.Sqrt(s.East*s.East + s.North*s.North), Existence: t.Existence, Status: t.Status, Kind: t.Kind, Domain: t.Domain,
		Claims: append([]track.Belief{}, t.Claims...), Born: t.Born, Revision: t.Revision,
	}
	if b.Speed > 0 {
		b.Course = math.Mod(fmath.Atan2Degrees(s.East, s.North)+360, 360)
	}
	return b
}

// deviation is the larger root of the position's covariance.
func deviation(c *[4][4]float64) float64 {
	mean, half := (c[0][0]+c[1][1])/2, (c[0][0]-c[1][1])/2
	return math.Sqrt(max(0, mean+math.Sqrt(half*half+c[0][1]*c[0][1])))
}

func update(x *desk.Told) Update {
	u := Update{Time: x.Event.Time, Known: x.Known, Event: x.Event.Kind, Thinned: x.Thinned, Parts: []Part{}}
	for i := range x.Event.Lineage {
		c := &x.Event.Lineage[i]
		n := Part{
			Observation: c.Observation, Sensor: c.Sensor, Time: c.Time, Age: max(0, x.Known.Sub(c.Time).Seconds()),
			Likelihood: c.Likelihood, Weight: c.Weight, Proven: c.Proven, Fit: Miss, Rivals: []track.Rival{}, Claims: []string{},
		}
		if c.Observation != 0 {
			n.Distance = math.Sqrt(max(0, c.Distance2))
			n.Chance, n.Fit = fit(c.Distance2)
		}
		for _, r := range c.Rivals {
			if r.Track != 0 {
				n.Rivals = append(n.Rivals, r)
			}
		}
		if k := slices.IndexFunc(x.Observations, func(o obs.Observation) bool { return o.Seq == c.Observation }); k >= 0 {
			n.Kept = true
			for _, claim := range x.Observations[k].Claims {
				n.Claims = append(n.Claims, claim.String())
			}
		}
		u.Parts = append(u.Parts, n)
	}
	return u
}

// fit gives the chance that an observation of the very thing lies at such a
// squared distance or farther: chi-square with two degrees of freedom, which is
// exact for positions and too severe for bearings, which have one.
func fit(d2 float64) (chance float64, word Fit) {
	chance = fmath.Exp(-max(0, d2) / 2)
	switch {
	case chance >= 0.5:
		return chance, Expected
	case chance >= 0.1:
		return chance, Usual
	case chance >= 0.01:
		return chance, Off
	}
	return chance, Edge
}
