package proof

import (
	"fmt"
	"time"
)

// bundleFormat is the first thing that a bundle says of itself.
const bundleFormat = "atalaya.bundle.v1"

// BundleSummary says what a bundle holds.
type BundleSummary struct {
	View    string
	Entries int
	Fields  int
	// Checkpoint is the largest that a proof of the bundle leads to.
	Checkpoint Checkpoint
}

// CheckBundle checks a disclosure: openings, each with the proof that its entry
// is in the log. An error says that the file is no bundle.
func CheckBundle(data []byte, keys Keys) (BundleSummary, []Finding, error) {
	o, err := parseObject(data)
	if err != nil {
		return BundleSummary{}, nil, err
	}
	if f, _ := o["format"].(string); f != bundleFormat {
		return BundleSummary{}, nil, fmt.Errorf("the file is no bundle: its format is not %q", bundleFormat)
	}
	items, err := o.objects("entries")
	if err != nil {
		return BundleSummary{}, nil, err
	}
	s := BundleSummary{View: "court"}
	if v, ok := o["view"].(string); ok {
		s.View = v
	}
	var r report
	if _, there := o["successions"]; there {
		passed, err := o.objects("successions")
		if err != nil {
			return BundleSummary{}, nil, err
		}
		keys = keys.follow(passed, &r)
	}
	a := newAudit(&r, s.View, time.Time{})
	a.partial = true
	checkpoints := map[string]Checkpoint{}
	last := int64(-1)
	for i, item := range items {
		where := fmt.Sprintf("item %d", i)
		opening, c, ok := checkItem(item, where, keys, checkpoints, &r)
		if !ok {
			continue
		}
		if opening.Index <= last {
			r.add(BadProof, where, "entry %d is there before, or out of order", opening.Index)
			continue
		}
		last = opening.Index
		s.Entries++
		s.Fields += len(opening.Fields)
		if c.Size > s.Checkpoint.Size {
			s.Checkpoint = c
		}
		a.step(newRecord(opening))
	}
	if len(items) == 0 {
		r.add(BadProof, "entries", "there are none")
	}
	return s, r.sorted(), nil
}

// checkItem checks one opening and its proof. Checkpoints that were opened are
// remembered by their text.
func checkItem(item object, where string, keys Keys, checkpoints map[string]Checkpoint, r *report) (Opening, Checkpoint, bool) {
	text, err := item.text("proof")
	if err != nil {
		r.add(BadProof, where, "%v", err)
		return Opening{}, Checkpoint{}, false
	}
	p, err := ParseLogProof(text)
	if err != nil {
		r.add(BadProof, where, "%v", err)
		return Opening{}, Checkpoint{}, false
	}
	c, known := checkpoints[p.Checkpoint]
	if !known {
		if c, err = OpenCheckpoint([]byte(p.Checkpoint), keys); err != nil {
			r.add(signatureKind(err), where, "%v", err)
			return Opening{}, Checkpoint{}, false
		}
		checkpoints[p.Checkpoint] = c
	}
	inner, _ := item["opening"].(map[string]any)
	opening, err := parseOpening(inner)
	if err != nil {
		r.add(BadProof, where, "%v", err)
		return Opening{}, Checkpoint{}, false
	}
	if opening.Index != p.Index {
		r.add(BadProof, where, "the opening is of entry %d, the proof of entry %d", opening.Index, p.Index)
		return Opening{}, Checkpoint{}, false
	}
	root, err := opening.root()
	if err == nil {
		err = CheckInclusion(p.Path, c, p.Index, root[:])
	}
	if err != nil {
		r.add(mismatchKind(opening), where, "%v", err)
		return Opening{}, Checkpoint{}, false
	}
	return opening, c, true
}
