package proof

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

// DrawSummary says what an audit's draw came to.
type DrawSummary struct {
	Name     string
	Overseer string
	Entry    int64 // of the commitment: the last entry that may be drawn
	First    int64
	Of       int64 // entries that may be drawn
	Draws    int64
	Revealed bool
	Due      time.Time // zero: the log shows no reveal
	Answered time.Time // zero: the log shows no answer
	Selected []int64
	Opened   int // of the selected, wholly, in the answer
	Gone     int // of the selected, whose content the export calls purged
}

// seedSize is the size of a draw's seed.
const seedSize = 32

// CheckDraw recomputes a draw that an export shows, and checks the answer to
// it; nil: there is none yet. seed is what the overseer revealed, where the log
// does not show it; nil otherwise. An error says that there is nothing to check.
func CheckDraw(dir fs.FS, name string, seed, answer []byte, o Options) (DrawSummary, []Finding, error) {
	var r report
	l, err := readLog(dir, o.Keys, &r)
	if err != nil {
		return DrawSummary{}, nil, err
	}
	c, entries := l.head, l.entries
	o.Keys = l.keys
	s := DrawSummary{Name: name, Entry: -1}
	if len(r.findings) > 0 {
		return s, r.sorted(), nil
	}
	hashes := leaves(entries)
	if o.Last != nil {
		checkLast(o.Last, "kept checkpoint", o.Keys, c, hashes, &r)
	}
	content, shown, gone, err := s.read(dir, entries, &r)
	if err != nil {
		return s, nil, err
	}
	if seed == nil {
		seed = shown
	}
	if s.Revealed = seed != nil; !s.Revealed {
		return s, r.sorted(), nil
	}
	if drawCommitment(seed) != content {
		r.entry(BadProof, s.Entry, "the seed is not the one that draw %s commits to", name)
		return s, r.sorted(), nil
	}
	s.Selected = selectEntries(seed, rootOf(hashes[:s.Entry+1]), s.First, s.Entry+1, s.Draws)
	opened, err := openedWholly(answer, entries, o, &r)
	if err != nil {
		return s, nil, err
	}
	for _, i := range s.Selected {
		switch {
		case opened[i]:
			s.Opened++
		case gone[i]:
			s.Gone++
		case answer != nil:
			r.entry(OverdueOpening, i, "it was drawn by %s, and the answer does not open it wholly", name)
		}
	}
	if answer == nil && !s.Due.IsZero() && s.Due.Before(o.Now) {
		r.entry(OverdueOpening, s.Entry, "the answer to draw %s was due by %s", name, stamp(s.Due))
	}
	return s, r.sorted(), nil
}

// read finds the draw in what an export opens.
func (s *DrawSummary) read(dir fs.FS, entries []byte, r *report) (content string, seed []byte, gone map[int64]bool, err error) {
	f, err := dir.Open("openings.jsonl")
	if err != nil {
		return "", nil, nil, errors.New("the export opens nothing")
	}
	defer f.Close() //nolint:errcheck // read only
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 0, 1<<16), maxLine)
	gone = map[int64]bool{}
	for lines.Scan() {
		o, err := parseOpeningLine(lines.Bytes())
		if err != nil || o.Index >= int64(len(entries)/entrySize) {
			continue // 'check' reports it
		}
		if o.Gone {
			gone[o.Index] = true
			continue
		}
		x := newRecord(o)
		if x.values["draw"] != s.Name || x.outcome() {
			continue
		}
		if err := o.Check(entryAt(entries, o.Index)); err != nil {
			r.entry(BadProof, o.Index, "%v", err)
			continue
		}
		switch x.kind() {
		case "audit.draw":
			if s.Entry < 0 {
				if err := s.drawn(x); err != nil {
					return "", nil, nil, err
				}
				content = x.values["content"]
			}
		case "audit.reveal":
			if raw, err := hex.DecodeString(x.values["seed"]); err == nil && len(raw) == seedSize && seed == nil {
				seed = raw
				s.Due, _ = x.time("opens")
			}
		case "audit.answer":
			s.Answered, _, _ = x.span()
		}
	}
	if err := lines.Err(); err != nil {
		return "", nil, nil, fmt.Errorf("reading the export: %w", err)
	}
	if s.Entry < 0 {
		return "", nil, nil, fmt.Errorf("the export shows no draw %q", s.Name)
	}
	return content, seed, gone, nil
}

