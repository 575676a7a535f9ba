// Command atalaya watches borders: see 'atalaya --help'.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"atalaya/internal/app"
	"atalaya/store/tlog"
)

// cli is the command line.
type cli struct {
	Config string `short:"c" type:"path" placeholder:"FILE" help:"Configuration, a TOML file; 'atalaya config print' lists every key." env:"ATALAYA_CONFIG"`

	Serve      serveCmd      `cmd:"" help:"Run Atalaya: feeds in, the picture and alerts out."`
	Exercise   exerciseCmd   `cmd:"" help:"The simulated world alone, and its mountains."`
	Replay     replayCmd     `cmd:"" help:"Run recorded files through the same loop."`
	Explain    explainCmd    `cmd:"" help:"Say why something is believed, from the store; also while the program runs."`
	Import     importCmd     `cmd:"" help:"Turn other programs' recordings into a recording that replay reads."`
	Track      trackCmd      `cmd:"" help:"Run the tracker over a file of measurements, and write its tracks."`
	Decode     decodeCmd     `cmd:"" help:"Print the messages of a file or of standard input, one JSON object a line."`
	Terrain    terrainCmd    `cmd:"" help:"Elevation: what there is, and how high the ground is."`
	Ledger     ledgerCmd     `cmd:"" help:"The ledger: what was recorded before it was done, and its proofs; also while the program runs."`
	Witness    witnessCmd    `cmd:"" help:"A witness of other logs: cosigns what continues what it cosigned before (C2SP tlog-witness)."`
	Authority  authorityCmd  `cmd:"" help:"Who may observe what: drafted, signed by two people, revoked, in the program that runs."`
	Policy     policyCmd     `cmd:"" help:"Who may do what, which two people sign, in the program that runs."`
	Instrument instrumentCmd `cmd:"" help:"Sealed agreements, annexes, directives and contracts of supply."`
	Hold       holdCmd       `cmd:"" help:"Legal holds: chosen parts of the past are kept beyond their term, because two people ordered it."`
	Retention  retentionCmd  `cmd:"" help:"How long content is kept; two people sign every change."`
	Backup     backupCmd     `cmd:"" help:"Copy the store and the ledger into a new folder, also while the program runs."`
	Restore    restoreCmd    `cmd:"" help:"Put a backup back."`
	User       userCmd       `cmd:"" help:"People who may sign in."`
	Conf       configCmd     `cmd:"" name:"config" help:"The configuration."`
	Version    versionCmd    `cmd:"" help:"Say what this program is."`
	Completion completionCmd `cmd:"" help:"Print a completion script for bash, zsh or fish."`
}

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	tlog.LogTo(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// run parses the command line and runs its command. It gives the exit status:
// 0 done, 1 failed, 2 not understood.
func run(ctx context.Context, args []string, std streams) int {
	var c cli
	exited := -1
	parser, err := kong.New(&c,
		kong.Name("atalaya"),
		kong.Description("Atalaya watches borders with unarmed sensors, and lets others check how it was used."),
		kong.Writers(std.out, std.err),
		kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Bind(std, &c),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Vars{"version": app.Version},
	)
	if err != nil {
		fmt.Fprintln(std.err, "atalaya:", err)
		return 2
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	kctx, err := parser.Parse(args)
	if exited >= 0 { // --help has printed
		return exited
	}
	if err != nil {
		fmt.Fprintf(std.err, "atalaya: %v: see 'atalaya --help'\n", err)
		return 2
	}
	kctx.Bind(parser.Model)
	if err := kctx.Run(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(std.err, "atalaya:", err)
		return 1
	}
	return 0
}

// load reads the configuration that --config names.
func (c *cli) load() (app.Config, error) { return app.LoadConfig(c.Config) }

// logger makes the program's log, on standard error.
func logger(cfg app.LogConfig, w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Level)); err != nil {
		level = slog.LevelInfo // Check has refused every other word
	}
	opts := &slog.HandlerOptions{Level: level}
	if cfg.JSON {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}
