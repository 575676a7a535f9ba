package scenarios

import (
	"fmt"
	"math"

	"atalaya/internal/trackfile"
)

// Crowd is S6: a square of targets at a mean spacing, watched by a radar of
// the whole picture, AIS and posts that give bearings.
type Crowd struct {
	Run     int
	Targets int
	Spacing float64 // m
	Scans   int     // of the radar
	Late    bool    // one scan of five comes late
}

// Figures of the crowd.
const (
	crowdPeriod  = 4.0 // s between scans; the three kinds look at the same times
	crowdNoise   = 0.02
	crowdSurvive = 0.999

	crowdRadarPD = 0.9
	crowdRadarSD = 15.0 // m
	crowdClutter = 0.5  // clutter points a target and scan

	crowdAIS      = 0.6  // of the targets send
	crowdAISEvery = 3    // periods
	crowdAISSD    = 10.0 // m
	crowdLying    = 0.02 // of those that send, under the identity of another

	crowdPostEach = 1000 // targets a post, at most crowdPosts posts
	crowdPosts    = 20
	crowdPostSees = 5 // times the spacing
	crowdPostPD   = 0.7
	crowdPostSD   = 1.0 // degrees
)

type post struct {
	name string
	x, y float64
}

// side is the length of the square.
func (d Crowd) side() float64 { return d.Spacing * math.Ceil(math.Sqrt(float64(d.Targets))) }

func (d Crowd) senders() int { return int(crowdAIS * float64(d.Targets)) }

// liars counts the boats that send under the identity of another.
func (d Crowd) liars() int { return int(math.Round(crowdLying * float64(d.senders()))) }

// posts stand on the diagonal of the square.
func (d Crowd) posts() []post {
	out := make([]post, min(crowdPosts, max(1, d.Targets/crowdPostEach)))
	for i := range out {
		at := d.side() * (float64(i) + 0.5) / float64(len(out))
		out[i] = post{fmt.Sprintf("post%02d", i+1), milli(at), milli(at)}
	}
	return out
}

// Scene gives the scenario.
func (d Crowd) Scene() Scene {
	name := fmt.Sprintf("s6-%d-%.0f", d.Targets, d.Spacing)
	if !d.Late {
		name += "-inorder"
	}
	area := d.side() * d.side()
	k := trackfile.Knowledge{
		Prior: trackfile.Prior{Models: constantVelocity(), ProcessNoise: crowdNoise, SpeedSD: 6, Survival: crowdSurvive, Birth: new(1e-3 * float64(d.Targets) / area)},
		Sensors: map[string]trackfile.Sensor{
			"radar": {
				Kind: trackfile.Surveillance, Position: []float64{d.side() / 2, d.side() / 2}, DetectionProbability: crowdRadarPD,
				Clutter: new(crowdClutter * float64(d.Targets) / area),
			},
			"ais": {Kind: trackfile.Cooperative},
		},
	}
	for _, p := range d.posts() {
		k.Sensors[p.name] = trackfile.Sensor{
			Kind: trackfile.Surveillance, Position: []float64{p.x, p.y}, DetectionProbability: crowdPostPD,
			FieldOfView: []float64{0, 360, crowdPostSees * d.Spacing},
		}
	}
	return Scene{Name: name, Run: d.Run, CutOff: 50, Knowledge: k, Make: d.run}
}

// crowd is the scenario while it is made.
type crowd struct {
	Crowd
	chance
	all    []target
	claims []string // of those that send
	lates  fifth
	line   order
}

func (d Crowd) run(to Sink) error {
	w := crowd{Crowd: d, chance: newChance(d.Run), line: order{to: to}}
	w.place()
	for n := range d.Scans {
		now := crowdPeriod * float64(n)
		for i := range w.all {
			if n > 0 {
				w.all[i] = w.all[i].after(crowdPeriod, crowdNoise, w.chance)
			}
			if err := to.Truth(w.all[i].truth(now, fmt.Sprint("t", i+1))); err != nil {
				return err
			}
		}
		if err := w.look(now, n); err != nil {
			return err
		}
	}
	return w.line.end()
}

// place puts a target into each cell of the square, somewhere inside it, and
// gives the first of them identities: the liars that of an honest boat.
func (w *crowd) place() {
	across := int(math.Ceil(math.Sqrt(float64(w.Targets))))
	cells := w.Perm(w.Targets) // so that liars are everywhere
	w.all = make([]target, w.Targets)
	for i := range w.all {
		cx, cy := float64(cells[i]%across), float64(cells[i]/across)
		w.all[i] = heading(w.Spacing*(cx+w.Float64()), w.Spacing*(cy+w.Float64()), w.between(0, 360), w.between(2, 12))
	}
	w.claims = make([]string, w.senders())
	for i := range w.claims {
		w.claims[i] = mmsi(i)
	}
	for i := range w.liars() {
		w.claims[i] = mmsi(w.liars() + w.IntN(w.senders()-w.liars()))
	}
}

// look makes the scans of a moment.
func (w *crowd) look(now float64, n int) error {
	radar := Scan{Sensor: "radar"}
	for _, t := range w.all {
		if w.Float64() < crowdRadarPD {
			radar.Detections = append(radar.Detections, w.position(t.x, t.y, crowdRadarSD))
		}
	}
	for range w.poisson(crowdClutter * float64(w.Targets)) {
		radar.Detections = append(radar.Detections, at(w.between(0, w.side()), w.between(0, w.side()), crowdRadarSD))
	}
	ais := Scan{Sensor: "ais"}
	for i, claim := range w.claims {
		if (n+i)%crowdAISEvery != 0 {
			continue
		}
		t := w.all[i]
		d := w.position(t.x, t.y, crowdAISSD)
		speed, course := milli(math.Sqrt(float64(t.vx*t.vx)+float64(t.vy*t.vy))), bearing(t.vx, t.vy)
		d.Speed, d.Course, d.Claim = &speed, &course, claim
		ais.Detections = append(ais.Detections, d)
	}
	scans := []Scan{radar, ais}
	for _, p := range w.posts() {
		scans = append(scans, w.bearings(p))
	}
	for _, s := range scans {
		s.Time, s.Arrival = now, now
		if w.Late && w.lates.late(w.chance) {
			s.Arrival = milli(now + w.between(1.01, 2.5)*crowdPeriod)
		}
		w.shuffle(s.Detections)
		if err := w.line.scan(s); err != nil {
			return err
		}
	}
	return nil
}

// bearings gives what a post sees around itself.
func (w *crowd) bearings(p post) Scan {
	reach := crowdPostSees * w.Spacing
	s := Scan{Sensor: p.name, Sector: []float64{0, 360, reach}}
	for _, t := range w.all {
		east, north := t.x-p.x, t.y-p.y
		if float64(east*east)+float64(north*north) > reach*reach || w.Float64() >= crowdPostPD {
			continue
		}
		deg := wrap(bearing(east, north) + float64(crowdPostSD*w.normal()))
		s.Detections = append(s.Detections, Detection{Bearing: &deg, BearingSD: crowdPostSD})
	}
	return s
}
