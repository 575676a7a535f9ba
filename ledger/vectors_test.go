package ledger_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"atalaya/ledger"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew")

const vectorsFile = "testdata/vectors.json"

// Verdicts of a vector: the kinds of findings, or that all holds.
const (
	ok           = "ok"
	badProof     = "bad-proof"
	badSignature = "bad-signature"
)

// vectors is the file that other implementations read; docs/ledger-format.md
// explains it.
type vectors struct {
	About       string             `json:"about"`
	Records     []recordVector     `json:"records"`
	Openings    []openingVector    `json:"openings"`
	Groups      []groupVector      `json:"groups"`
	Wholes      []wholeVector      `json:"wholes"`
	Log         logVector          `json:"log"`
	Checkpoints []checkpointVector `json:"checkpoints"`
	Proofs      []proofVector      `json:"proofs"`
}

type recordVector struct {
	Name    string              `json:"name"`
	Fields  []ledger.WholeField `json:"fields"`
	Padding [][]byte            `json:"padding_salts"`
	Root    []byte              `json:"root"`
}

type openingVector struct {
	Name    string         `json:"name"`
	Entry   []byte         `json:"entry"`
	Opening ledger.Opening `json:"opening"`
	Verdict string         `json:"verdict"`
}

type groupVector struct {
	Name    string       `json:"name"`
	Entry   []byte       `json:"entry"`
	Group   ledger.Group `json:"group"`
	Verdict string       `json:"verdict"`
}

type wholeVector struct {
	Name    string       `json:"name"`
	Entry   []byte       `json:"entry"`
	Whole   ledger.Whole `json:"whole"`
	Verdict string       `json:"verdict"`
}

type logVector struct {
	Origin  string   `json:"origin"`
	Key     string   `json:"vkey"`
	Witness string   `json:"witness_vkey"`
	Entries [][]byte `json:"entries"`
	Roots   [][]byte `json:"roots"` // of the first 0, 1, 2 ... entries
}

type checkpointVector struct {
	Name    string `json:"name"`
	Key     string `json:"vkey"`
	Witness string `json:"witness_vkey,omitempty"` // must have signed too
	Note    string `json:"note"`
	Verdict string `json:"verdict"`
}

type proofVector struct {
	Name    string `json:"name"`
	Key     string `json:"vkey"`
	Entry   []byte `json:"entry"`
	Proof   string `json:"proof"`
	Verdict string `json:"verdict"`
}

// TestVectors holds the file to the code, and the code to the file.
func TestVectors(t *testing.T) {
	t.Parallel()
	got, err := json.MarshalIndent(makeVectors(t), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(vectorsFile, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the code makes: look at 'go test ./ledger -update' and its difference", vectorsFile)
	}
	var v vectors
	if err := json.Unmarshal(want, &v); err != nil {
		t.Fatal(err)
	}
	judge := func(name, verdict string, entry []byte, root ledger.Hash, err error) {
		t.Helper()
		if err != nil && !errors.Is(err, ledger.ErrOpening) {
			t.Errorf("%s: %v is no ErrOpening", name, err)
		}
		if holds := err == nil && bytes.Equal(root[:], entry); holds != (verdict == ok) {
			t.Errorf("%s: holds %v (%v), want %s", name, holds, err, verdict)
		}
	}
	for _, o := range v.Openings {
		root, err := o.Opening.Root()
		judge(o.Name, o.Verdict, o.Entry, root, err)
	}
	for _, g := range v.Groups {
		root, err := g.Group.Root()
		judge(g.Name, g.Verdict, g.Entry, root, err)
	}
	for _, w := range v.Wholes {
		root, err := w.Whole.Root()
		judge(w.Name, w.Verdict, w.Entry, root, err)
	}
}

// counting gives 0, 1, 2 ...: secrets that are the same on every run.
type counting struct{ next byte }

func (c *counting) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = c.next
		c.next++
	}
	return len(p), nil
}

