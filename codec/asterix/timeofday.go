package asterix

import "time"

const day = 24 * time.Hour

// CompleteTime turns a time of day (UTC, 1/128 s) into a time, by when it was
// received: of all days the one that brings it nearest. A report from before
// midnight that comes after it, or the other way round, is thus right. ahead
// is how far the station's clock is ahead of ours (negative: behind), transit
// included; it lies in [-12 h, 12 h).
//
// What it cannot know: a station more than twelve hours off gets the wrong
// day, with an ahead that looks smaller than it is. And one time of day does
// not tell whose clock is wrong: when every station of several is ahead by
// the same, it is ours.
//
// ok is false for what is no time of day: 24 h and more (I048/140 and its like
// start anew at midnight). The second after 23:59:59 in which a leap second is
// inserted, 24:00:00 up to 24:00:01, is taken as the first of the next day.
func CompleteTime(timeOfDay time.Duration, received time.Time) (t time.Time, ahead time.Duration, ok bool) {
	if timeOfDay < 0 || timeOfDay >= day+time.Second {
		return time.Time{}, 0, false
	}
	midnight := received.UTC().Truncate(day)
	ahead = timeOfDay - received.UTC().Sub(midnight)
	switch {
	case ahead >= day/2:
		ahead -= day
	case ahead < -day/2:
		ahead += day
	}
	return received.Round(0).Add(ahead).UTC(), ahead, true
}

// ZoneError gives the error that a clock shows when it tells the time of a
// zone, or summer time, in place of UTC: the multiple of half an hour nearest
// to ahead, where it is within tolerance of ahead and not zero. Clocks also
// drift to such an error by chance, but then they move on from it.
func ZoneError(ahead, tolerance time.Duration) (zone time.Duration, ok bool) {
	zone = ahead.Round(30 * time.Minute)
	return zone, zone != 0 && (ahead-zone).Abs() <= tolerance
}
