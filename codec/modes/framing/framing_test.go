package framing

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// scanners gives a fresh scanner of each container.
func scanners() map[string]func() Scanner {
	return map[string]func() Scanner{
		"beast": func() Scanner { return &Beast{} },
		"avr":   func() Scanner { return &AVR{} },
		"lines": func() Scanner { return &Lines{} },
	}
}

// scan gives what comes of a stream cut at the given places, as text.
func scan(s Scanner, stream []byte, cuts ...int) (out []string) {
	add := func(p Packet) {
		if p.Bad != nil {
			out = append(out, fmt.Sprintf("%s: %s [%x]", p.Bad.Kind, p.Bad.Detail, p.Bad.Raw))
			return
		}
		stamp, stamped := p.Stamp.Get()
		signal, leveled := p.Signal.Get()
		line := fmt.Sprintf("%v %x", p.Kind, p.Data)
		if stamped {
			line += fmt.Sprintf(" at %d", stamp)
		}
		if leveled {
			line += fmt.Sprintf(" level %d", signal)
		}
		out = append(out, line)
	}
	from := 0
	for _, cut := range append(cuts, len(stream)) {
		for chunk := stream[from:cut]; len(chunk) > 0; {
			n, p, ok := s.Next(chunk)
			chunk = chunk[n:]
			if ok {
				add(p)
			}
		}
		from = cut
	}
	if p, ok := s.Flush(); ok {
		add(p)
	}
	return out
}

