package obs

// Grade is how far what a person said is trusted: the Admiralty code (NATO
// AJP-2.1), the source's reliability A to F and the information's credibility
// 1 to 6, as "B2". Empty: not graded.
type Grade string

// Valid reports whether g is one of the grades.
func (g Grade) Valid() bool {
	return len(g) == 2 && g[0] >= 'A' && g[0] <= 'F' && g[1] >= '1' && g[1] <= '6'
}

// Credence is the probability with which what was told is taken to be so. The
// credibility gives it (1 confirmed, 2 probably true, 3 possibly true, 4
// doubtful, 5 improbable, 6 cannot be judged); the less reliable the source,
// the nearer it comes to one half: who is often wrong disproves nothing either.
// The code itself names no numbers: these are ours.
func (g Grade) Credence() float64 {
	if !g.Valid() {
		g = "F6"
	}
	said := [...]float64{0.95, 0.8, 0.6, 0.35, 0.15, 0.5}[g[1]-'1']
	trust := [...]float64{1, 0.9, 0.7, 0.5, 0.3, 0.6}[g[0]-'A']
	return 0.5 + float64(trust*(said-0.5))
}
