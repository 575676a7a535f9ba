package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"atalaya/bus"
	"atalaya/desk"
	"atalaya/desk/approval"
	"atalaya/desk/areas"
	"atalaya/desk/authority"
	"atalaya/desk/casefile"
	"atalaya/desk/casework"
	"atalaya/desk/clocks"
	"atalaya/desk/explain"
	"atalaya/desk/holds"
	"atalaya/desk/judge"
	"atalaya/desk/looks"
	"atalaya/desk/people"
	"atalaya/desk/permits"
	"atalaya/desk/registry"
	"atalaya/desk/safe"
	"atalaya/desk/terms"
	"atalaya/exercise"
	"atalaya/feed/entered"
	"atalaya/internal/basemap"
	"atalaya/link/onvif"
	"atalaya/link/webhook"
	"atalaya/policy"
	"atalaya/rule"
	"atalaya/sensor"
	"atalaya/store"
	elevationstore "atalaya/store/elevation"
	"atalaya/store/reserve"
	"atalaya/store/sqlite"
	"atalaya/track"
	"atalaya/watch"
	"atalaya/web"
	"atalaya/web/elevation"
	"atalaya/web/live"
	"atalaya/web/portal"
	"atalaya/web/tiles"
)

// program is the running Atalaya. Fields are set by open and not changed after.
type program struct {
	cfg   Config
	log   *slog.Logger
	clock *Clock
	begun time.Time
	url   string // how browsers reach it
	// portalURL is how overseers reach theirs; empty: there is none.
	portalURL string
	cert      *certificate // nil: plain HTTP

	store  *sqlite.Store
	desk   *desk.Desk
	people *people.Roll
	second *approval.Book // acts that wait for a second person

	authorities *authority.Service
	holds       *holds.Service
	policy      *policy.Policy
	judge       *judge.Judge

	bus    *bus.Bus
	hub    *live.Hub
	screen *screen
	queue  *queue
	feeds  *feeds
	driver *driver
	server *web.Server
	portal *overseers      // nil: none
	world  *exercise.World // nil outside the exercise

	registry   *registry.Registry
	permits    *permits.Book
	recordings *os.Root      // nil: none configured
	maps       *tiles.Folder // nil: none
	elevation  *elevationstore.Store
	relief     *elevation.Service // elevation for browsers
	fields     *fields            // where sensors see
	// fieldsBegun has one when fields wait to be worked out.
	fieldsBegun chan struct{}
	books       *books
	purger      *purger
	terms       *terms.Service
	ledger      desk.Ledger
	casework    *casework.Service
	casefiles   *casefile.Service
	places      *casework.Gazetteer
	hooks       []*webhook.Hook
	cameras     map[sensor.ID]*onvif.Camera
	looks       *looks.Service
	outposts    *outposts     // nil: none
	emergency   chan struct{} // an emergency authority was granted
	safe        *safe.Service
	reserve     *reserve.File // nil: it cannot be opened
	clocks      *clocks.Service
}

// Serve runs Atalaya until ctx ends. It prints the address, and at first run a
// one-time sign-in link, on out.
func Serve(ctx context.Context, cfg Config, out io.Writer, log *slog.Logger) (err error) {
	if err := cfg.Check(); err != nil {
		return err
	}
	if cfg.Memory > 0 {
		debug.SetMemoryLimit(cfg.Memory)
	}
	p := &program{cfg: cfg, log: log, clock: NewClock(log), emergency: make(chan struct{}, 1)}
	p.begun = p.clock.Now()
	// Listen first: a port that is taken is told before anything is opened.
	listener, err := listen(ctx, cfg.Web.Listen)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := listener.Close(); cerr != nil && !errors.Is(cerr, net.ErrClosed) && err == nil {
			err = cerr
		}
	}()
	outside, err := cfg.listenPortal(ctx)
	if err != nil {
		return err
	}
	if outside != nil {
		defer outside.Close() //nolint:errcheck // served, or nothing came
	}
	if p.cert, err = cfg.openCertificate(p.clock.Now, log); err != nil {
		return err
	}
	if p.url = cfg.Web.URL; p.url == "" {
		scheme := "http"
		if p.cert != nil {
			scheme = "https"
		}
		p.url = fmt.Sprintf("%s://localhost:%d", scheme, listener.Addr().(*net.TCPAddr).Port) //nolint:forcetypeassert // a TCP listener
	}
	p.portalURL = p.portalAddress(outside)
	if err := p.open(ctx); err != nil {
		return errors.Join(err, p.close())
	}
	if err := p.openPortal(outside); err != nil {
		return errors.Join(err, p.close())
	}
	if err := p.openOutposts(ctx); err != nil {
		return errors.Join(err, p.close())
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if err := p.welcome(ctx, p.url, out); err != nil {
		return err
	}
	return p.run(ctx, listener)
}

