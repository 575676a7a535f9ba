package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"atalaya/desk"
	"atalaya/desk/gate"
	"atalaya/geo"
	"atalaya/internal/basemap"
	"atalaya/ledger"
	"atalaya/ledger/proof"
	"atalaya/policy"
	"atalaya/store"
	"atalaya/web"
	"atalaya/web/portal"
	"atalaya/web/portal/digest"
)

// PortalConfig says where overseers reach theirs.
type PortalConfig struct {
	Listen string `toml:"listen" doc:"address of the overseers' portal; empty: the loopback, one port above that of web.listen; off: there is none. TLS is that of web.tls"`
	URL    string `toml:"url" doc:"how overseers' browsers reach it, for their links; empty: localhost and the port"`
}

const (
	portalOff         = "off"
	portalAddressFile = "portal-address"
)

// portalListen is the address of the portal; empty: there is none.
func (c *Config) portalListen() (string, error) {
	switch c.Portal.Listen {
	case portalOff:
		return "", nil
	case "":
	default:
		return c.Portal.Listen, nil
	}
	_, port, err := net.SplitHostPort(c.Web.Listen)
	if err != nil {
		return "", fmt.Errorf("web.listen %q: %w", c.Web.Listen, err)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", fmt.Errorf("web.listen %q: %w: write the port as a number, or set portal.listen", c.Web.Listen, err)
	}
	if n > 0 { // 0 takes a free one
		n++
	}
	return net.JoinHostPort("127.0.0.1", strconv.FormatUint(n, 10)), nil
}

func (c *Config) portalExposed() error {
	address, err := c.portalListen()
	if err != nil || address == "" {
		return err
	}
	return c.Web.exposes("portal.listen", address)
}

// listenPortal opens the portal's socket; nil: there is none.
func (c *Config) listenPortal(ctx context.Context) (net.Listener, error) {
	address, err := c.portalListen()
	if err != nil || address == "" {
		return nil, err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for overseers: %w: another program has the port, or set portal.listen", err)
	}
	return l, nil
}

// portalNoted gives how browsers reach the portal, as well as it is known.
func (c *Config) portalNoted() (string, error) {
	if c.Portal.URL != "" {
		return c.Portal.URL, nil
	}
	if noted, err := os.ReadFile(filepath.Join(c.dir(), portalAddressFile)); err == nil {
		return strings.TrimSpace(string(noted)), nil
	}
	address, err := c.portalListen()
	if err != nil {
		return "", err
	}
	if address == "" {
		return "", errors.New("there is no portal: portal.listen is off")
	}
	_, port, err := net.SplitHostPort(address)
	return "http://localhost:" + port, err
}

// overseers is the portal as it runs.
type overseers struct {
	listener net.Listener
	server   *portal.Server
}

// portalAddress gives how browsers reach the portal.
func (p *program) portalAddress(l net.Listener) string {
	switch {
	case l == nil:
		return ""
	case p.cfg.Portal.URL != "":
		return p.cfg.Portal.URL
	}
	scheme := "http"
	if p.cert != nil {
		scheme = "https"
	}
	return fmt.Sprintf("%s://localhost:%d", scheme, l.Addr().(*net.TCPAddr).Port) //nolint:forcetypeassert // a TCP listener
}

func (p *program) openPortal(l net.Listener) error {
	if l == nil {
		return nil
	}
	ground, err := portalGround()
	if err != nil {
		return fmt.Errorf("base map: %w", err)
	}
	var purposes []string
	for _, x := range policy.Purposes() {
		purposes = append(purposes, string(x))
	}
	s, err := portal.New(portal.Config{
		Book: shownBooks{&Books{store: p.store, log: p.books.log, exercise: p.cfg.Exercise.Enabled, delay: p.cfg.publicDelay(), now: p.clock.Now}, p.cfg.second() != ""},
		Door: web.NewDoor(p.people, time.Duration(p.cfg.Web.Session), p.clock.Now), Ground: ground,
		Purposes: purposes, Delay: p.cfg.publicDelay(), Script: proof.Script(),
		Exercise: p.cfg.Exercise.Enabled, Secure: p.cfg.Web.Secure || p.cert != nil, HSTS: p.cfg.Web.TLS == tlsOwn,
		Session: time.Duration(p.cfg.Web.Session), Version: Version, Log: p.log, Clock: p.clock.Now,
	})
	if err != nil {
		return err
	}
	p.portal = &overseers{l, s}
	return nil
}

// portalGround is what the portal's map shows.
func portalGround() (g portal.Ground, err error) {
	lake, err := basemap.Lake()
	if err != nil {
		return g, err
	}
	for _, ring := range lake {
		g.Lake = append(g.Lake, ring)
	}
	borders, err := basemap.Borders()
	for _, b := range borders {
		g.Borders = append(g.Borders, []geo.Position(b.Line))
	}
	return g, err
}

