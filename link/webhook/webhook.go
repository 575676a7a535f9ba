// Package webhook tells another program of alerts: a signed HTTP POST for
// every alert that is raised, at least once and in order, tried again until it
// is taken.
//
// Messages follow Standard Webhooks (https://www.standardwebhooks.com, version
// 1.0.0), so that every receiver has a library for them: the headers
// webhook-id, webhook-timestamp and webhook-signature, the last being
// HMAC-SHA256 over "id.timestamp.body", and secrets written "whsec_" and
// base64. The receiver knows a message again by its webhook-id.
//
// What is told outside is on record first: each attempt goes through the
// ledger. What was delivered is kept as a document, so that after a restart
// nothing is left out.
package webhook

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"atalaya/desk"
	"atalaya/rule"
)

// Bounds.
const (
	timeout    = 10 * time.Second
	firstPause = time.Second
	mostPause  = 5 * time.Minute
	// giveUp is how old an alert may become before it is left out: whoever
	// comes back after a longer time has to ask for the list.
	giveUp = 24 * time.Hour
	// remembered is how many delivered alerts are known by name: more than are
	// ever raised at one instant, because incidents collect floods.
	remembered = 200
)

// Desk gives the alerts.
type Desk interface {
	List(ctx context.Context, f desk.Filter) (desk.Page, error)
}

// Store keeps what was delivered.
type Store interface {
	SaveDocument(ctx context.Context, d desk.Document, rests desk.Rests) error
	DocumentByID(ctx context.Context, kind desk.DocumentKind, id string) (desk.Document, error)
}

// Config is what a Hook is made from.
type Config struct {
	Name     string // names it for ever: of what was delivered
	URL      string
	Secret   Secret
	Kinds    []rule.Kind   // none: alerts only
	Priority rule.Priority // the least that is told; 0: all
	Exercise bool
	Address  string // of the screen, for the link in the message
	Desk     Desk
	Store    Store
	Ledger   desk.Ledger
	Clock    desk.Clock
	Log      *slog.Logger
}

// Hook is one receiver.
type Hook struct {
	cfg    Config
	client *http.Client
	wake   chan struct{}
	cursor cursor
	saved  uint64 // version of its document

	mu     sync.Mutex
	status Status
}

// Status is how a hook does.
type Status struct {
	Name      string    `json:"name" doc:"name of the webhook"`
	Host      string    `json:"host" doc:"whom it tells"`
	State     State     `json:"state" doc:"up: all is delivered; waiting: the receiver does not take it, and it is tried again"`
	Since     time.Time `json:"since" doc:"in this state since"`
	Waiting   int       `json:"waiting" doc:"alerts that are not delivered yet"`
	Delivered uint64    `json:"delivered" doc:"since the program started"`
	GivenUp   uint64    `json:"given_up" doc:"alerts that were not taken within 24 hours and are left out"`
	Last      time.Time `json:"last,omitzero" doc:"when something was delivered last"`
	Trouble   string    `json:"trouble,omitempty" doc:"why the last attempt failed"`
	Next      time.Time `json:"next,omitzero" doc:"when it is tried again"`
}

// State is whether messages get through.
type State string

// States of a hook.
const (
	Up      State = "up"
	Waiting State = "waiting"
)

func (s *Status) become(state State, at time.Time) {
	if s.State != state {
		s.State, s.Since = state, at
	}
}

// kind of the document with the cursor.
const documentKind desk.DocumentKind = "webhook"

// cursor says what was delivered: every alert raised before Since, and of
// those raised then or later the named ones.
type cursor struct {
	Since     time.Time   `json:"since"`
	Delivered []delivered `json:"delivered"`
}

type delivered struct {
	ID     desk.AlertID `json:"id"`
	Raised time.Time    `json:"raised"`
}

