package scenarios

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"atalaya/internal/trackfile"
)

// CoalescingRuns is how many runs S1 has.
const CoalescingRuns = 20

// Coalescing is a run of S1, from s1_meas.csv and s1_truth.csv in the folder
// tracking of data: four targets that meet in the middle of 81 s, one of which
// ends there (Williams, Marginal multi-Bernoulli filters, IEEE TAES 2015; the
// form of Garcia-Fernandez's MTT, whose priors these are). Radar each second,
// error 1 m, detection probability 0.9, ten clutter points a scan on 300 m by
// 300 m. All runs have one truth.
func Coalescing(data string, run int) (Scene, error) {
	const scans, side, clutter = 81, 300.0, 10.0
	truth, err := numbers(filepath.Join(data, "tracking", "s1_truth.csv"), 6) // target, scan, x, vx, y, vy
	if err != nil {
		return Scene{}, err
	}
	plots, err := numbers(filepath.Join(data, "tracking", "s1_meas.csv"), 4) // run, scan, x, y
	if err != nil {
		return Scene{}, err
	}
	k := trackfile.Knowledge{
		Prior: trackfile.Prior{
			Models: constantVelocity(), ProcessNoise: 0.02, SpeedSD: 1, Survival: 0.99,
			Births: []trackfile.BirthArea{{Weight: 0.005, AtStart: 3, Mean: []float64{100, 100}, SD: 150}},
		},
		Sensors: map[string]trackfile.Sensor{"radar": {
			Kind: trackfile.Surveillance, Position: []float64{0, 0}, DetectionProbability: 0.9, Clutter: new(clutter / (side * side)),
		}},
	}
	return Scene{Name: "s1", Run: run, CutOff: 10, Knowledge: k, Make: func(to Sink) error {
		for n := 1; n <= scans; n++ {
			s := Scan{Sensor: "radar", Time: float64(n), Arrival: float64(n)}
			for _, r := range plots {
				if int(r[0]) == run && int(r[1]) == n {
					s.Detections = append(s.Detections, Detection{
						Pos: []float64{r[2], r[3]}, Cov: [][]float64{{1, 0}, {0, 1}},
					})
				}
			}
			if err := to.Scan(s); err != nil {
				return err
			}
			for _, r := range truth {
				if int(r[1]) == n {
					if err := to.Truth(Truth{
						Time: s.Time, ID: strconv.Itoa(int(r[0])), Pos: []float64{r[2], r[4]}, Vel: []float64{r[3], r[5]},
					}); err != nil {
						return err
					}
				}
			}
		}
		return nil
	}}, nil
}

// numbers reads a file of comma-separated numbers.
func numbers(name string, columns int) (out [][]float64, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read S1: %w (its folder is that of the recorded data)", err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = columns
	for {
		line, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		row := make([]float64, columns)
		for i := range line {
			if row[i], err = strconv.ParseFloat(line[i], 64); err != nil {
				return nil, fmt.Errorf("read %s, row %d: %w", name, len(out)+1, err)
			}
		}
		out = append(out, row)
	}
}
