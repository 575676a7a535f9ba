package proof

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// Options say what an overseer knows beforehand.
type Options struct {
	Keys Keys
	// Now is when the check is made: what is overdue depends on it.
	Now time.Time
	// Last is a checkpoint of this log that the overseer kept, or nil.
	Last []byte
	// Headquarters is an export of the log in which this one's heads are entered,
	// an outpost's; nil: it is none, or nobody has it.
	Headquarters     fs.FS
	HeadquartersKeys Keys
}

// Summary says what was checked.
type Summary struct {
	Checkpoint Checkpoint
	View       string
	Records    int64 // records of which something is opened
	Entered    int   // heads that headquarters entered
}

// CheckExport checks a whole export: signatures, the tree, every opening, and
// the rules over what was opened. An error says that there is no export to
// check; everything else is a finding.
func CheckExport(dir fs.FS, o Options) (Summary, []Finding, error) {
	var r report
	l, err := readLog(dir, o.Keys, &r)
	if err != nil {
		return Summary{}, nil, err
	}
	c, entries := l.head, l.entries
	o.Keys = l.keys
	s := Summary{Checkpoint: c, View: "public"}
	if len(r.findings) > 0 {
		return s, r.sorted(), nil // nothing in it can be relied on
	}
	hashes := leaves(entries)
	checkTiles(dir, hashes, &r)
	if o.Last != nil {
		checkLast(o.Last, "kept checkpoint", o.Keys, c, hashes, &r)
	}
	if o.Headquarters != nil {
		var err error
		if s.Entered, err = checkEntered(o, c, hashes, &r); err != nil {
			return Summary{}, nil, err
		}
	}
	if about, err := readAbout(dir); err != nil {
		r.add(BadProof, "about.json", "%v", err)
	} else if about.view != "" {
		s.View = about.view
	}
	a := newAudit(&r, s.View, o.Now)
	a.hashes = hashes
	s.Records = checkOpenings(dir, entries, a, &r)
	a.inForce(l.raw)
	a.finish(c.Size)
	return s, r.sorted(), nil
}

// exported is a log as it was read.
type exported struct {
	head    Checkpoint
	raw     []byte // the checkpoint
	entries []byte
	keys    Keys // with those to which the log was passed on
}

// readLog reads and checks the checkpoint and the entries. What it returns is
// to be relied on where it adds no finding.
func readLog(dir fs.FS, keys Keys, r *report) (l exported, err error) {
	raw, err := fs.ReadFile(dir, "checkpoint")
	if err != nil {
		return l, fmt.Errorf("reading the export: %w", err)
	}
	items, err := readSuccessions(dir)
	if err != nil {
		r.add(BadProof, successionsFile, "%v", err)
	}
	keys = keys.follow(items, r)
	c, err := OpenCheckpoint(raw, keys)
	if err != nil {
		r.add(signatureKind(err), "checkpoint", "%v", err)
		return l, nil
	}
	entries, ok := readEntries(dir, c.Size, r)
	if ok {
		hashes := leaves(entries)
		if rootOf(hashes) != c.Root {
			r.add(BadProof, "checkpoint", "its root is not that of the %d entries", c.Size)
		}
		checkPassed(keys, c, hashes, r)
	}
	return exported{c, raw, entries, keys}, nil
}

func signatureKind(err error) string {
	if errors.Is(err, errSignature) {
		return BadSignature
	}
	return BadProof
}

// checkLast compares a log with a checkpoint of it that was kept.
func checkLast(last []byte, where string, keys Keys, c Checkpoint, hashes []Hash, r *report) {
	old, err := OpenCheckpoint(last, Keys{Log: keys.Log, Witnesses: keys.Witnesses, former: keys.former})
	switch {
	case err != nil:
		r.add(signatureKind(err), where, "%v", err)
	case old.Origin != c.Origin:
		r.add(BadSignature, where, "it is of the log %q, not of %q", old.Origin, c.Origin)
	case old.Size > c.Size:
		r.add(Rollback, "checkpoint", "the log had %d entries (%s), it shows %d", old.Size, where, c.Size)
	case rootOf(hashes[:old.Size]) != old.Root:
		r.add(Fork, where, "the log of %d entries does not begin with the %d that were signed then", c.Size, old.Size)
	}
}

// about is what about.json says that matters here. It is not signed: it only
// says what the openings claim to be.
type about struct {
	view string
	made time.Time
}

func readAbout(dir fs.FS) (about, error) {
	raw, err := fs.ReadFile(dir, "about.json")
	if errors.Is(err, fs.ErrNotExist) {
		return about{}, nil
	} else if err != nil {
		return about{}, errors.New("it cannot be read")
	}
	o, err := parseObject(raw)
	if err != nil {
		return about{}, err
	}
	var a about
	a.view, _ = o["view"].(string)
	if s, ok := o["made"].(string); ok {
		if a.made, err = parseTime(s); err != nil {
			return about{}, err
		}
	}
	return a, nil
}

