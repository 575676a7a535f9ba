package policy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// constants gives the values of the constants of a type, as the source has
// them, and fails on every way to get at a set from outside: a variable, a map
// or a registration.
func constants(t *testing.T, typ string) []string {
	t.Helper()
	fset := token.NewFileSet()
	var out []string
	for _, name := range []string{"safe.go", "purpose.go"} {
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			if g.Tok == token.VAR {
				t.Errorf("%s: a variable can be changed while the program runs", fset.Position(g.Pos()))
			}
			for _, s := range g.Specs {
				v, ok := s.(*ast.ValueSpec)
				if !ok {
					continue
				}
				if id, ok := v.Type.(*ast.Ident); !ok || id.Name != typ {
					continue
				}
				for _, x := range v.Values {
					text, err := strconv.Unquote(x.(*ast.BasicLit).Value)
					if err != nil {
						t.Fatal(err)
					}
					out = append(out, text)
				}
			}
		}
	}
	return out
}

// The set of safe acts is what the project promised, no more and no less. Who
// changes this test changes the promise.
func TestSafeActsAreClosed(t *testing.T) {
	want := []string{"hold", "return", "land", "stow", "stop-recording"}
	if got := constants(t, "SafeAct"); !slices.Equal(got, want) {
		t.Errorf("the source has the safe acts %q, want %q", got, want)
	}
	var listed []string
	for _, a := range SafeActs() {
		listed = append(listed, string(a))
		if !Safe(string(a)) {
			t.Errorf("%q is listed and not safe", a)
		}
	}
	if !slices.Equal(listed, want) {
		t.Errorf("SafeActs gives %q, want %q", listed, want)
	}
	SafeActs()[0] = "fire"
	if Safe("fire") || SafeActs()[0] != Hold {
		t.Error("the set can be changed from outside")
	}
	for _, a := range want {
		for _, other := range []string{strings.ToUpper(a), " " + a, a + " ", a + "\x00", strings.Replace(a, "o", "о", 1) /* Cyrillic */, ""} {
			if other != a && Safe(other) {
				t.Errorf("%q is taken for a safe act", other)
			}
		}
	}
	for _, a := range []string{"fly", "point", "look", "record", "launch", "arm", "fire", "drop", "release", "resume"} {
		if Safe(a) {
			t.Errorf("%q is taken for a safe act", a)
		}
	}
}

func TestPurposesAreClosed(t *testing.T) {
	want := []string{
		"border-crossing", "smuggling", "illegal-flight", "illegal-fishing", "illegal-mining",
		"illegal-logging", "search-and-rescue", "disaster", "environment", "training",
	}
	if got := constants(t, "Purpose"); !slices.Equal(got, want) {
		t.Errorf("the source has the purposes %q, want %q", got, want)
	}
	var listed []string
	for _, p := range Purposes() {
		listed = append(listed, string(p))
		if !Lawful(string(p)) {
			t.Errorf("%q is listed and not lawful", p)
		}
	}
	if !slices.Equal(listed, want) {
		t.Errorf("Purposes gives %q, want %q", listed, want)
	}
	for _, p := range []string{
		"assembly", "assemblies", "protest", "demonstration", "union", "strike", "party", "election",
		"press", "journalist", "religion", "opinion", "person", "face", "", "other", "Training",
	} {
		if Lawful(p) {
			t.Errorf("%q is taken for a purpose", p)
		}
	}
}
