package valid

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Schedule says at which hours of which days something holds: a market day, a
// ferry timetable, a closed season. The empty schedule holds always. Hours are
// local time at a fixed distance from UTC, so that a replay needs no time zone
// database and reads the same for ever.
type Schedule struct {
	// OffsetMinutes is local time minus UTC, in minutes: -240 in Bolivia.
	OffsetMinutes int      `json:"utc_offset_min" toml:"utc_offset_min" minimum:"-840" maximum:"840" doc:"local time minus UTC, minutes"`
	Windows       []Window `json:"windows,omitempty" toml:"windows" maxItems:"50" doc:"hours that hold; none: always"`
}

// Window is one part of a schedule.
type Window struct {
	// Days are those on which the window begins, 0 Sunday to 6 Saturday; none:
	// every day.
	Days []time.Weekday `json:"days,omitempty" toml:"days" maxItems:"7" doc:"days on which it begins, 0 Sunday to 6 Saturday; none: every day"`
	// From and To are minutes after local midnight. Where To is not greater
	// than From, the window ends on the next day.
	From int `json:"from_min" toml:"from_min" minimum:"0" maximum:"1439" doc:"begin, minutes after local midnight"`
	To   int `json:"to_min" toml:"to_min" minimum:"0" maximum:"1440" doc:"end, not included; not greater than from: on the next day"`
}

const day = 24 * 60 // minutes

// Check says what is wrong with a schedule.
func (s Schedule) Check() error {
	if s.OffsetMinutes < -14*60 || s.OffsetMinutes > 14*60 {
		return fmt.Errorf("schedule: %d minutes from UTC: at most 840 either way", s.OffsetMinutes)
	}
	for i, w := range s.Windows {
		if w.From < 0 || w.From >= day || w.To < 0 || w.To > day {
			return fmt.Errorf("schedule: window %d: %d to %d: minutes of a day are 0 to 1440", i+1, w.From, w.To)
		}
		if slices.ContainsFunc(w.Days, func(d time.Weekday) bool { return d < time.Sunday || d > time.Saturday }) {
			return errors.New("schedule: days are 0 (Sunday) to 6 (Saturday)")
		}
	}
	return nil
}

// Holds reports whether t lies inside the schedule.
func (s Schedule) Holds(t time.Time) bool {
	if len(s.Windows) == 0 {
		return true
	}
	local := t.UTC().Add(time.Duration(s.OffsetMinutes) * time.Minute)
	minute := float64(local.Hour()*60+local.Minute()) + float64(local.Second())/60
	return slices.ContainsFunc(s.Windows, func(w Window) bool {
		today, yesterday := w.on(local.Weekday()), w.on((local.Weekday()+6)%7)
		if w.To > w.From {
			return today && minute >= float64(w.From) && minute < float64(w.To)
		}
		return today && minute >= float64(w.From) || yesterday && minute < float64(w.To)
	})
}

// Span gives a time around t, From included and to not, in which the schedule
// holds throughout or not at all, whichever it does at t. It ends no later than
// the local day; both are zero for the empty schedule, which holds always.
func (s Schedule) Span(t time.Time) (from, to time.Time) {
	if len(s.Windows) == 0 {
		return from, to
	}
	offset := time.Duration(s.OffsetMinutes) * time.Minute
	local := t.UTC().Add(offset)
	midnight := local.Truncate(day * time.Minute)
	minute := int(local.Sub(midnight) / time.Minute)
	first, last := 0, day
	for _, w := range s.Windows {
		for _, edge := range []int{w.From, w.To} {
			if edge <= minute {
				first = max(first, edge)
			} else {
				last = min(last, edge)
			}
		}
	}
	at := func(minute int) time.Time { return midnight.Add(time.Duration(minute)*time.Minute - offset) }
	return at(first), at(last)
}

func (w Window) on(d time.Weekday) bool { return len(w.Days) == 0 || slices.Contains(w.Days, d) }
