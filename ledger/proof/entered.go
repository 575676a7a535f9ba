package proof

import (
	"bufio"
	"fmt"
	"io/fs"
)

// checkEntered compares an outpost's log with the heads of it that headquarters
// entered in its own. What headquarters says of an outpost counts where the
// outpost signed it.
func checkEntered(o Options, c Checkpoint, hashes []Hash, r *report) (entered int, err error) {
	var theirs report
	l, err := readLog(o.Headquarters, o.HeadquartersKeys, &theirs)
	if err != nil {
		return 0, fmt.Errorf("headquarters: %w", err)
	}
	for _, f := range theirs.findings {
		r.add(f.Kind, "headquarters, "+f.Where, "%s", f.Why)
	}
	if len(theirs.findings) > 0 {
		return 0, nil
	}
	err = eachOpened(o.Headquarters, l.head.Size, func(op Opening) {
		rec := newRecord(op)
		if rec.kind() != "outpost" || rec.values["origin"] != c.Origin {
			return
		}
		where := "headquarters' " + entryName(op.Index)
		if err := op.Check(entryAt(l.entries, op.Index)); err != nil {
			r.add(BadProof, where, "%v", err)
			return
		}
		signed, ok := rec.get("checkpoint")
		if !ok {
			return // an outcome
		}
		entered++
		checkLast([]byte(signed), where, o.Keys, c, hashes, r)
	})
	return entered, err
}

// eachOpened reads what is opened of a log's entries, one after the other. What
// does not parse, or is of no entry, is passed over: the log's own check tells.
func eachOpened(dir fs.FS, size int64, do func(Opening)) error {
	f, err := dir.Open("openings.jsonl")
	if err != nil {
		return fmt.Errorf("what is opened of headquarters' log: %w", err)
	}
	defer f.Close() //nolint:errcheck // read only
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 0, 1<<16), maxLine)
	for lines.Scan() {
		if o, err := parseOpeningLine(lines.Bytes()); err == nil && !o.Gone && o.Index < size {
			do(o)
		}
	}
	return lines.Err()
}
