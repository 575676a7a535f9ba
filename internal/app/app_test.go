package app

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"atalaya/area"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/valid"
	"atalaya/web/live"
	"atalaya/web/wire"
)

func TestQueueMakesFeedsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(3)
		one := track.Input{Observation: &obs.Observation{}}
		for range 3 {
			q.put(t.Context(), one)
		}
		put := 0
		go func() {
			q.put(t.Context(), one)
			put++
		}()
		ctx, cancel := context.WithCancel(t.Context())
		gave := make(chan struct{})
		go func() { q.put(ctx, one); close(gave) }()
		synctest.Wait()
		if put != 0 {
			t.Fatal("a full queue took an input")
		}
		cancel()
		<-gave // who is told to stop does not wait for room
		if in, more := q.take(2); len(in) != 2 || !more {
			t.Fatalf("took %d, more %v; want 2 and more", len(in), more)
		}
		synctest.Wait()
		if put != 1 || q.waiting() != 2 {
			t.Fatalf("after room was made: %d put, %d wait", put, q.waiting())
		}
		if in, more := q.take(10); len(in) != 2 || more || q.waiting() != 0 {
			t.Fatalf("took %d, more %v, %d wait; want all", len(in), more, q.waiting())
		}
		// One input that is heavier than the whole queue gets in when it is empty.
		q.put(t.Context(), track.Input{Scan: &track.Scan{Observations: make([]obs.Observation, 10)}})
		if q.waiting() != 11 {
			t.Fatalf("a heavy scan weighs %d, want 11", q.waiting())
		}
		if in, more := q.take(1); len(in) != 1 || more {
			t.Fatalf("took %d, more %v; want the heavy one", len(in), more)
		}
	})
}

func placed(id track.ID, lat float64) *track.Track {
	return &track.Track{ID: id, State: track.State{Position: geo.Position{Lat: lat, Lon: -69}, Time: time.Unix(1e9, 0)}}
}

// TestScreenMakesALossGood loses a step on the way over the bus: the screen
// must take the whole picture, and go on from there.
func TestScreenMakesALossGood(t *testing.T) {
	hub := live.NewHub(live.Config{Epoch: 1, Clock: time.Now})
	asked := 0
	s := &screen{hub: hub, whole: func() (uint64, time.Time, []PictureRow) {
		asked++
		return 4, time.Now(), []PictureRow{{Track: placed(1, -15)}, {Track: placed(3, -16)}}
	}}
	row := func(id track.ID) []PictureRow { return []PictureRow{{Track: placed(id, -16)}} }
	s.take(PicturePart{Step: 1, Tracks: row(1)})
	if n, _ := hub.Size(); n != 0 {
		t.Fatal("half of a step is shown")
	}
	s.take(PicturePart{Step: 1, Part: 1, Tracks: row(2), Last: true})
	if n, step := hub.Size(); n != 2 || step != 1 || asked != 0 {
		t.Fatalf("after step 1: %d tracks, step %d, asked %d times", n, step, asked)
	}
	s.take(PicturePart{Step: 4, Gone: []PictureGone{{Track: 2}}, Last: true}) // 2 and 3 are lost
	if n, step := hub.Size(); n != 2 || step != 4 || asked != 1 || s.shed.Load() != 2 {
		t.Fatalf("after the loss: %d tracks, step %d, asked %d times, %d shed", n, step, asked, s.shed.Load())
	}
	if _, _, ok := hub.Track(2); ok {
		t.Error("a track that is gone is still shown")
	}
	s.take(PicturePart{Step: 3, Tracks: row(9), Last: true}) // an old one, late
	s.take(PicturePart{Step: 5, Gone: []PictureGone{{Track: 1, Into: 3}}, Last: true})
	if n, step := hub.Size(); n != 1 || step != 5 || asked != 1 {
		t.Fatalf("after step 5: %d tracks, step %d, asked %d times", n, step, asked)
	}
	s.take(PicturePart{Step: 6, Part: 1, Tracks: row(9), Last: true}) // its first part is lost
	if asked != 2 {
		t.Fatalf("a lost part of a step: asked %d times for the whole picture, want 2", asked)
	}
	s.next = 7
	s.take(PicturePart{Step: 7, Tracks: []PictureRow{{}}, Last: true}) // a stranger's
	if asked != 3 {
		t.Fatalf("a row without a track: asked %d times for the whole picture, want 3", asked)
	}
}

func TestPictureSplitsLargeSteps(t *testing.T) {
	l := &Loop{}
	turn := Turn{Step: 7}
	for id := range track.ID(2*partRows + 1) {
		turn.Events = append(turn.Events, track.Event{Kind: track.Born, Track: *placed(id+1, -16)}, track.Event{Kind: track.Updated, Track: *placed(id+1, -15)})
	}
	turn.Events = slices.Insert(turn.Events, 2, track.Event{Kind: track.Merged, Track: *placed(1, -16), Other: 2})
	parts := l.picture(&turn)
	rows, gone := 0, 0
	for i, p := range parts {
		rows, gone = rows+len(p.Tracks), gone+len(p.Gone)
		if p.Last != (i == len(parts)-1) || p.Step != 7 {
			t.Errorf("part %d: %+v", i, p.Last)
		}
		for _, r := range p.Tracks {
			if r.Track.State.Position.Lat != -15 {
				t.Fatalf("track %s is not as it was after its last event", r.Track.ID)
			}
		}
	}
	if len(parts) != 3 || rows != 2*partRows || gone != 1 || parts[2].Gone[0] != (PictureGone{1, 2}) {
		t.Errorf("%d parts, %d rows, %d gone", len(parts), rows, gone)
	}
}

