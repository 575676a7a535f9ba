package app

import (
	"crypto/tls"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSelfMadeCertificate: made once, for every name, with a key that only its
// owner reads; made anew before it ends.
func TestSelfMadeCertificate(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	cfg := Default()
	cfg.Data, cfg.Web.TLS, cfg.Web.URL = t.TempDir(), tlsSelf, "https://atalaya.example:8470"
	open := func() *certificate {
		t.Helper()
		x, err := cfg.openCertificate(clock, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	x := open()
	for _, name := range []string{"localhost", "127.0.0.1", "::1", "atalaya.example"} {
		if err := x.held.Leaf.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	if st, err := os.Stat(filepath.Join(cfg.Data, "tls.key")); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", st, err)
	}
	first := x.fingerprint()
	if len(first) != 95 || open().fingerprint() != first {
		t.Errorf("fingerprint %s, after a restart %s", first, open().fingerprint())
	}
	now = now.Add(certificateLasts - renewBefore - time.Hour)
	if x.fingerprint() != first {
		t.Error("made anew too early")
	}
	now = now.Add(2 * time.Hour)
	second := x.fingerprint()
	if second == first || x.held.Leaf.NotAfter.Sub(now) < certificateLasts-time.Minute {
		t.Errorf("not made anew before it ends: %s", x.held.Leaf.NotAfter)
	}
	cfg.Web.URL = "https://another.example"
	if x = open(); x.fingerprint() == second || x.held.Leaf.VerifyHostname("another.example") != nil {
		t.Error("the certificate is not for the new name")
	}
}

// TestOwnCertificate: read again when its files change; what cannot be read
// does not end the one before.
func TestOwnCertificate(t *testing.T) {
	now := time.Now()
	clock := func() time.Time { return now }
	log := slog.New(slog.DiscardHandler)
	made := func() (cert, key []byte) {
		t.Helper()
		cfg := Default()
		cfg.Data, cfg.Web.TLS = t.TempDir(), tlsSelf
		x, err := cfg.openCertificate(clock, log)
		if err != nil {
			t.Fatal(err)
		}
		cert, err = os.ReadFile(x.cert)
		if err != nil {
			t.Fatal(err)
		}
		key, err = os.ReadFile(x.key)
		if err != nil {
			t.Fatal(err)
		}
		return cert, key
	}
	cfg := Default()
	cfg.Web.TLS, cfg.Web.Cert, cfg.Web.Key = tlsOwn, filepath.Join(t.TempDir(), "c"), filepath.Join(t.TempDir(), "k")
	if _, err := cfg.openCertificate(clock, log); err == nil || !strings.Contains(err.Error(), "web.cert") {
		t.Errorf("without files: %v", err)
	}
	put := func(cert, key []byte) {
		t.Helper()
		for name, b := range map[string][]byte{cfg.Web.Cert: cert, cfg.Web.Key: key} {
			if err := os.WriteFile(name, b, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(name, now, now); err != nil {
				t.Fatal(err)
			}
		}
		now = now.Add(time.Minute)
	}
	put(made())
	x, err := cfg.openCertificate(clock, log)
	if err != nil {
		t.Fatal(err)
	}
	serial := func() string {
		t.Helper()
		c, err := x.get(&tls.ClientHelloInfo{})
		if err != nil {
			t.Fatal(err)
		}
		return c.Leaf.SerialNumber.String()
	}
	first := serial()
	put(made())
	second := serial()
	if second == first {
		t.Error("new files are not read")
	}
	put([]byte("nonsense"), []byte("nonsense"))
	if serial() != second {
		t.Error("files that cannot be read end the certificate before")
	}
	if x.fingerprint() != "" {
		t.Error("a fingerprint of somebody else's certificate")
	}
}

// TestExposed: other machines are let in over plain HTTP only where that was
// asked for.
func TestExposed(t *testing.T) {
	for _, tt := range []struct {
		web  WebConfig
		want bool // refused
	}{
		{WebConfig{Listen: "127.0.0.1:8470", TLS: tlsOff}, false},
		{WebConfig{Listen: "[::1]:0", TLS: tlsOff}, false},
		{WebConfig{Listen: "localhost:8470", TLS: tlsOff}, false},
		{WebConfig{Listen: "0.0.0.0:8470", TLS: tlsOff}, true},
		{WebConfig{Listen: ":8470", TLS: tlsOff}, true},
		{WebConfig{Listen: "10.0.0.7:8470", TLS: tlsOff}, true},
		{WebConfig{Listen: "post.example:8470", TLS: tlsOff}, true},
		{WebConfig{Listen: "nonsense", TLS: tlsOff}, true},
		{WebConfig{Listen: "0.0.0.0:8470", TLS: tlsSelf}, false},
		{WebConfig{Listen: "0.0.0.0:8470", TLS: tlsOff, Secure: true}, false},
		{WebConfig{Listen: "0.0.0.0:8470", TLS: tlsOff, Plain: true}, false},
	} {
		if err := tt.web.exposed(); (err != nil) != tt.want {
			t.Errorf("%+v: %v", tt.web, err)
		}
	}
}

// TestNoStoreForPeople: asking for people makes no store.
func TestNoStoreForPeople(t *testing.T) {
	cfg := Default()
	cfg.Data = filepath.Join(t.TempDir(), "data")
	log := slog.New(slog.DiscardHandler)
	if _, err := People(t.Context(), cfg, log); err == nil || !strings.Contains(err.Error(), "there is no store") {
		t.Error(err)
	}
	if _, err := Invite(t.Context(), cfg, "administrator", log); err == nil || !strings.Contains(err.Error(), "there is no store") {
		t.Error(err)
	}
	if _, err := os.Stat(cfg.Data); !os.IsNotExist(err) {
		t.Errorf("a folder was made: %v", err)
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	cfg.noteAddress(addressFile, "http://localhost:4711", log)
	if at, err := cfg.address(); err != nil || at != "http://localhost:4711" {
		t.Errorf("%s %v", at, err)
	}
	cfg.Web.URL = "https://atalaya.example"
	if at, err := cfg.address(); err != nil || at != cfg.Web.URL {
		t.Errorf("%s %v", at, err)
	}
}
