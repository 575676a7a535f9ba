package proof_test

import (
	"strings"
	"testing"

	"atalaya/ledger/proof"
)

func TestScript(t *testing.T) {
	s := proof.Script()
	for _, want := range []string{"async function checkBundle(", "function parseKey(", "const texts = {"} {
		if !strings.Contains(s, want) {
			t.Errorf("it lacks %s", want)
		}
	}
	// Nothing of the page's own, which another page does not have.
	for _, not := range []string{"document.", "addEventListener"} {
		if strings.Contains(s, not) {
			t.Errorf("it has %s", not)
		}
	}
	if !strings.HasPrefix(s, "'use strict'") || strings.Contains(s, "</script") {
		t.Error("it is not the script alone")
	}
}