// Open makes a hook and reads what it delivered. One that never ran begins
// with the alerts from now on.
func Open(ctx context.Context, cfg Config) (*Hook, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("webhook %q: %q is no address: write https://HOST/PATH, without a password in it", cfg.Name, cfg.URL)
	}
	if len(cfg.Kinds) == 0 {
		cfg.Kinds = []rule.Kind{rule.Alert}
	}
	h := &Hook{
		cfg: cfg, wake: make(chan struct{}, 1), status: Status{Name: cfg.Name, Host: u.Host, State: Up, Since: cfg.Clock.Now()},
		client: &http.Client{
			Timeout: timeout,
			// Where it is sent to is the administrator's word, not the receiver's.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	d, err := cfg.Store.DocumentByID(ctx, documentKind, cfg.Name)
	switch {
	case errors.Is(err, desk.ErrNotFound):
		// Without room it is kept with the first delivery.
		if err := h.save(ctx, cursor{Since: cfg.Clock.Now()}); err != nil && !errors.Is(err, desk.ErrFull) {
			return nil, fmt.Errorf("webhook %q: %w", cfg.Name, err)
		}
	case err != nil:
		return nil, fmt.Errorf("webhook %q: read what was delivered: %w", cfg.Name, err)
	default:
		if err := json.Unmarshal(d.Body, &h.cursor); err != nil {
			return nil, fmt.Errorf("webhook %q: read what was delivered: %w", cfg.Name, err)
		}
		h.saved = d.Version
	}
	return h, nil
}

// Wake says that there may be something to tell. It never waits.
func (h *Hook) Wake() {
	select {
	case h.wake <- struct{}{}:
	default: // it is awake
	}
}

// Status tells how it does.
func (h *Hook) Status() Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.status
}

func (h *Hook) note(change func(*Status)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(&h.status)
}

// Run delivers until ctx ends.
func (h *Hook) Run(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		err := h.deliverAll(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			pause = firstPause
			h.note(func(s *Status) {
				s.become(Up, h.cfg.Clock.Now())
				s.Trouble, s.Next, s.Waiting = "", time.Time{}, 0
			})
			// Alerts come in handfuls: one look for all of them.
			rest(ctx, firstPause)
			select {
			case <-ctx.Done():
			case <-h.wake:
			}
			continue
		}
		wait := pause/2 + rand.N(pause) // many hooks do not knock together
		h.note(func(s *Status) {
			s.become(Waiting, h.cfg.Clock.Now())
			s.Trouble, s.Next = err.Error(), h.cfg.Clock.Now().Add(wait)
		})
		h.cfg.Log.Warn("a webhook does not get through; it is tried again",
			slog.String("webhook", h.cfg.Name), slog.Duration("in", wait), slog.Any("error", err))
		rest(ctx, wait)
		pause = min(2*pause, mostPause)
	}
}

