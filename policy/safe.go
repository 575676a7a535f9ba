// Package policy says what may be done. Two sets are compiled in, so that no
// configuration and no policy text can change them: the safe acts, which are
// never refused, and the purposes, outside of which nothing is observed.
//
// Who may do what else to which sensor stands in policies.cedar, which
// schema.cedarschema holds to its words; Policy.Decide asks the compiled rules
// first. The fence is package policy/fence.
package policy

// SafeAct is an act that makes things safer whoever asks for it. It takes one
// person and no authority, passes no fence, and leaves even when disk, log or
// key fails; its record then follows.
type SafeAct string

// The safe acts. There are no others.
const (
	Hold          SafeAct = "hold"           // stay where it is
	Return        SafeAct = "return"         // fly home on the way that was planned for it
	Land          SafeAct = "land"           // come down where it is
	Stow          SafeAct = "stow"           // turn the camera away and in
	StopRecording SafeAct = "stop-recording" // of the payload; the pose goes on being recorded
)

// SafeActs lists them all.
func SafeActs() []SafeAct { return []SafeAct{Hold, Return, Land, Stow, StopRecording} }

// Safe reports whether an act, by its name, is a safe one. Names are compared
// to the byte: what only looks like one is not.
func Safe(act string) bool {
	switch SafeAct(act) {
	case Hold, Return, Land, Stow, StopRecording:
		return true
	default:
		return false
	}
}
