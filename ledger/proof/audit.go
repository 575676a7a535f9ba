package proof

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	countEvery   = 60 * time.Second // a count entry comes at least so often
	clockSlack   = 5 * time.Second  // between devices, and for a count to be written
	reviewWithin = 24 * time.Hour   // of an emergency authority
)

// audit judges records one after another, in the order of the log, and keeps
// only what later ones are judged by.
type audit struct {
	r       *report
	view    string
	now     time.Time
	partial bool // some records of a log, not all: what is not there says nothing

	began       time.Time // of the first that the program itself recorded
	latest      time.Time // of what the program itself recorded
	count       time.Time // of the last count, zero while the program is down
	policy      string
	keys        map[string]signer
	authorities map[string]*authority
	sequences   map[string]*sequence
	counters    map[string]*counter
	uses        map[int64]use // that wait for their outcome, by entry
	retention   map[string]*retention
	promises    map[string]*promise
	draws       map[string]record
	positions   map[string]record
	shapes      map[string]shape
	noLook      map[string]string // hashes of the zones' shapes, by name
	holds       map[string]*hold
	purges      map[int64]purge // that are under way, by the entry of the act
	purged      time.Time       // the furthest that a purge of the ledger's own content reached
	goneAt      []gone
	succession  *record // the last
	hashes      []Hash  // of the leaves of a whole log
	brokenAt    map[int64]bool
}

func newAudit(r *report, view string, now time.Time) *audit {
	return &audit{
		r: r, view: view, now: now,
		keys: map[string]signer{}, authorities: map[string]*authority{}, sequences: map[string]*sequence{},
		counters: map[string]*counter{}, uses: map[int64]use{}, retention: map[string]*retention{}, promises: map[string]*promise{}, draws: map[string]record{},
		positions: map[string]record{}, shapes: map[string]shape{}, noLook: map[string]string{}, holds: map[string]*hold{}, purges: map[int64]purge{}, brokenAt: map[int64]bool{},
	}
}

// step judges one record.
func (a *audit) step(r record) {
	if r.outcome() {
		a.purgeEnded(r)
		a.ended(r)
		a.turned(r)
	} else {
		a.single(r)
	}
	if strings.HasPrefix(r.kind(), "system.") || r.kind() == "count" {
		if at, _, ok := r.span(); ok && at.After(a.latest) {
			if a.latest = at; a.began.IsZero() {
				a.began = at
			}
		}
	}
}

func (a *audit) single(r record) {
	if needsTwo(r.kind()) {
		a.twoPeople(r)
	}
	switch r.kind() {
	case "key":
		a.registerKey(r)
	case "key.end":
		a.endKey(r)
	case "succession":
		a.succeed(r)
	case "authority":
		a.grant(r)
	case "authority.end":
		if g := a.authorities[r.values["authority"]]; g != nil {
			if at, _, ok := r.span(); ok && (g.until.IsZero() || at.Before(g.until)) {
				g.until = at
			}
		}
	case "authority.review":
		if g := a.authorities[r.values["authority"]]; g != nil {
			g.reviewed, _, _ = r.span()
		}
	case "policy":
		a.policy = r.values["policy"]
	case "count":
		a.counted(r)
	case "system.start", "system.stop":
		a.count, _, _ = r.span()
		if r.kind() == "system.stop" {
			a.count = time.Time{}
		}
	case "retention":
		a.retain(r)
	case "purge":
		a.purge(r)
	case "hold":
		a.hold(r)
	case "hold.lift":
		a.lift(r)
	case "audit.draw":
		a.drawn(r)
	case "instrument", "audit.reveal", "notice":
		a.promise(r)
	case "instrument.open", "audit.answer", "notice.given", "notice.open":
		a.keep(r)
	case "correction":
		a.correct(r)
	case "command":
		a.command(r)
	case "area":
		a.area(r)
	case "border":
		a.border(r)
	}
	if v, ok := r.get("policy"); ok && r.kind() != "policy" && !a.partial && v != a.policy {
		a.r.entry(UnrecordedPolicy, r.index, "it was judged by policy %.16s, and %s is in force", v, orNone(a.policy))
	}
	if r.values["late"] == "yes" || r.values["late"] == "true" {
		a.r.entry(LateSafeAct, r.index, "the act left before its record: %s", orNone(r.values["command"]))
	}
	a.number(r)
	a.looked(r)
	a.position(r)
	a.withheldClass(r)
	a.used(r)
	a.judge(r)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return fmt.Sprintf("%.16s", s)
}