// welcomeOverseers tells where the portal is and, in an exercise without an
// overseer, how to become one.
func (p *program) welcomeOverseers(ctx context.Context) string {
	if p.portalURL == "" {
		return ""
	}
	p.cfg.noteAddress(portalAddressFile, p.portalURL, p.log)
	out := "Overseers' portal: " + p.portalURL + "\n"
	if !p.cfg.Exercise.Enabled {
		return out
	}
	all, err := p.people.All(ctx)
	if err != nil {
		p.log.Warn("nobody knows whether there is an overseer", slog.Any("error", err))
		return out
	}
	for i := range all {
		if all[i].Role == desk.Overseer && !all[i].Disabled {
			return out
		}
	}
	link, err := invite(ctx, p.people, desk.Overseer, p.portalURL)
	if err != nil {
		p.log.Warn("no link for an overseer can be made", slog.Any("error", err))
		return out
	}
	return out + "Become an overseer of the exercise once with this link, good for 24 hours: " + link + "\n"
}

// runPortal serves overseers until ctx ends.
func (p *program) runPortal(ctx context.Context, failed chan<- error) {
	if p.portal == nil {
		return
	}
	added := make(chan struct{})
	go func() { defer close(added); p.portal.server.Run(ctx) }()
	const slowHeaders, slowBody, idle, patience = 10 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Second
	srv := &http.Server{
		Handler: p.portal.server, ReadHeaderTimeout: slowHeaders, ReadTimeout: slowBody, IdleTimeout: idle,
		ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelWarn),
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		serve := func() error { return srv.Serve(p.portal.listener) }
		if p.cert != nil {
			srv.TLSConfig = p.cert.config()
			serve = func() error { return srv.ServeTLS(p.portal.listener, "", "") }
		}
		if err := serve(); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("serve overseers: %w", err)
		}
	}()
	<-ctx.Done()
	<-added
	shutdown, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := srv.Shutdown(shutdown); err != nil { // somebody still downloads
		if err := srv.Close(); err != nil {
			p.log.Warn("the portal did not close", slog.Any("error", err))
		}
	}
	<-served
}

// shownBooks is the ledger as the portal reads it: the public view alone.
type shownBooks struct {
	books  *Books
	second bool
}

var _ portal.Book = shownBooks{}

func (b shownBooks) State(context.Context) (portal.State, error) {
	s := portal.State{Key: b.books.log.Key(), Copies: 1}
	if b.second {
		s.Copies++
	}
	raw, h, err := b.books.log.Signed()
	if errors.Is(err, ledger.ErrNotSigned) {
		return s, nil
	}
	s.Checkpoint, s.Size = raw, h.Size
	return s, err
}

func (b shownBooks) Guard(ctx context.Context) (string, error) {
	err := b.books.log.Verify(ctx)
	if errors.Is(err, ledger.ErrRefused) {
		return err.Error(), nil
	}
	return "", err
}

func (b shownBooks) Entry(ctx context.Context, index uint64) (digest.Entry, error) {
	x, err := b.books.show(ctx, index, ledger.Public)
	e := digest.Entry{Index: index, Gone: x.Gone, Delayed: x.Delayed, Values: make(map[string]string, len(x.Group.Fields))}
	for _, f := range x.Group.Fields {
		e.Values[f.Name] = string(f.Value)
	}
	return e, err
}

func (b shownBooks) Proof(ctx context.Context, index uint64) ([]byte, error) {
	raw, err := b.books.Prove(ctx, index)
	if errors.Is(err, ledger.ErrNotSigned) || errors.Is(err, store.ErrNotFound) {
		return nil, errors.Join(portal.ErrNone, err)
	}
	return raw, err
}

func (b shownBooks) Receipt(ctx context.Context, index uint64) ([]byte, error) {
	proof, err := b.Proof(ctx, index)
	if err != nil {
		return nil, err
	}
	x, err := b.books.show(ctx, index, ledger.Public)
	switch {
	case err != nil:
		return nil, err
	case x.Gone:
		return nil, portal.ErrGone
	}
	passed, err := successions(ctx, b.books.log)
	if err != nil {
		return nil, err
	}
	return json.Marshal(bundle{Format: "atalaya.bundle.v1", View: ledger.Public, Entries: []bundleEntry{{string(proof), x.Group}}, Successions: passed})
}

func (b shownBooks) Export(ctx context.Context, to io.Writer) error {
	return b.books.ExportZip(ctx, to)
}

// noteSensors records which sensors there are, at first and whenever that has
// changed, until ctx ends.
func (p *program) noteSensors(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for last := ""; ; {
		at := p.clock.Now()
		if now := p.sensorList(at); now != last {
			p.note(context.WithoutCancel(ctx), gate.Single{Kind: "sensors", ID: "sensors/" + at.UTC().Format(time.RFC3339Nano), At: at, Fields: []ledger.Field{ledger.Text("sensors", now)}})
			last = now
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// sensorList says of each sensor in force what it is and whether it is turned,
// and not where it stands.
func (p *program) sensorList(at time.Time) string {
	var lines []string
	for _, s := range p.registry.Sensors.AllAt(at) {
		how := "fixed"
		if _, ok := p.cameras[s.ID]; ok {
			how = "turned"
		}
		lines = append(lines, fmt.Sprintf("%s %s %s", s.ID, s.Kind, how))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
