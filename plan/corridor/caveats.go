package corridor

import "fmt"

// caveats say how far an answer can be trusted, beside its grounds.
func caveats(a *Answer, beyond bool) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if a.Resolution > 30 {
		say("A grid of %.0f m smooths ridges and gullies away: it shows more than there is to see and slopes gentler than they are. Real ways may be better hidden than these.", a.Resolution)
	}
	say("Looks count as independent of one another, and only terrain hides: no weather, night, trees or houses.")
	if a.Void > 0 {
		say("%.1f km2 of the strip have no elevation: the mover passes there, on the level and unseen.", a.Void)
	}
	if beyond {
		say("The strip reaches beyond the elevation: what lies outside was not looked at.")
	}
	return out
}
