package witness

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Log is what an Asker shows.
type Log interface {
	// Signed gives the newest checkpoint.
	Signed() ([]byte, error)
	// Consistency proves that the tree of a size continues that of an older one.
	Consistency(ctx context.Context, older, newer int64) ([]tlog.Hash, error)
}

// AskerConfig is what an Asker is made from.
type AskerConfig struct {
	Policy *Policy
	Log    Log
	// Keys are the log's: the one in force, and former ones.
	Keys []note.Verifier
	// Kept is what Keep kept last; nil: nothing.
	Kept []byte
	// Keep keeps a checkpoint with cosignatures.
	Keep func([]byte) error
	// Contradicted is told of a checkpoint that the log's key signed and a
	// witness has, where the log is not as large, or not the same. Nil: nobody.
	Contradicted func(context.Context, []byte)
	// Changed is told of the state after a round. Nil: nobody.
	Changed func(State)
	// Every is how long a round is after the one before.
	Every  time.Duration
	Now    func() time.Time
	Client *http.Client // nil: one of its own
	Logger *slog.Logger
}

// State is how the witnesses of a log do.
type State struct {
	// Held: the newest head that was shown has the quorum's cosignatures.
	Held bool `json:"held"`
	// Since is when Held became so; zero: nobody was asked yet.
	Since time.Time `json:"since"`
	// Size is of the newest head that has the quorum's cosignatures.
	Size      int64       `json:"size"`
	Asked     int64       `json:"asked"` // size that was shown last
	Witnesses []PeerState `json:"witnesses"`
}

// PeerState is what is known of a witness.
type PeerState struct {
	Name string `json:"name"`
	Key  string `json:"vkey"`
	URL  string `json:"url,omitempty"`
	// Size and At are of its last cosignature.
	Size int64     `json:"size"`
	At   time.Time `json:"at"`
	// Error says why it did not sign, and Failing since when.
	Error   string    `json:"error,omitempty"`
	Failing time.Time `json:"failing,omitzero"`
}

// Asker asks witnesses. Run and Ask are for one goroutine at a time, State for any.
type Asker struct {
	cfg   AskerConfig
	peers []*asked

	mu   sync.Mutex
	kept []byte
	// newest is the head that was shown last, with what was signed. It is kept
	// unless it lacks the quorum's signatures and kept has them.
	newest []byte
	state  State
}

// asked is a witness, and what the Asker knows of it.
type asked struct {
	peer Peer
	old  int64 // what it cosigned last, as far as we know
	wait time.Duration
	next time.Time // not to be asked again before, after a failure
	PeerState
}

// NewAsker makes an Asker.
func NewAsker(cfg AskerConfig) *Asker {
	if cfg.Client == nil {
		cfg.Client = &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	a := &Asker{cfg: cfg}
	kept, _, err := Open(cfg.Kept, note.VerifierList(cfg.Keys...))
	if err == nil {
		a.kept = cfg.Kept
	}
	var had []note.Signature
	if a.kept != nil {
		had = cfg.Policy.cosignatures(a.kept)
	}
	for _, w := range cfg.Policy.Witnesses {
		p := &asked{peer: w, PeerState: PeerState{Name: w.Name, Key: w.Key.String(), URL: w.URL}}
		for _, s := range had {
			if s.Name == w.Key.Name() && s.Hash == w.Key.KeyHash() {
				p.old, p.Size, p.At = kept.Size, kept.Size, cosignedAt(s)
			}
		}
		a.peers = append(a.peers, p)
	}
	if a.kept != nil && cfg.Policy.HeldBy(a.kept) {
		a.state.Size = kept.Size
	}
	a.tell()
	return a
}

// State tells how the witnesses do.
func (a *Asker) State() State {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.state
	s.Witnesses = slices.Clone(s.Witnesses)
	return s
}

// tell puts the witnesses' states where State finds them.
func (a *Asker) tell() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.state.Witnesses = nil
	for _, p := range a.peers {
		a.state.Witnesses = append(a.state.Witnesses, p.PeerState)
	}
}