// open makes everything ready; nothing runs yet.
func (p *program) open(ctx context.Context) error {
	var err error
	if p.store, err = sqlite.Open(ctx, sqlite.Config{Dir: p.cfg.dir(), Clock: p.clock, Log: p.log, Policy: p.cfg.Keep.policy()}); err != nil {
		return err
	}
	if p.cfg.Recordings != "" {
		if p.recordings, err = openFolder(p.cfg.Recordings); err != nil {
			return fmt.Errorf("recordings: %w", err)
		}
	}
	if p.books, err = openBooks(ctx, p.cfg, p.store, p.clock, p.log, countEvery); err != nil {
		return err
	}
	p.purger = newPurger(p.cfg.Keep.policy(), p.store, p.books.gate, p.clock, p.log)
	p.terms = terms.New(terms.Config{
		Store: p.store, Ledger: p.books.gate, Clock: p.clock,
		Approvals: func(ctx context.Context, who desk.Who, kind, id, content string, with authority.Pen, before []authority.Signature) ([]authority.Signature, error) {
			return p.authorities.Approvals(ctx, who, kind, id, content, with, before)
		},
	})
	if err := p.purger.adopt(ctx, p.terms); err != nil {
		return err
	}
	p.noteStart(ctx)
	p.ledger = casework.Journal{Ledger: p.books.gate, Told: p.tellLine}
	p.queue = newQueue(p.cfg.Loop.Queue)
	p.feeds = newFeeds(feedsConfig{
		Clock: p.clock, Log: p.log, Exercise: p.cfg.Exercise.Enabled, Recordings: p.recordings, Emit: p.queue.put, Desk: entered.New(p.clock.Now),
		InForce: func(at time.Time) []sensor.Feed { return p.registry.Feeds.AllAt(at) },
		Sensor:  func(id sensor.ID, at time.Time) (sensor.Sensor, bool) { return p.registry.Sensors.At(string(id), at) },
	})
	if err := p.openRegistry(ctx); err != nil {
		return err
	}
	if p.bus, err = bus.Open(bus.Config{URL: p.cfg.Bus.URL, Name: "atalaya", Log: p.log}); err != nil {
		return err
	}
	p.desk, err = desk.Start(ctx, desk.Config{
		Store: p.store, Ledger: p.ledger, Clock: p.clock, Log: p.log, Shift: time.Duration(p.cfg.Desk.Shift),
		Explain: p.explain,
		Changed: func(c desk.AlertChange) { p.publishAlert(c.Alert) },
	})
	if err != nil {
		return err
	}
	if err := p.openWebhooks(ctx); err != nil {
		return err
	}
	if err := p.openPeople(ctx); err != nil {
		return err
	}
	return p.openLoop(ctx)
}

func (p *program) openLoop(ctx context.Context) error {
	tracks := p.lastPicture(ctx)
	findings, err := p.lastFindings(ctx, tracks)
	if err != nil {
		return err
	}
	loop := NewLoop(LoopSettings{
		Desk: p.desk, History: p.store, Exercise: p.cfg.Exercise.Enabled, Near: p.cfg.Loop.Near,
		Field: p.field, Tracker: p.cfg.Tracker.config(), Resume: p.store.Resume(), Tracks: tracks, Findings: findings, Meter: p.feeds.meter,
	})
	p.driver = &driver{
		loop: loop, queue: p.queue, bus: p.bus, clock: p.clock, every: time.Duration(p.cfg.Loop.Step), log: p.log,
	}
	return p.openWeb(ctx)
}

// lastPicture gives the tracks to go on from after a short stop. They are
// believed no more after a longer one.
func (p *program) lastPicture(ctx context.Context) []track.Track {
	const short = 5 * time.Minute
	k, err := p.store.AsKnownAt(ctx, p.begun)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		p.log.Error("the last picture cannot be read; the tracks begin anew", slog.Any("error", err))
		return nil
	case p.begun.Sub(k.Known) > short:
		return nil
	}
	return k.Tracks
}

