package feed_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"atalaya/codec"
	"atalaya/feed"
	"atalaya/obs"
	"atalaya/sensor"
)

// TestStates walks feeds through their states.
func TestStates(t *testing.T) {
	type at struct {
		wait  time.Duration
		say   string
		state sensor.State
		why   string
	}
	const s = time.Second
	causes := map[string]sensor.CauseCode{
		"comes and goes 0": sensor.CauseWaiting, "comes and goes 2": sensor.CauseNothing,
		"bad frames 1": sensor.CauseManyBad,
		"clock 1":      sensor.CauseClock, "late 1": sensor.CauseLate, "somebody else 1": sensor.CauseOtherSource,
	}
	for _, tt := range []struct {
		name  string
		steps []at
	}{
		{"comes and goes", []at{
			{0, "", sensor.Starting, ""},
			{9 * s, "", sensor.Starting, ""},
			{1 * s, "", sensor.Silent, "no good frame for 10s"},
			{0, "good", sensor.Up, ""},
			{9 * s, "", sensor.Up, ""},
			{1 * s, "", sensor.Silent, "check the device"},
			{100 * s, "", sensor.Silent, "1m50s"},
			{0, "good", sensor.Up, ""},
		}},
		{"bad frames", []at{
			{0, "good good good good good good good good good checksum", sensor.Up, ""}, // with the flush 10 of 11
			{s, "checksum", sensor.Degraded, "many bad frames"},
			{s, strings.Repeat("good ", 20), sensor.Up, ""},
			{s, strings.Repeat("noise ", 10), sensor.Degraded, "samples"},
			{29 * s, "good", sensor.Degraded, ""}, // the window before counts
			{31 * s, "good", sensor.Up, ""},
		}},
		{"nothing but noise", []at{
			{0, "", sensor.Starting, ""},
			{11 * s, "", sensor.Silent, ""},
		}},
		{"clock", []at{
			{0, "doubt good good good", sensor.Up, ""},
			{s, "doubt doubt doubt doubt doubt", sensor.Degraded, "clock"},
			{61 * s, "plot", sensor.Up, ""},
		}},
		{"late", []at{
			{0, "late good good", sensor.Up, ""},
			{s, "late late late late late", sensor.Degraded, "late"},
			{61 * s, "plot", sensor.Up, ""},
		}},
		{"somebody else", []at{
			{0, "other good", sensor.Up, ""},
			{10 * s, "", sensor.Refused, "another sensor's"},
			{21 * s, "", sensor.Silent, ""},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLine(sensor.Feed{})
			if h := l.meter.Health(); h.State != sensor.Starting {
				t.Fatalf("at first %s", h.State)
			}
			for i, step := range tt.steps {
				l.wait(step.wait)
				if step.say != "" {
					l.run(t, say(step.say))
				}
				h := l.meter.Health()
				if h.State != step.state || !strings.Contains(h.Why, step.why) {
					t.Errorf("step %d: %s (%s), want %s (%s)", i, h.State, h.Why, step.state, step.why)
				}
				if want := causes[tt.name+" "+fmt.Sprint(i)]; want != "" && h.Cause.Code != want {
					t.Errorf("step %d: cause %+v, want %s", i, h.Cause, want)
				}
				if (h.State == sensor.Up) != (h.Cause.Code == sensor.NoCause) {
					t.Errorf("step %d: %s, and the cause is %+v", i, h.State, h.Cause)
				}
				if (h.State == sensor.Up || h.State == sensor.Starting) != (h.Why == "") {
					t.Errorf("step %d: %s, and why is %q", i, h.State, h.Why)
				}
			}
		})
	}
}

// TestSince: a state has lasted since it was first seen, and not less.
func TestSince(t *testing.T) {
	l := newLine(sensor.Feed{})
	l.wait(time.Second)
	if h := l.meter.Health(); !h.Since.Equal(start) || !h.LastFrame.IsZero() {
		t.Errorf("since %v, last frame %v", h.Since, h.LastFrame)
	}
	l.run(t, say("good"))
	for range 3 {
		h := l.meter.Health()
		if want := start.Add(time.Second); !h.Since.Equal(want) || !h.LastFrame.Equal(want) {
			t.Errorf("since %v, last frame %v, want %v", h.Since, h.LastFrame, want)
		}
		l.wait(time.Second)
	}
}

// TestLastFrame is by our clock, so that a recording has an age too.
func TestLastFrame(t *testing.T) {
	l := newLine(sensor.Feed{})
	c := say("good")
	c.Received = start.AddDate(-10, 0, 0)
	l.run(t, c)
	if h := l.meter.Health(); h.State != sensor.Up || !h.LastFrame.Equal(start) {
		t.Errorf("%s, last frame %v", h.State, h.LastFrame)
	}
}

// TestRefuse: a feed that may not run says why, whatever time it is.
func TestRefuse(t *testing.T) {
	m := feed.NewMeter(sensor.Feed{}, func() time.Time { return start })
	m.Refuse(sensor.Cause{Code: sensor.CauseNoSensor, Sensor: "ais-a"}, "the sensor is not registered")
	if h := m.Health(); h.State != sensor.Refused || h.Why != "the sensor is not registered" {
		t.Errorf("%s (%s)", h.State, h.Why)
	}
}

