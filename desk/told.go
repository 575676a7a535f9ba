package desk

import (
	"time"

	"atalaya/obs"
	"atalaya/track"
)

// Told is what happened to a track once, with the observations that its lineage
// names, as far as they are kept.
type Told struct {
	Step         uint64
	Known        time.Time // when the step closed
	Event        track.Event
	Observations []obs.Observation
	// Thinned says that the event had a lineage that was dropped.
	Thinned bool
}

// What can be thinned.
const (
	ThinObservations = "observations"
	ThinLineages     = "lineages"
	ThinSteps        = "steps" // whole ones went early
)

// Why something was thinned.
const (
	ThinAge  = "age"
	ThinRoom = "room" // there was no room for it
)

// Thinning is a record of what was thinned, of an hour of receive time.
type Thinning struct {
	What    string    `json:"what" enum:"observations,lineages,steps" doc:"steps: whole ones went"`
	Why     string    `json:"why" enum:"age,room" doc:"for its age, or for want of room"`
	From    time.Time `json:"from" doc:"to the second"`
	To      time.Time `json:"to" doc:"not included"`
	Dropped uint64    `json:"dropped" doc:"how many went"`
	Had     uint64    `json:"had" doc:"of how many"`
}