// lastFindings gives the findings that stand about the tracks that go on.
func (p *program) lastFindings(ctx context.Context, tracks []track.Track) ([]watch.Finding, error) {
	if len(tracks) == 0 {
		return nil, nil
	}
	living := make(map[track.ID]bool, len(tracks))
	oldest := p.begun
	for i := range tracks {
		living[tracks[i].ID] = true
		if tracks[i].Born.Before(oldest) {
			oldest = tracks[i].Born
		}
	}
	var out []watch.Finding
	const page = 1000
	q := store.FindingQuery{Limit: page, From: oldest.Add(-time.Minute)}
	for {
		kept, err := p.store.Findings(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("read the findings that stand: %w", err)
		}
		for i := range kept {
			if living[kept[i].Track] {
				out = append(out, kept[i].Finding)
			}
		}
		if len(kept) < page {
			slices.Reverse(out) // oldest first
			return out, nil
		}
		q.Before = kept[len(kept)-1].Number
	}
}

func (p *program) openWeb(ctx context.Context) error {
	epoch, err := newEpoch()
	if err != nil {
		return err
	}
	history := &past{store: p.store, assets: p.registry.Assets, log: p.log}
	p.hub = live.NewHub(live.Config{
		Epoch: epoch, Exercise: p.cfg.Exercise.Enabled, Version: Version, Clock: p.clock.Now, Past: history, Replays: replays,
	})
	p.hub.Registry(p.registry.Revisions())
	p.screen = &screen{hub: p.hub, whole: p.driver.whole, log: p.log}
	notices, err := p.desk.List(ctx, desk.Filter{Kinds: []rule.Kind{rule.Notice}, Limit: 20})
	if err != nil {
		return err
	}
	for _, a := range slices.Backward(notices.Alerts) {
		p.hub.Alert(a)
	}
	for after := ""; ; {
		page, err := p.desk.List(ctx, desk.Filter{States: []desk.State{desk.New, desk.Acknowledged, desk.InCase}, After: after, Limit: 1000})
		if err != nil {
			return err
		}
		for _, a := range page.Alerts {
			p.hub.Alert(a)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	p.openClocks()
	if err := p.openCasework(ctx); err != nil {
		return err
	}
	maps, err := basemap.FS()
	if err != nil {
		return fmt.Errorf("base map: %w", err)
	}
	metrics, err := Metrics(Vitals{Feeds: p.feeds.health, System: p.system, Counts: p.driver.loop.Counts})
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	if p.cfg.Web.Maps != "" {
		if p.maps, err = tiles.Open(p.cfg.Web.Maps); err != nil {
			return err
		}
	}
	if err = p.openRelief(ctx); err != nil {
		return err
	}
	if err = p.openCameras(ctx); err != nil {
		return err
	}
	p.fields, p.fieldsBegun = newFields(p.elevation, p.cfg.Exercise.Enabled), make(chan struct{}, 1)
	p.beginFields()
	shore, err := basemap.Lake()
	if err != nil {
		return fmt.Errorf("base map: %w", err)
	}
	lake := shore.Index()
	p.server = web.New(web.Config{
		Desk: p.desk, People: p.people, Approvals: p.second, Hub: p.hub,
		Casework: p.casework, Casefiles: p.casefiles, Places: p.places,
		Permits: p.permits, Looks: p.looks, Holds: p.holds, Terms: p.terms, Instruments: newInstruments(p.store, p.ledger, p.clock), Clocks: p.clocks, Audits: newAudits(p.store, p.books.log, p.ledger, p.clock),
		Authorities: p.authorities, Policy: p.policy.Text,
		Feeds: p.health, System: p.system,
		Regards:  regards{p},
		Exports:  exports{},
		Registry: p.registry, Messages: p.feeds.messages,
		Explain: func(ctx context.Context, q explain.Query) (explain.Account, error) {
			return explain.Track(ctx, accounts{p.store}, q)
		},
		Lineage: p.driver.loop.Lineage, Past: p.past, History: history, Observation: p.store.Observation,
		Exchange: areas.New(areas.Config{Registry: p.registry, Clock: p.clock}), Ended: p.ended, Layers: p.layers(),
		Ready: p.ready, Metrics: metrics, Basemap: maps,
		Exercise: p.cfg.Exercise.Enabled, Secure: p.cfg.Web.Secure || p.cert != nil, HSTS: p.cfg.Web.TLS == tlsOwn, URL: p.url, Portal: p.portalURL, Fingerprint: p.cert.fingerprint, Version: Version,
		Maps: p.maps, Elevation: p.relief, Water: lake.Contains,
		Session: time.Duration(p.cfg.Web.Session), Lock: web.Lock{After: time.Duration(p.cfg.Web.Lock), Picture: p.cfg.Web.Picture}, Clients: p.cfg.Web.Clients, Log: p.log, Clock: p.clock.Now,
	})
	return nil
}

// welcome prints where to go, and an administrator's link while there is none.
func (p *program) welcome(ctx context.Context, url string, out io.Writer) error {
	administered, err := p.people.Administered(ctx)
	if err != nil {
		return err
	}
	mode := ""
	if p.cfg.Exercise.Enabled {
		mode = " (EXERCISE)"
	}
	address := fmt.Sprintf("Atalaya %s%s: %s\n", Version, mode, url)
	if print := p.cert.fingerprint(); print != "" {
		address += fmt.Sprintf("Certificate made by this program, SHA-256 %s\n", print)
	}
	p.cfg.noteAddress(addressFile, url, p.log)
	if !administered { // told with the address, at once
		link, err := invite(ctx, p.people, desk.Administrator, url)
		switch {
		case errors.Is(err, desk.ErrLedger):
			address += "No sign-in link can be made: the ledger takes no records. See 'atalaya ledger status'.\n"
		case errors.Is(err, desk.ErrFull):
			address += "No sign-in link can be made: the disk is full. Free space, then run 'atalaya user invite'.\n"
		case err != nil:
			return err
		default:
			address += "Sign in once with this link, good for 24 hours: " + link + "\n"
		}
	}
	_, err = io.WriteString(out, address+p.outposts.welcome()+p.welcomeOverseers(ctx))
	return err
}

// linkLasts is how long a sign-in link is good.
const linkLasts = 24 * time.Hour

// invite makes a link; url is the portal's for an overseer.
func invite(ctx context.Context, roll *people.Roll, role desk.Role, url string) (string, error) {
	secret, hash := web.NewToken()
	if _, err := roll.Invite(ctx, desk.Who{}, role, hash, linkLasts); err != nil {
		return "", fmt.Errorf("make a sign-in link: %w", err)
	}
	path := "/enrol"
	if role == desk.Overseer {
		path = portal.Enrol
	}
	return url + path + "#" + secret, nil
}

// run lets everything work until ctx ends, and stops it in order: feeds, loop,
// screens.
func (p *program) run(ctx context.Context, listener net.Listener) error {
	const (
		steps   = 256 // parts of them, half a minute
		pending = 4096
	)
	pictures, err := bus.Subscribe(p.bus, pictureSubject(), steps, p.screen.take)
	if err != nil {
		return err
	}
	alerts, err := bus.Subscribe(p.bus, alertSubject(), pending, func(a desk.Alert) {
		p.hub.Alert(a)
		p.tellWebhooks()
	})
	if err != nil {
		return err
	}
	papers, err := bus.Subscribe(p.bus, caseworkSubject(), pending, func(n CaseworkNews) { n.tell(p.hub) })
	if err != nil {
		return err
	}
	feedCtx, stopFeeds := context.WithCancel(ctx)
	defer stopFeeds()
	loopCtx, stopLoop := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLoop()
	looksCtx, stopLooks := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLooks()
	failed := make(chan error, 3)

	looped := make(chan struct{})
	go func() { p.driver.run(loopCtx); close(looped) }()
	told := make(chan struct{})
	go func() { p.tell(loopCtx); close(told) }()
	worked := make(chan struct{})
	go func() { p.doCasework(loopCtx); close(worked) }()
	hooked := make(chan struct{})
	go func() { p.runWebhooks(feedCtx); close(hooked) }()
	raised := make(chan struct{})
	go func() { p.runMountains(feedCtx); close(raised) }()
	looked := make(chan struct{})
	go func() { p.makeFields(feedCtx); close(looked) }()
	booked := make(chan struct{})
	go func() { p.keepBooks(feedCtx); close(booked) }()
	counted := make(chan struct{})
	go func() { p.keepDaily(feedCtx); close(counted) }()
	clocked := make(chan struct{})
	go func() { p.keepClocks(feedCtx); close(clocked) }()
	held := make(chan struct{})
	go func() { p.looks.Run(looksCtx); close(held) }()
	safeCtx, stopSafe := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSafe()
	followed := make(chan struct{})
	go func() { p.safe.Run(safeCtx); close(followed) }()
	signed := make(chan struct{})
	go func() { p.keepAuthorities(feedCtx); close(signed) }()
	posted := make(chan struct{})
	go func() { p.runOutposts(feedCtx); close(posted) }()
	fed := make(chan struct{})
	go func() { p.feeds.run(feedCtx); close(fed) }()
	worldEnded := make(chan struct{})
	go func() {
		defer close(worldEnded)
		if p.world != nil {
			if err := p.world.Run(feedCtx); err != nil {
				failed <- err
			}
		}
	}()
	const slowHeaders, idle = 10 * time.Second, 2 * time.Minute
	srv := &http.Server{Handler: p.server, ReadHeaderTimeout: slowHeaders, IdleTimeout: idle, ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelWarn)}
	served := make(chan struct{})
	go func() {
		defer close(served)
		serve := func() error { return srv.Serve(listener) }
		if p.cert != nil {
			srv.TLSConfig = p.cert.config()
			serve = func() error { return srv.ServeTLS(listener, "", "") }
		}
		if err := serve(); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("serve browsers: %w", err)
		}
	}()

	shown := make(chan struct{})
	go func() { defer close(shown); p.runPortal(feedCtx, failed) }()

	var ended error
	select {
	case <-ctx.Done():
	case ended = <-failed:
	}
	p.log.Info("stopping")
	stopFeeds()
	<-fed
	<-worldEnded
	<-hooked
	<-looked
	<-raised
	<-booked
	<-shown
	<-clocked
	<-signed
	<-counted
	<-posted
	stopLoop()
	<-looped
	<-told
	<-worked
	p.server.Close()
	const patience = 5 * time.Second
	shutdown, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	err = srv.Shutdown(shutdown)
	<-served
	stopLooks()
	<-held
	stopSafe()
	<-followed
	p.noteStop(context.WithoutCancel(ctx))
	return errors.Join(ended, err, pictures.Close(), alerts.Close(), papers.Close())
}

