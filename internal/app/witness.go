package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"golang.org/x/mod/sumdb/note"

	"atalaya/ledger/witness"
)

// WitnessOptions say which witness is run.
type WitnessOptions struct {
	Dir    string // its key, and what it cosigned
	Name   string
	Logs   string // file with the lines 'log VKEY'
	Listen string
}

// logs reads whose logs the witness watches.
func (o WitnessOptions) logs() ([]note.Verifier, error) {
	text, err := os.ReadFile(o.Logs)
	if err != nil {
		return nil, fmt.Errorf("read which logs the witness watches: %w", err)
	}
	logs, err := witness.ParseLogs(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Logs, err)
	}
	return logs, nil
}

// open opens the witness. record is told of heads that grow, or nil.
func (o WitnessOptions) open(log *slog.Logger, record func(context.Context, witness.Checkpoint, []byte) error) (*witness.Witness, error) {
	logs, err := o.logs()
	if err != nil {
		return nil, err
	}
	return witness.OpenWitness(witness.Config{Dir: o.Dir, Name: o.Name, Logs: logs, Now: NewClock(log).Now, Record: record, Log: log})
}

// RunWitness serves a witness until ctx ends. It prints its key and its address.
func RunWitness(ctx context.Context, o WitnessOptions, out io.Writer, log *slog.Logger) (err error) {
	w, err := o.open(log, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("listen for logs: %w", err)
	}
	if _, err := fmt.Fprintf(out, "witness %s\nhttp://%s\n", w.Key(), l.Addr()); err != nil {
		return errors.Join(err, l.Close())
	}
	return serveWitness(ctx, w, l)
}

// serveWitness serves until ctx ends, and closes l.
func serveWitness(ctx context.Context, w *witness.Witness, l net.Listener) error {
	srv := w.Server()
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve logs: %w", err)
	case <-ctx.Done():
	}
	const patience = 5 * time.Second
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	err := srv.Shutdown(stop)
	if serr := <-done; !errors.Is(serr, http.ErrServerClosed) {
		err = errors.Join(err, serr)
	}
	return err
}

// WitnessKey gives a witness's verifier key; it makes the key the first time.
func WitnessKey(dir, name string) (string, error) {
	k, err := witness.OpenKey(dir, name)
	if err != nil {
		return "", err
	}
	return k.String(), nil
}

// WitnessList tells what a witness cosigned, also while it runs.
func WitnessList(dir string) ([]witness.Watched, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("there is no witness: %w", err)
	}
	return witness.List(dir)
}
