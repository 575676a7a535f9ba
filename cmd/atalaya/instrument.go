package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"atalaya/desk/instruments"
	"atalaya/internal/app"
)

type instrumentCmd struct {
	Seal instrumentSealCmd `cmd:"" help:"Seal an agreement, annex, directive or contract of supply: all but its text and title is public from now on. Stop the program first."`
	Open instrumentOpenCmd `cmd:"" help:"Open a sealed one: its title and what its text is checked with are public from now on. Stop the program first."`
	List instrumentListCmd `cmd:"" help:"All of them, and which are overdue; also while the program runs."`
	Text instrumentTextCmd `cmd:"" help:"Write the text of an open one to a file; also while the program runs."`
}

type instrumentSealCmd struct {
	ledgerOf
	File  string    `arg:"" type:"existingfile" help:"Its text: a file of at most 4 MiB."`
	Type  string    `required:"" enum:"agreement,annex,directive,supply" placeholder:"TYPE" help:"agreement, annex, directive or supply."`
	Title string    `required:"" placeholder:"TEXT" help:"For people; hidden until it is open."`
	Party []string  `required:"" sep:"none" placeholder:"NAME" help:"A party; several times."`
	Date  string    `required:"" placeholder:"2026-11-23" help:"Of the instrument."`
	By    string    `required:"" placeholder:"OFFICE" help:"Which office seals it."`
	Opens time.Time `required:"" format:"2006-01-02T15:04:05Z07:00" placeholder:"TIME" help:"When it is open at the latest, as 2027-11-23T00:00:00-04:00. It cannot be moved."`
}

// Run seals.
func (i *instrumentSealCmd) Run(ctx context.Context, c *cli, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	(&serveCmd{Exercise: i.Exercise, Data: i.Data}).apply(&cfg)
	f, err := os.Open(i.File)
	if err != nil {
		return fmt.Errorf("read the instrument: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(f, instruments.MaxDocument+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("read the instrument: %w", err)
	}
	got, err := app.SealInstrument(ctx, cfg, instruments.Wish{
		Type: instruments.Type(i.Type), Title: i.Title, Parties: i.Party, Date: i.Date, SealedBy: i.By, Opens: i.Opens, Text: text,
	}, logger(cfg.Log, std.err))
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%s is sealed until %s; commitment %s\n", got.ID, got.Opens.Format(time.RFC3339), got.Content)
	return nil
}

type instrumentOpenCmd struct {
	ledgerOf
	Name string `arg:"" help:"As I1."`
}

// Run opens.
func (i *instrumentOpenCmd) Run(ctx context.Context, c *cli, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	(&serveCmd{Exercise: i.Exercise, Data: i.Data}).apply(&cfg)
	got, err := app.OpenInstrument(ctx, cfg, i.Name, logger(cfg.Log, std.err))
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%s is open since %s; salt %s, SHA-256 of the text %s\n", got.ID, got.Opened.Format(time.RFC3339), got.Salt, got.Document)
	return nil
}

type instrumentListCmd struct {
	ledgerOf
	JSON bool `help:"Print one JSON object a line instead."`
}

// Run lists.
func (i *instrumentListCmd) Run(ctx context.Context, c *cli, std streams) error {
	return i.read(ctx, c, std, func(s *instruments.Service) error {
		all, err := s.List(ctx)
		if err != nil {
			return err
		}
		for _, x := range all {
			if i.JSON {
				if err := printJSON(std, x); err != nil {
					return err
				}
				continue
			}
			state := "sealed until " + x.Opens.Format(time.RFC3339)
			switch {
			case x.Overdue:
				state = "OVERDUE, was to open by " + x.Opens.Format(time.RFC3339)
			case !x.Opened.IsZero():
				state = "open since " + x.Opened.Format(time.RFC3339)
			}
			fmt.Fprintf(std.out, "%s\t%s\t%s\t%s\t%s\t%s\n", x.ID, x.Type, x.Date, strings.Join(x.Parties, ", "), x.SealedBy, state)
		}
		return nil
	})
}

// read opens the instruments for reading.
func (o ledgerOf) read(ctx context.Context, c *cli, std streams, do func(*instruments.Service) error) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	(&serveCmd{Exercise: o.Exercise, Data: o.Data}).apply(&cfg)
	return app.ReadInstruments(ctx, cfg, logger(cfg.Log, std.err), do)
}

type instrumentTextCmd struct {
	ledgerOf
	Name   string `arg:"" help:"As I1."`
	Output string `short:"o" type:"path" required:"" placeholder:"FILE" help:"A new file."`
}

// Run writes the text.
func (i *instrumentTextCmd) Run(ctx context.Context, c *cli, std streams) error {
	return i.read(ctx, c, std, func(s *instruments.Service) error {
		text, err := s.Text(ctx, i.Name)
		if err != nil {
			return err
		}
		if _, err := os.Lstat(i.Output); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there already: name a new file", i.Output)
		}
		if err := os.WriteFile(i.Output, text, 0o600); err != nil {
			return fmt.Errorf("write the text: %w", err)
		}
		return nil
	})
}
