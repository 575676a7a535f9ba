package ais

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"atalaya/codec"
	"atalaya/codec/nmea"
)

// sum puts the checksum behind sentences and tag blocks written with "*hh".
func sum(line string) string {
	var out strings.Builder
	start := 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '!', '$', '\\':
			start = i + 1
		case '*':
			if strings.HasPrefix(line[i:], "*hh") {
				fmt.Fprintf(&out, "*%02X", nmea.Checksum([]byte(line[start:i])))
				i += 2
				continue
			}
		}
		out.WriteByte(line[i])
	}
	return out.String()
}

const (
	partOne   = "5:fhn@82=ILT=077801T5H58T00000000000000t1P6234i0N3im@DEB@000" // 720123456
	partTwo   = "00000000000"
	shortOne  = "1:fhn@7t1Ds39Minlpi9AWPRPD7k" // 720123456
	anyReport = "!AIVDM,1,1,,A," + shortOne + ",0*hh"
)

func TestSentences(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0).UTC() }
	one := fmt.Sprintf("!AIVDM,2,1,3,A,%s,0*hh", partOne)
	two := fmt.Sprintf("!AIVDM,2,2,3,A,%s,2*hh", partTwo)
	type want struct {
		mmsi    MMSI
		channel string
		time    time.Time
		from    TimeFrom
		station string
	}
	static := want{mmsi: 720123456, channel: "A"}
	single := want{mmsi: 720123456, channel: "A"}
	tests := []struct {
		name  string
		lines string
		want  []want
		bad   string // kinds in order
	}{
		{"one sentence", anyReport, []want{single}, ""},
		{"two sentences", one + "\n" + two, []want{static}, ""},
		{"line ends", anyReport + "\r" + anyReport + "\r\n\r\n" + anyReport + "\x00" + anyReport, []want{single, single, single, single}, ""},
		{"no line end between", anyReport + anyReport, []want{single, single}, ""},
		{"a literal line end between, as loggers write it", one + `\r\n` + two, []want{static}, ""},
		{"a sentence cut off by the next", "!AIVDM,1,1,,A,1:fhn@7" + anyReport, []want{single}, "truncated"},
		{"a tag block after a cut sentence", `!AIVDM,1,1,,A,1:fhn@7\s:x*hh\` + anyReport, []want{{mmsi: 720123456, channel: "A", station: "x"}}, "truncated"},
		{"small letters in the checksum, another start", "$AIVDM,1,1,,C," + shortOne + ",0*1a", []want{{mmsi: 720123456, channel: "C"}}, ""},
		{"other talkers", strings.ReplaceAll(anyReport, "AI", "AN") + "\n" + strings.ReplaceAll(anyReport, "AI", "--"), []want{single, single}, ""},
		{
			"numbered channels", strings.ReplaceAll(anyReport, ",A,", ",2,") + "\n" + strings.ReplaceAll(anyReport, ",A,", ",,"),
			[]want{{mmsi: 720123456, channel: "B"}, {mmsi: 720123456}},
			"",
		},
		{"comment", "# " + anyReport + "\n  # x\n\n" + anyReport, []want{single}, ""},
		{"noise", "hello\n" + anyReport, []want{single}, "noise"},
		{"binary noise", "\xff\xfe$\x01\x02!\x03\n$\n!\n\\\n*\n", nil, "noise noise noise noise noise"},
		{"wrong checksum", "!AIVDM,1,1,,A," + shortOne + ",0*00", nil, "checksum"},
		{"other sentences", "$GPGSA,A,3*hh\n" + anyReport, []want{single}, "unsupported"},
		{"a character that is none", "!AIVDM,1,1,,A,1:fhn@7t1Ds39M{nlpi9AWPRPD7k,0*hh", nil, "malformed"},
		{"fill bits", "!AIVDM,1,1,,A," + shortOne + ",6*hh\n!AIVDM,1,1,,A," + shortOne + ",*hh", nil, "malformed malformed"},
		{"too few fields", "!AIVDM,1,1,,A," + shortOne + "*hh", nil, "malformed"},
		{"part 3 of 2", "!AIVDM,2,3,1,A," + shortOne + ",0*hh", nil, "malformed"},
		{"no payload", "!AIVDM,1,1,,A,,0*hh", nil, "truncated"},
		{"too short for its type", "!AIVDM,1,1,,A,1:fhn@7t1Ds39Min,0*hh", nil, "truncated"},
		{"a type that there is not", "!AIVDM,1,1,,A,w:fhn@7t1Ds39Min,0*hh", nil, "unsupported"},
		{"too long", "!AIVDM,1,1,,A," + strings.Repeat("5", 300) + ",0*hh", nil, "overlong"},

		{"tag block", `\s:rEV02,c:1334337317*hh\` + anyReport, []want{{720123456, "A", at(1334337317), FromTagBlock, "rEV02"}}, ""},
		{"milliseconds", `\c:1334337317250*hh\` + anyReport, []want{{720123456, "A", at(1334337317).Add(250 * time.Millisecond), FromTagBlock, ""}}, ""},
		{"two tag blocks", `\s:a*hh\\c:1334337317*hh\` + anyReport, []want{{720123456, "A", at(1334337317), FromTagBlock, "a"}}, ""},
		{"tag block with a wrong checksum", `\s:rEV02,c:1334337317*00\` + anyReport, []want{single}, "tag"},
		{"tag block without checksum", `\s:rEV02,c:1334337317\` + anyReport, []want{single}, "tag"},
		{"tag block on its own line", `\s:a,c:1334337317*hh\` + "\n" + anyReport + "\n" + anyReport, []want{{720123456, "A", at(1334337317), FromTagBlock, "a"}, single}, ""},
		{"group", `\g:1-2-77,s:a,c:1334337317*hh\` + one + "\n" + `\g:2-2-77*hh\` + two, []want{{720123456, "A", at(1334337317), FromTagBlock, "a"}}, ""},
		{"group in the older form", `\1G2:77,s:a*hh\` + one + "\n" + `\2G2:77*hh\` + two, []want{{mmsi: 720123456, channel: "A", station: "a"}}, ""},
		{"group in the wrong order", `\g:2-2-77*hh\` + two + "\n" + `\g:1-2-77,s:a*hh\` + one, []want{{mmsi: 720123456, channel: "A", station: "a"}}, ""},
		{
			"group that starts with a tag block alone", `\g:1-3-77,s:a,c:1334337317*hh\` + "\n" + `\g:2-3-77*hh\` + one + "\n" + `\g:3-3-77*hh\` + two,
			[]want{{720123456, "A", at(1334337317), FromTagBlock, "a"}},
			"",
		},
		{"two groups with one sequence number", `\g:1-2-77*hh\` + one + "\n" + `\g:1-2-78*hh\` + one + "\n" + `\g:2-2-77*hh\` + two + "\n" + `\g:2-2-78*hh\` + two, []want{static, static}, ""},
		{
			"one group number of two stations", `\g:1-2-77,s:a*hh\` + one + "\n" + `\g:1-2-77,s:b*hh\` + one + "\n" + `\g:2-2-77,s:b*hh\` + two + "\n" + `\g:2-2-77,s:a*hh\` + two,
			[]want{{mmsi: 720123456, channel: "A", station: "b"}, {mmsi: 720123456, channel: "A", station: "a"}},
			"",
		},
		{"a group and a sentence without one", `\g:1-2-77*hh\` + one + "\n" + two, nil, "incomplete incomplete"},

		{"trailer", anyReport + ",s28083,d-100,T35.04433572,r003669957,1152921695", []want{{720123456, "A", at(1152921695), FromTrailer, "r003669957"}}, ""},
		{
			"prefix", "1550303566167726840 " + anyReport + "\n2014-12-10T00:41:53Z " + anyReport + "\n  121 " + anyReport,
			[]want{
				{720123456, "A", time.Unix(1550303566, 167726840).UTC(), FromPrefix, ""},
				{720123456, "A", time.Date(2014, 12, 10, 0, 41, 53, 0, time.UTC), FromPrefix, ""},
				single,
			},
			"",
		},
		{
			"gatehouse", "$PGHP,1,2013,3,18,9,19,9,499,219,,2190048,1,1B*hh\n" + strings.ReplaceAll(anyReport, ",A,", ",B,"),
			[]want{{720123456, "B", time.Date(2013, 3, 18, 9, 19, 9, 499e6, time.UTC), FromPGHP, "2190048"}},
			"",
		},
		{"gatehouse, of another sentence", "$PGHP,1,2013,3,18,9,19,9,499,219,,2190048,1,00*hh\n" + anyReport, []want{single}, ""},

		{"second sentence alone", two + "\n" + anyReport, []want{single}, "incomplete"},
		{"wrong order", two + "\n" + one, nil, "incomplete incomplete"},
		{"first sentence twice", one + "\n" + one + "\n" + two, []want{static}, "incomplete"},
		{
			"two channels at once", one + "\n" + strings.ReplaceAll(one, ",A,", ",B,") + "\n" + two + "\n" + strings.ReplaceAll(two, ",A,", ",B,"),
			[]want{static, {mmsi: 720123456, channel: "B"}},
			"",
		},
		{
			"two stations at once", one + ",r1234\n" + one + ",r5678\n" + two + ",r5678\n" + two + ",r1234",
			[]want{{mmsi: 720123456, channel: "A", station: "r5678"}, {mmsi: 720123456, channel: "A", station: "r1234"}},
			"",
		},
		{"the end", one, nil, "incomplete"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, bad := decodeString(New(Config{}), sum(test.lines))
			if strings.Join(bad, " ") != test.bad {
				t.Errorf("bad input: %v, want %s", bad, test.bad)
			}
			if len(got) != len(test.want) {
				t.Fatalf("%d messages, want %d: %v", len(got), len(test.want), got)
			}
			for i, w := range test.want {
				m := &got[i]
				if g := (want{m.MMSI, m.Channel, m.TagTime, m.TimeFrom, m.Station}); g != w {
					t.Errorf("message %d: %v, want %v", i, g, w)
				}
			}
		})
	}
}

func decodeString(d *Decoder, s string) (got []Message, bad []string) {
	collect := func(m Message, err error) {
		if err == nil {
			got = append(got, m)
		} else {
			bad = append(bad, string(err.(*codec.Bad).Kind)) //nolint:errorlint // the contract is exactly this type
		}
	}
	for m, err := range d.Decode([]byte(s), time.Time{}) {
		collect(m, err)
	}
	for m, err := range d.Flush(time.Time{}) {
		collect(m, err)
	}
	return got, bad
}

func TestAssemblyIsBounded(t *testing.T) {
	one := sum(fmt.Sprintf("!AIVDM,2,1,3,A,%s,0*hh\n", partOne))
	two := sum(fmt.Sprintf("!AIVDM,2,2,3,A,%s,2*hh\n", partTwo))
	start := time.Unix(1e9, 0)

	t.Run("time", func(t *testing.T) {
		for _, test := range []struct {
			after time.Duration
			good  int
			bad   string
		}{
			{9 * time.Second, 1, ""},
			{-time.Hour, 1, ""}, // the clock was set back
			{11 * time.Second, 0, "incomplete incomplete"},
		} {
			d := New(Config{})
			got, bad := decodeAt(d, one, start)
			more, moreBad := decodeAt(d, two, start.Add(test.after))
			got, bad = append(got, more...), append(bad, moreBad...)
			if len(got) != test.good || strings.Join(bad, " ") != test.bad {
				t.Errorf("after %v: %d messages, bad %v; want %d and %q", test.after, len(got), bad, test.good, test.bad)
			}
		}
	})
	t.Run("what comes meanwhile", func(t *testing.T) {
		for between, good := range map[int]int{5: 1, 12: 0} {
			got, _ := decodeString(New(Config{MaxApart: 10}), one+strings.Repeat(sum(anyReport+"\n"), between)+two)
			if len(got) != good+between {
				t.Errorf("%d sentences between: %d messages, want %d", between, len(got), good+between)
			}
		}
	})
	t.Run("number", func(t *testing.T) {
		var in strings.Builder
		for i := range 1000 {
			in.WriteString(sum(fmt.Sprintf("\\g:1-2-%d*hh\\", i+1)) + one)
		}
		d := New(Config{MaxOpen: 7, MaxApart: 1e6})
		_, bad := decodeAt(d, in.String(), start)
		if len(d.waiting) != 7 || len(bad) != 993 {
			t.Errorf("%d wait, %d were given up", len(d.waiting), len(bad))
		}
	})
}

func decodeAt(d *Decoder, s string, at time.Time) (got []Message, bad []string) {
	for m, err := range d.Decode([]byte(s), at) {
		if err == nil {
			got = append(got, m)
		} else {
			bad = append(bad, string(err.(*codec.Bad).Kind)) //nolint:errorlint // the contract is exactly this type
		}
	}
	return got, bad
}

func TestMMSI(t *testing.T) {
	for m, want := range map[MMSI]Station{
		0: OtherStation, 2442000: CoastStation, 23456789: GroupOfShips, 111265591: SARAirStation,
		366999712: ShipStation, 800046688: Handheld, 970123456: SART, 972158237: MOB, 974123456: EPIRB,
		983366999: DaughterCraft, 992509977: AidStation, 1 << 30: OtherStation, 112000000: OtherStation,
	} {
		if got := m.Station(); got != want {
			t.Errorf("%s: %v, want %v", m, got, want)
		}
	}
	if got := MMSI(2442000).String(); got != "002442000" {
		t.Errorf("a coast station is written %q", got)
	}
	if !MMSI(972158237).Distress() || MMSI(366999712).Distress() {
		t.Error("distress is not told by the MMSI")
	}
}
