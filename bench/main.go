// Command bench measures Atalaya beside its peers on the same input in the
// same run, and the running program as a user meets it, and prints one table.
//
// It is started by bench/run.sh, from the top of the source tree. The parts:
//
//	decode  messages a second beside gpsdecode, pyModeS, libasterix, pymavlink
//	live    from a datagram on the wire to the pixels in a browser
//	frames  frames a second of the map with 50,000 moving tracks
//	map     the same with 1,000 to 100,000, beside MapLibre and deck.gl
//	first   the page opened until 10,000 tracks are on the screen
//	page    memory of the page over half an hour
//	memory  resident memory, disk and processor over ten minutes
//	geo     geodesics beside GeodSolve and geod, shapes
//	fuse    the tracker
//	tracking  the tracker beside Stone Soup on the same measurement files
//	store   the history
//	ledger  an act through the gate, and records in bulk, beside bare Tessera
//	sight   viewsheds beside gdal_viewshed and r.viewshed
//	siting  1,000 viewsheds along a corridor, and where to put 5 to 40 sensors
//	optimism  by how much coarse elevation overstates what is seen
//
// All load stays on the loopback and ends with the part that made it.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// settings of one run.
type settings struct {
	binary  string // the built program
	data    string // folder of recorded data
	work    string // temporary folder
	runs    int    // of each process; the fastest counts
	window  time.Duration
	soak    time.Duration
	open    time.Duration // of the page
	report  time.Duration // how often each boat reports of what the page shows
	tracks  []int         // of the live part
	step    time.Duration // of the loop; 0: as configured
	fresh   bool          // no kept results of peers
	crowded []int         // targets of the crowds of the tracking part
	table   *table
	started time.Time
}

// part is one selectable part.
type part struct {
	name  string
	limit time.Duration // it is stopped then
	run   func(context.Context, *settings) error
}

func parts(soak, window, open time.Duration) []part {
	const patience = 4 * time.Minute
	return []part{
		{"decode", 8 * time.Minute, decode},
		{"live", 2 * (patience + window), live},
		{"frames", 2 * patience, frames},
		{"map", 6 * patience, crowds},
		{"first", patience, first},
		{"page", patience + open, paged},
		{"memory", patience + soak, memory},
		{"geo", patience, geodesy},
		{"fuse", patience, fusing},
		{"tracking", 8 * time.Hour, tracking},
		{"store", patience, storing},
		{"ledger", patience, accounting},
		{"sight", 20 * time.Minute, seeing},
		{"siting", 4 * patience, sited},
		{"optimism", patience, optimistic},
	}
}

func main() {
	// A started program ends with the thread that started it (program.go).
	runtime.LockOSThread()
	if len(os.Args) > 1 && os.Args[1] == inverseWord {
		out := bufio.NewWriter(os.Stdout)
		if err := errors.Join(inverses(os.Stdin, out), out.Flush()); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	s := &settings{binary: os.Getenv("ATALAYA_BIN"), data: os.Getenv("ATALAYA_DATA"), table: &table{}, started: time.Now()}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&s.runs, "runs", 3, "runs of each process; the fastest counts (of tracking: runs of a scenario, all count)")
	flags.DurationVar(&s.window, "window", time.Minute, "how long the live picture and the frames are watched")
	flags.DurationVar(&s.soak, "soak", 10*time.Minute, "how long memory and disk are watched")
	flags.DurationVar(&s.open, "open", 30*time.Minute, "how long the page is open while its memory is watched")
	flags.DurationVar(&s.report, "report", time.Second, "how often each boat reports in the parts first and page")
	flags.DurationVar(&s.step, "step", 0, "the program's loop.step, to try another (default as configured)")
	flags.BoolVar(&s.fresh, "fresh", false, "make the results of the tracking part's peers anew, also those that an earlier run kept")
	crowd := flags.String("crowd", "1000,10000,50000", "targets of the crowds of the tracking part")
	counts := flags.String("tracks", "1000,10000", "tracks of the live part")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "bench/run.sh [flags] [decode live frames map first page memory geo fuse tracking store ledger sight siting optimism]")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("command line: %w", err)
	}
	if s.tracks, err = numbers("tracks", *counts); err != nil {
		return err
	}
	if s.crowded, err = numbers("crowd", *crowd); err != nil {
		return err
	}
	if s.runs < 1 || s.window < 10*time.Second || s.soak < 30*time.Second || s.open < 90*time.Second || s.report < 100*time.Millisecond {
		return errors.New("at least one run, a window of 10 s, a soak of 30 s, a page open for 90 s and boats that report at most ten times a second are needed")
	}
	chosen, err := choose(parts(s.soak, s.window, s.open), flags.Args())
	if err != nil {
		return err
	}
	if s.work, err = os.MkdirTemp("", "atalaya-bench"); err != nil {
		return fmt.Errorf("make a temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.work)) }()
	defer func() { s.table.print(os.Stdout) }()
	s.table.machine(ctx)
	var failed []error
	for _, p := range chosen {
		s.say("%s", p.name)
		pctx, cancel := context.WithTimeout(ctx, p.limit)
		if err := p.run(pctx, s); err != nil {
			// The other parts are still worth their time.
			failed = append(failed, fmt.Errorf("%s: %w", p.name, err))
			s.say("%s failed: %v", p.name, err)
			s.table.note("%s FAILED: %s", p.name, strings.Join(strings.Fields(err.Error()), " "))
		}
		cancel()
		if ctx.Err() != nil {
			break
		}
	}
	s.table.note("the whole run took %s", time.Since(s.started).Round(time.Second))
	return errors.Join(failed...)
}

// numbers reads a flag that lists some.
func numbers(name, list string) (out []int, err error) {
	for word := range strings.SplitSeq(list, ",") {
		var n int
		if _, err := fmt.Sscan(word, &n); err != nil || n < 1 {
			return nil, fmt.Errorf("-%s %q: give numbers, such as 1000,10000", name, list)
		}
		out = append(out, n)
	}
	return out, nil
}

// choose gives the named parts, all where none is named.
func choose(all []part, names []string) ([]part, error) {
	if len(names) == 0 {
		return all, nil
	}
	var out []part
	var known []string
	for _, p := range all {
		known = append(known, p.name)
		if slices.Contains(names, p.name) {
			out = append(out, p)
		}
	}
	for _, n := range names {
		if !slices.Contains(known, n) {
			return nil, fmt.Errorf("part %q is unknown: choose of %s", n, strings.Join(known, ", "))
		}
	}
	return out, nil
}

// say tells what is being done.
func (s *settings) say(format string, a ...any) {
	at := time.Since(s.started).Round(time.Second)
	fmt.Fprintf(os.Stderr, "[%02d:%02d] %s\n", int(at.Minutes()), int(at.Seconds())%60, fmt.Sprintf(format, a...))
}
