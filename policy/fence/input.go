package fence

import (
	"time"

	"atalaya/geo"
)

// Command is what a command would make a vehicle or a camera do.
type Command struct {
	// Judged is the time of judging, by the program's clock.
	Judged  time.Time
	Pose    Pose
	Vehicle Vehicle
	Wind    Wind
	// Way is where it flies, from the pose on, in order; empty if it stays.
	Way  []geo.Position
	Loss Loss
	// Look is nil while the camera is stowed: then no-look zones ask nothing.
	Look *Look
}

// Report is what a vehicle or camera reported afterwards.
type Report struct {
	Judged   time.Time // when it came in, by the program's clock
	Exercise bool
	Pose     Pose
	// Speed over ground at most, metres a second: it may have gone so far in
	// what its clock may be off.
	Speed float64
	// Look has the outlines since the report before, in order.
	Look *Look
}

// Pose is where something is.
type Pose struct {
	Known    bool
	At       geo.Position
	Time     time.Time // when it was there
	Accuracy float64   // metres, 1 sigma
	Clock    float64   // seconds that the clock of Time may be off, at most
}

// Vehicle is what a vehicle can do. One that stands still has no speed.
type Vehicle struct {
	// Exercise: it is a simulated one. Only these are judged by a
	// DEMONSTRATION line.
	Exercise bool
	Speed    float64 // through the air, metres a second, at most
	// Braking in metres a second squared; 0 if it cannot stop in the air.
	Braking float64
	// Radius of its turn in metres, if it cannot stop.
	Radius  float64
	Latency float64 // seconds until a command takes effect, at most
}

// Wind at most, gusts included, and how long it may push the vehicle before
// that corrects it.
type Wind struct {
	Speed float64 // metres a second
	Drift float64 // seconds
}

// LossAct is what a vehicle does by itself when its link is lost.
type LossAct string

// What vehicles do. Continue flies the way to its end.
const (
	LossHold     LossAct = "hold"
	LossReturn   LossAct = "return"
	LossLand     LossAct = "land"
	LossContinue LossAct = "continue"
	LossNone     LossAct = "none" // of what stands still

	lossUnknown LossAct = "unknown" // all others
)

// Loss is what happens when the link is lost.
type Loss struct {
	Act     LossAct
	Home    geo.Position // of a return: it goes there straight from wherever it is
	Radius  float64      // of the circle on which it holds, metres; 0 if it stands
	Height  float64      // above ground at most, metres: of a landing
	Descent float64      // metres a second at least, of a landing
	// Stows the camera by itself. Who returns must: nobody can say what it
	// would see on the way.
	Stows bool
}

// Look is what a camera sees, from now to the end of the movement.
type Look struct {
	// Outlines are those of the picture on the ground, in order; what lies
	// between two is in their hull, or at most Between metres outside.
	Outlines []Outline
	Between  float64
	// Sigma is how many standard deviations of position, attitude and pointing
	// the outlines hold already (footprint.Footprint.Outer): no fewer than the
	// bounds ask for.
	Sigma float64
	// Error is what they do not hold, metres on the ground, 1 sigma.
	Error float64
}

// Outline is a polygon that holds the picture on the ground.
type Outline struct {
	Ring geo.Ring
	// Open: the picture may hold more, up to the horizon.
	Open bool
}

func (p Pose) rounded() Pose {
	return Pose{Known: p.Known, At: roundedPosition(p.At), Time: p.Time.UTC(), Accuracy: milli(p.Accuracy), Clock: milli(p.Clock)}
}

func (l *Look) rounded() *Look {
	if l == nil {
		return nil
	}
	out := &Look{Between: milli(l.Between), Sigma: milli(l.Sigma), Error: milli(l.Error)}
	for _, o := range l.Outlines {
		out.Outlines = append(out.Outlines, Outline{Ring: sameRing(roundedPositions(o.Ring)), Open: o.Open})
	}
	return out
}

// rounded gives the command as its text has it.
func (c Command) rounded() Command {
	v, w, l := c.Vehicle, c.Wind, c.Loss
	switch l.Act {
	case LossHold, LossReturn, LossLand, LossContinue, LossNone:
	default:
		l.Act = lossUnknown
	}
	return Command{
		Judged: c.Judged.UTC(), Pose: c.Pose.rounded(),
		Vehicle: Vehicle{Exercise: v.Exercise, Speed: milli(v.Speed), Braking: milli(v.Braking), Radius: milli(v.Radius), Latency: milli(v.Latency)},
		Wind:    Wind{milli(w.Speed), milli(w.Drift)},
		Way:     roundedPositions(c.Way),
		Loss:    Loss{Act: l.Act, Home: roundedPosition(l.Home), Radius: milli(l.Radius), Height: milli(l.Height), Descent: milli(l.Descent), Stows: l.Stows},
		Look:    c.Look.rounded(),
	}
}

func (r Report) rounded() Report {
	return Report{Judged: r.Judged.UTC(), Exercise: r.Exercise, Pose: r.Pose.rounded(), Speed: milli(r.Speed), Look: r.Look.rounded()}
}
