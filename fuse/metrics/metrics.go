// Package metrics judges trackers: it compares the tracks that one reported
// with the truth.
//
//	GOSPA         error, missed targets and false tracks at one time, in one number
//	Trajectories  the same over time, with a price for switched tracks
//	OSPA          the older form of GOSPA, an error a target
//	OSPA2         the same between whole tracks
//	SIAP          completeness, ambiguity, spuriousness, accuracy, continuity
//	Switches      how often a target's track becomes another
//
// All of them know one distance, the Euclidean between positions in metres, and
// one cut-off c: further apart, a track says nothing about a target. Sums are
// of powers p of metres and are named so. The assignment within is the best
// over the pairs that are within c (fuse/assign), so that pictures of many
// thousands can be judged.
//
// Equal costs are decided by the order of targets and tracks.
package metrics

import (
	"errors"
	"fmt"
	"math"

	"atalaya/fuse/assign"
	"atalaya/geo/fmath"
)

// State is a target or a track at one time.
type State struct {
	// ID is the same as long as the target or the track is; unique in a scan.
	// GOSPA and OSPA do not look at it.
	ID string
	// Pos is in metres along any three rectangular axes; finite.
	Pos [3]float64
	// Vel is in m/s along the same axes.
	Vel [3]float64
	// HasVel tells that Vel is known.
	HasVel bool
}

// Scan is truth and picture at one time.
type Scan struct {
	Time   float64 // s, from any origin
	Truth  []State
	Tracks []State
}

// Config is what the metrics depend on. P, Alpha and Gamma have defaults.
type Config struct {
	// C is the cut-off in metres: an error of C is as bad as to miss the target
	// and report a false track (GOSPA, alpha = 2).
	C float64
	// P is the order of the mean: the larger, the more large errors count.
	// At least 1; 0 means 2.
	P float64
	// Alpha of GOSPA, more than 0, at most 2: an unassigned target or track
	// costs C^P/Alpha. 0 means 2, the only one with which the sum falls apart
	// into localisation, missed and false.
	Alpha float64
	// Gamma is the price of a switch in Trajectories, in metres. 0 means C/10, as in
	// the papers on trajectories (c = 10 m, gamma = 1 m).
	Gamma float64
}

// Judge computes the metrics of one Config. It is not for concurrent use.
type Judge struct {
	cfg  Config
	full float64 // C^P, m^P
	best assign.Sparse
}

// New gives a judge, or says what is wrong with the Config.
func New(cfg Config) (*Judge, error) {
	if cfg.P == 0 {
		cfg.P = 2
	}
	if cfg.Alpha == 0 {
		cfg.Alpha = 2
	}
	if cfg.Gamma == 0 {
		cfg.Gamma = cfg.C / 10
	}
	finite := func(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
	switch {
	case !finite(cfg.C) || cfg.C <= 0:
		return nil, fmt.Errorf("cut-off of the metrics is %g: give metres above 0", cfg.C)
	case !finite(cfg.P) || cfg.P < 1:
		return nil, fmt.Errorf("order of the metrics is %g: give 1 or more", cfg.P)
	case !finite(cfg.Alpha) || cfg.Alpha < 0 || cfg.Alpha > 2:
		return nil, fmt.Errorf("alpha of GOSPA is %g: give more than 0, at most 2", cfg.Alpha)
	case !finite(cfg.Gamma) || cfg.Gamma < 0:
		return nil, fmt.Errorf("price of a switch is %g: give metres above 0", cfg.Gamma)
	}
	j := &Judge{cfg: cfg}
	j.full = j.pow(cfg.C)
	if !finite(j.full) || j.full == 0 {
		return nil, errors.New("cut-off to the order of the metrics is no number: give a smaller order")
	}
	return j, nil
}

// Config gives what the judge judges by, defaults filled in.
func (j *Judge) Config() Config { return j.cfg }

// pow gives x^P, for x >= 0.
func (j *Judge) pow(x float64) float64 {
	switch {
	case j.cfg.P == 1:
		return x
	case j.cfg.P == 2:
		return float64(x * x)
	case x == 0:
		return 0
	}
	return fmath.Exp(j.cfg.P * fmath.Log(x))
}

// root gives x^(1/P), for x >= 0.
func (j *Judge) root(x float64) float64 {
	switch {
	case j.cfg.P == 1:
		return x
	case j.cfg.P == 2:
		return math.Sqrt(x)
	case x <= 0:
		return 0
	}
	return fmath.Exp(fmath.Log(x) / j.cfg.P)
}

func distance(a, b [3]float64) float64 {
	x, y, z := a[0]-b[0], a[1]-b[1], a[2]-b[2]
	return math.Sqrt(float64(x*x) + float64(y*y) + float64(z*z))
}
