package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"atalaya/desk"
	"atalaya/link/webhook"
	"atalaya/rule"
	"atalaya/valid"
)

// WebhookConfig names a program that is told of alerts.
type WebhookConfig struct {
	Name     string   `toml:"name" doc:"name of the webhook, for ever: what was delivered is kept under it"`
	URL      string   `toml:"url" doc:"where alerts are posted, as https://HOST/PATH"`
	Secret   string   `toml:"secret_file" doc:"file with the shared secret, whsec_ and base64; empty: one that the program makes in the data folder, webhook-NAME.secret"`
	Kinds    []string `toml:"kinds" doc:"what is told: alert, notice, health; empty: alert"`
	Priority int      `toml:"priority" doc:"the least that is told, 1 low to 4 top"`
}

func (w *WebhookConfig) check() error {
	var errs []error
	if err := valid.CheckKey(w.Name); err != nil {
		errs = append(errs, err)
	}
	for _, k := range w.Kinds {
		if !slices.Contains([]rule.Kind{rule.Alert, rule.Notice, rule.Health}, rule.Kind(k)) {
			errs = append(errs, fmt.Errorf("kind %q: use alert, notice or health", k))
		}
	}
	if w.Priority < 0 || w.Priority > int(rule.Top) {
		errs = append(errs, fmt.Errorf("priority %d: use 1 low to 4 top", w.Priority))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("webhook %q: %w", w.Name, err)
	}
	return nil
}

// openWebhooks makes the hooks; nothing is sent yet.
func (p *program) openWebhooks(ctx context.Context) error {
	for _, w := range p.cfg.Webhooks {
		secret, err := p.webhookSecret(w)
		if err != nil {
			return fmt.Errorf("webhook %q: %w", w.Name, err)
		}
		kinds := make([]rule.Kind, len(w.Kinds))
		for i, k := range w.Kinds {
			kinds[i] = rule.Kind(k)
		}
		h, err := webhook.Open(ctx, webhook.Config{
			Name: w.Name, URL: w.URL, Secret: secret, Kinds: kinds, Priority: rule.Priority(w.Priority), //nolint:gosec // checked to be 0 to 4
			Exercise: p.cfg.Exercise.Enabled, Address: p.url,
			Desk: p.desk, Store: p.store, Ledger: p.ledger, Clock: p.clock, Log: p.log,
		})
		if err != nil {
			return err
		}
		p.hooks = append(p.hooks, h)
	}
	return nil
}

// webhookSecret reads the secret of a hook, or makes it the first time.
func (p *program) webhookSecret(w WebhookConfig) (webhook.Secret, error) {
	name := w.Secret
	if name == "" {
		name = filepath.Join(p.cfg.dir(), "webhook-"+w.Name+".secret")
	}
	text, err := os.ReadFile(name)
	switch {
	case err == nil:
		secret, err := webhook.ParseSecret(string(text))
		if err != nil {
			return secret, fmt.Errorf("%s: %w", name, err)
		}
		return secret, nil
	case w.Secret == "" && errors.Is(err, fs.ErrNotExist):
		secret := webhook.NewSecret()
		if err := replace(name, []byte(secret.Text()+"\n")); err != nil {
			return secret, fmt.Errorf("keep its secret: %w", err)
		}
		p.log.Info("a webhook has a new secret: give the receiver what is in the file", slog.String("webhook", w.Name), slog.String("file", name))
		return secret, nil
	default:
		return webhook.Secret{}, fmt.Errorf("read its secret: %w", err)
	}
}

// runWebhooks tells the receivers until ctx ends.
func (p *program) runWebhooks(ctx context.Context) {
	var all sync.WaitGroup
	for _, h := range p.hooks {
		all.Go(func() { h.Run(ctx) })
	}
	all.Wait()
}

// tellWebhooks lets the hooks look whether an alert is new to them.
func (p *program) tellWebhooks() {
	for _, h := range p.hooks {
		h.Wake()
	}
}

// webhookConditions tells which receivers are not reached.
func (p *program) webhookConditions() []desk.Condition {
	var out []desk.Condition
	for _, h := range p.hooks {
		s := h.Status()
		if s.State == webhook.Up {
			continue
		}
		name := fmt.Sprintf("%s (%s)", s.Name, s.Host)
		out = append(out, desk.Condition{Detector: rule.Webhook, Subject: s.Name, Why: rule.Text{
			ES: "Las alertas no llegan al programa externo " + name + " desde las " + clockTime(s.Since) + ".",
			EN: "Alerts have not reached the outside program " + name + " since " + clockTime(s.Since) + ".",
		}})
	}
	return out
}
