package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// quantile gives the smallest value that a share p of all does not exceed.
func quantile(values []float64, p float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(0, min(len(sorted)-1, int(math.Ceil(p*float64(len(sorted))))-1))]
}

// slope gives by how much y grows while x grows by one: the line of least
// squares.
func slope(x, y []float64) float64 {
	var mx, my, sxy, sxx float64
	for i := range x {
		mx += x[i] / float64(len(x))
		my += y[i] / float64(len(y))
	}
	for i := range x {
		sxy += (x[i] - mx) * (y[i] - my)
		sxx += (x[i] - mx) * (x[i] - mx)
	}
	if sxx == 0 {
		return 0
	}
	return sxy / sxx
}

// resident gives the memory of a process that is in the machine's, and the
// most that it was, in bytes.
func resident(pid int) (now, most float64, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, fmt.Errorf("read the memory of the program: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) != 3 || f[2] != "kB" {
			continue
		}
		kB, err := strconv.ParseFloat(f[1], 64)
		if err != nil {
			return 0, 0, fmt.Errorf("read the memory of the program: %w", err)
		}
		switch f[0] {
		case "VmRSS:":
			now = kB * 1024
		case "VmHWM:":
			most = kB * 1024
		}
	}
	return now, most, nil
}

// busy gives the processor seconds of a process (proc(5): fields 14 and 15 of
// stat, in hundredths).
func busy(pid int) (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("read the processor time of the program: %w", err)
	}
	// The name in parentheses may hold blanks.
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	const user, system, hertz = 11, 12, 100
	if len(f) <= system {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(f))
	}
	var sum float64
	for _, i := range []int{user, system} {
		ticks, err := strconv.ParseFloat(f[i], 64)
		if err != nil {
			return 0, fmt.Errorf("read the processor time of the program: %w", err)
		}
		sum += ticks / hertz
	}
	return sum, nil
}

// machineBusy gives the processor seconds that all processes together spent
// (proc(5): the first line of /proc/stat, in hundredths).
func machineBusy() (float64, error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, fmt.Errorf("read the processor time of the machine: %w", err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	const idle, wait, steal, hertz = 3, 4, 7, 100
	var sum float64
	for i, f := range strings.Fields(line)[1:] {
		ticks, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return 0, fmt.Errorf("read the processor time of the machine: %w", err)
		}
		if i != idle && i != wait && i <= steal {
			sum += ticks / hertz
		}
	}
	return sum, nil
}

// folderSize gives the bytes of all files below dir. Files may come and go
// meanwhile.
func folderSize(dir string) (sum float64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return ignoreGone(err)
		}
		info, err := e.Info()
		if err != nil {
			return ignoreGone(err)
		}
		sum += float64(info.Size())
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("measure the data folder: %w", err)
	}
	return sum, nil
}

func ignoreGone(err error) error {
	if os.IsNotExist(err) {
		return nil
	}
	return err
}
