package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

var update = flag.Bool("update", false, "write the vectors anew")

// logVectors are vectors of what lies above records: how one log continues
// another, whole bundles, and bundles with faults from seeds. The browser's
// checker is held to the same file.
const logVectors = "testdata/vectors.json"

type bundleVector struct {
	Name   string `json:"name"`
	Bundle string `json:"bundle"`
	// Findings are "kind where", sorted; or "unreadable" alone.
	Findings []string `json:"findings"`
}

type consistencyVector struct {
	Name    string   `json:"name"`
	Older   string   `json:"older"` // checkpoints
	Newer   string   `json:"newer"`
	Path    []string `json:"path"`
	Verdict string   `json:"verdict"`
}

type mutation struct {
	Bundle   int      `json:"bundle"` // which of the bundles
	At       int      `json:"at"`     // byte
	Delete   int      `json:"delete"` // so many bytes there
	Insert   []byte   `json:"insert"` // these instead
	Findings []string `json:"findings"`
}

type vectors struct {
	About       string              `json:"about"`
	VKey        string              `json:"vkey"`
	Witness     string              `json:"witness_vkey"`
	Quorum      int                 `json:"quorum"`
	Consistency []consistencyVector `json:"consistency"`
	Bundles     []bundleVector      `json:"bundles"`
	Mutations   []mutation          `json:"mutations"`
}

// found is what a bundle's vector says that is found.
func found(data []byte, keys Keys) []string {
	_, findings, err := CheckBundle(data, keys)
	if err != nil {
		return []string{"unreadable"}
	}
	out := []string{}
	for _, f := range findings {
		out = append(out, f.Kind+" "+f.Where)
	}
	slices.Sort(out)
	return out
}

func consistencyVectors(t *testing.T) []consistencyVector {
	l := newTestLog()
	for i := range 300 {
		l.add(time.Duration(i)*time.Second, "note", fmt.Sprint(i))
	}
	all := l.leaves()
	signed := func(size int) string {
		text := checkpointText(t, all, size)
		return text + "\n" + logKey(testOrigin).sign(text, 0)
	}
	path := func(older, newer int) []string {
		if older == 0 {
			return []string{}
		}
		p, err := tlog.ProveTree(int64(newer), int64(older), hashReader(t, all[:newer]))
		if err != nil {
			t.Fatal(err)
		}
		return base64s(p)
	}
	var out []consistencyVector
	add := func(name string, older, newer string, path []string, verdict string) {
		out = append(out, consistencyVector{name, older, newer, path, verdict})
	}
	for _, s := range [][2]int{{0, 0}, {0, 7}, {1, 1}, {1, 2}, {1, 300}, {2, 3}, {3, 7}, {4, 7}, {6, 8}, {64, 65}, {128, 256}, {255, 256}, {256, 257}, {256, 300}, {299, 300}, {300, 300}} {
		add(fmt.Sprintf("%d to %d", s[0], s[1]), signed(s[0]), signed(s[1]), path(s[0], s[1]), "ok")
	}
	p := path(3, 7)
	add("shorter than before", signed(7), signed(3), p, BadProof)
	add("a hash left out", signed(3), signed(7), p[1:], BadProof)
	add("a hash too many", signed(3), signed(7), append(slices.Clone(p), p[0]), BadProof)
	add("two hashes swapped", signed(3), signed(7), []string{p[1], p[0], p[2], p[3]}, BadProof)
	add("the proof of another size", signed(4), signed(7), p, BadProof)
	add("no hash where one is needed", signed(3), signed(7), []string{}, BadProof)
	add("a hash from an empty log", signed(0), signed(7), p[:1], BadProof)
	all[1][0] ^= 1
	forked := signed(3)
	all[1][0] ^= 1
	add("a fork", forked, signed(7), p, BadProof)
	add("same size, another root", forked, signed(3), []string{}, BadProof)
	return out
}

