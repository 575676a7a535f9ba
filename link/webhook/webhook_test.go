package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/internal/peer"
	"atalaya/link/webhook"
	"atalaya/rule"
)

// office is a desk, a store, a ledger and a clock in one.
type office struct {
	mu     sync.Mutex
	alerts []desk.Alert
	kept   map[string]desk.Document
	record []desk.Record
	full   error // what the store says to a write
	now    time.Time
}

func (o *office) Now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

// List gives two alerts a page, the newest first.
func (o *office) List(_ context.Context, f desk.Filter) (desk.Page, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var page desk.Page
	skip := f.After
	for _, a := range slices.Backward(o.alerts) {
		switch {
		case skip == string(a.ID):
			skip = ""
		case skip == "" && f.Wants(&a) && len(page.Alerts) == 2:
			page.Next = string(page.Alerts[1].ID)
			return page, nil
		case skip == "" && f.Wants(&a):
			page.Alerts = append(page.Alerts, a)
		}
	}
	return page, nil
}

func (o *office) SaveDocument(_ context.Context, d desk.Document, _ desk.Rests) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.full != nil {
		return o.full
	}
	if d.Version != o.kept[d.ID].Version+1 {
		return desk.ErrConflict
	}
	o.kept[d.ID] = d
	return nil
}

func (o *office) DocumentByID(_ context.Context, _ desk.DocumentKind, id string) (desk.Document, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if d, ok := o.kept[id]; ok {
		return d, nil
	}
	return desk.Document{}, desk.ErrNotFound
}

func (o *office) Do(ctx context.Context, rec desk.Record, act func(context.Context) error) error {
	o.mu.Lock()
	o.record = append(o.record, rec)
	o.mu.Unlock()
	return act(ctx)
}

func (o *office) raise(ids ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, id := range ids {
		o.alerts = append(o.alerts, desk.Alert{ID: desk.AlertID(id), Kind: rule.Alert, Priority: rule.High, State: desk.New, Raised: o.now})
	}
}

func (o *office) pass(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(d)
}

// receiver takes what comes, and answers as it is told.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	answer func(id string) int
	got    []string // ids of what it took
	posts  []post
}

type post struct {
	header http.Header
	body   string
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{answer: func(string) int { return http.StatusNoContent }}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		id := req.Header.Get("webhook-id")
		code := r.answer(id)
		if code == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		r.posts = append(r.posts, post{req.Header, string(body)})
		if code < 300 {
			r.got = append(r.got, strings.TrimPrefix(id, "alert.raised."))
		}
		w.WriteHeader(code)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answers(f func(id string) int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = f
}

func (r *receiver) took() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.got, " ")
}

func newOffice() *office {
	return &office{kept: map[string]desk.Document{}, now: time.Date(2026, 5, 1, 4, 0, 0, 0, time.UTC)}
}

func open(t *testing.T, o *office, url string, change ...func(*webhook.Config)) *webhook.Hook {
	t.Helper()
	cfg := webhook.Config{
		Name: "guard", URL: url, Secret: webhook.NewSecret(), Address: "http://localhost:8470", Exercise: true,
		Desk: o, Store: o, Ledger: o, Clock: o, Log: slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&cfg)
	}
	h, err := webhook.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// run lets a hook work until the returned function is called.
func run(t *testing.T, h *webhook.Hook) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { h.Run(ctx); close(done) }()
	return func() { cancel(); <-done }
}

// eventually waits for what is true soon.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 1000 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("not within ten seconds: " + what)
}

func TestTellsEachAlertOnceInOrder(t *testing.T) {
	o, r := newOffice(), newReceiver(t)
	o.raise("old")
	o.pass(time.Minute)
	h := open(t, o, r.URL)
	o.pass(time.Minute)
	stop := run(t, h)
	o.raise("a", "b", "c")
	h.Wake()
	eventually(t, "a b c", func() bool { return r.took() == "a b c" })
	stop()
	if s := h.Status(); s.State != webhook.Up || s.Delivered != 3 {
		t.Errorf("%+v", s)
	}
	if rec := o.record[0]; len(o.record) != 3 || rec.Kind != "webhook.send" || rec.Subject != "alert:a" {
		t.Errorf("the ledger has %+v", o.record)
	}

	// What was raised while the program was not there is told at the next start, of the same instant too.
	o.raise("B2")
	o.pass(time.Minute)
	o.raise("d")
	stop = run(t, open(t, o, r.URL))
	eventually(t, "B2 d", func() bool { return r.took() == "a b c B2 d" })
	stop()
}

func TestTriesAgainUntilItIsTaken(t *testing.T) {
	o, r := newOffice(), newReceiver(t)
	r.answers(func(string) int { return http.StatusServiceUnavailable })
	h := open(t, o, r.URL)
	o.raise("a", "b")
	stop := run(t, h)
	eventually(t, "the trouble is told", func() bool {
		s := h.Status()
		return s.State == webhook.Waiting && s.Waiting == 2 && strings.Contains(s.Trouble, "503") && s.Next.After(o.Now())
	})
	r.answers(func(string) int { return http.StatusOK })
	eventually(t, "a b", func() bool { return r.took() == "a b" && h.Status().State == webhook.Up })
	stop()
}

func TestFollowsNoRedirection(t *testing.T) {
	o, r := newOffice(), newReceiver(t)
	r.answers(func(string) int { return http.StatusFound })
	o.raise("a")
	h := open(t, o, r.URL, func(c *webhook.Config) { o.pass(time.Second) })
	o.raise("b")
	stop := run(t, h)
	eventually(t, "refused", func() bool { return strings.Contains(h.Status().Trouble, "302") })
	stop()
	for _, p := range r.posts {
		if p.header.Get("webhook-id") == "" {
			t.Error("it went elsewhere")
		}
	}
}