func TestScan(t *testing.T) {
	for _, tt := range []struct {
		name, container, stream string
		want                    []string
	}{
		{
			"long frame", "beast", "\x1a3\x00\x00\x00\x00\x01\x02\x50\x8d@k\x90 \x15\xa6x\xd4\xd2 \xaaK\xda",
			[]string{"mode-s 8d406b902015a678d4d220aa4bda at 258 level 80"},
		},
		{
			"short frame, escapes in counter, level and data", "beast", "\x1a2\x00\x1a\x1a\x00\x00\x00\x01\x1a\x1a\x5d\x1a\x1a\x20\x23\x7a\x55\x1a\x1a",
			[]string{"mode-s 5d1a20237a551a at 111669149697 level 26"},
		},
		{"mode A/C", "beast", "\x1a1\x00\x00\x00\x00\x00\x09\x10\x77\x00", []string{"mode-ac 7700 at 9 level 16"}},
		{
			"status", "beast", "\x1a4\x00\x00\x00\x00\x00\x00\x00\x10\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
			[]string{"status 1001000000000000000000000000 at 0 level 0"},
		},
		{
			"noise, a cut frame, a frame", "beast", "ab\x1a2\x00\x00\x1a1\x00\x00\x00\x00\x00\x09\x10\x77\x00",
			[]string{
				"noise: 2 bytes outside Beast frames [6162]", "truncated: 3 of 15 bytes of a Beast frame [320000]",
				"mode-ac 7700 at 9 level 16",
			},
		},
		{
			"an escape of no meaning inside a frame", "beast", "\x1a2\x00\x1azz",
			[]string{"truncated: 2 of 15 bytes of a Beast frame [3200]", "noise: 3 bytes outside Beast frames [1a7a7a]"},
		},
		{"end inside a frame, on an escape", "beast", "\x1a2\x00\x00\x1a", []string{"truncated: 3 of 15 bytes of a Beast frame [320000]"}},
		{"end on an escape", "beast", "\x1a", []string{"noise: 1 bytes outside Beast frames [1a]"}},

		{"plain", "avr", "*5D4D20237A55A6;\r\n*7700;\n", []string{"mode-s 5d4d20237a55a6", "mode-ac 7700"}},
		{"without line breaks, small letters", "avr", "*5d4d20237a55a6;:5d4d20237a55a6;", []string{"mode-s 5d4d20237a55a6", "mode-s 5d4d20237a55a6"}},
		{
			"counter, and counter with level", "avr", "@016CE3671C745DFFE7AB7BFCAB;\n%016CE3671C747700;\n<016CE3671C74505DFFE7AB7BFCAB;\n",
			[]string{
				"mode-s 5dffe7ab7bfcab at 1567183281268", "mode-ac 7700 at 1567183281268", "mode-s 5dffe7ab7bfcab at 1567183281268 level 80",
			},
		},
		{
			"bare digits, the last line without end", "avr", "8D406B902015A678D4D220AA4BDA\n5D4D20237A55A6",
			[]string{"mode-s 8d406b902015a678d4d220aa4bda", "mode-s 5d4d20237a55a6"},
		},
		{
			"what is no frame", "avr", "*12;\n7700\n*5D4D20237A55AG;\n*5D4D2023*5D4D20237A55A6;\n*5D",
			[]string{
				"malformed: no frame has so many characters [2a3132]",
				"malformed: no frame has so many characters [37373030]",
				"malformed: encoding/hex: invalid byte: U+0047 'G' [2a3544344432303233374135354147]",
				"truncated: another frame began [2a3544344432303233]",
				"mode-s 5d4d20237a55a6",
				"truncated: the stream ended inside a line [2a3544]",
			},
		},
		{
			"too long", "avr", strings.Repeat("A", 300) + ";*7700;",
			[]string{"overlong: more than 256 characters in a line [" + strings.Repeat("41", 256) + "]", "mode-ac 7700"},
		},
		{"lines", "lines", "MSG,8\r\n\r\n  a b \nlast", []string{"sbs 4d53472c38", "sbs 612062", "sbs 6c617374"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := scan(scanners()[tt.container](), []byte(tt.stream))
			if !slices.Equal(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

func TestRoundTrip(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var beast, plain, stamped []byte
	var want, wantPlain, wantStamped []string
	for range 5000 {
		frame := make([]byte, []int{2, 7, 14}[rnd.IntN(3)])
		for i := range frame {
			frame[i] = byte(rnd.Uint32())
			if rnd.IntN(4) == 0 {
				frame[i] = escape
			}
		}
		stamp, signal := rnd.Uint64()>>16, uint8(rnd.Uint32())
		kind := ModeS
		if len(frame) == 2 {
			kind = ModeAC
		}
		beast = AppendBeast(beast, frame, stamp, signal)
		plain = AppendAVR(plain, frame)
		stamped = AppendAVRStamped(stamped, frame, stamp)
		want = append(want, fmt.Sprintf("%v %x at %d level %d", kind, frame, stamp, signal))
		wantPlain = append(wantPlain, fmt.Sprintf("%v %x", kind, frame))
		wantStamped = append(wantStamped, fmt.Sprintf("%v %x at %d", kind, frame, stamp))
	}
	if got := scan(&Beast{}, beast); !slices.Equal(got, want) {
		t.Error("Beast frames came back otherwise")
	}
	if got := scan(&AVR{}, plain); !slices.Equal(got, wantPlain) {
		t.Error("AVR frames came back otherwise")
	}
	if got := scan(&AVR{}, stamped); !slices.Equal(got, wantStamped) {
		t.Error("AVR frames with counter came back otherwise")
	}
}

func TestHeartbeat(t *testing.T) {
	_, p, ok := (&AVR{}).Next([]byte("*0000;"))
	if !ok || !p.Heartbeat() {
		t.Errorf("%+v is no heartbeat", p)
	}
	_, p, ok = (&AVR{}).Next([]byte("*0001;"))
	if !ok || p.Heartbeat() {
		t.Errorf("%+v is a heartbeat", p)
	}
}

// FuzzCuts: where a stream is cut makes no difference, and no byte is reported
// twice.
func FuzzCuts(f *testing.F) {
	f.Add([]byte("\x1a2\x00\x1a\x1a\x00\x00\x00\x01\x1a\x1a\x5d\x1a\x1a\x20\x23\x7a\x55\x1a\x1a"), uint16(3), uint16(10))
	f.Add([]byte("*5D4D20237A55A6;\r\n*7700;\n@016CE3671C747700;"), uint16(1), uint16(20))
	f.Add([]byte("MSG,8,1,1,4CA2D6,1\r\n"+strings.Repeat("x", 600)), uint16(5), uint16(400))
	f.Fuzz(func(t *testing.T, stream []byte, one, two uint16) {
		cuts := []int{int(one) % (len(stream) + 1), int(two) % (len(stream) + 1)}
		slices.Sort(cuts)
		for name, fresh := range scanners() {
			whole := scan(fresh(), stream)
			if cut := scan(fresh(), stream, cuts...); !slices.Equal(whole, cut) {
				t.Errorf("%s, cut at %v:\n%s\nwhole:\n%s", name, cuts, strings.Join(cut, "\n"), strings.Join(whole, "\n"))
			}
			every := make([]int, len(stream))
			for i := range every {
				every[i] = i
			}
			if bytewise := scan(fresh(), stream, every...); !slices.Equal(whole, bytewise) {
				t.Errorf("%s, byte by byte:\n%s\nwhole:\n%s", name, strings.Join(bytewise, "\n"), strings.Join(whole, "\n"))
			}
		}
	})
}

// FuzzBeastFrame: every frame comes back, whatever noise is around it.
func FuzzBeastFrame(f *testing.F) {
	f.Add([]byte("noise\x1a"), []byte("1234567"), uint64(1)<<40, uint8(escape))
	f.Fuzz(func(t *testing.T, noise, content []byte, stamp uint64, signal uint8) {
		frame := make([]byte, 14)
		copy(frame, content)
		stamp &= 1<<48 - 1
		// A lone escape at its end would swallow the frame's first byte.
		noise = bytes.TrimRight(noise, "\x1a")
		stream := AppendBeast(slices.Clone(noise), frame, stamp, signal)
		got := scan(&Beast{}, stream)
		if want := fmt.Sprintf("mode-s %x at %d level %d", frame, stamp, signal); len(got) == 0 || got[len(got)-1] != want {
			t.Errorf("got %q, want %s at the end", got, want)
		}
	})
}