// bundleVectors are honest bundles and one of every cheat that a bundle shows.
func bundleVectors(t *testing.T) []bundleVector {
	var out []bundleVector
	w := witnessKey("witness.example/a")
	add := func(name string, l *testLog, show func(string) bool, edit func(map[string]any), indexes ...int) {
		items := []any{}
		for _, i := range indexes {
			opening := l.records[i].whole(i)
			if show != nil {
				opening = l.records[i].group(i, show)
			}
			items = append(items, map[string]any{"proof": l.proof(t, i, w), "opening": opening})
		}
		b := map[string]any{"format": bundleFormat, "view": "court", "note": "who asked, and why: not checked", "entries": items}
		if edit != nil {
			edit(b)
		}
		data, err := json.MarshalIndent(b, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, bundleVector{Name: name, Bundle: string(data)})
	}
	changed := func(i int, name, value string) *testLog {
		l := story()
		l.records[i].set(name, value)
		return l
	}
	item := func(b map[string]any, i int) map[string]any { return b["entries"].([]any)[i].(map[string]any) }
	head := func(name string) bool {
		return slices.Contains([]string{"format", "kind", "hour", "phase", "seq.sensor", "class.pe", "fence"}, name)
	}
	add("everything of some entries", story(), nil, nil, 8, 9, 10, storyLooks, storyLooks+1, storyCommand)
	add("chosen fields", story(), head, func(b map[string]any) { b["view"] = "liaison:pe" }, storyLooks, storyLooks+1)
	add("one field", story(), nil, func(b map[string]any) {
		item(b, 0)["opening"] = story().records[storyLooks].single(storyLooks, "class.pe")
	}, storyLooks)
	add("authority, policy and keys", story(), nil, nil, 1, 2, 3, storyPolicy, storyAuthority, storyLooks)
	add("position edited", story(), nil, func(b map[string]any) {
		item(b, 0)["opening"] = changed(storyLooks, "look.pose", "-16.3000000,-68.8000000").records[storyLooks].whole(storyLooks)
	}, storyLooks)
	add("purpose edited", story(), nil, func(b map[string]any) {
		item(b, 0)["opening"] = changed(storyAuthority, "purpose", "smuggling").records[storyAuthority].whole(storyAuthority)
	}, storyAuthority)
	add("class withheld", story(), func(n string) bool { return head(n) && n != "class.pe" }, func(b map[string]any) { b["view"] = "liaison:pe" }, storyLooks)
	add("outside called inside", changed(storyLooks, "look.footprint", footprint), nil, nil, 8, 9, 10, storyLooks)
	add("beyond the border", changed(storyLooks, "look.footprint", beyondBorder), nil, nil, 9, storyLooks)
	add("two pictures, one outside", changed(storyLooks, "look.footprint", innerFootprint+"\n"+footprint), nil, nil, 8, 9, 10, storyLooks)
	add("a zone given up", func() *testLog {
		l := changed(storyLooks, "look.footprint", inTown)
		l.records[11].set("look.footprint", inTown)
		l.records[9] = l.records[10].clone()
		l.records[10].set("use", "none")
		return l
	}(), nil, nil, 9, 10, storyLooks)
	add("in a no-look zone", changed(storyLooks, "look.footprint", inTown), nil, nil, 10, storyLooks)
	add("class too far", changed(storyLooks, "class.pe", ">50"), nil, nil, 9, storyLooks)
	add("weapon command", changed(storyCommand, "command", "release"), nil, nil, storyCommand)
	add("servo", changed(storyCommand, "command.mavlink", "183"), nil, nil, storyCommand)
	add("late safe act", changed(storySafeAct, "late", "yes"), nil, nil, storySafeAct)
	add("skipped look", changed(storyLooks+1, "counter.before", "3"), nil, nil, storyLooks, storyLooks+1)
	add("skipped look, by its outcome", func() *testLog {
		l := changed(storyLooks+1, "counter.before", "4")
		for _, i := range []int{storyLooks, storyLooks + 1} {
			l.records[i].drop("counter.after")
		}
		l.add(time.Hour, "look", "look-0", "phase", "outcome", "of", fmt.Sprint(storyLooks), "outcome", "done")
		return l
	}(), nil, nil, storyLooks, storyLooks+1, 21)
	add("number twice", changed(storyLooks+1, "seq.sensor", "1"), nil, nil, storyLooks, storyLooks+1)
	add("two of one unit", func() *testLog { l := story(); approve(l.records[storyAuthority], ana, caro); return l }(), nil, nil, storyAuthority)
	add("signature of something else", changed(storyAuthority, "content", hexOf("other")), nil, nil, storyAuthority)
	add("authority ended before", changed(storyAuthority, "until", "2026-11-01T08:00:20Z"), nil, nil, storyAuthority, storyLooks)
	add("authority back-dated", changed(storyAuthority, "from", "2026-10-30"), nil, nil, storyAuthority)
	add("opened late", changed(storySealed, "opens", "2026-11-05T01:00:00Z"), nil, nil, storySealed, storyOpened)
	add("told twice", func() *testLog {
		l := story()
		r := l.records[storyLooks].clone()
		r.set("look.pose", "-16.3000000,-68.8000000")
		r.drop("seq.sensor")
		l.records = append(l.records, r)
		return l
	}(), nil, nil, storyLooks, 21)
	held := func(kind string, two ...person) *testLog {
		l := story()
		r := l.add(91*time.Hour, kind, kind+"/H1/3", "hold", "H1", "content", hexOf(kind), "classes", "track=12", "until", "2026-11-03T00:00:00Z", "items", "12", "key", hexOf("key"))
		for n, p := range two {
			p.approve(r, n+1)
		}
		return l
	}
	add("a hold by two people", held("hold", ana, beto), nil, nil, storyOpened+1)
	add("a lift by two people", held("hold.lift", beto, caro), nil, nil, storyOpened+1)
	add("a hold by one person", held("hold", ana), nil, nil, storyOpened+1)
	add("a lift by one unit", held("hold.lift", ana, caro), nil, nil, storyOpened+1)
	out = append(out, successionBundles(t)...)
	add("no entries", story(), nil, nil)
	return out
}

