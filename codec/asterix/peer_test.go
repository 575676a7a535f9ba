package asterix

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os/exec"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"atalaya/codec"
	"atalaya/codec/asterix/spec"
	"atalaya/internal/peer"
)

// peerLine is a line of testdata/libasterix_peer.py.
type peerLine struct {
	Category uint8            `json:"category"`
	Edition  string           `json:"edition"`
	Block    string           `json:"block"`
	Spare    bool             `json:"spare"`
	Records  []map[string]any `json:"records"`
	Error    string           `json:"error"`
}

// ask runs the peer and gives its answer line by line.
func ask(t *testing.T, input []byte, args ...string) []peerLine {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), peer.Python(t), append([]string{"testdata/libasterix_peer.py"}, args...)...)
	cmd.Stdin = bytes.NewReader(input)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("libasterix: %v\n%s", err, stderr.String())
	}
	var lines []peerLine
	in := bufio.NewScanner(bytes.NewReader(out))
	in.Buffer(nil, 1<<24)
	for in.Scan() {
		var l peerLine
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return lines
}

// with makes a Decoder that reads one category in one edition.
func with(category uint8, edition string) *Decoder {
	return New(Config{Editions: map[string]string{fmt.Sprintf("%03d", category): edition}})
}

// itemsOf gives the items of a record as JSON reads them.
func itemsOf(t *testing.T, m *Message) map[string]any {
	t.Helper()
	var v struct {
		Items map[string]any `json:"items"`
	}
	if err := json.Unmarshal(m.AppendJSON(nil), &v); err != nil {
		t.Fatalf("%v in %s", err, m.AppendJSON(nil))
	}
	return v.Items
}

// difference names the first value that differs between two records.
func difference(path string, ours, theirs any) string {
	a, aok := ours.(map[string]any)
	b, bok := theirs.(map[string]any)
	if aok && bok {
		var names []string
		for n := range a {
			names = append(names, n)
		}
		for n := range b {
			names = append(names, n)
		}
		slices.Sort(names)
		for _, n := range slices.Compact(names) {
			if d := difference(path+"/"+n, a[n], b[n]); d != "" {
				return d
			}
		}
		return ""
	}
	if reflect.DeepEqual(ours, theirs) {
		return ""
	}
	return fmt.Sprintf("%s: ours %v, theirs %v", path, ours, theirs)
}

// agreed changes what libasterix says where it takes a two's complement number
// for an unsigned one (see CORRECTIONS in tools/asterix/generate.py): I048/090
// in editions before 1.32, I062/340 HEIGHT before 1.19. The upper half of the
// unsigned range means nothing: above flight level 2047, above 819,000 ft.
func agreed(category uint8, edition string, items map[string]any) (changed int) {
	fold := func(parent any, name string, half, whole float64) {
		parts, _ := parent.(map[string]any)
		v, ok := parts[name].(map[string]any)
		if !ok {
			return
		}
		if x, _ := v["value"].(float64); x >= half {
			v["value"] = x - whole
			changed++
		}
	}
	switch {
	case category == 48 && edition != "1.32":
		fold(items["090"], "FL", 2048, 4096)
	case category == 62 && slices.Contains([]string{"1.16", "1.17", "1.18"}, edition):
		fold(items["340"], "HEIGHT", 32768*25, 65536*25)
	}
	return changed
}

// Thousands of random records of every edition, made by libasterix: every
// value of every item is the same, the spare bits are noticed, and what has
// none set encodes to the same octets again.
func TestDecodesWhatLibasterixMakes(t *testing.T) {
	lines := ask(t, nil, "random", "250", strconv.Itoa(20260731))
	records, changed := 0, 0
	seen := map[string]bool{}
	for _, l := range lines {
		b, err := hex.DecodeString(l.Block)
		if err != nil {
			t.Fatal(err)
		}
		if l.Error != "" {
			t.Fatalf("libasterix cannot read its own %s: %s", l.Block, l.Error)
		}
		seen[fmt.Sprintf("%03d %s", l.Category, l.Edition)] = true
		i, spare := 0, false
		for m, err := range with(l.Category, l.Edition).Datagram(b, time.Time{}) {
			if err != nil {
				if !isKind(err, SpareBits) {
					t.Fatalf("category %03d edition %s %s: %v", l.Category, l.Edition, l.Block, err)
				}
				spare = true
				continue
			}
			if i >= len(l.Records) {
				t.Fatalf("category %03d edition %s %s: more than %d records", l.Category, l.Edition, l.Block, len(l.Records))
			}
			ours := itemsOf(t, &m)
			changed += agreed(l.Category, l.Edition, l.Records[i])
			if d := difference("", ours, l.Records[i]); d != "" {
				t.Fatalf("category %03d edition %s %s: record %d%s", l.Category, l.Edition, l.Block, i, d)
			}
			if !l.Spare {
				again, err := Encode(m.Edition, ours)
				if err != nil || !bytes.Equal(again, m.Raw) {
					t.Fatalf("category %03d edition %s: %X\nencodes to %X, %v", l.Category, l.Edition, m.Raw, again, err)
				}
			}
			i++
			records++
		}
		if i != len(l.Records) || spare != l.Spare {
			t.Fatalf("category %03d edition %s %s: %d records, spare bits %v; libasterix has %d, %v",
				l.Category, l.Edition, l.Block, i, spare, len(l.Records), l.Spare)
		}
	}
	if len(seen) != 26 || changed == 0 {
		t.Fatalf("%d editions and %d corrected values seen", len(seen), changed)
	}
	t.Logf("%d records of %d editions", records, len(seen))
}

// What we encode, libasterix reads with the same values.
func TestLibasterixReadsWhatWeEncode(t *testing.T) {
	random := newRandom(7)
	var input bytes.Buffer
	var sent []peerLine
	for _, category := range spec.Categories() {
		for i := range spec.Editions(category) {
			ed := &spec.Editions(category)[i]
			for range 60 {
				items := random.items(ed)
				record, err := Encode(ed, items)
				if err != nil {
					t.Fatalf("category %03d edition %s: %v in %v", category, ed.Number, err, items)
				}
				block, err := AppendBlock(nil, category, record)
				if err != nil {
					t.Fatal(err)
				}
				l := peerLine{Category: category, Edition: ed.Number, Block: hex.EncodeToString(block)}
				if err := json.NewEncoder(&input).Encode(l); err != nil {
					t.Fatal(err)
				}
				l.Records = []map[string]any{normal(t, items)}
				sent = append(sent, l)
			}
		}
	}
	got := ask(t, input.Bytes(), "parse")
	if len(got) != len(sent) {
		t.Fatalf("%d answers to %d records", len(got), len(sent))
	}
	for i, l := range got {
		if l.Error != "" || l.Spare || len(l.Records) != 1 {
			t.Fatalf("category %03d edition %s %s: %s, spare %v, %d records", l.Category, l.Edition, l.Block, l.Error, l.Spare, len(l.Records))
		}
		agreed(l.Category, l.Edition, l.Records[0])
		if d := difference("", sent[i].Records[0], l.Records[0]); d != "" {
			t.Fatalf("category %03d edition %s %s%s", l.Category, l.Edition, l.Block, d)
		}
	}
	t.Logf("%d records", len(got))
}

// normal passes values through JSON, as the peer's come.
func normal(t *testing.T, items Fields) map[string]any {
	t.Helper()
	b, err := json.Marshal(items)
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func isKind(err error, kind codec.Kind) bool {
	bad, ok := err.(*codec.Bad) //nolint:errorlint // never wrapped
	return ok && bad.Kind == kind
}
