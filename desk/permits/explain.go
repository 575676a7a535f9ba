package permits

import (
	"math"
	"slices"
	"time"

	"atalaya/area"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/obs"
	"atalaya/permit"
	"atalaya/rule"
	"atalaya/track"
	"atalaya/watch"
)

// How a permit explains a finding:
//
//  1. Its kind must be able to explain the detector (Explains).
//  2. It must hold at the finding's time: the version in force then, inside its
//     validity and its hours.
//  3. The craft must be the permit's: it claims one of its identities, or its
//     name. A permit without craft and name holds for anybody.
//  4. The finding must lie in the permit's area, as the area was then, or be
//     about that area. A permit without area holds anywhere.
//  5. How sure that is: the probability that the claim is honest, times
//     nameWorth where only a name matches, times edgeWorth where the place is
//     outside the area by no more than its uncertainty, times differWorth
//     where the craft claims another identity than the permit says. Below
//     Least it is no explanation.

// Least is how sure an explanation must be. An identity that was seen in two
// places at once (0.5) explains nothing.
const Least = 0.6

const (
	nameWorth   = 0.8 // names are not unique
	edgeWorth   = 0.8
	differWorth = 0.5
)

// Explains tells which kinds of permits can explain what a detector finds. A
// detector that is not here is explained by none: a call for help, or a doubtful
// identity, has no lawful reason.
func Explains(d rule.Detector) []permit.Kind {
	switch d {
	case watch.RuleCrossing:
		return []permit.Kind{permit.CocaTransport, permit.Ferry, permit.Market, permit.OtherReason}
	case watch.RuleEntry, watch.RuleExit:
		return []permit.Kind{permit.Fishing, permit.CocaTransport, permit.Ferry, permit.Market, permit.NoTransponder, permit.OtherReason}
	default:
		return nil
	}
}

// Explanation is one permit that explains a finding.
type Explanation struct {
	Permit  permit.ID   `json:"permit" doc:"number of the permit"`
	Version uint32      `json:"version" doc:"its version"`
	Kind    permit.Kind `json:"kind" doc:"what it is for"`
	Sure    float64     `json:"sure" doc:"how sure it is that it is the permit's craft, in its area: 0 to 1"`
	Text    rule.Text   `json:"text" doc:"what matches and what does not"`
}

// Areas gives an area as it was in force at a time.
type Areas func(area.ID, time.Time) (area.Area, bool)

