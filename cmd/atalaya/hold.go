package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"atalaya/desk"
	"atalaya/desk/authority"
	"atalaya/desk/holds"
	"atalaya/internal/app"
	"atalaya/track"
	"atalaya/web"
)

type holdCmd struct {
	Order holdOrderCmd `cmd:"" help:"Order a hold, for two people to sign."`
	Sign  holdSignCmd  `cmd:"" help:"Sign an order with this device's key. With the second person's signature what it chooses is kept."`
	Lift  holdLiftCmd  `cmd:"" help:"Sign that a hold ends. With the second person's signature what it kept is destroyed at once."`
	List  holdListCmd  `cmd:"" help:"All of them, from the store; also while the program runs."`
	Read  holdReadCmd  `cmd:"" help:"Write what a hold keeps to a file, one JSON object a line; itself an entry. Stop the program first."`
}

// holdsAPI is where holds are.
const holdsAPI = "/api/ledger/holds"

type holdOrderCmd struct {
	signedIn
	Case   string    `placeholder:"C1" help:"The tracks on which a case and its alerts rest."`
	Alert  string    `placeholder:"ID" help:"The track of an alert, a day before and after it."`
	Track  []string  `placeholder:"T12" help:"A track, from --from to --to; several times."`
	Class  []string  `placeholder:"CLASS" help:"All of input, event, track or finding, from --from to --to; several times."`
	From   time.Time `format:"2006-01-02T15:04:05Z07:00" placeholder:"TIME" help:"As 2026-11-23T00:00:00Z."`
	To     time.Time `format:"2006-01-02T15:04:05Z07:00" placeholder:"TIME" help:"The end, not included; at most 31 days later. What comes is held by a later hold."`
	Reason string    `required:"" placeholder:"TEXT" help:"Which court, which request. Committed in the ledger."`
}

// Run orders.
func (h *holdOrderCmd) Run(ctx context.Context, c *cli, std streams) error {
	w := holds.Wish{Case: h.Case, Alert: desk.AlertID(h.Alert), Reason: h.Reason}
	for _, t := range h.Track {
		n, err := strconv.ParseUint(strings.TrimPrefix(strings.ToUpper(t), "T"), 10, 53)
		if err != nil || n == 0 {
			return fmt.Errorf("%q is no track: write it as T12 or 12", t)
		}
		w.Spans = append(w.Spans, holds.Span{Track: track.ID(n), From: h.From, To: h.To})
	}
	for _, class := range h.Class {
		w.Spans = append(w.Spans, holds.Span{Class: class, From: h.From, To: h.To})
	}
	return h.with(ctx, c, std, func(ctx context.Context, x *client) error {
		var got holds.Hold
		if err := x.call(ctx, http.MethodPost, holdsAPI, w, &got); err != nil {
			return err
		}
		return tellHolds(std, h.JSON, got)
	})
}

type holdSignCmd struct {
	signedIn
	keyFile
	yes
	Name string `arg:"" help:"As H1."`
}

// Run signs what is shown, and nothing else that the program may give.
func (h *holdSignCmd) Run(ctx context.Context, c *cli, std streams) error {
	k, err := h.read()
	if err != nil {
		return err
	}
	return h.with(ctx, c, std, func(ctx context.Context, x *client) error {
		got, err := x.hold(ctx, h.Name)
		if err != nil {
			return err
		}
		text := got.Text()
		fmt.Fprint(std.err, text)
		if err := h.ask(x, "Sign that?"); err != nil {
			return err
		}
		pen := k.pen(authority.ApprovalText(holds.KindHold, holds.KindHold+"/"+h.Name, authority.Hash(text)))
		if err := x.call(ctx, http.MethodPost, below(holdsAPI, h.Name)+"/sign", web.Signing{Pen: pen}, &got); err != nil {
			return err
		}
		return tellHolds(std, h.JSON, got)
	})
}

