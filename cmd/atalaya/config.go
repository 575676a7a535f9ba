package main

import (
	"encoding/json"
	"fmt"

	"atalaya/internal/app"
)

type configCmd struct {
	Print configPrintCmd `cmd:"" help:"Print every key with its documentation and the value in force."`
}

type configPrintCmd struct{}

// Run prints the configuration.
func (*configPrintCmd) Run(c *cli, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	return cfg.Print(std.out)
}

type versionCmd struct {
	JSON bool `help:"One JSON object."`
}

// Run prints the version.
func (v *versionCmd) Run(std streams) error {
	b := app.BuildInfo()
	if v.JSON {
		return json.NewEncoder(std.out).Encode(b)
	}
	revision := b.Revision
	if revision == "" {
		revision = "unknown revision"
	}
	if b.Modified {
		revision += ", modified"
	}
	_, err := fmt.Fprintf(std.out, "atalaya %s (%s), %s, %s/%s\n", b.Version, revision, b.Go, b.OS, b.Arch)
	return err
}
