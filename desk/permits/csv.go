package permits

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"atalaya/area"
	"atalaya/desk"
	"atalaya/obs"
	"atalaya/permit"
)

// A file of permits is CSV (RFC 4180): a header row, then one permit a line.
//
//  1. The separator is the one of ; , and tab that the header row has most of.
//  2. Text is UTF-8, with or without byte order mark; a cell that is no UTF-8
//     is read as Latin-1.
//  3. Columns are found by their names, Spanish or English, in any order;
//     capitals and accents do not matter. Columns of other names are not read,
//     and told.
//  4. A line with something wrong is told with its column, and all others are
//     read on.

// Bounds of a file.
const (
	maxLines = 50_000
	maxCell  = 4000 // bytes
)

// column is what a column of the file says.
type column uint8

const (
	colID column = iota + 1
	colKind
	colIssuer
	colHolder
	colName
	colMMSI
	colICAO
	colCallSign
	colArea
	colFrom
	colUntil
	colHours
	colNote
	columns
)

// columnNames gives each column's names, Spanish first, as letters writes
// them.
func columnNames() [columns][]string {
	return [columns][]string{
		colID:       {"NUMERO", "PERMISO", "NRO", "NUMBER", "PERMIT", "ID"},
		colKind:     {"TIPO", "CLASE", "KIND", "TYPE"},
		colIssuer:   {"EMISOR", "AUTORIDAD", "ISSUER", "AUTHORITY"},
		colHolder:   {"TITULAR", "HOLDER"},
		colName:     {"EMBARCACION", "NAVE", "NOMBRE", "CRAFT", "NAME"},
		colMMSI:     {"MMSI"},
		colICAO:     {"OACI", "ICAO"},
		colCallSign: {"INDICATIVO", "CALLSIGN"},
		colArea:     {"ZONA", "AREA"},
		colFrom:     {"DESDE", "VALIDODESDE", "FROM", "VALIDFROM"},
		colUntil:    {"HASTA", "VALIDOHASTA", "UNTIL", "VALIDUNTIL"},
		colHours:    {"HORARIO", "SCHEDULE", "HOURS"},
		colNote:     {"NOTA", "OBSERVACIONES", "NOTE"},
	}
}

// kindNames gives each kind's names, Spanish first, as letters writes them.
func kindNames() map[permit.Kind][]string {
	return map[permit.Kind][]string{
		permit.Fishing:       {"LICENCIADEPESCA", "PESCA", "FISHINGLICENCE", "FISHING"},
		permit.CocaTransport: {"TRANSPORTEDECOCA", "HOJADECOCA", "COCA", "COCATRANSPORT"},
		permit.Ferry:         {"TRANSBORDADOR", "HORARIODETRANSBORDADOR", "FERRYTIMETABLE", "FERRY"},
		permit.Market:        {"FERIA", "DIADEFERIA", "MERCADO", "MARKETDAY", "MARKET"},
		permit.NoTransponder: {"SINTRANSPONDEDOR", "SINAIS", "NOTRANSPONDER"},
		permit.OtherReason:   {"OTRO", "OTHER"},
	}
}

// Wrong is one thing that is wrong with a line.
type Wrong struct {
	Line   int    `json:"line" doc:"line of the file, from 1"`
	Column string `json:"column,omitempty" doc:"name of the column in the file; empty: the whole line"`
	Value  string `json:"value,omitempty" doc:"what stands there, its first 100 bytes"`
	Detail string `json:"detail" doc:"what is wrong and what to write"`
}

// row is a permit as it stands in a line of a file.
type row struct {
	line   int
	permit permit.Permit
}

// reader reads a file of permits line by line.
type reader struct {
	csv    *csv.Reader
	offset time.Duration // local time minus UTC
	names  []string      // of the header row
	cols   []column      // what each is; 0: not read
}

// newReader reads the header row. Its error is desk.ErrInvalid, or the
// source's.
func newReader(r io.Reader, offsetMinutes int) (*reader, error) {
	buf := bufio.NewReader(r)
	head, err := buf.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		head = head[3:]
		if _, err := buf.Discard(3); err != nil {
			return nil, fmt.Errorf("read the file: %w", err)
		}
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return nil, fmt.Errorf("%w: the file is UTF-16: save it as CSV UTF-8", desk.ErrInvalid)
	case bytes.HasPrefix(head, []byte("PK")):
		return nil, fmt.Errorf("%w: the file is a workbook: save it as CSV UTF-8", desk.ErrInvalid)
	}
	out := &reader{csv: csv.NewReader(buf), offset: time.Duration(offsetMinutes) * time.Minute}
	out.csv.Comma = separator(head)
	out.csv.FieldsPerRecord = -1 // told with the line
	out.csv.ReuseRecord = true
	names, err := out.csv.Read()
	var syntax *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%w: the file is empty: its first line names the columns", desk.ErrInvalid)
	case errors.As(err, &syntax):
		return nil, fmt.Errorf("%w: the header row: %w", desk.ErrInvalid, syntax.Err)
	case err != nil:
		return nil, fmt.Errorf("read the file: %w", err)
	}
	return out, out.header(names)
}

// separator is the one of the usual separators that a header row has most of.
func separator(head []byte) rune {
	if i := bytes.IndexByte(head, '\n'); i >= 0 {
		head = head[:i]
	}
	best := ','
	for _, c := range ";\t" {
		if bytes.Count(head, []byte(string(c))) > bytes.Count(head, []byte(string(best))) {
			best = c
		}
	}
	return best
}

