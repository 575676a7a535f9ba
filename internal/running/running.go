// Package running starts the real program for tests and benchmarks, as a user
// would: the built binary, real sockets on the loopback, a data folder of its
// own.
package running

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

//nolint:gochecknoglobals // built once for all tests of a process
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "atalaya-test")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "atalaya")
	cmd := exec.CommandContext(context.Background(), "go", "build", "-o", bin, "atalaya/cmd/atalaya")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return bin, nil
})

// Binary gives the built program: ATALAYA_BIN, or one that is built now.
func Binary(t testing.TB) string {
	t.Helper()
	if bin := os.Getenv("ATALAYA_BIN"); bin != "" {
		return bin
	}
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// Options say how to start the program.
type Options struct {
	Dir    string   // data folder; empty: a new one
	Config string   // text of a configuration file
	Args   []string // after "serve"
	Wrap   []string // command that starts the program, such as unshare
	Env    []string
	Relief bool // makes the exercise's mountains, which take seconds and 60 MB
}

// Program is a running Atalaya.
type Program struct {
	URL    string
	Link   string // one-time sign-in link; empty when somebody can sign in
	Portal string // of overseers
	// PortalLink is the one-time link of an exercise's overseer.
	PortalLink string
	Dir        string
	Cmd        *exec.Cmd
	Client     *http.Client // with the cookies of who signed in

	mu    sync.Mutex
	log   bytes.Buffer
	ended chan struct{}
	err   error
}

// given is the first port that no test of this process was given.
//
//nolint:gochecknoglobals // tests run beside each other, and share the ports
var given = struct {
	sync.Mutex
	next int
}{next: 22000 + os.Getpid()%4000}

// Ports finds n consecutive loopback ports, free at the time of asking and
// given to no other test of this process.
func Ports(t testing.TB, n int) int {
	t.Helper()
	given.Lock()
	defer given.Unlock()
	for first := given.next; first < 32000; first += n {
		if free(t.Context(), first, n) {
			given.next = first + n
			return first
		}
	}
	t.Fatal("no free ports")
	return 0
}

func free(ctx context.Context, first, n int) bool {
	for p := first; p < first+n; p++ {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", p))
		if err != nil {
			return false
		}
		if l.Close() != nil {
			return false
		}
		u, err := new(net.ListenConfig).ListenPacket(ctx, "udp", fmt.Sprintf("127.0.0.1:%d", p))
		if err != nil {
			return false
		}
		if u.Close() != nil {
			return false
		}
	}
	return true
}

// Start starts the program and waits until it says where it is.
func Start(t testing.TB, o Options) *Program {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	args := []string{"serve", "--data", o.Dir, "--listen", "127.0.0.1:0"}
	if !o.Relief {
		args = append(args, "--no-relief")
	}
	if o.Config != "" {
		name := filepath.Join(t.TempDir(), "atalaya.toml")
		if err := os.WriteFile(name, []byte(o.Config), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append([]string{"--config", name}, args...)
	}
	line := append(append(append([]string{}, o.Wrap...), Binary(t)), append(args, o.Args...)...)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &Program{Dir: o.Dir, ended: make(chan struct{}), Client: &http.Client{Jar: jar, Timeout: 30 * time.Second}}
	p.Cmd = exec.Command(line[0], line[1:]...) //nolint:noctx // ended by Stop or Kill
	p.Cmd.Env = append(os.Environ(), o.Env...)
	p.Cmd.WaitDelay = 5 * time.Second // whatever else holds its output open
	p.Cmd.Stderr = writer(func(b []byte) {
		p.mu.Lock()
		defer p.mu.Unlock()
		const most = 1 << 20
		if p.log.Len() < most {
			p.log.Write(b)
		}
	})
	out, err := p.Cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := make(chan struct{})
	go func() {
		p.listen(out, said)
		p.err = p.Cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() { p.Kill() })
	select {
	case <-said:
	case <-p.ended:
		t.Fatalf("the program ended at its start: %v\n%s", p.err, p.Log())
	case <-time.After(60 * time.Second):
		t.Fatalf("the program did not say where it is\n%s", p.Log())
	}
	return p
}

type writer func([]byte)

func (w writer) Write(b []byte) (int, error) { w(b); return len(b), nil }

var (
	address     = regexp.MustCompile(`^Atalaya \S+.*: (http://\S+)$`)     //nolint:gochecknoglobals // compiled once
	outside     = regexp.MustCompile(`^Overseers' portal: (http://\S+)$`) //nolint:gochecknoglobals // compiled once
	outsideLink = regexp.MustCompile(`(http://\S+/link#\S+)$`)            //nolint:gochecknoglobals // compiled once
	link        = regexp.MustCompile(`(http://\S+/enrol#\S+)$`)           //nolint:gochecknoglobals // compiled once
)

// listen reads what the program prints. It writes its address and, where there
// is one, the link at once: what came with the address is all.
func (p *Program) listen(out io.Reader, said chan struct{}) {
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		if m := address.FindStringSubmatch(line); m != nil {
			p.URL = m[1]
		}
		if m := outside.FindStringSubmatch(line); m != nil {
			p.Portal = m[1]
		}
		if m := outsideLink.FindStringSubmatch(line); m != nil {
			p.PortalLink = m[1]
		}
		if m := link.FindStringSubmatch(line); m != nil {
			p.Link = m[1]
		}
		if p.URL != "" && said != nil && lines.Buffered() == 0 {
			close(said)
			said = nil
		}
	}
}

// Log gives what the program logged so far.
func (p *Program) Log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// Kill ends the program as a power switch would, and waits until it is gone.
func (p *Program) Kill() {
	if err := p.Cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return
	}
	<-p.ended
}

