package exercise

import (
	"context"
	"io"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"atalaya/feed"
	"atalaya/feed/format"
	"atalaya/feed/tcp"
	"atalaya/feed/udp"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// post listens to the gear as Atalaya does, with its own transports and
// decoders.
type post struct {
	t       testing.TB
	mu      sync.Mutex
	inputs  map[sensor.FeedID][]track.Input
	meters  map[sensor.FeedID]*feed.Meter
	running sync.WaitGroup
}

func listen(ctx context.Context, t testing.TB, g Gear) *post {
	p := &post{t: t, inputs: map[sensor.FeedID][]track.Input{}, meters: map[sensor.FeedID]*feed.Meter{}}
	for _, f := range g.Feeds {
		var s sensor.Sensor
		for _, x := range g.Sensors {
			if x.ID == f.Sensor {
				s = x
			}
		}
		m := feed.NewMeter(f, time.Now)
		p.meters[f.ID] = m
		src := &feed.Source{
			Feed: f, Meter: m, Transport: transport(t, f.Source), Registered: func(time.Time) bool { return true },
			NewDecoder: func() feed.Decoder {
				d, err := format.New(format.Station{Feed: f, Sensor: func(time.Time) sensor.Sensor { return s }})
				if err != nil {
					t.Error(err)
				}
				return d
			},
		}
		p.running.Go(func() {
			feed.Supervise(ctx, src, m, slog.New(slog.DiscardHandler), func(in track.Input) {
				p.mu.Lock()
				defer p.mu.Unlock()
				p.inputs[f.ID] = append(p.inputs[f.ID], in)
			})
		})
	}
	return p
}

func transport(t testing.TB, source string) feed.Transport {
	u, err := url.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	switch u.Scheme {
	case "udp":
		return udp.New(udp.Config{Listen: netip.MustParseAddrPort(u.Host), Now: time.Now})
	case "tcp":
		return tcp.NewClient(tcp.ClientConfig{Address: u.Host, Now: time.Now})
	case "tcp-listen":
		return tcp.NewServer(tcp.ServerConfig{Listen: u.Host, Now: time.Now})
	}
	t.Fatalf("source %s", source)
	return nil
}

// observations gives what came over a feed, in scans too.
func (p *post) observations(id sensor.FeedID) (all []obs.Observation, scans int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, in := range p.inputs[id] {
		if in.Observation != nil {
			all = append(all, *in.Observation)
		}
		if in.Scan != nil {
			scans++
			all = append(all, in.Scan.Observations...)
		}
	}
	return all, scans
}

const patience = 30 * time.Second

func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not seen: %s", what)
		}
	}
}

