package proof

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// writerVectors are the writer's, read by the documented format.
const writerVectors = "../testdata/vectors.json"

type openingVector struct {
	Name    string         `json:"name"`
	Entry   []byte         `json:"entry"`
	Opening map[string]any `json:"opening"`
	Group   map[string]any `json:"group"`
	Whole   map[string]any `json:"whole"`
	Verdict string         `json:"verdict"`
}

type checkpointVector struct {
	Name    string `json:"name"`
	VKey    string `json:"vkey"`
	Witness string `json:"witness_vkey"`
	Note    string `json:"note"`
	Verdict string `json:"verdict"`
}

type proofVector struct {
	Name    string `json:"name"`
	VKey    string `json:"vkey"`
	Entry   []byte `json:"entry"`
	Proof   string `json:"proof"`
	Verdict string `json:"verdict"`
}

func vectorKeys(t *testing.T, vkey, witness string) Keys {
	t.Helper()
	log, err := ParseLogKey(vkey)
	if err != nil {
		t.Fatal(err)
	}
	k := Keys{Log: []note.Verifier{log}}
	if witness != "" {
		w, err := ParseWitnessKey(witness)
		if err != nil {
			t.Fatal(err)
		}
		k.Witnesses, k.Quorum = []note.Verifier{w}, 1
	}
	return k
}

// verdict is the kind of finding that an error of a proof becomes.
func verdict(err error) string {
	if err == nil {
		return "ok"
	}
	return signatureKind(err)
}

func checkProof(text string, keys Keys, entry []byte) error {
	p, err := ParseLogProof(text)
	if err != nil {
		return err
	}
	c, err := OpenCheckpoint([]byte(p.Checkpoint), keys)
	if err != nil {
		return err
	}
	return CheckInclusion(p.Path, c, p.Index, entry)
}

func TestWriterVectors(t *testing.T) {
	raw, err := os.ReadFile(writerVectors)
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Records []struct {
			Name   string
			Fields []struct {
				Name        string
				Salt, Value []byte
			}
			Padding [][]byte `json:"padding_salts"`
			Root    []byte
		}
		Openings, Groups, Wholes []openingVector
		Log                      struct {
			Entries [][]byte
			Roots   []string
		}
		Checkpoints []checkpointVector
		Proofs      []proofVector
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	for _, o := range slices.Concat(v.Openings, v.Groups, v.Wholes) {
		from := o.Opening
		if from == nil {
			from = o.Group
		}
		if from == nil {
			from = o.Whole
		}
		opening, err := parseOpening(from)
		if err == nil {
			err = opening.Check(o.Entry)
		}
		if got := verdict(err); got != o.Verdict {
			t.Errorf("opening %q: %s (%v), want %s", o.Name, got, err, o.Verdict)
		}
	}
	var hashes []Hash
	for i := 0; i <= len(v.Log.Entries); i++ {
		if want := v.Log.Roots[i]; rootOf(hashes).String() != want {
			t.Fatalf("root of %d entries: %s, want %s", i, rootOf(hashes), want)
		}
		if i < len(v.Log.Entries) {
			hashes = append(hashes, leaves(v.Log.Entries[i])...)
		}
	}
	for _, c := range v.Checkpoints {
		_, err := OpenCheckpoint([]byte(c.Note), vectorKeys(t, c.VKey, c.Witness))
		if got := verdict(err); got != c.Verdict {
			t.Errorf("checkpoint %q: %s (%v), want %s", c.Name, got, err, c.Verdict)
		}
	}
	for _, p := range v.Proofs {
		err := checkProof(p.Proof, vectorKeys(t, p.VKey, ""), p.Entry)
		if got := verdict(err); got != p.Verdict {
			t.Errorf("proof %q: %s (%v), want %s", p.Name, got, err, p.Verdict)
		}
	}
	for _, r := range v.Records {
		var places []Hash
		for _, f := range r.Fields {
			places = append(places, Field{Name: f.Name, Salt: f.Salt, Value: f.Value}.Hash())
		}
		root, err := (&walk{nodes: append(places, paddings(r.Padding)...), leaves: true}).hash(0, Places)
		if err != nil || !slices.Equal(root[:], r.Root) {
			t.Errorf("record %q: root %s (%v), want %s", r.Name, root, err, base64.StdEncoding.EncodeToString(r.Root))
		}
	}
	if len(v.Openings) < 10 || len(v.Checkpoints) < 5 || len(v.Proofs) < 10 || len(v.Records) < 3 {
		t.Error("there are too few vectors to mean anything")
	}
}

func paddings(salts [][]byte) []Hash {
	var out []Hash
	for _, s := range salts {
		out = append(out, paddingHash(s))
	}
	return out
}