// Explain gives the permits that explain a finding, the surest first.
func (b *Book) Explain(f watch.Finding, areas Areas) []Explanation {
	kinds := Explains(rule.Detector(f.Rule))
	if len(kinds) == 0 {
		return nil
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	var out []Explanation
	for _, key := range b.candidates(&f.Belief) {
		p, ok := b.at(key, f.Time)
		if !ok || !slices.Contains(kinds, p.Kind) {
			continue
		}
		m, ok := match(&p, &f, areas)
		if !ok || m.sure < Least {
			continue
		}
		out = append(out, Explanation{
			Permit: p.ID, Version: p.Valid.Number, Kind: p.Kind, Sure: m.sure, Text: sentence(&p, &m),
		})
	}
	slices.SortStableFunc(out, func(x, y Explanation) int {
		switch {
		case x.Sure > y.Sure:
			return -1
		case x.Sure < y.Sure:
			return 1
		}
		return 0
	})
	return out
}

// candidates gives the permits that name something that the track claims, and
// those for anybody, ordered by number. b.mu is held.
func (b *Book) candidates(t *track.Track) []string {
	keys := slices.Clone(b.everyone)
	for i := range t.Claims {
		keys = append(keys, b.byCraft[craftKey(t.Claims[i].Claim)]...)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// matched is what a permit and a finding have in common, and what not.
type matched struct {
	sure    float64
	anybody bool         // the permit names no craft
	claim   track.Belief // the surest that matches
	byName  bool         // only a name matches
	differs []difference
	area    area.Area // of the permit; zero: anywhere
	place   place
}

// difference is an identity that the permit and the craft state differently.
type difference struct {
	permit, craft obs.Claim
}

// place is how a finding lies to a permit's area.
type place uint8

const (
	anywhere place = iota // the permit has no area
	inside
	about // the finding is about the area itself, such as a border line
	edge  // outside, by no more than the uncertainty
	outside
)

func match(p *permit.Permit, f *watch.Finding, areas Areas) (m matched, ok bool) {
	m.sure = 1
	if m.anybody = len(p.Craft) == 0 && p.Name == ""; !m.anybody {
		if !m.craft(p, &f.Belief) {
			return m, false
		}
	}
	if p.Area != "" {
		if m.area, ok = areas(p.Area, f.Time); !ok {
			return m, false
		}
		switch m.place = where(&m.area, f); m.place {
		case outside:
			return m, false
		case edge:
			m.sure *= edgeWorth
		case anywhere, inside, about:
		}
	}
	return m, true
}

// craft compares the permit's craft with what the track claims to be.
func (m *matched) craft(p *permit.Permit, t *track.Track) bool {
	own := slices.Clone(p.Craft)
	if p.Name != "" {
		own = append(own, obs.Claim{Kind: obs.Name, Value: p.Name})
	}
	found := false
	for _, c := range own {
		for _, claim := range t.Claims {
			if craftKey(claim.Claim) != craftKey(c) {
				continue
			}
			byName := c.Kind == obs.Name
			worth, best := claim.Honest, m.claim.Honest
			if byName {
				worth *= nameWorth
			}
			if m.byName {
				best *= nameWorth
			}
			if !found || worth > best {
				m.claim, m.byName = claim, byName
			}
			found = true
		}
	}
	if !found {
		return false
	}
	m.sure = m.claim.Honest
	if m.byName {
		m.sure *= nameWorth
	}
	m.differs = differences(own, t)
	if len(m.differs) > 0 {
		m.sure *= differWorth
	}
	return true
}

// differences gives the kinds of identity of which the permit states some, and
// the craft none of these but another.
func differences(own []obs.Claim, t *track.Track) []difference {
	var out []difference
	seen := map[obs.ClaimKind]bool{}
	for _, c := range own {
		if seen[c.Kind] {
			continue
		}
		seen[c.Kind] = true
		says, ok := t.Claimed(c.Kind)
		if !ok {
			continue
		}
		same := slices.ContainsFunc(own, func(o obs.Claim) bool {
			return o.Kind == c.Kind && craftKey(o) == craftKey(obs.Claim{Kind: c.Kind, Value: says})
		})
		if !same {
			out = append(out, difference{permit: c, craft: obs.Claim{Kind: c.Kind, Value: says}})
		}
	}
	return out
}

// where tells how a finding lies to an area: two standard deviations of the
// place and of the area's line are the uncertainty.
func where(a *area.Area, f *watch.Finding) place {
	if f.Area == a.ID {
		return about
	}
	var beyond float64 // metres outside; not positive: inside
	switch {
	case len(a.Polygon) > 0:
		beyond = a.Polygon.Distance(f.Position)
	case a.Kind == area.Border:
		return outside // a line without width: only what is about it
	case len(a.Line) > 0:
		_, d, _ := a.Line.Nearest(f.Position)
		beyond = math.Abs(d) - a.Buffer
	default:
		beyond = geo.Distance(a.Point, f.Position) - a.Buffer
	}
	c := &f.Belief.State.Cov
	ee, en, nn := c[0][0], c[0][1], c[1][1]
	worst := (ee+nn)/2 + fmath.Hypot((ee-nn)/2, en)
	sd := math.Sqrt(max(0, worst) + float64(a.Accuracy*a.Accuracy))
	switch {
	case math.IsNaN(beyond):
		return outside
	case beyond <= 0:
		return inside
	case beyond <= 2*sd:
		return edge
	}
	return outside
}
