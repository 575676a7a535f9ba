package sensor

// Regard says where a version of a sensor sees from now on: over which
// elevation its field of regard was worked out, and which field came of it. It
// is an input like what is observed, so that a replay judges misses by the
// same field from the same step on.
type Regard struct {
	Sensor  ID     `json:"sensor"`
	Version uint32 `json:"version"`
	// Elevation is the dataset; empty: there is none for it, and what the sensor
	// states of itself counts wherever it looks.
	Elevation string `json:"elevation,omitempty"`
	// Hash names the field; empty: it is being worked out, and until then nothing
	// is known of what the sensor sees.
	Hash string `json:"hash,omitempty"`
}