// broken notes an entry whose opening does not hold: it was reported, and its
// sequence number is not called missing besides.
func (a *audit) broken(index int64) { a.brokenAt[index] = true }

// finish judges what only the end of the log, and the time of the check, show.
func (a *audit) finish(size int64) {
	if a.partial {
		return
	}
	a.missing()
	for _, name := range slices.Sorted(maps.Keys(a.retention)) {
		a.retention[name].check(a, name, a.now, endOfLog(size))
	}
	a.heldOn(endOfLog(size))
	a.unkept()
	for _, name := range slices.Sorted(maps.Keys(a.authorities)) {
		g := a.authorities[name]
		if due := g.at.Add(reviewWithin); g.emergency && due.Before(a.now) && (g.reviewed.IsZero() || g.reviewed.After(due)) {
			a.r.entry(OnePerson, g.index, "the emergency authority %s was not reviewed by two people within 24 hours", name)
		}
	}
	a.unexplained()
}

func (a *audit) twoPeople(r record) {
	want := 2
	if r.kind() == "authority" && r.values["emergency"] == "yes" {
		want = 1
	}
	if err := a.approvals(r, want); err != nil {
		a.r.entry(OnePerson, r.index, "%v", err)
	}
}

// registerKey notes a device's key. The first two people need nobody's
// approval: there is nobody yet. From then on two people approve each, also
// when all keys were revoked.
func (a *audit) registerKey(r record) {
	people := map[string]bool{}
	for _, k := range a.keys {
		people[k.person] = true
	}
	if len(people) >= 2 && !a.partial {
		if err := a.approvals(r, 2); err != nil {
			a.r.entry(OnePerson, r.index, "a key of %s: %v", orNone(r.values["person"]), err)
			return
		}
	}
	k := r.values["key"]
	a.keys[k] = signer{person: r.values["person"], unit: r.values["unit"], device: r.values["device"], ended: a.keys[k].ended}
}

// endKey notes that a key signs nothing from here on. Who has it said so, or two
// other people.
func (a *audit) endKey(r record) {
	k, known := a.keys[r.values["key"]]
	switch by := r.values["by"]; by {
	case "two":
		if err := a.approvals(r, 2); err != nil {
			a.r.entry(OnePerson, r.index, "the end of a key of %s: %v", orNone(r.values["person"]), err)
			return
		}
	case "owner":
		if who, shown := r.get("operator"); known && shown && who != k.person {
			a.r.entry(OnePerson, r.index, "%s alone revoked a key of %s", orNone(who), orNone(k.person))
			return
		}
	default:
		a.r.entry(OnePerson, r.index, "the end of a key of %s does not say by whom", orNone(r.values["person"]))
		return
	}
	if known {
		k.ended = true
		a.keys[r.values["key"]] = k
	}
}

// authority is a permission as the log knows it.
type authority struct {
	index       int64
	at          time.Time
	from, until time.Time
	emergency   bool
	reviewed    time.Time
}

