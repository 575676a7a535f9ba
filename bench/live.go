package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"atalaya/codec"
	"atalaya/codec/ais"
	"atalaya/geo"
)

// The live part measures from a datagram on the wire to the browser's screen.
//
// The program runs its exercise with N boats at 1 Hz. Beside them probes of
// ours, boats of their own, report to the same AIS port, each every ten
// seconds (ITU-R M.1371-5, table 1) at a random moment and each time with
// another speed and course. In Chromium the page's own arrays are watched
// (live.mjs): when a probe's velocity there changes, its last report has
// arrived. A report is lost when nothing changed until the next of its boat.
// All clocks are this machine's.
const (
	probes     = 60
	probeEvery = 10 * time.Second
	probeMMSI  = 720_900_000
)

// probe is one boat of ours.
type probe struct {
	mmsi  uint32
	at    geo.Position
	speed float64 // m/s
	head  float64 // degrees
	last  time.Time
	due   time.Time
}

// sent is one report on the wire.
type sent struct {
	mmsi uint32
	at   time.Time // just before the write
}

// broadcast lets the probes report until ctx ends.
func broadcast(ctx context.Context, port int) ([]sent, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "udp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, fmt.Errorf("send reports: %w", err)
	}
	defer conn.Close()
	random := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano()))) //nolint:gosec // an input, no secret
	boats := make([]probe, probes)
	began := time.Now()
	for i := range boats {
		boats[i] = probe{
			mmsi: probeMMSI + uint32(i),
			// Beyond the radar's range, so that no radar looks for them.
			at: geo.Position{Lat: -16.55 + 0.01*float64(i/10), Lon: -68.75 + 0.01*float64(i%10)}, speed: 5,
			last: began, due: began.Add(time.Duration(random.Float64() * float64(probeEvery))),
		}
	}
	enc := ais.NewEncoder()
	var out []sent
	for {
		next := &boats[0]
		for i := range boats {
			if boats[i].due.Before(next.due) {
				next = &boats[i]
			}
		}
		if pause(ctx, time.Until(next.due)) != nil {
			return out, nil //nolint:nilerr // the end of the load
		}
		next.move(time.Now(), random)
		line, err := next.report(enc)
		if err != nil {
			return out, err
		}
		out = append(out, sent{next.mmsi, time.Now()})
		if _, err := conn.Write(line); err != nil && !errors.Is(err, syscall.ECONNREFUSED) {
			return out, fmt.Errorf("send a report: %w", err)
		}
		// The intervals differ, so that they stay out of step with the loop.
		next.due = next.due.Add(probeEvery + time.Duration(random.Int64N(int64(time.Second))))
	}
}

// move moves a boat to now; from now on it has another speed and course.
func (p *probe) move(now time.Time, random *rand.Rand) {
	p.at, _ = geo.Direct(p.at, p.head, p.speed*now.Sub(p.last).Seconds())
	p.last = now
	p.speed = 3 + 4*random.Float64()
	p.head = geo.WrapBearing(p.head + 10 + 20*random.Float64())
}

func (p *probe) report(enc *ais.Encoder) ([]byte, error) {
	lines, err := enc.Encode(&ais.Message{Type: 1, MMSI: ais.MMSI(p.mmsi), Channel: "A", Report: &ais.Position{
		Kinematics: ais.Kinematics{
			Position: codec.Some(p.at), Accurate: true, Speed: codec.Some(p.speed), Course: codec.Some(p.head),
			Heading: codec.Some(p.head), Second: codec.Some(uint8(p.last.Second())),
		},
		Status: codec.Some(ais.UnderWay),
	}})
	if err != nil {
		return nil, fmt.Errorf("encode a report: %w", err)
	}
	return []byte(strings.Join(lines, "\r\n") + "\r\n"), nil
}

