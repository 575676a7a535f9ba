package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"atalaya/internal/app"
	"atalaya/ledger/witness"
)

type witnessCmd struct {
	Serve  witnessServeCmd  `cmd:"" default:"withargs" help:"Run the witness; what 'atalaya witness' does."`
	Key    witnessKeyCmd    `cmd:"" help:"Print its verifier key, for those who rely on it; make it the first time."`
	Status witnessStatusCmd `cmd:"" help:"What it cosigned last of each log, and what it refused; also while it runs."`
}

// witnessOf says which witness is meant.
type witnessOf struct {
	Dir string `type:"path" default:"witness" placeholder:"DIR" help:"Folder with its key and what it cosigned (witness). Never put an older copy back."`
}

type witnessServeCmd struct {
	witnessOf
	Name   string `placeholder:"NAME" help:"What it is called, as in example.org/witness; the first time only."`
	Logs   string `type:"path" required:"" placeholder:"FILE" help:"Whose logs: lines 'log VKEY'."`
	Listen string `default:"127.0.0.1:7380" placeholder:"ADDR" help:"Where logs ask (127.0.0.1:7380)."`
}

// Run serves until it is told to stop.
func (w *witnessServeCmd) Run(ctx context.Context, c *cli, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	return app.RunWitness(ctx, app.WitnessOptions{Dir: w.Dir, Name: w.Name, Logs: w.Logs, Listen: w.Listen}, std.out, logger(cfg.Log, std.err))
}

type witnessKeyCmd struct {
	witnessOf
	Name string `placeholder:"NAME" help:"What it is called, as in example.org/witness; the first time only."`
}

// Run prints the key.
func (w *witnessKeyCmd) Run(std streams) error {
	key, err := app.WitnessKey(w.Dir, w.Name)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(std.out, key)
	return err
}

type witnessStatusCmd struct {
	witnessOf
	JSON bool `help:"Print one JSON list instead."`
}

// Run tells what was cosigned.
func (w *witnessStatusCmd) Run(std streams) error {
	all, err := app.WitnessList(w.Dir)
	if err != nil {
		return err
	}
	if w.JSON {
		return printJSON(std, all)
	}
	printHeads(std, all)
	return nil
}

// printHeads says what was cosigned last of each log.
func printHeads(std streams, all []witness.Watched) {
	for _, l := range all {
		fmt.Fprintf(std.out, "%s  %d entries, root %s, at %s\n", l.Origin, l.Size, base64.StdEncoding.EncodeToString(l.Root[:]), l.At.Format(time.RFC3339))
		for _, r := range l.Refused {
			fmt.Fprintf(std.out, "  REFUSED  %s\n", r)
		}
	}
}
