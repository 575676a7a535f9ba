package valid

import (
	"testing"
	"time"
)

func TestScheduleHolds(t *testing.T) {
	bolivia := func(w ...Window) Schedule { return Schedule{OffsetMinutes: -240, Windows: w} }
	// 2026-11-22 is a Sunday; 12:00 UTC is 08:00 in Bolivia.
	sunday := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		s    Schedule
		at   time.Time
		want bool
	}{
		"empty":                       {Schedule{}, sunday, true},
		"inside":                      {bolivia(Window{From: 480, To: 540}), sunday, true},
		"before":                      {bolivia(Window{From: 480, To: 540}), sunday.Add(-time.Second), false},
		"end is not included":         {bolivia(Window{From: 420, To: 480}), sunday, false},
		"other day":                   {bolivia(Window{Days: []time.Weekday{time.Monday}, From: 480, To: 540}), sunday, false},
		"second window":               {bolivia(Window{From: 0, To: 60}, Window{From: 480, To: 540}), sunday, true},
		"over midnight, evening":      {bolivia(Window{Days: []time.Weekday{time.Sunday}, From: 1320, To: 120}), sunday.Add(15 * time.Hour), true},
		"over midnight, morning":      {bolivia(Window{Days: []time.Weekday{time.Sunday}, From: 1320, To: 120}), sunday.Add(17 * time.Hour), true},
		"over midnight, day before":   {bolivia(Window{Days: []time.Weekday{time.Sunday}, From: 1320, To: 120}), sunday.Add(-7 * time.Hour), false},
		"whole day":                   {bolivia(Window{Days: []time.Weekday{time.Sunday}, To: 1440}), sunday.Add(15*time.Hour + 59*time.Minute), true},
		"local day is not UTC's":      {bolivia(Window{Days: []time.Weekday{time.Sunday}, To: 1440}), sunday.Add(-9 * time.Hour), false},
		"from equals to: a whole day": {bolivia(Window{Days: []time.Weekday{time.Saturday}, From: 480, To: 480}), sunday.Add(-time.Minute), true},
	} {
		if got := tc.s.Holds(tc.at); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestScheduleCheck(t *testing.T) {
	for name, s := range map[string]Schedule{
		"offset": {OffsetMinutes: 900},
		"hours":  {Windows: []Window{{From: 1500, To: 10}}},
		"days":   {Windows: []Window{{Days: []time.Weekday{7}, From: 1, To: 10}}},
	} {
		if s.Check() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := (Schedule{OffsetMinutes: -240, Windows: []Window{{From: 1320, To: 120}}}).Check(); err != nil {
		t.Error(err)
	}
}

// TestScheduleSpan walks through a week: inside a span the schedule never
// changes, and spans leave no gap.
func TestScheduleSpan(t *testing.T) {
	if from, to := (Schedule{}).Span(time.Now()); !from.IsZero() || !to.IsZero() {
		t.Error("the empty schedule has a span")
	}
	s := Schedule{OffsetMinutes: -240, Windows: []Window{
		{Days: []time.Weekday{time.Sunday, time.Tuesday}, From: 480, To: 540},
		{Days: []time.Weekday{time.Saturday}, From: 1320, To: 120},
		{Days: []time.Weekday{time.Wednesday}, To: 1440},
	}}
	begin := time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)
	changes := 0
	for at := begin; at.Before(begin.AddDate(0, 0, 7)); {
		from, to := s.Span(at)
		if from.After(at) || !to.After(at) || to.Sub(from) > 24*time.Hour {
			t.Fatalf("at %s: span %s to %s", at, from, to)
		}
		for _, inside := range []time.Time{from, from.Add(to.Sub(from) / 2), to.Add(-time.Nanosecond)} {
			if s.Holds(inside) != s.Holds(at) {
				t.Fatalf("the schedule changes within the span %s to %s", from, to)
			}
		}
		if s.Holds(to) != s.Holds(at) {
			changes++
		}
		at = to
	}
	if changes != 8 {
		t.Errorf("the schedule changes %d times in a week, want 8", changes)
	}
}
