package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/schollz/progressbar/v3"
)

// pageTracks is how many tracks the page of the parts "first" and "page" has.
const pageTracks = 10_000

// opened is what page.mjs prints of "first".
type opened struct {
	Runs []struct {
		At     float64 `json:"at"`     // all tracks were on the screen, ms after the page was asked for
		Paint  float64 `json:"paint"`  // something was
		Tracks int     `json:"tracks"` // in that picture
		Map    float64 `json:"map"`    // the base map was drawn with all its tiles
	} `json:"runs"`
}

// first opens the page of the program with 10,000 boats, each time with an empty
// cache and signed in, and takes the time until all of them are on the screen.
func first(ctx context.Context, s *settings) (err error) {
	const runs, bar = 20, 2000 // ms
	s.say("first: the page of %d tracks, opened %d times", pageTracks, runs)
	p, err := s.crowd(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	cmd, err := p.page(ctx, map[string]any{"do": "first", "runs": runs, "tracks": pageTracks * 97 / 100})
	if err != nil {
		return err
	}
	before, err := p.spent()
	if err != nil {
		return err
	}
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("bench/page.mjs: %w", err)
	}
	_, all, err := p.since(before)
	if err != nil {
		return err
	}
	var o opened
	if err := json.Unmarshal(out, &o); err != nil {
		return fmt.Errorf("bench/page.mjs: %w", err)
	}
	var whole, paint, base []float64
	for _, r := range o.Runs {
		whole, paint, base = append(whole, r.At), append(paint, r.Paint), append(base, r.Map)
	}
	most := quantile(whole, 1)
	s.table.row("page asked for to all of 10,000 tracks on the screen", fmt.Sprintf("p50 %s ms, most %s ms, n %d", number(quantile(whole, 0.5)), number(most), len(whole)),
		"< 2,000 ms", holds(most, bar), "bench/run.sh first")
	s.table.note("first: each time with an empty cache, signed in, all tracks in view; something was on the screen after %s ms, the last tile of the base map after %s ms (p50); boats report every %s; the whole machine was %.0f %% busy",
		number(quantile(paint, 0.5)), number(quantile(base, 0.5)), s.report, 100*all)
	return nil
}

// held is one sample of the open page, as page.mjs prints it.
type held struct {
	Seconds   float64 `json:"seconds"`
	Resident  float64 `json:"resident"` // of its process, workers included, before its garbage was collected
	Heap      float64 `json:"heap"`     // of the page's thread, after
	Workers   float64 `json:"workers"`  // of its workers, after
	Nodes     float64 `json:"nodes"`    // of the document
	Listeners float64 `json:"listeners"`
}

// paged watches the memory of one page that stays open with 10,000 tracks.
func paged(ctx context.Context, s *settings) (err error) {
	const every = 30 * time.Second
	s.say("page: %d tracks, open for %s", pageTracks, s.open)
	p, err := s.crowd(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	cmd, err := p.page(ctx, map[string]any{"do": "memory", "seconds": s.open.Seconds(), "every": every.Seconds()})
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("bench/page.mjs: %w", err)
	}
	alerts, err := p.openAlerts(ctx)
	if err != nil {
		return err
	}
	before, err := p.spent()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("bench/page.mjs: %w", err)
	}
	bar := progressbar.NewOptions(int(s.open/every), progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetDescription("page"), progressbar.OptionClearOnFinish())
	var samples []held
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var h held
		if err := json.Unmarshal(lines.Bytes(), &h); err != nil {
			return errors.Join(fmt.Errorf("bench/page.mjs: %w", err), cmd.Cancel(), cmd.Wait())
		}
		samples = append(samples, h)
		bar.Describe(fmt.Sprintf("page %s", megabytes(h.Resident)))
		if err := bar.Set(len(samples) - 1); err != nil {
			return errors.Join(fmt.Errorf("show the progress: %w", err), cmd.Cancel(), cmd.Wait())
		}
	}
	if err := errors.Join(cmd.Wait(), bar.Finish()); err != nil {
		return fmt.Errorf("bench/page.mjs: %w", err)
	}
	_, all, err := p.since(before)
	if err != nil {
		return err
	}
	if len(samples) < 3 {
		return fmt.Errorf("bench/page.mjs gave %d samples, too few for a slope: give -open more time", len(samples))
	}
	s.heldRows(samples)
	alertsAfter, err := p.openAlerts(ctx)
	if err != nil {
		return err
	}
	s.table.note("page: resident is the process that shows the page, workers and graphics buffers included, before garbage is collected; the heaps are after; "+
		"%d alerts were open at the start and %d at the end, each with its row and trail; boats report every %s; the whole machine was %.0f %% busy",
		alerts, alertsAfter, s.report, 100*all)
	return nil
}

