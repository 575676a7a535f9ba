package scenario

import (
	"os"
	"os/exec"
	"runtime"
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
