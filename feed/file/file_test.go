package file_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"atalaya/codec"
	"atalaya/codec/mavlink"
	"atalaya/codec/nmea"
	"atalaya/feed"
	"atalaya/feed/file"
	"atalaya/feed/transporttest"
	"atalaya/internal/peer"
)

// read gives all chunks of a recording, their damage, and why it could not be
// read on.
func read(cfg file.Config) (chunks []feed.Chunk, bad []*codec.Bad, err error) {
	for c, e := range file.New(cfg).Chunks() {
		var b *codec.Bad
		switch {
		case errors.As(e, &b):
			bad = append(bad, b)
		case e != nil:
			return chunks, bad, e
		default:
			c.Data = bytes.Clone(c.Data)
			chunks = append(chunks, c)
		}
	}
	return chunks, bad, nil
}

func join(chunks []feed.Chunk) string {
	var all []byte
	for _, c := range chunks {
		all = append(all, c.Data...)
	}
	return string(all)
}

func times(chunks []feed.Chunk) []string {
	var out []string
	for _, c := range chunks {
		if !c.End {
			out = append(out, c.Received.Format("2006-01-02T15:04:05.999"))
		}
	}
	return out
}

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		head string
		want file.Container
	}{
		{"", file.Lines},
		{"!AIVDM,1,1,,B,14pWHb?P03rwO<F:RQOnROw<25bd,0*3E\r\n", file.Lines},
		{"# Владимир\n", file.Lines},
		{"*8D4840D6202CC371C32CE0576098;\n", file.Lines},
		{"\x1a1\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x02\x03", file.Binary},
		{"\x30\x00\x30\xfd\xf7\x02\x19\xc9\x35\x6d\x4d\xa0\xc5\xaf\xf1\xe0", file.Binary},
		{"\xfd\x09\x00\x00\x00\x01\x01\x00\x00\x00", file.Binary},
		{"\x00\x05\xf9\x7a\x12\xe8\x40\x00\xfd\x09\x00\x00\x00", file.Tlog},
		{"\x00\x05\x0e\x28\x6a\x5f\x71\xd0\xfe\x09\x00", file.Tlog},
		{"\xd4\xc3\xb2\xa1\x02\x00\x04\x00", file.PCAP},
		{"\xa1\xb2\x3c\x4d\x00\x02\x00\x04", file.PCAP},
		{"\x0a\x0d\x0d\x0a\x1c\x00\x00\x00", file.PCAP},
	} {
		if got := file.Detect([]byte(c.head)); got != c.want {
			t.Errorf("%q is %q, not %q", c.head, got, c.want)
		}
	}
}

