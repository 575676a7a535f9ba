package pmb

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"testing"

	"atalaya/fuse/imm"
	"atalaya/fuse/kalman"
	"atalaya/fuse/metrics"
	"atalaya/internal/peer"
)

// Four targets that meet in the middle of the run, where one of them ends, seen
// nine times of ten among ten false plots a scan, on 300 m x 300 m with 1 m of
// error: the scenario of Williams (2015). Its authors' tracker has an RMS GOSPA
// of 3.21 over these runs, Stone Soup's nearest neighbour 3.80, its JPDA 4.68.
func TestCoalescingTargets(t *testing.T) {
	const authors = 3.21
	truth := map[int][]metrics.State{}
	for _, r := range table(t, "tracking/s1_truth.csv") { // target, scan, x, vx, y, vy
		truth[int(r[1])] = append(truth[int(r[1])], metrics.State{Pos: [3]float64{r[2], r[4]}})
	}
	plots := map[[2]int][]Plot{}
	for _, r := range table(t, "tracking/s1_meas.csv") { // run, scan, x, y
		k := [2]int{int(r[0]), int(r[1])}
		plots[k] = append(plots[k], plot(r[2], r[3]))
	}
	judge, err := metrics.New(metrics.Config{C: 10})
	if err != nil {
		t.Fatal(err)
	}
	var parts []metrics.Parts
	for run := range 20 {
		p := newPond(t)
		for k := range 81 {
			parts = append(parts, judge.GOSPA(truth[k+1], p.scan(plots[[2]int{run + 1, k + 1}])))
		}
	}
	m := judge.Mean(parts)
	t.Logf("RMS GOSPA %.3f: localisation %.3f, missed %.3f, false %.3f", m.Distance, m.Localisation, m.Missed, m.False)
	if m.Distance > authors {
		t.Errorf("RMS GOSPA %.3f, the authors' has %.2f", m.Distance, authors)
	}
}

// pond is the scenario's prior: where things may be that were not seen yet is a
// mixture of Gaussians.
type pond struct {
	t      *testing.T
	f      *Filter
	model  *imm.Model
	things []Thing
	hidden []hidden
	scans  int
}

type hidden struct {
	expected float64 // how many
	state    imm.State
}

func newPond(t *testing.T) *pond {
	t.Helper()
	return &pond{t: t, f: newFilter(t), model: steady(0.02)}
}

// scan gives what exists more likely than not after a look.
func (p *pond) scan(plots []Plot) []metrics.State {
	const survival, seen, clutter, drop = 0.99, 0.9, 10.0 / (300 * 300), 1e-3
	for i := range p.things {
		p.model.Predict(&p.things[i].State, 1)
		p.things[i].Existence *= survival
	}
	for i := range p.hidden {
		p.model.Predict(&p.hidden[i].state, 1)
		p.hidden[i].expected *= survival
	}
	born := 0.005
	if p.scans++; p.scans == 1 {
		born = 3
	}
	p.hidden = append(p.hidden, hidden{born, p.model.New(&kalman.Estimate{
		X: [4]float64{100, 100}, P: [4][4]float64{{150 * 150}, {0, 150 * 150}, {0, 0, 1}, {0, 0, 0, 1}},
	})})

	fresh := make([]Thing, len(plots)) // what each plot would be, and how many are to be expected there
	for j := range plots {
		var weights []float64
		var states []imm.State
		for _, h := range p.hidden {
			s := h.state
			if w := h.expected * seen * s.Place(plots[j].X, plots[j].Y, plots[j].Cov); w > 0 {
				weights, states = append(weights, w), append(states, s)
				fresh[j].Existence += w
			}
		}
		plots[j].New = clutter + fresh[j].Existence
		fresh[j].State = imm.Mix(len(weights), func(i int) (float64, *imm.State) { return weights[i], &states[i] })
	}
	var pairs []Pair
	for i := range p.things {
		p.things[i].Seen, p.things[i].Unseen = seen, 1-seen
		e := p.things[i].State.Mean()
		for j := range plots {
			if r := e.Place(plots[j].X, plots[j].Y, plots[j].Cov); r.Distance2() < 25 {
				pairs = append(pairs, Pair{int32(i), int32(j), 1})
			}
		}
	}
	r, err := p.f.Update(p.things, plots, pairs)
	if err != nil {
		p.t.Fatal(err)
	}
	for i := range p.hidden {
		p.hidden[i].expected *= 1 - seen
	}
	for j := range plots {
		fresh[j].Existence *= r.New[j] / plots[j].New
		p.things = append(p.things, fresh[j])
	}
	var kept []Thing
	var out []metrics.State
	for _, a := range p.things {
		if a.Existence < drop { // it may yet be there, as one that was not seen
			p.hidden = append(p.hidden, hidden{a.Existence, a.State})
			continue
		}
		kept = append(kept, a)
		if a.Existence > 0.5 {
			e := a.State.Mean()
			out = append(out, metrics.State{Pos: [3]float64{e.X[0], e.X[1]}})
		}
	}
	p.things = kept
	var left []hidden
	for _, h := range p.hidden {
		if h.expected > 1e-5 {
			left = append(left, h)
		}
	}
	p.hidden = left
	return out
}

func table(t *testing.T, name string) [][]float64 {
	t.Helper()
	f, err := os.Open(peer.Data(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := make([][]float64, len(lines))
	for i, line := range lines {
		for _, word := range line {
			v, err := strconv.ParseFloat(word, 64)
			if err != nil || math.IsNaN(v) {
				t.Fatalf("%s, line %d: %q", name, i+1, word)
			}
			out[i] = append(out[i], v)
		}
	}
	return out
}
