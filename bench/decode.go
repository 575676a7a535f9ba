package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"atalaya/codec/ais"
	"atalaya/codec/asterix"
	"atalaya/codec/mavlink"
	"atalaya/codec/modes"
)

// python is the interpreter of 'make peers'.
const python = ".venv/bin/python"

// outcome is what a decoder did with an input.
type outcome struct {
	messages int
	seconds  float64 // on the wall
	cpu      float64 // processor seconds of the process
}

func (o outcome) rate() float64 { return float64(o.messages) / o.seconds }

// process runs a whole process with its output thrown away. Its messages are
// counted by count on its standard error, or given.
func process(ctx context.Context, count func([]byte) (int, error), args ...string) (outcome, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	return timed(cmd, count)
}

func timed(cmd *exec.Cmd, count func([]byte) (int, error)) (outcome, error) {
	var said bytes.Buffer
	cmd.Stderr = &said
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return outcome{}, fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, tail(said.Bytes()))
	}
	o := outcome{seconds: time.Since(began).Seconds(), cpu: (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()}
	var err error
	o.messages, err = count(said.Bytes())
	return o, err
}

// tail gives the end of what a process said.
func tail(b []byte) string {
	const most = 500
	return strings.TrimSpace(string(b[max(0, len(b)-most):]))
}

// lastLine reads the last line of standard error, which counts the messages:
// ours as "good", the peers' as "messages".
func lastLine(b []byte) (int, error) {
	b = bytes.TrimSpace(b)
	var line struct{ Good, Messages int }
	if err := json.Unmarshal(b[bytes.LastIndexByte(b, '\n')+1:], &line); err != nil {
		return 0, fmt.Errorf("the last line of %q does not count: %w", tail(b), err)
	}
	return line.Good + line.Messages, nil
}

// fastest runs both in turns, so that a busy machine hits both, and gives the
// fastest run of each.
func (s *settings) fastest(ours, peer func() (outcome, error)) (a, b outcome, err error) {
	a.seconds, b.seconds = math.Inf(1), math.Inf(1)
	for range s.runs {
		for _, x := range []struct {
			run  func() (outcome, error)
			best *outcome
		}{{ours, &a}, {peer, &b}} {
			if x.run == nil {
				continue
			}
			o, err := x.run()
			if err != nil {
				return a, b, err
			}
			if o.seconds < x.best.seconds {
				*x.best = o
			}
		}
	}
	return a, b, nil
}

// beside measures a pair and adds its row.
func (s *settings) beside(what, unit, command string, ours, peer func() (outcome, error)) (a, b outcome, err error) {
	s.say("%s", what)
	if a, b, err = s.fastest(ours, peer); err != nil {
		return a, b, err
	}
	s.table.row(what, number(a.rate())+" "+unit, number(b.rate())+" "+unit, number(a.rate()/b.rate())+" x", command)
	if a.cpu > 0 && b.cpu > 0 {
		s.table.note("%s: %s and %s messages; by processor seconds the ratio is %s x (%.2f s and %.2f s)", what,
			number(float64(a.messages)), number(float64(b.messages)),
			number(float64(a.messages)/a.cpu/(float64(b.messages)/b.cpu)), a.cpu, b.cpu)
	} else {
		s.table.note("%s: %s and %s messages", what, number(float64(a.messages)), number(float64(b.messages)))
	}
	return a, b, nil
}

// loop times a decoder of ours inside this process, on one thread, as the
// program itself calls it.
func loop(do func() int) func() (outcome, error) {
	return func() (outcome, error) {
		began := time.Now()
		n := do()
		return outcome{messages: n, seconds: time.Since(began).Seconds()}, nil
	}
}

// good counts messages.
func good[M any](messages iter.Seq2[M, error]) (n int) {
	for _, err := range messages {
		if err == nil {
			n++
		}
	}
	return n
}

func decode(ctx context.Context, s *settings) error {
	var errs []error
	for _, part := range []func(context.Context, *settings) error{decodeAIS, decodeModeS, decodeASTERIX, decodeMAVLink} {
		if err := part(ctx, s); err != nil {
			errs = append(errs, err)
		}
	}
	s.table.note("decoders: whole processes read a file and write JSON to /dev/null, start-up included; " +
		"\"no JSON\" is one thread's loop over the input in memory. Best of several runs, in turns")
	return errors.Join(errs...)
}

