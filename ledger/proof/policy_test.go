package proof

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// policyVectors are policies, each with a checkpoint and what is found: the
// browser's checker is held to the same file.
const policyVectors = "testdata/policies.json"

type policyVector struct {
	Name    string `json:"name"`
	Policy  string `json:"policy"`
	Note    string `json:"note"`
	Verdict string `json:"verdict"` // ok, bad-signature, bad-proof; unreadable: it is no policy
}

func makePolicyVectors() []policyVector {
	log := logKey(testOrigin)
	names := []string{"X1", "X2", "X3", "Y1", "Y2"}
	keys := map[string]testKey{}
	head := "# the example of C2SP tlog-policy\nlog " + log.vkey() + " https://log.example/\n\n"
	for _, n := range names {
		keys[n] = witnessKey("witness.example/" + n)
		head += "  witness\t" + n + " " + keys[n].vkey() + "\n"
	}
	example := head + "group X 2 X1 X2 X3\ngroup Y any Y1 Y2\ngroup both all X Y\nquorum both\n"
	text := testOrigin + "\n0\n" + emptyRoot().String() + "\n"
	signed := func(by ...string) string {
		out := text + "\n" + log.sign(text, 0)
		for _, n := range by {
			out += keys[n].sign(text, 1_790_000_000)
		}
		return out
	}
	v := []policyVector{
		{"nobody cosigned", example, signed(), BadSignature},
		{"one of each", example, signed("X1", "Y1"), BadSignature},
		{"two of one", example, signed("X1", "X3"), BadSignature},
		{"all of one, none of the other", example, signed("X1", "X2", "X3"), BadSignature},
		{"enough", example, signed("X3", "X1", "Y2"), "ok"},
		{"all", example, signed(names...), "ok"},
		{"one twice", example, signed("X1", "X1", "Y1"), BadSignature},
		{"enough, and a false one", example, strings.Replace(signed("X1", "X2", "Y1"), keys["Y1"].sign(text, 1_790_000_000), keys["Y1"].sign(text+"x\n", 1_790_000_000), 1), BadSignature},
		{"the quorum is one witness", head + "quorum Y2\n", signed("Y2"), "ok"},
		{"the quorum is another witness", head + "quorum Y2\n", signed("Y1"), BadSignature},
		{"none", head + "quorum none\n", signed(), "ok"},
		{"none, and cosigned", head + "quorum none", signed("X1"), "ok"},
		{"another log", strings.Replace(head, log.vkey(), logKey("log.example/b").vkey(), 1) + "quorum none\n", signed(), BadSignature},
		{"no log", "quorum none\n", signed(), BadSignature},
		{"witnesses alone signed", head + "quorum Y1\n", text + "\n" + keys["Y1"].sign(text, 5), BadSignature},
	}
	for name, bad := range map[string]string{
		"empty": "", "no quorum": head, "two quorums": head + "quorum none\nquorum none\n", "a quorum of nothing known": head + "quorum Z\n",
		"a word that is none": head + "witnes Z\nquorum none\n", "a member defined after": head + "group G any H\ngroup H any X1\nquorum G\n",
		"a member twice": head + "group G any X1\ngroup H any X1\nquorum G\n", "a threshold above": head + "group G 3 X1 X2\nquorum G\n",
		"a threshold of zero": head + "group G 0 X1 X2\nquorum G\n", "a threshold with a sign": head + "group G +1 X1 X2\nquorum G\n",
		"a threshold with a zero before": head + "group G 01 X1 X2\nquorum G\n", "a group of nobody": head + "group G any\nquorum G\n",
		"a name twice": head + "group X1 any X2\nquorum X1\n", "a group called none": head + "group none any X2\nquorum none\n",
		"none as a member": head + "group G any none\nquorum G\n", "a witness's key twice": head + "witness Z " + keys["X1"].vkey() + "\nquorum none\n",
		"a log's key twice": head + "log " + log.vkey() + "\nquorum none\n", "a log as a witness": "witness Z " + log.vkey() + "\nquorum Z\n",
		"a witness as a log": "log " + keys["X1"].vkey() + "\nquorum none\n", "carriage returns": strings.ReplaceAll(example, "\n", "\r\n"),
		"a comment behind a line": head + "quorum X1 # this one\n", "a key with another name": head + "witness Z " + strings.Replace(keys["X1"].vkey(), "/X1", "/Z", 1) + "\nquorum none\n",
	} {
		v = append(v, policyVector{name, bad, signed(names...), "unreadable"})
	}
	return v
}

func sortVectors(v []policyVector) {
	slices.SortFunc(v, func(a, b policyVector) int { return cmp.Compare(a.Name, b.Name) })
}

func TestPolicies(t *testing.T) {
	v := makePolicyVectors()
	if *update {
		sortVectors(v)
		raw, err := json.MarshalIndent(v, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(policyVectors, append(raw, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(policyVectors)
	if err != nil {
		t.Fatal(err)
	}
	var kept []policyVector
	if err := json.Unmarshal(raw, &kept); err != nil {
		t.Fatal(err)
	}
	sortVectors(v)
	again, err := json.MarshalIndent(v, "", " ")
	if err != nil || !bytes.Equal(append(again, '\n'), raw) {
		t.Errorf("%s is not what is made: go test -run TestPolicies -update (%v)", policyVectors, err)
	}
	for _, x := range kept {
		keys, err := ParsePolicy(x.Policy)
		got := "unreadable"
		if err == nil {
			_, err = OpenCheckpoint([]byte(x.Note), keys)
			got = verdict(err)
		}
		if got != x.Verdict {
			t.Errorf("%s: %s (%v), want %s", x.Name, got, err, x.Verdict)
		}
	}
	if len(kept) < 30 {
		t.Error("too few vectors")
	}
}

func FuzzPolicy(f *testing.F) {
	for _, v := range makePolicyVectors() {
		f.Add(v.Policy)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if k, err := ParsePolicy(text); err == nil && k.Rule != nil && k.Rule.holds(nil) {
			t.Error("the quorum is held by nobody")
		}
	})
}