// tag makes a tag block.
func tag(s string) string { return fmt.Sprintf(`\%s*%02X\`, s, nmea.Checksum([]byte(s))) }

// TestTimes: lines have the times that stand in them.
func TestTimes(t *testing.T) {
	const vdm = "!AIVDM,1,1,,B,14pWHb?P03rwO<F:RQOnROw<25bd,0*3E"
	for _, c := range []struct {
		name string
		in   string
		want []string
	}{
		{
			"made up", vdm + "\n# comment\n" + vdm + "\n*8d4f2023587f345e35837e2218b2;",
			[]string{"2000-01-01T00:00:00", "2000-01-01T00:00:00.001", "2000-01-01T00:00:00.002", "2000-01-01T00:00:00.003"},
		},
		{
			"tag blocks", "# comment\n" + tag("c:1420030798") + vdm + "\n" + vdm + "\n" + tag("s:b,c:1420030799000") + vdm + "\n",
			[]string{"2014-12-31T12:59:58", "2014-12-31T12:59:58", "2014-12-31T12:59:58", "2014-12-31T12:59:59"},
		},
		{
			"tag block of a radar", tag("c:1420030798") + nmea.Frame('$', "RATTM", "01", "0.5", "90.0", "T") + "\n",
			[]string{"2014-12-31T12:59:58"},
		},
		{
			"before the sentence", "1550303566167726840 " + vdm + "\n2019-02-16T07:52:47.5Z " + vdm + "\n",
			[]string{"2019-02-16T07:52:46.167", "2019-02-16T07:52:47.5"},
		},
		{
			"behind the sentence", vdm + ",r003669987,1152921693\n" + vdm + ",x,1152921694\n",
			[]string{"2006-07-15T00:01:33", "2006-07-15T00:01:34"},
		},
		{
			"$PGHP before the sentence", "$PGHP,1,2012,12,6,9,53,48,612,244,,,1,3E*55\n" + vdm + "\n",
			[]string{"2012-12-06T09:53:48.612", "2012-12-06T09:53:48.612"},
		},
		{
			"SBS", "MSG,3,,,E49406,,2026/01/02,03:04:05.678,2026/01/02,03:04:05.700,,3000,,,-16.5,-68.1,,,0,0,0,0\nMSG,8,x\n",
			[]string{"2026-01-02T03:04:05.678", "2026-01-02T03:04:05.678"},
		},
		{
			"observations", "{\"atalaya\":\"observations\",\"version\":1}\n{\"seq\":0,\"received\":\"2026-01-02T03:04:05.5-04:00\"}\n",
			[]string{"2026-01-02T07:04:05.5", "2026-01-02T07:04:05.5"},
		},
		{
			"times that go back stay", vdm + ",r,1152921693\n" + vdm + ",r,1152921600\n",
			[]string{"2006-07-15T00:01:33", "2006-07-15T00:00:00"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			chunks, bad, err := read(file.Config{Reader: strings.NewReader(c.in)})
			if err != nil || len(bad) > 0 {
				t.Fatal(err, bad)
			}
			if got := times(chunks); fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("times\n%v, want\n%v", got, c.want)
			}
			if join(chunks) != c.in {
				t.Errorf("%q came as %q", c.in, join(chunks))
			}
			if last := chunks[len(chunks)-1]; !last.End || last.Stream != 1 || len(last.Data) != 0 {
				t.Errorf("last chunk %+v", last)
			}
		})
	}
}

// TestRecordings: every recorded line comes, as it is, and those with times
// have them.
func TestRecordings(t *testing.T) {
	for name, first := range map[string]string{
		"ais/gpsd/sample.aivdm":                      "2009-05-22T02:22:42", // one that stands further down
		"ais/amsa-risky/ais.txt.gz":                  "2012-01-27T11:47:01",
		"ais/amsa-risky/nmea-timestamped.txt":        "2000-01-01T00:00:00", // its tag blocks have wrong checksums
		"ais/amsa-risky/exact-earth-augmented-3.txt": "2012-02-02T11:32:04.603",
		"ais/libais/tagblock.nmea":                   "2014-12-10T00:00:01",
		"ais/go-ais/aistest.nmea":                    "2019-02-16T07:52:46.167",
		"ais/noaadata/test.ais":                      "2006-07-15T00:01:33",
		"ais/dma-aislib/stream_example.txt":          "2010-06-11T11:46:11.39",
		"adsb/dump1090/modes1.avr":                   "2000-01-01T00:00:00",
	} {
		t.Run(name, func(t *testing.T) {
			path := peer.Data(t, name)
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(name, ".gz") {
				z, err := gzip.NewReader(bytes.NewReader(want))
				if err != nil {
					t.Fatal(err)
				}
				if want, err = io.ReadAll(z); err != nil {
					t.Fatal(err)
				}
			}
			var done, total int64
			chunks, bad, err := read(file.Config{Path: path, Progress: func(d, n int64) { done, total = d, n }})
			if err != nil || len(bad) > 0 {
				t.Fatal(err, bad)
			}
			if join(chunks) != string(want) {
				t.Error("the lines differ from the file")
			}
			if got := times(chunks)[0]; got != first {
				t.Errorf("begins at %s, not %s", got, first)
			}
			if info, err := os.Stat(path); err != nil || done != info.Size() || total != info.Size() {
				t.Errorf("progress %d of %d, size %d", done, total, info.Size())
			}
		})
	}
}

// TestTlog: a log is its frames in a row, with their times.
func TestTlog(t *testing.T) {
	path := peer.Data(t, "mavlink/ardusub_2023-04-18.tlog")
	chunks, bad, err := read(file.Config{Path: path})
	if err != nil || len(bad) > 0 {
		t.Fatal(err, bad)
	}
	dec, good := mavlink.New(mavlink.Config{}), 0
	for _, c := range chunks {
		for m, err := range dec.Decode(c.Data, c.Received) {
			if err == nil {
				good++
				if m.Received.Year() != 2023 {
					t.Fatalf("%s at %v", m.Name, m.Received)
				}
			}
		}
	}
	if good != 50136 {
		t.Errorf("%d good frames, not 50136", good)
	}
}

func zipped(t *testing.T, s string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestDamage: a recording that is damaged gives what is good, and says what is
// wrong.
func TestDamage(t *testing.T) {
	text := strings.Repeat("one line\nand another one\n", 5000)
	z := zipped(t, text)
	changed := bytes.Clone(z)
	changed[len(changed)-6] ^= 1
	for _, c := range []struct {
		name string
		in   []byte
		kind file.Container
		want codec.Kind
	}{
		{"gzip cut", z[:len(z)-30], file.Auto, codec.Truncated},
		{"gzip cut in its header", z[:5], file.Auto, codec.Truncated},
		{"gzip with wrong checksum", changed, file.Auto, codec.Malformed},
		{"gzip cut, binary", z[:len(z)-30], file.Binary, codec.Truncated},
		{"gzip cut, tlog", z[:len(z)-30], file.Tlog, codec.Truncated},
		{"no capture", []byte("something else"), file.PCAP, codec.Truncated},
		{"no capture, long", bytes.Repeat([]byte("something else"), 10), file.PCAP, codec.Malformed},
		{"capture cut in its header", []byte("\xd4\xc3\xb2\xa1\x02\x00\x04\x00"), file.Auto, codec.Truncated},
		{"unknown container", []byte("x"), "tape", codec.Malformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := file.Config{Reader: bytes.NewReader(c.in), Container: c.kind}
			chunks, bad, err := read(cfg)
			if err != nil || len(bad) != 1 || bad[0].Kind != c.want {
				t.Errorf("damage %v, error %v", bad, err)
			}
			if got := join(chunks); !strings.HasPrefix(text, got) {
				t.Errorf("%d bytes that are not the recording's", len(got))
			}
			cfg.Reader = bytes.NewReader(c.in)
			var b *codec.Bad
			if err := transporttest.Start(t, file.New(cfg)).Err(); !errors.As(err, &b) || b.Kind != c.want {
				t.Errorf("Run returned %v", err)
			}
			cfg.Reader = bytes.NewReader(c.in)
			told := 0
			cfg.Bad = func(*codec.Bad) { told++ }
			if err := transporttest.Start(t, file.New(cfg)).Err(); err != nil || told != 1 {
				t.Errorf("Run returned %v, %d damages told", err, told)
			}
		})
	}
}

// failing fails after some bytes.
type failing struct{ r io.Reader }

var errDisk = errors.New("the disk is gone")

func (f failing) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err == io.EOF {
		err = errDisk
	}
	return n, err
}

// TestUnreadable: what cannot be read is an error, not damage.
func TestUnreadable(t *testing.T) {
	for _, kind := range []file.Container{file.Auto, file.Lines, file.Binary, file.Tlog, file.PCAP} {
		_, bad, err := read(file.Config{Reader: failing{strings.NewReader("a line\n")}, Container: kind})
		if !errors.Is(err, errDisk) || len(bad) > 0 {
			t.Errorf("%q: damage %v, error %v", kind, bad, err)
		}
	}
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "in"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	for _, c := range []struct {
		cfg  file.Config
		want string
	}{
		{file.Config{Path: filepath.Join(dir, "none")}, "no such file"},
		{file.Config{Path: dir}, "no regular file"},
		{file.Config{Path: fifo}, "no regular file"},
		{file.Config{Root: root, Path: "../" + filepath.Base(dir) + "/in"}, "escapes"},
		{file.Config{Root: root, Path: "in"}, ""},
	} {
		err := transporttest.Start(t, file.New(c.cfg)).Err()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v", c.cfg, err)
		}
	}
}

// TestPace: with a speed, chunks come when they are due.
func TestPace(t *testing.T) {
	const vdm = "!AIVDM,1,1,,B,14pWHb?P03rwO<F:RQOnROw<25bd,0*3E,r,"
	recording := ""
	for _, at := range []int{0, 10, 10, 40, 40 + 7200, 40 + 7210, 20, 30} {
		recording += fmt.Sprintf("%s%d\n", vdm, 1152921600+at)
	}
	for _, c := range []struct {
		speed float64
		live  bool
		want  []time.Duration
	}{
		// Two hours of silence are cut to one, and time begins anew when it
		// goes back.
		{1, false, []time.Duration{0, 10, 10, 40, 3640, 3650, 3650, 3660}},
		{10, true, []time.Duration{0, 1, 1, 4, 364, 365, 365, 366}},
		{0, false, make([]time.Duration, 8)},
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			var got []time.Duration
			f := file.New(file.Config{Reader: strings.NewReader(recording), Speed: c.speed, Live: c.live, Now: time.Now})
			err := f.Run(t.Context(), func(chunk feed.Chunk) {
				if (chunk.Received.Year() == 2000) != c.live { // the fake clock of synctest begins in 2000
					t.Errorf("received at %v", chunk.Received)
				}
				if !chunk.End {
					got = append(got, time.Since(start)/time.Second)
				}
			})
			if err != nil || fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("speed %v: %v, want %v (%v)", c.speed, got, c.want, err)
			}
		})
	}
}

// TestCancel: the context ends a wait, and reading without one.
func TestCancel(t *testing.T) {
	lines := "!AIVDM,1,1,,B,14pWHb?P03rwO<F:RQOnROw<25bd,0*3E,r,1152921600\n" +
		"!AIVDM,1,1,,B,14pWHb?P03rwO<F:RQOnROw<25bd,0*3E,r,1152925200\n"
	r := transporttest.Start(t, file.New(file.Config{Reader: strings.NewReader(lines), Speed: 1, Now: time.Now}))
	r.UntilBytes(10)
	t.Logf("stopped after %v", r.Stop())

	r = transporttest.Start(t, file.New(file.Config{Reader: endless{}, Now: time.Now}))
	r.UntilBytes(10)
	t.Logf("stopped after %v", r.Stop())

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := file.New(file.Config{Reader: endless{}}).Run(ctx, func(feed.Chunk) { t.Error("a chunk came") })
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// endless is a recording without end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	clear(p)
	time.Sleep(time.Millisecond)
	return min(len(p), 100), nil
}

// TestStop: who wants no more gets no more.
func TestStop(t *testing.T) {
	for _, in := range []string{"a\nb\nc\n", strings.Repeat("\x00", 5000)} {
		n := 0
		for _, err := range file.New(file.Config{Reader: strings.NewReader(in)}).Chunks() {
			if err != nil {
				t.Error(err)
			}
			n++
			break
		}
		if n != 1 {
			t.Errorf("%d chunks", n)
		}
	}
}

// FuzzChunks: no recording makes reading fail or lose bytes.
func FuzzChunks(f *testing.F) {
	f.Add([]byte("!AIVDM,1,1,,B,14pWHb?P03rwO<F:RQOnROw<25bd,0*3E,1357134218\n\\c:1*00\\$\n"), uint8(0))
	f.Add([]byte("\x00\x05\xf9\x7a\x12\xe8\x40\x00\xfd\x09\x00\x00\x00"), uint8(3))
	f.Add([]byte("MSG,3,,,E49406,,2026/01/02,03:04:05.678,\n{\"received\":\"2026\"}\n"), uint8(1))
	for _, c := range captures(f) {
		f.Add(c, uint8(4))
		f.Add(c, uint8(0))
	}
	kinds := []file.Container{file.Auto, file.Lines, file.Binary, file.Tlog, file.PCAP}
	f.Fuzz(func(t *testing.T, in []byte, kind uint8) {
		c := kinds[int(kind)%len(kinds)]
		chunks, _, err := read(file.Config{Reader: bytes.NewReader(in), Container: c})
		if err != nil {
			t.Fatal(err)
		}
		if (c == file.Lines || c == file.Binary) && !bytes.HasPrefix(in, []byte{0x1F, 0x8B}) && join(chunks) != string(in) {
			t.Fatalf("%q came as %q", in, join(chunks))
		}
		open := map[uint64]bool{}
		for _, c := range chunks {
			if open[c.Stream] = true; c.End {
				delete(open, c.Stream)
			}
		}
		if len(open) > 0 {
			t.Fatalf("streams %v did not end", open)
		}
		again, _, err := read(file.Config{Reader: bytes.NewReader(in), Container: c})
		if err != nil || fmt.Sprint(chunks) != fmt.Sprint(again) {
			t.Fatal("a second reading differs")
		}
	})
}

// BenchmarkLines: AIS with times behind the sentences.
func BenchmarkLines(b *testing.B) {
	path := peer.Data(b, "ais/amsa-risky/ais.txt.gz")
	n := 0
	for b.Loop() {
		for _, err := range file.New(file.Config{Path: path}).Chunks() {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "lines/s")
}
