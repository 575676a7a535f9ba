package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"

	"atalaya/codec"
	"atalaya/codec/ais"
	"atalaya/geo"
	"atalaya/internal/running"
)

// TestNothingInClear plants what can be recognised in every kind of content,
// through the real program, and searches every byte that it wrote: databases,
// their logs, the ledger, temporary files.
func TestNothingInClear(t *testing.T) {
	t.Parallel()
	dir, temp := t.TempDir(), t.TempDir()
	port := running.Ports(t, 8)
	options := running.Options{
		Dir: dir, Env: []string{"TMPDIR=" + temp, "SQLITE_TMPDIR=" + temp},
		Config: fmt.Sprintf(`
[[sensor]]
id = "antena-2"
name = "Plantado Antena"
kind = "ais-receiver"
lat = -16.1612345
lon = -69.0912345
[[feed]]
id = "fuente-2"
sensor = "antena-2"
format = "ais"
source = "udp://127.0.0.1:%d"
allowed = ["127.0.0.1"]
[[asset]]
id = "lancha-2"
name = "Plantado Lancha"
kind = "boat"
[[area]]
id = "zona-2"
name = "Plantado Bahía"
kind = "watched"
source = "Plantado Decreto"
points = [[-68.9123456, -16.1123456], [-68.9023456, -16.1123456], [-68.9023456, -16.1023456]]
`, port+7),
	}
	p := running.Start(t, options)
	secrets := []string{running.Password}
	_, token, _ := strings.Cut(p.Link, "#")
	secrets = append(secrets, token)
	p.Enrol(t, "Plantado Quispe")
	site, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range p.Client.Jar.Cookies(site.URL) {
		secrets = append(secrets, c.Value)
	}
	plantBoat(t, port+7)
	plantDesk(t, p)
	planted := plants{texts: append(secrets, "lantado", "775412345", "P1ANTADO", "azimuth", "training", "16.0312345", "69.2212345", "16.1612345"), positions: []geo.Position{{Lat: -16.0312345, Lon: -69.2212345}, {Lat: -16.1612345, Lon: -69.0912345}}}
	time.Sleep(2 * time.Second) // steps are written in the background
	look := func(when string) {
		t.Helper()
		files := 0
		for _, root := range []string{dir, temp} {
			err := filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
				switch {
				case errors.Is(err, fs.ErrNotExist): // a draft that was renamed meanwhile
					return nil
				case err != nil:
					return err
				case e.IsDir() && e.Name() == "elevation": // heights of the ground are no content
					return fs.SkipDir
				case e.IsDir() || !e.Type().IsRegular():
					return nil
				}
				b, err := os.ReadFile(name)
				if errors.Is(err, fs.ErrNotExist) {
					return nil
				}
				if err != nil {
					return err
				}
				files++
				for _, what := range append(planted.in(b), planted.in([]byte(e.Name()))...) {
					t.Errorf("%s: %s has %s", when, name, what)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if files < 8 {
			t.Errorf("%s: only %d files", when, files)
		}
	}
	look("while it runs")
	p.Kill()
	look("after a kill")
	p = running.Start(t, options)
	p.SignIn(t, "Plantado Quispe")
	if err := p.Stop(t); err != nil {
		t.Fatal(err)
	}
	look("after a stop")

	// A camera is turned in the exercise, whose store lies below.
	options.Config, options.Args = "", []string{"--exercise", "--boats", "4", "--port", fmt.Sprint(port)}
	p = running.Start(t, options)
	p.Enrol(t, "Plantado Mamani")
	post(t, p, "/api/sensors/camera-1/looks", "look-1", map[string]any{"kind": "absolute", "purpose": "training", "azimuth_deg": 300, "elevation_deg": -5, "wide_deg": 20}, nil)
	p.Kill()
	look("after a look")

	// The search finds what lies in clear, in every form that it looks for.
	for form, b := range planted.forms() {
		if len(planted.in(slices.Concat([]byte("x"), b, []byte("y")))) == 0 {
			t.Errorf("the search does not find %s", form)
		}
	}
}

// plantBoat lets a boat say its name and where it is.
func plantBoat(t *testing.T, port int) {
	t.Helper()
	lit := newBeacons(t, port)
	const mmsi = 775412345
	for range 5 {
		for _, m := range []*ais.Message{
			{Type: 1, MMSI: mmsi, Channel: "A", Report: &ais.Position{
				Kinematics: ais.Kinematics{Position: codec.Some(geo.Position{Lat: -16.05, Lon: -69.05}), Speed: codec.Some(2.0), Second: codec.Some(uint8(time.Now().Second()))},
				Status:     codec.Some(ais.DistressActive),
			}},
			{Type: 24, MMSI: mmsi, Channel: "A", Report: &ais.StaticA{Name: "P1ANTADO"}},
		} {
			lines, err := lit.enc.Encode(m)
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range lines {
				if _, err := lit.conn.Write([]byte(line + "\r\n")); err != nil {
					t.Fatal(err)
				}
			}
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// plantDesk writes at the desk: a report, a case with a decision and notes, a
// task, the shift's log, a decision about an alert.
func plantDesk(t *testing.T, p *running.Program) {
	t.Helper()
	post(t, p, "/api/reports", "wish-report", map[string]any{
		"reporter": "Plantado Condori", "means": "radio", "seen": time.Now().Add(-time.Minute).UTC().Format(time.RFC3339), "kind": "vessel", "grade": "B2", "count": 1,
		"description": "Plantado sin luces", "course_deg": 300, "speed_mps": 4,
		"where": map[string]any{"method": "coordinate", "position": map[string]float64{"lat": -16.0312345, "lon": -69.2212345}, "radius_m": 400},
	}, nil)
	reported(t, p, "R1", 1)
	var a alert
	until(t, p, "an alert", 2*time.Minute, func() bool {
		all := alerts(t, p)
		if len(all) > 0 {
			a = all[0]
		}
		return len(all) > 0
	})
	post(t, p, "/api/cases", "wish-case", map[string]any{"title": "Plantado caso", "alerts": []string{a.ID}, "evidence": []any{map[string]any{"kind": "report", "id": "R1"}}}, nil)
	post(t, p, "/api/cases/C1/decisions", "wish-decision", map[string]any{"decision": "Plantado enviar", "why": "Plantado motivo"}, nil)
	post(t, p, "/api/cases/C1/notes", "wish-note", map[string]any{"text": "Plantado nota"}, nil)
	post(t, p, "/api/tasks", "wish-task", map[string]any{"asset": "lancha-2", "text": "Plantado esperar", "due": time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "authorise": true}, nil)
	post(t, p, "/api/log", "wish-log", map[string]any{"text": "Plantado relevo"}, nil)
	post(t, p, "/api/cases/C1/close", "wish-close", map[string]any{"outcome": "explained", "note": "Plantado fin", "alerts": true}, nil)
}

// plants are what is searched for.
type plants struct {
	texts     []string
	positions []geo.Position
}

// forms gives everything in the forms in which it may lie in clear: text as it
// is, in 16 bits, in hexadecimal and in base64 at each of three places; numbers
// as bits in both orders.
func (p plants) forms() map[string][]byte {
	out := map[string][]byte{}
	for _, s := range p.texts {
		b := []byte(s)
		out["the text "+s] = b
		var wide []byte
		for _, c := range utf16.Encode([]rune(s)) {
			wide = binary.LittleEndian.AppendUint16(wide, c)
		}
		out["the text "+s+" in UTF-16"] = wide
		out["the text "+s+" in hexadecimal"] = []byte(hex.EncodeToString(b))
		for shift := range 3 {
			// Without what the bytes before and after have a share in.
			code := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), b...))
			code = code[(shift*8+5)/6:]
			if code = code[:len(code)-1]; len(code) > 6 {
				out[fmt.Sprintf("the text %s in base64, place %d", s, shift)] = []byte(code)
			}
		}
	}
	for _, at := range p.positions {
		for _, v := range []float64{at.Lat, at.Lon} {
			name := fmt.Sprintf("the number %v", v)
			out[name+", little end first"] = binary.LittleEndian.AppendUint64(nil, math.Float64bits(v))
			out[name+", big end first"] = binary.BigEndian.AppendUint64(nil, math.Float64bits(v))
		}
	}
	return out
}

// in says what of it is in b, also where a part of b is packed.
func (p plants) in(b []byte) (found []string) {
	whole := append([][]byte{b}, unpacked(b)...)
	for form, want := range p.forms() {
		if slices.ContainsFunc(whole, func(b []byte) bool { return bytes.Contains(b, want) }) {
			found = append(found, form)
		}
	}
	slices.Sort(found)
	return found
}

// unpacked gives what is packed in b in the way that content is packed before it
// is sealed (zstd, RFC 8878).
func unpacked(b []byte) (out [][]byte) {
	magic := []byte{0x28, 0xb5, 0x2f, 0xfd}
	for at := bytes.Index(b, magic); at >= 0; {
		if r, err := zstd.NewReader(bytes.NewReader(b[at:]), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<26)); err == nil {
			var plain bytes.Buffer
			if _, err := plain.ReadFrom(r); err == nil || plain.Len() > 0 {
				out = append(out, plain.Bytes())
			}
			r.Close()
		}
		next := bytes.Index(b[at+1:], magic)
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return out
}
