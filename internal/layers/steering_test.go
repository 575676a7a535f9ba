package layers

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"atalaya/internal/peer"
)

// TestCamerasTurnThroughTheLedger walks the source: the one call that turns a
// camera stands in what is handed to Ledger.Do, nobody but internal/app reaches
// the link, and nobody but the link makes the messages that turn. Names are
// looked at, not types: the names are used for nothing else.
func TestCamerasTurnThroughTheLedger(t *testing.T) {
	root := peer.Root(t)
	var found steering
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && (strings.HasPrefix(name, ".") && path != root || name == "node_modules" || name == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		return found.read(filepath.ToSlash(rel), text)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range found.complaints {
		t.Error(c)
	}
	if found.turns != 1 || found.stops != 2 {
		t.Errorf("%d calls turn a camera and %d stop one: expected 1 and 2; is one more right?", found.turns, found.stops)
	}
}

// TestSteeringIsSeen: the walk finds what it is for.
func TestSteeringIsSeen(t *testing.T) {
	for name, c := range map[string]struct {
		path, text string
		bad        bool
	}{
		"in Do":         {"desk/looks/a.go", `package looks; func f() { l.Do(c, r, func() error { return link.MoveHead(c, m) }) }`, false},
		"beside Do":     {"desk/looks/a.go", `package looks; func f() { l.Do(c, r, func() error { return nil }); link.MoveHead(c, m) }`, true},
		"as a value":    {"desk/looks/a.go", `package looks; func f() { g(link.MoveHead) }`, true},
		"elsewhere":     {"web/a.go", `package web; func f() { l.Do(c, r, func() error { return link.MoveHead(c, m) }) }`, true},
		"stop":          {"desk/looks/a.go", `package looks; func f() { link.StopHead(c) }`, false},
		"stop in web":   {"web/a.go", `package web; func f() { link.StopHead(c) }`, true},
		"stow in web":   {"web/a.go", `package web; func f() { link.StowHead(c, d) }`, true},
		"message":       {"internal/app/a.go", `package app; import "atalaya/codec/onvif"; var m = &onvif.AbsoluteMove{}`, true},
		"in the link":   {"link/onvif/a.go", `package onvif; import codec "atalaya/codec/onvif"; var m = &codec.AbsoluteMove{}`, false},
		"link in web":   {"web/a.go", `package web; import _ "atalaya/link/onvif"`, true},
		"link in app":   {"internal/app/a.go", `package app; import _ "atalaya/link/onvif"`, false},
		"codec in desk": {"desk/a.go", `package desk; import _ "atalaya/codec/onvif"`, true},
	} {
		var s steering
		if err := s.read(c.path, []byte(c.text)); err != nil {
			t.Fatal(err)
		}
		if (len(s.complaints) > 0) != c.bad {
			t.Errorf("%s: %v", name, s.complaints)
		}
	}
}

type steering struct {
	complaints   []string
	turns, stops int
}

func (s *steering) read(path string, text []byte) error {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, text, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	complain := func(at token.Pos, why string) {
		s.complaints = append(s.complaints, files.Position(at).String()+": "+why)
	}
	in := func(trees ...string) bool {
		for _, tree := range trees {
			if strings.HasPrefix(path, tree+"/") {
				return true
			}
		}
		return false
	}
	for _, i := range file.Imports {
		switch strings.Trim(i.Path.Value, `"`) {
		case "atalaya/link/onvif":
			if !in("internal/app", "link/onvif") {
				complain(i.Pos(), "only internal/app connects cameras")
			}
		case "atalaya/codec/onvif":
			// The exercise is the camera: it takes messages and sends none.
			if !in("link/onvif", "exercise") {
				complain(i.Pos(), "only link/onvif speaks to cameras")
			}
		}
	}
	var above []ast.Node
	ast.Inspect(file, func(n ast.Node) bool {
		if n == nil {
			above = above[:len(above)-1]
			return true
		}
		if sel, ok := n.(*ast.SelectorExpr); ok {
			switch sel.Sel.Name {
			case "MoveHead":
				s.turns++
				if !in("desk/looks") || !gated(above, sel) {
					complain(sel.Pos(), "a camera is turned only inside of what is handed to Ledger.Do, in desk/looks")
				}
			case "StopHead", "StowHead":
				s.stops++
				if !in("desk/looks") {
					complain(sel.Pos(), "a camera is stopped by desk/looks, so that there is a record of it")
				}
			}
		}
		above = append(above, n)
		return true
	})
	return nil
}

// gated reports whether the call of a selector stands in a function that is an
// argument of a call of Do.
func gated(above []ast.Node, sel *ast.SelectorExpr) bool {
	if call, ok := above[len(above)-1].(*ast.CallExpr); !ok || call.Fun != sel {
		return false
	}
	for i := len(above) - 1; i > 0; i-- {
		body, ok := above[i].(*ast.FuncLit)
		if !ok {
			continue
		}
		call, ok := above[i-1].(*ast.CallExpr)
		if !ok {
			return false
		}
		do, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || do.Sel.Name != "Do" {
			return false
		}
		for _, a := range call.Args {
			if a == body {
				return true
			}
		}
		return false
	}
	return false
}