func TestSeedsThatDiffer(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(source string, n uint32, by string) track.Change {
		return track.Change{At: now.Add(time.Duration(n) * time.Hour), Feed: &sensor.Feed{ID: "a", Source: source, Valid: valid.Record{Number: n, By: by}}}
	}
	have := []track.Change{at("udp://127.0.0.1:1", 1, "exercise"), at("udp://127.0.0.1:9", 2, "Ana")}
	if differs(have, at("udp://127.0.0.1:1", 1, "exercise")) {
		t.Error("the same gear at another start differs, because somebody changed it in between")
	}
	if !differs(have, at("udp://127.0.0.1:2", 1, "exercise")) {
		t.Error("another port is no difference")
	}
	if !differs(have, track.Change{Area: &area.Area{ID: "a", Valid: valid.Record{Number: 1, By: "exercise"}}}) {
		t.Error("an area was taken for the feed of the same name")
	}
}

func TestImportTrafficUnits(t *testing.T) {
	const text = `[
{"timestamp":1533101260000,"icao24":"3003AE","callsign":"DLH8JW ","squawk":700,"altitude":35000,"groundspeed":360,"track":361,"vertical_rate":-600,"latitude":45.5,"longitude":9.25},
{"timestamp":1533101250000,"icao24":"3003ae","squawk":"7700","latitude":45.4,"longitude":9.2,"callsign":null,"altitude":null},
{"timestamp":1533101250000,"icao24":"3003ae","latitude":null,"longitude":9.2},
{"timestamp":null,"icao24":"3003ae","latitude":1,"longitude":9.2},
{"timestamp":1533101250000,"icao24":"zz","latitude":1,"longitude":9.2},
{"timestamp":1533101250000,"icao24":"3003ae","latitude":91,"longitude":9.2}
]`
	name := filepath.Join(t.TempDir(), "x.json")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	sum, err := ImportTraffic(name, &out)
	if err != nil {
		t.Fatal(err)
	}
	if sum.Read != 6 || sum.Written != 2 || sum.Skipped != 4 {
		t.Errorf("summary %+v", sum)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3 || !strings.Contains(lines[1], `"distress":"emergency"`) || !strings.Contains(lines[2], "dlh8jw") && !strings.Contains(lines[2], "DLH8JW") {
		t.Fatalf("in order of time: %q", lines)
	}
	for _, want := range []string{`"value":"3003ae"`, `"value":"0700"`, `"metres":10668,"datum":"pressure"`, `"speed_mps":185.2`, `"course_deg":1,`, `"climb_mps":-3.048`} {
		if !strings.Contains(lines[2], want) {
			t.Errorf("the second observation lacks %s: %s", want, lines[2])
		}
	}
}

func TestWireTakesEveryTrackOfThePicture(t *testing.T) {
	// The hub's rows are made by web/wire; a state that is no number must not
	// take others with it.
	hub := live.NewHub(live.Config{Epoch: 1, Clock: time.Now})
	bad := placed(1, math.NaN())
	hub.Apply(live.Update{Step: 1, Tracks: []live.Row{{Track: *bad}, {Track: *placed(2, -16)}}, Gone: []wire.Gone{{ID: 77, Reason: wire.Ended}}})
	if n, _ := hub.Size(); n != 1 {
		t.Errorf("%d tracks, want the good one", n)
	}
}

func TestSeedsAreChecked(t *testing.T) {
	now := time.Now()
	for _, tc := range []struct {
		name, want string
		err        error
	}{
		{"kind of sensor", "kind", second(SensorSeed{ID: "a", Kind: "crystal-ball"}.Sensor(now))},
		{"place of sensor", "not on earth", second(SensorSeed{ID: "a", Kind: "radar", Lat: 91}.Sensor(now))},
		{"detection", "is 0 to 1", second(SensorSeed{ID: "a", Kind: "radar", Detection: 2}.Sensor(now))},
		{"feed without sensor", "need a name", second(FeedSeed{ID: "a"}.Feed(now))},
		{"allowed", "neither an address nor a network", second(FeedSeed{ID: "a", Sensor: "b", Format: "ais", Source: "udp://127.0.0.1:1", Allowed: []string{"everybody"}}.Feed(now))},
		{"area of two points", "at least 3", second(AreaSeed{ID: "a", Kind: "watched", Points: [][]float64{{0, 0}, {1, 1}}}.Area(now))},
		{"three numbers", "[lon, lat]", second(AreaSeed{ID: "a", Kind: "border", Points: [][]float64{{0, 0, 0}, {1, 1}}}.Area(now))},
		{"date", "YYYY-MM-DD", second(AreaSeed{ID: "a", Kind: "border", Dated: "yesterday"}.Area(now))},
		{"drone", "add maker, model, supplier, payload, range_km", second(AssetSeed{ID: "a", Kind: "drone"}.Asset(now))},
		{"claim", "mmsi:NNN", second(AssetSeed{ID: "a", Kind: "boat", Claims: []string{"name"}}.Asset(now))},
	} {
		if tc.err == nil || !strings.Contains(tc.err.Error(), tc.want) {
			t.Errorf("%s: %v; want it to say %q", tc.name, tc.err, tc.want)
		}
	}
	f, err := FeedSeed{ID: "a", Sensor: "b", Format: "ais", Source: "udp://127.0.0.1:1", Allowed: []string{"10.1.2.3", "192.168.0.0/16"}}.Feed(now)
	if err != nil || len(f.Allowed) != 2 || f.Silent != time.Minute {
		t.Errorf("feed: %+v, %v", f, err)
	}
}

func second[T any](_ T, err error) error { return err }
