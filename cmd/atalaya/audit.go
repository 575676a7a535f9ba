package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"atalaya/desk/draws"
	"atalaya/desk/papers"
	"atalaya/internal/app"
)

type ledgerAuditCmd struct {
	Commit auditCommitCmd `cmd:"" help:"Enter what an overseer commits to. The entries up to this one are drawn from. Stop the program first."`
	Reveal auditRevealCmd `cmd:"" help:"Enter the overseer's seed; it selects the entries. Stop the program first."`
	Answer auditAnswerCmd `cmd:"" help:"Open the selected entries wholly, in a file for the overseer. Stop the program first."`
	Status auditStatusCmd `cmd:"" help:"The draws, and which are overdue; also while the program runs."`
}

type auditCommitCmd struct {
	ledgerOf
	Overseer string        `required:"" placeholder:"NAME" help:"Who draws; public."`
	Content  string        `required:"" placeholder:"HEX" help:"SHA-256 of 'atalaya.draw.v1', a line feed and the 32 bytes of the seed."`
	Draws    int           `required:"" placeholder:"K" help:"How many entries are drawn."`
	First    uint64        `placeholder:"N" help:"The first entry that may be drawn (0)."`
	Within   time.Duration `placeholder:"TIME" default:"72h" help:"The answer is due so long after the seed is revealed; whole hours."`
}

// Run enters a commitment.
func (a *auditCommitCmd) Run(ctx context.Context, c *cli, std streams) error {
	if a.Within%time.Hour != 0 {
		return fmt.Errorf("--within %s: whole hours are possible", a.Within)
	}
	return a.audited(ctx, c, std, func(s app.Audits) (draws.Draw, error) {
		return s.Commit(ctx, draws.Wish{Overseer: a.Overseer, Content: a.Content, First: a.First, Draws: a.Draws, Within: int(a.Within / time.Hour)})
	})
}

type auditRevealCmd struct {
	ledgerOf
	Name string `arg:"" help:"As D1."`
	Seed string `required:"" placeholder:"HEX" help:"The 32 bytes of the seed."`
}

// Run enters a seed.
func (a *auditRevealCmd) Run(ctx context.Context, c *cli, std streams) error {
	return a.audited(ctx, c, std, func(s app.Audits) (draws.Draw, error) {
		return s.Reveal(ctx, papers.Wish{}, a.Name, a.Seed)
	})
}

type auditAnswerCmd struct {
	ledgerOf
	Name   string `arg:"" help:"As D1."`
	Output string `short:"o" type:"path" required:"" placeholder:"FILE" help:"A new file."`
}

// Run answers.
func (a *auditAnswerCmd) Run(ctx context.Context, c *cli, std streams) error {
	return a.audited(ctx, c, std, func(s app.Audits) (draws.Draw, error) { return s.AnswerTo(ctx, a.Name, a.Output) })
}

// audited does something about a draw, and says how it stands then.
func (o ledgerOf) audited(ctx context.Context, c *cli, std streams, do func(app.Audits) (draws.Draw, error)) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	(&serveCmd{Exercise: o.Exercise, Data: o.Data}).apply(&cfg)
	var d draws.Draw
	err = app.WithAudits(ctx, cfg, logger(cfg.Log, std.err), func(s app.Audits) error {
		d, err = do(s)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(std.out, told(d))
	return nil
}

// told says how a draw stands.
func told(d draws.Draw) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\t%s\tdraws %d of the entries %d to %d\t", d.ID, d.Overseer, d.Draws, d.First, d.Entry)
	switch {
	case d.Seed == "":
		b.WriteString("waits for its seed")
	case d.Overdue:
		fmt.Fprintf(&b, "OVERDUE, was due by %s", d.Due.Format(time.RFC3339))
	case d.Answered.IsZero():
		fmt.Fprintf(&b, "due by %s", d.Due.Format(time.RFC3339))
	default:
		fmt.Fprintf(&b, "answered at %s", d.Answered.Format(time.RFC3339))
	}
	if len(d.Selected) > 0 {
		fmt.Fprintf(&b, "\tselected %s", strings.Trim(fmt.Sprint(d.Selected), "[]"))
	}
	if d.Gone > 0 {
		fmt.Fprintf(&b, "\tpurged before %d", d.Gone)
	}
	return b.String()
}

type auditStatusCmd struct {
	ledgerOf
	JSON bool `help:"Print one JSON object a line instead."`
}

// Run lists.
func (a *auditStatusCmd) Run(ctx context.Context, c *cli, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	(&serveCmd{Exercise: a.Exercise, Data: a.Data}).apply(&cfg)
	all, err := app.Draws(ctx, cfg, logger(cfg.Log, std.err))
	if err != nil {
		return err
	}
	for _, d := range all {
		if a.JSON {
			if err := printJSON(std, d); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintln(std.out, told(d))
	}
	return nil
}
