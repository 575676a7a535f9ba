package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"atalaya/internal/app"
)

type backupCmd struct {
	ledgerOf
	Dir            string `arg:"" type:"path" help:"A new folder."`
	WithoutHistory bool   `help:"Leave tracks and observations out: the ledger, alerts, cases and people alone, which is little."`
}

// Run makes a backup.
func (b *backupCmd) Run(ctx context.Context, c *cli, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	(&serveCmd{Exercise: b.Exercise, Data: b.Data}).apply(&cfg)
	made, err := app.MakeBackup(ctx, cfg, b.Dir, !b.WithoutHistory, logger(cfg.Log, std.err))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s: %d files, %d bytes, %d entries of the ledger. The key that opens it, seal.key, is not in it.\n", b.Dir, len(made.Files), made.Bytes(), made.Entries)
	return err
}

type restoreCmd struct {
	ledgerOf
	Dir string `arg:"" type:"existingdir" help:"The backup."`
	Key string `type:"existingfile" placeholder:"FILE" help:"Copy of seal.key; without it, it is in the data folder."`
}

// Run puts a backup back.
func (r *restoreCmd) Run(ctx context.Context, c *cli, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	(&serveCmd{Exercise: r.Exercise, Data: r.Data}).apply(&cfg)
	b, err := app.Restore(ctx, cfg, r.Dir, r.Key, logger(cfg.Log, std.err))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "The backup of %s is in place: %d files, %d entries of the ledger. Start the program; 'atalaya ledger status' tells whether two people must explain what came after.\n",
		b.Made.Format("2006-01-02 15:04:05 MST"), len(b.Files), b.Entries)
	return err
}

type ledgerExplainCmd struct {
	Write ledgerExplainWriteCmd `cmd:"" help:"Write what two people are to sign."`
	Sign  ledgerExplainSignCmd  `cmd:"" help:"Sign it with the key of a device; needs nothing but the file."`
	Enter ledgerExplainEnterCmd `cmd:"" help:"Make it an entry: the ledger goes on. Stop the program first."`
}

type ledgerExplainWriteCmd struct {
	ledgerOf
	Why    string `required:"" placeholder:"TEXT" help:"Why, in one line; everybody will read it."`
	Output string `short:"o" required:"" type:"path" placeholder:"FILE" help:"A new file."`
}

// Run writes an explanation.
func (l *ledgerExplainWriteCmd) Run(ctx context.Context, c *cli, std streams) error {
	return l.with(ctx, c, std, func(b *app.Books) error {
		e, err := b.Explain(ctx, l.Why)
		if err != nil {
			return err
		}
		if err := writeExplanation(l.Output, os.O_EXCL, e); err != nil {
			return err
		}
		_, err = fmt.Fprintf(std.out, "%s: %d entries were signed, %d are there. Two people of different units sign it.\n", l.Output, e.Lost.Size, e.Have.Size)
		return err
	})
}

type ledgerExplainSignCmd struct {
	File   string `arg:"" type:"existingfile" help:"The explanation; it gets the signature."`
	Key    string `required:"" type:"existingfile" placeholder:"FILE" help:"Ed25519 key of the device, PEM."`
	Person string `required:"" placeholder:"NAME" help:"Who signs, by the pseudonym in the ledger."`
	Unit   string `required:"" placeholder:"NAME" help:"Their unit."`
	Device string `required:"" placeholder:"NAME" help:"Name of the device."`
}

// Run signs an explanation.
func (l *ledgerExplainSignCmd) Run(std streams) error {
	e, err := readExplanation(l.File)
	if err != nil {
		return err
	}
	key, err := os.ReadFile(l.Key)
	if err != nil {
		return err
	}
	if err := e.Sign(l.Person, l.Unit, l.Device, key); err != nil {
		return err
	}
	if err := writeExplanation(l.File, os.O_TRUNC, e); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s signed: %q (%d entries were signed, the ledger goes on from %d)\n", l.Person, e.Why, e.Lost.Size, e.Have.Size)
	return err
}

type ledgerExplainEnterCmd struct {
	ledgerOf
	File string `arg:"" type:"existingfile" help:"The explanation, signed by two."`
}

// Run enters an explanation.
func (l *ledgerExplainEnterCmd) Run(ctx context.Context, c *cli, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	(&serveCmd{Exercise: l.Exercise, Data: l.Data}).apply(&cfg)
	e, err := readExplanation(l.File)
	if err != nil {
		return err
	}
	at, err := app.ExplainLoss(ctx, cfg, e, logger(cfg.Log, std.err))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "Entry %d explains it. The ledger goes on.\n", at)
	return err
}

func readExplanation(name string) (e app.Explanation, err error) {
	text, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	if err != nil {
		return e, fmt.Errorf("read the explanation %s: %w", name, err)
	}
	return e, nil
}

func writeExplanation(name string, how int, e app.Explanation) error {
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return fmt.Errorf("write the explanation: %w", err)
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|how, 0o600)
	if err != nil {
		return fmt.Errorf("write the explanation: %w", err)
	}
	_, err = f.Write(append(text, '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}
