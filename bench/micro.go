package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"atalaya/geo"
)

// inverseWord makes this program solve inverse geodesic problems from standard
// input to standard output, as GeodSolve -i and geod -I do.
const inverseWord = "inverse"

// inverses reads lines of two positions in degrees and writes the azimuths at
// both ends, degrees, and the distance, m.
func inverses(in io.Reader, out *bufio.Writer) error {
	var line []byte
	for sc := bufio.NewScanner(in); sc.Scan(); {
		var v [4]float64
		n := 0
		for f := range strings.FieldsSeq(sc.Text()) {
			x, err := strconv.ParseFloat(f, 64)
			if err != nil || n == len(v) {
				return fmt.Errorf("%q is no pair of positions", sc.Text())
			}
			v[n] = x
			n++
		}
		s, a, b := geo.Inverse(geo.Position{Lat: v[0], Lon: v[1]}, geo.Position{Lat: v[2], Lon: v[3]})
		line = strconv.AppendFloat(line[:0], a, 'f', 10, 64)
		line = strconv.AppendFloat(append(line, ' '), b, 'f', 10, 64)
		line = strconv.AppendFloat(append(line, ' '), s, 'f', 6, 64)
		if _, err := out.Write(append(line, '\n')); err != nil {
			return fmt.Errorf("write a distance: %w", err)
		}
	}
	return nil
}

// geodesy measures the inverse problem beside GeographicLib and PROJ, whole
// processes with text in and out, and our shapes by themselves.
func geodesy(ctx context.Context, s *settings) error {
	const pairs = 200_000
	random := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // an input, no secret
	var b []byte
	for range pairs {
		b = fmt.Appendf(b, "%.9f %.9f %.9f %.9f\n", random.Float64()*180-90, random.Float64()*360-180, random.Float64()*180-90, random.Float64()*360-180)
	}
	input, err := s.file("pairs.txt", b)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	solve := func(args ...string) func() (outcome, error) {
		return func() (outcome, error) {
			f, err := os.Open(input)
			if err != nil {
				return outcome{}, fmt.Errorf("read the input: %w", err)
			}
			defer f.Close()
			cmd := exec.CommandContext(ctx, args[0], args[1:]...)
			cmd.Stdin = f
			return timed(cmd, func([]byte) (int, error) { return pairs, nil })
		}
	}
	var errs []error
	for _, p := range [][]string{
		{"GeodSolve", "-i", "-p", "6"},
		{"geod", "-I", "+ellps=WGS84", "-f", "%.10f", "-F", "%.6f"},
	} {
		_, _, err := s.beside("geodesic, inverse, beside "+p[0], "pairs/s", "bin/bench inverse; "+strings.Join(p, " "), solve(self, inverseWord), solve(p...))
		errs = append(errs, err)
	}
	return errors.Join(append(errs, s.benchmarks(ctx, "./geo", "Inverse/90km|Direct|Plane|Shapes/(Contains|NearestNear)/1000$"))...)
}

// fusing runs the tracker's benchmarks.
func fusing(ctx context.Context, s *settings) error {
	s.table.note("tracker: one operation of BenchmarkCooperative is a second of that many tracks at 1 Hz, of BenchmarkScan a radar's turn over that many boats")
	return s.benchmarks(ctx, "./fuse", "Cooperative|Scan")
}

// storing runs the history's benchmarks.
func storing(ctx context.Context, s *settings) error {
	s.table.note("history: one operation of BenchmarkAppend is a step of 250 ms with that many tracks at 1 Hz, written and synced")
	return s.benchmarks(ctx, "./store/sqlite", "Append")
}

// accounting runs the ledger's benchmarks.
func accounting(ctx context.Context, s *settings) error {
	s.table.note("ledger: BenchmarkAct is one act after the other, gated is from the call to the beginning of the act, whole until its outcome is stored, tessera one entry appended to bare Tessera in between; ratio is gated over tessera, medians. BenchmarkBulk is records noted in batches of 2048")
	return s.benchmarks(ctx, "./desk/gate", "Act|Bulk")
}

// benchmarks runs 'go test -bench' and adds a row for each of its lines.
func (s *settings) benchmarks(ctx context.Context, pkg, pattern string) error {
	s.say("go test -bench %s %s", pattern, pkg)
	goTool := os.Getenv("GO")
	if goTool == "" {
		goTool = "go"
	}
	args := []string{"test", "-run", "^$", "-bench", pattern, "-benchtime", time.Second.String(), "-timeout", "4m", pkg}
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, goTool, args...)
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, tail(out.Bytes()))
	}
	n := 0
	for line := range strings.Lines(out.String()) {
		name, figures, ok := benchmarkLine(line)
		if !ok {
			continue
		}
		n++
		s.table.row(pkg+" "+name, figures, "", "", "go test -bench . "+pkg)
	}
	if n == 0 {
		return fmt.Errorf("%s has no benchmark %s any more", pkg, pattern)
	}
	return nil
}

// benchmarkLine reads a line such as
//
//	BenchmarkDirect-2   3184224   376.2 ns/op   0 B/op   0 allocs/op
func benchmarkLine(line string) (name, figures string, ok bool) {
	f := strings.Fields(line)
	if len(f) < 4 || !strings.HasPrefix(f[0], "Benchmark") || len(f)%2 != 0 {
		return "", "", false
	}
	name = strings.TrimPrefix(f[0], "Benchmark")
	if i := strings.LastIndexByte(name, '-'); i > 0 {
		name = name[:i]
	}
	var parts []string
	for i := 2; i+1 < len(f); i += 2 {
		value, err := strconv.ParseFloat(f[i], 64)
		if err != nil {
			return "", "", false
		}
		switch unit := f[i+1]; unit {
		case "ns/op":
			parts = append(parts, perOperation(value))
		case "B/op", "MB/s":
		default:
			parts = append(parts, number(value)+" "+unit)
		}
	}
	return name, strings.Join(parts, ", "), true
}

func perOperation(ns float64) string {
	switch {
	case ns >= 1e6:
		return number(ns/1e6) + " ms/op"
	case ns >= 1e3:
		return number(ns/1e3) + " us/op"
	}
	return number(ns) + " ns/op"
}