func rest(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// deliverAll tells what was not told, the oldest first.
func (h *Hook) deliverAll(ctx context.Context) error {
	due, err := h.due(ctx)
	if err != nil {
		return err
	}
	for i := range due {
		h.note(func(s *Status) { s.Waiting = len(due) - i })
		a := &due[i]
		if h.cfg.Clock.Now().Sub(a.Raised) > giveUp {
			h.cfg.Log.Error("an alert is left out: the webhook's receiver did not take it within a day",
				slog.String("webhook", h.cfg.Name), slog.String("alert", string(a.ID)))
			h.note(func(s *Status) { s.GivenUp++ })
		} else {
			if err := h.deliver(ctx, a); err != nil {
				return err
			}
			h.note(func(s *Status) { s.Delivered, s.Last = s.Delivered+1, h.cfg.Clock.Now() })
		}
		if err := h.keep(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// due gives the alerts that were not told, the oldest first.
func (h *Hook) due(ctx context.Context) ([]desk.Alert, error) {
	f := desk.Filter{Kinds: h.cfg.Kinds, MinPriority: h.cfg.Priority, Since: h.cursor.Since, Limit: 1000}
	var out []desk.Alert
	for {
		page, err := h.cfg.Desk.List(ctx, f)
		if err != nil {
			return nil, fmt.Errorf("list what is to be told: %w", err)
		}
		for i := range page.Alerts {
			known := func(d delivered) bool { return d.ID == page.Alerts[i].ID }
			if !slices.ContainsFunc(h.cursor.Delivered, known) {
				out = append(out, page.Alerts[i])
			}
		}
		if f.After = page.Next; f.After == "" {
			slices.SortFunc(out, func(a, b desk.Alert) int {
				return cmp.Or(a.Raised.Compare(b.Raised), cmp.Compare(a.ID, b.ID))
			})
			// An alert that closed between two pages comes twice.
			return slices.CompactFunc(out, func(a, b desk.Alert) bool { return a.ID == b.ID }), nil
		}
	}
}

// message is the body of a POST.
type message struct {
	Type      string    `json:"type"` // alert.raised
	Timestamp time.Time `json:"timestamp"`
	Exercise  bool      `json:"exercise"`
	Data      data      `json:"data"`
}

type data struct {
	Alert *desk.Alert `json:"alert"`
	URL   string      `json:"url"` // the screen with the alert
}

func (h *Hook) deliver(ctx context.Context, a *desk.Alert) error {
	body, err := json.Marshal(message{
		Type: "alert.raised", Timestamp: a.Raised, Exercise: h.cfg.Exercise,
		Data: data{Alert: a, URL: h.cfg.Address + "/?" + url.Values{"alert": {string(a.ID)}}.Encode()},
	})
	if err != nil {
		return fmt.Errorf("write the message: %w", err)
	}
	id := "alert.raised." + string(a.ID)
	return h.cfg.Ledger.Do(ctx, desk.Record{
		ID: "webhook/" + h.cfg.Name + "/" + id, Kind: "webhook.send", At: h.cfg.Clock.Now(), Subject: "alert:" + string(a.ID),
		Fields: []desk.Field{{Name: "webhook", Value: h.cfg.Name}, {Name: "url", Value: h.cfg.URL}},
	}, func(ctx context.Context) error { return h.post(ctx, id, body) })
}

func (h *Hook) post(ctx context.Context, id string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.cfg.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	at := h.cfg.Clock.Now()
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Atalaya")
	h.cfg.Secret.sign(req.Header, id, at, body)
	answer, err := h.client.Do(req)
	if err != nil {
		return fmt.Errorf("tell the receiver: %w", err)
	}
	const enough = 4096 // of an answer, to use the connection again
	_, rerr := io.CopyN(io.Discard, answer.Body, enough)
	if errors.Is(rerr, io.EOF) {
		rerr = nil
	}
	if err := errors.Join(rerr, answer.Body.Close()); err != nil {
		return fmt.Errorf("read the receiver's answer: %w", err)
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("the receiver answered %s; it must answer 200 to 299", answer.Status)
	}
	return nil
}

// keep remembers that an alert needs no more telling.
func (h *Hook) keep(ctx context.Context, a *desk.Alert) error {
	next := cursor{Since: h.cursor.Since, Delivered: append(slices.Clone(h.cursor.Delivered), delivered{a.ID, a.Raised})}
	if over := len(next.Delivered) - remembered; over > 0 {
		next.Delivered = next.Delivered[over:]
		next.Since = next.Delivered[0].Raised
	}
	return h.save(ctx, next)
}

func (h *Hook) save(ctx context.Context, next cursor) error {
	h.cursor = next // what was told is told, even if that cannot be kept
	body, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("write what was delivered: %w", err)
	}
	d := desk.Document{Kind: documentKind, ID: h.cfg.Name, Version: h.saved + 1, At: h.cfg.Clock.Now(), Body: body}
	if err := h.cfg.Store.SaveDocument(ctx, d, desk.Rests{}); err != nil {
		return fmt.Errorf("keep what was delivered: %w", err)
	}
	h.saved++
	return nil
}
