package fuse

import (
	"encoding/csv"
	"os"
	"strconv"
	"testing"
	"time"

	"atalaya/fuse/metrics"
	"atalaya/geo"
	"atalaya/internal/peer"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/valid"
)

// Four targets that meet in the middle of the run, seen nine times of ten among
// ten false plots a scan, on 300 m x 300 m with 1 m of error: the scenario of
// Williams (2015). Stone Soup's global nearest neighbour has an RMS GOSPA of
// 3.80 over these runs, its JPDA 4.68.
func TestCoalescingTargets(t *testing.T) {
	const peerGNN = 3.80
	truth := map[int][]metrics.State{}
	for _, r := range table(t, "tracking/s1_truth.csv") { // target, scan, x, vx, y, vy
		truth[int(r[1])] = append(truth[int(r[1])], metrics.State{Pos: [3]float64{r[2], r[4]}})
	}
	plots := map[[2]int][][2]float64{}
	for _, r := range table(t, "tracking/s1_meas.csv") { // run, scan, x, y
		k := [2]int{int(r[0]), int(r[1])}
		plots[k] = append(plots[k], [2]float64{r[2], r[3]})
	}
	const runs, scans = 20, 81
	judge, err := metrics.New(metrics.Config{C: 10})
	if err != nil {
		t.Fatal(err)
	}
	var parts []metrics.Parts
	for run := 1; run <= runs; run++ {
		p := newPond()
		for k := 1; k <= scans; k++ {
			parts = append(parts, judge.GOSPA(truth[k], p.scan(plots[[2]int{run, k}])))
		}
	}
	rms := judge.Mean(parts)
	t.Logf("RMS GOSPA %.2f: localisation %.2f, missed %.2f, false %.2f m", rms.Distance, rms.Localisation, rms.Missed, rms.False)
	if rms.Distance > peerGNN {
		t.Errorf("RMS GOSPA %.2f, Stone Soup's nearest neighbour has %.2f", rms.Distance, peerGNN)
	}
}

// pond is a tracker that knows how little moves there.
type pond struct {
	tr    *Tracker
	plane geo.Plane
	now   time.Time
	seq   uint64
}

func newPond() *pond {
	m := Motion{Noise: 0.02, MaxSpeed: 50, StartSpeed: 1.5}
	p := &pond{
		tr:    New(Config{Motion: [4]Motion{m, m, m, m}, NewDensity: 1.2e-4, ConfirmAt: 0.9}),
		plane: geo.NewPlane(home()), now: epoch(),
	}
	p.tr.Step(p.now, []track.Input{{Change: &track.Change{Sensor: &sensor.Sensor{
		ID: "r", Kind: sensor.Radar, Detection: 0.9, MaxRange: 2000, ScanPeriod: time.Second,
		Position: p.plane.Position(-500, 0), Valid: valid.Record{Number: 1},
	}}}})
	return p
}

// scan gives the confirmed tracks after one turn of the radar.
func (p *pond) scan(plots [][2]float64) []metrics.State {
	start := p.now
	p.now = start.Add(time.Second)
	s := track.Scan{Sensor: "r", Start: start, End: p.now, Received: p.now}
	for _, z := range plots {
		p.seq++
		s.Observations = append(s.Observations, obs.Observation{
			Seq: p.seq, Sensor: "r", Time: p.now, Received: p.now, Clock: obs.ClockGNSS,
			Measure: obs.Place, Position: p.plane.Position(z[0], z[1]), Cov: obs.Round(1),
		})
	}
	p.tr.Step(p.now, []track.Input{{Scan: &s}})
	var out []metrics.State
	for tr := range p.tr.All() {
		if tr.Status == track.Tentative {
			continue
		}
		dt := p.now.Sub(tr.State.Time).Seconds()
		e, n := p.plane.XY(tr.State.Position)
		out = append(out, metrics.State{Pos: [3]float64{e + tr.State.East*dt, n + tr.State.North*dt}})
	}
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
	var out [][]float64
	for _, line := range lines {
		row := make([]float64, len(line))
		for i := range line {
			if row[i], err = strconv.ParseFloat(line[i], 64); err != nil {
				t.Fatal(err)
			}
		}
		out = append(out, row)
	}
	return out
}
