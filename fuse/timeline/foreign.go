package timeline

// Tracks of others.
//
//  1. A look of a foreign sensor shows what a neighbour's tracker believes. It
//     may rest on what our own sensors saw, and surely rests on what it said
//     before: it is no evidence of its own, however often it comes.
//  2. So its place is joined by covariance intersection (package measure), its
//     existence is ours only where it is greater, it makes no claim honester, and
//     that it does not show something says nothing.

// believed is how likely a foreign track exists that does not say.
const believed = 0.9

// adopt makes a plot of a foreign sensor's look what it is.
func (t *Timeline) adopt(l *look, p *Plot) {
	if !t.fields.sensors[l.key.Sensor].Foreign {
		return
	}
	p.Foreign = true
	if p.Credence == 0 {
		p.Credence = believed
	}
}

// believe sets the existence of a version that a foreign look made, of what would
// exist so likely without it, and which others believe so much.
func (t *Timeline) believe(l *look, before float64, v *version, others float64) {
	if t.fields.sensors[l.key.Sensor].Foreign {
		v.exists = min(max(before, others), 1)
	}
}
