package elevation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"atalaya/store/elevation/chunk"
)

// journalName is the file in which an import notes what it has done: its first
// line says which import it is, each further one a chunk. It is gone when the
// import is.
const journalName = "import.jsonl"

// stage is what an import has prepared, and what it finds again after it was
// interrupted.
type stage struct {
	root    *os.Root
	journal *os.File
	records map[chunk.At]record
	resumed int
}

// identity tells one import from another.
type identity struct {
	SHA256     string   `json:"sha256"`
	Generation int      `json:"generation"`
	Replace    bool     `json:"replace"`
	Void       *float32 `json:"void"`
	Frame      frame    `json:"frame"`
	Col        int      `json:"col"`
	Row        int      `json:"row"`
	Width      int      `json:"width"`
	Height     int      `json:"height"`
}

// record is what an import did about a chunk.
type record struct {
	X int `json:"x"`
	Y int `json:"y"`
	// Kept says that nothing was to be written; otherwise Entry is the new chunk.
	Kept  bool       `json:"kept,omitempty"`
	Entry chunkEntry `json:"chunk"`
	// Reset says that what stood there was damaged.
	Reset bool `json:"reset,omitempty"`
	// Posts and Voids are the file's in this chunk.
	Posts int64   `json:"posts"`
	Voids int64   `json:"voids"`
	Min   float64 `json:"min_m"`
	Max   float64 `json:"max_m"`
}

func (r *record) add(v float64) {
	if r.Posts == 0 {
		r.Min, r.Max = v, v
	}
	r.Posts++
	r.Min, r.Max = min(r.Min, v), max(r.Max, v)
}

// openStage begins an import, or goes on with it: with chunks that the journal
// names and that are whole.
func openStage(i *importer) (*stage, error) {
	first, err := json.Marshal(identity{
		i.in.SHA256, i.base.m.Generation + 1, i.in.Replace, i.in.Void, i.base.m.Frame,
		i.win.X, i.win.Y, i.win.Width, i.win.Height,
	})
	if err != nil {
		return nil, err
	}
	s := &stage{root: i.root, records: map[chunk.At]record{}}
	found, err := i.root.ReadFile(journalName)
	if err != nil && !isMissing(err) {
		return nil, err
	}
	var lines []byte // those that count
	if head, rest, _ := bytes.Cut(found, []byte("\n")); bytes.Equal(head, first) {
		lines = s.recover(rest)
	} else if err := sweep(i.root, &i.base.m); err != nil { // left by another import
		return nil, err
	}
	s.resumed = len(s.records)
	err = replaceFile(i.root, journalName, func(f *os.File) error {
		_, err := f.Write(append(append(first, '\n'), lines...))
		return err
	})
	if err != nil {
		return nil, err
	}
	s.journal, err = i.root.OpenFile(journalName, os.O_WRONLY|os.O_APPEND, 0)
	return s, err
}

// recover takes up the lines of a journal up to the first that is torn.
func (s *stage) recover(lines []byte) (good []byte) {
	all := lines
	for {
		line, rest, whole := bytes.Cut(lines, []byte("\n"))
		var rec record
		if !whole || json.Unmarshal(line, &rec) != nil {
			return all[:len(all)-len(lines)]
		}
		if rec.Kept || s.whole(rec.Entry) {
			s.records[chunk.At{X: rec.X, Y: rec.Y}] = rec
		}
		lines = rest
	}
}

func (s *stage) whole(e chunkEntry) bool {
	c := chunk.Open(s.root, e.file(), e.header())
	return c.Ready() == nil
}

func (s *stage) has(at chunk.At) bool {
	_, ok := s.records[at]
	return ok
}

// put writes a chunk and notes it.
func (s *stage) put(rec record, data []byte) error {
	err := replaceFile(s.root, rec.Entry.file(), func(f *os.File) error { return writeSparse(f, data) })
	if err != nil {
		return err
	}
	return s.note(rec)
}

func (s *stage) note(rec record) error {
	line, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	if _, err := s.journal.Write(append(line, '\n')); err != nil {
		return err
	}
	s.records[chunk.At{X: rec.X, Y: rec.Y}] = rec
	return nil
}

func (s *stage) close() { _ = s.journal.Close() } // what it holds can be done again

// writeSparse writes data, and leaves holes where it is zero.
func writeSparse(f *os.File, data []byte) error {
	const block = 4096
	var zero [block]byte
	for from := 0; from < len(data); {
		to := min(from+block, len(data))
		if bytes.Equal(data[from:to], zero[:to-from]) {
			from = to
			continue
		}
		for to < len(data) && !bytes.Equal(data[to:min(to+block, len(data))], zero[:min(block, len(data)-to)]) {
			to = min(to+block, len(data))
		}
		if _, err := f.WriteAt(data[from:to], int64(from)); err != nil {
			return err
		}
		from = to
	}
	return f.Truncate(int64(len(data)))
}

// sweep removes what imports left that is not in force: chunks, drafts and the
// journal. What is mapped stays with those who read it.
func sweep(root *os.Root, m *manifest) error {
	force := map[string]bool{manifestName: true}
	for _, e := range m.Chunks {
		force[e.file()] = true
	}
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		name := e.Name()
		ours := name == journalName || strings.HasSuffix(name, ".chunk") || strings.HasSuffix(name, draftSuffix)
		if ours && !force[name] {
			if err := root.Remove(name); err != nil {
				errs = append(errs, fmt.Errorf("tidy up: %w", err))
			}
		}
	}
	return errors.Join(errs...)
}
