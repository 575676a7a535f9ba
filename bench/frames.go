package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// framed is what web/ui/dev/bench-frames.mjs and bench/map/frames.mjs print.
type framed struct {
	Seen       string             `json:"seen"`
	PerSecond  float64            `json:"frames_per_second"`
	JavaScript float64            `json:"javascript_ms_per_frame"`
	Draw50     float64            `json:"draw_ms_p50"`
	Draw99     float64            `json:"draw_ms_p99"`
	Processors map[string]float64 `json:"cpu_ms_per_frame"`
	News       float64            `json:"news_per_second"` // of a peer: how often all points were new
}

// crowds draws the same number of moving points three times: as the page of the
// mock server, with MapLibre from GeoJSON, and with deck.gl from arrays.
func crowds(ctx context.Context, s *settings) error {
	seconds := fmt.Sprint(int(min(s.window, 15*time.Second).Seconds()))
	for _, n := range []int{1000, 10_000, 50_000, 100_000} {
		s.say("map: %d moving points beside MapLibre and deck.gl", n)
		tracks := fmt.Sprint(n)
		ours, err := watch(ctx, "web/ui/dev/bench-frames.mjs", "--tracks", tracks, "--seconds", seconds)
		if err != nil {
			return err
		}
		for _, peer := range []struct{ name, by string }{{"MapLibre, GeoJSON", "maplibre"}, {"deck.gl", "deck"}} {
			theirs, err := watch(ctx, "bench/map/frames.mjs", "--by", peer.by, "--tracks", tracks, "--seconds", seconds)
			if err != nil {
				return err
			}
			what := number(float64(n)) + " moving points, " + peer.name
			command := "node bench/map/frames.mjs --by " + peer.by
			s.table.row("frames, "+what, number(ours.PerSecond)+" frames/s", number(theirs.PerSecond)+" frames/s", times(ours.PerSecond, theirs.PerSecond), command)
			s.table.row("JavaScript a frame, "+what, number(ours.JavaScript)+" ms", number(theirs.JavaScript)+" ms", times(theirs.JavaScript, ours.JavaScript), command)
			s.table.note("%s: all of its points were new %.1f times a second; processor a frame: graphics %.1f ms, page %.1f ms; ours %.1f and %.1f ms",
				what, theirs.News, theirs.Processors["GPU"], theirs.Processors["renderer"], ours.Processors["GPU"], ours.Processors["renderer"])
		}
	}
	s.table.note("map: all points are new twice a second and every frame is drawn anew; ours is the whole page with its lists, symbols and names, " +
		"the peers are circles over the same base map and nothing else")
	return nil
}

// times is how many times more a is than b.
func times(a, b float64) string { return fmt.Sprintf("%.3g x", a/b) }

// watch runs a script that prints frames.
func watch(ctx context.Context, args ...string) (f framed, err error) {
	var said bytes.Buffer
	cmd := node(ctx, args...)
	cmd.Stderr = os.Stderr
	cmd.Stdout = &said
	if err := cmd.Run(); err != nil {
		return f, fmt.Errorf("%s: %w: %s", args[0], err, tail(said.Bytes()))
	}
	if err := json.Unmarshal(said.Bytes(), &f); err != nil {
		return f, fmt.Errorf("%s: %w", args[0], err)
	}
	return f, nil
}

// frames draws 50,000 moving tracks, every frame anew: once from the mock
// server, which costs the processors little, and once from the real program
// with as many boats, each reporting every ten seconds.
func frames(ctx context.Context, s *settings) error {
	const tracks = 50_000
	seconds := fmt.Sprint(int(min(s.window, 30*time.Second).Seconds()))
	s.say("frames: %d tracks of the mock server", tracks)
	args := []string{"web/ui/dev/bench-frames.mjs", "--tracks", fmt.Sprint(tracks), "--seconds", seconds}
	if err := s.drawn(ctx, "mock server", args...); err != nil {
		return err
	}
	s.say("frames: %d tracks of the real program", tracks)
	return s.framesOfProgram(ctx, tracks, args)
}

func (s *settings) framesOfProgram(ctx context.Context, tracks int, args []string) (err error) {
	p, err := s.start(ctx, tracks, 10*time.Second)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	if err := p.picture(ctx, tracks*95/100); err != nil {
		if errors.Is(err, errNotCarried) {
			s.table.row("frames, 50,000 moving tracks, the program", "not measured", "", "", "npm run bench:frames")
			s.table.note("frames, the program: %v", err)
			return nil
		}
		return err
	}
	before, err := p.spent()
	if err != nil {
		return err
	}
	if err := s.drawn(ctx, "the program", append(args, "--url", p.url, "--name", person, "--password", password)...); err != nil {
		return err
	}
	share, all, err := p.since(before)
	if err != nil {
		return err
	}
	sys, err := p.system(ctx)
	if err != nil {
		return err
	}
	s.table.note("frames, the program: %d tracks reporting every 10 s, step %.0f ms, lag %.0f ms at the end; it took %.0f %% of a core, the whole machine was %.0f %% busy",
		sys.Tracks, sys.StepMS, sys.LagMS, 100*share, 100*all)
	return nil
}

func (s *settings) drawn(ctx context.Context, source string, args ...string) error {
	f, err := watch(ctx, args...)
	if err != nil {
		return err
	}
	const fewest, longest = 30, 5 // frames a second; ms
	verdict := "MISSED"
	if f.PerSecond >= fewest {
		verdict = "holds"
	}
	command := "npm run bench:frames"
	s.table.row("frames, 50,000 moving tracks, "+source, number(f.PerSecond)+" frames/s", ">= 30 frames/s", verdict, command)
	s.table.row("JavaScript a frame, 50,000 tracks, "+source, number(f.JavaScript)+" ms", "<= 5 ms", holds(f.JavaScript, longest), command)
	s.table.note("frames, %s: drawing call p50 %.2f ms, p99 %.2f ms; processor a frame: graphics %.1f ms, page %.1f ms; the page said %q",
		source, f.Draw50, f.Draw99, f.Processors["GPU"], f.Processors["renderer"], f.Seen)
	return nil
}

// chromium is the browser that web/ui/dev/chromium.mjs starts.
func chromium() string {
	if c := os.Getenv("CHROMIUM"); c != "" {
		return c
	}
	return "/usr/bin/chromium"
}
