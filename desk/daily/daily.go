// Package daily counts what was done in a day, for everybody: how often people
// came in and were refused, what was taken off the shelf and put on it, what was
// handed out. It has numbers and no names.
package daily

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"atalaya/desk"
	"atalaya/desk/people"
)

// Kind of the record.
const Kind = "statistics"

// Statistics of a day in UTC.
type Statistics struct {
	Day      time.Time
	Acts     map[string]int // what was done, by kind
	Alerts   int            // raised
	Sessions int            // people let in
	Refused  int            // attempts to come in that were not
	Shelved  time.Duration  // how long the shelvings of the day were to last, together
	Longest  time.Duration  // the longest of them
}

// Of counts a day. Entries and attempts of other days are passed over, as is
// what was not done.
func Of(day time.Time, entries []desk.Entry, attempts []people.Attempt, alerts int) Statistics {
	day = day.UTC().Truncate(24 * time.Hour)
	s := Statistics{Day: day, Acts: map[string]int{}, Alerts: alerts}
	in := func(t time.Time) bool { return !t.Before(day) && t.Before(day.Add(24*time.Hour)) }
	for i := range entries {
		r := &entries[i].Record
		if !in(r.At) || entries[i].Outcome != desk.Done || r.Kind == Kind {
			continue
		}
		s.Acts[r.Kind]++
		if r.Kind == "alert.shelved" {
			s.shelve(r)
		}
	}
	for i := range attempts {
		switch a := &attempts[i]; {
		case !in(a.At):
		case a.Outcome == people.LetIn:
			s.Sessions++
		case a.Outcome != people.Unlocked:
			s.Refused++
		}
	}
	return s
}

func (s *Statistics) shelve(r *desk.Record) {
	for _, f := range r.Fields {
		until, err := time.Parse(time.RFC3339, f.Value)
		if f.Name != "until" || err != nil || until.Before(r.At) {
			continue
		}
		s.Shelved += until.Sub(r.At)
		s.Longest = max(s.Longest, until.Sub(r.At))
	}
}

// Fields are what the ledger is told.
func (s Statistics) Fields() []desk.Field {
	n := strconv.Itoa
	var acts []string
	for _, kind := range slices.Sorted(maps.Keys(s.Acts)) {
		acts = append(acts, fmt.Sprintf("%s=%d", kind, s.Acts[kind]))
	}
	minutes := func(d time.Duration) string { return n(int(d.Round(time.Minute) / time.Minute)) }
	return []desk.Field{
		{Name: "day", Value: s.Day.Format(time.DateOnly)},
		{Name: "acts", Value: strings.Join(acts, " ")},
		{Name: "alerts", Value: n(s.Alerts)},
		{Name: "shelved", Value: n(s.Acts["alert.shelved"])},
		{Name: "shelved.minutes", Value: minutes(s.Shelved)},
		{Name: "shelved.longest", Value: minutes(s.Longest)},
		{Name: "sessions", Value: n(s.Sessions)},
		{Name: "refused", Value: n(s.Refused)},
		{Name: "tokens", Value: n(s.Acts["token.make"])},
		{Name: "exports", Value: n(s.Acts["case.exported"])},
		{Name: "disclosures", Value: n(s.Acts["disclosure"])},
	}
}
