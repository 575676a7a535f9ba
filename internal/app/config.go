// Package app wires the parts of Atalaya together: it is the only place that
// knows them all.
package app

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/agnivade/levenshtein"
)

// Config is everything that can be set, in one TOML file. The doc tags are the
// reference documentation; 'atalaya config print' prints them.
type Config struct {
	Data      string `toml:"data" doc:"folder of the store: durable.db, history.db and their key; made with mode 0700"`
	Elevation string `toml:"elevation" doc:"folder of the elevation store, which 'atalaya terrain import' fills; empty: elevation in the folder of the store"`
	// Recordings bounds what feeds registered in the screens may read.
	Recordings string          `toml:"recordings" doc:"folder of recordings that feeds registered in the screens may play; empty: none"`
	Memory     int64           `toml:"memory_bytes" doc:"soft limit of memory: near it the program collects garbage more often; 0: none"`
	Log        LogConfig       `toml:"log"`
	Web        WebConfig       `toml:"web"`
	Portal     PortalConfig    `toml:"portal"`
	Bus        BusConfig       `toml:"bus"`
	Loop       LoopConfig      `toml:"loop"`
	Tracker    TrackerConfig   `toml:"tracker"`
	Keep       KeepConfig      `toml:"keep"`
	Ledger     LedgerConfig    `toml:"ledger"`
	Fence      FenceConfig     `toml:"fence"`
	Desk       DeskConfig      `toml:"desk"`
	Notices    NoticesConfig   `toml:"notices"`
	Exercise   ExerciseConfig  `toml:"exercise"`
	Sensors    []SensorSeed    `toml:"sensor" doc:"sensors that are registered when the store is empty; afterwards the store counts"`
	Feeds      []FeedSeed      `toml:"feed" doc:"feeds that are registered when the store is empty"`
	Areas      []AreaSeed      `toml:"area" doc:"areas that are registered when the store is empty; where none is a border, the built-in lines are, for demonstration only"`
	Assets     []AssetSeed     `toml:"asset" doc:"things of ours that are registered when the store is empty"`
	Cameras    []CameraConfig  `toml:"camera" doc:"cameras that can be turned, by ONVIF"`
	Webhooks   []WebhookConfig `toml:"webhook" doc:"programs that are told of alerts, each by a signed POST"`
	Rules      []RuleSeed      `toml:"rule" doc:"rules of the desk that are registered when the store is empty; the built-in ones are added to them"`
}

// LogConfig says how the program logs.
type LogConfig struct {
	Level string `toml:"level" doc:"debug, info, warn or error"`
	JSON  bool   `toml:"json" doc:"one JSON object a line instead of text"`
}

// WebConfig says where people reach the program.
type WebConfig struct {
	Listen  string   `toml:"listen" doc:"address of the screens and the API; loopback unless you change it; port 0 takes a free one"`
	URL     string   `toml:"url" doc:"how browsers reach it, for sign-in links; empty: http://localhost:PORT"`
	Secure  bool     `toml:"secure" doc:"browsers reach it over https (a proxy in front terminates TLS): cookies are marked Secure"`
	TLS     string   `toml:"tls" doc:"off: plain HTTP; own: the certificate of web.cert and web.key, read again when the files change; self: one that the program makes for itself, kept in the data folder"`
	Cert    string   `toml:"cert" doc:"file of the certificate and its chain, PEM, for tls = own"`
	Key     string   `toml:"key" doc:"file of its key, PEM, for tls = own"`
	Plain   bool     `toml:"plain" doc:"let other machines in over plain HTTP: passwords cross the network in clear"`
	Session Duration `toml:"session" doc:"how long a session lasts after signing in"`
	Lock    Duration `toml:"lock" doc:"a session locks itself after so long without the person, and decides nothing until they show again who they are; 0s: never"`
	Picture bool     `toml:"lock_picture" doc:"the live picture stays visible in a locked session"`
	Clients int      `toml:"clients" doc:"most live connections at once; a further one is refused"`
	Maps    string   `toml:"maps" doc:"folder with your own maps and elevation as PMTiles files; empty: none"`
}

// BusConfig says which bus carries the picture.
type BusConfig struct {
	URL string `toml:"url" doc:"URL of an external NATS cluster; empty: the embedded server, which opens no socket"`
}

// LoopConfig sets the one loop.
type LoopConfig struct {
	Step  Duration `toml:"step" doc:"receive time of one step of the picture"`
	Queue int      `toml:"queue" doc:"most inputs that wait for a step; beyond it feeds wait, and the kernel drops datagrams, counted as lost"`
	Near  float64  `toml:"own_near_m" doc:"metres from a border at which a thing of ours raises an alert of its own"`
}