func sample(t *testing.T, random *counting) []ledger.Record {
	t.Helper()
	at := time.Date(2026, 11, 23, 20, 6, 7, 123456789, time.UTC)
	made := func(h ledger.Head, fields ...ledger.Field) ledger.Record {
		r, err := ledger.NewRecord(random, h, fields...)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	full := []ledger.Field{}
	for i := range ledger.Places - 5 {
		full = append(full, ledger.Text(fmt.Sprintf("data.n%d", i), strings.Repeat("x", i)))
	}
	return []ledger.Record{
		made(ledger.Head{Kind: "look", At: at, ID: "look/1", Phase: ledger.Act}, ledger.Hour(at),
			ledger.Text("purpose", "smuggling"), ledger.Text("seq.sensor", "7"), ledger.Text("class.pe", "2-10"), ledger.Text("class.bo", ""),
			ledger.Text("look.footprint", "-16.1000000,-69.1000000 -16.1000000,-69.0000000 -16.2000000,-69.0000000 -16.1000000,-69.1000000")),
		made(ledger.Head{Kind: "look", At: at.Add(time.Second), ID: "look/1", Phase: ledger.Outcome}, ledger.Hour(at), ledger.Text("of", "0"), ledger.Text("outcome", "done")),
		made(ledger.Head{Kind: "system.start", At: at, ID: "s", Phase: ledger.Single}),
		made(ledger.Head{Kind: "x", At: at, ID: "ñandú ✓", Phase: ledger.Single}, full...),
		made(ledger.Head{Kind: "x", At: at, ID: "bytes", Phase: ledger.Single}, ledger.Field{Name: "raw", Value: []byte{0, 255, 10, 13}}),
	}
}

func makeVectors(t *testing.T) vectors { //nolint:funlen // a list
	t.Helper()
	v := vectors{About: "Test vectors of docs/ledger-format.md. Binary values are base64 (RFC 4648 section 4). A verdict is ok, or the kind of finding."}
	records := sample(t, &counting{})
	names := []string{"an act", "its outcome", "the fewest fields", "all places filled", "bytes that are no text"}
	roots := make([][]byte, len(records))
	for i, r := range records {
		root := r.Root()
		roots[i] = root[:]
		w := r.OpenAll(uint64(i))
		v.Records = append(v.Records, recordVector{Name: names[i], Fields: w.Fields, Padding: paddingSalts(t, r), Root: roots[i]})
	}

	open := func(i int, name string) ledger.Opening {
		o, there := records[i].Open(uint64(i), name)
		if !there {
			t.Fatalf("no field %s", name)
		}
		return o
	}
	opening := func(name string, entry int, o ledger.Opening, verdict string) {
		v.Openings = append(v.Openings, openingVector{name, roots[entry], o, verdict})
	}
	opening("first field", 0, open(0, "format"), ok)
	opening("sixth field", 0, open(0, "hour"), ok)
	opening("empty value", 0, open(0, "class.bo"), ok)
	opening("last place", 3, open(3, "data.n58"), ok)
	opening("text beyond ASCII", 3, open(3, "id"), ok)
	opening("bytes", 4, open(4, "raw"), ok)
	opening("another record's", 1, open(0, "kind"), badProof)
	bad := func(name string, change func(o *ledger.Opening)) {
		o := open(0, "class.pe")
		change(&o)
		opening(name, 0, o, badProof)
	}
	bad("value changed", func(o *ledger.Opening) { o.Value = []byte(">50") })
	bad("name changed", func(o *ledger.Opening) { o.Name = "class.br" })
	bad("salt changed", func(o *ledger.Opening) { o.Salt[15] ^= 1 })
	bad("salt too short", func(o *ledger.Opening) { o.Salt = o.Salt[:15] })
	bad("another place", func(o *ledger.Opening) { o.Place ^= 1 })
	bad("place beyond the tree, same path", func(o *ledger.Opening) { o.Place += 64 })
	bad("place below the tree", func(o *ledger.Opening) { o.Place -= 64 })
	bad("path too short", func(o *ledger.Opening) { o.Path = o.Path[:5] })
	bad("path too long", func(o *ledger.Opening) { o.Path = append(o.Path, o.Path[0]) })
	bad("path in another order", func(o *ledger.Opening) { o.Path[0], o.Path[1] = o.Path[1], o.Path[0] })
	bad("hash too short", func(o *ledger.Opening) { o.Path[5] = o.Path[5][:31] })
	bad("a byte moved from value to salt", func(o *ledger.Opening) {
		o.Salt, o.Value = append(o.Salt, o.Value[0]), o.Value[1:]
	})
	// A name that the format does not allow, in a tree that fits.
	capital := open(0, "class.pe")
	capital.Name = "Class.pe"
	v.Openings = append(v.Openings, openingVector{"capital in a name, the tree fits", climb(t, capital), capital, badProof})
	// The same for a place that is no number of a place.
	beyond := open(0, "class.pe")
	fits := climb(t, beyond)
	beyond.Place += 64
	v.Openings = append(v.Openings, openingVector{"place 72, the tree fits", fits, beyond, badProof})

	group := func(name string, entry int, g ledger.Group, verdict string) {
		v.Groups = append(v.Groups, groupVector{name, roots[entry], g, verdict})
	}
	for _, view := range []ledger.View{ledger.Public, "liaison:pe", "liaison:br", ledger.Ombudsman, ledger.Court} {
		for i, r := range records {
			group(fmt.Sprintf("%s of %s", view, names[i]), i, view.Show(uint64(i), r), ok)
		}
	}
	group("nothing shown", 0, records[0].Show(0, func(string) bool { return false }), ok)
	badGroup := func(name string, change func(g *ledger.Group)) {
		g := ledger.Public.Show(0, records[0])
		change(&g)
		group(name, 0, g, badProof)
	}
	badGroup("value changed", func(g *ledger.Group) { g.Fields[0].Value = []byte("2") })
	badGroup("node changed", func(g *ledger.Group) { g.Nodes[0] = bytes.Repeat([]byte{1}, 32) })
	badGroup("node missing", func(g *ledger.Group) { g.Nodes = g.Nodes[:len(g.Nodes)-1] })
	badGroup("node too many", func(g *ledger.Group) { g.Nodes = append(g.Nodes, g.Nodes[0]) })
	badGroup("fields out of order", func(g *ledger.Group) { g.Fields[0], g.Fields[1] = g.Fields[1], g.Fields[0] })
	badGroup("a field twice", func(g *ledger.Group) { g.Fields = append(g.Fields[:1], g.Fields...) })
	badGroup("place 64", func(g *ledger.Group) {
		g.Fields = append(g.Fields, ledger.Shown{Place: 64, Name: "x", Salt: make([]byte, 16), Value: []byte{}})
	})

	whole := func(name string, entry int, w ledger.Whole, verdict string) {
		v.Wholes = append(v.Wholes, wholeVector{name, roots[entry], w, verdict})
	}
	for i, r := range records {
		whole(names[i], i, r.OpenAll(uint64(i)), ok)
	}
	badWhole := func(name string, change func(w *ledger.Whole)) {
		w := records[0].OpenAll(0)
		change(&w)
		whole(name, 0, w, badProof)
	}
	badWhole("a padding missing", func(w *ledger.Whole) { w.Padding = w.Padding[1:] })
	badWhole("a padding changed", func(w *ledger.Whole) { w.Padding[9] = w.Padding[8] })
	badWhole("a field left out", func(w *ledger.Whole) { w.Fields = w.Fields[:len(w.Fields)-1] })
	badWhole("fields in another order", func(w *ledger.Whole) { w.Fields[5], w.Fields[6] = w.Fields[6], w.Fields[5] })

	logVectors(t, &v, roots)
	return v
}

// paddingSalts gives the salts of the padding, which no opening shows: those of
// a record with the same secret and every place a field.
func paddingSalts(t *testing.T, r ledger.Record) [][]byte {
	t.Helper()
	out := [][]byte{}
	same := ledger.Record{Fields: append([]ledger.Field(nil), r.Fields...), Secret: r.Secret}
	for i := len(r.Fields); i < ledger.Places; i++ {
		same.Fields = append(same.Fields, ledger.Text(fmt.Sprintf("filler.n%d", i), ""))
	}
	for i, f := range same.OpenAll(0).Fields {
		if i < len(r.Fields) {
			continue
		}
		out = append(out, f.Salt)
		h := sha256.Sum256(append([]byte("atalaya.padding.v1\n"), f.Salt...))
		if want := r.OpenAll(0).Padding[i-len(r.Fields)]; !bytes.Equal(h[:], want) {
			t.Fatalf("padding %d is not the hash of its salt", i)
		}
	}
	return out
}

// climb works out by hand, without the package's checks, which entry an opening
// leads to.
func climb(t *testing.T, o ledger.Opening) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("atalaya.field.v1\n")
	_ = binary.Write(&b, binary.BigEndian, uint16(len(o.Name)))
	b.WriteString(o.Name)
	b.Write(o.Salt)
	_ = binary.Write(&b, binary.BigEndian, uint32(len(o.Value)))
	b.Write(o.Value)
	h := sha256.Sum256(b.Bytes())
	for l, side := range o.Path {
		left, right := h[:], side
		if o.Place>>l&1 == 1 {
			left, right = side, h[:]
		}
		h = sha256.Sum256(append(append([]byte("atalaya.node.v1\n"), left...), right...))
	}
	return h[:]
}

