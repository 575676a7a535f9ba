package app

import (
	"runtime"
	"runtime/debug"
)

// Version is the program's, by semantic versioning.
const Version = "0.1.0"

// Build says what this program is.
type Build struct {
	Version  string `json:"version"`
	Revision string `json:"revision"` // of the source; empty: not built from a checkout
	Modified bool   `json:"modified"` // the checkout had changes
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

// BuildInfo tells what this program is.
func BuildInfo() Build {
	b := Build{Version: Version, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}