func (s *DrawSummary) drawn(x record) error {
	first, ok := x.count("first")
	draws, ok2 := x.count("draws")
	if !ok || !ok2 || first > x.index {
		return fmt.Errorf("entry %d: its draw cannot be read", x.index)
	}
	s.Entry, s.First, s.Draws, s.Overseer = x.index, first, draws, x.values["overseer"]
	s.Of = s.Entry + 1 - s.First
	return nil
}

// openedWholly gives the entries that an answer opens, every field of them.
func openedWholly(answer, entries []byte, o Options, r *report) (map[int64]bool, error) {
	out := map[int64]bool{}
	if answer == nil {
		return out, nil
	}
	_, findings, err := CheckBundle(answer, o.Keys)
	if err != nil {
		return nil, err
	}
	r.findings = append(r.findings, findings...)
	b, err := parseObject(answer)
	if err != nil {
		return nil, err
	}
	items, err := b.objects("entries")
	if err != nil {
		return nil, err
	}
	for _, item := range items {
		inner, _ := item["opening"].(map[string]any)
		x, err := parseOpening(inner)
		if err == nil && x.Whole && x.Index < int64(len(entries)/entrySize) && x.Check(entryAt(entries, x.Index)) == nil {
			out[x.Index] = true
		}
	}
	return out, nil
}

// selectEntries selects k of the entries from first to size-1
// (docs/ledger-format.md, "Audit draws").
func selectEntries(seed []byte, root Hash, first, size, k int64) []int64 {
	of := uint64(size - first)
	var out []int64
	if uint64(k) >= of {
		for i := first; i < size; i++ {
			out = append(out, i)
		}
		return out
	}
	over := (^uint64(0)%of + 1) % of // 2^64 modulo of
	seen := map[int64]bool{}
	for j := uint64(0); int64(len(out)) < k; j++ {
		text := slices.Concat([]byte("atalaya.select.v1\n"), seed, root[:], binary.BigEndian.AppendUint64(nil, j))
		sum := sha256.Sum256(text)
		x := binary.BigEndian.Uint64(sum[:8])
		if x > ^uint64(0)-over {
			continue
		}
		if i := first + int64(x%of); !seen[i] {
			seen[i] = true
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return out
}

// Missed is the probability that a draw of k of n entries has none of m false
// ones: C(n-m, k) / C(n, k).
func Missed(n, m, k int64) float64 {
	if k > n-m {
		return 0
	}
	p := 1.0
	for i := range m {
		p *= float64(n-k-i) / float64(n-i)
	}
	return p
}

func (s DrawSummary) String() string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Draw %s of %s: %d of %d entries, %d to %d.\n", s.Name, s.Overseer, min(s.Draws, s.Of), s.Of, s.First, s.Entry)
	if !s.Revealed {
		b.WriteString("The seed is not revealed.\n")
		return b.String()
	}
	b.WriteString("Selected:")
	for _, i := range s.Selected {
		fmt.Fprintf(&b, " %d", i)
	}
	b.WriteString("\n")
	if s.Due.IsZero() {
		b.WriteString("The log shows no reveal: keep what you sent, and when.\n")
	} else {
		fmt.Fprintf(&b, "The answer is due by %s.", stamp(s.Due))
		if !s.Answered.IsZero() {
			fmt.Fprintf(&b, " The log says that it was ready at %s.", stamp(s.Answered))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "Opened wholly: %d. Content purged: %d.\n", s.Opened, s.Gone)
	some := []int64{1, 10, max(s.Of/100, 1), max(s.Of/10, 1)}
	slices.Sort(some)
	for _, m := range slices.Compact(some) {
		if m <= s.Of {
			fmt.Fprintf(&b, "If %d of them were false, this draw misses all of them with a probability of %.2f %%.\n", m, 100*Missed(s.Of, m, min(s.Draws, s.Of)))
		}
	}
	return b.String()
}
