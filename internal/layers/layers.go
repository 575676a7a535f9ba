// Package layers holds the architecture as a table: which package may import
// which, and why. Its test reads the imports with go list and fails on every
// import that the table does not allow.
package layers

import (
	"fmt"
	"slices"
	"strings"
)

// Row is one row of the table of layers.
type Row struct {
	// Tree is a folder; the row holds for every package in and below it.
	Tree  string
	Layer int
	// Beside lists other rows of the same layer that this one may import.
	Beside []string
	// Only, where there is one, lists all that these packages import beyond
	// the standard library, packages of this module included.
	Only []string
	Why  string
}

// Rows is the table. Imports point down; inside one layer only where Beside
// says so; packages of one row may import each other.
func Rows() []Row {
	return []Row{
		{Tree: "internal/enum", Layer: 0, Why: "names of enumerations, for every noun"},
		{Tree: "geo", Layer: 0, Beside: []string{"internal/enum"}, Why: "positions and shapes know nothing of sensors"},
		{Tree: "valid", Layer: 0, Why: "versions and validity of records"},
		{Tree: "sensor", Layer: 0, Beside: []string{"geo", "valid"}, Why: "a sensor stands somewhere and is a versioned record"},
		{Tree: "area", Layer: 0, Beside: []string{"geo", "valid"}, Why: "an area is a shape and a versioned record"},
		{Tree: "obs", Layer: 0, Beside: []string{"geo", "sensor", "internal/enum"}, Why: "an observation names its sensor and a position"},
		{Tree: "asset", Layer: 0, Beside: []string{"obs", "valid"}, Why: "an asset is known by the identities it claims"},
		{Tree: "rule", Layer: 0, Beside: []string{"area", "valid"}, Why: "a rule may be for an area and is a versioned record"},
		{Tree: "permit", Layer: 0, Beside: []string{"area", "obs", "valid"}, Why: "a permit names identities and an area"},
		{Tree: "track", Layer: 0, Beside: []string{"geo", "sensor", "area", "obs", "asset", "rule", "permit", "internal/enum"}, Why: "tracks are made of observations; inputs carry changes of the other nouns"},

		{Tree: "codec", Layer: 1, Why: "bytes to messages, alone"},
		{Tree: "fuse", Layer: 1, Why: "the tracker is pure: the same inputs give the same events"},
		{Tree: "terrain", Layer: 1, Why: "sight knows elevation only"},
		{Tree: "watch", Layer: 1, Beside: []string{"terrain"}, Why: "detectors may ask what can be seen"},
		{Tree: "plan", Layer: 1, Beside: []string{"terrain"}, Why: "planning is over terrain"},
		{Tree: "policy", Layer: 1, Why: "a verdict depends on its facts only; policy/fence takes footprints as values"},
		{Tree: "ledger", Layer: 1, Why: "entries and proofs over a small Storage"},
		{Tree: "ledger/proof", Layer: 1, Only: []string{"golang.org/x/mod/sumdb/tlog", "golang.org/x/mod/sumdb/note"}, Why: "the verifier shares no code with the writer, and an overseer can read all of it"},

		{Tree: "desk", Layer: 2, Why: "what people decide; it declares the Store, Ledger, Link and Clock it needs"},

		{Tree: "feed", Layer: 3, Why: "adapters of layer 3 never import each other: internal/app connects them"},
		{Tree: "link", Layer: 3, Why: "adapters of layer 3 never import each other: internal/app connects them"},
		{Tree: "store", Layer: 3, Why: "adapters of layer 3 never import each other: internal/app connects them"},
		{Tree: "ledger/witness", Layer: 3, Why: "speaks with other people's witnesses and is one for other people's logs: it shares nothing with our ledger but the public formats"},
		{Tree: "bus", Layer: 3, Why: "adapters of layer 3 never import each other: internal/app connects them"},
		{Tree: "web", Layer: 3, Why: "adapters of layer 3 never import each other: internal/app connects them"},
		{Tree: "exercise", Layer: 3, Why: "the simulated world reaches the program through its sockets only"},

		{Tree: "internal/basemap", Layer: 0, Beside: []string{"geo"}, Why: "data files, and their shapes"},
		{Tree: "internal/trackfile", Layer: 1, Why: "files of 'atalaya track' to values and back, without the tracker"},
		{Tree: "internal/peer", Layer: 0, Why: "test support: where peers and recorded data are"},
		{Tree: "internal/layers", Layer: 0, Why: "this table"},
		{Tree: "internal/powercut", Layer: 0, Why: "test support: a disk that remembers writes and flushes"},
		{Tree: "internal/running", Layer: 5, Why: "test support: starts the real program"},
		{Tree: "internal/scenario", Layer: 3, Why: "scenarios drive fuse, watch and desk as the program does"},
		{Tree: "internal/app", Layer: 4, Why: "the only place that wires everything"},
		{Tree: "cmd", Layer: 5, Why: "the command line starts internal/app"},
		{Tree: "cmd/atalaya-verify", Layer: 5, Only: []string{"atalaya/ledger/proof"}, Why: "the outsider's auditor is not the program that it audits"},
		{Tree: "bench", Layer: 5, Why: "benchmarks may start everything"},
	}
}

