package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type vectors struct {
	VKey    string `json:"vkey"`
	Witness string `json:"witness_vkey"`
	Bundles []struct {
		Name     string
		Bundle   string
		Findings []string
	}
	Consistency []struct{ Newer string }
}

func load(t *testing.T) vectors {
	t.Helper()
	raw, err := os.ReadFile("../../ledger/proof/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExitsAndLines(t *testing.T) {
	v := load(t)
	honest := write(t, "honest.json", v.Bundles[0].Bundle)
	// A witness that signed none of it.
	other := otherWitness(t)
	cheat := ""
	for _, b := range v.Bundles {
		if b.Name == "weapon command" {
			cheat = write(t, "cheat.json", b.Bundle)
		}
	}
	// The checkpoint of an empty log is an export of one file.
	empty := filepath.Dir(write(t, "checkpoint", v.Consistency[0].Newer))
	signed := write(t, "signed", "log "+v.VKey+"\nwitness w "+v.Witness+"\nquorum w\n")
	unsigned := write(t, "unsigned", "log "+v.VKey+"\nwitness w "+other+"\nquorum w\n")
	nobody := write(t, "nobody", "witness w "+v.Witness+"\nquorum w\n")
	for _, tc := range []struct {
		args string
		exit int
		out  string // what standard output has
		errs string
	}{
		{"", 0, "exits with 0", ""},
		{"--help", 0, "exits with 0", ""},
		{"check --help", 0, "exits with 0", ""},
		{"page", 0, "<!doctype html>", ""},
		{"nonsense", 2, "", "no command"},
		{"bundle " + honest, 2, "", "--key is missing"},
		{"bundle --key KEY --key " + v.VKey, 2, "", "path"},
		{"bundle " + honest + " --key nonsense", 2, "", "nonsense"},
		{"bundle " + honest + " --key KEY --witness " + v.VKey, 2, "", "witness"},
		{"bundle " + honest + "x --key KEY", 2, "", "reading the bundle"},
		{"bundle main.go --key KEY", 2, "", "JSON"},
		{"bundle " + honest + " --key KEY", 0, "All holds.", ""},
		{"bundle --key KEY " + honest + " --witness WITNESS", 0, "Cosigned by witness.example/a", ""},
		{"bundle " + honest + " --key KEY --json", 0, "", ""},
		{"bundle " + honest + " --policy " + signed, 0, "Cosigned by witness.example/a", ""},
		{"bundle " + honest + " --policy " + unsigned, 1, "no quorum", ""},
		{"check " + empty + " --policy " + signed, 1, "bad-signature at checkpoint", ""},
		{"bundle " + honest + " --policy " + nobody, 2, "", "no line 'log VKEY'"},
		{"bundle " + honest + " --policy " + honest, 2, "", "line 1"},
		{"bundle " + honest + " --policy " + honest + "x", 2, "", "reading the policy"},
		{"bundle " + honest + " --key KEY --policy " + signed, 2, "", "instead of --key"},
		{"bundle " + cheat + " --key KEY --json", 1, `{"kind":"weapon-command","where":"entry 14","why":`, ""},
		{"bundle " + cheat + " --key KEY", 1, "weapon-command at entry 14: ", ""},
		{"check " + empty + " --key KEY", 0, "0 entries", ""},
		{"check " + empty + " --key KEY --at 2026-13-01T00:00:00Z", 2, "", "--at"},
		{"check " + empty + " --key KEY --quorum 1", 1, "bad-signature at checkpoint", ""},
		{"check " + empty + "/none --key KEY", 2, "", "reading the export"},
		{"compare " + empty + " " + empty + " --key KEY", 0, "All holds.", ""},
		{"compare " + empty + " --key KEY", 2, "", "2 path(s)"},
	} {
		args := strings.Fields(strings.NewReplacer("KEY", v.VKey, "WITNESS", v.Witness).Replace(tc.args))
		var out, errs strings.Builder
		if exit := run(args, &out, &errs); exit != tc.exit || !strings.Contains(out.String(), tc.out) || !strings.Contains(errs.String(), tc.errs) {
			t.Errorf("%s: exit %d, said %.300q and %q; want %d, %q and %q", tc.args, exit, out.String(), errs.String(), tc.exit, tc.out, tc.errs)
		}
		if tc.out == "" && out.Len() > 0 {
			t.Errorf("%s: said %q on standard output", tc.args, out.String())
		}
	}
}

// otherWitness gives the key of a witness that signs nothing here.
func otherWitness(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("../../ledger/proof/testdata/policies.json")
	if err != nil {
		t.Fatal(err)
	}
	_, key, ok := strings.Cut(string(raw), "witness\\tX1 ")
	key, _, _ = strings.Cut(key, "\\n")
	if !ok {
		t.Fatal("no witness in the vectors")
	}
	return key
}
