package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"atalaya/internal/running"
)

// TestNoiseIntoEveryPort sends random bytes into every port that listens, and
// serves them to every feed that connects, while the picture goes on: its
// memory stays bounded and the counters say what came. ATALAYA_NOISE_MB sets
// how many megabytes go to each port (4; make soak sends 100).
func TestNoiseIntoEveryPort(t *testing.T) {
	t.Parallel()
	megabytes := 4
	if v := os.Getenv("ATALAYA_NOISE_MB"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			t.Fatal(err)
		}
		megabytes = n
	}
	port := running.Ports(t, 8)
	var cfg strings.Builder
	cfg.WriteString("[keep]\nmin_free_bytes = 1048576\n")
	served := noiseServer(t, port+6, megabytes)
	feeds := []struct{ format, source string }{
		{"ais", fmt.Sprintf("udp://127.0.0.1:%d", port)},
		{"asterix", fmt.Sprintf("udp://127.0.0.1:%d", port+1)},
		{"mavlink", fmt.Sprintf("udp://127.0.0.1:%d", port+2)},
		{"nmea", fmt.Sprintf("tcp-listen://127.0.0.1:%d", port+3)},
		{"beast", fmt.Sprintf("tcp-listen://127.0.0.1:%d", port+4)},
		{"asterix", fmt.Sprintf("tcp-listen://127.0.0.1:%d", port+5)},
		{"avr", fmt.Sprintf("tcp://127.0.0.1:%d", port+6)},
		{"ais", fmt.Sprintf("udp://127.0.0.1:%d", port+7)}, // the one that works
	}
	for i, f := range feeds {
		fmt.Fprintf(&cfg, "[[sensor]]\nid = \"s%d\"\nname = \"s%d\"\nkind = \"ais-receiver\"\nlat = -16.0\nlon = -69.0\n", i, i)
		fmt.Fprintf(&cfg, "[[feed]]\nid = \"f%d\"\nsensor = \"s%d\"\nformat = %q\nsource = %q\nsilent = \"20s\"\n", i, i, f.format, f.source)
	}
	p := running.Start(t, running.Options{Config: cfg.String()})
	p.Enrol(t, "Ana")
	lit := newBeacons(t, port+7)
	lit.light(t, 5)
	until(t, p, "the first picture", 20*time.Second, func() bool { return len(alerts(t, p)) == 5 })

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sent := make(chan error, 6)
	for i := range 3 {
		go func() { sent <- spray(ctx, "udp", port+i, megabytes) }()
	}
	for i := 3; i < 6; i++ {
		go func() { sent <- spray(ctx, "tcp", port+i, megabytes) }()
	}
	for range 6 {
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
	}
	<-served
	lit.light(t, 5)
	until(t, p, "the picture after the noise", 30*time.Second, func() bool { return len(alerts(t, p)) == 10 })

	var list struct {
		Feeds []struct {
			Feed, State string
			Good, Bytes uint64
			Bad         map[string]uint64
		}
	}
	p.Must(t, http.MethodGet, "/api/feeds", nil, &list)
	for _, f := range list.Feeds[:7] {
		bad := uint64(0)
		for _, n := range f.Bad {
			bad += n
		}
		t.Logf("%s: %s, %d bytes, good %d, bad %v", f.Feed, f.State, f.Bytes, f.Good, f.Bad)
		if f.Bytes == 0 || bad == 0 {
			t.Errorf("%s: %d bytes came and %d pieces were counted as bad", f.Feed, f.Bytes, bad)
		}
	}
	if last := list.Feeds[7]; last.Good < 10 || len(last.Bad) != 0 {
		t.Errorf("the good feed: good %d, bad %v", last.Good, last.Bad)
	}
	const most = 600 << 20
	if rss := resident(t, p.Cmd.Process.Pid); rss > most {
		t.Errorf("resident memory after the noise: %d MB", rss>>20)
	} else {
		t.Logf("resident memory after the noise: %d MB", rss>>20)
	}
}

// noise fills b with reproducible random bytes.
func noise(r *rand.ChaCha8, b []byte) {
	if _, err := r.Read(b); err != nil {
		panic(err) // a generator never fails
	}
}

// spray sends random bytes to a loopback port, as datagrams of random length
// or as one stream.
func spray(ctx context.Context, network string, port, megabytes int) error {
	conn, err := new(net.Dialer).DialContext(ctx, network, fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	defer conn.Close()
	r := rand.NewChaCha8([32]byte{byte(port)})
	lengths := rand.New(r)
	b := make([]byte, 1400)
	for left := megabytes << 20; left > 0; {
		n := min(1+lengths.IntN(len(b)), left)
		noise(r, b[:n])
		if _, err := conn.Write(b[:n]); err != nil && !errors.Is(err, syscall.ECONNREFUSED) {
			return err
		}
		left -= n
		if network == "udp" && left%(64<<10) < len(b) {
			time.Sleep(time.Millisecond) // about 40 MB/s: what comes shall be read, not dropped
		}
	}
	return nil
}

// noiseServer serves random bytes to the first who connects.
func noiseServer(t *testing.T, port, megabytes int) <-chan struct{} {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		r := rand.NewChaCha8([32]byte{9})
		b := make([]byte, 64<<10)
		for range megabytes << 4 {
			noise(r, b)
			if _, err := conn.Write(b); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return done
}

// resident gives the resident memory of a process, bytes.
func resident(t *testing.T, pid int) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Fatal(err)
	}
	var size, pages int
	if _, err := fmt.Sscan(string(b), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}
