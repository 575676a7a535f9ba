package tlog_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"atalaya/ledger"
	"atalaya/store/tlog"
)

// TestExplain: an older copy goes on once a loss was explained, and what was
// explained is what is there.
func TestExplain(t *testing.T) {
	t.Parallel()
	dir, second := t.TempDir(), &memory{}
	l := open(t, dir, second)
	fill(t, l, 0, 300)
	check(t, l.Close())
	older := filepath.Join(t.TempDir(), "older")
	check(t, os.CopyFS(older, os.DirFS(dir)))
	l = open(t, dir, second)
	if _, _, err := l.Loss(t.Context()); err == nil {
		t.Error("there is something to explain in a log that is sound")
	}
	fill(t, l, 300, 400)
	check(t, l.Close())

	// A second place that was not told of the last signature, and one that has
	// another head of that size.
	for name, places := range map[string][]tlog.Second{
		"older":  {&memory{head: second.head, has: true}, &memory{}},
		"differ": {&memory{head: second.head, has: true}, &memory{head: tlog.Head{Size: second.head.Size, Root: entry(1)}, has: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			copied := filepath.Join(t.TempDir(), "copy")
			check(t, os.CopyFS(copied, os.DirFS(older)))
			cfg := config(t, copied, nil)
			cfg.Seconds = places
			l, err := tlog.Open(t.Context(), cfg)
			check(t, err)
			if _, err := l.Append(t.Context(), entries(900, 901)); !errors.Is(err, ledger.ErrRefused) {
				t.Errorf("append: %v, want ErrRefused", err)
			}
			lost, have, err := l.Loss(t.Context())
			check(t, err)
			if lost != second.head || have.Size != 300 {
				t.Errorf("lost %v, have %v", lost, have)
			}
			if _, err := l.Explain(t.Context(), lost, tlog.Head{Size: 299}, entries(900, 902)); err == nil {
				t.Error("something else was explained than what is there")
			}
			at, err := l.Explain(t.Context(), lost, have, entries(900, 902))
			check(t, err)
			if len(at) != 2 || at[0] != 300 || at[1] != 301 {
				t.Errorf("the explanation stands at %v", at)
			}
			_, signed, err := l.Signed()
			check(t, err)
			if signed.Size != 302 {
				t.Errorf("%d entries are signed, want 302", signed.Size)
			}
			_, err = l.Append(t.Context(), entries(902, 903))
			check(t, err)
			check(t, l.Close())
			l, err = tlog.Open(t.Context(), cfg)
			check(t, err)
			check(t, l.Refused())
			check(t, l.Close())
		})
	}
}
