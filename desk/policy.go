package desk

import (
	"fmt"
	"slices"
)

// Policy says which acts take two people. What is kept of them lies in package
// approval.
type Policy struct {
	// SecondPerson are kinds of acts, such as "rule.change".
	SecondPerson []string
}

// Allows refuses, with ErrSecondPerson, an act that takes two people and was
// asked for by one. The program itself may everything.
func (p Policy) Allows(who Who, kind string) error {
	if who.ID == "" || who.Second != "" || !slices.Contains(p.SecondPerson, kind) {
		return nil
	}
	return fmt.Errorf("%w: %s takes two people here", ErrSecondPerson, kind)
}
