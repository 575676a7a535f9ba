package explain_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/explain"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/track"
	"atalaya/watch"
)

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// book is a past of one track.
type book struct {
	told    []desk.Told
	thinned []desk.Thinning
	kept    time.Time
	alerts  []desk.Alert
}

func (b *book) Told(_ context.Context, id track.ID, from, to time.Time, _ int) (out []desk.Told, _ error) {
	for _, x := range b.told {
		if x.Event.Track.ID == id && !x.Known.Before(from) && x.Known.Before(to) {
			out = append(out, x)
		}
	}
	return out, nil
}

func (b *book) LastTold(_ context.Context, id track.ID) (last time.Time, _ error) {
	for _, x := range b.told {
		if x.Event.Track.ID == id {
			last = x.Known.Truncate(time.Minute).Add(time.Minute)
		}
	}
	return last, nil
}

func (b *book) Thinnings(context.Context, time.Time, time.Time) ([]desk.Thinning, error) {
	return b.thinned, nil
}

func (b *book) Kept(context.Context) (time.Time, error) { return b.kept, nil }

func (b *book) Alerts(context.Context, track.ID, time.Time, time.Time) ([]desk.Alert, error) {
	return b.alerts, nil
}

// lake is a boat that a radar and a receiver see: the radar's last plot could
// have been of another, and once it saw nothing.
func lake() *book {
	at := func(s int) time.Time { return noon().Add(time.Duration(s) * time.Second) }
	of := func(kind track.EventKind, s int, l ...track.Contribution) desk.Told {
		t := track.Track{
			ID: 7, Status: track.Confirmed, Domain: track.Water, Kind: obs.Vessel, Existence: 0.97, Born: at(0),
			State:  track.State{Time: at(s), East: 3, North: 4, Cov: [4][4]float64{{100, 0}, {0, 900}}},
			Claims: []track.Belief{{Claim: obs.Claim{Kind: obs.MMSI, Value: "720000001"}, Honest: 0.4}},
		}
		x := desk.Told{Step: uint64(s), Known: at(s).Add(100 * time.Millisecond), Event: track.Event{Kind: kind, Time: at(s), Track: t, Lineage: l}}
		for _, c := range l {
			if c.Observation != 0 {
				x.Observations = append(x.Observations, obs.Observation{Seq: c.Observation, Sensor: c.Sensor})
			}
		}
		return x
	}
	thin := of(track.Updated, 20)
	thin.Thinned = true
	revised := of(track.Revised, 25)
	revised.Event.From = at(22)
	conflict := of(track.Conflict, 26)
	conflict.Event.Other = 9
	return &book{
		told: []desk.Told{
			of(track.Born, 0, track.Contribution{Observation: 1, Sensor: "ais", Time: at(0), Likelihood: 0.01, Weight: 1, Model: "cv/1", Proven: true}),
			of(track.Updated, 10, track.Contribution{Observation: 2, Sensor: "ais", Time: at(10), Distance2: 2, Weight: 1, Model: "cv/1"}),
			thin, revised, conflict,
			of(track.Updated, 30,
				track.Contribution{Observation: 3, Sensor: "radar", Time: at(28), Distance2: 8, Likelihood: 0.002, Weight: 0.75, Model: "cv/2", Rivals: [3]track.Rival{{Track: 8, Weight: 0.2}}},
				track.Contribution{Sensor: "radar", Time: at(18), Weight: 1, Model: "cv/2"}),
		},
		thinned: []desk.Thinning{{What: desk.ThinLineages, Why: desk.ThinRoom, From: at(15), To: at(25), Dropped: 1, Had: 2}},
		kept:    at(5),
		alerts: []desk.Alert{{ID: "A1", Kind: rule.Alert, Raised: at(30), Finding: watch.Finding{
			Rule: "border-crossing", Area: "border", Why: rule.Text{ES: "cruzó", EN: "crossed"},
		}}},
	}
}

func TestTrack(t *testing.T) {
	a, err := explain.Track(t.Context(), lake(), explain.Query{Track: 7})
	if err != nil {
		t.Fatal(err)
	}
	b := a.Belief
	if b == nil || b.Deviation != 30 || b.Speed != 5 || b.Course < 36.8 || b.Course > 36.9 || b.Existence != 0.97 || b.Claims[0].Honest != 0.4 {
		t.Errorf("belief %+v", b)
	}
	if a.Moved != 4 || len(a.Updates) != 4 || a.Missing != 1 || len(a.Changes) != 3 || len(a.Alerts) != 1 || len(a.Models) != 2 {
		t.Errorf("%d updates of %d, %d missing, %d happenings, %d alerts, models %v", len(a.Updates), a.Moved, a.Missing, len(a.Changes), len(a.Alerts), a.Models)
	}
	p := a.Updates[0].Parts[0]
	if p.Observation != 3 || p.Age != 2.1 || p.Fit != explain.Off || p.Distance < 2.82 || p.Distance > 2.83 || p.Rivals[0].Track != 8 || !p.Kept {
		t.Errorf("the newest: %+v", p)
	}
	if miss := a.Updates[0].Parts[1]; miss.Fit != explain.Miss || miss.Kept {
		t.Errorf("the miss: %+v", miss)
	}
	if s := a.Sensors; len(s) != 2 || s[0].Sensor != "ais" || s[0].Observations != 2 || s[0].Distance != 1 || s[1].Misses != 1 || s[1].Weight != 0.75 {
		t.Errorf("sensors %+v", s)
	}
	if a.KeptFrom == nil || !a.To.Equal(noon().Add(30*time.Second+100*time.Millisecond+1)) {
		t.Errorf("kept from %v, to %s", a.KeptFrom, a.To)
	}
	one, err := explain.Track(t.Context(), lake(), explain.Query{Track: 7, At: noon().Add(15 * time.Second), For: time.Minute, Updates: 1})
	if err != nil || one.Moved != 2 || len(one.Updates) != 1 || one.Updates[0].Parts[0].Observation != 2 {
		t.Errorf("one update: %+v, %v", one.Updates, err)
	}
	none, err := explain.Track(t.Context(), lake(), explain.Query{Track: 7, At: noon().Add(-time.Hour)})
	if err != nil || none.Belief != nil || none.Moved != 0 {
		t.Errorf("before its birth: %+v, %v", none.Belief, err)
	}
	if _, err := explain.Track(t.Context(), lake(), explain.Query{Track: 8}); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("another: %v", err)
	}
	for _, q := range []explain.Query{{Track: 7, For: 25 * time.Hour}, {Track: 7, For: -1}, {Track: 7, Updates: 1001}} {
		if _, err := explain.Track(t.Context(), lake(), q); !errors.Is(err, desk.ErrInvalid) {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

func TestWords(t *testing.T) {
	a, err := explain.Track(t.Context(), lake(), explain.Query{Track: 7})
	if err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[explain.Lang][]string{
		explain.EN: {
			"honest with 40 %", "T8 (20 %)", "2 %, rather far", "looked and did not see it", "(lineage thinned)", "identity in conflict",
			"late data rewrote its past", "border-crossing", "crossed", "1 of 2 lineages were dropped: there was no room", "Everything is kept since 2026-03-01 12:00:05Z", "cv/1, cv/2",
		},
		explain.ES: {
			"cierto con 40 %", "2 %, algo lejos", "miró y no la vio", "identidad en conflicto", "datos tardíos reescriben", "cruzó", "no había sitio", "embarcación, agua",
		},
	} {
		var b strings.Builder
		if err := a.Write(&b, lang); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(b.String(), w) {
				t.Errorf("%s lacks %q:\n%s", lang, w, b.String())
			}
		}
	}
}
