package timeline

import "math"

// whereabouts is where a thing surely is for a while after its last version.
//
// Most looks are of what says where it is: many a second, and of a thing only one
// of them has a part in it. So a thing remembers the square that its outline does
// not leave until a time: a look that comes by then has no part in it if no plot is
// near that square, and none claims its identity.
type whereabouts struct {
	x, y, half float64 // the square round the means of its predictions, m
	reach      float64 // from there, m, to a plot that is sure of its place
	haste      float64 // and for each second of a plot's own time, m/s
	until      int64
	after      Key // of the last version
	claim      uint64
	biases     int64 // of what is known of these, if it leans on any
	leans      bool
	over       bool // it lets the thing go
	known      bool
}

// ahead is how long a thing's whereabouts hold, ns.
const ahead = int64(1e9)

// away reports that a look surely has no part in a thing, and had none: it is mute,
// and the thing is elsewhere.
func (t *Timeline) away(l *look, th *thing) bool {
	if t.careful || len(l.nearby.bearings) > 0 || !t.mute(l) || th.empty() {
		return false
	}
	w := &th.whereabouts
	if !w.known || l.key.Time > w.until || w.leans && w.biases != t.biases.Version(l.key.Time) {
		t.locate(th, l)
	}
	if w.after.Compare(l.key) >= 0 {
		return false
	}
	n := &l.nearby
	reach := w.reach + float64(float64(math.Sqrt(t.cfg.Gate)*n.largest)*slack) + float64(w.haste*n.after)
	return w.over || reach < t.cfg.Reach && n.none(w.x, w.y, reach+w.half) && len(l.claims.of(w.claim)) == 0
}

// locate sets the whereabouts of a thing for a second from a look on: all that
// bounds a prediction grows with the time, and so holds earlier too.
func (t *Timeline) locate(th *thing, l *look) {
	k, until := t.versions.of(th.last), l.key.Time+ahead
	w := &th.whereabouts
	*w = whereabouts{until: until, after: k.key, claim: k.claim, over: k.exists == 0, known: true}
	o, wander := t.outlineOf(k), t.wanders[min(int(k.domain), len(t.wanders)-1)]
	dt, gate := seconds(max(until-k.stateAt, 0)), math.Sqrt(t.cfg.Gate)
	c := o.after(dt, wander)
	w.x, w.y = (o.x+c.x)/2, (o.y+c.y)/2
	w.half = float64(max(math.Abs(c.x-o.x), math.Abs(c.y-o.y))/2) + float64(c.radius*slack) + slackMetres
	if d, ok := t.leanedOf(l, k); ok {
		w.leans, w.biases = true, d.version
		w.x, w.y, c.spread = w.x+d.x, w.y+d.y, c.spread+d.spread
	}
	w.reach = float64(float64(gate*c.spread) * slack)
	w.haste = float64(o.hastens(1, dt, gate, wander) * slack)
}
