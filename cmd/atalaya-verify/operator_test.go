package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/gate"
	"atalaya/ledger"
	"atalaya/store/sqlite"
	"atalaya/store/tlog"
)

// The operator of the eleven cheats: three days of a small post, one in two, over the
// program's own store, gate and log, at a clock of its own. Each step is a
// method, so that it can give way to the program's own when that makes the
// record, and each asks at one place whether it is to cheat.

// cheat is the honest step that a cheating build leaves out.
type cheat string

const (
	honest          cheat = ""
	backDates       cheat = "an authority is entered after the flight, with an earlier date"
	oneSigns        cheat = "one person signs for both"
	policyUnnamed   cheat = "the policy in force is exchanged without an entry"
	numberMissing   cheat = "a look with a number is made without its record"
	purgeLeftOut    cheat = "content is kept: nothing is purged any more"
	positionEdited  cheat = "a look's position is told anew after the complaint, elsewhere"
	fenceLies       cheat = "the fence calls every look inside"
	dropsLoad       cheat = "a command releases a load"
	lookUncounted   cheat = "a look is made without number and record"
	continuesCopied cheat = "the ledger is copied, and each copy goes on"
	putsBack        cheat = "an older copy of data and ledger is put back"
)

const ledgerOrigin = "atalaya.example/atalaya"

// person signs with a device.
type person struct {
	name, unit, device string
	key                ed25519.PrivateKey
}

func newPerson(name, unit, device string) person {
	seed := sha256.Sum256([]byte("a test's key of " + name))
	return person{name, unit, device, ed25519.NewKeyFromSeed(seed[:])}
}

func (p person) public() string {
	return base64.StdEncoding.EncodeToString(p.key.Public().(ed25519.PublicKey)) //nolint:forcetypeassert // Ed25519's
}

func (p person) signs(kind, id, content string) string {
	sig := ed25519.Sign(p.key, fmt.Appendf(nil, "atalaya.approval.v1\n%s\n%s\n%s\n", kind, id, content))
	return strings.Join([]string{p.name, p.unit, p.device, p.public(), base64.StdEncoding.EncodeToString(sig)}, " ")
}

// The post: an area to watch, the border with Peru in its west along longitude
// -69 (the line goes south, the neighbour is on its right), and three pictures.
const (
	watched    = "-16.0000000,-68.9900000 -16.0000000,-68.5000000 -16.5000000,-68.5000000 -16.5000000,-68.9900000 -16.0000000,-68.9900000"
	border     = "-15.0000000,-69.0000000 -17.0000000,-69.0000000"
	farInside  = "-16.2000000,-68.8900000 -16.2000000,-68.8850000 -16.2050000,-68.8850000 -16.2050000,-68.8900000 -16.2000000,-68.8900000"
	nearBorder = "-16.2000000,-68.9600000 -16.2000000,-68.9550000 -16.2050000,-68.9550000 -16.2050000,-68.9600000 -16.2000000,-68.9600000"
	beyond     = "-16.2000000,-69.0150000 -16.2000000,-69.0100000 -16.2050000,-69.0100000 -16.2050000,-69.0150000 -16.2000000,-69.0150000"
)

// operator runs the post.
type operator struct {
	t     *testing.T
	dir   string
	cheat cheat
	now   time.Time

	store *sqlite.Store
	log   *tlog.Log
	gate  *gate.Gate

	ana, luis person
	policy    string
	camera    int64 // the camera's own counter
	looks     int64 // the number of the last look
	commands  int64
	purged    int
	counted   time.Time
}

// Now is the clock of everything.
func (o *operator) Now() time.Time { return o.now }