func (r *reader) header(names []string) error {
	known := columnNames()
	has := map[column]bool{}
	for _, n := range names {
		name := strings.TrimSpace(text(n))
		col := column(max(0, slices.IndexFunc(known[:], func(of []string) bool { return slices.Contains(of, letters(name)) })))
		if col != 0 && has[col] {
			return fmt.Errorf("%w: the header row names two columns for the same: %q is the second", desk.ErrInvalid, name)
		}
		has[col] = true
		r.names, r.cols = append(r.names, name), append(r.cols, col)
	}
	for _, must := range []column{colID, colKind, colIssuer} {
		if !has[must] {
			return fmt.Errorf("%w: the header row lacks a column named one of %s", desk.ErrInvalid, strings.ToLower(strings.Join(known[must], ", ")))
		}
	}
	return nil
}

// unread gives the columns whose names are not known.
func (r *reader) unread() []string {
	out := []string{}
	for i, c := range r.cols {
		if c == 0 {
			out = append(out, r.names[i])
		}
	}
	return out
}

// next reads one permit; io.EOF at the end of the file.
func (r *reader) next() (row, []Wrong, error) {
	cells, err := r.csv.Read()
	var syntax *csv.ParseError
	switch {
	case errors.As(err, &syntax):
		return row{}, []Wrong{{Line: syntax.Line, Detail: syntax.Err.Error() + ": put quotes around a cell that holds quotes, and double them"}}, nil
	case err != nil:
		return row{}, nil, err
	}
	line, _ := r.csv.FieldPos(0)
	out := row{line: line}
	var wrong []Wrong
	bad := func(i int, value, detail string) {
		w := Wrong{Line: line, Detail: detail, Value: short(value)}
		if i >= 0 {
			w.Column = r.names[i]
		}
		wrong = append(wrong, w)
	}
	if len(cells) > len(r.names) {
		bad(-1, cells[len(r.names)], fmt.Sprintf("the line has %d cells and the header row %d: put quotes around a cell that holds the separator", len(cells), len(r.names)))
		return out, wrong, nil
	}
	for i, cell := range cells {
		value := strings.TrimSpace(text(cell))
		if r.cols[i] == 0 || value == "" {
			continue
		}
		if len(value) > maxCell {
			bad(i, value, fmt.Sprintf("the cell has more than %d bytes", maxCell))
			continue
		}
		if err := r.cell(&out.permit, r.cols[i], value); err != nil {
			bad(i, value, err.Error())
		}
	}
	if len(out.permit.Schedule.Windows) > 0 || !out.permit.Valid.From.IsZero() || !out.permit.Valid.Until.IsZero() {
		out.permit.Schedule.OffsetMinutes = int(r.offset / time.Minute)
	}
	if len(wrong) == 0 {
		switch err := out.permit.Check(); {
		case err != nil:
			bad(-1, "", err.Error())
		case out.permit.Retired():
			bad(-1, "", "it ends before it begins")
		}
	}
	return out, wrong, nil
}

// short cuts what is told of a cell.
func short(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	s = s[:most]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}

// text gives a cell as UTF-8.
func text(cell string) string {
	if utf8.ValidString(cell) {
		return cell
	}
	runes := make([]rune, len(cell))
	for i := range len(cell) {
		runes[i] = rune(cell[i]) // Latin-1 is the first 256 code points
	}
	return string(runes)
}

// cell puts what a cell says into the permit.
func (r *reader) cell(p *permit.Permit, col column, value string) (err error) {
	switch col {
	case colID:
		p.ID = permit.ID(value)
	case colKind:
		p.Kind, err = kindOf(value)
	case colIssuer:
		p.Issuer = value
	case colHolder:
		p.Holder = value
	case colName:
		p.Name = value
	case colMMSI:
		identities(p, obs.MMSI, value)
	case colICAO:
		identities(p, obs.ICAO, strings.ToLower(value))
	case colCallSign:
		identities(p, obs.CallSign, strings.ToUpper(value))
	case colArea:
		p.Area = area.ID(value)
	case colFrom:
		p.Valid.From, err = r.day(value)
	case colUntil:
		if p.Valid.Until, err = r.day(value); err == nil {
			p.Valid.Until = p.Valid.Until.AddDate(0, 0, 1) // the last day is included
		}
	case colHours:
		p.Schedule.Windows, err = hours(value)
	case colNote:
		p.Note = value
	case columns:
	}
	return err
}

// identities adds what stands in one cell, several apart by spaces, commas or
// slashes.
func identities(p *permit.Permit, kind obs.ClaimKind, value string) {
	for v := range strings.FieldsFuncSeq(value, func(r rune) bool { return strings.ContainsRune(" /,;|", r) }) {
		p.Craft = append(p.Craft, obs.Claim{Kind: kind, Value: v})
	}
}

func kindOf(value string) (permit.Kind, error) {
	for kind, names := range kindNames() {
		if slices.Contains(names, letters(value)) {
			return kind, nil
		}
	}
	return "", fmt.Errorf("no kind of permit: write one of %v, or in Spanish pesca, coca, transbordador, feria, sin transpondedor, otro", permit.Kinds())
}

// day reads a date, the first moment of it in local time.
func (r *reader) day(value string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, "2/1/2006", "2.1.2006", "2-1-2006"} {
		if t, err := time.Parse(layout, value); err == nil {
			if t.Year() < 1900 || t.Year() > 2200 {
				return time.Time{}, errors.New("a year of 1900 to 2200 is needed")
			}
			return t.Add(-r.offset), nil
		}
	}
	return time.Time{}, errors.New("no date: write DD/MM/YYYY or YYYY-MM-DD")
}
