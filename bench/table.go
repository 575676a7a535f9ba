package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"unicode/utf8"
)

// table is what a run prints at its end.
type table struct {
	rows  [][columns]string
	notes []string
}

const columns = 5

// row adds a line: what was measured, our figure, the peer's or the bar, their
// ratio or whether the bar holds, and the command.
func (t *table) row(what, ours, peer, ratio, command string) {
	t.rows = append(t.rows, [columns]string{what, ours, peer, ratio, command})
}

func (t *table) note(format string, a ...any) { t.notes = append(t.notes, fmt.Sprintf(format, a...)) }

func (t *table) print(w io.Writer) {
	lines := append([][columns]string{{"what", "ours", "peer or bar", "ratio", "command"}}, t.rows...)
	var width [columns]int
	for _, l := range lines {
		for i, c := range l {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	for n, l := range lines {
		for i, c := range l {
			fmt.Fprintf(w, "| %s%s ", c, strings.Repeat(" ", width[i]-utf8.RuneCountInString(c)))
		}
		fmt.Fprintln(w, "|")
		if n == 0 {
			for i := range l {
				fmt.Fprintf(w, "|%s", strings.Repeat("-", width[i]+2))
			}
			fmt.Fprintln(w, "|")
		}
	}
	fmt.Fprintln(w)
	for _, n := range t.notes {
		fmt.Fprintf(w, "- %s\n", n)
	}
}

// machine notes on what and beside what the figures were measured.
func (t *table) machine(ctx context.Context) {
	t.note("%s, %d processors, %s; load average at the start %s", model(), runtime.NumCPU(), runtime.Version(), loadAverage())
	for _, c := range [][]string{
		{"gpsdecode", "-V"},
		{python, "-c", "import pyModeS, importlib.metadata as m; print(', '.join(n + ' ' + m.version(n) for n in ('pyModeS', 'libasterix', 'pymavlink')))"},
		{chromium(), "--version"},
	} {
		out, err := exec.CommandContext(ctx, c[0], c[1:]...).CombinedOutput()
		if err != nil {
			t.note("%s: %v: run 'make peers'", c[0], err)
			continue
		}
		// The last line: Debian's chromium complains before it answers.
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		t.note("%s", lines[len(lines)-1])
	}
}

func model() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if name, ok := strings.CutPrefix(sc.Text(), "model name"); ok {
			return strings.Trim(name, "\t :")
		}
	}
	return "unknown processor"
}

func loadAverage() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(b))[:3], " ")
}

// number prints with thousands apart.
func number(v float64) string {
	switch {
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	digits := fmt.Sprintf("%.0f", v)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func megabytes(bytes float64) string { return number(bytes/1e6) + " MB" }

// holds says whether a figure is below its bar.
func holds(figure, bar float64) string {
	if figure < bar {
		return "holds"
	}
	return "MISSED"
}
