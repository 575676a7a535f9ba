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
	"sync"
	"testing"
	"time"

	"atalaya/codec"
	"atalaya/codec/ais"
	"atalaya/geo"
	"atalaya/internal/running"
)

// shore is a configuration with one AIS feed on UDP.
func shore(port int) string {
	return fmt.Sprintf(`
[keep]
min_free_bytes = 1048576

[[sensor]]
id = "shore"
name = "Shore"
kind = "ais-receiver"
lat = -16.16
lon = -69.09

[[feed]]
id = "shore"
sensor = "shore"
format = "ais"
source = "udp://127.0.0.1:%d"
allowed = ["127.0.0.1"]
silent = "30s"
`, port)
}

// beacons sends position reports of AIS search and rescue transmitters: each
// raises an alert of its own.
type beacons struct {
	conn net.Conn
	enc  *ais.Encoder
	next uint32
}

func newBeacons(t *testing.T, port int) *beacons {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "udp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	return &beacons{conn: conn, enc: ais.NewEncoder(), next: 970_010_001}
}

// light switches n more beacons on. A program that is down hears none.
func (b *beacons) light(t *testing.T, n int) {
	t.Helper()
	for range n {
		p, _ := geo.Direct(geo.Position{Lat: -16, Lon: -69}, float64(b.next%360), float64(b.next%97)*100)
		lines, err := b.enc.Encode(&ais.Message{Type: 1, MMSI: ais.MMSI(b.next), Channel: "A", Report: &ais.Position{
			Kinematics: ais.Kinematics{
				Position: codec.Some(p), Speed: codec.Some(0.0), Second: codec.Some(uint8(time.Now().Second())),
			},
			Status: codec.Some(ais.DistressActive),
		}})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // a transmitter repeats itself
			// Nobody listens while the program is down.
			if _, err := b.conn.Write([]byte(lines[0] + "\r\n")); err != nil {
				time.Sleep(time.Millisecond)
			}
		}
		b.next++
	}
}

// acknowledged is what the server said was done.
type acknowledged struct {
	mu    sync.Mutex
	done  map[string]string // alert -> request
	first chan struct{}     // takes one when the first of a run is done
}

// run takes new alerts and acknowledges them, over and over, until the
// program is gone. A request that got no answer is repeated with its key the
// next time.
func (a *acknowledged) run(ctx context.Context, p *running.Program, pending map[string]string) {
	for ctx.Err() == nil && !p.Ended() {
		var list struct{ Alerts []alert }
		if _, _, err := p.Do(ctx, http.MethodGet, "/api/alerts?state=new&limit=1000", "", nil, &list); err != nil {
			return
		}
		for _, x := range list.Alerts {
			key := pending[x.ID]
			if key == "" {
				key = fmt.Sprintf("key-%s", x.ID)
				pending[x.ID] = key
			}
			status, _, err := p.Do(ctx, http.MethodPost, "/api/alerts/"+x.ID+"/acknowledge", key, map[string]string{"note": key}, nil)
			if err != nil {
				return // killed in between
			}
			if status == http.StatusOK {
				a.mu.Lock()
				a.done[x.ID] = key
				a.mu.Unlock()
				select {
				case a.first <- struct{}{}:
				default:
				}
			}
		}
	}
}

// TestKillWhileAcknowledging kills the program with SIGKILL at random points
// while alerts are acknowledged through its API: no acknowledged change may be
// lost, none doubled. ATALAYA_KILLS sets how often (50 in make test's bounds).
func TestKillWhileAcknowledging(t *testing.T) {
	t.Parallel()
	kills := 50
	if v := os.Getenv("ATALAYA_KILLS"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			t.Fatal(err)
		}
		kills = n
	}
	port := running.Ports(t, 1)
	dir := t.TempDir()
	lit := newBeacons(t, port)
	acked := &acknowledged{done: map[string]string{}}
	pending := map[string]string{}
	during := 0
	for round := range kills {
		p := running.Start(t, running.Options{Dir: dir, Config: shore(port)})
		if round == 0 {
			p.Enrol(t, "Ana")
		} else {
			p.SignIn(t, "Ana")
			check(t, p, acked)
		}
		lit.light(t, 40)
		before := len(acked.done)
		acked.first = make(chan struct{}, 1)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { acked.run(ctx, p, pending); close(ended) }()
		if round%5 > 0 { // most while changes are acknowledged, some while alerts come
			select {
			case <-acked.first:
			case <-ended:
			case <-time.After(5 * time.Second):
			}
		}
		time.Sleep(rand.N(400 * time.Millisecond))
		p.Kill()
		cancel()
		<-ended
		if len(acked.done) > before {
			during++
		}
	}
	p := running.Start(t, running.Options{Dir: dir, Config: shore(port)})
	p.SignIn(t, "Ana")
	check(t, p, acked)
	t.Logf("%d kills, %d while changes were being acknowledged, %d changes acknowledged", kills, during, len(acked.done))
	if during < kills/2 {
		t.Errorf("only %d of %d kills came while changes were acknowledged: the test shows too little", during, kills)
	}
	if err := p.Stop(t); err != nil {
		t.Fatal(err)
	}
}

// check compares what was acknowledged with what the program knows.
func check(t *testing.T, p *running.Program, a *acknowledged) {
	t.Helper()
	have := map[string]alert{}
	for after := ""; ; {
		var list struct {
			Alerts []alert
			Next   string
		}
		p.Must(t, http.MethodGet, "/api/alerts?limit=1000&after="+after, nil, &list)
		for _, x := range list.Alerts {
			have[x.ID] = x
		}
		if after = list.Next; after == "" {
			break
		}
	}
	var errs []error
	for id, key := range a.done {
		x, ok := have[id]
		if !ok || x.State != "acknowledged" {
			errs = append(errs, fmt.Errorf("alert %s was acknowledged and is %q now", id, x.State))
			continue
		}
		n := 0
		for _, c := range x.Changes {
			if c.Kind == "acknowledged" {
				n++
				if c.Request != key {
					errs = append(errs, fmt.Errorf("alert %s: request %q, want %q", id, c.Request, key))
				}
			}
		}
		if n != 1 {
			errs = append(errs, fmt.Errorf("alert %s was acknowledged %d times", id, n))
		}
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}
