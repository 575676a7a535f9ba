package policy

import (
	"os"
	"testing"

	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"
)

// A policy that misspells a role's kind, an act or a fact would permit nothing,
// or forbid nothing, without a word: the schema finds it.
func TestPoliciesFitTheSchema(t *testing.T) {
	text, err := os.ReadFile("schema.cedarschema")
	if err != nil {
		t.Fatal(err)
	}
	var s schema.Schema
	if err := s.UnmarshalCedar(text); err != nil {
		t.Fatal(err)
	}
	resolved, err := s.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	p, err := New()
	if err != nil {
		t.Fatal(err)
	}
	v := validate.New(resolved, validate.WithStrict())
	n := 0
	for id, policy := range p.set.All() {
		n++
		if err := v.Policy(string(id), (*ast.Policy)(policy.AST())); err != nil {
			t.Error(err)
		}
	}
	if n == 0 {
		t.Error("no policy")
	}
}
