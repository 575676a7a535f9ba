package web

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestTries: a burst, then one in six seconds; keys are apart, and a refusal
// takes nothing from any of them.
func TestTries(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tr := newTries(func() time.Time { return now })
	for i := range triesBurst {
		if _, ok := tr.allow("a", "b"); !ok {
			t.Fatalf("attempt %d refused", i)
		}
	}
	wait, ok := tr.allow("a", "c")
	if ok || wait != triesEvery {
		t.Errorf("allowed %v, wait %v", ok, wait)
	}
	for i := range triesBurst {
		if _, ok := tr.allow("c"); !ok {
			t.Fatalf("attempt %d of another refused", i)
		}
	}
	now = now.Add(triesEvery / 2)
	if wait, ok := tr.allow("a"); ok || wait != triesEvery/2 {
		t.Errorf("allowed %v, wait %v", ok, wait)
	}
	now = now.Add(triesEvery / 2)
	if _, ok := tr.allow("a"); !ok {
		t.Error("refused after the wait")
	}
	tr.refund("a")
	if _, ok := tr.allow("a"); !ok {
		t.Error("refused after the refund")
	}
	if _, ok := tr.allow("a"); ok {
		t.Error("the refund counts twice")
	}
	now = now.Add(-time.Hour) // a clock that goes back gives nothing
	if _, ok := tr.allow("a"); ok {
		t.Error("allowed by a clock that went back")
	}
}

// TestTriesBounded: a flood of names neither fills the memory nor makes the
// attempts of one forgotten.
func TestTriesBounded(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tr := newTries(func() time.Time { return now })
	for range triesBurst {
		tr.allow("victim")
	}
	refused := 0
	for i := range 10 * maxBuckets {
		if _, ok := tr.allow(fmt.Sprint("flood ", i)); !ok {
			refused++
		}
	}
	if len(tr.seen) > maxBuckets+1 || refused < 8*maxBuckets {
		t.Errorf("%d buckets, %d refused", len(tr.seen), refused)
	}
	if _, ok := tr.allow("victim"); ok {
		t.Error("the flood made attempts forgotten")
	}
	now = now.Add(2 * triesBurst * triesEvery)
	if _, ok := tr.allow("newcomer"); !ok || len(tr.seen) > 10 {
		t.Errorf("afterwards: allowed %v, %d buckets", ok, len(tr.seen))
	}
}

// TestNetwork: one computer with many IPv6 addresses is one sender.
func TestNetwork(t *testing.T) {
	for remote, want := range map[string]string{
		"10.1.2.3:99":                   "10.1.2.3",
		"[::ffff:10.1.2.3]:99":          "10.1.2.3",
		"[2001:db8:1:2:3:4:5:6]:99":     "2001:db8:1:2::/64",
		"[2001:db8:1:2:ffff::1%eth0]:9": "2001:db8:1:2::/64",
		"[::1]:99":                      "::/64",
		"@":                             "@",
	} {
		if got := network(remote); got != want {
			t.Errorf("%s: %s, want %s", remote, got, want)
		}
	}
}

// TestHashes: what was hashed matches, and nothing else; what is no hash
// matches nothing.
func TestHashes(t *testing.T) {
	h := newHasher()
	ctx := t.Context()
	phc, err := h.hash(ctx, "correct horse")
	if err != nil || !strings.HasPrefix(phc, "$argon2id$v=19$m=65536,t=3,p=4$") {
		t.Fatal(phc, err)
	}
	again, err := h.hash(ctx, "correct horse")
	if err != nil || again == phc {
		t.Errorf("two hashes with one salt: %v", err)
	}
	for _, tt := range []struct {
		phc, password string
		want          bool
	}{
		{phc, "correct horse", true},
		{phc, "Correct horse", false},
		{phc, "", false},
		{phc, strings.Repeat("x", 300), false},
		{"", "", false},
		{"", "correct horse", false},
		{"$argon2id$v=19$m=65536,t=3,p=4$AAAA$", "", false},
		{"$argon2id$v=19$m=4294967295,t=3,p=4$AAAA$AAAA", "x", false},
		{"$argon2i$v=19$m=65536,t=3,p=4$AAAA$AAAA", "x", false},
		{"$argon2id$v=18$m=65536,t=3,p=4$AAAA$AAAA", "x", false},
		{"$argon2id$v=19$m=64,t=0,p=4$AAAA$AAAA", "x", false},
		{"$argon2id$v=19$m=64$AAAA$AAAA", "x", false},
		{"$argon2id$v=19$m=64,t=1,p=1$!$AAAA", "x", false},
		// Made with smaller parameters by another program, of "password".
		{"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password", true},
	} {
		got, err := h.matches(ctx, tt.phc, tt.password)
		if err != nil || got != tt.want {
			t.Errorf("%q of %.20q: %v %v, want %v", tt.phc, tt.password, got, err, tt.want)
		}
	}
	for _, bad := range []string{"", "nine char", strings.Repeat("x", maxPassword+1)} {
		if _, err := h.hash(ctx, bad); !errors.Is(err, errPassword) {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
}

// TestHasherFull: who went does not wait for room.
func TestHasherFull(t *testing.T) {
	h := newHasher()
	for range cap(h.room) {
		h.room <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.matches(ctx, "", "x"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := h.hash(ctx, "long enough"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestTokens are long, and stored as a hash.
func TestTokens(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		secret, hash := NewToken()
		if len(secret) < 26 || seen[secret] || hash != hashToken(secret) {
			t.Fatal(secret)
		}
		seen[secret] = true
	}
}
