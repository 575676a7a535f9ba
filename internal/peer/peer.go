// Package peer finds what tests compare Atalaya with: other people's programs
// and recorded data. In CI a missing peer fails the test; elsewhere it skips
// with the command that installs it.
package peer

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// Root is the top of the source tree.
func Root(t testing.TB) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("the source tree cannot be found: no caller information")
	}
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// Python gives the interpreter of the virtual environment with the Python
// peers (requirements.txt and alone.txt in tools/peers).
func Python(t testing.TB) string {
	t.Helper()
	p := filepath.Join(Root(t), ".venv", "bin", "python")
	if _, err := os.Stat(p); err != nil {
		missing(t, p)
	}
	return p
}

// DebianPython gives Debian's own interpreter, which has the modules of Debian's
// python3-* packages (GDAL's osgeo), and makes sure that it has this one.
func DebianPython(t testing.TB, module string) string {
	t.Helper()
	const p = "/usr/bin/python3"
	if err := exec.CommandContext(t.Context(), p, "-c", "import "+module).Run(); err != nil {
		missing(t, "Python module "+module+" of "+p)
	}
	return p
}

// Command gives the path of a program from Debian (tools/peers/debian.txt).
func Command(t testing.TB, name string) string {
	t.Helper()
	p, err := exec.LookPath(name)
	if err != nil {
		missing(t, name)
	}
	return p
}

// Data gives the path of a file or folder of the recorded data, which lies in
// ATALAYA_DATA (default: ../shared/data beside the source tree).
func Data(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("ATALAYA_DATA")
	if dir == "" {
		dir = filepath.Join(Root(t), "..", "shared", "data")
	}
	p := filepath.Join(dir, name)
	if _, err := os.Stat(p); err != nil {
		missing(t, p)
	}
	return p
}

// Interface gives the folder of the user interface, with what it needs
// installed (make ui).
func Interface(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(Root(t), "web", "ui")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "vite")); err != nil {
		missing(t, "what the user interface needs ('make ui') in "+dir)
	}
	return dir
}

func missing(t testing.TB, what string) {
	t.Helper()
	const help = "%s is missing: run 'make peers', and set ATALAYA_DATA to the folder of recorded data"
	if os.Getenv("CI") == "true" {
		t.Fatalf(help, what)
	}
	t.Skipf(help, what)
}

// Unshare gives the path of util-linux's unshare, and makes sure that it can
// make a user and mount namespace here.
func Unshare(t testing.TB) string {
	t.Helper()
	p := Command(t, "unshare")
	if out, err := exec.CommandContext(t.Context(), p, "-rm", "true").CombinedOutput(); err != nil {
		missing(t, "the right to run 'unshare -rm' ("+string(out)+")")
	}
	return p
}
