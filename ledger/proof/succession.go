package proof

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// A log's key passes on by an entry of kind succession that two people signed,
// and by a head that covers it and that both keys signed. Who knows a former key
// follows these to the one in force.

// passed is a key that was passed on.
type passed struct {
	old  note.Verifier
	head Checkpoint // that both keys signed: the old one signs nothing larger
}

// successionsFile is where an export has them.
const successionsFile = "successions.json"

// maxSuccessions bounds how many are followed.
const maxSuccessions = 1000

// readSuccessions reads the successions of an export; none is the usual case.
func readSuccessions(dir fs.FS) ([]object, error) {
	raw, err := fs.ReadFile(dir, successionsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, errors.New("it cannot be read")
	}
	o, err := parseObject(raw)
	if err != nil {
		return nil, err
	}
	return o.objects("successions")
}

// follow adds to the keys of the log those that it was passed on to. What the
// given keys did not sign says nothing to who has only these, and is passed over.
func (k Keys) follow(items []object, r *report) Keys {
	k.Log = slices.Clone(k.Log)
	for i, item := range items[:min(len(items), maxSuccessions)] {
		where := fmt.Sprintf("succession %d", i)
		text, err := item.text("proof")
		if err != nil {
			r.add(BadProof, where, "%v", err)
			continue
		}
		p, err := ParseLogProof(text)
		if err != nil {
			r.add(BadProof, where, "%v", err)
			continue
		}
		if _, err := OpenCheckpoint([]byte(p.Checkpoint), k); err != nil {
			continue
		}
		opening, c, ok := checkItem(item, where, k, map[string]Checkpoint{}, r)
		if !ok {
			continue
		}
		rec := newRecord(opening)
		at := slices.IndexFunc(k.Log, func(v note.Verifier) bool { return vkeyIs(v, rec.values["old"]) })
		if rec.kind() != "succession" {
			r.add(BadProof, where, "it is of entry %d, which records no succession", rec.index)
			continue
		}
		if at < 0 {
			continue
		}
		next, err := plainLogKey(rec.values["new"])
		if err != nil || next.Name() != c.Origin {
			r.add(BadSignature, where, "entry %d passes the log on to no key of it", rec.index)
			continue
		}
		both := true
		for _, v := range []note.Verifier{k.Log[at], next} {
			if _, err := OpenCheckpoint([]byte(p.Checkpoint), Keys{Log: []note.Verifier{v}, former: k.former}); err != nil {
				both = false
			}
		}
		if !both {
			r.add(BadSignature, where, "the old and the new key did not both sign its checkpoint")
			continue
		}
		a := audit{r: r, partial: true}
		if err := errors.Join(a.approvals(rec, 2), rec.passes()); err != nil {
			r.add(OnePerson, where, "%v", err)
			continue
		}
		k.former = append(slices.Clip(k.former), passed{k.Log[at], c})
		if !slices.ContainsFunc(k.Log, func(v note.Verifier) bool { return sameKey(v, next) }) {
			k.Log = append(k.Log, next)
		}
	}
	return k
}

func sameKey(a, b note.Verifier) bool { return a.Name() == b.Name() && a.KeyHash() == b.KeyHash() }

// vkeyIs says whether a text is the verifier key of v.
func vkeyIs(v note.Verifier, vkey string) bool {
	w, err := plainLogKey(vkey)
	return err == nil && sameKey(v, w)
}

// plainLogKey reads the one form of a key that a record may have.
func plainLogKey(vkey string) (note.Verifier, error) {
	if slices.ContainsFunc([]byte(vkey), func(c byte) bool { return c < '!' || c > '~' }) {
		return nil, errors.New("a key in a record is of ASCII without spaces")
	}
	v, err := ParseLogKey(vkey)
	if err != nil {
		return nil, err
	}
	_, rest, _ := strings.Cut(vkey, "+")
	id, key64, _ := strings.Cut(rest, "+")
	if _, err := parseBase64(key64); err != nil {
		return nil, err
	}
	if id != fmt.Sprintf("%08x", v.KeyHash()) {
		return nil, errors.New("the hash of a key in a record is of small letters")
	}
	return v, nil
}

// over says whether a key had been passed on before a log of a size.
func (k Keys) over(v note.Verifier, size int64) bool {
	return slices.ContainsFunc(k.former, func(f passed) bool { return sameKey(f.old, v) && size > f.head.Size })
}

// passes checks that what the two people signed is what the record says.
func (r record) passes() error {
	old, known := r.get("old")
	v, err := plainLogKey(old)
	if err != nil {
		return errors.New("what it passes on is no key")
	}
	for _, name := range []string{"id", "content", "new", "size", "root", "why"} {
		_, ok := r.get(name)
		known = known && ok
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "atalaya.succession.v1\n%s\n%s\n%s\n%s\n%s %s\n%s\n",
		v.Name(), r.values["id"], old, r.values["new"], r.values["size"], r.values["root"], r.values["why"]))
	if !known || hex.EncodeToString(sum[:]) != r.values["content"] {
		return errors.New("what was signed is not what it says")
	}
	return nil
}

// checkPassed compares the heads that passed the log on with the log.
func checkPassed(keys Keys, c Checkpoint, hashes []Hash, r *report) {
	for i, f := range keys.former {
		where := fmt.Sprintf("succession %d", i)
		switch {
		case f.head.Origin != c.Origin:
			r.add(BadSignature, where, "it is of the log %q, not of %q", f.head.Origin, c.Origin)
		case f.head.Size > c.Size:
			r.add(Rollback, where, "the log had %d entries, it shows %d", f.head.Size, c.Size)
		case rootOf(hashes[:f.head.Size]) != f.head.Root:
			r.add(Fork, where, "the log of %d entries does not begin with the %d under which it was passed on", c.Size, f.head.Size)
		}
	}
}

// succeed notes a succession that a whole log records.
func (a *audit) succeed(r record) {
	if err := r.passes(); err != nil {
		a.r.entry(OnePerson, r.index, "%v", err)
	}
	if a.partial {
		return
	}
	if old := r.values["old"]; a.succession != nil && old != a.succession.values["new"] {
		a.r.entry(BadSignature, r.index, "it passes on the key %s, and %s is in force", old, a.succession.values["new"])
	}
	a.succession = &r
	size, ok := r.count("size")
	if !ok || size > r.index || size > int64(len(a.hashes)) {
		a.r.entry(Fork, r.index, "it is of a log of %.40q entries", r.values["size"])
	} else if root := rootOf(a.hashes[:size]); hex.EncodeToString(root[:]) != r.values["root"] {
		a.r.entry(Fork, r.index, "it is of a log with other %d entries", size)
	}
}

// inForce checks that the key to which the log was passed on last signed it.
func (a *audit) inForce(raw []byte) {
	if a.succession == nil {
		return
	}
	v, err := ParseLogKey(a.succession.values["new"])
	if err == nil {
		_, err = note.Open(raw, note.VerifierList(v))
	}
	if err != nil {
		a.r.add(BadSignature, "checkpoint", "entry %d passes the log on to %s, which did not sign it", a.succession.index, a.succession.values["new"])
	}
}
