package proof

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A log for tests, written with the formats of docs/ledger-format.md and no
// code of the writer. All keys and salts come from names, so that vectors are
// the same every time.

const testOrigin = "atalaya.example/test"

func testSeed(name string) []byte {
	h := sha256.Sum256([]byte("atalaya test only: " + name))
	return h[:]
}

// testKey is a log's or a witness's key.
type testKey struct {
	name string
	alg  byte
	key  ed25519.PrivateKey
}

func logKey(name string) testKey { return testKey{name, 1, ed25519.NewKeyFromSeed(testSeed(name))} }

func witnessKey(name string) testKey { return testKey{name, 4, ed25519.NewKeyFromSeed(testSeed(name))} }

func (k testKey) public() []byte {
	return append([]byte{k.alg}, k.key.Public().(ed25519.PublicKey)...)
}

func (k testKey) vkey() string {
	return fmt.Sprintf("%s+%08x+%s", k.name, keyHash(k.name, k.public()), base64.StdEncoding.EncodeToString(k.public()))
}

// sign gives the signature line of a note. at is for witnesses.
func (k testKey) sign(text string, at int64) string {
	b := binary.BigEndian.AppendUint32(nil, keyHash(k.name, k.public()))
	if k.alg == 4 {
		b = binary.BigEndian.AppendUint64(b, uint64(at))
		text = fmt.Sprintf("cosignature/v1\ntime %d\n%s", at, text)
	}
	b = append(b, ed25519.Sign(k.key, []byte(text))...)
	return fmt.Sprintf("— %s %s\n", k.name, base64.StdEncoding.EncodeToString(b))
}

func testKeys(t testing.TB, witnesses ...testKey) Keys {
	t.Helper()
	log, err := ParseLogKey(logKey(testOrigin).vkey())
	if err != nil {
		t.Fatal(err)
	}
	k := Keys{Log: []note.Verifier{log}, Quorum: len(witnesses)}
	for _, w := range witnesses {
		v, err := ParseWitnessKey(w.vkey())
		if err != nil {
			t.Fatal(err)
		}
		k.Witnesses = append(k.Witnesses, v)
	}
	return k
}

// testRecord is a record with everything.
type testRecord struct {
	names, values []string
}

// set changes a field or adds it.
func (r *testRecord) set(name, value string) {
	if i := slices.Index(r.names, name); i >= 0 {
		r.values[i] = value
		return
	}
	r.names, r.values = append(r.names, name), append(r.values, value)
}

func (r *testRecord) get(name string) string {
	if i := slices.Index(r.names, name); i >= 0 {
		return r.values[i]
	}
	return ""
}

func (r *testRecord) drop(name string) {
	if i := slices.Index(r.names, name); i >= 0 {
		r.names, r.values = slices.Delete(slices.Clone(r.names), i, i+1), slices.Delete(slices.Clone(r.values), i, i+1)
	}
}

func (r *testRecord) clone() *testRecord {
	return &testRecord{slices.Clone(r.names), slices.Clone(r.values)}
}

func (r *testRecord) salt(index, place int) []byte {
	return testSeed(fmt.Sprintf("salt %d %d", index, place))[:16]
}

// place is the hash of a place, made here and not by Field.Hash.
func (r *testRecord) place(index, place int) Hash {
	var b bytes.Buffer
	if place >= len(r.names) {
		b.WriteString("atalaya.padding.v1\n")
		b.Write(r.salt(index, place))
		return sha256.Sum256(b.Bytes())
	}
	b.WriteString("atalaya.field.v1\n")
	binary.Write(&b, binary.BigEndian, uint16(len(r.names[place]))) //nolint:errcheck // a buffer
	b.WriteString(r.names[place])
	b.Write(r.salt(index, place))
	binary.Write(&b, binary.BigEndian, uint32(len(r.values[place]))) //nolint:errcheck // a buffer
	b.WriteString(r.values[place])
	return sha256.Sum256(b.Bytes())
}

func testNode(l, r Hash) Hash {
	return sha256.Sum256(slices.Concat([]byte("atalaya.node.v1\n"), l[:], r[:]))
}

// levels are the hashes of the record's tree, places first.
func (r *testRecord) levels(index int) [7][]Hash {
	var out [7][]Hash
	for i := range Places {
		out[0] = append(out[0], r.place(index, i))
	}
	for l := range 6 {
		for i := 0; i < len(out[l]); i += 2 {
			out[l+1] = append(out[l+1], testNode(out[l][i], out[l][i+1]))
		}
	}
	return out
}