// draw is a counter-based random number below n.
type draw struct{ seed, used uint64 }

func (d *draw) below(n int) int {
	d.used++
	h := sha256.Sum256(fmt.Appendf(nil, "mutation %d %d", d.seed, d.used))
	return int(binary.BigEndian.Uint64(h[:]) % uint64(n))
}

// mutate makes one fault from a seed: bits, bytes, digits, letters of base64,
// spaces where JSON allows them, pieces moved.
func mutate(seed int, bundles []bundleVector) mutation {
	d := &draw{seed: uint64(seed)}
	m := mutation{Bundle: d.below(len(bundles) - 1)} // not the empty one
	data := bundles[m.Bundle].Bundle
	pick := func(of string) int {
		for {
			if at := d.below(len(data)); strings.IndexByte(of, data[at]) >= 0 {
				return at
			}
		}
	}
	const digits = "0123456789"
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" + digits + "+/"
	switch d.below(10) {
	case 0: // a bit
		m.At, m.Delete = d.below(len(data)), 1
		m.Insert = []byte{data[m.At] ^ 1<<d.below(8)}
	case 1: // a few bytes lost
		m.At = d.below(len(data) - 3)
		m.Delete = 1 + d.below(3)
	case 2: // a byte more
		m.At, m.Insert = d.below(len(data)), []byte{byte(32 + d.below(95))}
	case 3: // a digit
		m.At, m.Delete = pick(digits), 1
		m.Insert = []byte{digits[d.below(10)]}
	case 4, 5: // a letter
		m.At, m.Delete = pick(letters), 1
		m.Insert = []byte{letters[d.below(64)]}
	case 6: // space that means nothing, or breaks a text
		m.At, m.Insert = pick("{}[],:\n"), []byte{" \n\t"[d.below(3)]}
	case 7: // a piece twice
		m.At = d.below(len(data) - 80)
		m.Insert = []byte(data[m.At:][:1+d.below(80)])
	case 8: // an escape that JSON reads as the same letter
		m.At, m.Delete = pick(letters), 1
		m.Insert = fmt.Appendf(nil, `\u%04x`, data[m.At])
	case 9: // the note that nobody checks
		m.At = strings.Index(data, "who asked") + d.below(10)
		m.Delete, m.Insert = 1, []byte("?")
	}
	return m
}

func (m mutation) apply(bundle string) []byte {
	return slices.Concat([]byte(bundle[:m.At]), m.Insert, []byte(bundle[m.At+m.Delete:]))
}