// TestRun lets the world run and listens to all its gear: every frame is good,
// what it says is true within its stated error, and in the end nothing is left.
func TestRun(t *testing.T) {
	before := runtime.NumGoroutine()
	cfg := usual(t)
	cfg.Clock, cfg.Report = time.Now, 500*time.Millisecond
	w, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p := listen(ctx, t, w.Gear())
	ran := make(chan error, 1)
	go func() { ran <- w.Run(ctx) }()

	until(t, "two turns of the radar", func() bool { _, scans := p.observations("radar-1"); return scans > 2*sectors })
	until(t, "targets of the patrol boat", func() bool { all, _ := p.observations("patrol-radar"); return len(all) > 0 })
	until(t, "the drone, with its time", func() bool {
		all, _ := p.observations("drone-7")
		return len(all) > 8 && all[len(all)-1].Clock == obs.ClockGNSS
	})
	until(t, "aircraft", func() bool { all, _ := p.observations("adsb-1"); return len(all) > 4*cfg.Planes })
	until(t, "boats at both stations", func() bool {
		a, _ := p.observations("ais-a")
		b, _ := p.observations("ais-b")
		return len(a) > 2*cfg.Boats && len(b) > cfg.Boats
	})
	for id, m := range p.meters {
		h := m.Health()
		if h.State != sensor.Up || h.Good == 0 || len(h.Bad) != 0 || h.Refused != 0 || h.ClockDoubt != 0 || h.Restarts > 1 {
			t.Errorf("%s: %s (%s), %d good, bad %v, %d refused, %d in doubt, %d late, %d restarts",
				id, h.State, h.Why, h.Good, h.Bad, h.Refused, h.ClockDoubt, h.Late, h.Restarts)
		}
	}
	truth(t, w, p)
	echoes(t, p)

	began := time.Now()
	cancel()
	select {
	case err := <-ran:
		if err != nil {
			t.Errorf("Run: %v", err)
		}
	case <-time.After(patience):
		t.Fatal("Run goes on")
	}
	p.running.Wait()
	t.Logf("stopped in %v", time.Since(began))
	for n := range 6 {
		l, err := net.Listen("tcp", w.port(n))
		if err != nil {
			t.Errorf("port %d is not free: %v", n, err)
			continue
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	until(t, "the end of all goroutines", func() bool { return runtime.NumGoroutine() <= before })
}

// truth holds what the cooperative gear says against where things are.
func truth(t *testing.T, w *World, p *post) {
	t.Helper()
	by := map[string][]*mover{"mavlink:7": {w.drone}}
	for _, m := range w.movers {
		switch {
		case m.mmsi != 0:
			c := obs.Claim{Kind: obs.MMSI, Value: mmsi(m.mmsi)}.String()
			by[c] = append(by[c], m)
		case m.icao != 0:
			by["icao:"+hex(m.icao)] = []*mover{m}
		}
	}
	for _, id := range []sensor.FeedID{"ais-a", "ais-b", "adsb-1", "drone-7"} {
		all, _ := p.observations(id)
		places := 0
		for _, o := range all {
			claim := by[o.Claims[0].String()]
			if claim == nil {
				t.Fatalf("%s: %v is nobody", id, o.Claims)
			}
			if o.Measure != obs.Place {
				continue
			}
			places++
			// The observation's time is rounded to seconds by some.
			if !slices.ContainsFunc(claim, func(m *mover) bool {
				at, _, _ := w.where(m, o.Received)
				return geo.Distance(at, o.Position) <= 4*math.Sqrt(o.Cov.EE)+m.speed*2+5
			}) {
				t.Errorf("%s: %s is not at %v", id, claim[0].name, o.Position)
			}
		}
		if places == 0 {
			t.Errorf("%s tells no place", id)
		}
	}
	names := map[string]bool{}
	all, _ := p.observations("ais-a")
	for _, o := range all {
		if n, ok := o.Claimed(obs.Name); ok {
			names[n] = true
		}
	}
	for _, n := range []string{"ILLIMANI", "PATRULLA 1", "FERRY 1"} {
		if !names[n] {
			t.Errorf("no name %s among %d", n, len(names))
		}
	}
	for n := range names {
		if strings.HasPrefix(n, "dark") {
			t.Errorf("%s has AIS", n)
		}
	}
}

// echoes holds that the second station hears what the first hears.
func echoes(t *testing.T, p *post) {
	t.Helper()
	a, _ := p.observations("ais-a")
	b, _ := p.observations("ais-b")
	keys := map[obs.Key]bool{}
	for _, o := range a {
		keys[o.Source.Key] = true
	}
	same := 0
	for _, o := range b {
		if keys[o.Source.Key] {
			same++
		}
	}
	if float64(same) < 0.9*float64(len(b)) {
		t.Errorf("%d of %d messages of station B are known to A", same, len(b))
	}
}

func mmsi(n uint32) string {
	const digits = "0123456789"
	b := make([]byte, 9)
	for i := range b {
		b[8-i] = digits[n%10]
		n /= 10
	}
	return string(b)
}

func hex(n uint32) string {
	const digits = "0123456789abcdef"
	b := make([]byte, 6)
	for i := range b {
		b[5-i] = digits[n%16]
		n /= 16
	}
	return string(b)
}

// TestRunAlone: nobody listens, and the world goes on.
func TestRunAlone(t *testing.T) {
	cfg := usual(t)
	cfg.Clock, cfg.Report = time.Now, 200*time.Millisecond
	w, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := w.Run(ctx); err != nil {
		t.Error(err)
	}
}

// TestSlowListener: a client that does not read is dropped, and the others get
// everything.
func TestSlowListener(t *testing.T) {
	s, err := newServer(t.Context(), "127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	dial := func() net.Conn {
		c, err := net.Dial("tcp", s.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	count := func() int { s.mu.Lock(); defer s.mu.Unlock(); return len(s.clients) }
	dial()
	good := dial()
	until(t, "two clients", func() bool { return count() == 2 })
	got := make(chan int64, 1)
	go func() {
		n, err := io.Copy(io.Discard, good)
		if err != nil {
			t.Error(err)
		}
		got <- n
	}()
	piece := make([]byte, 64<<10)
	const pieces = 600
	for range pieces {
		s.send(piece)
		time.Sleep(time.Millisecond)
	}
	until(t, "the slow one dropped", func() bool { return count() == 1 })
	began := time.Now()
	for len(s.queued(good)) > 0 && time.Since(began) < patience {
		time.Sleep(time.Millisecond)
	}
	s.close()
	if n := <-got; n < (pieces-300)*int64(len(piece)) {
		t.Errorf("%d bytes of %d", n, pieces*len(piece))
	}
}

// queued gives what waits for the other side of a connection.
func (s *server) queued(other net.Conn) chan []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c, out := range s.clients {
		if c.RemoteAddr().String() == other.LocalAddr().String() {
			return out
		}
	}
	return nil
}
