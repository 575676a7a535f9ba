package scenario

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"

	"atalaya/internal/peer"
)

// TestSameOnOtherProcessors runs the scenarios, built for other instruction
// sets, against the same golden files.
func TestSameOnOtherProcessors(t *testing.T) {
	const inside = "ATALAYA_SCENARIO_INSIDE"
	if os.Getenv(inside) != "" || runtime.GOARCH != "amd64" {
		return // this is such a run; on other architectures every run is
	}
	levels := []string{"v1"}
	if cpu.X86.HasFMA && cpu.X86.HasAVX2 && cpu.X86.HasBMI2 {
		levels = append(levels, "v3")
	} else {
		t.Log("this processor has no fused multiply-add: only GOAMD64=v1 was run")
	}
	for _, level := range levels {
		cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-run", "TestScenarios|TestSamePicture", "./internal/scenario", "./fuse")
		cmd.Dir = peer.Root(t)
		cmd.Env = append(os.Environ(), "GOAMD64="+level, inside+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("GOAMD64=%s: %v\n%s", level, err, out)
		}
	}
}

// TestNoFusedMultiplyAdd looks for the instruction itself in what replay
// depends on: a product that is added without float64() round it.
func TestNoFusedMultiplyAdd(t *testing.T) {
	assembly := func(level string, pkg ...string) []byte {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "go", append([]string{"build", "-gcflags=-S"}, pkg...)...)
		cmd.Dir = peer.Root(t)
		cmd.Env = append(os.Environ(), "GOARCH=amd64", "GOAMD64="+level, "CGO_ENABLED=0")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return out
	}
	fused := regexp.MustCompile(`\(([^()]*:\d+)\)\s+VFN?M(ADD|SUB)`)
	seen := map[string]bool{}
	for _, m := range fused.FindAllSubmatch(assembly("v3", "./geo/...", "./fuse/...", "./watch/...", "./internal/scenario"), -1) {
		where := string(m[1][bytes.LastIndexByte(m[1], '/')+1:])
		if dir := strings.TrimSuffix(string(m[1]), "/"+where); !seen[dir+where] {
			seen[dir+where] = true
			t.Errorf("%s: a product is added without float64() round it", m[1])
		}
	}
	// The search itself must be able to find one.
	if !fused.Match(assembly("v3", "./internal/scenario/testdata/fused")) {
		t.Error("no fused multiply-add where there must be one: this test finds nothing")
	}
}