func (r *testRecord) root(index int) Hash { return r.levels(index)[6][0] }

type jsonField struct {
	Place *int   `json:"place,omitempty"`
	Name  string `json:"name"`
	Salt  []byte `json:"salt"`
	Value []byte `json:"value"`
}

func (r *testRecord) field(index, place int) jsonField {
	return jsonField{&place, r.names[place], r.salt(index, place), []byte(r.values[place])}
}

func base64s(hashes []Hash) []string {
	out := []string{}
	for _, h := range hashes {
		out = append(out, h.String())
	}
	return out
}

// group opens the fields that show wants.
func (r *testRecord) group(index int, show func(string) bool) map[string]any {
	levels := r.levels(index)
	fields := []jsonField{}
	for i, n := range r.names {
		if show(n) {
			fields = append(fields, r.field(index, i))
		}
	}
	var nodes []Hash
	var walk func(level, at int)
	walk = func(level, at int) {
		any := slices.ContainsFunc(fields, func(f jsonField) bool { return *f.Place>>level == at })
		switch {
		case !any:
			nodes = append(nodes, levels[level][at])
		case level > 0:
			walk(level-1, 2*at)
			walk(level-1, 2*at+1)
		}
	}
	walk(6, 0)
	return map[string]any{"index": index, "fields": fields, "nodes": base64s(nodes)}
}

// single opens one field with its path.
func (r *testRecord) single(index int, name string) map[string]any {
	levels := r.levels(index)
	place := slices.Index(r.names, name)
	var path []Hash
	for l := range 6 {
		path = append(path, levels[l][place>>l^1])
	}
	return map[string]any{
		"index": index, "place": place, "name": name, "salt": r.salt(index, place),
		"value": []byte(r.values[place]), "path": base64s(path),
	}
}

func (r *testRecord) whole(index int) map[string]any {
	fields := []jsonField{}
	for i := range r.names {
		f := r.field(index, i)
		f.Place = nil
		fields = append(fields, f)
	}
	return map[string]any{"index": index, "fields": fields, "padding": base64s(r.levels(index)[0][len(r.names):])}
}

// testLog is a log and all its records.
type testLog struct {
	records []*testRecord
	start   time.Time
}

func newTestLog() *testLog {
	return &testLog{start: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)}
}

// add appends a record; at is after the start. fields are names and values.
func (l *testLog) add(at time.Duration, kind, id string, fields ...string) *testRecord {
	r := &testRecord{}
	when := l.start.Add(at)
	r.set("format", "1")
	r.set("kind", kind)
	r.set("at", when.Format("2006-01-02T15:04:05.000000000Z"))
	r.set("id", id)
	r.set("phase", "single")
	r.set("hour", when.Format("2006-01-02T15Z"))
	for i := 0; i < len(fields); i += 2 {
		r.set(fields[i], fields[i+1])
	}
	l.records = append(l.records, r)
	return r
}

func (l *testLog) entry(i int) []byte {
	h := l.records[i].root(i)
	return h[:]
}

func (l *testLog) leaves() []Hash {
	var out []Hash
	for i := range l.records {
		out = append(out, tlog.RecordHash(l.entry(i)))
	}
	return out
}

// hashReader answers package tlog from the leaves.
func hashReader(t testing.TB, leaves []Hash) tlog.HashReader {
	t.Helper()
	var stored []Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]Hash, error) {
		var out []Hash
		for _, i := range indexes {
			out = append(out, stored[i])
		}
		return out, nil
	})
	for i, h := range leaves {
		hs, err := tlog.StoredHashesForRecordHash(int64(i), h, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hs...)
	}
	return reader
}

// checkpointText is the text of the checkpoint of the first size leaves.
func checkpointText(t testing.TB, leaves []Hash, size int) string {
	t.Helper()
	root, err := tlog.TreeHash(int64(size), hashReader(t, leaves[:size]))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s\n%d\n%s\n", testOrigin, size, root)
}

func (l *testLog) checkpoint(t testing.TB, size int, witnesses ...testKey) []byte {
	t.Helper()
	text := checkpointText(t, l.leaves(), size)
	out := text + "\n" + logKey(testOrigin).sign(text, 0)
	for _, w := range witnesses {
		out += w.sign(text, l.start.Unix()+86400)
	}
	return []byte(out)
}

