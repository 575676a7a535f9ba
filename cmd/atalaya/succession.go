package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"atalaya/internal/app"
)

type ledgerSuccessionCmd struct {
	Write ledgerSuccessionWriteCmd `cmd:"" help:"Make the next signing key, not yet in force, and write what two people are to sign."`
	Sign  ledgerSuccessionSignCmd  `cmd:"" help:"Sign it for one of the two administrations, with the key of a device; needs nothing but the file."`
	Enter ledgerSuccessionEnterCmd `cmd:"" help:"Make it an entry: both keys sign, the witnesses do, and the new key is in force. Stop the program first."`
}

type ledgerSuccessionWriteCmd struct {
	ledgerOf
	Why    string `required:"" placeholder:"TEXT" help:"Why, in one line; everybody will read it."`
	Output string `short:"o" required:"" type:"path" placeholder:"FILE" help:"A new file."`
}

// Run writes a succession.
func (l *ledgerSuccessionWriteCmd) Run(ctx context.Context, c *cli, std streams) error {
	return l.with(ctx, c, std, func(b *app.Books) error {
		e, err := b.Succeed(ctx, l.Why)
		if err != nil {
			return err
		}
		if err := writeSuccession(l.Output, os.O_EXCL, e); err != nil {
			return err
		}
		_, err = fmt.Fprintf(std.out, "%s: the new key, not yet in force, is\n%s\nGive it to the witnesses. Two people of different units sign the file, one of each administration.\n", l.Output, e.New)
		return err
	})
}

type ledgerSuccessionSignCmd struct {
	File   string `arg:"" type:"existingfile" help:"The succession; it gets the signature."`
	For    string `required:"" enum:"outgoing,incoming" placeholder:"outgoing|incoming" help:"For which administration."`
	Key    string `required:"" type:"existingfile" placeholder:"FILE" help:"Ed25519 key of the device, PEM."`
	Person string `required:"" placeholder:"NAME" help:"Who signs, by the pseudonym in the ledger."`
	Unit   string `required:"" placeholder:"NAME" help:"Their unit."`
	Device string `required:"" placeholder:"NAME" help:"Name of the device."`
}

// Run signs a succession.
func (l *ledgerSuccessionSignCmd) Run(std streams) error {
	e, err := readSuccession(l.File)
	if err != nil {
		return err
	}
	key, err := os.ReadFile(l.Key)
	if err != nil {
		return err
	}
	if err := e.Sign(l.For == "incoming", l.Person, l.Unit, l.Device, key); err != nil {
		return err
	}
	if err := writeSuccession(l.File, os.O_TRUNC, e); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s signed for the %s administration: %q\nfrom %s\nto   %s\n", l.Person, l.For, e.Why, e.Old, e.New)
	return err
}

type ledgerSuccessionEnterCmd struct {
	ledgerOf
	File string `arg:"" type:"existingfile" help:"The succession, signed by two."`
}

// Run enters a succession.
func (l *ledgerSuccessionEnterCmd) Run(ctx context.Context, c *cli, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	(&serveCmd{Exercise: l.Exercise, Data: l.Data}).apply(&cfg)
	e, err := readSuccession(l.File)
	if err != nil {
		return err
	}
	done, err := app.PassKeys(ctx, cfg, e, logger(cfg.Log, std.err))
	if err != nil {
		return err
	}
	if done.Waits != "" {
		return fmt.Errorf("the succession is entered, and both keys sign until it can be ended (%s): enter it again, or start the program, when that is mended", done.Waits)
	}
	_, err = fmt.Fprintf(std.out, "Entry %d records it. The key in force is\n%s\nThe former one is destroyed here. Make a backup now, and delete those of before: they hold it.\n", done.Entry, e.New)
	return err
}

func readSuccession(name string) (e app.Succession, err error) {
	text, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	if err != nil {
		return e, fmt.Errorf("read the succession %s: %w", name, err)
	}
	return e, nil
}

func writeSuccession(name string, how int, e app.Succession) error {
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return fmt.Errorf("write the succession: %w", err)
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|how, 0o600)
	if err != nil {
		return fmt.Errorf("write the succession: %w", err)
	}
	_, err = f.Write(append(text, '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}
