package corridor

import "fmt"

// caveats say what an answer rests on.
func caveats(a *Answer, beyond bool) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	sd := "stated by nobody"
	if a.Elevation.SD > 0 {
		sd = fmt.Sprintf("%.1f m (1 sigma)", a.Elevation.SD)
	}
	say("Elevation: %s, a post every %.0f m, error of a height %s.", a.Elevation, a.Resolution, sd)
	say("A coarse grid smooths ridges and gullies away: it shows more than there is to see and slopes gentler than they are. Real ways may be better hidden than these.")
	say("Looks count as independent of one another, and only terrain hides: no weather, night, trees or houses.")
	if a.Void > 0 {
		say("%.1f km2 of the strip have no elevation: the mover passes there, on the level and unseen.", a.Void)
	}
	if beyond {
		say("The strip reaches beyond the elevation: what lies outside was not looked at.")
	}
	if a.Synthetic {
		say("SYNTHETIC elevation, made up for the exercise: this says nothing of the world.")
	}
	return out
}
