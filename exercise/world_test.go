package exercise

import (
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"atalaya/codec/asterix"
	"atalaya/geo"
	"atalaya/internal/running"
	"atalaya/sensor"
)

var begin = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// usual is the world that 'make run' starts.
func usual(t testing.TB) Config {
	return Config{
		Seed: 1, Boats: 40, Dark: 6, Planes: 6, Port: running.Ports(t, 7), Cross: 40 * time.Second, Deceive: 3 * time.Minute,
		Clock: func() time.Time { return begin }, Log: slog.New(slog.DiscardHandler),
	}
}

// newWorld makes a world that does not run.
func newWorld(t testing.TB, cfg Config) *World {
	t.Helper()
	w, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.stationB.close()
		w.beast.close()
	})
	return w
}

// places tells where everybody is at a time.
func (w *World) places(after time.Duration) []geo.Position {
	var out []geo.Position
	for _, m := range w.all() {
		p, _, _ := w.where(m, begin.Add(after))
		out = append(out, p)
	}
	return out
}

// TestSameSeed: a seed makes the same world, however often one looks at it;
// another seed another one.
func TestSameSeed(t *testing.T) {
	cfg := usual(t)
	var worlds [3]*World
	for i := range worlds {
		cfg.Port = running.Ports(t, 7)
		if i == 2 {
			cfg.Seed = 2
		}
		worlds[i] = newWorld(t, cfg)
	}
	for s := range 3600 {
		worlds[0].places(time.Duration(s) * time.Second)
	}
	for _, at := range []time.Duration{time.Hour, time.Hour + time.Minute} {
		a, b, c := worlds[0].places(at), worlds[1].places(at), worlds[2].places(at)
		if !slices.Equal(a, b) {
			t.Errorf("after %v two worlds of one seed differ", at)
		}
		if slices.Equal(a, c) {
			t.Errorf("after %v two worlds of different seeds are the same", at)
		}
	}
	for i, m := range worlds[0].all() {
		if n := worlds[1].all()[i]; m.name != n.name || m.mmsi != n.mmsi || m.icao != n.icao {
			t.Errorf("%s is %s", m.name, n.name)
		}
	}
}

// TestBoats watches all boats for an hour and a half: they stay on the lake;
// only ferries, on their lane, and smugglers, off it and when it is their time,
// cross the border; ours stay at home.
func TestBoats(t *testing.T) {
	for _, cross := range []time.Duration{40 * time.Second, 10 * time.Minute} {
		t.Run(cross.String(), func(t *testing.T) {
			cfg := usual(t)
			cfg.Cross = cross
			w := newWorld(t, cfg)
			first := map[string]time.Duration{} // crossing by name
			side := map[*mover]bool{}
			const every = 5 * time.Second
			for at := time.Duration(0); at < 90*time.Minute; at += every {
				for _, m := range w.all() {
					p, _, speed := w.where(m, begin.Add(at))
					if speed > 100 {
						t.Fatalf("%s goes %v m/s", m.name, speed)
					}
					home := w.geo.home(p)
					was, known := side[m]
					side[m] = home
					if m.class == plane {
						continue
					}
					if m != w.drone && w.geo.lake.Distance(p) > -shore+6 {
						t.Fatalf("%s is ashore at %v after %v, %.0f m from the lake", m.name, p, at, w.geo.lake.Distance(p))
					}
					if (m == w.drone || m == w.patroler) && (!home || w.geo.fromBorder(p) < 2500) {
						t.Fatalf("%s is %v, %.0f m from the border", m.name, p, w.geo.fromBorder(p))
					}
					if known && was != home {
						crossed(t, w, m, p)
						if _, again := first[m.name]; !again {
							first[m.name] = at
						}
					}
				}
			}
			for name, want := range map[string]time.Duration{"ILLIMANI": cross, "dark 1": cross + 25*time.Second, "dark 2": cross + 15*time.Minute} {
				if got := first[name]; got < want-2*every || got > want+2*every {
					t.Errorf("%s crosses after %v, want %v", name, got, want)
				}
				delete(first, name)
			}
			ferries := 0
			for name := range first {
				if !strings.HasPrefix(name, "FERRY") {
					t.Errorf("%s crosses the border", name)
				}
				ferries++
			}
			if ferries == 0 {
				t.Error("no ferry crosses the border")
			}
		})
	}
}