// KeepConfig is the policy of retention.
type KeepConfig struct {
	Observations Duration `toml:"observations" doc:"observations older than this are deleted, except those that an alert or a case rests on"`
	Lineage      Duration `toml:"lineage" doc:"events with their lineages older than this are deleted, except those that an alert or a case rests on; a lineage takes about 100 bytes: 10,000 updates a second make 86 GB a day, so that max_bytes may come first"`
	Thin         Duration `toml:"thin" doc:"observations and lineages older than this are thinned: of each sensor and identity one observation in ten seconds stays, of each named track one lineage in ten seconds; what had a rival or a miss, what is nameless and what an alert rests on keeps all its lineages"`
	Tracks       Duration `toml:"tracks" doc:"track history older than this is deleted"`
	MaxBytes     int64    `toml:"max_bytes" doc:"the history's file never grows beyond this: at nine tenths of it, what is older than an hour is thinned early, the oldest first (scans and plots stay), and where that is not enough, the oldest goes; what was thinned is recorded, and 'atalaya explain' says it"`
	MinFree      int64    `toml:"min_free_bytes" doc:"so much stays free on the disk: below it the history is thinned and its oldest goes, as with max_bytes"`
}

// DeskConfig is the policy of the desk.
type DeskConfig struct {
	SecondPerson []string `toml:"second_person" doc:"acts that wait until a second person of sufficient role approves them; of people: person.invite, person.link, person.role, person.disabled; of what alerts are judged by: rule.change; of areas where nobody may look: area.no-look"`
	Within       Duration `toml:"second_within" doc:"how long such an act can be approved"`
	Shift        Duration `toml:"shift" doc:"length of a shift: an alert lies on the shelf for so long at most"`
}

// NoticesConfig says how long the clocks of notices to neighbours run.
type NoticesConfig struct {
	Flight  Duration `toml:"flight" doc:"a flight within 10 km of a border is told so long before it begins"`
	Pursuit Duration `toml:"pursuit" doc:"a pursuit is told so long after it began"`
	Breach  Duration `toml:"breach" doc:"a breach of the fence is told so long after it began"`
	Query   Duration `toml:"query" doc:"a neighbour's query is answered so long after it came"`
}

// ExerciseConfig sets the simulated world.
type ExerciseConfig struct {
	Enabled bool     `toml:"enabled" doc:"start the simulated world and mark everything EXERCISE; it has its own store under data/exercise"`
	Seed    uint64   `toml:"seed" doc:"the same seed gives the same world"`
	Boats   int      `toml:"boats" doc:"boats and ferries with AIS"`
	Dark    int      `toml:"dark" doc:"boats without AIS, seen by radar only; at least two cross the border"`
	Planes  int      `toml:"planes" doc:"light aircraft with ADS-B"`
	Port    int      `toml:"port" doc:"first of the six loopback ports that the simulated gear uses"`
	Relief  bool     `toml:"relief" doc:"make the mountains at the first start, once for each seed, and keep them in data/exercise/elevation; the simulated gear does not look through them; without, the exercise has no elevation but what is imported"`
	Report  Duration `toml:"report" doc:"every boat with AIS reports so often, for load; 0s: as often as the standard asks"`
	Cross   Duration `toml:"cross" doc:"when, after the start, the first boat crosses the border line off the lanes"`
	Deceive Duration `toml:"deceive" doc:"when, after the start, a boat switches its AIS off and two others swap identities"`
}

// Duration is a time.Duration written as "90s" or "72h".
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("%q is no duration: write for example \"90s\" or \"72h\"", b)
	}
	*d = Duration(v)
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// Default is the configuration of a program without a file.
func Default() Config {
	return Config{
		Data: "data", Memory: 544 << 20,
		Log:     LogConfig{Level: "info"},
		Web:     WebConfig{Listen: "127.0.0.1:8470", TLS: tlsOff, Session: Duration(12 * time.Hour), Picture: true, Clients: 200},
		Loop:    LoopConfig{Step: Duration(100 * time.Millisecond), Queue: 50_000, Near: 2000},
		Tracker: defaultTracker(),
		Keep: KeepConfig{
			Observations: Duration(72 * time.Hour), Lineage: Duration(72 * time.Hour), Thin: Duration(72 * time.Hour),
			Tracks: Duration(30 * 24 * time.Hour), MaxBytes: 20 << 30, MinFree: 1 << 30,
		},
		Ledger:   LedgerConfig{Origin: "atalaya.example/atalaya", Delay: Duration(24 * time.Hour), Ask: Duration(time.Minute), OutpostsListen: "127.0.0.1:7381"},
		Fence:    FenceConfig{Home: "BOL", Standoff: 500},
		Desk:     DeskConfig{Within: Duration(time.Hour), Shift: Duration(8 * time.Hour)},
		Notices:  usualNotices(),
		Exercise: ExerciseConfig{Seed: 1, Boats: 40, Dark: 6, Planes: 5, Port: 21000, Relief: true, Cross: Duration(45 * time.Second), Deceive: Duration(3 * time.Minute)},
	}
}

