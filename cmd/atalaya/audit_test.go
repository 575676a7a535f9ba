package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"atalaya/ledger"
	"atalaya/ledger/proof"
)

// TestAuditDraw: an overseer commits, reveals, and gets the selected entries of
// the real program's ledger; without the answer the draw is overdue.
func TestAuditDraw(t *testing.T) {
	t.Parallel()
	o := ledgerOfRun(t)
	seed := bytes.Repeat([]byte{0xa5}, ledger.SeedSize)
	if out := o.command(0, "ledger", "audit", "commit", "--overseer", "Defensoría del Pueblo", "--content", ledger.DrawCommitment(seed), "--draws", "4", "--within", "24h"); !strings.HasPrefix(out, "D1\tDefensoría del Pueblo\tdraws 4 of the entries 0 to ") {
		t.Fatal(out)
	}
	answer := filepath.Join(t.TempDir(), "answer.json")
	o.command(1, "ledger", "audit", "answer", "D1", "-o", answer)
	o.command(1, "ledger", "audit", "reveal", "D1", "--seed", strings.Repeat("00", ledger.SeedSize))
	o.command(0, "ledger", "audit", "reveal", "D1", "--seed", hex.EncodeToString(seed))
	if got := o.found(time.Now()); len(got) > 0 {
		t.Errorf("in time: %v", got)
	}
	if got := o.found(time.Now().Add(25 * time.Hour)); len(got) != 1 || got[0] != proof.OverdueOpening {
		t.Errorf("a day later: %v", got)
	}
	o.command(0, "ledger", "audit", "answer", "D1", "-o", answer)
	dir, keys := o.export()
	text, err := os.ReadFile(answer)
	if err != nil {
		t.Fatal(err)
	}
	s, found, err := proof.CheckDraw(os.DirFS(dir), "D1", nil, text, proof.Options{Keys: keys, Now: time.Now().Add(48 * time.Hour)})
	if err != nil || len(found) > 0 || s.Opened != 4 || len(s.Selected) != 4 {
		t.Errorf("the answer: %+v, %v, %v", s, found, err)
	}
	// What the program says was selected is what the overseer works out.
	if out, want := o.command(0, "ledger", "audit", "status"), "selected "+selection(s.Selected); !strings.Contains(out, want) || !strings.Contains(out, "answered at") {
		t.Errorf("the status is %q, want %q", out, want)
	}
	if got := o.found(time.Now().Add(48 * time.Hour)); len(got) > 0 {
		t.Errorf("after the answer: %v", got)
	}
}

func selection(n []int64) string {
	var b strings.Builder
	for i, x := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprint(&b, x)
	}
	return b.String()
}
