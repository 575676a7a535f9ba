package main

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
	"runtime"
	"strings"
	"syscall"
	"time"
)

// program is a running Atalaya with its exercise, as a user starts it.
type program struct {
	url    string
	dir    string // data folder
	port   int    // first port of the exercise's gear
	cmd    *exec.Cmd
	client *http.Client // signed in
	log    *os.File
	ended  chan struct{}
	err    error
}

// Name and password of the one account.
const (
	person   = "bench"
	password = "una clave larga"
)

// start starts the program with so many boats that report so often, and signs
// in with the printed link.
func (s *settings) start(ctx context.Context, boats int, report time.Duration) (*program, error) {
	dir, err := os.MkdirTemp(s.work, "data")
	if err != nil {
		return nil, fmt.Errorf("make a data folder: %w", err)
	}
	p := &program{dir: dir, ended: make(chan struct{})}
	if p.port, err = freePorts(ctx); err != nil {
		return nil, err
	}
	if p.log, err = os.Create(filepath.Join(s.work, filepath.Base(dir)+".log")); err != nil {
		return nil, fmt.Errorf("make a log: %w", err)
	}
	var args []string
	if s.step > 0 {
		name, err := s.file("atalaya.toml", fmt.Appendf(nil, "[loop]\nstep = %q\n", s.step))
		if err != nil {
			return nil, err
		}
		args = []string{"--config", name}
	}
	args = append(args, "serve", "--exercise", "--no-relief", "--boats", fmt.Sprint(boats), "--report", report.String(),
		"--data", dir, "--listen", "127.0.0.1:0", "--port", fmt.Sprint(p.port))
	p.cmd = exec.CommandContext(ctx, s.binary, args...)
	p.cmd.Stderr = p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // the load ends even if we are killed
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the program: %w", err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the program: %w", err)
	}
	link := make(chan string, 1)
	go p.wait(out, link)
	select {
	case l := <-link:
		if err := p.enrol(ctx, l); err != nil {
			return nil, errors.Join(err, p.stop())
		}
		return p, nil
	case <-p.ended:
		return nil, fmt.Errorf("the program ended at its start: %w: %s", p.err, p.said())
	case <-time.After(time.Minute):
		return nil, errors.Join(fmt.Errorf("the program printed no sign-in link: %s", p.said()), p.stop())
	}
}

// wait reads what the program prints until it ends.
func (p *program) wait(out io.Reader, link chan<- string) {
	defer close(p.ended)
	word := regexp.MustCompile(`http://\S+/enrol#\S+`)
	for sc := bufio.NewScanner(out); sc.Scan(); {
		if l := word.FindString(sc.Text()); l != "" {
			link <- l
		}
	}
	p.err = p.cmd.Wait()
}

// said gives the end of the program's log.
func (p *program) said() string {
	b, err := os.ReadFile(p.log.Name())
	if err != nil {
		return err.Error()
	}
	return tail(b)
}

// freePorts finds seven loopback ports in a row, free at the time of asking.
func freePorts(ctx context.Context) (int, error) {
	const needed, from, to = 7, 23_000, 32_000
	for first := from; first < to; first += needed {
		free := 0
		for ; free < needed; free++ {
			addr := fmt.Sprintf("127.0.0.1:%d", first+free)
			l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
			if err != nil {
				break
			}
			u, uerr := new(net.ListenConfig).ListenPacket(ctx, "udp", addr)
			if uerr == nil {
				uerr = u.Close()
			}
			if errors.Join(uerr, l.Close()) != nil {
				break
			}
		}
		if free == needed {
			return first, nil
		}
	}
	return 0, fmt.Errorf("no seven free ports in a row between %d and %d", from, to)
}

func (p *program) enrol(ctx context.Context, link string) error {
	url, token, _ := strings.Cut(link, "/enrol#")
	p.url = url
	jar, err := cookiejar.New(nil)
	if err != nil {
		return fmt.Errorf("keep cookies: %w", err)
	}
	p.client = &http.Client{Jar: jar, Timeout: 30 * time.Second}
	return p.ask(ctx, http.MethodPost, "/api/enrol", map[string]string{"token": token, "name": person, "password": password}, nil)
}

// spent is what a process and the whole machine spent until a moment.
type spent struct {
	at               time.Time
	program, machine float64 // processor seconds
}

func (p *program) spent() (spent, error) {
	all, err := machineBusy()
	if err != nil {
		return spent{}, err
	}
	own, err := busy(p.cmd.Process.Pid)
	return spent{time.Now(), own, all}, err
}

// since says what share of a core the program took since then, and of all
// cores everybody.
func (p *program) since(then spent) (program, machine float64, err error) {
	now, err := p.spent()
	if err != nil {
		return 0, 0, err
	}
	seconds := now.at.Sub(then.at).Seconds()
	return (now.program - then.program) / seconds, (now.machine - then.machine) / seconds / float64(runtime.NumCPU()), nil
}

// ask asks the API.
func (p *program) ask(ctx context.Context, method, path string, body, answer any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	req, err := http.NewRequestWithContext(ctx, method, p.url+path, bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := p.client.Do(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer res.Body.Close()
	if b, err = io.ReadAll(res.Body); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: %s: %s", method, path, res.Status, tail(b))
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(b, answer); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// system is what the benchmarks read of /api/system.
type system struct {
	Step    uint64
	StepMS  float64 `json:"step_ms"`
	LagMS   float64 `json:"lag_ms"`
	Waiting int
	Tracks  int
	Inputs  uint64
	Shed    uint64 `json:"bus_shed"`
}

func (p *program) system(ctx context.Context) (system, error) {
	var s system
	err := p.ask(ctx, http.MethodGet, "/api/system", nil, &s)
	return s, err
}

// errNotCarried tells that this machine cannot make or take the load.
var errNotCarried = errors.New("these processors do not carry the load")

// picture waits until the picture has so many tracks.
func (p *program) picture(ctx context.Context, tracks int) error {
	for began := time.Now(); ; {
		sys, err := p.system(ctx)
		if err != nil {
			return err
		}
		if sys.Tracks >= tracks {
			return nil
		}
		if time.Since(began) > 2*time.Minute {
			return fmt.Errorf("%w: the picture has %d of %d tracks after two minutes, %d observations wait", errNotCarried, sys.Tracks, tracks, sys.Waiting)
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
}

// pause waits, and fails when ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stop asks the program to end, waits, and removes its data.
func (p *program) stop() error {
	err := p.cmd.Process.Signal(syscall.SIGTERM)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	select {
	case <-p.ended:
	case <-time.After(3 * time.Minute):
		err = errors.Join(err, errors.New("the program did not stop within three minutes"), p.cmd.Process.Kill())
		<-p.ended
	}
	return errors.Join(err, p.log.Close(), os.RemoveAll(p.dir))
}

// sampled is what the program said of its loop over a while.
type sampled struct{ step, lag []float64 }

// sample asks the program about its loop twice a second until ctx ends.
func (p *program) sample(ctx context.Context) (sampled, error) {
	var out sampled
	for pause(ctx, 500*time.Millisecond) == nil {
		sys, err := p.system(ctx)
		switch {
		case ctx.Err() != nil:
			return out, nil //nolint:nilerr // the while is over
		case err != nil:
			return out, err
		}
		out.step, out.lag = append(out.step, sys.StepMS), append(out.lag, sys.LagMS)
	}
	return out, nil
}