// known waits until the picture has every probe and gives their MMSI by track.
func (p *program) known(ctx context.Context) (map[uint64]uint32, error) {
	for began := time.Now(); ; {
		out := map[uint64]uint32{}
		for after := uint64(0); ; {
			var page struct {
				Tracks []struct {
					ID     uint64
					Claims []struct{ Kind, Value string }
				}
				Next uint64
			}
			if err := p.ask(ctx, http.MethodGet, fmt.Sprintf("/api/tracks?limit=10000&after=%d", after), nil, &page); err != nil {
				return nil, err
			}
			for _, t := range page.Tracks {
				for _, c := range t.Claims {
					var n uint32
					if _, err := fmt.Sscan(c.Value, &n); c.Kind == "mmsi" && err == nil && n >= probeMMSI && n < probeMMSI+probes {
						out[t.ID] = n
					}
				}
			}
			if after = page.Next; after == 0 {
				break
			}
		}
		if len(out) == probes {
			return out, nil
		}
		if time.Since(began) > time.Minute {
			return nil, fmt.Errorf("the picture has %d of %d probes after a minute: %s", len(out), probes, p.said())
		}
		if err := pause(ctx, time.Second); err != nil {
			return nil, err
		}
	}
}

// arrival is what live.mjs saw of one report: milliseconds since 1970.
type arrival struct {
	Track  uint64  `json:"track"`
	Made   float64 `json:"made"`   // the program made the frame with it, by the frame's own clock
	Arrays float64 `json:"arrays"` // the page has the row
	Drawn  float64 `json:"drawn"`  // the frame that draws it is done in the page
	Pixels float64 `json:"pixels"` // the graphics have drawn it
}

// watched is what live.mjs prints.
type watched struct {
	Tracks   int       `json:"tracks"`   // in the page's arrays
	Pictures int       `json:"pictures"` // that arrived
	Skew     float64   `json:"skew"`     // of the page's clock, ms
	Arrivals []arrival `json:"arrivals"`
	FromMS   float64   `json:"from"` // the watch
	ToMS     float64   `json:"to"`
	Busy     float64   `json:"busy"` // cores that the browser took
}

func live(ctx context.Context, s *settings) error {
	for _, n := range s.tracks {
		if err := s.wireToScreen(ctx, n); err != nil {
			return fmt.Errorf("%d tracks: %w", n, err)
		}
	}
	s.table.note("wire to screen: from just before the write of an AIS sentence to the program's UDP port until the program makes the frame " +
		"with it for the browser, until the page's arrays have it, until the animation frame that draws it is done in the page, and until the (software) graphics have drawn it; " +
		"the program, its exercise, and Chromium share the processors")
	return nil
}

func (s *settings) wireToScreen(ctx context.Context, n int) (err error) {
	s.say("live: %d tracks at 1 Hz, %s", n, s.window)
	p, err := s.start(ctx, n, time.Second)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	if err := p.picture(ctx, n*97/100); err != nil {
		return err
	}
	load, quit := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer quit()
	var reports []sent
	var loadErr, loopErr error
	wg.Go(func() { reports, loadErr = broadcast(load, p.port) })
	names, err := p.known(ctx)
	if err != nil {
		return err
	}
	var loop sampled
	wg.Go(func() { loop, loopErr = p.sample(load) })
	before, err := p.spent()
	if err != nil {
		return err
	}
	w, err := s.browser(ctx, p, names)
	if err != nil {
		return err
	}
	share, all, err := p.since(before)
	if err != nil {
		return err
	}
	quit()
	wg.Wait()
	if err := errors.Join(loadErr, loopErr); err != nil {
		return err
	}
	s.table.note("live, %s tracks: the program took %.0f %% of a core, exercise included, the browser %.0f %%; the whole machine was %.0f %% busy",
		number(float64(n)), 100*share, 100*w.Busy, 100*all)
	return s.latency(n, names, reports, w, loop)
}