// crossed holds where somebody crossed the border.
func crossed(t *testing.T, w *World, m *mover, p geo.Position) {
	t.Helper()
	_, off, _ := w.lane.Nearest(p)
	if off < 0 {
		off = -off
	}
	if m.class == ferry && off > 100 {
		t.Errorf("%s crosses %.0f m off the lane", m.name, off)
	}
	if m.class != ferry && off < 1500 {
		t.Errorf("%s crosses %.0f m from the lane: that is lawful", m.name, off)
	}
}

// TestCrowd: a large world is made in reasonable time.
func TestCrowd(t *testing.T) {
	cfg := usual(t)
	cfg.Boats, cfg.Planes = 5000, 500
	began := time.Now()
	w := newWorld(t, cfg)
	w.places(time.Minute)
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("%v", took)
	}
}

// TestGear: what is to be registered fits together, and belongs to the
// exercise.
func TestGear(t *testing.T) {
	w := newWorld(t, usual(t))
	g := w.Gear()
	sensors := map[sensor.ID]sensor.Sensor{}
	for _, s := range g.Sensors {
		sensors[s.ID] = s
		if !s.Exercise || !s.Position.Valid() || !s.Height.Known() || s.Valid.Number != 1 {
			t.Errorf("sensor %+v", s)
		}
	}
	ports := map[string]bool{}
	for _, f := range g.Feeds {
		s, ok := sensors[f.Sensor]
		if !ok || !f.Exercise || f.Proven || len(f.Allowed) != 1 || f.Silent <= 0 || ports[f.Source] {
			t.Errorf("feed %+v", f)
		}
		ports[f.Source] = true
		if f.Format == sensor.FormatASTERIX && (s.SAC == 0 || s.SIC == 0 || !s.Kind.Looks() || s.ScanPeriod != turn) {
			t.Errorf("radar %+v", s)
		}
		if f.Format == sensor.FormatMAVLink && s.SystemID == 0 {
			t.Errorf("drone %+v", s)
		}
	}
	if len(g.Feeds) != 6 || len(ports) != 6 {
		t.Errorf("%d feeds of %d sources", len(g.Feeds), len(ports))
	}
	if len(g.Areas) != 3 || !g.Areas[0].Demonstration || len(g.Assets) != 2 || !g.Assets[0].Exercise || !g.Assets[1].Exercise {
		t.Errorf("%d areas, assets %+v", len(g.Areas), g.Assets)
	}
}

// TestPortTaken: the error says what to do, and nothing is left open.
func TestPortTaken(t *testing.T) {
	for _, n := range []int{1, 3} {
		cfg := usual(t)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", cfg.Port+n))
		if err != nil {
			t.Fatal(err)
		}
		_, err = New(t.Context(), cfg)
		if err == nil || !strings.Contains(err.Error(), "exercise.port") {
			t.Errorf("error %v", err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		newWorld(t, cfg) // the other port is free again
	}
}

// TestTurn: one turn of the radar is 32 sectors and one north marker.
func TestTurn(t *testing.T) {
	w := newWorld(t, usual(t))
	var sent [][]byte
	conn, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", w.cfg.Port+2))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	out, err := newSender(w.port(2))
	if err != nil {
		t.Fatal(err)
	}
	a := w.antenna(out.send)
	for i := range sectors {
		if err := a.sweep(begin.Add(time.Duration(i) * turn / sectors)); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1<<16)
	for {
		n, _, err := conn.ReadFrom(buf)
		if err != nil {
			break
		}
		sent = append(sent, slices.Clone(buf[:n]))
	}
	dec := asterix.New(asterix.Config{})
	north, marks, plots := 0, []float64{}, 0
	for _, d := range sent {
		for m, err := range dec.Datagram(d, begin) {
			if err != nil {
				t.Fatal(err)
			}
			if s, ok := m.Service(); ok {
				if s.Type == asterix.NorthMarker {
					north++
				} else {
					marks = append(marks, s.SectorDeg)
				}
			}
			if p, ok := m.Target(); ok {
				plots++
				if p.RangeM > radarRange*1.1 || p.Detection == asterix.NoDetection {
					t.Errorf("plot %+v", p)
				}
			}
		}
	}
	if north != 1 || len(marks) != sectors-1 || marks[0] != 11.25 || marks[30] != 348.75 || plots < 10 {
		t.Errorf("%d north markers, sectors %v, %d plots", north, marks, plots)
	}
}