// grant notes an authority, and checks that it does not claim to be older than
// its entry.
func (a *audit) grant(r record) {
	name, ok := r.get("authority")
	if !ok {
		return
	}
	at, atUntil, known := r.span()
	g := &authority{index: r.index, at: at, emergency: r.values["emergency"] == "yes"}
	g.from, _ = r.time("from")
	g.until, _ = r.time("until")
	a.authorities[name] = g
	if !known {
		return
	}
	if !g.from.IsZero() && g.from.Before(at.Add(-clockSlack)) {
		a.r.entry(BackdatedAuthority, r.index, "authority %s holds from %s and was recorded at %s", name, stamp(g.from), stamp(at))
	}
	if atUntil.Before(a.latest.Add(-clockSlack)) {
		a.r.entry(BackdatedAuthority, r.index, "authority %s says it is of %s, and an entry before it is of %s", name, stamp(at), stamp(a.latest))
	}
	for n := 1; n <= 2; n++ {
		if s, ok := r.time(fmt.Sprintf("signed.at.%d", n)); ok && s.After(atUntil.Add(clockSlack)) {
			a.r.entry(BackdatedAuthority, r.index, "authority %s of %s was signed at %s", name, stamp(at), stamp(s))
		}
	}
}

// notJudged stands for an authority where none is asked for: in an exercise.
const notJudged = "not-judged"

// used checks that the authority that a record names was there and in force.
func (a *audit) used(r record) {
	name, ok := r.get("authority")
	if !ok || name == notJudged || strings.HasPrefix(r.kind(), "authority") || isSafe(r.values["command"]) {
		return
	}
	from, until, known := r.span()
	g := a.authorities[name]
	switch {
	case g == nil && !a.partial:
		a.r.entry(BackdatedAuthority, r.index, "no entry before it grants authority %s", name)
	case g == nil || !known:
	case !g.from.IsZero() && until.Before(g.from), !g.until.IsZero() && from.After(g.until):
		a.r.entry(BackdatedAuthority, r.index, "authority %s holds from %s to %s, and was used at %s", name, stamp(g.from), stamp(g.until), stamp(from))
	}
}

func stamp(t time.Time) string { return t.Format(time.RFC3339) }

// command checks that a command is one that exists.
func (a *audit) command(r record) {
	c, ok := r.get("command")
	if ok && !isCommand(c) {
		a.r.entry(WeaponCommand, r.index, "the command %.40q is not in the closed set", c)
	}
	if v, ok := r.count("command.mavlink"); ok && releases(v) {
		a.r.entry(WeaponCommand, r.index, "MAVLink command %d moves or releases what the vehicle carries", v)
	}
}

// releases says whether a MAV_CMD moves or releases a load, or switches an
// output to which anything may be wired (MAVLink common.xml).
func releases(command int64) bool {
	return slices.Contains([]int64{
		94,       // NAV_PAYLOAD_PLACE
		181, 182, // DO_SET_RELAY, DO_REPEAT_RELAY
		183, 184, // DO_SET_SERVO, DO_REPEAT_SERVO
		187,          // DO_SET_ACTUATOR
		211,          // DO_GRIPPER
		216,          // DO_SPRAYER
		30001, 30002, // PAYLOAD_PREPARE_DEPLOY, PAYLOAD_CONTROL_DEPLOY
		42600, // DO_WINCH
	}, command)
}

// correct checks that a correction names who ordered it and edits no position.
func (a *audit) correct(r record) {
	if f := r.values["corrects"]; isPosition(f) {
		a.r.entry(EditedPosition, r.index, "a correction of %s: positions are never edited", f)
	}
	if r.whole && r.values["ordered.by"] == "" {
		a.r.entry(EditedPosition, r.index, "a correction that names nobody who ordered it")
	}
}

// position checks that one act has one position, however often it is told.
func (a *audit) position(r record) {
	if !slices.ContainsFunc(r.order, isPosition) {
		return
	}
	id, ok := r.get("id")
	if !ok {
		return
	}
	key := r.kind() + " " + id
	before, seen := a.positions[key]
	if !seen {
		a.positions[key] = record{index: r.index, values: only(r, isPosition)}
		return
	}
	for _, name := range slices.Sorted(maps.Keys(before.values)) {
		if v, ok := r.get(name); ok && v != before.values[name] {
			a.r.entry(EditedPosition, r.index, "its %s is not that of entry %d, the same act", name, before.index)
		}
	}
}

func only(r record, want func(string) bool) map[string]string {
	out := map[string]string{}
	for _, name := range r.order {
		if want(name) {
			out[name] = r.values[name]
		}
	}
	return out
}
