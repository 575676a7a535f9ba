package main

import (
	"context"
	"fmt"
	"net/http"
	"text/tabwriter"
	"time"

	"atalaya/desk/authority"
	"atalaya/desk/terms"
	"atalaya/web"
)

type retentionCmd struct {
	Show retentionShowCmd `cmd:"" help:"How long each class of content is kept, and which change waits for two people."`
	Sign retentionSignCmd `cmd:"" help:"Sign the configured term of a class with this device's key. With the second person's signature it holds, from the next start on."`
}

// termsAPI is where terms are.
const termsAPI = "/api/retention"

type retentionShowCmd struct{ signedIn }

// Run shows.
func (s *retentionShowCmd) Run(ctx context.Context, c *cli, std streams) error {
	return s.with(ctx, c, std, func(ctx context.Context, x *client) error {
		var all web.TermList
		if err := x.call(ctx, http.MethodGet, termsAPI, nil, &all); err != nil {
			return err
		}
		return tellTerms(std, s.JSON, all.Terms...)
	})
}

func tellTerms(std streams, asJSON bool, all ...web.ShownTerm) error {
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	for _, t := range all {
		if asJSON {
			if err := printJSON(std, t); err != nil {
				return err
			}
			continue
		}
		waits := ""
		if t.Wanted > 0 {
			waits = fmt.Sprintf("%d days are configured, signed by %s", t.Wanted, signers(t.Signed))
		}
		fmt.Fprintf(w, "%s\t%d days\tsince %s\t%s\n", t.Class, t.Days, t.Since.Format(time.RFC3339), waits)
	}
	return w.Flush()
}

type retentionSignCmd struct {
	signedIn
	keyFile
	yes
	Class string `arg:"" help:"As track."`
	Days  int    `required:"" placeholder:"DAYS" help:"The term that you sign."`
}

// Run signs the term that the person names, and nothing else that the program
// may give.
func (r *retentionSignCmd) Run(ctx context.Context, c *cli, std streams) error {
	k, err := r.read()
	if err != nil {
		return err
	}
	return r.with(ctx, c, std, func(ctx context.Context, x *client) error {
		var all web.TermList
		if err := x.call(ctx, http.MethodGet, termsAPI, nil, &all); err != nil {
			return err
		}
		for _, t := range all.Terms {
			if t.Class != r.Class {
				continue
			}
			if t.Wanted != r.Days {
				return fmt.Errorf("class %s is kept for %d days, and %d days are not configured: look at 'atalaya retention show'", t.Class, t.Days, r.Days)
			}
			if err := r.ask(x, fmt.Sprintf("Keep class %s for %d days and not for %d?", t.Class, t.Wanted, t.Days)); err != nil {
				return err
			}
			pen := k.pen(authority.ApprovalText(terms.KindTerm, t.RecordID(), terms.Content(r.Class, r.Days)))
			if err := x.call(ctx, http.MethodPost, below(termsAPI, r.Class)+"/signatures", web.Signing{Pen: pen}, &t); err != nil {
				return err
			}
			return tellTerms(std, r.JSON, t)
		}
		return fmt.Errorf("there is no class %q with a term: look at 'atalaya retention show'", r.Class)
	})
}
