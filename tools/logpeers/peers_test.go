// Package logpeers holds the ledger's test vectors against other people's
// checkers of C2SP logs: torchwood, and transparency-dev's formats and merkle.
// It is a module of its own, so that nothing of theirs is in the product's.
package logpeers

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"filippo.io/torchwood"
	fnote "github.com/transparency-dev/formats/note"
	fproof "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type checkpoint struct {
	Name    string
	VKey    string
	Witness string `json:"witness_vkey"`
	Note    string
	Verdict string
}

type logProof struct {
	Name, VKey, Proof, Verdict string
	Entry                      []byte
}

type vectors struct {
	VKey        string
	Checkpoints []checkpoint
	Proofs      []logProof
	Consistency []struct {
		Name, Older, Newer, Verdict string
		Path                        [][]byte
	}
	Bundles []struct {
		Name, Bundle string
		Findings     []string
	}
}

func load(t *testing.T, path string) (v vectors) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

const (
	writer = "../../ledger/testdata/vectors.json"
	above  = "../../ledger/proof/testdata/vectors.json"
)

// policy asks for the log's key under its own name, and for a witness where
// there is one.
func policy(t *testing.T, vkey, witness string) torchwood.Policy {
	t.Helper()
	v, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	all := []torchwood.Policy{torchwood.SingleVerifierPolicy(v), torchwood.OriginPolicy(v.Name())}
	if witness != "" {
		w, err := torchwood.NewCosignatureVerifier(witness)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, torchwood.SingleVerifierPolicy(w))
	}
	return torchwood.ThresholdPolicy(len(all), all...)
}

func TestTorchwoodOpensCheckpoints(t *testing.T) {
	v := load(t, writer)
	for _, c := range v.Checkpoints {
		_, _, err := torchwood.VerifyCheckpoint([]byte(c.Note), policy(t, c.VKey, c.Witness))
		if (err == nil) != (c.Verdict == "ok") {
			t.Errorf("%s: torchwood says %v, the vector %s", c.Name, err, c.Verdict)
		}
	}
	if len(v.Checkpoints) < 5 {
		t.Error("too few vectors")
	}
}

func TestTorchwoodChecksProofs(t *testing.T) {
	v := load(t, writer)
	for _, p := range v.Proofs {
		if p.Name == "index with a leading zero" {
			continue // tlog-proof: "with no leading zeroes"; torchwood reads it as a number
		}
		err := torchwood.VerifyProof(policy(t, p.VKey, ""), tlog.RecordHash(p.Entry), []byte(p.Proof))
		if (err == nil) != (p.Verdict == "ok") {
			t.Errorf("%s: torchwood says %v, the vector %s", p.Name, err, p.Verdict)
		}
	}
	if len(v.Proofs) < 10 {
		t.Error("too few vectors")
	}
}

func TestCosignaturesOfFormats(t *testing.T) {
	for _, c := range load(t, writer).Checkpoints {
		if c.Witness == "" {
			continue
		}
		w, err := fnote.NewVerifierForCosignatureV1(c.Witness)
		if err != nil {
			t.Fatal(err)
		}
		n, err := note.Open([]byte(c.Note), note.VerifierList(w))
		if (err == nil && len(n.Sigs) == 1) != (c.Verdict == "ok") {
			t.Errorf("%s: transparency-dev says %v, the vector %s", c.Name, err, c.Verdict)
		}
	}
}

// The proofs of transparency-dev/formats, their tree by merkle.
func TestMerkleChecksInclusion(t *testing.T) {
	for _, v := range load(t, writer).Proofs {
		if v.Verdict != "ok" {
			continue // signatures are not its business
		}
		var p fproof.TLogProof
		if err := p.Unmarshal([]byte(v.Proof)); err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		c := open(t, string(p.Checkpoint), v.VKey)
		var path [][]byte
		for _, h := range p.Hashes {
			path = append(path, h[:])
		}
		h := rfc6962.DefaultHasher
		if err := proof.VerifyInclusion(h, p.Index, uint64(c.N), h.HashLeaf(v.Entry), path, c.Hash[:]); err != nil {
			t.Errorf("%s: %v", v.Name, err)
		}
	}
}

func TestMerkleChecksConsistency(t *testing.T) {
	v := load(t, above)
	for _, c := range v.Consistency {
		older, newer := open(t, c.Older, v.VKey), open(t, c.Newer, v.VKey)
		err := proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(older.N), uint64(newer.N), c.Path, older.Hash[:], newer.Hash[:])
		if (err == nil) != (c.Verdict == "ok") {
			t.Errorf("%s: merkle says %v, the vector %s", c.Name, err, c.Verdict)
		}
	}
	if len(v.Consistency) < 20 {
		t.Error("too few vectors")
	}
}

// The checkpoints in bundles, also those of cheats, are signed ones.
func TestTorchwoodChecksBundles(t *testing.T) {
	v := load(t, above)
	checked := 0
	for _, b := range v.Bundles {
		// It follows no succession: of what was passed on, the first note has the
		// key that everybody knows.
		passed := strings.HasPrefix(b.Name, "passed on: ")
		if passed && len(b.Findings) > 0 {
			continue
		}
		var bundle struct{ Entries, Successions []struct{ Proof string } }
		if err := json.Unmarshal([]byte(b.Bundle), &bundle); err != nil {
			t.Fatal(err)
		}
		shown := bundle.Entries
		if passed {
			shown = bundle.Successions[:1]
		}
		for _, e := range shown {
			_, checkpoint, _ := strings.Cut(e.Proof, "\n\n")
			c, _, err := torchwood.VerifyCheckpoint([]byte(checkpoint), policy(t, v.VKey, ""))
			if err != nil || c.N < 20 {
				t.Errorf("%s: %v, size %d", b.Name, err, c.N)
			}
			checked++
		}
	}
	if checked < 20 {
		t.Errorf("only %d proofs", checked)
	}
}

func open(t *testing.T, text, vkey string) torchwood.Checkpoint {
	t.Helper()
	c, _, err := torchwood.VerifyCheckpoint([]byte(text), policy(t, vkey, ""))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