// Stop asks the program to end and waits. It gives how it ended.
func (p *Program) Stop(t testing.TB) error {
	t.Helper()
	if err := p.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.ended:
		return p.err
	case <-time.After(30 * time.Second):
		t.Fatalf("the program did not stop\n%s", p.Log())
		return nil
	}
}

// Ended reports whether the program is gone.
func (p *Program) Ended() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// Password of everybody whom Enrol enrols.
const Password = "una clave larga"

// Enrol makes the first account with the link that the program printed.
func (p *Program) Enrol(t testing.TB, name string) {
	t.Helper()
	_, token, ok := strings.Cut(p.Link, "#")
	if !ok {
		t.Fatalf("the program printed no sign-in link\n%s", p.Log())
	}
	p.Must(t, http.MethodPost, "/api/enrol", map[string]string{"token": token, "name": name, "password": Password}, nil)
}

// SignIn signs in again.
func (p *Program) SignIn(t testing.TB, name string) {
	t.Helper()
	p.Must(t, http.MethodPost, "/api/session", map[string]string{"name": name, "password": Password}, nil)
}

// Do makes a request; a key other than "" goes as Idempotency-Key. The answer
// is decoded into out where its status is 2xx.
func (p *Program) Do(ctx context.Context, method, path, key string, in, out any) (int, []byte, error) {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return 0, nil, err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, p.URL+path, body)
	if err != nil {
		return 0, nil, err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := p.Client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return res.StatusCode, b, err
	}
	if out != nil && res.StatusCode/100 == 2 {
		if err := json.Unmarshal(b, out); err != nil {
			return res.StatusCode, b, fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	return res.StatusCode, b, nil
}

// Must is Do that fails the test unless the status is 2xx.
func (p *Program) Must(t testing.TB, method, path string, in, out any) {
	t.Helper()
	status, b, err := p.Do(t.Context(), method, path, fmt.Sprintf("%s-%d", path, time.Now().UnixNano()), in, out)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", method, path, err, p.Log())
	}
	if status/100 != 2 {
		t.Fatalf("%s %s: status %d: %s", method, path, status, b)
	}
}
