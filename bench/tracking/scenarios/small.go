package scenarios

import (
	"fmt"
	"math"

	"atalaya/internal/trackfile"
)

// StarBurst is S3: six targets that start from one point, 60 degrees apart,
// at 1 m/s. Radar each second, error 1 m, detection probability 0.9, 20 clutter
// points a scan on 200 m by 200 m.
func StarBurst(run int) Scene {
	const (
		targets, scans = 6, 80
		side, clutter  = 200.0, 20.0
		pd, sd, q      = 0.9, 1.0, 0.001
	)
	k := trackfile.Knowledge{
		Prior: trackfile.Prior{
			Models: constantVelocity(), ProcessNoise: q, SpeedSD: 1, Survival: 0.999, Birth: new(1e-7),
			Births: []trackfile.BirthArea{{Weight: 0.1, Mean: []float64{0, 0}, SD: 2}},
		},
		Sensors: map[string]trackfile.Sensor{"radar": {
			Kind: trackfile.Surveillance, Position: []float64{0, 0}, DetectionProbability: pd, Clutter: new(clutter / (side * side)),
		}},
	}
	return Scene{Name: "s3", Run: run, CutOff: 10, Knowledge: k, Make: func(to Sink) error {
		c := newChance(run)
		var all [targets]target
		for i := range all {
			all[i] = heading(0, 0, 60*float64(i), 1)
		}
		for n := range scans {
			s := Scan{Sensor: "radar", Time: float64(n), Arrival: float64(n)}
			for i := range all {
				if n > 0 {
					all[i] = all[i].after(1, q, c)
				}
				if err := to.Truth(all[i].truth(s.Time, fmt.Sprint("t", i+1))); err != nil {
					return err
				}
				if c.Float64() < pd {
					s.Detections = append(s.Detections, c.position(all[i].x, all[i].y, sd))
				}
			}
			for range c.poisson(clutter) {
				s.Detections = append(s.Detections, at(c.between(-side/2, side/2), c.between(-side/2, side/2), sd))
			}
			c.shuffle(s.Detections)
			if err := to.Scan(s); err != nil {
				return err
			}
		}
		return nil
	}}
}

func constantVelocity() []string { return []string{trackfile.ConstantVelocity} }

// Convergence is S4: two range-bearing sensors 5 km from the centre of a circle
// of 1 km; five targets come from the circle at 10 m/s, meet at the centre
// after 100 s and go on. They appear one by one on their way in and end one by
// one on their way out. The sensors scan each 2 s in turn, a sector of 30
// degrees to 6.5 km: error 10 m and 0.3 degrees, 40 clutter points a scan.
func Convergence(run int) Scene {
	const (
		targets, seconds   = 5, 200
		circle, speed      = 1000.0, 10.0
		away, reach, width = 5000.0, 6500.0, 30.0
		pd, clutter        = 0.9, 40.0
		rangeSD, bearingSD = 10.0, 0.3
		area               = math.Pi * reach * reach * width / 360
	)
	type site struct {
		name   string
		x, y   float64
		middle float64 // where its sector looks
	}
	sites := []site{{"west", -away, 0, 90}, {"south", 0, -away, 0}}
	k := trackfile.Knowledge{
		Prior: trackfile.Prior{
			Models: constantVelocity(), ProcessNoise: 0.01, SpeedSD: 8, Survival: 0.999,
			Birth: new(float64(targets) / seconds / (math.Pi * circle * circle)),
		},
		Sensors: map[string]trackfile.Sensor{},
	}
	sector := func(s site) []float64 { return []float64{wrap(s.middle - width/2), wrap(s.middle + width/2), reach} }
	for _, s := range sites {
		k.Sensors[s.name] = trackfile.Sensor{
			Kind: trackfile.Surveillance, Position: []float64{s.x, s.y}, DetectionProbability: pd, Clutter: new(clutter / area),
			FieldOfView: sector(s),
		}
	}
	return Scene{Name: "s4", Run: run, CutOff: 100, Knowledge: k, Make: func(to Sink) error {
		c := newChance(run)
		for n := range seconds {
			s := sites[n%len(sites)]
			scan := Scan{Sensor: s.name, Time: float64(n), Arrival: float64(n), Sector: sector(s)}
			polar := func(r, deg float64) {
				r, deg = milli(r), wrap(deg)
				scan.Detections = append(scan.Detections, Detection{Range: &r, Bearing: &deg, RangeSD: rangeSD, BearingSD: bearingSD})
			}
			for i := range targets {
				if n < 10*i || n > 160+10*i {
					continue
				}
				inward := 72*float64(i) + 180
				t := heading(0, 0, inward, speed)
				t.x, t.y = float64(t.vx*(float64(n)-circle/speed)), float64(t.vy*(float64(n)-circle/speed))
				if err := to.Truth(t.truth(scan.Time, fmt.Sprint("t", i+1))); err != nil {
					return err
				}
				if c.Float64() < pd {
					polar(math.Sqrt(float64((t.x-s.x)*(t.x-s.x))+float64((t.y-s.y)*(t.y-s.y)))+float64(rangeSD*c.normal()),
						bearing(t.x-s.x, t.y-s.y)+float64(bearingSD*c.normal()))
				}
			}
			for range c.poisson(clutter) {
				polar(reach*math.Sqrt(c.Float64()), s.middle+c.between(-width/2, width/2))
			}
			c.shuffle(scan.Detections)
			if err := to.Scan(scan); err != nil {
				return err
			}
		}
		return nil
	}}
}