func (s *settings) file(name string, b []byte) (string, error) {
	name = filepath.Join(s.work, name)
	if err := os.WriteFile(name, b, 0o600); err != nil {
		return "", fmt.Errorf("write an input: %w", err)
	}
	return name, nil
}

func decodeAIS(ctx context.Context, s *settings) error {
	once, err := aisInput(s.data)
	if err != nil {
		return err
	}
	const times = 10
	input, err := s.file("ais.nmea", bytes.Repeat(once, times))
	if err != nil {
		return err
	}
	// gpsdecode's messages are counted in a run of their own.
	cmd := exec.CommandContext(ctx, "gpsdecode", "-j", "-s")
	cmd.Stdin = bytes.NewReader(bytes.Repeat(once, times))
	printed, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("gpsdecode: %w", err)
	}
	theirs := bytes.Count(printed, []byte(`{"class":"AIS"`))
	_, _, err = s.beside(fmt.Sprintf("AIS to JSON, data/ais x %d", times), "messages/s",
		"atalaya decode ais FILE; gpsdecode -j -s < FILE",
		func() (outcome, error) { return process(ctx, lastLine, s.binary, "decode", "ais", input) },
		func() (outcome, error) {
			f, err := os.Open(input)
			if err != nil {
				return outcome{}, fmt.Errorf("read the input: %w", err)
			}
			defer f.Close()
			cmd := exec.CommandContext(ctx, "gpsdecode", "-j", "-s")
			cmd.Stdin = f
			return timed(cmd, func([]byte) (int, error) { return theirs, nil })
		})
	if err != nil {
		return err
	}
	s.table.note("AIS: more than gpsdecode's are talkers it does not know (=I, --, BY, SS) and channels 0 and C; " +
		"codec/ais/recordings_test.go goes through them one by one")
	b := bytes.Repeat(once, times)
	a, _, err := s.fastest(loop(func() int {
		d := ais.New(ais.Config{})
		return good(d.Decode(b, time.Time{})) + good(d.Flush(time.Time{}))
	}), nil)
	if err != nil {
		return err
	}
	s.table.row("AIS, no JSON", number(a.rate())+" messages/s", "(gpsdecode has no such mode)", "", "ais.Decoder.Decode")
	return nil
}

func decodeModeS(ctx context.Context, s *settings) error {
	const times = 170
	frames, err := modesInput(s.data, times)
	if err != nil {
		return err
	}
	ours, err := s.file("modes.avr", avr(frames))
	if err != nil {
		return err
	}
	theirs, err := s.file("modes.csv", csv(frames))
	if err != nil {
		return err
	}
	whole := len(frames)
	_, _, err = s.beside(fmt.Sprintf("Mode S to JSON, data/adsb x %d aircraft", times), "frames/s",
		"atalaya decode modes FILE; modes decode --compact --file FILE",
		func() (outcome, error) { return process(ctx, lastLine, s.binary, "decode", "modes", ours) },
		func() (outcome, error) {
			return process(ctx, func([]byte) (int, error) { return whole, nil },
				filepath.Join(filepath.Dir(python), "modes"), "decode", "--compact", "--file", theirs)
		})
	if err != nil {
		return err
	}
	text := avr(frames)
	inMemory := loop(func() int {
		d := modes.New(modes.Config{Container: modes.AVR})
		return good(d.Decode(text, time.Unix(0, 0))) + good(d.Flush(time.Unix(0, 0)))
	})
	for _, mode := range []struct{ word, what, call string }{
		{"pipe", "Mode S, no JSON, positions of pairs", "PipeDecoder.decode"},
		{"decode", "Mode S, no JSON, pyModeS frame by frame", "pyModeS.decode"},
	} {
		_, _, err := s.beside(mode.what, "frames/s", "modes.Decoder.Decode; "+mode.call, inMemory, script(ctx, "modes", mode.word, theirs))
		if err != nil {
			return err
		}
	}
	return nil
}

