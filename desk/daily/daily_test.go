package daily_test

import (
	"fmt"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/daily"
	"atalaya/desk/people"
)

func TestOf(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	entry := func(at time.Time, kind string, outcome desk.JournalOutcome, until time.Duration) desk.Entry {
		r := desk.Record{Kind: kind, At: at, Who: desk.Who{ID: "P1", Name: "Ana"}}
		if until > 0 {
			r.Fields = []desk.Field{{Name: "until", Value: at.Add(until).Format(time.RFC3339)}}
		}
		return desk.Entry{Record: r, Outcome: outcome}
	}
	noon := day.Add(12 * time.Hour)
	s := daily.Of(noon, []desk.Entry{
		entry(day.Add(-time.Second), "alert.shelved", desk.Done, time.Hour), // the day before
		entry(day, "alert.shelved", desk.Done, 90*time.Minute),
		entry(noon, "alert.shelved", desk.Done, 4*time.Hour),
		entry(noon, "alert.shelved", desk.Failed, 8*time.Hour),
		entry(noon, "alert.closed", desk.Done, 0),
		entry(noon, "case.exported", desk.Done, 0),
		entry(noon, "statistics", desk.Done, 0),
		entry(day.Add(24*time.Hour), "alert.closed", desk.Done, 0), // the day after
	}, []people.Attempt{
		{At: noon, Outcome: people.LetIn, Name: "Ana"},
		{At: noon, Outcome: people.Wrong},
		{At: noon, Outcome: people.ShutOut},
		{At: noon, Outcome: people.Unlocked},
		{At: day.Add(-time.Hour), Outcome: people.Wrong},
	}, 7)
	const want = "[{day 2026-11-23} {acts alert.closed=1 alert.shelved=2 case.exported=1} {alerts 7} {shelved 2} {shelved.minutes 330} {shelved.longest 240}" +
		" {sessions 1} {refused 2} {tokens 0} {exports 1} {disclosures 0}]"
	if got := fmt.Sprint(s.Fields()); got != want {
		t.Errorf("the day is\n%s, want\n%s", got, want)
	}
}