// TestUnreadable: a silent feed says whether nothing comes, or nothing that can
// be read.
func TestUnreadable(t *testing.T) {
	now := start
	m := feed.NewMeter(sensor.Feed{Silent: time.Second}, func() time.Time { return now })
	out := feed.NewOut(m, nil)
	for _, kind := range []codec.Kind{codec.Noise, codec.Checksum, codec.Noise} {
		out.Bad(codec.NewBad(kind, nil, ""))
	}
	now = now.Add(2 * time.Second)
	h := m.Health()
	if h.Cause != (sensor.Cause{Code: sensor.CauseUnreadable, Kind: "noise", Count: 3, Seconds: 2}) || !strings.Contains(h.Why, "none of it can be read (noise)") {
		t.Errorf("%+v (%s)", h.Cause, h.Why)
	}
	now = now.Add(time.Minute)
	if h := m.Health(); h.Cause.Code != sensor.CauseNothing {
		t.Errorf("a minute later %+v", h.Cause)
	}
}

// TestRenew: a feed that was changed is judged anew, and its counters go on.
func TestRenew(t *testing.T) {
	l := newLine(sensor.Feed{ID: "f", Sensor: "s", Format: sensor.FormatAIS, Source: "udp://x"})
	l.run(t, say("good good checksum other"))
	l.meter.Refuse(sensor.Cause{Code: sensor.CauseCannotRun}, "it may not run")
	l.wait(time.Second)
	l.meter.Renew(sensor.Feed{ID: "f", Sensor: "s2", Format: sensor.FormatNMEA, Source: "tcp://y", Proven: true})
	h := l.meter.Health()
	if h.State != sensor.Starting || h.Cause.Code != sensor.CauseWaiting || len(h.Samples) != 0 || !h.Since.Equal(start.Add(time.Second)) {
		t.Errorf("%s %+v since %v, samples %v", h.State, h.Cause, h.Since, h.Samples)
	}
	if h.Good != 3 || h.Bad["checksum"] != 1 || h.Refused != 1 || h.Bytes == 0 || !h.LastFrame.Equal(start) {
		t.Errorf("counters %+v", h)
	}
	if h.Sensor != "s2" || h.Format != sensor.FormatNMEA || h.Source != "tcp://y" || h.Unproven {
		t.Errorf("description %+v", h)
	}
	l.run(t, say("good"))
	if h := l.meter.Health(); h.State != sensor.Up || h.Good != 5 {
		t.Errorf("%s, %d good", h.State, h.Good)
	}
}

// TestCounts: bad by kind, late, in doubt, and the clock's offset.
func TestCounts(t *testing.T) {
	l := newLine(sensor.Feed{ID: "f", Sensor: "s", Format: sensor.FormatASTERIX, Source: "udp://x"})
	l.run(t, say("checksum checksum noise plot late doubt good other"))
	l.meter.Duplicate(&obs.Observation{})
	h := l.meter.Health()
	if h.Good != 5 || h.Bad["checksum"] != 2 || h.Bad["noise"] != 1 || len(h.Bad) != 2 {
		t.Errorf("good %d, bad %v", h.Good, h.Bad)
	}
	// What is in doubt is not called late: nobody knows.
	if h.Late != 1 || h.ClockDoubt != 1 || h.Duplicate != 1 || h.Refused != 1 {
		t.Errorf("late %d, doubt %d, duplicate %d, refused %d", h.Late, h.ClockDoubt, h.Duplicate, h.Refused)
	}
	if h.ClockOffset == nil || *h.ClockOffset < 100 || *h.ClockOffset > 300 {
		t.Errorf("clock offset %v", h.ClockOffset)
	}
	if h.Feed != "f" || h.Sensor != "s" || h.Format != sensor.FormatASTERIX || h.Source != "udp://x" || !h.Unproven {
		t.Errorf("%+v", h)
	}
	if proven := feed.NewMeter(sensor.Feed{Proven: true}, time.Now).Health(); proven.Unproven {
		t.Error("a proven sender is called unproven")
	}
}

// TestSamples: the newest of each kind is kept, with its bytes; neither kinds
// nor samples nor their bytes grow without bound, and a flood of one kind
// hides no other.
func TestSamples(t *testing.T) {
	l := newLine(sensor.Feed{})
	l.run(t, say("rare"))
	for i := range 100 {
		l.wait(time.Second)
		l.run(t, say(fmt.Sprint("noise ", strings.Repeat("x", i*10))))
	}
	h := l.meter.Health()
	kinds := map[string]int{}
	for i, s := range h.Samples {
		kinds[s.Kind]++
		if len(s.Raw) > 256 || s.Why == "" || i > 0 && s.At.Before(h.Samples[i-1].At) {
			t.Errorf("sample %d: %+v", i, s)
		}
	}
	if len(h.Samples) > 8 || kinds["noise"] != 1 {
		t.Errorf("samples of %v", kinds)
	}
	if len(h.Bad) > 65 {
		t.Errorf("%d kinds", len(h.Bad))
	}
	var all uint64
	for _, n := range h.Bad {
		all += n
	}
	if all != 200 { // the first x-word is empty
		t.Errorf("%d bad in all, want 200", all)
	}

	l = newLine(sensor.Feed{})
	l.run(t, say("rare"), say(strings.Repeat("noise ", 1000)))
	if h := l.meter.Health(); len(h.Samples) != 2 || h.Samples[0].Kind != "rare" {
		t.Errorf("%d samples", len(h.Samples))
	}
}

// TestOut: an error that is no *codec.Bad counts as malformed.
func TestOut(t *testing.T) {
	m := feed.NewMeter(sensor.Feed{}, time.Now)
	out := feed.NewOut(m, nil)
	out.Bad(fmt.Errorf("wrapped: %w", errors.New("odd")))
	if h := m.Health(); h.Bad["malformed"] != 1 || h.Samples[0].Why != "wrapped: odd" {
		t.Errorf("%v %v", h.Bad, h.Samples)
	}
}