func TestLeavesOutWhatIsADayOld(t *testing.T) {
	o, r := newOffice(), newReceiver(t)
	h := open(t, o, r.URL)
	o.raise("late")
	o.pass(25 * time.Hour)
	o.raise("fresh")
	stop := run(t, h)
	eventually(t, "fresh", func() bool { return r.took() == "fresh" && h.Status().GivenUp == 1 })
	stop()
}

func TestTellsOnlyWhatIsWanted(t *testing.T) {
	o, r := newOffice(), newReceiver(t)
	h := open(t, o, r.URL, func(c *webhook.Config) { c.Priority = rule.High })
	o.raise("a")
	o.mu.Lock()
	o.alerts = append(
		o.alerts,
		desk.Alert{ID: "low", Kind: rule.Alert, Priority: rule.Low, Raised: o.now},
		desk.Alert{ID: "health", Kind: rule.Health, Priority: rule.Top, Raised: o.now},
	)
	o.mu.Unlock()
	o.raise("z")
	stop := run(t, h)
	eventually(t, "a z", func() bool { return r.took() == "a z" })
	stop()
}

// A full disk stops nothing: what cannot be kept may be told twice after a
// restart, and is not lost.
func TestAFullDiskLosesNothing(t *testing.T) {
	o, r := newOffice(), newReceiver(t)
	h := open(t, o, r.URL)
	o.mu.Lock()
	o.full = desk.ErrFull
	o.mu.Unlock()
	o.raise("a", "b")
	stop := run(t, h)
	eventually(t, "a", func() bool { return strings.Contains(h.Status().Trouble, desk.ErrFull.Error()) })
	o.mu.Lock()
	o.full = nil
	o.mu.Unlock()
	eventually(t, "a b", func() bool { return r.took() == "a b" && h.Status().State == webhook.Up })
	stop()
}

func TestMoreThanIsRemembered(t *testing.T) {
	o, r := newOffice(), newReceiver(t)
	h := open(t, o, r.URL)
	var want []string
	for i := range 450 {
		o.pass(time.Second)
		want = append(want, fmt.Sprintf("a%03d", i))
		o.raise(want[i])
	}
	stop := run(t, h)
	eventually(t, "all", func() bool { return r.took() == strings.Join(want, " ") })
	stop()
	if n := len(o.kept["guard"].Body); n > 32<<10 {
		t.Errorf("what is remembered has %d bytes", n)
	}
	stop = run(t, open(t, o, r.URL))
	o.pass(time.Second)
	o.raise("last")
	eventually(t, "last", func() bool { return strings.HasSuffix(r.took(), " a449 last") })
	stop()
}

// The receiver's side of the standard, by its authors, takes our messages.
func TestStandardWebhooksTakesIt(t *testing.T) {
	python := peer.Python(t)
	o, r := newOffice(), newReceiver(t)
	o.now = time.Now() // it refuses what is old
	secret := webhook.NewSecret()
	h := open(t, o, r.URL, func(c *webhook.Config) { c.Secret = secret })
	o.raise("ñandú")
	stop := run(t, h)
	eventually(t, "told", func() bool { return r.took() != "" })
	stop()
	headers := map[string]string{}
	for name := range maps.Keys(r.posts[0].header) {
		headers[strings.ToLower(name)] = r.posts[0].header.Get(name)
	}
	const script = `
import json, sys
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
m = json.load(sys.stdin)
taken = Webhook(m["secret"]).verify(m["body"], m["headers"])
try:
    Webhook(m["secret"]).verify(m["body"].replace("false", "true").replace("true", "false"), m["headers"])
    sys.exit("a changed body was taken")
except WebhookVerificationError:
    print(json.dumps(taken))
`
	in, err := json.Marshal(map[string]any{"secret": secret.Text(), "body": r.posts[0].body, "headers": headers})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", script)
	cmd.Stdin = strings.NewReader(string(in))
	out, err := cmd.Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			t.Fatalf("%s", exit.Stderr)
		}
		t.Fatal(err)
	}
	var taken struct {
		Type     string
		Exercise bool
		Data     struct {
			Alert desk.Alert
			URL   string
		}
	}
	if err := json.Unmarshal(out, &taken); err != nil {
		t.Fatal(err)
	}
	if taken.Type != "alert.raised" || !taken.Exercise || taken.Data.Alert.ID != "ñandú" || taken.Data.URL != "http://localhost:8470/?alert=%C3%B1and%C3%BA" {
		t.Errorf("%+v", taken)
	}
}

func TestSecrets(t *testing.T) {
	for text, want := range map[string]string{
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n": "", // the example of the standard
		"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw":         "begins with whsec_",
		"whsec_?":                                  "base64",
		"whsec_YWJj":                               "24 to 64 bytes",
	} {
		s, err := webhook.ParseSecret(text)
		switch {
		case want == "" && (err != nil || s.Text() != strings.TrimSpace(text)):
			t.Errorf("%q: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, url := range []string{"", "guard", "ftp://a/b", "https://", "https://user:secret@a/b", "http://[::1"} {
		o := newOffice()
		_, err := webhook.Open(t.Context(), webhook.Config{Name: "guard", URL: url, Desk: o, Store: o, Ledger: o, Clock: o, Log: slog.New(slog.DiscardHandler)})
		if err == nil || !strings.Contains(err.Error(), "https://HOST/PATH") {
			t.Errorf("%q: %v", url, err)
		}
	}
}
