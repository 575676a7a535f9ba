package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"atalaya/internal/app"
	"atalaya/ledger"
	"atalaya/ledger/witness"
)

type ledgerCmd struct {
	Status     ledgerStatusCmd     `cmd:"" help:"Its key, its size, what was signed, and whether it takes records."`
	Show       ledgerShowCmd       `cmd:"" help:"Entries, with what a view opens of them."`
	Prove      ledgerProveCmd      `cmd:"" help:"Print the proof that an entry is in the ledger (C2SP tlog-proof)."`
	Export     ledgerExportCmd     `cmd:"" help:"Write what the public may have, for 'atalaya-verify check'."`
	Disclose   ledgerDiscloseCmd   `cmd:"" help:"Write what a view opens of some entries, with proofs, for 'atalaya-verify bundle'; itself an entry. Stop the program first."`
	Explain    ledgerExplainCmd    `cmd:"" help:"Let a ledger that takes nothing go on: two people sign why it is not what was signed, and that is an entry."`
	Succession ledgerSuccessionCmd `cmd:"" help:"Pass the ledger's signing key to the next administration: one person of each signs, and that is an entry."`
	Audit      ledgerAuditCmd      `cmd:"" help:"An overseer's random audit: commitment, seed, answer."`
	Cosign     ledgerCosignCmd     `cmd:"" help:"Ask the witnesses to cosign the newest checkpoint now; the program asks them by itself."`
	Scrub      ledgerScrubCmd      `cmd:"" help:"Read every file of the ledger, and name the damaged ones."`
}

// ledgerOf says whose ledger is meant.
type ledgerOf struct {
	Exercise bool   `help:"Of the exercise."`
	Data     string `type:"path" placeholder:"DIR" help:"Folder of the store (data)."`
}

// with opens the ledger for reading.
func (o ledgerOf) with(ctx context.Context, c *cli, std streams, do func(*app.Books) error) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	(&serveCmd{Exercise: o.Exercise, Data: o.Data}).apply(&cfg)
	b, err := app.OpenBooks(ctx, cfg, logger(cfg.Log, std.err))
	if err != nil {
		return err
	}
	return errors.Join(do(b), b.Close())
}

type ledgerStatusCmd struct {
	ledgerOf
	JSON bool `help:"Print one JSON object instead."`
}

// Run tells how the ledger does.
func (l *ledgerStatusCmd) Run(ctx context.Context, c *cli, std streams) error {
	return l.with(ctx, c, std, func(b *app.Books) error {
		s, err := b.Status(ctx)
		if err != nil {
			return err
		}
		if l.JSON {
			return printJSON(std, s)
		}
		mode := ""
		if s.Exercise {
			mode = " (EXERCISE)"
		}
		fmt.Fprintf(std.out, "key      %s%s\n", s.Key, mode)
		for _, f := range s.Former {
			fmt.Fprintf(std.out, "former   %s, up to %d entries; entry %d passes it on\n", f.Key, f.Until, f.Entry)
		}
		if s.Succeeding != "" {
			fmt.Fprintf(std.out, "next     %s: both sign until the witnesses have, see docs/succession.md\n", s.Succeeding)
		}
		if s.Refused != "" {
			fmt.Fprintf(std.out, "REFUSED  %s\n", s.Refused)
			return nil
		}
		fmt.Fprintf(std.out, "entries  %d\n", s.Entries)
		fmt.Fprintf(std.out, "signed   %d, root %s\n", s.Signed.Size, base64.StdEncoding.EncodeToString(s.Signed.Root[:]))
		fmt.Fprintf(std.out, "owed     %d\n", s.Owed)
		if s.Witnesses != nil {
			printWitnesses(std, *s.Witnesses)
		}
		if s.Outposts != nil {
			fmt.Fprintf(std.out, "outposts %s cosigns them\n", s.Outposts.Key)
			printHeads(std, s.Outposts.Heads)
		}
		return nil
	})
}

// printWitnesses says who cosigned what, and whether that is enough.
func printWitnesses(std streams, w witness.State) {
	held := "not held"
	if w.Held {
		held = "held"
	}
	if w.Since.IsZero() {
		fmt.Fprintln(std.out, "quorum   nobody was asked yet")
	} else {
		fmt.Fprintf(std.out, "quorum   %s since %s; the newest head that holds it has %d entries\n", held, w.Since.Format(time.RFC3339), w.Size)
	}
	for _, x := range w.Witnesses {
		fmt.Fprintf(std.out, "witness  %s: ", x.Name)
		if x.At.IsZero() {
			fmt.Fprint(std.out, "never signed")
		} else {
			fmt.Fprintf(std.out, "%d entries at %s", x.Size, x.At.Format(time.RFC3339))
		}
		if x.Error != "" {
			fmt.Fprintf(std.out, "; fails since %s: %s", x.Failing.Format(time.RFC3339), x.Error)
		}
		fmt.Fprintln(std.out)
	}
}

type ledgerCosignCmd struct {
	ledgerOf
	JSON bool `help:"Print one JSON object instead."`
}

// Run asks the witnesses.
func (l *ledgerCosignCmd) Run(ctx context.Context, c *cli, std streams) error {
	return l.with(ctx, c, std, func(b *app.Books) error {
		s, err := b.Cosign(ctx)
		if err != nil {
			return err
		}
		if l.JSON {
			err = printJSON(std, s)
		} else {
			printWitnesses(std, s)
		}
		if err == nil && !s.Held {
			err = errors.New("too few witnesses signed")
		}
		return err
	})
}

