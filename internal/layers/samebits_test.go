package layers

import (
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

// replayable are the packages through which a replay goes from bytes to the
// picture's hash, beside geo, which holds itself.
func replayable() []string {
	return []string{
		"./codec/ais", "./codec/nmea", "./codec/modes/...", "./codec/asterix/...", "./codec/mavlink",
		"./feed/format", "./obs", "./track", "./area", "./fuse/...", "./watch", "./geo/projection", "./terrain/...", "./plan/...",
		"./exercise/relief", "./policy/fence",
	}
}

// TestNothingIsFused looks at the machine code of the replayable packages for
// processors that can fuse a multiplication with an addition: there it would
// give other bits than elsewhere.
func TestNothingIsFused(t *testing.T) {
	root := peer.Root(t)
	// go test's cache must see that the result depends on these sources.
	for _, pkg := range replayable() {
		dir := filepath.Join(root, strings.TrimSuffix(pkg, "/..."))
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") {
				_, err = os.ReadFile(path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	// Instructions of arm64 and of amd64 with FMA3, as -S prints them.
	fused := regexp.MustCompile(`\(([^()]*\.go:\d+)\)\t(FN?M(?:ADD|SUB)[DS]|VFN?M(?:ADD|SUB)\d+S[DS])\t`)
	for _, target := range []string{"GOARCH=amd64 GOAMD64=v3", "GOARCH=arm64"} {
		args := []string{"build"}
		for _, pkg := range replayable() {
			args = append(args, "-gcflags="+Module+strings.TrimPrefix(pkg, ".")+"=-S")
		}
		cmd := exec.CommandContext(t.Context(), "go", append(args, replayable()...)...)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), append(strings.Fields(target), "CGO_ENABLED=0")...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: go build: %v\n%s", target, err, out[max(0, len(out)-2000):])
		}
		if !strings.Contains(string(out), "MUL") {
			t.Fatalf("%s: no machine code to look at", target)
		}
		var places []string
		for _, m := range fused.FindAllStringSubmatch(string(out), -1) {
			places = append(places, fmt.Sprintf("%s (%s)", m[1], m[2]))
		}
		slices.Sort(places)
		for _, p := range slices.Compact(places) {
			t.Errorf("%s: fused at %s: write float64(x*y) + z", target, p)
		}
	}
}