// key makes a note key from a seed.
func key(t *testing.T, name string, seed byte) (note.Signer, ed25519.PrivateKey, string) {
	t.Helper()
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	public := append([]byte{1}, private.Public().(ed25519.PublicKey)...)
	id := sha256.Sum256(append([]byte(name+"\n"), public...))
	signer, err := note.NewSigner(fmt.Sprintf("PRIVATE+KEY+%s+%x+%s", name, id[:4], base64.StdEncoding.EncodeToString(append([]byte{1}, private.Seed()...))))
	if err != nil {
		t.Fatal(err)
	}
	return signer, private, fmt.Sprintf("%s+%x+%s", name, id[:4], base64.StdEncoding.EncodeToString(public))
}

// cosign adds a witness's line (C2SP tlog-cosignature v1) to a note.
func cosign(private ed25519.PrivateKey, name, signed string, at uint64) string {
	text := signed[:strings.Index(signed, "\n\n")+1]
	public := append([]byte{4}, private.Public().(ed25519.PublicKey)...)
	id := sha256.Sum256(append([]byte(name+"\n"), public...))
	line := append(id[:4:4], binary.BigEndian.AppendUint64(nil, at)...)
	line = append(line, ed25519.Sign(private, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at, text))...)
	return signed + fmt.Sprintf("— %s %s\n", name, base64.StdEncoding.EncodeToString(line))
}

