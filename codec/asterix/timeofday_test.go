package asterix

import (
	"testing"
	"time"
)

func TestCompleteTime(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		name     string
		tod      time.Duration
		received string
		want     string
		ahead    time.Duration
	}{
		{"a moment ago", 12*time.Hour - 2*time.Second, "2026-07-30T12:00:00Z", "2026-07-30T11:59:58Z", -2 * time.Second},
		{"from before midnight", day - timeLSB, "2026-07-31T00:00:00.5Z", "2026-07-30T23:59:59.9921875Z", -507812500},
		{"our clock behind, after midnight", 250 * time.Millisecond, "2026-07-30T23:59:59.75Z", "2026-07-31T00:00:00.25Z", 500 * time.Millisecond},
		{"midnight itself", 0, "2026-07-31T00:00:00Z", "2026-07-31T00:00:00Z", 0},
		{"end of February", day - time.Second, "2028-03-01T00:00:01Z", "2028-02-29T23:59:59Z", -2 * time.Second},
		{"an hour ahead, over midnight", 30 * time.Minute, "2026-07-30T23:30:00Z", "2026-07-31T00:30:00Z", time.Hour},
		{"an hour behind, over midnight", 23*time.Hour + 30*time.Minute, "2026-07-31T00:30:00Z", "2026-07-30T23:30:00Z", -time.Hour},
		{"twelve hours", 0, "2026-07-30T12:00:00Z", "2026-07-30T00:00:00Z", -12 * time.Hour},
		{"received in another zone", 2 * time.Hour, "2026-07-30T22:00:01-04:00", "2026-07-31T02:00:00Z", -time.Second},
		{"leap second", day + 500*time.Millisecond, "2017-01-01T00:00:00.6Z", "2017-01-01T00:00:00.5Z", -100 * time.Millisecond},
		{"leap second, our clock behind", day + 500*time.Millisecond, "2016-12-31T23:59:59.9Z", "2017-01-01T00:00:00.5Z", 600 * time.Millisecond},
	} {
		got, ahead, ok := CompleteTime(c.tod, at(c.received))
		if !ok || !got.Equal(at(c.want)) || ahead != c.ahead {
			t.Errorf("%s: %v, %v ahead, %v; want %s, %v", c.name, got, ahead, ok, c.want, c.ahead)
		}
	}
	if _, _, ok := CompleteTime(day+time.Second, at("2026-07-30T12:00:00Z")); ok {
		t.Error("24:00:01 is a time of day")
	}
}

// Every clock within half a day of ours is completed to the time that it shows.
func TestCompleteTimeAnyOffset(t *testing.T) {
	noon := time.Date(2026, 7, 30, 12, 0, 0, 0, time.UTC)
	for received := noon; received.Before(noon.Add(day)); received = received.Add(13 * time.Minute) {
		for off := -day/2 + timeLSB; off < day/2; off += 17 * time.Minute {
			shown := received.Add(off)
			got, ahead, ok := CompleteTime(shown.Sub(shown.Truncate(day)), received)
			if !ok || !got.Equal(shown) || ahead != off {
				t.Fatalf("received %v, %v ahead: %v, %v", received, off, got, ahead)
			}
		}
	}
}

func TestZoneError(t *testing.T) {
	for _, c := range []struct {
		ahead, zone time.Duration
		ok          bool
	}{
		{-4*time.Hour - 800*time.Millisecond, -4 * time.Hour, true}, // Bolivian time
		{time.Hour + time.Second, time.Hour, true},
		{-800 * time.Millisecond, 0, false},
		{20 * time.Minute, 30 * time.Minute, false},
	} {
		zone, ok := ZoneError(c.ahead, 5*time.Second)
		if zone != c.zone || ok != c.ok {
			t.Errorf("%v: %v, %v", c.ahead, zone, ok)
		}
	}
}
