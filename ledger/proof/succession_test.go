package proof

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/sumdb/tlog"
)

// Places of the successions in the log of successions.
const (
	firstPass  = 21
	secondPass = 22
	afterPass  = 23
)

// heirKey is the key of the nth administration; the first's is logKey.
func heirKey(n int) testKey {
	k := logKey(testOrigin)
	if n > 1 {
		k.key = logKey(fmt.Sprint("heir ", n)).key
	}
	return k
}

// pass adds a succession.
func (l *testLog) pass(t testing.TB, from, to int) *testRecord {
	t.Helper()
	size := len(l.records) - 1
	root, err := tlog.TreeHash(int64(size), hashReader(t, l.leaves()[:size]))
	if err != nil {
		t.Fatal(err)
	}
	r := l.add(95*60*60*1e9, "succession", fmt.Sprint("h", to), "old", heirKey(from).vkey(), "new", heirKey(to).vkey(),
		"size", fmt.Sprint(size), "root", hex.EncodeToString(root[:]), "why", "elección")
	seal(r)
	return r
}

// seal lets two people sign a succession as it is.
func seal(r *testRecord) {
	h := sha256.Sum256(fmt.Appendf(nil, "atalaya.succession.v1\n%s\n%s\n%s\n%s\n%s %s\n%s\n", testOrigin, r.get("id"), r.get("old"), r.get("new"), r.get("size"), r.get("root"), r.get("why")))
	r.set("content", hex.EncodeToString(h[:]))
	approve(r, ana, beto)
}

// heirs is a log that was passed on twice.
func heirs(t testing.TB) *testLog {
	l := story()
	l.pass(t, 1, 2)
	l.pass(t, 2, 3)
	l.add(96*60*60*1e9, "note", "n")
	return l
}

// headBy is a checkpoint signed by the keys of administrations.
func (l *testLog) headBy(t testing.TB, size int, by ...int) string {
	t.Helper()
	text := checkpointText(t, l.leaves(), size)
	out := text + "\n"
	for _, n := range by {
		out += heirKey(n).sign(text, 0)
	}
	return out + witnessKey("witness.example/a").sign(text, l.start.Unix()+86400*30)
}

// itemBy opens an entry under a checkpoint.
func (l *testLog) itemBy(t testing.TB, index, size int, by ...int) map[string]any {
	t.Helper()
	path, err := tlog.ProveRecord(int64(size), int64(index), hashReader(t, l.leaves()[:size]))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{
		"proof":   LogProof{Index: int64(index), Path: path, Checkpoint: l.headBy(t, size, by...)}.String(),
		"opening": l.records[index].group(index, func(string) bool { return true }),
	}
}

// passing are the successions of the log.
func (l *testLog) passing(t testing.TB) []any {
	return []any{l.itemBy(t, firstPass, firstPass+1, 1, 2), l.itemBy(t, secondPass, secondPass+1, 2, 3)}
}

func heirKeys(t testing.TB, n ...int) Keys {
	t.Helper()
	var k Keys
	for _, i := range n {
		v, err := ParseLogKey(heirKey(i).vkey())
		if err != nil {
			t.Fatal(err)
		}
		k.Log = append(k.Log, v)
	}
	return k
}

// heirExport is an export of the log under the key of the last administration.
func heirExport(t testing.TB, l *testLog, passing []any, by ...int) fstest.MapFS {
	t.Helper()
	dir := l.export(t, "public", public)
	dir["checkpoint"].Data = []byte(l.headBy(t, len(l.records), by...))
	if passing != nil {
		raw, err := json.Marshal(map[string]any{"format": "atalaya.successions.v1", "successions": passing})
		if err != nil {
			t.Fatal(err)
		}
		dir["successions.json"] = &fstest.MapFile{Data: raw}
	}
	return dir
}

func exportKinds(t *testing.T, dir fstest.MapFS, keys Keys, last []byte) string {
	t.Helper()
	_, findings, err := CheckExport(dir, Options{Keys: keys, Now: storyEnd(), Last: last})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range findings {
		out = append(out, f.Kind+" "+f.Where)
	}
	return strings.Join(out, ", ")
}

