package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"atalaya/desk/explain"
	"atalaya/internal/app"
	"atalaya/sensor"
	"atalaya/track"
)

type explainCmd struct {
	Track explainTrackCmd `cmd:"" help:"Say why a track is believed: from which observations, against which rivals, and what is no longer kept."`
}

type explainTrackCmd struct {
	ID       string   `arg:"" help:"The track: T12 or 12."`
	At       string   `placeholder:"TIME" help:"Until when, as 2026-03-01T12:30:00Z; default: the newest that is known."`
	For      duration `placeholder:"DURATION" default:"10m" help:"How long before."`
	Updates  int      `placeholder:"N" default:"20" help:"How many updates are listed, the newest; at most 1000."`
	Without  []string `placeholder:"SENSOR" sep:"none" help:"Replay what is kept without this sensor, and say what would have been believed and whether each alert would stand; again for a further one."`
	Lang     string   `placeholder:"es|en" enum:"es,en," default:"" help:"Language: es or en; default: of the environment."`
	JSON     bool     `help:"Print one JSON object instead."`
	Exercise bool     `help:"Of the exercise's store."`
	Data     string   `type:"path" placeholder:"DIR" help:"Folder of the store (data)."`
}

// Run explains.
func (e *explainTrackCmd) Run(ctx context.Context, c *cli, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	(&serveCmd{Exercise: e.Exercise, Data: e.Data}).apply(&cfg)
	q, err := e.query()
	if err != nil {
		return err
	}
	if len(e.Without) > 0 {
		return e.without(ctx, cfg, q, std)
	}
	a, err := app.Explain(ctx, cfg, q, logger(cfg.Log, std.err))
	if err != nil {
		return err
	}
	if e.JSON {
		return printJSON(std, a)
	}
	return a.Write(std.out, language(e.Lang))
}

// without replays without sensors.
func (e *explainTrackCmd) without(ctx context.Context, cfg app.Config, q explain.Query, std streams) error {
	w := app.WithoutConfig{Query: q, Log: logger(cfg.Log, std.err), Progress: bar(std.err, "replay")}
	for _, name := range e.Without {
		w.Sensors = append(w.Sensors, sensor.ID(name))
	}
	a, err := app.ExplainWithout(ctx, cfg, w)
	if err != nil {
		return err
	}
	if e.JSON {
		return printJSON(std, a)
	}
	return a.Write(std.out, language(e.Lang))
}

func (e *explainTrackCmd) query() (q explain.Query, err error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(strings.ToUpper(e.ID), "T"), 10, 53)
	if err != nil || n == 0 {
		return q, fmt.Errorf("%q is no track: write it as T12 or 12", e.ID)
	}
	q = explain.Query{Track: track.ID(n), For: e.For, Updates: e.Updates}
	if e.At != "" {
		if q.At, err = time.Parse(time.RFC3339Nano, e.At); err != nil {
			return q, fmt.Errorf("--at %q is no time: write it as 2026-03-01T12:30:00Z", e.At)
		}
	}
	if q.For <= 0 || q.For > explain.LongestFor {
		return q, fmt.Errorf("--for %s: give more than 0s, and at most 24h", q.For)
	}
	if q.Updates < 1 || q.Updates > explain.MostUpdates {
		return q, fmt.Errorf("--updates %d: give 1 to %d", q.Updates, explain.MostUpdates)
	}
	return q, nil
}

// language is the one asked for, or that of the environment.
func language(asked string) explain.Lang {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if asked == "" {
			asked = os.Getenv(name)
		}
	}
	if strings.HasPrefix(asked, "es") {
		return explain.ES
	}
	return explain.EN
}

func printJSON(std streams, v any) error {
	enc := json.NewEncoder(std.out)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}