// public is what the test log opens to everybody.
func public(r *testRecord) func(string) bool {
	secret := []string{"look.pose", "look.footprint", "class.pe", "class.cl", "counter.boot", "counter.before", "counter.after", "command", "command.mavlink"}
	return func(name string) bool { return !slices.Contains(secret, name) }
}

// export writes the log as an overseer gets it.
func (l *testLog) export(t testing.TB, view string, show func(*testRecord) func(string) bool, witnesses ...testKey) fstest.MapFS {
	t.Helper()
	dir := fstest.MapFS{}
	write := func(name string, data []byte) { dir[name] = &fstest.MapFile{Data: data} }
	write("checkpoint", l.checkpoint(t, len(l.records), witnesses...))
	write("about.json", fmt.Appendf(nil, `{"format":1,"origin":%q,"size":%d,"view":%q,"made":"2026-11-23T20:00:00Z"}`, testOrigin, len(l.records), view))
	var openings bytes.Buffer
	for i, r := range l.records {
		line, err := json.Marshal(r.group(i, show(r)))
		if err != nil {
			t.Fatal(err)
		}
		openings.Write(append(line, '\n'))
	}
	write("openings.jsonl", openings.Bytes())
	level := l.leaves()
	for n := 0; n*256 < len(level); n++ {
		var b bytes.Buffer
		end := min(n*256+256, len(level))
		for i := n * 256; i < end; i++ {
			b.Write([]byte{0, 32})
			b.Write(l.entry(i))
		}
		write(tileName("entries", int64(n), int64(end-n*256)), b.Bytes())
	}
	for k := 0; len(level) > 0; k++ {
		var above []Hash
		for n := 0; n*256 < len(level); n++ {
			part := level[n*256 : min(n*256+256, len(level))]
			var b bytes.Buffer
			for _, h := range part {
				b.Write(h[:])
			}
			write(tileName(fmt.Sprint(k), int64(n), int64(len(part))), b.Bytes())
			if len(part) == 256 {
				root, err := tlog.TreeHash(256, hashReader(t, part))
				if err != nil {
					t.Fatal(err)
				}
				above = append(above, root)
			}
		}
		level = above
	}
	return dir
}

// proof is the tlog-proof of an entry, at the whole log.
func (l *testLog) proof(t testing.TB, index int, witnesses ...testKey) string {
	t.Helper()
	size := int64(len(l.records))
	path, err := tlog.ProveRecord(size, int64(index), hashReader(t, l.leaves()))
	if err != nil {
		t.Fatal(err)
	}
	return LogProof{Index: int64(index), Path: path, Checkpoint: string(l.checkpoint(t, int(size), witnesses...))}.String()
}

// bundle discloses entries, wholly where show is nil.
func (l *testLog) bundle(t testing.TB, view string, show func(string) bool, indexes ...int) []byte {
	t.Helper()
	items := []any{}
	for _, i := range indexes {
		opening := l.records[i].whole(i)
		if show != nil {
			opening = l.records[i].group(i, show)
		}
		items = append(items, map[string]any{"proof": l.proof(t, i), "opening": opening})
	}
	out, err := json.MarshalIndent(map[string]any{"format": bundleFormat, "view": view, "entries": items}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// person is somebody with a key on a device.
type person struct{ name, unit, device string }

func (p person) key() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(testSeed("person " + p.name)) }

func (p person) public() string {
	return base64.StdEncoding.EncodeToString(p.key().Public().(ed25519.PublicKey))
}

// approve signs a record as its Nth approval.
func (p person) approve(r *testRecord, n int) {
	text := fmt.Sprintf("atalaya.approval.v1\n%s\n%s\n%s\n", r.get("kind"), r.get("id"), r.get("content"))
	sig := ed25519.Sign(p.key(), []byte(text))
	r.set(fmt.Sprintf("signed.%d", n), strings.Join([]string{p.name, p.unit, p.device, p.public(), base64.StdEncoding.EncodeToString(sig)}, " "))
}

// endKey adds the end of somebody's key.
func (l *testLog) endKey(p person, by string) *testRecord {
	return l.add(95*time.Hour, "key.end", "key.end/"+p.name, "person", p.name, "unit", p.unit, "device", p.device, "key", p.public(), "content", hexOf(p.name), "by", by)
}

// paddingHash is the hash of a padding; an opening never needs it.
func paddingHash(salt []byte) Hash {
	return sha256.Sum256(append([]byte("atalaya.padding.v1\n"), salt...))
}
