package app

import "testing"

// TestUnknownSigners: the first two people bring their keys to an explanation;
// later nobody signs with a key that the ledger lacks, or that was revoked.
func TestUnknownSigners(t *testing.T) {
	t.Parallel()
	ana, beto := Signature{Person: "a", Unit: "navy", Device: "1", Key: "A"}, Signature{Person: "b", Unit: "law", Device: "2", Key: "B"}
	e := Explanation{Signed: []Signature{ana, beto}}
	if fresh, err := strangers(e.Signed, nil); err != nil || len(fresh) != 2 {
		t.Errorf("the first two: %v, %v", fresh, err)
	}
	if fresh, err := strangers(e.Signed, map[string]Signature{"A": ana, "B": beto}); err != nil || len(fresh) != 0 {
		t.Errorf("on record: %v, %v", fresh, err)
	}
	ended := beto
	ended.ended = true
	if _, err := strangers(e.Signed, map[string]Signature{"A": ana, "B": ended}); err == nil {
		t.Error("signed with a key that was revoked")
	}
	if _, err := strangers(e.Signed, map[string]Signature{"A": ana, "C": {Person: "c", Key: "C"}}); err == nil {
		t.Error("signed with a key that is not on record")
	}
}
