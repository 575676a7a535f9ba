package proof

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
)

// area notes a shape, by the hash that looks name it by.
func (a *audit) area(r record) {
	text, ok := r.get("shape")
	if !ok {
		return
	}
	ring, err := parseRing(text)
	if err != nil {
		a.r.entry(BadProof, r.index, "the shape: %v", err)
		return
	}
	hash := a.shape(r, text, shape{ring: ring})
	// What an area was before does not count any more.
	if name := r.values["area"]; r.values["use"] == "no-look" {
		a.noLook[name] = hash
	} else {
		delete(a.noLook, name)
	}
}

// border notes the lines of a neighbour's border, by the same hash.
func (a *audit) border(r record) {
	text, ok := r.get("shape")
	if !ok {
		return
	}
	lines, err := parseLines(text)
	if err != nil {
		a.r.entry(BadProof, r.index, "the lines: %v", err)
		return
	}
	a.shape(r, text, shape{lines: lines})
}

func (a *audit) shape(r record, text string, s shape) (hash string) {
	s.standoff, _ = r.number("standoff")
	h := sha256.Sum256([]byte(text))
	hash = hex.EncodeToString(h[:])
	a.shapes[hash] = s
	return hash
}

// judge makes class and verdict of a look anew from what was opened of it.
func (a *audit) judge(r record) {
	text, ok := r.get("look.footprint")
	if !ok {
		return
	}
	footprint, err := parseRings(text)
	if err != nil {
		a.r.entry(BadProof, r.index, "the footprint: %v", err)
		return
	}
	p := planeAt(footprint[0][0])
	flat := p.all(footprint)
	grow, _ := r.number("look.grow")
	verdict, judged := r.get("fence")
	clear := true
	outside := func(why string, args ...any) {
		clear = false
		if verdict == "inside" {
			a.r.entry(OutsideFence, r.index, "called inside, and "+why, args...)
		}
	}
	complete := false // whether all that the verdict rests on was opened
	for _, name := range r.order {
		neighbour, isLine := strings.CutPrefix(name, "line.")
		hash := r.values[name]
		s, known := a.shapes[hash]
		if !known || isLine != (s.lines != nil) || !isLine && name != "look.area" {
			continue
		}
		if !isLine {
			complete = true
			ring := p.of(s.ring)
			if spills(flat, ring, (s.standoff+grow)*(1-planeError)) {
				outside("the footprint, grown by %.0f m, leaves its area %.12s", grow, hash)
			}
			continue
		}
		over, distance := beyond(flat, p.all(s.lines))
		if class, shown := r.get("class." + neighbour); shown && !classHolds(class, over, distance) {
			a.r.entry(WrongVerdict, r.index, "its distance class to %s is %.8s, and it is %.2f km", neighbour, class, distance/1000)
		}
		if judged && distance+grow*planeError < (s.standoff+grow)*(1-planeError) {
			outside("it is %.0f m from %s, with %.0f m to keep and %.0f m uncertain", distance, neighbour, s.standoff, grow)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.noLook)) {
		s := a.shapes[a.noLook[name]]
		if touches(flat, p.of(s.ring), (s.standoff+grow)*(1-planeError)) {
			outside("it touches the no-look zone %.40s", name)
		}
	}
	if judged && complete && clear && verdict == "outside" && !a.partial && grow == 0 {
		a.r.entry(WrongVerdict, r.index, "called outside, and nothing that was opened says so")
	}
}

// classHolds says whether a distance class fits, up to what the plane is off.
func classHolds(class string, over bool, metres float64) bool {
	var from, to float64 // km
	switch class {
	case "inside":
		return over || metres == 0
	case "<2":
		from, to = 0, 2
	case "2-10":
		from, to = 2, 10
	case "10-50":
		from, to = 10, 50
	case ">50":
		return !over && metres >= 50_000*(1-planeError)
	default:
		return false
	}
	return !over && metres >= from*1000*(1-planeError) && metres <= to*1000*(1+planeError)
}