// Run asks again and again until ctx ends.
func (a *Asker) Run(ctx context.Context) {
	tick := time.NewTicker(a.cfg.Every)
	defer tick.Stop()
	for {
		if err := a.Ask(ctx); err != nil && ctx.Err() == nil {
			a.cfg.Logger.Warn("the witnesses were not asked", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Ask shows the newest checkpoint to the witnesses that have not cosigned it.
func (a *Asker) Ask(ctx context.Context) error {
	raw, err := a.cfg.Log.Signed()
	if err != nil {
		return err
	}
	c, n, err := Open(raw, note.VerifierList(a.cfg.Keys[0]))
	if err != nil {
		return fmt.Errorf("our own checkpoint: %w", err)
	}
	now := a.cfg.Now()
	var wg sync.WaitGroup
	lines := make([]string, len(a.peers))
	for i, p := range a.peers {
		if p.URL == "" || p.Size == c.Size && p.Error == "" || p.Error != "" && now.Before(p.next) {
			continue
		}
		wg.Go(func() {
			line, err := a.ask(ctx, p, c, n.Text, raw)
			a.answered(ctx, p, c, err)
			lines[i] = line
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err = a.keep(c, raw, lines)
	a.tell()
	if a.cfg.Changed != nil {
		a.cfg.Changed(a.State())
	}
	return err
}

// answered notes how a witness answered. One that fails is left alone for a
// while, longer each time.
func (a *Asker) answered(ctx context.Context, p *asked, c Checkpoint, err error) {
	const most = 5 * time.Minute
	now := a.cfg.Now()
	if err == nil {
		if p.Error != "" {
			a.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "a witness signs again", slog.String("witness", p.Name))
		}
		p.Error, p.Failing, p.wait = "", time.Time{}, 0
		p.old, p.Size, p.At = c.Size, c.Size, now.UTC()
		return
	}
	if p.Error == "" {
		p.Failing = now.UTC()
		a.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "a witness does not sign", slog.String("witness", p.Name), slog.Any("error", err))
	}
	p.Error = err.Error()
	p.wait = min(max(2*p.wait, a.cfg.Every), most)
	p.next = now.Add(p.wait)
}

// keep puts cosignatures under the checkpoint, and keeps it unless it would
// replace one that has the quorum's by one that has not.
func (a *Asker) keep(c Checkpoint, raw []byte, lines []string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	text := func(b []byte) []byte { t, _, _ := bytes.Cut(b, []byte("\n\n")); return t }
	for _, had := range [][]byte{a.kept, a.newest} {
		if bytes.Equal(text(had), text(raw)) {
			raw = had // with what was signed before
		}
	}
	next := slices.Clone(raw)
	for _, l := range lines {
		next = append(next, l...)
	}
	a.newest = next
	held := a.cfg.Policy.HeldBy(next)
	if held != a.state.Held || a.state.Since.IsZero() {
		a.state.Held, a.state.Since = held, a.cfg.Now().UTC()
	}
	a.state.Asked = c.Size
	if held {
		a.state.Size = c.Size
	}
	if strings.Join(lines, "") == "" || !held && a.cfg.Policy.HeldBy(a.kept) && a.cfg.Policy.Quorum() {
		return nil
	}
	if err := a.cfg.Keep(next); err != nil {
		return fmt.Errorf("keep the cosigned checkpoint: %w", err)
	}
	a.kept = next
	return nil
}

// ask gets a witness's signature lines over a checkpoint.
func (a *Asker) ask(ctx context.Context, p *asked, c Checkpoint, text string, raw []byte) (string, error) {
	const tries = 3 // it may be asked by others meanwhile
	for range tries {
		if p.old > c.Size {
			return "", a.contradiction(ctx, p, fmt.Errorf("it cosigned %d entries of this log, and the log has %d", p.old, c.Size))
		}
		var proof []tlog.Hash
		if p.old > 0 && p.old < c.Size {
			var err error
			if proof, err = a.cfg.Log.Consistency(ctx, p.old, c.Size); err != nil {
				return "", err
			}
		}
		var body bytes.Buffer
		fmt.Fprintf(&body, "old %d\n", p.old)
		for _, h := range proof {
			body.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
		}
		body.WriteString("\n")
		body.Write(raw)
		status, size, answer, err := a.post(ctx, p.URL, &body)
		switch {
		case err != nil:
			return "", err
		case status == http.StatusOK:
			return p.verified(text, answer)
		case status == http.StatusConflict && size >= 0 && size != p.old:
			p.old = size
			continue
		case status == http.StatusConflict, status == http.StatusUnprocessableEntity:
			return "", a.contradiction(ctx, p, fmt.Errorf("it says that the log does not continue the %d entries that it cosigned (%d)", p.old, status))
		case status == http.StatusNotFound:
			return "", errors.New("it does not know this log: tell its operator the log's key (404)")
		case status == http.StatusForbidden:
			return "", errors.New("it has another key for this log: tell its operator the one in force (403)")
		}
		return "", fmt.Errorf("it answers with status %d", status)
	}
	return "", errors.New("it changes its mind about what it cosigned last")
}

// post sends a request. size is what a conflict names; -1: nothing.
func (a *Asker) post(ctx context.Context, prefix string, body io.Reader) (status int, size int64, answer []byte, err error) {
	to, err := url.JoinPath(prefix, "add-checkpoint")
	if err != nil {
		return 0, -1, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, body)
	if err != nil {
		return 0, -1, nil, err
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	resp, err := a.cfg.Client.Do(req)
	if err != nil {
		return 0, -1, nil, err
	}
	answer, err = io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return 0, -1, nil, err
	}
	size = -1
	if resp.StatusCode == http.StatusConflict && resp.Header.Get("Content-Type") == "text/x.tlog.size" {
		if size, err = parseSize(strings.TrimSuffix(string(answer), "\n")); err != nil {
			return 0, -1, nil, err
		}
	}
	return resp.StatusCode, size, answer, nil
}

// verified gives those of the answer's lines that the witness signed.
func (p *asked) verified(text string, answer []byte) (string, error) {
	n, err := note.Open(append([]byte(text+"\n"), answer...), note.VerifierList(p.peer.Key))
	if err != nil {
		return "", fmt.Errorf("its signature does not hold: %w", err)
	}
	var b strings.Builder
	for _, s := range n.Sigs {
		fmt.Fprintf(&b, "— %s %s\n", s.Name, s.Base64)
	}
	return b.String(), nil
}

// contradiction asks a witness for what it cosigned last. Its word alone proves
// nothing; a checkpoint that our own key signed does.
func (a *Asker) contradiction(ctx context.Context, p *asked, why error) error {
	last, err := Last(ctx, a.cfg.Client, p.URL, a.cfg.Keys...)
	if err != nil {
		return fmt.Errorf("%w; it does not show that checkpoint (%w)", why, err)
	}
	if a.cfg.Contradicted != nil {
		a.cfg.Contradicted(ctx, last)
	}
	return why
}

// Last gets the checkpoint of a log that a witness cosigned last. It holds the
// signature of one of the log's keys.
func Last(ctx context.Context, client *http.Client, prefix string, log ...note.Verifier) ([]byte, error) {
	from, err := url.JoinPath(prefix, "checkpoint")
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from+"?origin="+url.QueryEscape(log[0].Name()), nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	_, n, err := Open(raw, note.VerifierList(log...))
	if err != nil {
		return nil, err
	}
	return note.Sign(&note.Note{Text: n.Text, Sigs: n.Sigs})
}