func hashed(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

// signedHead keeps the last signed head in the store, as the program does.
type signedHead struct{ *sqlite.Store }

func (s signedHead) LastSigned(ctx context.Context) (tlog.Head, bool, error) {
	size, root, signed, err := s.Store.LastSigned(ctx)
	return tlog.Head{Size: size, Root: root}, signed, err
}

func (s signedHead) KeepSigned(ctx context.Context, h tlog.Head) error {
	return s.Store.KeepSigned(ctx, h.Size, h.Root)
}

// newOperator begins four days before noon of a day that is over, so that no
// record is of the future.
func newOperator(t *testing.T, c cheat) *operator {
	t.Helper()
	return &operator{
		t: t, dir: t.TempDir(), cheat: c, now: time.Now().UTC().Truncate(time.Hour).Add(-4*24*time.Hour - time.Hour),
		ana: newPerson("5f1c77a09be24d10", "naval", "tablet-1"), luis: newPerson("c81e5502d9a3b6f4", "army", "tablet-2"),
		policy: hashed("permit looks of the post"),
	}
}

func (o *operator) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *operator) open() {
	o.t.Helper()
	quiet, ctx := slog.New(slog.DiscardHandler), context.Background()
	var err error
	o.store, err = sqlite.Open(ctx, sqlite.Config{Dir: o.dir, Clock: o, Log: quiet})
	o.must(err)
	o.log, err = tlog.Open(ctx, tlog.Config{
		Dir: filepath.Join(o.dir, "ledger"), Origin: ledgerOrigin, Sealer: o.store.Sealer(), Seconds: []tlog.Second{signedHead{o.store}},
		Interval: 100 * time.Millisecond, Log: quiet,
	})
	o.must(err)
	o.gate, err = gate.Open(ctx, gate.Config{
		Store: o.store, Log: o.log, Clock: o, Random: rand.Reader, Logger: quiet,
		Pseudonym: func(id desk.PersonID) string { return o.log.Pseudonym(string(id)) },
	})
	o.must(err)
}

func (o *operator) close() {
	o.t.Helper()
	o.must(errors.Join(o.gate.Close(), o.log.Close(), o.store.Close()))
}

func fields(pairs ...string) (out []desk.Field) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, desk.Field{Name: pairs[i], Value: pairs[i+1]})
	}
	return out
}

// act does something that is recorded before.
func (o *operator) act(kind, id string, do func(), pairs ...string) {
	o.t.Helper()
	rec := desk.Record{ID: kind + "/" + id, Kind: kind, At: o.now, Who: desk.Who{ID: "P1", Name: "Ana Quispe", Role: desk.Officer}, Fields: fields(pairs...)}
	o.must(o.gate.Do(context.Background(), rec, func(context.Context) error {
		if do != nil {
			do()
		}
		return nil
	}))
}

// note records what has no outcome.
func (o *operator) note(kind, id string, pairs ...string) {
	o.t.Helper()
	s := gate.Single{Kind: kind, ID: kind + "/" + id, At: o.now}
	for i := 0; i < len(pairs); i += 2 {
		s.Fields = append(s.Fields, ledger.Text(pairs[i], pairs[i+1]))
	}
	o.must(o.gate.Note(context.Background(), s))
}

// wait lets time pass, with the counts that belong to it.
func (o *operator) wait(d time.Duration) {
	o.t.Helper()
	for end := o.now.Add(d); o.now.Before(end); {
		o.now = o.now.Add(min(50*time.Second, end.Sub(o.now)))
		o.note("count", o.now.Format(time.RFC3339), "from", o.counted.Format(time.RFC3339Nano), "until", o.now.Format(time.RFC3339Nano),
			"last.sensor", fmt.Sprintf("camera-1=%d", o.looks), "last.aircraft", fmt.Sprintf("condor=%d", o.commands))
		o.counted = o.now
	}
}

// found sets the post up: keys, policy, terms, shapes, authority.
func (o *operator) found() {
	o.t.Helper()
	for _, p := range []person{o.ana, o.luis} {
		o.act("key", p.name, nil, "person", p.name, "unit", p.unit, "device", p.device, "key", p.public())
	}
	content := hashed("policy " + o.policy)
	o.act("policy", "1", nil, "policy", o.policy, "content", content, "signed.1", o.ana.signs("policy", "policy/1", content), "signed.2", o.luis.signs("policy", "policy/1", content))
	o.note("retention", "pose", "class", "pose", "keep", "2")
	o.note("area", "strip", "area", "strip", "use", "watch", "standoff", "0", "shape", watched)
	o.note("border", "pe", "state", "pe", "version", "line-4@1", "standoff", "2000", "demonstration", "true", "shape", border)
	if o.cheat != backDates {
		o.grant(o.now)
	}
}