// script runs a loop inside a Python process, which times itself.
func script(ctx context.Context, name string, args ...string) func() (outcome, error) {
	return func() (outcome, error) {
		cmd := exec.CommandContext(ctx, python, append([]string{"bench/peers/" + name + "_peer.py"}, args...)...)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Run(); err != nil {
			return outcome{}, fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, tail(out.Bytes()))
		}
		b := bytes.TrimSpace(out.Bytes())
		var said struct {
			Messages int
			Seconds  float64
		}
		if err := json.Unmarshal(b[bytes.LastIndexByte(b, '\n')+1:], &said); err != nil {
			return outcome{}, fmt.Errorf("%s said %q: %w", strings.Join(cmd.Args, " "), tail(b), err)
		}
		return outcome{messages: said.Messages, seconds: said.Seconds}, nil
	}
}

func decodeASTERIX(ctx context.Context, s *settings) error {
	const many, few = 400_000, 10_000
	stream, err := asterixInput(many)
	if err != nil {
		return err
	}
	// The peer gets the first records only: it would take minutes for all.
	ours, err := s.file("048.ast", stream)
	if err != nil {
		return err
	}
	short, err := asterixInput(few)
	if err != nil {
		return err
	}
	theirs, err := s.file("048-first.ast", short)
	if err != nil {
		return err
	}
	_, _, err = s.beside("ASTERIX 048 to JSON", "records/s", "atalaya decode asterix FILE; bench/peers/asterix_peer.py json FILE",
		func() (outcome, error) { return process(ctx, lastLine, s.binary, "decode", "asterix", ours) },
		func() (outcome, error) {
			return process(ctx, lastLine, python, "bench/peers/asterix_peer.py", "json", theirs)
		})
	if err != nil {
		return err
	}
	s.table.note("ASTERIX: libasterix gets the first %s of our %s records", number(few), number(many))
	datagrams := blocks(stream)
	_, _, err = s.beside("ASTERIX 048, no JSON", "records/s", "asterix.Decoder.Datagram and Target; RawDatablock.parse and cv_uap.parse",
		loop(func() (n int) {
			d := asterix.New(asterix.Config{})
			for _, b := range datagrams {
				for m, err := range d.Datagram(b, time.Time{}) {
					if err != nil {
						continue
					}
					if t, ok := m.Target(); ok && t.Has.All(asterix.HasPolar) {
						n++
					}
				}
			}
			return n
		}), script(ctx, "asterix", "decode", theirs))
	return err
}

func decodeMAVLink(ctx context.Context, s *settings) error {
	logs := mavlinkLogs(s.data)
	var all []byte
	for _, l := range logs {
		b, err := os.ReadFile(l)
		if err != nil {
			return fmt.Errorf("read a telemetry log: %w", err)
		}
		all = append(all, b...)
	}
	// A log is a sequence of stamped frames: logs in a row are one.
	input, err := s.file("all.tlog", all)
	if err != nil {
		return err
	}
	_, _, err = s.beside("MAVLink to JSON, data/mavlink", "messages/s", "atalaya decode mavlink FILE; bench/peers/mavlink_peer.py json FILE",
		func() (outcome, error) { return process(ctx, lastLine, s.binary, "decode", "mavlink", input) },
		func() (outcome, error) {
			return process(ctx, lastLine, append([]string{python, "bench/peers/mavlink_peer.py", "json"}, logs...)...)
		})
	if err != nil {
		return err
	}
	_, _, err = s.beside("MAVLink, no JSON", "messages/s", "mavlink.Tlog and mavlink.Decoder; recv_msg",
		loop(func() (n int) {
			split, d := mavlink.NewTlog(), mavlink.New(mavlink.Config{MAVLink1: true})
			each := func(frames iter.Seq2[time.Time, []byte]) {
				for at, frame := range frames {
					n += good(d.Decode(frame, at))
				}
			}
			each(split.Split(all))
			each(split.Flush())
			return n + good(d.Flush(time.Time{}))
		}), script(ctx, "mavlink", append([]string{"decode"}, logs...)...))
	return err
}