// tell gives the screens the state of feeds and program, once a second.
func (p *program) tell(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.clock.Observe()
			p.hub.Feeds(p.health())
			p.hub.System(p.system())
			p.watchHealth(ctx)
		}
	}
}

func (p *program) system() web.System {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	c := p.driver.loop.Counts()
	_, owed, _ := p.desk.Owed()
	shed := p.driver.loop.Shedding()
	return web.System{
		Now: p.clock.Now(), Started: p.begun, Version: Version, Exercise: p.cfg.Exercise.Enabled,
		Step: p.driver.steps.Load(), StepMillis: float64(p.driver.took.Load()) / 1e6, Lag: float64(p.driver.lag.Load()) / 1e6,
		Waiting: p.queue.waiting(), Tracks: int(p.driver.tracks.Load()), Inputs: c.Inputs,
		Clients: p.server.Clients(), BusShed: p.screen.shed.Load(), Storage: p.store.Storage(), OwedAlerts: owed,
		Clock: p.clock.State(p.feeds.health()), MemoryBytes: mem.Sys - mem.HeapReleased,
		ShedTiles: len(shed), Shed: shedTiles(shed), Witnesses: p.books.witnessHealth(),
	}
}

// ready reports why the program does not serve yet, or any more.
func (p *program) ready() error {
	const late = 10 * time.Second
	if lag := time.Duration(p.driver.lag.Load()); lag > late {
		return fmt.Errorf("the picture is %s behind", lag.Round(time.Second))
	}
	if p.driver.steps.Load() == 0 {
		return errors.New("no step yet")
	}
	return nil
}

func (p *program) close() error {
	var errs []error
	if p.bus != nil {
		errs = append(errs, p.bus.Close())
	}
	errs = append(errs, p.outposts.close(), p.books.close())
	if p.reserve != nil {
		errs = append(errs, p.reserve.Close())
	}
	for _, c := range p.cameras {
		c.Close()
	}
	if p.store != nil {
		errs = append(errs, p.store.Close())
	}
	if p.recordings != nil {
		errs = append(errs, p.recordings.Close())
	}
	if p.maps != nil {
		errs = append(errs, p.maps.Close())
	}
	return errors.Join(errs...)
}
