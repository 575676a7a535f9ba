package main

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"atalaya/internal/app"
)

type replayCmd struct {
	Files  []string `arg:"" type:"existingfile" help:"Recordings: AIS, Beast, AVR, SBS, ASTERIX, NMEA, MAVLink tlog, pcap, or observations; gzip too."`
	Speed  string   `default:"max" help:"Seconds of the recording in one second, or max."`
	JSON   bool     `help:"Print tracks, findings and alerts, one JSON object a line."`
	Sensor string   `help:"The configured sensor that made the recordings."`
	Format string   `help:"Their format; recognised where not named."`

	Keep     bool   `help:"Keep everything in the store, which must have no past yet, so that the screens can replay it."`
	Exercise bool   `help:"In the exercise's store."`
	Data     string `type:"path" placeholder:"DIR" help:"Folder of the store (data)."`
}

// Run replays.
func (r *replayCmd) Run(ctx context.Context, c *cli, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if (r.Exercise || r.Data != "") && !r.Keep {
		return errors.New("--exercise and --data name a store, and a replay opens none: add --keep, or leave them out")
	}
	(&serveCmd{Exercise: r.Exercise, Data: r.Data}).apply(&cfg)
	rc := app.ReplayConfig{Files: r.Files, Sensor: r.Sensor, Format: r.Format, Keep: r.Keep, Log: logger(cfg.Log, std.err)}
	if r.Speed != "max" {
		rc.Speed, err = strconv.ParseFloat(r.Speed, 64)
		if err != nil || rc.Speed <= 0 {
			return fmt.Errorf("--speed %q: give a number above 0, or max", r.Speed)
		}
	}
	if r.JSON {
		rc.JSON = std.out
	}
	rc.Progress = bar(std.err, "replay", progressbar.OptionShowBytes(true))
	sum, err := app.Replay(ctx, cfg, rc)
	if err != nil {
		return err
	}
	if !r.JSON {
		if _, err := fmt.Fprintf(std.out,
			"%d observations (%d echoes) from %s to %s made %d tracks, of which %d live at the end; %d findings, %d alerts.\n",
			sum.Observations, sum.Echoes, sum.From.Format(time.RFC3339), sum.To.Format(time.RFC3339), sum.Born, sum.Living, sum.Findings, sum.Alerts); err != nil {
			return err
		}
	}
	return lastLine(std.err, sum)
}

// lastLine writes a summary as one JSON object.
func lastLine(w io.Writer, sum any) error {
	if err := json.NewEncoder(w).Encode(sum); err != nil {
		return fmt.Errorf("write the summary: %w", err)
	}
	return nil
}

// bar shows the progress on a terminal; elsewhere it is nil.
func bar(w io.Writer, what string, more ...progressbar.Option) func(done, total int64) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	b := progressbar.NewOptions64(-1, append(more, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what),
		progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionClearOnFinish())...)
	return func(done, total int64) {
		if total > 0 {
			b.ChangeMax64(total)
		}
		if err := b.Set64(done); err != nil {
			return // a bar that cannot be drawn is no reason to stop
		}
	}
}

type importCmd struct {
	Traffic importTrafficCmd `cmd:"" help:"Positions as the Python library traffic writes them (JSON, gzip too)."`
}

type importTrafficCmd struct {
	File string `arg:"" type:"existingfile" help:"The JSON file."`
	Out  string `short:"o" type:"path" placeholder:"FILE" help:"Recording to write; .gz packs it. Default: in this folder, named after the file and ending in .observations.jsonl.gz."`
}

// Run imports.
func (i *importTrafficCmd) Run(std streams) (err error) {
	if i.Out == "" {
		base := filepath.Base(i.File)
		base, _, _ = strings.Cut(base, ".")
		i.Out = base + ".observations.jsonl.gz"
	}
	f, err := os.OpenFile(i.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write the recording: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var w io.Writer = f
	if strings.HasSuffix(i.Out, ".gz") {
		z := gzip.NewWriter(f)
		defer func() { err = errors.Join(err, z.Close()) }()
		w = z
	}
	sum, err := app.ImportTraffic(i.File, w)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(std.out, i.Out); err != nil {
		return err
	}
	return lastLine(std.err, sum)
}