// grant makes the authority under which the post looks, from a time on.
func (o *operator) grant(from time.Time) {
	o.t.Helper()
	second := o.luis
	if o.cheat == oneSigns {
		second = o.ana // a build that does not ask who the second is
	}
	content := hashed("authority " + from.Format(time.RFC3339))
	o.act("authority", "A-1", nil, "authority", "A-1", "purpose", "smuggling", "issued", o.now.Format(time.RFC3339), "from", from.Format(time.RFC3339Nano),
		"until", o.now.Add(20*24*time.Hour).Format(time.RFC3339Nano), "content", content,
		"signed.1", o.ana.signs("authority", "authority/A-1", content), "signed.2", second.signs("authority", "authority/A-1", content))
}

// look turns the camera.
func (o *operator) look(footprint, class string) {
	o.t.Helper()
	if o.cheat == lookUncounted && o.looks == 2 {
		o.camera++ // the camera turned, and nobody wrote it down
	}
	o.looks++
	if o.cheat == numberMissing && o.looks == 3 {
		o.camera++ // it got its number, and no record
		return
	}
	verdict := "inside"
	if footprint == beyond && o.cheat != fenceLies {
		o.looks--
		return // an honest fence refuses it, and nothing turns
	}
	policy := o.policy
	if o.cheat == policyUnnamed && o.looks > 3 {
		policy = hashed("permit all")
	}
	o.lookAt(footprint, class, verdict, policy)
	if o.cheat == positionEdited && o.looks == 4 {
		o.camera-- // it is told a second time, not done
		o.lookAt(farInside, "10-50", verdict, policy)
	}
}

func (o *operator) lookAt(footprint, class, verdict, policy string) {
	o.t.Helper()
	lat, _, _ := strings.Cut(footprint, ",")
	o.act("look", fmt.Sprint(o.looks), func() { o.camera++ },
		"purpose", "smuggling", "sensor", "camera-1", "seq.sensor", fmt.Sprint(o.looks), "authority", "A-1", "policy", policy,
		"look.area", hashed(watched), "line.pe", hashed(border), "class.pe", class, "fence", verdict,
		"look.pose", lat+",-68.8000000", "look.footprint", footprint, "look.grow", "120",
		"counter.boot", "1", "counter.before", fmt.Sprint(o.camera))
}

// command sends the drone somewhere.
func (o *operator) command(name, mavlink string) {
	o.t.Helper()
	o.commands++
	o.act("command", fmt.Sprint(o.commands), nil, "purpose", "smuggling", "aircraft", "condor", "seq.aircraft", fmt.Sprint(o.commands), "command", name, "command.mavlink", mavlink,
		"authority", "A-1", "policy", o.policy)
}

// purge destroys what is older than half a day, sooner than it must.
func (o *operator) purge() {
	o.t.Helper()
	if o.cheat == purgeLeftOut && o.purged > 0 {
		return
	}
	o.purged++
	o.note("purge", o.now.Format(time.DateOnly), "class", "pose", "until", o.now.Add(-12*time.Hour).Format(time.RFC3339), "items", "12")
}

// day is one day of the post.
func (o *operator) day(first bool) {
	o.t.Helper()
	o.open()
	run := o.now.Format(time.RFC3339)
	o.counted = o.now
	o.note("system.start", run, "version", "0.1.0", "exercise", "false")
	if first {
		o.found()
	}
	o.purge()
	o.wait(80 * time.Second)
	if o.cheat == backDates {
		// It looks first; the authority comes when somebody asks.
		if first {
			o.wait(10 * time.Second)
			o.grant(o.now.Add(-6 * time.Hour))
		}
	}
	o.look(farInside, "10-50")
	o.command("fly", "16")
	o.wait(50 * time.Second)
	if o.cheat == dropsLoad && o.looks == 3 {
		o.command("drop", "211")
	} else {
		o.command("hold", "17")
	}
	o.look(nearBorder, "2-10")
	o.look(beyond, "inside")
	o.wait(30 * time.Second)
	o.note("system.stop", run, "version", "0.1.0", "exercise", "false")
	o.close()
	o.now = o.now.Truncate(time.Hour).Add(48 * time.Hour)
}

// days runs the post for some days.
func (o *operator) days(n int, first bool) {
	o.t.Helper()
	for i := range n {
		o.day(first && i == 0)
	}
}
