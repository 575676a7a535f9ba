package policy

// Purpose is what something is observed for. An authority names one.
//
// There is none for assemblies, protest, unions, parties or press, and none
// for a person's opinion, faith or descent: what has no purpose here cannot be
// authorised.
type Purpose string

// The purposes. There are no others.
const (
	BorderCrossing Purpose = "border-crossing" // crossings outside legal posts
	Smuggling      Purpose = "smuggling"       // goods over the border
	IllegalFlight  Purpose = "illegal-flight"  // aircraft without plan or identity
	IllegalFishing Purpose = "illegal-fishing"
	IllegalMining  Purpose = "illegal-mining"
	Logging        Purpose = "illegal-logging"
	SearchRescue   Purpose = "search-and-rescue"
	Disaster       Purpose = "disaster"    // fire, flood, landslide
	Environment    Purpose = "environment" // water, shore, protected land
	Training       Purpose = "training"    // exercises, over nobody
)

// Purposes lists them all.
func Purposes() []Purpose {
	return []Purpose{
		BorderCrossing, Smuggling, IllegalFlight, IllegalFishing, IllegalMining, Logging,
		SearchRescue, Disaster, Environment, Training,
	}
}

// Lawful reports whether a purpose, by its name, is one of them.
func Lawful(purpose string) bool {
	switch Purpose(purpose) {
	case BorderCrossing, Smuggling, IllegalFlight, IllegalFishing, IllegalMining, Logging,
		SearchRescue, Disaster, Environment, Training:
		return true
	default:
		return false
	}
}
