package proof

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"
)

// promise is what must be there by a time: the opening of an instrument or of a
// sealed notice, a notice, the answer to an audit's draw.
type promise struct {
	index   int64
	due     time.Time
	content string
	kept    int64 // the entry that keeps it; -1: none yet
}

// promised names what a record promises or keeps, and until when; false where
// it promises nothing.
func promised(r record) (name string, due time.Time, ok bool) {
	switch r.kind() {
	case "instrument", "instrument.open":
		name = "the opening of instrument " + r.values["instrument"]
		due, ok = r.time("opens")
	case "audit.reveal", "audit.answer":
		name = "the answer to draw " + r.values["draw"]
		due, ok = r.time("opens")
	case "notice.open":
		name = "the opening of notice " + r.values["notice"]
	case "notice.given":
		name = "notice " + r.values["notice"]
	case "notice":
		if due, ok = r.time("opens"); ok { // sealed: when it was due stays hidden until then
			name = "the opening of notice " + r.values["notice"]
		} else {
			name = "notice " + r.values["notice"]
			due, ok = r.time("due")
		}
	}
	return name, due, ok
}

func (a *audit) promise(r record) {
	name, due, ok := promised(r)
	if !ok {
		return
	}
	if r.kind() == "audit.reveal" {
		a.revealed(r, due)
	}
	if p := a.promises[name]; p != nil {
		if !due.Equal(p.due) || r.values["content"] != p.content {
			a.r.entry(OverdueOpening, r.index, "%s is due by %s, as entry %d says, and cannot be promised anew", name, stamp(p.due), p.index)
		}
		return
	}
	a.promises[name] = &promise{index: r.index, due: due, content: r.values["content"], kept: -1}
}

func (a *audit) keep(r record) {
	name, _, _ := promised(r)
	p := a.promises[name]
	if p == nil || p.kept >= 0 {
		return
	}
	at, _, ok := r.span()
	if ok && at.After(p.due) {
		a.r.entry(OverdueOpening, r.index, "%s came at %s, due by %s", name, stamp(at), stamp(p.due))
	}
	if p.content != "" && strings.HasSuffix(r.kind(), ".open") && r.values["content"] != p.content {
		a.r.entry(OverdueOpening, r.index, "%s shows another content than was sealed", name)
		return
	}
	p.kept = r.index
}

// ended takes back what an act promised or kept that failed.
func (a *audit) ended(r record) {
	of, ok := r.count("of")
	if !ok || r.values["outcome"] != "failed" {
		return
	}
	a.holdFailed(of)
	for name, p := range a.promises {
		switch of {
		case p.index:
			delete(a.promises, name)
		case p.kept:
			p.kept = -1
		}
	}
}

// unkept reports the promises that are overdue at the time of the check.
func (a *audit) unkept() {
	for _, name := range slices.Sorted(maps.Keys(a.promises)) {
		if p := a.promises[name]; p.kept < 0 && p.due.Before(a.now) {
			a.r.entry(OverdueOpening, p.index, "%s was due by %s", name, stamp(p.due))
		}
	}
}

// drawn notes an audit's draw.
func (a *audit) drawn(r record) {
	name := r.values["draw"]
	if d, ok := a.draws[name]; ok && d.values["content"] != r.values["content"] {
		a.r.entry(BadProof, r.index, "draw %s was committed to in entry %d with another seed", name, d.index)
		return
	}
	a.draws[name] = r
}

// revealed checks that a seed is the one that was committed to, and that the
// answer is due when the draw said.
func (a *audit) revealed(r record, due time.Time) {
	if a.partial {
		return
	}
	d, ok := a.draws[r.values["draw"]]
	if !ok {
		a.r.entry(BadProof, r.index, "no entry before it commits to the draw %s", orNone(r.values["draw"]))
		return
	}
	seed, err := hex.DecodeString(r.values["seed"])
	if err != nil || hex.EncodeToString(seed) != r.values["seed"] || drawCommitment(seed) != d.values["content"] {
		a.r.entry(BadProof, r.index, "the seed of draw %s is not the one that entry %d commits to", r.values["draw"], d.index)
	}
	hours, ok := d.count("within")
	at, _, known := r.span()
	if ok && known && hours <= maxWithin && due.After(at.Add(time.Duration(hours)*time.Hour)) {
		a.r.entry(OverdueOpening, r.index, "the answer to draw %s is due within %d hours, and is promised by %s", r.values["draw"], hours, stamp(due))
	}
}

// maxWithin bounds how long an answer may take, in hours.
const maxWithin = 24 * 366

// drawCommitment is what a draw's entry has of its seed.
func drawCommitment(seed []byte) string {
	sum := sha256.Sum256(append([]byte("atalaya.draw.v1\n"), seed...))
	return hex.EncodeToString(sum[:])
}