// heldRows adds the rows. What grows counts from minute 2 on, when everything
// was shown once.
func (s *settings) heldRows(samples []held) {
	column := func(of func(held) float64) (out []float64) {
		for _, h := range samples {
			out = append(out, of(h))
		}
		return out
	}
	minutes := column(func(h held) float64 { return h.Seconds / 60 })
	end := len(samples) - 1
	from := 0
	for from < end-2 && minutes[from] < min(2, s.open.Minutes()/2) {
		from++
	}
	middle := from
	for middle < end && minutes[middle] < min(10, s.open.Minutes()*2/3) {
		middle++
	}
	three := func(v []float64, unit func(float64) string) string {
		return fmt.Sprintf("minute %.0f %s, minute %.0f %s, minute %.0f %s", minutes[from], unit(v[from]), minutes[middle], unit(v[middle]), minutes[end], unit(v[end]))
	}
	const what, command = ", a page open with 10,000 tracks", "bench/run.sh page"
	row := func(name string, of func(held) float64, flat float64) { // bytes a minute
		v := column(of)
		grows := slope(minutes[from:], v[from:])
		s.table.row(name+what, fmt.Sprintf("%s; %+.2f MB/min", three(v, megabytes), grows/1e6), fmt.Sprintf("flat: < %.1f MB/min", flat/1e6), holds(grows, flat), command)
	}
	// Resident memory comes and goes by 20 MB; what is left after garbage is
	// collected may grow by 72 MB in a shift of twelve hours.
	row("resident memory", func(h held) float64 { return h.Resident }, 1e6)
	row("JavaScript heap", func(h held) float64 { return h.Heap }, 1e5)
	row("heaps of the workers", func(h held) float64 { return h.Workers }, 1e5)
	s.table.row("nodes of the document"+what, three(column(func(h held) float64 { return h.Nodes }), number), "", "", command)
	s.table.row("listeners"+what, three(column(func(h held) float64 { return h.Listeners }), number), "", "", command)
}

// openAlerts counts what the page lists: with each alert it holds more.
func (p *program) openAlerts(ctx context.Context) (int, error) {
	var page struct{ Alerts []struct{} }
	err := p.ask(ctx, http.MethodGet, "/api/alerts?state=new,acknowledged,in-case&limit=1000", nil, &page)
	return len(page.Alerts), err
}

// crowd is the program with all its boats.
func (s *settings) crowd(ctx context.Context) (*program, error) {
	p, err := s.start(ctx, pageTracks, s.report)
	if err != nil {
		return nil, err
	}
	if err := p.picture(ctx, pageTracks*97/100); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

// page makes a process that opens the program's page in a browser and is told
// what to do there.
func (p *program) page(ctx context.Context, told map[string]any) (*exec.Cmd, error) {
	told["url"], told["name"], told["password"] = p.url, person, password
	in, err := json.Marshal(told)
	if err != nil {
		return nil, fmt.Errorf("tell the browser: %w", err)
	}
	cmd := node(ctx, "bench/page.mjs")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	return cmd, nil
}