// LoadConfig reads a file over the defaults. An empty name gives the defaults.
func LoadConfig(name string) (Config, error) {
	cfg := Default()
	if name == "" {
		return cfg, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return cfg, fmt.Errorf("read the configuration: %w", err)
	}
	defer f.Close()
	if err := cfg.read(f); err != nil {
		return cfg, fmt.Errorf("%s: %w", name, err)
	}
	return cfg, nil
}

func (c *Config) read(r io.Reader) error {
	md, err := toml.NewDecoder(r).Decode(c)
	if err != nil {
		if pe, ok := errors.AsType[toml.ParseError](err); ok {
			return fmt.Errorf("line %d: %s", pe.Position.Line, strings.TrimSpace(pe.Message))
		}
		return err
	}
	var unknown []error
	known := c.keys()
	for _, key := range md.Undecoded() {
		unknown = append(unknown, fmt.Errorf("unknown key %q: did you mean %q? 'atalaya config print' lists all keys", key.String(), nearest(key.String(), known)))
	}
	if len(unknown) > 0 {
		return errors.Join(unknown...)
	}
	return c.Check()
}

// Check refuses values that cannot work.
func (c *Config) Check() error {
	var errs []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	need(c.Data != "", "data is empty: name the folder of the store")
	need(slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level), "log.level is %q: use debug, info, warn or error", c.Log.Level)
	need(c.Loop.Step >= Duration(50*time.Millisecond) && c.Loop.Step <= Duration(5*time.Second), "loop.step is %s: use 50ms to 5s", time.Duration(c.Loop.Step))
	need(c.Memory == 0 || c.Memory >= 64<<20, "memory_bytes is %d: use 0, or at least 67108864 (64 MiB)", c.Memory)
	need(c.Loop.Queue >= 1000, "loop.queue is %d: use at least 1000", c.Loop.Queue)
	c.Tracker.check(need)
	need(c.Web.Clients > 0, "web.clients is %d: use at least 1", c.Web.Clients)
	need(slices.Contains([]string{tlsOff, tlsOwn, tlsSelf}, c.Web.TLS), "web.tls is %q: use off, own or self", c.Web.TLS)
	need(c.Web.TLS != tlsOwn || c.Web.Cert != "" && c.Web.Key != "", "web.tls is own: name the files in web.cert and web.key")
	if err := c.Web.exposed(); err != nil {
		errs = append(errs, err)
	}
	if err := c.portalExposed(); err != nil {
		errs = append(errs, err)
	}
	need(c.Ledger.Delay >= 0, "ledger.public_delay is %s: use 0s or more", time.Duration(c.Ledger.Delay))
	need(c.Web.Lock == 0 || c.Web.Lock >= Duration(time.Minute), "web.lock is %s: use 0s, or at least 1m", time.Duration(c.Web.Lock))
	need(c.Web.Session >= Duration(time.Minute), "web.session is %s: use at least 1m", time.Duration(c.Web.Session))
	need(c.Desk.Within >= Duration(time.Minute), "desk.second_within is %s: use at least 1m", time.Duration(c.Desk.Within))
	for kind, run := range c.Notices.times() {
		need(run >= time.Minute && run <= 30*24*time.Hour, "notices.%s is %s: use 1m to 720h", kind, run)
	}
	need(c.Desk.Shift >= Duration(time.Hour) && c.Desk.Shift <= Duration(24*time.Hour), "desk.shift is %s: use 1h to 24h", time.Duration(c.Desk.Shift))
	need(c.Keep.Observations > 0 && c.Keep.Lineage > 0 && c.Keep.Thin > 0 && c.Keep.Tracks > 0, "keep: durations must be longer than 0")
	need(c.Keep.MaxBytes >= 64<<20, "keep.max_bytes is %d: use at least 67108864 (64 MiB)", c.Keep.MaxBytes)
	need(c.Ledger.Ask >= Duration(100*time.Millisecond), "ledger.ask is %s: use at least 100ms", time.Duration(c.Ledger.Ask))
	need(c.Ledger.Origin != "" && !strings.ContainsAny(c.Ledger.Origin, "+ \t\r\n"), "ledger.origin is %q: use a name like example.org/atalaya, without blanks and without +", c.Ledger.Origin)
	need(c.Exercise.Port > 0 && c.Exercise.Port < 65526, "exercise.port is %d: use 1 to 65525", c.Exercise.Port)
	need(c.Exercise.Boats >= 0 && c.Exercise.Dark >= 2 && c.Exercise.Planes >= 0, "exercise: boats and planes must not be negative, and dark at least 2")
	for i := range c.Webhooks {
		if err := c.Webhooks[i].check(); err != nil {
			errs = append(errs, err)
		}
		need(!slices.ContainsFunc(c.Webhooks[:i], func(w WebhookConfig) bool { return w.Name == c.Webhooks[i].Name }), "two webhooks are named %q", c.Webhooks[i].Name)
	}
	return errors.Join(errs...)
}