// browser watches the page.
func (s *settings) browser(ctx context.Context, p *program, names map[uint64]uint32) (w watched, err error) {
	ids := make([]uint64, 0, len(names))
	for id := range names {
		ids = append(ids, id)
	}
	in, err := json.Marshal(map[string]any{
		"url": p.url, "name": person, "password": password, "ids": ids, "seconds": s.window.Seconds(),
	})
	if err != nil {
		return w, fmt.Errorf("tell the browser: %w", err)
	}
	cmd := node(ctx, "bench/live.mjs")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return w, fmt.Errorf("bench/live.mjs: %w", err)
	}
	if err := json.Unmarshal(out, &w); err != nil {
		return w, fmt.Errorf("bench/live.mjs: %w", err)
	}
	const good = 5.0 // ms
	if w.Skew > good || w.Skew < -good {
		return w, fmt.Errorf("the browser's clock is %.1f ms off this machine's", w.Skew)
	}
	return w, nil
}

// node makes a process that, when ctx ends, gets the time to close its browser.
func node(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "node", args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// latency adds the rows.
func (s *settings) latency(n int, names map[uint64]uint32, reports []sent, w watched, loop sampled) error {
	delays, of := match(reports, names, w)
	const enough = 20
	if len(delays.arrays) < enough {
		return fmt.Errorf("only %d of %d reports were seen in the page: has the page's message \"picture\" changed (bench/live.mjs)?", len(delays.arrays), of)
	}
	command := "bench/run.sh live"
	row := func(what string, values []float64, bar string, highest float64) {
		verdict := ""
		if highest > 0 {
			verdict = holds(quantile(values, 0.99), highest)
		}
		s.table.row(fmt.Sprintf("%s, %s tracks at 1 Hz", what, number(float64(n))),
			fmt.Sprintf("p50 %s ms, p99 %s ms, n %d", number(quantile(values, 0.5)), number(quantile(values, 0.99)), len(values)), bar, verdict, command)
	}
	const bar = 250 // ms
	row("wire to the program's frame", delays.made, "", 0)
	row("wire to the page's arrays", delays.arrays, "", 0)
	row("wire to the frame drawn", delays.drawn, "p99 < 250 ms", bar)
	row("wire to pixels", delays.pixels, "", 0)
	row("step of the loop", loop.step, "", 0)
	row("lag of the loop", loop.lag, "", 0)
	s.table.note("live, %s tracks: the page had %d tracks and took %d pictures; %d of %d reports seen before the next one of their boat",
		number(float64(n)), w.Tracks, w.Pictures, len(delays.arrays), of)
	return nil
}

// delays in milliseconds, of every report that arrived.
type delays struct{ made, arrays, drawn, pixels []float64 }

// match finds for each report of the watch what the page saw of it: the first
// change of its boat before the boat's next report. The last reports of the
// watch, which had no time to arrive, are left out.
func match(reports []sent, names map[uint64]uint32, w watched) (d delays, of int) {
	const margin = 2000.0 // ms
	seen := map[uint32][]arrival{}
	for _, a := range w.Arrivals {
		seen[names[a.Track]] = append(seen[names[a.Track]], a)
	}
	last := map[uint32]float64{} // the next report of each boat
	for _, r := range slices.Backward(reports) {
		at := float64(r.at.UnixNano()) / 1e6
		next, more := last[r.mmsi]
		if !more {
			next = w.ToMS
		}
		last[r.mmsi] = at
		if at < w.FromMS || at > w.ToMS-margin {
			continue
		}
		of++
		for _, a := range seen[r.mmsi] {
			if a.Arrays >= at && a.Arrays < next {
				d.made = append(d.made, a.Made-at)
				d.arrays, d.drawn = append(d.arrays, a.Arrays-at), append(d.drawn, a.Drawn-at)
				if a.Pixels > 0 {
					d.pixels = append(d.pixels, a.Pixels-at)
				}
				break
			}
		}
	}
	return d, of
}