// TestSuccessionOfExport: who has any of the keys follows a log to its newest
// head, and every cheat with the keys is found.
func TestSuccessionOfExport(t *testing.T) {
	l := heirs(t)
	whole := len(l.records)
	for n := 1; n <= 3; n++ {
		if got := exportKinds(t, heirExport(t, l, l.passing(t), 3), heirKeys(t, n), nil); got != "" {
			t.Errorf("honest, key %d: %s", n, got)
		}
	}
	if got := exportKinds(t, heirExport(t, l, nil, 3), heirKeys(t, 1, 2, 3), nil); got != "" {
		t.Errorf("honest, all keys given: %s", got)
	}
	kept := []byte(l.headBy(t, 10, 1))
	if got := exportKinds(t, heirExport(t, l, l.passing(t), 3), heirKeys(t, 1), kept); got != "" {
		t.Errorf("honest, with a checkpoint kept under the first key: %s", got)
	}
	fork := heirs(t)
	fork.records[3].set("person", "P-9")
	unknown := heirs(t)
	dario := person{"P-4", "U-law", "D-4"}
	approve(unknown.records[firstPass], ana, dario)
	one := heirs(t)
	approve(one.records[firstPass], ana, caro)
	edited := heirs(t)
	edited.records[firstPass].set("why", "decreto")
	rewritten := heirs(t)
	rewritten.records[secondPass].set("root", hexOf("another log"))
	seal(rewritten.records[secondPass])
	skipped := heirs(t)
	skipped.records[secondPass].set("old", heirKey(1).vkey())
	seal(skipped.records[secondPass])
	for _, c := range []struct {
		name string
		dir  fstest.MapFS
		keys Keys
		last []byte
		want string
	}{
		{"a new key that nobody passed the log to", heirExport(t, story(), nil, 2), heirKeys(t, 1), nil, "bad-signature checkpoint"},
		{"no head that both signed", heirExport(t, l, []any{l.itemBy(t, firstPass, firstPass+1, 1), l.itemBy(t, secondPass, secondPass+1, 2, 3)}, 3), heirKeys(t, 1), nil, "bad-signature succession 0, bad-signature checkpoint"},
		{"one is left out", heirExport(t, l, l.passing(t)[1:], 3), heirKeys(t, 1), nil, "bad-signature checkpoint"},
		{"the old key signs on", heirExport(t, l, l.passing(t), 1), heirKeys(t, 1), nil, "bad-signature checkpoint"},
		{"the old key signs on, and hides that it was passed on", heirExport(t, l, nil, 1), heirKeys(t, 1), nil, "bad-signature checkpoint"},
		{"the old key signs on for somebody who kept it", heirExport(t, l, l.passing(t), 3), heirKeys(t, 1), []byte(l.headBy(t, whole, 1)), "bad-signature kept checkpoint"},
		{"of one unit", heirExport(t, one, one.passing(t), 3), heirKeys(t, 1), nil, "bad-signature checkpoint, one-person succession 0"},
		{"of one unit, for who has the newest key", heirExport(t, one, one.passing(t), 3), heirKeys(t, 3), nil, "one-person entry 21"},
		{"by a key that is not on record", heirExport(t, unknown, unknown.passing(t), 3), heirKeys(t, 1), nil, "one-person entry 21"},
		{"not what was signed", heirExport(t, edited, edited.passing(t), 3), heirKeys(t, 3), nil, "one-person entry 21"},
		{"of another history", heirExport(t, rewritten, rewritten.passing(t), 3), heirKeys(t, 1), nil, "fork entry 22"},
		{"a key that is not in force", heirExport(t, skipped, skipped.passing(t), 3), heirKeys(t, 3), nil, "bad-signature entry 22"},
		{"under another history", heirExport(t, l, fork.passing(t), 3), heirKeys(t, 1), nil, "fork succession 0, fork succession 1"},
		{"after what is shown", heirExport(t, story(), l.passing(t), 1), heirKeys(t, 1), nil, "rollback succession 0, rollback succession 1"},
	} {
		if got := exportKinds(t, c.dir, c.keys, c.last); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	// Two copies, before and after, for who has the first key.
	before := story().export(t, "public", public)
	after := heirExport(t, l, l.passing(t), 3)
	after["about.json"].Data = []byte(`{"view":"public","made":"2026-11-24T20:00:00Z"}`)
	if got, err := Compare(before, after, heirKeys(t, 1)); err != nil || len(got) > 0 {
		t.Errorf("compare: %v, %v", got, err)
	}
}

// successionBundles are disclosures of a log that was passed on, for who has the
// first key.
func successionBundles(t testing.TB) []bundleVector {
	var out []bundleVector
	add := func(name string, l *testLog, passing any, by ...int) {
		b := map[string]any{
			"format": bundleFormat, "view": "court", "note": "who asked, and why: not checked",
			"entries": []any{l.itemBy(t, afterPass, len(l.records), by...)},
		}
		if passing != nil {
			b["successions"] = passing
		}
		raw, err := json.MarshalIndent(b, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, bundleVector{Name: "passed on: " + name, Bundle: string(raw)})
	}
	l := heirs(t)
	changed := func(index int, with func(*testRecord)) *testLog {
		x := heirs(t)
		with(x.records[index])
		return x
	}
	add("two successions", l, l.passing(t), 3)
	add("the newest and a former key signed", l, l.passing(t), 1, 3)
	add("nothing leads to the key", l, nil, 3)
	add("no list", l, map[string]any{}, 3)
	add("an empty list", l, []any{}, 3)
	add("the wrong order", l, []any{l.passing(t)[1], l.passing(t)[0]}, 3)
	add("the old key signs on", l, l.passing(t), 1)
	add("the second key signs on", l, l.passing(t), 2)
	add("only the old key signed it", l, []any{l.itemBy(t, firstPass, firstPass+1, 1)}, 2)
	add("only the new key signed it", l, []any{l.itemBy(t, firstPass, firstPass+1, 2)}, 2)
	add("no record of a succession", l, []any{l.itemBy(t, firstPass-1, firstPass+1, 1, 2)}, 2)
	add("the proof of another entry", l, func() any {
		i := l.itemBy(t, firstPass, firstPass+1, 1, 2)
		i["opening"] = l.itemBy(t, secondPass, secondPass+1, 2, 3)["opening"]
		return []any{i}
	}(), 2)
	add("no proof", l, []any{map[string]any{"opening": l.itemBy(t, firstPass, firstPass+1, 1, 2)["opening"]}}, 2)
	for name, x := range map[string]*testLog{
		"one person":             changed(firstPass, func(r *testRecord) { r.drop("signed.2") }),
		"two of one unit":        changed(firstPass, func(r *testRecord) { approve(r, ana, caro) }),
		"another reason":         changed(firstPass, func(r *testRecord) { r.set("why", "decreto") }),
		"no reason":              changed(firstPass, func(r *testRecord) { r.drop("why") }),
		"to another log":         changed(firstPass, func(r *testRecord) { r.set("new", logKey("atalaya.example/other").vkey()); seal(r) }),
		"to no key":              changed(firstPass, func(r *testRecord) { r.set("new", "nobody"); seal(r) }),
		"from no key":            changed(firstPass, func(r *testRecord) { r.set("old", "nobody") }),
		"a key with a space":     changed(firstPass, func(r *testRecord) { r.set("new", heirKey(2).vkey()+" "); seal(r) }),
		"a key in great letters": changed(firstPass, func(r *testRecord) { r.set("new", upperID(heirKey(2).vkey())); seal(r) }),
	} {
		add(name, x, x.passing(t), 3)
	}
	slices.SortStableFunc(out[13:], func(a, b bundleVector) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// upperID writes the hash of a key in great letters, which some readers accept.
func upperID(vkey string) string {
	p := strings.SplitN(vkey, "+", 3)
	return p[0] + "+" + strings.ToUpper(p[1]) + "+" + p[2]
}

// TestSuccessionOfBundle: the first key alone leads to a disclosure's newest
// head, and each of the cheats to a finding.
func TestSuccessionOfBundle(t *testing.T) {
	keys := testKeys(t, witnessKey("witness.example/a"))
	honest := 0
	for _, v := range successionBundles(t) {
		got := found([]byte(v.Bundle), keys)
		if len(got) == 0 {
			honest++
			continue
		}
		t.Log(v.Name, got)
	}
	if honest != 2 {
		t.Errorf("%d hold, and two should", honest)
	}
}
