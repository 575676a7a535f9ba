package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"atalaya/internal/app"
	"atalaya/web"
)

// signedIn is how a command reaches the program that runs. It signs in as a
// person: tokens decide nothing.
type signedIn struct {
	Exercise    bool   `help:"The exercise."`
	Data        string `type:"path" placeholder:"DIR" help:"Folder of its store (data), which says where it runs."`
	URL         string `placeholder:"URL" env:"ATALAYA_URL" help:"Where the program runs; what it noted in the folder of its store."`
	Fingerprint string `placeholder:"SHA256" env:"ATALAYA_FINGERPRINT" help:"Of the certificate that the program made for itself, as it prints it."`
	As          string `required:"" placeholder:"NAME" env:"ATALAYA_NAME" help:"Your name. The password is asked for, or is the first line of standard input."`
	JSON        bool   `help:"Print JSON instead."`
}

// client talks to the program that runs, for one command.
type client struct {
	at   string
	http *http.Client
	in   *bufio.Reader
	std  streams
}

// with signs in, does something, and signs out.
func (s *signedIn) with(ctx context.Context, c *cli, std streams, do func(context.Context, *client) error) error {
	at := s.URL
	if at == "" {
		cfg, err := c.load()
		if err != nil {
			return err
		}
		(&serveCmd{Exercise: s.Exercise, Data: s.Data}).apply(&cfg)
		if at, err = app.Address(cfg); err != nil {
			return err
		}
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return fmt.Errorf("keep the session: %w", err)
	}
	const patience = time.Minute
	x := &client{at: strings.TrimSuffix(at, "/"), in: bufio.NewReader(std.in), std: std, http: &http.Client{Jar: jar, Timeout: patience, Transport: s.transport()}}
	password, err := x.password(s.As)
	if err != nil {
		return err
	}
	if err := x.call(ctx, http.MethodPost, "/api/session", map[string]string{"name": s.As, "password": password}, nil); err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	err = do(ctx, x)
	return errors.Join(err, x.call(context.WithoutCancel(ctx), http.MethodDelete, "/api/session", nil, nil))
}

// transport takes the certificate that the program made for itself where it has
// the fingerprint that the person gave.
func (s *signedIn) transport() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // the standard library's own
	if want := strings.ToLower(strings.ReplaceAll(s.Fingerprint, ":", "")); want != "" {
		t.TLSClientConfig = &tls.Config{
			MinVersion:         tls.VersionTLS12,
			InsecureSkipVerify: true, //nolint:gosec // nobody vouches for it: VerifyConnection compares
			VerifyConnection: func(c tls.ConnectionState) error {
				sum := sha256.Sum256(c.PeerCertificates[0].Raw)
				if got := hex.EncodeToString(sum[:]); got != want {
					return fmt.Errorf("the certificate there has the fingerprint %s, and not the one that you gave", got)
				}
				return nil
			},
		}
	}
	return t
}

// password asks for it on a terminal, without showing it; else it reads a line.
func (x *client) password(name string) (string, error) {
	if f, ok := x.std.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprintf(x.std.err, "Password of %s: ", name)
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(x.std.err)
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		return string(b), nil
	}
	return x.line("the password")
}

func (x *client) line(what string) (string, error) {
	s, err := x.in.ReadString('\n')
	if s = strings.TrimRight(s, "\r\n"); s == "" && err != nil {
		return "", fmt.Errorf("read %s from standard input: %w", what, err)
	}
	return s, nil
}

// sure asks whether to go on.
func (x *client) sure(question string) error {
	fmt.Fprintf(x.std.err, "%s Write yes: ", question)
	s, err := x.line("the answer")
	if err != nil {
		return err
	}
	if s != "yes" {
		return errors.New("nothing was signed")
	}
	return nil
}

// call makes a request, under a name of its own.
func (x *client) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("write the request: %w", err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, x.at+path, body)
	if err != nil {
		return fmt.Errorf("write the request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", rand.Text())
	res, err := x.http.Do(req)
	if err != nil {
		return fmt.Errorf("ask the program: %w: start it, or say with --url where it runs", err)
	}
	const most = 64 << 20 // bytes
	text, err := io.ReadAll(io.LimitReader(res.Body, most))
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if res.StatusCode/100 != 2 {
		return problemOf(res.Status, text)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("read the answer of %s: %w", x.at, err)
	}
	return nil
}

// problemOf makes an error of a problem.
func problemOf(status string, text []byte) error {
	var p web.Problem
	if json.Unmarshal(text, &p) != nil || p.Detail == "" {
		return fmt.Errorf("the program answers %s", status)
	}
	why := []string{p.Detail}
	for _, e := range p.Errors {
		why = append(why, fmt.Sprintf("%s: %s", e.Location, e.Message))
	}
	if p.Code == "confirm" {
		why = append(why, "a passkey is asked for in a browser: sign there")
	}
	return errors.New(strings.Join(why, "; "))
}

func below(path, name string) string { return path + "/" + url.PathEscape(name) }
