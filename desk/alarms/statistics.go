// Package alarms judges the alerts themselves, as ISA-18.2 and EEMUA 191 ask:
// how many come, from which rules, how fast somebody takes care of them, what
// became of them, and which rules need another look.
package alarms

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"atalaya/desk"
	"atalaya/rule"
	"atalaya/track"
)

// The bars: what one officer can handle (EEMUA 191).
const (
	MostPerHour = 6.0
	MostFlood   = 0.01 // of the time
)

const (
	slot        = 10 * time.Minute
	floodAlerts = 10 // in a slot; more are a flood
	chatters    = 3  // in a slot's time, of one rule and track
)

// Statistics are the alerts of a period. Incidents are not counted: their
// members are.
type Statistics struct {
	From        time.Time `json:"from" doc:"begin of the period"`
	To          time.Time `json:"to" doc:"end, not included"`
	Alerts      int       `json:"alerts" doc:"alerts that were raised"`
	PerHour     float64   `json:"per_hour" doc:"alerts an hour at this desk"`
	MostPerHour float64   `json:"per_hour_bar" doc:"most alerts an hour that an officer can handle"`
	Flood       float64   `json:"flood" doc:"share of the time with more than 10 alerts in 10 minutes: 0 to 1"`
	MostFlood   float64   `json:"flood_bar" doc:"most of the time that may be flood"`
	Good        bool      `json:"good" doc:"both bars are kept"`

	Course     []Stretch   `json:"course" doc:"the period in hours, or in days where it is longer than a week"`
	Rules      []OfRule    `json:"rules" doc:"by rule, the most alerts first"`
	Chattering []Chatter   `json:"chattering" doc:"the same rule and track, three times or more in ten minutes"`
	Overdue    []rule.Rule `json:"overdue" doc:"rules past their date of review; they go on working"`
}

// Stretch is a part of the period.
type Stretch struct {
	From    time.Time `json:"from" doc:"begin"`
	To      time.Time `json:"to" doc:"end, not included"`
	Alerts  int       `json:"alerts" doc:"alerts that were raised"`
	Flooded bool      `json:"flooded" doc:"more than 10 alerts came within some 10 minutes of it"`
}

// OfRule is one rule's part.
type OfRule struct {
	Rule      rule.ID   `json:"rule" doc:"rule of the desk; empty: the detector decided"`
	Name      rule.Text `json:"name" doc:"name of the rule"`
	Detector  string    `json:"detector" doc:"what made the findings"`
	Alerts    int       `json:"alerts" doc:"alerts that it raised"`
	Share     float64   `json:"share" doc:"of all alerts: 0 to 1"`
	Repeats   int       `json:"repeats" doc:"findings that joined its alerts"`
	Escalated int       `json:"escalated" doc:"put before the supervisor"`
	Shelved   int       `json:"shelved" doc:"that lay on the shelf"`

	Acknowledged int      `json:"acknowledged" doc:"that somebody took care of"`
	Median       *float64 `json:"acknowledge_median_s,omitempty" doc:"seconds until they were acknowledged, the middle one"`
	P90          *float64 `json:"acknowledge_p90_s,omitempty" doc:"seconds within which 90 of 100 were acknowledged"`
	P95          *float64 `json:"acknowledge_p95_s,omitempty" doc:"seconds within which 95 of 100 were acknowledged"`

	True      int `json:"closed_true" doc:"closed as true"`
	Explained int `json:"closed_explained" doc:"closed as explained"`
	False     int `json:"closed_false" doc:"closed as false"`
	Unknown   int `json:"closed_unknown" doc:"closed as unknown"`
	Open      int `json:"open" doc:"not closed yet"`

	waits []float64
}

// Chatter is a rule that told the same about a track again and again.
type Chatter struct {
	Rule  rule.ID      `json:"rule" doc:"rule of the desk"`
	Track track.ID     `json:"track" doc:"number of the track"`
	Most  int          `json:"most" doc:"most findings in ten minutes"`
	Alert desk.AlertID `json:"alert" doc:"the first of its alerts"`
}

// Counter takes the alerts of a period, in any order.
type Counter struct {
	from, to time.Time
	slots    map[int64]int
	rules    map[key]*OfRule
	subjects map[subject]*told
	alerts   int
}

type key struct {
	rule     rule.ID
	detector string
}

type subject struct {
	rule  rule.ID
	track track.ID
}

type told struct {
	first desk.Alert
	times []time.Time
}

// NewCounter makes a counter for a period.
func NewCounter(from, to time.Time) *Counter {
	return &Counter{from: from, to: to, slots: map[int64]int{}, rules: map[key]*OfRule{}, subjects: map[subject]*told{}}
}

