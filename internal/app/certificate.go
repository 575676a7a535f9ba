package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// What web.tls can be.
const (
	tlsOff  = "off"
	tlsOwn  = "own"
	tlsSelf = "self"
)

const (
	certificateLasts = 365 * 24 * time.Hour
	// renewBefore is how long before its end a self-made certificate is made anew.
	renewBefore = 30 * 24 * time.Hour
	// lookEvery is how often the files of a certificate are looked at.
	lookEvery = 10 * time.Second
)

// certificate is the one that browsers see. It is read again when its files
// change; a self-made one is made anew before it ends.
type certificate struct {
	self      bool
	cert, key string   // files
	names     []string // of a self-made one
	clock     func() time.Time
	log       *slog.Logger

	mu     sync.Mutex
	held   *tls.Certificate
	looked time.Time
	stamp  string // of the files that held was read from
}

// openCertificate gives the certificate that the configuration asks for; nil
// where there is none.
func (c *Config) openCertificate(clock func() time.Time, log *slog.Logger) (*certificate, error) {
	x := &certificate{clock: clock, log: log}
	switch c.Web.TLS {
	case tlsOwn:
		x.cert, x.key = c.Web.Cert, c.Web.Key
	case tlsSelf:
		if err := os.MkdirAll(c.dir(), 0o700); err != nil {
			return nil, fmt.Errorf("make the data folder: %w", err)
		}
		x.self = true
		x.cert, x.key = filepath.Join(c.dir(), "tls.crt"), filepath.Join(c.dir(), "tls.key")
		x.names = c.Web.names()
	default:
		return nil, nil //nolint:nilnil // plain HTTP
	}
	_, err := x.get(nil)
	return x, err
}

// names are what a self-made certificate is for.
func (w *WebConfig) names() []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	add := func(name string) {
		if name != "" && !strings.EqualFold(name, "localhost") {
			names = append(names, name)
		}
	}
	if u, err := url.Parse(w.URL); err == nil {
		add(u.Hostname())
	}
	if host, err := os.Hostname(); err == nil {
		add(host)
	}
	if host, _, err := net.SplitHostPort(w.Listen); err == nil {
		if a, err := netip.ParseAddr(host); err == nil && !a.IsUnspecified() && !a.IsLoopback() {
			add(host)
		}
	}
	return names
}

// get implements tls.Config.GetCertificate. While new files cannot be read, the
// certificate that is held goes on.
func (x *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	now := x.clock()
	if x.held != nil && now.Sub(x.looked) < lookEvery {
		return x.held, nil
	}
	x.looked = now
	fresh, err := x.read(now)
	switch {
	case err == nil:
		x.held = fresh
	case x.held == nil:
		return nil, err
	default:
		x.log.Error("the certificate cannot be read again: the one before goes on", slog.Any("error", err))
	}
	return x.held, nil
}

func (x *certificate) read(now time.Time) (*tls.Certificate, error) {
	stamp := stampOf(x.cert) + stampOf(x.key)
	if x.held != nil && stamp == x.stamp && !x.ends(x.held, now) {
		return x.held, nil
	}
	pair, err := tls.LoadX509KeyPair(x.cert, x.key)
	switch {
	case x.self && (errors.Is(err, fs.ErrNotExist) || err == nil && (x.ends(&pair, now) || !x.covers(&pair))):
		if pair, err = x.create(now); err != nil {
			return nil, err
		}
		stamp = stampOf(x.cert) + stampOf(x.key)
	case err != nil:
		return nil, fmt.Errorf("read the certificate %s with the key %s: %w: correct web.cert and web.key", x.cert, x.key, err)
	}
	x.stamp = stamp
	return &pair, nil
}

func stampOf(name string) string {
	st, err := os.Stat(name)
	if err != nil {
		return "-"
	}
	return fmt.Sprintf("%d/%d ", st.ModTime().UnixNano(), st.Size())
}

// ends reports whether a self-made certificate ends soon.
func (x *certificate) ends(pair *tls.Certificate, now time.Time) bool {
	return x.self && pair.Leaf != nil && pair.Leaf.NotAfter.Sub(now) < renewBefore
}

// covers reports whether a certificate is for all names.
func (x *certificate) covers(pair *tls.Certificate) bool {
	for _, name := range x.names {
		if pair.Leaf == nil || pair.Leaf.VerifyHostname(name) != nil {
			return false
		}
	}
	return true
}

// create makes a certificate with a key of its own, and keeps both.
func (x *certificate) create(now time.Time) (pair tls.Certificate, err error) {
	fail := func(err error) (tls.Certificate, error) {
		return tls.Certificate{}, fmt.Errorf("make a certificate: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fail(err)
	}
	const serialBits = 127
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), serialBits))
	if err != nil {
		return fail(err)
	}
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Atalaya"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(certificateLasts),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	for _, name := range x.names {
		if ip := net.ParseIP(name); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return fail(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fail(err)
	}
	// The key first: a certificate without its key is made anew.
	if err := replace(x.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})); err != nil {
		return fail(err)
	}
	if err := replace(x.cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})); err != nil {
		return fail(err)
	}
	pair, err = tls.LoadX509KeyPair(x.cert, x.key)
	if err != nil {
		return fail(err)
	}
	return pair, nil
}

// replace writes a file that only its owner reads, whole or not at all.
func replace(name string, content []byte) error {
	if err := os.WriteFile(name+".new", content, 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// fingerprint is SHA-256 of a self-made certificate, as browsers show it;
// empty for another one.
func (x *certificate) fingerprint() string {
	if x == nil || !x.self {
		return ""
	}
	pair, err := x.get(nil)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(pair.Certificate[0])
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = strings.ToUpper(hex.EncodeToString([]byte{b}))
	}
	return strings.Join(pairs, ":")
}

// config is for the listener.
func (x *certificate) config() *tls.Config {
	return &tls.Config{GetCertificate: x.get, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
}

// exposed refuses to let browsers of other machines in over plain HTTP, unless
// that was asked for.
func (w *WebConfig) exposed() error { return w.exposes("web.listen", w.Listen) }

func (w *WebConfig) exposes(key, listen string) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("%s %q: %w: write address and port, such as 127.0.0.1:8470", key, listen, err)
	}
	addr, err := netip.ParseAddr(host)
	loopback := strings.EqualFold(host, "localhost") || err == nil && addr.IsLoopback()
	if loopback || w.TLS != tlsOff || w.Secure || w.Plain {
		return nil
	}
	return fmt.Errorf("%s is %s, which other machines reach, without TLS: passwords would cross the network in clear; "+
		"set web.tls to \"self\" or \"own\", or web.secure where a proxy in front speaks TLS, or web.plain if you want plain HTTP", key, listen)
}