// key is one line of the configuration.
type key struct {
	path  string
	doc   string
	value reflect.Value
}

func (c *Config) walk(visit func(key)) {
	walk("", reflect.ValueOf(*c), visit)
}

func walk(prefix string, v reflect.Value, visit func(key)) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		path := prefix + f.Tag.Get("toml")
		switch {
		case f.Type.Kind() == reflect.Struct:
			walk(path+".", v.Field(i), visit)
		default:
			visit(key{path, f.Tag.Get("doc"), v.Field(i)})
			if f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct {
				walk(path+".", reflect.Zero(f.Type.Elem()), func(k key) { visit(key{k.path, k.doc, reflect.Value{}}) })
			}
		}
	}
}

func (c *Config) keys() []string {
	var out []string
	c.walk(func(k key) { out = append(out, k.path) })
	return out
}

func nearest(name string, known []string) string {
	return slices.MinFunc(known, func(a, b string) int {
		return levenshtein.ComputeDistance(name, a) - levenshtein.ComputeDistance(name, b)
	})
}

// Print writes every key with its documentation and the value in force, as a
// TOML file that reads back to the same.
func (c *Config) Print(w io.Writer) error {
	var b strings.Builder
	section := ""
	c.walk(func(k key) {
		head, name, nested := cutLast(k.path)
		if !k.value.IsValid() || k.value.Kind() == reflect.Slice && k.value.Type().Elem().Kind() == reflect.Struct {
			return
		}
		if nested && head != section {
			fmt.Fprintf(&b, "\n[%s]\n", head)
			section = head
		}
		fmt.Fprintf(&b, "# %s\n%s = %s\n", k.doc, name, tomlValue(k.value))
	})
	for _, list := range []struct {
		name string
		v    any
	}{{"sensor", c.Sensors}, {"feed", c.Feeds}, {"area", c.Areas}, {"asset", c.Assets}, {"rule", c.Rules}} {
		printList(&b, list.name, reflect.ValueOf(list.v))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// printList writes what one element may hold as comments, then the elements.
func printList(b *strings.Builder, name string, v reflect.Value) {
	fmt.Fprintf(b, "\n# [[%s]], as many as needed:\n", name)
	walk("", reflect.Zero(v.Type().Elem()), func(k key) { fmt.Fprintf(b, "#   %-14s %s\n", k.path, k.doc) })
	for i := range v.Len() {
		fmt.Fprintf(b, "[[%s]]\n", name)
		walk("", v.Index(i), func(k key) {
			if k.value.IsValid() && !k.value.IsZero() {
				fmt.Fprintf(b, "%s = %s\n", k.path, tomlValue(k.value))
			}
		})
	}
}

func cutLast(path string) (head, tail string, found bool) {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path[:i], path[i+1:], true
	}
	return "", path, false
}

func tomlValue(v reflect.Value) string {
	if d, ok := reflect.TypeAssert[Duration](v); ok {
		return fmt.Sprintf("%q", time.Duration(d).String())
	}
	switch v.Kind() {
	case reflect.String:
		return fmt.Sprintf("%q", v.String())
	case reflect.Slice:
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = tomlValue(v.Index(i))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case reflect.Map:
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(v.Interface().(map[string]string))) { //nolint:forcetypeassert // the only map there is
			parts = append(parts, fmt.Sprintf("%q = %q", k, v.MapIndex(reflect.ValueOf(k)).String()))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case reflect.Float64:
		s := fmt.Sprint(v.Float())
		if !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
		return s
	default:
		return fmt.Sprint(v.Interface())
	}
}