func TestLogVectors(t *testing.T) {
	w := witnessKey("witness.example/a")
	keys := testKeys(t, w)
	v := vectors{
		About:  "Test vectors of docs/ledger-format.md above the level of records. A finding is \"kind where\". A mutation takes bytes from a bundle and puts others there.",
		VKey:   logKey(testOrigin).vkey(),
		Quorum: 1, Witness: w.vkey(),
		Consistency: consistencyVectors(t), Bundles: bundleVectors(t),
	}
	for _, c := range v.Consistency {
		if got := consistent(t, c); got != c.Verdict {
			t.Errorf("consistency %q: %s, want %s", c.Name, got, c.Verdict)
		}
	}
	for i := range v.Bundles {
		v.Bundles[i].Findings = found([]byte(v.Bundles[i].Bundle), keys)
	}
	ok, kinds := 0, map[string]int{}
	for seed := range 1000 {
		m := mutate(seed, v.Bundles)
		m.Findings = found(m.apply(v.Bundles[m.Bundle].Bundle), keys)
		v.Mutations = append(v.Mutations, m)
		if slices.Equal(m.Findings, v.Bundles[m.Bundle].Findings) {
			ok++
		}
		for _, f := range m.Findings {
			kind, _, _ := strings.Cut(f, " ")
			kinds[kind]++
		}
	}
	if ok < 50 || kinds["unreadable"] > 700 || kinds[BadSignature] < 20 || kinds[BadProof] < 50 {
		t.Errorf("the mutations try too little: %d change nothing, %v", ok, kinds)
	}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.ReplaceAll(data, []byte(`},{"`), []byte("},\n{\""))
	data = append(data, '\n')
	if *update {
		if err := os.WriteFile(logVectors, data, 0o644); err != nil { //nolint:gosec // for everybody
			t.Fatal(err)
		}
	}
	was, err := os.ReadFile(logVectors)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(was, data) {
		t.Errorf("%s is not what the checker finds: run with -update, and read the difference", logVectors)
	}
	t.Logf("of 1000 mutations %d change nothing that is checked; %v", ok, kinds)
}

func consistent(t *testing.T, v consistencyVector) string {
	keys := testKeys(t)
	older, err := OpenCheckpoint([]byte(v.Older), keys)
	if err != nil {
		return verdict(err)
	}
	newer, err := OpenCheckpoint([]byte(v.Newer), keys)
	if err != nil {
		return verdict(err)
	}
	var path []Hash
	for _, s := range v.Path {
		h, err := parseHash(s)
		if err != nil {
			t.Fatal(err)
		}
		path = append(path, h)
	}
	return verdict(CheckConsistency(path, older, newer))
}

// BenchmarkProof verifies one proof of inclusion in a log of a million entries
// and one opened field, the checkpoint's signature checked once.
func BenchmarkProof(b *testing.B) {
	const size = 1 << 20
	entry := make([]Hash, 1)
	r := story().records[storyLooks]
	entry[0] = r.root(storyLooks)
	raw, err := json.Marshal(r.single(storyLooks, "class.pe"))
	if err != nil {
		b.Fatal(err)
	}
	h := tlog.RecordHash(entry[0][:])
	var path []Hash
	index := int64(777_777)
	for level := range 20 {
		side := Hash(testSeed(fmt.Sprint(level)))
		path = append(path, side)
		if index>>level&1 == 0 {
			h = tlog.NodeHash(h, side)
		} else {
			h = tlog.NodeHash(side, h)
		}
	}
	c := Checkpoint{Size: size, Root: h}
	text := LogProof{Index: index, Path: path, Checkpoint: "-"}.String()
	b.Run("inclusion", func(b *testing.B) {
		for b.Loop() {
			if err := CheckInclusion(path, c, index, entry[0][:]); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "proofs/s")
	})
	b.Run("text,opening", func(b *testing.B) {
		for b.Loop() {
			p, err := ParseLogProof(text)
			if err != nil {
				b.Fatal(err)
			}
			o, err := parseOpeningLine(raw)
			if err != nil {
				b.Fatal(err)
			}
			root, err := o.root()
			if err != nil {
				b.Fatal(err)
			}
			if err := CheckInclusion(p.Path, c, p.Index, root[:]); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "proofs/s")
	})
}

// FuzzBundle looks for a bundle that stops the checker. What it accepts
// must not depend on how the JSON is spaced.
func FuzzBundle(f *testing.F) {
	raw, err := os.ReadFile(logVectors)
	if err != nil {
		f.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(raw, &v); err != nil {
		f.Fatal(err)
	}
	for _, b := range v.Bundles {
		f.Add([]byte(b.Bundle))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		keys := testKeys(t, witnessKey("witness.example/a"))
		if !bytes.Contains(data, []byte("proof")) {
			return
		}
		var compact bytes.Buffer
		if json.Compact(&compact, data) != nil {
			return
		}
		if one, two := found(data, keys), found(compact.Bytes(), keys); !slices.Equal(one, two) {
			t.Errorf("%v, and without spaces %v", one, two)
		}
	})
}
