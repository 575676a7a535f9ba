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
	revision := ""
	if b.Revision != "" {
		revision = " (" + b.Revision + ")"
	}
	if b.Modified {
		revision += ", modified"
	}
	sum, err := app.Software()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "atalaya %s%s, %s, %s/%s\nSHA-256 of this program: %s\n", b.Version, revision, b.Go, b.OS, b.Arch, sum)
	return err
}
