package ledger_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"atalaya/ledger"
)

const formatPage = "../docs/ledger-format.md"

// TestViewsArePrinted holds the table in the documentation to the compiled one.
func TestViewsArePrinted(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(formatPage)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| kind | public | liaison | near | ombudsman |\n|---|---|---|---|---|\n")
	cell := func(names []string) string {
		if len(names) == 0 {
			return ""
		}
		return "`" + strings.Join(names, "`, `") + "`"
	}
	for _, r := range ledger.Views() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", r.Kind, cell(r.Public), cell(r.Liaison), cell(r.Near), cell(r.Ombudsman))
	}
	if *update {
		before, after, found := strings.Cut(string(page), "VIEWS\n")
		if !found {
			head, rest, _ := strings.Cut(string(page), "| kind | public |")
			_, tail, _ := strings.Cut(rest, "\n\n")
			before, after = head, "\n"+tail
		}
		page = []byte(before + b.String() + after)
		if err := os.WriteFile(formatPage, page, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(string(page), b.String()) {
		t.Errorf("the table of views in %s is not the compiled one; it is\n%s", formatPage, b.String())
	}
}