type holdLiftCmd struct {
	signedIn
	keyFile
	yes
	Name   string `arg:"" help:"As H1."`
	Reason string `placeholder:"TEXT" help:"Why; who signs second may leave it out."`
}

// Run lifts.
func (h *holdLiftCmd) Run(ctx context.Context, c *cli, std streams) error {
	k, err := h.read()
	if err != nil {
		return err
	}
	return h.with(ctx, c, std, func(ctx context.Context, x *client) error {
		got, err := x.hold(ctx, h.Name)
		if err != nil {
			return err
		}
		reason := h.Reason
		if reason == "" {
			reason = got.LiftReason
		}
		fmt.Fprintf(std.err, "%sis lifted: %s\n", got.Text(), reason)
		if err := h.ask(x, "Sign that, and have it destroyed?"); err != nil {
			return err
		}
		pen := k.pen(authority.ApprovalText(holds.KindLift, holds.KindLift+"/"+h.Name, got.LiftContent(reason)))
		if err := x.call(ctx, http.MethodPost, below(holdsAPI, h.Name)+"/lift", web.LiftWish{Signing: web.Signing{Pen: pen}, Reason: reason}, &got); err != nil {
			return err
		}
		return tellHolds(std, h.JSON, got)
	})
}

// hold gives a hold, where its content is that of its text.
func (x *client) hold(ctx context.Context, name string) (holds.Hold, error) {
	var all web.HoldList
	if err := x.call(ctx, http.MethodGet, holdsAPI, nil, &all); err != nil {
		return holds.Hold{}, err
	}
	for _, h := range all.Holds {
		if h.ID != name {
			continue
		}
		if authority.Hash(h.Text()) != h.Content {
			return h, fmt.Errorf("what is to be signed is not the text of %s: sign nothing, and tell an administrator", name)
		}
		return h, nil
	}
	return holds.Hold{}, fmt.Errorf("there is no hold %q: look at 'atalaya hold list'", name)
}

type holdListCmd struct {
	ledgerOf
	JSON bool `help:"Print one JSON object a line instead."`
}

// Run lists.
func (h *holdListCmd) Run(ctx context.Context, c *cli, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	(&serveCmd{Exercise: h.Exercise, Data: h.Data}).apply(&cfg)
	all, err := app.Holds(ctx, cfg, logger(cfg.Log, std.err))
	if err != nil {
		return err
	}
	return tellHolds(std, h.JSON, all...)
}

// tellHolds prints holds as they stand, a line each.
func tellHolds(std streams, asJSON bool, all ...holds.Hold) error {
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	for _, h := range all {
		if asJSON {
			if err := printJSON(std, h); err != nil {
				return err
			}
			continue
		}
		what := ""
		if h.State == holds.InForce {
			n := uint64(0)
			for _, k := range h.Items {
				n += k
			}
			what = fmt.Sprintf("%d pieces of %s to %s; ", n, h.First, h.Last)
			if len(h.LiftSigned) > 0 {
				what += "its lift is signed by " + signers(h.LiftSigned) + "; "
			}
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%ssigned by %s\n", h.ID, h.State, h.Reason, what, signers(h.Signed))
	}
	return w.Flush()
}

type holdReadCmd struct {
	ledgerOf
	Name   string `arg:"" help:"As H1."`
	Output string `short:"o" type:"path" required:"" placeholder:"FILE" help:"A new file. It is content in clear."`
}

// Run writes what is held.
func (h *holdReadCmd) Run(ctx context.Context, c *cli, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	(&serveCmd{Exercise: h.Exercise, Data: h.Data}).apply(&cfg)
	f, err := os.OpenFile(h.Output, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write what is held: %w", err)
	}
	w := bufio.NewWriter(f)
	enc := json.NewEncoder(w)
	err = app.ReadHold(ctx, cfg, h.Name, logger(cfg.Log, std.err), func(v any) error { return enc.Encode(v) })
	if err = errors.Join(err, w.Flush(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(h.Output))
	}
	return nil
}
