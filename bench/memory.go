package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
)

// memory watches the program with 10,000 boats at 1 Hz and no browser: what it
// holds, what it writes, what it takes of the processors. The exercise that
// makes the traffic is in the same process and in the figures.
func memory(ctx context.Context, s *settings) (err error) {
	const boats, every = 10_000, 10 * time.Second
	s.say("memory: %d tracks at 1 Hz, %s", boats, s.soak)
	p, err := s.start(ctx, boats, time.Second)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	if err := p.picture(ctx, boats*97/100); err != nil {
		return err
	}
	var minutes, rss, disk []float64
	before, err := p.spent()
	if err != nil {
		return err
	}
	bar := progressbar.NewOptions(int(s.soak/every), progressbar.OptionSetWriter(os.Stderr),
		progressbar.OptionSetDescription("memory"), progressbar.OptionClearOnFinish())
	var most float64
	for n := 0; ; n++ {
		m, peak, err := resident(p.cmd.Process.Pid)
		if err != nil {
			return err
		}
		d, err := folderSize(p.dir)
		if err != nil {
			return err
		}
		most = max(most, peak)
		minutes, rss, disk = append(minutes, time.Since(before.at).Minutes()), append(rss, m), append(disk, d)
		bar.Describe(fmt.Sprintf("memory %s, disk %s", megabytes(m), megabytes(d)))
		if err := bar.Set(n); err != nil {
			return fmt.Errorf("show the progress: %w", err)
		}
		if time.Duration(n)*every >= s.soak {
			break
		}
		if err := pause(ctx, time.Until(before.at.Add(time.Duration(n+1)*every))); err != nil {
			return err
		}
	}
	if err := bar.Finish(); err != nil {
		return fmt.Errorf("show the progress: %w", err)
	}
	share, all, err := p.since(before)
	if err != nil {
		return err
	}
	sys, err := p.system(ctx)
	if err != nil {
		return err
	}
	s.soaked(minutes, rss, disk, most, share)
	s.table.note("memory: %d tracks and %s observations at the end; the exercise that makes the traffic is in the same process; no browser; the whole machine was %.0f %% busy",
		sys.Tracks, number(float64(sys.Inputs)), 100*all)
	return nil
}

// soaked adds the rows. Growth is the slope after the first two minutes, in
// which pools and caches fill.
func (s *settings) soaked(minutes, rss, disk []float64, most, share float64) {
	from := 0
	for from < len(minutes)-3 && minutes[from] < min(2, s.soak.Minutes()/2) {
		from++
	}
	end := len(minutes) - 1
	three := func(v []float64) string {
		return fmt.Sprintf("start %s, minute %.0f %s, minute %.0f %s", megabytes(v[0]), minutes[from], megabytes(v[from]), minutes[end], megabytes(v[end]))
	}
	command := "bench/run.sh memory"
	const bar, flat = 600e6, 0.01 // bytes; of the memory a minute
	s.table.row("resident memory, 10,000 tracks at 1 Hz", three(rss), "< 600 MB", holds(most, bar), command)
	grows := slope(minutes[from:], rss[from:])
	s.table.row("resident memory, slope and most", fmt.Sprintf("%+.2f MB/min, most %s", grows/1e6, megabytes(most)),
		fmt.Sprintf("flat: < %s/min", megabytes(flat*rss[from])), holds(grows, flat*rss[from]), command)
	s.table.row("disk, 10,000 tracks at 1 Hz", three(disk), "", "", command)
	s.table.row("disk, slope", fmt.Sprintf("%+.1f MB/min", slope(minutes[from:], disk[from:])/1e6), "", "", command)
	s.table.row("processor, 10,000 tracks at 1 Hz", fmt.Sprintf("%.0f %% of a core", 100*share), "", "", command)
}
