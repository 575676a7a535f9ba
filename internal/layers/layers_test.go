package layers

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"atalaya/internal/peer"
)

// exempt are packages of layers 0 and 1 that hold no product code.
func exempt(pkg string) bool {
	return pkg == "internal/peer" || pkg == "internal/layers" || pkg == "internal/powercut"
}

func TestImportsFollowTheTable(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = peer.Root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		seen++
		pkg := strings.TrimPrefix(p.ImportPath, Module+"/")
		if exempt(pkg) {
			continue
		}
		for _, complaint := range Check(pkg, p.Imports) {
			t.Error(complaint)
		}
	}
	if seen < 8 {
		t.Fatalf("go list found only %d packages", seen)
	}
}

func TestTheTableForbids(t *testing.T) {
	for _, tc := range []struct {
		pkg, imp string
		allowed  bool
	}{
		{"fuse", "atalaya/track", true},
		{"fuse", "atalaya/watch", false},
		{"watch", "atalaya/terrain", true},
		{"terrain", "atalaya/watch", false},
		{"geo", "atalaya/sensor", false},
		{"codec/ais", "atalaya/codec/nmea", true},
		{"codec/ais", "net", false},
		{"codec/ais", "net/netip", true},
		{"fuse", "log/slog", false},
		{"fuse", "github.com/paulmach/orb/planar", false},
		{"feed", "atalaya/store", false},
		{"web", "atalaya/desk", true},
		{"desk", "atalaya/web", false},
		{"link/mavlink", "atalaya/feed", false},
		{"newthing", "fmt", false},
		{"ledger/proof", "golang.org/x/mod/sumdb/note", true},
		{"ledger/proof", "crypto/ed25519", true},
		{"ledger/proof", "atalaya/ledger", false},
		{"ledger/proof", "atalaya/geo", false},
		{"ledger/proof", "github.com/transparency-dev/merkle", false},
		{"ledger/proof", "os", false},
		{"ledger", "atalaya/ledger/proof", false},
		{"cmd/atalaya-verify", "atalaya/ledger/proof", true},
		{"cmd/atalaya-verify", "os", true},
		{"cmd/atalaya-verify", "atalaya/internal/app", false},
		{"cmd/atalaya-verify", "github.com/alecthomas/kong", false},
	} {
		got := Check(tc.pkg, []string{tc.imp})
		if (len(got) == 0) != tc.allowed {
			t.Errorf("%s imports %s: complaints %q, want allowed = %v", tc.pkg, tc.imp, got, tc.allowed)
		}
	}
	for _, r := range Rows() {
		if r.Why == "" {
			t.Errorf("row %s has no reason", r.Tree)
		}
	}
}