// maxLine bounds a line of the openings.
const maxLine = 64 << 20

// checkOpenings checks every opening against its entry, in the order of the
// log, and hands what holds to the audit.
func checkOpenings(dir fs.FS, entries []byte, a *audit, r *report) int64 {
	size := int64(len(entries) / entrySize)
	f, err := dir.Open("openings.jsonl")
	if err != nil {
		if size > 0 {
			r.add(MissingSequence, "openings.jsonl", "there are %d entries and nothing is opened", size)
		}
		return 0
	}
	defer f.Close() //nolint:errcheck // read only
	lines := bufio.NewScanner(io.Reader(f))
	lines.Buffer(make([]byte, 0, 1<<16), maxLine)
	next := int64(0)
	records := int64(0)
	for n := 1; lines.Scan(); n++ {
		where := fmt.Sprintf("openings.jsonl line %d", n)
		o, err := parseOpeningLine(lines.Bytes())
		switch {
		case err != nil:
			r.add(BadProof, where, "%v", err)
			continue
		case o.Index >= size:
			r.add(BadProof, where, "entry %d is not in a log of %d", o.Index, size)
			continue
		case o.Index < next:
			r.add(BadProof, where, "entry %d is opened before, or out of order", o.Index)
			continue
		}
		withheld(next, o.Index, r)
		next = o.Index + 1
		if o.Gone {
			a.gone(o.Index)
			continue
		}
		if err := o.Check(entryAt(entries, o.Index)); err != nil {
			r.entry(mismatchKind(o), o.Index, "%v", err)
			a.broken(o.Index)
			continue
		}
		records++
		a.step(newRecord(o))
	}
	if err := lines.Err(); err != nil {
		r.add(BadProof, "openings.jsonl", "%v", err)
		return records
	}
	withheld(next, size, r)
	return records
}

// withheld reports entries of which nothing is opened: every view opens the
// head of every record.
func withheld(from, to int64, r *report) {
	switch to - from {
	case 0:
	case 1:
		r.entry(MissingSequence, from, "nothing of it is opened")
	default:
		r.add(MissingSequence, fmt.Sprintf("entries %d to %d", from, to-1), "nothing of them is opened")
	}
}

func parseOpeningLine(line []byte) (Opening, error) {
	o, err := parseObject(line)
	if err != nil {
		return Opening{}, err
	}
	if gone, ok := o["gone"].(bool); ok && gone {
		index, err := o.count("index")
		return Opening{Index: index, Gone: true}, err
	}
	return parseOpening(o)
}

// mismatchKind is the kind of an opening that is not its entry's. Of several
// fields nobody can say which one was changed; where a position is among them,
// that is what matters.
func mismatchKind(o Opening) string {
	for _, f := range o.Fields {
		if isPosition(f.Name) {
			return EditedPosition
		}
	}
	return BadProof
}

// cosignedBoth names the witnesses that cosigned both sides of a fork: they did
// not do what they are for.
func cosignedBoth(c [2]Checkpoint) string {
	var out strings.Builder
	for _, a := range c[0].Cosigned {
		if slices.ContainsFunc(c[1].Cosigned, func(b Cosignature) bool { return a.Witness == b.Witness }) {
			out.WriteString("; so did the witness " + a.Witness)
		}
	}
	return out.String()
}

// Compare compares two overseers' copies of one log. The first is the earlier
// copy, unless both say when they were made.
func Compare(one, two fs.FS, keys Keys) ([]Finding, error) {
	var r report
	var c [2]Checkpoint
	var entries [2][]byte
	var made [2]time.Time
	for i, dir := range []fs.FS{one, two} {
		var side report
		l, err := readLog(dir, keys, &side)
		if err != nil {
			return nil, err
		}
		c[i], entries[i] = l.head, l.entries
		for _, f := range side.findings {
			r.add(f.Kind, fmt.Sprintf("copy %d, %s", i+1, f.Where), "%s", f.Why)
		}
		if a, err := readAbout(dir); err == nil {
			made[i] = a.made
		}
	}
	if len(r.findings) > 0 {
		return r.sorted(), nil
	}
	if c[0].Origin != c[1].Origin {
		r.add(BadSignature, "checkpoint", "the copies are of two logs, %q and %q", c[0].Origin, c[1].Origin)
		return r.sorted(), nil
	}
	common := min(c[0].Size, c[1].Size)
	for i := range common {
		if !bytes.Equal(entryAt(entries[0], i), entryAt(entries[1], i)) {
			r.entry(Fork, i, "the copies differ from here on, and %s signed both%s", c[0].Signed, cosignedBoth(c))
			return r.sorted(), nil
		}
	}
	earlier, later := 0, 1
	if !made[0].IsZero() && !made[1].IsZero() && made[1].Before(made[0]) {
		earlier, later = 1, 0
	}
	if c[later].Size < c[earlier].Size {
		r.entry(Rollback, c[later].Size, "the later copy ends before this entry, the earlier one has %d", c[earlier].Size)
	}
	return r.sorted(), nil
}
