package proof

import (
	_ "embed"
	"strings"
)

//go:embed verify.html
var page string

// Page is the check of disclosures as one page, for a browser without a
// network.
func Page() string { return page }

// Script is what the page checks with and says, without the page's own part:
// for another page that checks.
func Script() string {
	const begin, end = "<script>\n", "// ---------------------------------------------------------------- the page\n"
	_, script, _ := strings.Cut(page, begin)
	script, _, _ = strings.Cut(script, end)
	return script
}