// Irregular is S5: ten targets, a radar and a receiver in turn at exponential
// intervals of a second in the mean, and each fifth scan arrives after one or
// two later ones. With late false every scan arrives at once: the same run in
// order.
func Irregular(run int, late bool) Scene {
	const (
		targets, scans = 10, 200
		side, clutter  = 2000.0, 10.0
		pd, sd, q      = 0.9, 10.0, 0.02
	)
	k := trackfile.Knowledge{
		Prior: trackfile.Prior{Models: constantVelocity(), ProcessNoise: q, SpeedSD: 8, Survival: 0.999, Birth: new(1e-9)},
		Sensors: map[string]trackfile.Sensor{
			"radar": {Kind: trackfile.Surveillance, Position: []float64{0, 0}, DetectionProbability: pd, Clutter: new(clutter / (side * side))},
			"ais":   {Kind: trackfile.Cooperative},
		},
	}
	name := "s5"
	if !late {
		name = "s5-inorder"
	}
	return Scene{Name: name, Run: run, CutOff: 50, Knowledge: k, Make: func(to Sink) error {
		c := newChance(run)
		times := make([]float64, scans)
		for n, t := 0, 0.0; n < scans; n++ {
			// Two scans of a millisecond would have no order.
			t += 0.002 + c.exponential(1)
			times[n] = milli(t)
		}
		all := make([]target, targets)
		for i := range all {
			all[i] = heading(c.between(-side/3, side/3), c.between(-side/3, side/3), c.between(0, 360), c.between(2, 10))
		}
		line := order{to: to}
		for n, now := range times {
			s := Scan{Sensor: "radar", Time: now, Arrival: now}
			if n%3 == 2 {
				s.Sensor = "ais"
			}
			if after := min(n+1+n/5%2, scans-1); late && n%5 == 3 {
				s.Arrival = milli(times[after] + 0.001)
			}
			for i := range all {
				if n > 0 {
					all[i] = all[i].after(now-times[n-1], q, c)
				}
				if err := to.Truth(all[i].truth(now, fmt.Sprint("t", i+1))); err != nil {
					return err
				}
				seen := c.position(all[i].x, all[i].y, sd)
				if s.Sensor == "ais" {
					// Each boat sends in every third of these scans.
					if (n/3+i)%3 == 0 {
						seen.Claim = mmsi(i)
						s.Detections = append(s.Detections, seen)
					}
				} else if c.Float64() < pd {
					s.Detections = append(s.Detections, seen)
				}
			}
			if s.Sensor == "radar" {
				for range c.poisson(clutter) {
					s.Detections = append(s.Detections, at(c.between(-side/2, side/2), c.between(-side/2, side/2), sd))
				}
			}
			c.shuffle(s.Detections)
			if err := line.scan(s); err != nil {
				return err
			}
		}
		return line.end()
	}}
}

func mmsi(i int) string { return fmt.Sprint("mmsi:", 200000000+i) }
