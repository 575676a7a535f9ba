package siting

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"atalaya/geo"
	"atalaya/terrain/coverage"
	"atalaya/terrain/sight"
)

// Config says where sensors may stand and what they are to see.
type Config struct {
	// Area is what is to be seen.
	Area *coverage.Area
	// Weight is what a place counts beside its size; nil is 1 everywhere. It
	// is asked for the middle of each block of 8 x 8 cells.
	Weight func(geo.Position) float64
	// Candidates are the sensors that could be put, Costs what each costs;
	// none is 1 each.
	Candidates []coverage.Sensor
	Costs      []float64
	// Existing are the sensors that stand already.
	Existing []coverage.Sensor
	// Target is the height above ground of what is to be seen, metres.
	Target float64
	// K, Budget and Fold are as in Problem.
	K      int
	Budget float64
	Fold   int
	// Exact, Workers and Keeper are as in coverage.Config. What the candidates
	// see is kept in memory: at most some 70 kB for each with a radius of
	// 30 km on a grid of 90 m.
	Exact    bool
	Workers  int
	Keeper   coverage.Keeper
	Progress func(stage Stage, done, total int)
}

// Answer is where to put sensors.
type Answer struct {
	coverage.Grounds
	Choice
	// Area is the size of what is to be seen.
	Area float64 `json:"area_km2"`
	// Fold is how many sensors must see a cell for it to count.
	Fold int `json:"fold"`
	// Sensors are the chosen, in the order of Choice.Sites.
	Sensors []coverage.Sensor `json:"sensors"`
	// Considered is how many candidates there were.
	Considered int `json:"candidates"`
	// Percent is what is covered of the weight of the area, BeforePercent
	// what the existing sensors cover alone, BoundPercent what no choice among
	// the candidates can exceed.
	Percent       float64 `json:"percent"`
	BeforePercent float64 `json:"before_percent"`
	BoundPercent  float64 `json:"bound_percent"`
	// Band is Percent at the ends of the range of k, for the chosen sensors
	// together with the existing.
	Band *Band `json:"band,omitempty"`
	// ProvenPercent is the share of the best possible that the chosen sites
	// add at least.
	ProvenPercent float64 `json:"proven_percent"`
}

// Band is what is covered at the ends of the range of the coefficient of
// refraction, in percent.
type Band struct {
	Low  float64 `json:"k_low_percent"`
	High float64 `json:"k_high_percent"`
	// Refraction is that of the sensors, each that differs once.
	Refraction []sight.Refraction `json:"refraction"`
}

// String says the answer in a sentence.
func (a Answer) String() string {
	s := fmt.Sprintf("covers %.1f %%", a.Percent)
	if a.Fold > 1 {
		s += fmt.Sprintf(" by %d sensors each", a.Fold)
	}
	if a.BeforePercent > 0 {
		s += fmt.Sprintf(", of that %.1f %% by what stands already", a.BeforePercent)
	}
	// Rounded down: it is a promise.
	proven := float64(int(a.ProvenPercent*10)) / 10
	if a.Before > 0 {
		return s + fmt.Sprintf("; the new sites add at least %.1f %% of the best possible among %d candidates, proven", proven, a.Considered)
	}
	return s + fmt.Sprintf(", at least %.1f %% of the best possible among %d candidates, proven", proven, a.Considered)
}

// See makes the problem of a configuration: what every candidate and every
// existing sensor sees. It can be chosen from with several numbers of sites.
func See(ctx context.Context, c Config) (Problem, error) {
	if c.Area == nil || len(c.Area.Blocks) == 0 {
		return Problem{}, errors.New("siting: no area")
	}
	all := append(append([]coverage.Sensor(nil), c.Candidates...), c.Existing...)
	sets, err := coverage.Sets(ctx, coverage.Config{
		Area: c.Area, Sensors: all, Target: c.Target, Exact: c.Exact, Workers: c.Workers, Keeper: c.Keeper,
		Progress: func(done, total int) {
			if c.Progress != nil {
				c.Progress(Seeing, done, total)
			}
		},
	})
	if err != nil {
		return Problem{}, err
	}
	n := len(c.Candidates)
	p := Problem{
		Cells: make([]uint64, len(c.Area.Blocks)), Weights: make([]float64, len(c.Area.Blocks)),
		Candidates: sets[:n], Existing: sets[n:], Costs: c.Costs,
		K: c.K, Budget: c.Budget, Fold: c.Fold, Workers: c.Workers, Progress: c.Progress,
	}
	for i, b := range c.Area.Blocks {
		p.Cells[i], p.Weights[i] = b.Cells, b.Cell
		if c.Weight != nil {
			p.Weights[i] *= c.Weight(c.Area.Position(i))
		}
	}
	return p, nil
}

// Find answers where to put sensors.
func Find(ctx context.Context, c Config) (Answer, error) {
	p, err := See(ctx, c)
	if err != nil {
		return Answer{}, err
	}
	choice, err := Choose(ctx, p)
	if err != nil {
		return Answer{}, err
	}
	a := c.Answer(choice)
	a.Band, err = c.band(ctx, p, a.Sensors)
	return a, err
}

// band looks with the chosen sensors again, at the ends of the range of k.
func (c Config) band(ctx context.Context, p Problem, chosen []coverage.Sensor) (*Band, error) {
	all := append(slices.Clone(chosen), c.Existing...)
	b := Band{Refraction: coverage.Refractions(all)}
	low, high := coverage.Ends(all)
	for i, sensors := range [2][]coverage.Sensor{low, high} {
		if len(sensors) == 0 {
			continue
		}
		sets, err := coverage.Sets(ctx, coverage.Config{Area: c.Area, Sensors: sensors, Target: c.Target, Exact: c.Exact, Workers: c.Workers})
		if err != nil {
			return nil, err
		}
		w := newWork(&Problem{Cells: p.Cells, Weights: p.Weights, Existing: sets, Fold: p.Fold})
		if w.total > 0 {
			*[2]*float64{&b.Low, &b.High}[i] = 100 * w.before / w.total
		}
	}
	return &b, nil
}

// Answer tells a choice from the problem that See made in the words of its
// configuration.
func (c Config) Answer(choice Choice) Answer {
	a := Answer{Grounds: c.Area.Grounds(), Choice: choice, Area: c.Area.Size() / 1e6, Fold: max(c.Fold, 1), Considered: len(c.Candidates)}
	for _, j := range choice.Sites {
		a.Sensors = append(a.Sensors, c.Candidates[j])
	}
	if choice.Total > 0 {
		a.Percent, a.BeforePercent, a.BoundPercent = 100*choice.Value/choice.Total, 100*choice.Before/choice.Total, 100*choice.Bound/choice.Total
	}
	a.ProvenPercent = 100 * choice.Proven()
	if a.Fold > 1 {
		a.Warnings = append(a.Warnings, fmt.Sprintf("Where %d sensors must see a cell the greedy choice has no guarantee of its own; the bound holds all the same, but may lie far above the best possible.", a.Fold))
	}
	return a
}