type ledgerShowCmd struct {
	ledgerOf
	Index *uint64 `arg:"" optional:"" help:"The entry, from 0; default: the newest ones."`
	Count int     `placeholder:"N" default:"20" help:"How many."`
	View  string  `placeholder:"VIEW" default:"court" help:"What is opened: public, ombudsman, court (everything), or liaison: and a neighbour's code."`
	JSON  bool    `help:"Print openings instead, a JSON object a line."`
}

// Run shows entries.
func (l *ledgerShowCmd) Run(ctx context.Context, c *cli, std streams) error {
	view, err := ledger.ParseView(l.View)
	if err != nil {
		return err
	}
	if l.Count < 1 {
		return errors.New("--count must be at least 1")
	}
	return l.with(ctx, c, std, func(b *app.Books) error {
		from := uint64(0)
		if l.Index != nil {
			from = *l.Index
		} else {
			s, err := b.Status(ctx)
			if err != nil {
				return err
			}
			from = s.Entries - min(s.Entries, uint64(l.Count))
		}
		all, err := b.Show(ctx, from, l.Count, view)
		if err != nil {
			return err
		}
		for _, e := range all {
			if l.JSON {
				if err := json.NewEncoder(std.out).Encode(e.Group); err != nil {
					return fmt.Errorf("write the answer: %w", err)
				}
				continue
			}
			fmt.Fprintf(std.out, "%d", e.Index)
			if e.Gone {
				fmt.Fprint(std.out, "  its content is not kept any more")
			}
			for _, f := range e.Group.Fields {
				if f.Name != ledger.FieldFormat {
					fmt.Fprintf(std.out, "  %s=%s", f.Name, plain(f.Value))
				}
			}
			fmt.Fprintln(std.out)
		}
		return nil
	})
}

// plain writes a value on one line.
func plain(v []byte) string {
	s := string(v)
	if !utf8.ValidString(s) {
		return "base64:" + base64.StdEncoding.EncodeToString(v)
	}
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '"' }) {
		return fmt.Sprintf("%q", s)
	}
	return s
}

type ledgerProveCmd struct {
	ledgerOf
	Index uint64 `arg:"" help:"The entry, from 0."`
}

// Run proves an entry.
func (l *ledgerProveCmd) Run(ctx context.Context, c *cli, std streams) error {
	return l.with(ctx, c, std, func(b *app.Books) error {
		p, err := b.Prove(ctx, l.Index)
		if err == nil {
			_, err = std.out.Write(p)
		}
		return err
	})
}

type ledgerExportCmd struct {
	ledgerOf
	Output string `short:"o" type:"path" required:"" placeholder:"DIR" help:"A new folder."`
}

// Run exports.
func (l *ledgerExportCmd) Run(ctx context.Context, c *cli, std streams) error {
	return l.with(ctx, c, std, func(b *app.Books) error {
		n, err := b.Export(ctx, l.Output)
		if err != nil {
			return err
		}
		fmt.Fprintf(std.out, "%d entries in %s\n", n, l.Output)
		return nil
	})
}

type ledgerDiscloseCmd struct {
	ledgerOf
	Entries []string `arg:"" help:"Which: numbers from 0, and stretches as in 12-20."`
	View    string   `placeholder:"VIEW" required:"" help:"What is opened: ombudsman, court (everything), liaison: and a neighbour's code, or public."`
	To      string   `placeholder:"WHO" required:"" help:"To whom it goes; the entry says it."`
	Output  string   `short:"o" type:"path" required:"" placeholder:"FILE" help:"A new file."`
}

// Run discloses.
func (l *ledgerDiscloseCmd) Run(ctx context.Context, c *cli, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	(&serveCmd{Exercise: l.Exercise, Data: l.Data}).apply(&cfg)
	view, err := ledger.ParseView(l.View)
	if err != nil {
		return err
	}
	d := app.Disclosure{View: view, Recipient: l.To, Output: l.Output}
	if d.Entries, err = entries(l.Entries); err != nil {
		return err
	}
	fields, err := app.Disclose(ctx, cfg, d, logger(cfg.Log, std.err))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%d fields in %s\n", fields, l.Output)
	return err
}

// entries reads numbers and stretches of them.
func entries(words []string) (out []uint64, err error) {
	const most = 1 << 20 // in one stretch; more are disclosed to nobody
	for _, w := range words {
		first, last, stretch := strings.Cut(w, "-")
		from, err := strconv.ParseUint(first, 10, 63)
		to := from
		if err == nil && stretch {
			to, err = strconv.ParseUint(last, 10, 63)
		}
		if err != nil || to < from || to-from > most {
			return nil, fmt.Errorf("%q is no entry: write a number, or a stretch as in 12-20", w)
		}
		for i := from; i <= to; i++ {
			out = append(out, i)
		}
	}
	return out, nil
}

type ledgerScrubCmd struct {
	ledgerOf
	JSON bool `help:"Print one JSON object instead."`
}

// Run scrubs.
func (l *ledgerScrubCmd) Run(ctx context.Context, c *cli, std streams) error {
	return l.with(ctx, c, std, func(b *app.Books) error {
		s, err := b.Scrub(ctx)
		if err != nil {
			return err
		}
		if l.JSON {
			if err := printJSON(std, s); err != nil {
				return err
			}
		} else {
			fmt.Fprintf(std.out, "%d entries, %d files, %d bytes\n", s.Entries, s.Files, s.Bytes)
			for _, d := range s.Damage {
				fmt.Fprintf(std.out, "%s: %s\n", d.File, d.Why)
			}
		}
		if len(s.Damage) > 0 {
			return fmt.Errorf("%d files are damaged: put them back from a copy", len(s.Damage))
		}
		return nil
	})
}
