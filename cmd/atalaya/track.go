package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/alecthomas/kong"

	"atalaya/internal/app"
	"atalaya/internal/trackfile"
)

type trackCmd struct {
	File string        `arg:"" default:"-" help:"Measurements, JSON lines (docs/tracking-files.md), or - for standard input."`
	Out  string        `short:"o" type:"path" placeholder:"FILE" help:"File of tracks; standard output where not named."`
	Lag  time.Duration `default:"10s" help:"How late a scan may come and still count in its place."`

	Tolerance float64 `placeholder:"METRES" help:"An error that is as bad as not to know a thing: what is too uncertain for that is not told."`
}

// Help is printed below the flags.
func (trackCmd) Help() string {
	return "--config names what is known beforehand of sensors and targets; without it the tracker adapts. " +
		"The last line on standard error counts."
}

// Run tracks.
func (r *trackCmd) Run(ctx context.Context, kctx *kong.Context, c *cli, std streams) (err error) {
	known, err := knowledge(kctx, c)
	if err != nil {
		return err
	}
	in := std.in
	if r.File != "-" {
		f, err := os.Open(r.File)
		if err != nil {
			return fmt.Errorf("track: %w", err)
		}
		defer f.Close()
		in = f
	}
	out := std.out
	if r.Out != "" {
		f, err := os.Create(r.Out)
		if err != nil {
			return fmt.Errorf("track: %w", err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out = f
	}
	// A small picture is tracked in milliseconds, of which collecting the garbage of
	// a heap of 4 MB takes a tenth. This is never written to, and so takes no memory.
	room := make([]byte, 32<<20)
	defer runtime.KeepAlive(room)
	sum, err := app.Track(ctx, app.TrackConfig{
		Measurements: in, Knowledge: known, Tracks: out, Lag: r.Lag, Tolerance: r.Tolerance,
		Bad: func(err error) { fmt.Fprintln(std.err, "atalaya: left out:", err) },
	})
	if err != nil {
		return fmt.Errorf("track: %w", err)
	}
	return sum.Write(std.err)
}

// knowledge reads the file that --config names on the command line; that of the
// environment is the program's.
func knowledge(kctx *kong.Context, c *cli) (trackfile.Knowledge, error) {
	for _, p := range kctx.Path {
		if p.Flag == nil || p.Flag.Name != "config" {
			continue
		}
		f, err := os.Open(c.Config)
		if err != nil {
			return trackfile.Knowledge{}, fmt.Errorf("track: %w", err)
		}
		defer f.Close()
		return trackfile.ReadKnowledge(f)
	}
	return trackfile.NoKnowledge(), nil
}
