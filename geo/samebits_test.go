package geo_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"atalaya/internal/peer"
)

var update = flag.Bool("update", false, "write the golden files anew") //nolint:gochecknoglobals // a flag of the tests

// goRun runs the go command at the top of the source tree with additional
// environment and gives what it said.
func goRun(t *testing.T, env []string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = peer.Root(t)
	cmd.Env = append(os.Environ(), append(env, "CGO_ENABLED=0")...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v go %s: %v\n%s", env, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// readSources lets go test see that its cached result depends on the sources,
// which other processes compile: a change that is fused elsewhere may leave
// this machine's code as it was.
func readSources(t *testing.T) {
	t.Helper()
	for _, pattern := range []string{"*.go", "fmath/*.go", "projection/*.go", "testdata/hash/*.go"} {
		files, err := filepath.Glob(filepath.Join(peer.Root(t), "geo", pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no sources in %s: %v", pattern, err)
		}
		for _, f := range files {
			if _, err := os.ReadFile(f); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A million values of fmath and some ten thousand of geo have the same bits
// without and with fused multiply-add at hand.
func TestSameBits(t *testing.T) {
	readSources(t)
	golden := filepath.Join(peer.Root(t), "geo", "testdata", "hash", "golden.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(goRun(t, nil, "run", "./geo/testdata/hash")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	levels := []string{"GOAMD64=v1", "GOAMD64=v3"}
	if runs := goRun(t, nil, "env", "GOARCH"); runs != "amd64\n" {
		levels = []string{"GOARCH=" + strings.TrimSpace(runs)}
	}
	for _, level := range levels {
		if got := goRun(t, []string{level}, "run", "./geo/testdata/hash"); got != string(want) {
			t.Errorf("with %s:\n%swant:\n%s", level, got, want)
		}
	}
}

// The compiler fuses no multiplication with an addition in the packages that a
// replay needs, where the processor could: their machine code has no such
// instruction.
func TestNothingIsFused(t *testing.T) {
	readSources(t)
	// Instructions of arm64 and of amd64 with FMA3, as -S prints them.
	fused := regexp.MustCompile(`\(([^()]*\.go:\d+)\)\t(FN?M(?:ADD|SUB)[DS]|VFN?M(?:ADD|SUB)\d+S[DS])\t`)
	for _, target := range []string{"GOARCH=amd64 GOAMD64=v3", "GOARCH=arm64"} {
		asm := goRun(t, strings.Fields(target), "build", "-gcflags=atalaya/geo/...=-S", "./geo/...")
		if !strings.Contains(asm, "MUL") {
			t.Fatalf("%s: no machine code to look at", target)
		}
		var places []string
		for _, m := range fused.FindAllStringSubmatch(asm, -1) {
			places = append(places, fmt.Sprintf("%s (%s)", m[1], m[2]))
		}
		slices.Sort(places)
		for _, p := range slices.Compact(places) {
			t.Errorf("%s: fused at %s: write float64(x*y) + z", target, p)
		}
	}
}