// Ban forbids imports of other modules or of the standard library.
type Ban struct {
	Layers  []int // of the importing package
	Imports []string
	Why     string
}

// Bans lists what no package of a layer may import.
func Bans() []Ban {
	return []Ban{
		{[]int{0, 1}, []string{"net", "net/http", "os", "os/exec", "io/ioutil", "database/sql"}, "layers 0 and 1 do no I/O, so that live and replay are one"},
		{[]int{0, 1}, []string{"log", "log/slog"}, "layers 0 and 1 return what happened; they do not log it"},
		{[]int{0, 1}, []string{"math/rand", "math/rand/v2"}, "random numbers on replayable paths are counter-based"},
		{[]int{0, 1, 2}, []string{"github.com/paulmach/orb", "github.com/golang/geo"}, "third-party geometry differs between processors"},
	}
}

// Module is the name of this module.
const Module = "atalaya"

// rowOf gives the row of the longest tree that holds pkg.
func rowOf(rows []Row, pkg string) (Row, bool) {
	best := -1
	for i, r := range rows {
		if (pkg == r.Tree || strings.HasPrefix(pkg, r.Tree+"/")) && (best < 0 || len(r.Tree) > len(rows[best].Tree)) {
			best = i
		}
	}
	if best < 0 {
		return Row{}, false
	}
	return rows[best], true
}

// Check gives a complaint for every import of pkg (a path below the module)
// that the table forbids.
func Check(pkg string, imports []string) []string {
	var out []string
	rows := Rows()
	from, ok := rowOf(rows, pkg)
	if !ok {
		return []string{fmt.Sprintf("%s: no row of the layer table holds this package; add one with its reason", pkg)}
	}
	for _, imp := range imports {
		if from.Only != nil && !slices.Contains(from.Only, imp) && !standard(imp) && !within(imp, from.Tree) {
			out = append(out, fmt.Sprintf("%s imports %s: %s", pkg, imp, from.Why))
			continue
		}
		if path, own := strings.CutPrefix(imp, Module+"/"); own {
			to, ok := rowOf(rows, path)
			switch {
			case !ok:
				out = append(out, fmt.Sprintf("%s imports %s, which has no row in the layer table", pkg, path))
			case to.Tree == from.Tree, to.Layer < from.Layer:
			case to.Layer == from.Layer && slices.Contains(from.Beside, to.Tree):
			default:
				out = append(out, fmt.Sprintf("%s (layer %d) imports %s (layer %d): %s", pkg, from.Layer, path, to.Layer, from.Why))
			}
			continue
		}
		for _, ban := range Bans() {
			if slices.Contains(ban.Layers, from.Layer) && slices.ContainsFunc(ban.Imports, func(b string) bool {
				return imp == b || strings.Contains(b, ".") && strings.HasPrefix(imp, b+"/")
			}) {
				out = append(out, fmt.Sprintf("%s (layer %d) imports %s: %s", pkg, from.Layer, imp, ban.Why))
			}
		}
	}
	return out
}

// standard says whether an import is of the standard library: the first part
// of every other module's path has a dot, but ours.
func standard(imp string) bool {
	first, _, _ := strings.Cut(imp, "/")
	return first != Module && !strings.Contains(first, ".")
}

// within says whether an import is in or below a tree of this module.
func within(imp, tree string) bool {
	return imp == Module+"/"+tree || strings.HasPrefix(imp, Module+"/"+tree+"/")
}
