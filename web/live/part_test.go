package live

import (
	"testing"
	"time"

	"atalaya/geo"
	"atalaya/track"
	"atalaya/web/wire"
)

// TestTurns: where every track moves and few fit, what is urgent comes in each
// frame, and every other one in its turn; also where all are urgent.
func TestTurns(t *testing.T) {
	const tracks = 200
	for _, tt := range []struct {
		name       string
		own        int // of the tracks
		everyFrame int
		longest    int // frames between two rows of a track
	}{
		{"none urgent", 0, 0, 17},
		{"few urgent", 5, 5, 25},
		{"all urgent", tracks, 0, 70},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := NewHub(Config{Clock: time.Now})
			v := newView()
			v.part = 500
			now, last, most := start, map[uint64]int{}, 0
			var f wire.Frame
			for i := 1; i <= 200; i++ {
				u := Update{Step: uint64(i), Now: now}
				for id := range tracks {
					r := tracked(track.ID(id+1), geo.Position{Lat: -16 + float64(i)*1e-3, Lon: -69})
					r.Own = id < tt.own
					r.Track.Claims = nil
					u.Tracks = append(u.Tracks, r)
				}
				h.Apply(u)
				now = now.Add(time.Second)
				h.frame(&v, &f, now, true)
				data, err := f.Append(nil)
				if err != nil {
					t.Fatal(err)
				}
				most = max(most, len(data))
				urgent := 0
				for _, m := range f.Motion {
					if late := i - last[m.ID]; late > tt.longest {
						t.Fatalf("track %d waited %d frames", m.ID, late)
					}
					if last[m.ID] = i; m.ID <= uint64(tt.own) {
						urgent++
					}
				}
				if urgent < tt.everyFrame {
					t.Fatalf("%d urgent tracks in frame %d", urgent, i)
				}
				if late := now.Sub(start).Milliseconds(); i > tt.longest && int64(f.Behind) >= late {
					t.Fatalf("%d ms behind after %d ms", f.Behind, late)
				}
			}
			if len(last) != tracks || most > 650 {
				t.Errorf("%d tracks came, in frames of up to %d bytes", len(last), most)
			}
			if f.Missing != 0 || f.Behind == 0 || int(f.Behind) > 1000*(tt.longest+1) {
				t.Errorf("at the end %d are missing, %d ms behind", f.Missing, f.Behind)
			}
		})
	}
}

// TestNextPart: a frame takes as much as its line takes in less than a second.
func TestNextPart(t *testing.T) {
	for _, tt := range []struct {
		part, size int
		took       time.Duration
		want       int
	}{
		{firstPart, firstPart, 10 * time.Millisecond, 2 * firstPart},
		{firstPart, 100, 10 * time.Millisecond, firstPart}, // it tells nothing of the line
		{firstPart, firstPart, 500 * time.Millisecond, firstPart},
		{firstPart, firstPart, 1300 * time.Millisecond, firstPart / 2},
		{firstPart, 100, 1300 * time.Millisecond, firstPart / 2},
		{mostPart, mostPart, 0, mostPart},
		{leastPart, leastPart, time.Minute, leastPart},
	} {
		if got := nextPart(tt.part, tt.size, tt.took); got != tt.want {
			t.Errorf("%d of %d bytes in %s: next %d, want %d", tt.size, tt.part, tt.took, got, tt.want)
		}
	}
}

// TestPace: a step that was late puts off no frame after it, and nobody gets
// more frames than he asked for but one.
func TestPace(t *testing.T) {
	const ms = time.Millisecond
	start := time.Unix(1e9, 0)
	for _, tt := range []struct {
		name  string
		steps []time.Duration
		sent  []bool
	}{
		{"on time", []time.Duration{0, 100, 200, 300}, []bool{true, true, true, true}},
		{"one late", []time.Duration{0, 100, 274, 300, 400, 500}, []bool{true, true, true, true, true, true}},
		{"too many", []time.Duration{0, 10, 20, 30, 110, 120}, []bool{true, true, false, false, true, false}},
	} {
		l := &lane{pause: 100 * ms}
		for i, at := range tt.steps {
			now := start.Add(at * ms)
			sent := l.left(now) <= 0
			if sent != tt.sent[i] {
				t.Errorf("%s: step %d, sent %v", tt.name, i, sent)
			}
			if sent {
				l.begin(now, false)
			}
		}
	}
}
