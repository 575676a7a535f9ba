package timeline

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSides: how many goroutines share the work changes nothing.
func TestSides(t *testing.T) {
	for seed := range uint64(3) {
		for _, w := range []known{
			{Config{Model: mixed()}, []Sensor{{}, {Cooperative: true}}, 1},
			{Config{Model: mixed(), Births: []Births{{Rate: 0.1, SD: 500}}}, []Sensor{{}, {}}, 1},
		} {
			looks := world(rand.New(rand.NewPCG(seed, 5)))
			r := rand.New(rand.NewPCG(seed, 6))
			for i := range looks {
				if i > 0 && r.IntN(3) == 0 { // late
					looks[i], looks[i-1] = looks[i-1], looks[i]
				}
			}
			w.Workers = 1
			want := play(t, w, looks)
			for _, n := range []int{2, 3} {
				w.Workers = n
				if got := play(t, w, looks); !slices.Equal(got, want) {
					t.Fatalf("seed %d: the picture of %d goroutines differs from that of one", seed, n)
				}
			}
		}
	}
}

// picture is all that is believed at a time, and what was counted.
func picture(line *Timeline, at int64) []string {
	out := []string{fmt.Sprintf("%+v %+v", line.Stats(), tiles(line, at))}
	line.All(at, 0, func(th *Thing) bool {
		out = append(out, fmt.Sprintf("%+v", *th))
		return true
	})
	return out
}

// TestNothingAllocated: a picture that has been as large as it gets takes looks
// of a radar and of what says where it is, and tells what changed, without new
// memory.
func TestNothingAllocated(t *testing.T) {
	const warm, runs = 300, 40
	for _, workers := range []int{1, 2} {
		c := newCrowd(500, 500)
		line, err := New(Config{Model: mixed(), Birth: 1e-9, Workers: workers, Watched: true}, nil)
		if err != nil {
			t.Fatal(err)
		}
		line.AddSensor(Sensor{Clutter: 0.5 / (500 * 500), Period: 2.5e9})
		line.AddSensor(Sensor{Cooperative: true})
		var looks []Look
		for n := range warm + runs + 1 {
			if n%5 == 0 {
				looks = append(looks, c.scan())
			} else {
				looks = append(looks, c.say(2*n, 100))
			}
		}
		take := func() {
			if err := line.Take(&looks[0]); err != nil {
				t.Fatal(err)
			}
			looks = looks[1:]
			for range line.Changes() {
			}
		}
		for range warm {
			take()
		}
		if n := testing.AllocsPerRun(runs, take); n > 0 {
			t.Errorf("%v allocations a look with %d goroutines", n, workers)
		}
	}
}