func logVectors(t *testing.T, v *vectors, roots [][]byte) {
	t.Helper()
	const origin, witness = "atalaya.example/vectors", "witness.example/w1"
	signer, _, vkey := key(t, origin, 1)
	other, _, otherKey := key(t, origin, 2)
	_, witnessPrivate, _ := key(t, witness, 3)
	public := append([]byte{4}, witnessPrivate.Public().(ed25519.PublicKey)...)
	id := sha256.Sum256(append([]byte(witness+"\n"), public...))
	witnessKey := fmt.Sprintf("%s+%x+%s", witness, id[:4], base64.StdEncoding.EncodeToString(public))

	var entries [][]byte
	for i := range 300 { // more than a tile
		if i < len(roots) {
			entries = append(entries, roots[i])
			continue
		}
		h := sha256.Sum256(fmt.Appendf(nil, "entry %d", i))
		entries = append(entries, h[:])
	}
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range at {
			out = append(out, stored[i])
		}
		return out, nil
	})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	v.Log = logVector{Origin: origin, Key: vkey, Witness: witnessKey, Entries: entries, Roots: [][]byte{}}
	for i := range len(entries) + 1 {
		root, err := tlog.TreeHash(int64(i), read)
		must(err)
		v.Log.Roots = append(v.Log.Roots, root[:])
		if i < len(entries) {
			more, err := tlog.StoredHashes(int64(i), entries[i], read)
			must(err)
			stored = append(stored, more...)
		}
	}
	sign := func(size int, root []byte, by note.Signer) string {
		signed, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", origin, size, base64.StdEncoding.EncodeToString(root))}, by)
		must(err)
		return string(signed)
	}
	good := sign(300, v.Log.Roots[300], signer)
	check := func(name, witness, text, verdict string) {
		v.Checkpoints = append(v.Checkpoints, checkpointVector{name, vkey, witness, text, verdict})
	}
	cosigned := cosign(witnessPrivate, witness, good, 1795000000)
	check("300 entries", "", good, ok)
	check("no entries", "", sign(0, v.Log.Roots[0], signer), ok)
	check("with a cosignature", witnessKey, cosigned, ok)
	check("a cosignature that is not asked for", "", cosigned, ok)
	check("the cosignature is missing", witnessKey, good, badSignature)
	check("the cosignature's time is changed", witnessKey, retime(t, cosigned), badSignature)
	check("size changed", "", strings.Replace(good, "\n300\n", "\n299\n", 1), badSignature)
	check("another key", "", sign(300, v.Log.Roots[300], other), badSignature)
	check("no signature", "", good[:strings.Index(good, "\n\n")+2], badSignature)
	v.Checkpoints = append(v.Checkpoints, checkpointVector{"signed by that other key", otherKey, "", sign(300, v.Log.Roots[300], other), ok})

	prove := func(index int, checkpoint string, size int64) string {
		p, err := tlog.ProveRecord(size, int64(index), read)
		must(err)
		var b strings.Builder
		fmt.Fprintf(&b, "c2sp.org/tlog-proof@v1\nindex %d\n", index)
		for _, h := range p {
			b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
		}
		return b.String() + "\n" + checkpoint
	}
	proof := func(name string, entry int, text, verdict string) {
		v.Proofs = append(v.Proofs, proofVector{name, vkey, entries[entry], text, verdict})
	}
	for _, i := range []int{0, 1, 255, 256, 299} {
		proof(fmt.Sprintf("entry %d of 300", i), i, prove(i, good, 300), ok)
	}
	proof("the only entry", 0, prove(0, sign(1, v.Log.Roots[1], signer), 1), ok)
	proof("under a cosigned checkpoint", 7, prove(7, cosigned, 300), ok)
	proof("with extra data", 7, strings.Replace(prove(7, good, 300), "\nindex", "\nextra ZXh0cmE=\nindex", 1), ok)
	proof("another entry", 8, prove(7, good, 300), badProof)
	proof("another index", 7, strings.Replace(prove(7, good, 300), "\nindex 7\n", "\nindex 6\n", 1), badProof)
	proof("index with a leading zero", 7, strings.Replace(prove(7, good, 300), "\nindex 7\n", "\nindex 07\n", 1), badProof)
	proof("index beyond the log", 7, strings.Replace(prove(7, good, 300), "\nindex 7\n", "\nindex 300\n", 1), badProof)
	lines := strings.SplitAfter(prove(7, good, 300), "\n")
	proof("a hash left out", 7, strings.Join(append(append([]string{}, lines[:3]...), lines[4:]...), ""), badProof)
	proof("a hash too many", 7, strings.Join(append(append([]string{}, lines[:3]...), lines[2:]...), ""), badProof)
	proof("another version", 7, strings.Replace(prove(7, good, 300), "@v1", "@v2", 1), badProof)
	proof("a checkpoint of another key", 7, prove(7, sign(300, v.Log.Roots[300], other), 300), badSignature)
	proof("the root of another size", 7, prove(7, sign(300, v.Log.Roots[299], signer), 300), badProof)
}

// retime moves a cosignature by a second.
func retime(t *testing.T, signed string) string {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(signed, "\n"), "\n")
	words := strings.Split(lines[len(lines)-1], " ")
	raw, err := base64.StdEncoding.DecodeString(words[2])
	if err != nil {
		t.Fatal(err)
	}
	raw[4+7]++
	words[2] = base64.StdEncoding.EncodeToString(raw)
	lines[len(lines)-1] = strings.Join(words, " ")
	return strings.Join(lines, "\n") + "\n"
}
