package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"atalaya/codec/asterix"
)

// aisInput gives every AIS sentence of the recorded data, bare, one a line,
// without tag blocks and comments: what gpsdecode reads too.
func aisInput(data string) ([]byte, error) {
	sentence := regexp.MustCompile(`![A-Za-z=-]{2}VD[MO],[^*!]*\*[0-9A-Fa-f]{2}`)
	var out []byte
	err := filepath.WalkDir(filepath.Join(data, "ais"), func(name string, e fs.DirEntry, err error) error {
		// A .chk is gpsd's answer, a .json libais's.
		if err != nil || e.IsDir() || strings.HasSuffix(name, ".chk") || strings.HasSuffix(name, ".json") {
			return err
		}
		b, err := unpacked(name)
		if err != nil {
			return err
		}
		for line := range bytes.Lines(bytes.ReplaceAll(b, []byte("\r"), []byte("\n"))) {
			if bytes.HasPrefix(bytes.TrimSpace(line), []byte("#")) {
				continue
			}
			for _, s := range sentence.FindAll(line, -1) {
				out = append(append(out, s...), '\r', '\n')
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the AIS recordings: %w", err)
	}
	return out, nil
}

func unpacked(name string) ([]byte, error) {
	b, err := os.ReadFile(name)
	if err != nil || !strings.HasSuffix(name, ".gz") {
		return b, err
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// modesInput gives the frames of the Mode S recording so many times, each time
// with other aircraft, so that nobody gains by remembering frames.
func modesInput(data string, times int) ([][]byte, error) {
	b, err := os.ReadFile(filepath.Join(data, "adsb", "dump1090", "modes1.avr"))
	if err != nil {
		return nil, fmt.Errorf("read the Mode S recording: %w", err)
	}
	var recorded, out [][]byte
	for line := range strings.Lines(string(b)) {
		f, err := hex.DecodeString(strings.Trim(strings.TrimSpace(line), "*;"))
		if err != nil || len(f) < 7 {
			return nil, fmt.Errorf("read the Mode S recording: line %q is no frame", line)
		}
		recorded = append(recorded, f)
	}
	for n := range times {
		for _, f := range recorded {
			out = append(out, readdress(f, uint32(n)))
		}
	}
	return out, nil
}

// readdress gives a frame as another aircraft would send it, whose address is
// the old one with some bits turned over. Parity is linear, so that it follows
// without knowing how it was overlaid (ICAO Annex 10 Volume IV, 3.1.2.3.3):
// where the address is in the text (DF11, DF17, DF18) by the parity of the
// turned bits, else, where it is overlaid on the parity, by the bits themselves.
func readdress(frame []byte, turned uint32) []byte {
	f := bytes.Clone(frame)
	change := turned
	switch f[0] >> 3 {
	case 11, 17, 18:
		text := make([]byte, len(f)-3)
		text[1], text[2], text[3] = byte(turned>>16), byte(turned>>8), byte(turned)
		for i := 1; i < 4; i++ {
			f[i] ^= text[i]
		}
		change = parity(text)
	}
	tail := f[len(f)-3:]
	tail[0] ^= byte(change >> 16)
	tail[1] ^= byte(change >> 8)
	tail[2] ^= byte(change)
	return f
}

// parity is the remainder of a text by the generator of ICAO Annex 10
// Volume IV, 3.1.2.3.3.1.2.
func parity(text []byte) uint32 {
	const generator, top = 0x1FFF409, 1 << 24
	var r uint32
	for _, b := range text {
		r ^= uint32(b) << 16
		for range 8 {
			if r <<= 1; r&top != 0 {
				r ^= generator
			}
		}
	}
	return r
}

// avr writes frames as text, csv with their times: a millisecond each, as
// 'atalaya decode' counts where the input has none.
func avr(frames [][]byte) []byte {
	var out []byte
	for _, f := range frames {
		out = fmt.Appendf(out, "*%x;\n", f)
	}
	return out
}

func csv(frames [][]byte) []byte {
	var out []byte
	for i, f := range frames {
		out = fmt.Appendf(out, "%d.%03d,%x\n", i/1000, i%1000, f)
	}
	return out
}

// asterixInput gives data blocks of category 048, ten records each, as a radar
// sends them: half of them bare plots, half tracked aircraft with transponder.
func asterixInput(records int) ([]byte, error) {
	const perBlock = 10
	random := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // an input, no secret
	var out []byte
	var block [][]byte
	for i := range records {
		t := asterix.TargetReport{
			Has:    asterix.HasTime | asterix.HasDescriptor | asterix.HasPolar | asterix.HasPSRAmplitude,
			Source: asterix.Source{SAC: 25, SIC: 201}, TimeOfDay: time.Duration(i) * time.Millisecond, Detection: asterix.PSR,
			RangeM: random.Float64() * 90_000, AzimuthDeg: random.Float64() * 359, PSRAmplitudeDBm: -60,
		}
		if i%2 == 0 {
			t.Has |= asterix.HasMode3A | asterix.HasLevel | asterix.HasAddress | asterix.HasIdent | asterix.HasTrack |
				asterix.HasCartesian | asterix.HasVelocity | asterix.HasStatus | asterix.HasQuality |
				asterix.HasFlightStatus | asterix.HasReplies | asterix.HasSSRAmplitude | asterix.HasSSRRunLength
			t.Detection, t.Mode3A.Code, t.Level.M = asterix.RollCallPSR, uint16(random.IntN(1<<12)), random.Float64()*12_000
			t.Address, t.Ident = random.Uint32N(1<<24), asterix.NewIdent(fmt.Sprintf("LPB%d", random.IntN(1000)))
			t.TrackNumber, t.SpeedMPS, t.HeadingDeg = uint16(i%4096), random.Float64()*250, random.Float64()*359
		}
		b, err := t.Append(nil)
		if err != nil {
			return nil, fmt.Errorf("encode a record: %w", err)
		}
		if block = append(block, b); len(block) == perBlock || i == records-1 {
			if out, err = asterix.AppendBlock(out, 48, block...); err != nil {
				return nil, fmt.Errorf("encode a data block: %w", err)
			}
			block = block[:0]
		}
	}
	return out, nil
}

// blocks cuts a stream into its data blocks, as datagrams bring them.
func blocks(stream []byte) (out [][]byte) {
	for len(stream) > 3 {
		n := int(binary.BigEndian.Uint16(stream[1:]))
		out, stream = append(out, stream[:n]), stream[n:]
	}
	return out
}

// mavlinkLogs are the recorded telemetry logs.
func mavlinkLogs(data string) []string {
	var out []string
	for _, n := range []string{"dronekit_flight", "ardusub_small", "ardusub_2023-04-18"} {
		out = append(out, filepath.Join(data, "mavlink", n+".tlog"))
	}
	return out
}
