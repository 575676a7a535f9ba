package portal

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"atalaya/web/portal/digest"
)

// report is the numbers of a year.
type report struct {
	Language Language
	Year     string
	Exercise bool
	Version  string
	Key      string
	Made     time.Time
	Size     uint64 // entries that were added up, of every year
	Rows     []digest.Row
}

// csv writes a number a line, under names that no language changes.
func (r *report) csv(to io.Writer) error {
	w := csv.NewWriter(to)
	lines := [][]string{{"year", "section", "name", "number", "unit", "first_entry", "last_entry"}}
	for _, x := range r.Rows {
		lines = append(lines, []string{
			r.Year, x.Section, x.Name, strconv.FormatUint(x.N, 10), digest.Unit(x.Section),
			strconv.FormatUint(x.First, 10), strconv.FormatUint(x.Last, 10),
		})
	}
	if err := w.WriteAll(lines); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// pdf writes the same numbers for people.
func (r *report) pdf(to io.Writer, compressed bool) error {
	const margin, line, right = 18.0, 6.0, 174.0 // mm
	l := r.Language
	f := fpdf.New("P", "mm", "A4", "")
	tr := f.UnicodeTranslatorFromDescriptor("") // cp1252, which has both languages
	f.SetCompression(compressed)
	f.SetCreationDate(r.Made)
	f.SetModificationDate(r.Made)
	f.SetTitle(l.f("report.title", r.Year), true)
	f.SetLang(string(l))
	f.SetMargins(margin, margin, margin)
	f.SetAutoPageBreak(true, margin)
	f.AliasNbPages("")
	f.SetFooterFunc(func() {
		f.SetY(-12)
		f.SetFont("Helvetica", "", 8)
		f.CellFormat(0, line, tr(fmt.Sprintf("Atalaya %s · %d/{nb}", r.Version, f.PageNo())), "", 0, "C", false, 0, "")
	})
	f.AddPage()
	words := func(style string, size, height float64, s string) {
		f.SetFont("Helvetica", style, size)
		f.MultiCell(0, height, tr(s), "", "L", false)
	}
	if r.Exercise {
		words("B", 12, line, l.T("exercise"))
	}
	words("B", 18, 10, l.f("report.title", r.Year))
	words("", 10, 5, l.f("report.made", l.when(r.Made, false), r.Size, r.Key))
	words("", 10, 5, l.T("report.how"))
	section := ""
	for _, x := range r.Rows {
		if x.Section != section {
			section = x.Section
			f.Ln(4)
			words("B", 12, 7, l.T("section."+section))
			f.SetFont("Helvetica", "B", 9)
			r.row(f, tr, line, l.T("what"), l.T("unit."+digest.Unit(section)), l.T("source.entries"))
			f.Line(margin, f.GetY(), margin+right, f.GetY())
		}
		f.SetFont("Helvetica", "", 9)
		r.row(f, tr, line, l.name(section, x.Name), l.whole(x.N), source{x.First, x.Last}.Text())
	}
	if len(r.Rows) == 0 {
		words("", 10, 5, l.T("nothing"))
	}
	if err := f.Output(to); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func (r *report) row(f *fpdf.Fpdf, tr func(string) string, line float64, name, n, src string) {
	const first, second, third = 104.0, 30.0, 40.0 // mm
	f.CellFormat(first, line, tr(strings.ToValidUTF8(name, "?")), "", 0, "L", false, 0, "")
	f.CellFormat(second, line, tr(n), "", 0, "R", false, 0, "")
	f.CellFormat(third, line, tr(src), "", 1, "R", false, 0, "")
}