// Add takes an alert. Those that are not of the period, no alerts, or
// incidents, are passed over.
func (c *Counter) Add(a *desk.Alert) {
	if a.Kind != rule.Alert || a.Finding.Rule == string(rule.Flood) || a.Raised.Before(c.from) || !a.Raised.Before(c.to) {
		return
	}
	c.alerts++
	c.slots[int64(a.Raised.Sub(c.from)/slot)]++
	k := key{a.Rule.ID, a.Finding.Rule}
	r := c.rules[k]
	if r == nil {
		r = &OfRule{Rule: k.rule, Name: a.Rule.Name, Detector: k.detector}
		c.rules[k] = r
	}
	r.add(a)
	s := subject{a.Rule.ID, a.Finding.Track}
	t := c.subjects[s]
	if t == nil {
		t = &told{first: *a}
		c.subjects[s] = t
	}
	if a.Raised.Before(t.first.Raised) {
		t.first = *a
	}
	t.times = append(t.times, a.Raised)
	for _, x := range a.Repeats {
		t.times = append(t.times, x.Known)
	}
}

func (r *OfRule) add(a *desk.Alert) {
	r.Alerts++
	r.Repeats += a.Count - 1
	if a.Escalated != nil {
		r.Escalated++
	}
	shelved := false
	for _, c := range a.Changes {
		switch c.Kind {
		case desk.WasShelved:
			shelved = true
		case desk.WasAcknowledged:
			r.Acknowledged++
			r.waits = append(r.waits, c.At.Sub(a.Raised).Seconds())
		default:
		}
	}
	if shelved {
		r.Shelved++
	}
	switch a.Outcome {
	case desk.True:
		r.True++
	case desk.Explained:
		r.Explained++
	case desk.False:
		r.False++
	case desk.Unknown:
		r.Unknown++
	case desk.NoOutcome:
		r.Open++
	}
}

// Statistics gives what was counted, and which of the rules are overdue.
func (c *Counter) Statistics(rules []rule.Rule, now time.Time) Statistics {
	out := Statistics{
		From: c.from, To: c.to, Alerts: c.alerts, MostPerHour: MostPerHour, MostFlood: MostFlood,
		Course: c.course(), Rules: []OfRule{}, Chattering: c.chattering(), Overdue: []rule.Rule{},
	}
	if hours := c.to.Sub(c.from).Hours(); hours > 0 {
		out.PerHour = float64(c.alerts) / hours
	}
	flooded := 0
	for _, n := range c.slots {
		if n > floodAlerts {
			flooded++
		}
	}
	if all := (c.to.Sub(c.from) + slot - 1) / slot; all > 0 {
		out.Flood = float64(flooded) / float64(all)
	}
	out.Good = out.PerHour <= MostPerHour && out.Flood < MostFlood
	for _, r := range c.rules {
		r.Share = float64(r.Alerts) / float64(c.alerts)
		slices.Sort(r.waits)
		r.Median, r.P90, r.P95 = quantile(r.waits, 0.5), quantile(r.waits, 0.9), quantile(r.waits, 0.95)
		out.Rules = append(out.Rules, *r)
	}
	slices.SortFunc(out.Rules, func(a, b OfRule) int {
		return cmp.Or(cmp.Compare(b.Alerts, a.Alerts), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Detector, b.Detector))
	})
	for _, r := range rules {
		if r.Overdue(now) {
			out.Overdue = append(out.Overdue, r)
		}
	}
	return out
}

// course parts the period.
func (c *Counter) course() []Stretch {
	const day, week = 24 * time.Hour, 7 * 24 * time.Hour
	length := time.Hour
	if c.to.Sub(c.from) > week {
		length = day
	}
	out := []Stretch{}
	for from := c.from; from.Before(c.to); from = from.Add(length) {
		s := Stretch{From: from, To: from.Add(length)}
		if s.To.After(c.to) {
			s.To = c.to
		}
		for i := int64(from.Sub(c.from) / slot); i < int64(from.Add(length).Sub(c.from)/slot); i++ {
			s.Alerts += c.slots[i]
			s.Flooded = s.Flooded || c.slots[i] > floodAlerts
		}
		out = append(out, s)
	}
	return out
}

// quantile gives the smallest of the ordered values that is not less than a
// part of them; nil where there are none.
func quantile(ordered []float64, part float64) *float64 {
	if len(ordered) == 0 {
		return nil
	}
	i := int(math.Ceil(part * float64(len(ordered))))
	return &ordered[min(max(i, 1), len(ordered))-1]
}

func (c *Counter) chattering() []Chatter {
	out := []Chatter{}
	for _, s := range slices.SortedFunc(maps.Keys(c.subjects), func(a, b subject) int {
		return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.track, b.track))
	}) {
		t := c.subjects[s]
		slices.SortFunc(t.times, time.Time.Compare)
		most, first := 0, 0
		for i := range t.times {
			for t.times[i].Sub(t.times[first]) >= slot {
				first++
			}
			most = max(most, i-first+1)
		}
		if most >= chatters {
			out = append(out, Chatter{Rule: s.rule, Track: s.track, Most: most, Alert: t.first.ID})
		}
	}
	return out
}
