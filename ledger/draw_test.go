package ledger_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"atalaya/ledger"
)

type drawVector struct {
	Seed     string   `json:"seed"`
	Content  string   `json:"content"`
	Root     string   `json:"root"`
	First    uint64   `json:"first"`
	Size     uint64   `json:"size"`
	Draws    int      `json:"draws"`
	Selected []uint64 `json:"selected"`
}

// TestDrawVectors holds the drawing to the file that others can use.
func TestDrawVectors(t *testing.T) {
	t.Parallel()
	const name = "testdata/draws.json"
	var all []drawVector
	for i, c := range []struct {
		first, size uint64
		draws       int
	}{{0, 1, 1}, {0, 10, 3}, {5, 31, 4}, {0, 1000, 100}, {1 << 40, 1<<40 + 7, 3}, {3, 8, 9}, {0, 256, 255}, {0, 1<<53 - 1, 5}} {
		seed, root := sha256.Sum256([]byte{byte(i)}), sha256.Sum256([]byte{byte(i), 1})
		all = append(all, drawVector{
			Seed: hex.EncodeToString(seed[:]), Content: ledger.DrawCommitment(seed[:]), Root: hex.EncodeToString(root[:]),
			First: c.first, Size: c.size, Draws: c.draws, Selected: ledger.Draw(seed[:], root, c.first, c.size, c.draws),
		})
	}
	text, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(name, append(text, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil || string(want) != string(text)+"\n" {
		t.Errorf("%s is not what is drawn: %v", name, err)
	}
	if got := ledger.Draw(nil, ledger.Hash{}, 5, 5, 1); got != nil {
		t.Errorf("of nothing %v is drawn", got)
	}
}

// TestDrawIsFair: each entry is drawn about as often as the others.
func TestDrawIsFair(t *testing.T) {
	t.Parallel()
	const size, draws, times = 20, 5, 4000
	var drawn [size]int
	for i := range times {
		seed := sha256.Sum256([]byte{byte(i), byte(i >> 8)})
		got := ledger.Draw(seed[:], ledger.Hash{1}, 0, size, draws)
		if len(got) != draws || len(slices.Compact(got)) != draws {
			t.Fatalf("drawn %v", got)
		}
		for _, x := range got {
			drawn[x]++
		}
	}
	// 1000 expected each, with a standard deviation of 27.
	for i, n := range drawn {
		if n < 860 || n > 1140 {
			t.Errorf("entry %d was drawn %d times of 1000", i, n)
		}
	}
}
