package alarms_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/alarms"
	"atalaya/rule"
	"atalaya/track"
	"atalaya/watch"
)

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// raised makes an alert of a rule about a track, so long after noon,
// acknowledged after a while and closed; 0 and "" leave that out.
func raised(id int, of rule.ID, about track.ID, after, taken time.Duration, outcome desk.Outcome) desk.Alert {
	at := noon().Add(after)
	a := desk.Alert{
		ID: desk.AlertID(fmt.Sprint("A", id)), Kind: rule.Alert, Rule: desk.RuleRef{ID: of}, Raised: at, Count: 1,
		Finding: watch.Finding{Rule: string(of), Track: about},
	}
	a = a.With(desk.Change{Version: 1, Kind: desk.WasRaised, At: at})
	if taken > 0 {
		a = a.With(desk.Change{Version: 2, Kind: desk.WasAcknowledged, At: at.Add(taken)})
	}
	if outcome != "" {
		a = a.With(desk.Change{Version: 3, Kind: desk.WasClosed, At: at.Add(taken), Outcome: outcome})
	}
	return a
}

func count(alerts ...desk.Alert) alarms.Statistics {
	c := alarms.NewCounter(noon(), noon().Add(2*time.Hour))
	for i := range alerts {
		c.Add(&alerts[i])
	}
	return c.Statistics(nil, noon())
}

func TestStatisticsOfRules(t *testing.T) {
	incident := raised(90, "flood", 0, time.Minute, 0, "")
	notice := raised(91, "n", 1, time.Minute, 0, "")
	notice.Kind = rule.Notice
	late := raised(92, "x", 1, 2*time.Hour, 0, "")
	early := raised(93, "x", 1, -time.Second, 0, "")
	shelved := raised(5, "y", 5, 50*time.Minute, 0, "")
	shelved = shelved.With(desk.Change{Version: 2, Kind: desk.WasEscalated, At: noon()})
	shelved = shelved.With(desk.Change{Version: 3, Kind: desk.WasShelved, At: noon()})
	shelved.Count = 4
	s := count(
		raised(1, "x", 1, 0, 10*time.Second, desk.True), raised(2, "x", 2, time.Hour, 30*time.Second, desk.False),
		raised(3, "x", 3, time.Hour, 20*time.Second, ""), raised(4, "y", 4, time.Hour, 0, ""), shelved,
		incident, notice, late, early,
	)
	if s.Alerts != 5 || s.PerHour != 2.5 || s.Flood != 0 || !s.Good || len(s.Rules) != 2 || len(s.Chattering) != 0 {
		t.Fatalf("%+v", s)
	}
	x, y := s.Rules[0], s.Rules[1]
	if x.Rule != "x" || x.Alerts != 3 || x.Share != 0.6 || x.True != 1 || x.False != 1 || x.Open != 1 || x.Acknowledged != 3 {
		t.Errorf("%+v", x)
	}
	if x.Median == nil || *x.Median != 20 || *x.P90 != 30 || *x.P95 != 30 {
		t.Errorf("median %v, p90 %v, p95 %v", x.Median, x.P90, x.P95)
	}
	if y.Repeats != 3 || y.Escalated != 1 || y.Shelved != 1 || y.Median != nil || y.Open != 2 {
		t.Errorf("%+v", y)
	}
}

// TestFloodAndBars: the eleventh alert of ten minutes makes them flood.
func TestFloodAndBars(t *testing.T) {
	var all []desk.Alert
	for i := range 10 {
		all = append(all, raised(i, "x", track.ID(i), 20*time.Minute+time.Duration(i)*time.Second, 0, ""))
	}
	if s := count(all...); s.Flood != 0 || !s.Good {
		t.Errorf("%+v", s)
	}
	all = append(all, raised(10, "x", 10, 30*time.Minute-1, 0, ""))
	if s := count(all...); s.Flood != 1.0/12 || s.Good || s.PerHour != 5.5 {
		t.Errorf("%+v", s)
	}
	all = append(all, raised(11, "x", 11, 0, 0, ""), raised(12, "x", 12, time.Hour, 0, ""))
	if s := count(all[2:]...); s.Flood != 0 || !s.Good {
		t.Errorf("%+v", s)
	}
}

// TestCourse: a period is shown in hours, a long one in days, and no alert is
// left out or counted twice.
func TestCourse(t *testing.T) {
	for _, c := range []struct {
		name    string
		length  time.Duration
		alerts  []time.Duration
		want    []int
		flooded int // which stretch; -1: none
	}{
		{"hours", 2 * time.Hour, []time.Duration{0, time.Hour - 1, time.Hour}, []int{2, 1}, -1},
		{"a part of an hour", 90 * time.Minute, []time.Duration{80 * time.Minute}, []int{0, 1}, -1},
		{"a flood", 2 * time.Hour, []time.Duration{61, 61, 61, 61, 61, 61, 61, 61, 61, 61, 61}, []int{11, 0}, 0},
		{"days", 8 * 24 * time.Hour, []time.Duration{0, 25 * time.Hour, 47 * time.Hour, 191 * time.Hour}, []int{1, 2, 0, 0, 0, 0, 0, 1}, -1},
		{"nothing", 0, nil, nil, -1},
	} {
		counter := alarms.NewCounter(noon(), noon().Add(c.length))
		for i, after := range c.alerts {
			a := raised(i, "x", track.ID(i), after, 0, "")
			counter.Add(&a)
		}
		s := counter.Statistics(nil, noon())
		var got []int
		for i, x := range s.Course {
			got = append(got, x.Alerts)
			if x.Flooded != (i == c.flooded) || !x.To.After(x.From) || x.To.After(s.To) {
				t.Errorf("%s: %+v", c.name, x)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestChattering(t *testing.T) {
	repeated := raised(7, "x", 7, 0, 0, "")
	repeated.Repeats = []desk.Repeat{{Known: noon().Add(4 * time.Minute)}, {Known: noon().Add(9 * time.Minute)}}
	s := count(
		raised(1, "x", 1, 0, 0, ""), raised(2, "x", 1, 5*time.Minute, 0, ""), raised(3, "x", 1, 10*time.Minute, 0, ""), // never three in ten minutes
		raised(4, "x", 2, 9*time.Minute, 0, ""), raised(5, "x", 2, 0, 0, ""), raised(6, "x", 2, time.Minute, 0, ""),
		raised(8, "y", 1, time.Minute, 0, ""), repeated,
	)
	if fmt.Sprint(s.Chattering) != "[{x T2 3 A5} {x T7 3 A7}]" {
		t.Errorf("%v", s.Chattering)
	}
}

func TestOverdueRules(t *testing.T) {
	rules := rule.BuiltIn(noon())
	rules[3].Review = noon().Add(-time.Hour)
	s := alarms.NewCounter(noon(), noon()).Statistics(rules, noon())
	if len(s.Overdue) != 1 || s.Overdue[0].ID != rules[3].ID || s.PerHour != 0 || !s.Good {
		t.Errorf("%+v", s)
	}
}
