package proof

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func court(*testRecord) func(string) bool { return func(string) bool { return true } }

// kinds are the kinds of findings, each once.
func kinds(findings []Finding) []string {
	set := map[string]bool{}
	for _, f := range findings {
		set[f.Kind] = true
	}
	return slices.Sorted(maps.Keys(set))
}

func check(t *testing.T, dir fstest.MapFS, o Options) []Finding {
	t.Helper()
	_, findings, err := CheckExport(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return findings
}

func expect(t *testing.T, findings []Finding, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := kinds(findings); !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", findings, want)
	}
	for _, f := range findings {
		t.Log(f)
	}
}

func TestHonestLogHolds(t *testing.T) {
	w := []testKey{witnessKey("witness.example/a"), witnessKey("witness.example/b")}
	o := Options{Keys: testKeys(t, w...), Now: storyEnd()}
	l := story()
	for view, show := range map[string]func(*testRecord) func(string) bool{
		"public": public, "court": court,
		"liaison:pe": func(r *testRecord) func(string) bool {
			return func(name string) bool { return public(r)(name) || name == "class.pe" }
		},
	} {
		s, findings, err := CheckExport(l.export(t, view, show, w...), o)
		if err != nil || len(findings) > 0 {
			t.Fatalf("%s: %v, %v", view, findings, err)
		}
		if s.View != view || s.Checkpoint.Size != int64(len(l.records)) || s.Records != s.Checkpoint.Size || len(s.Checkpoint.Cosigned) != 2 {
			t.Errorf("%s: summary %+v", view, s)
		}
	}
	o.Last = l.checkpoint(t, 9)
	expect(t, check(t, l.export(t, "public", public, w...), o))
}

// A log with full tiles at two levels, and the empty one.
func TestLongLogHolds(t *testing.T) {
	for _, size := range []int{0, 1, 255, 256, 257, 700} {
		l := newTestLog()
		for i := range size {
			l.add(time.Duration(i)*time.Second, "note", fmt.Sprint(i))
		}
		dir := l.export(t, "public", public)
		if size == 700 { // a log may remove partial tiles when the full one is there
			full := dir["tile/entries/001"]
			dir["tile/entries/002"] = &fstest.MapFile{Data: slices.Concat(dir["tile/entries/002.p/188"].Data, full.Data[:34*68])}
			delete(dir, "tile/entries/002.p/188")
		}
		expect(t, check(t, dir, Options{Keys: testKeys(t), Now: storyEnd()}))
	}
}

// Every cheat on its view gives its finding, and no other.
func TestCheats(t *testing.T) {
	for _, tc := range []struct {
		name  string
		want  string
		cheat func(l *testLog)
		show  func(*testRecord) func(string) bool
	}{
		{"authority older than its entry", BackdatedAuthority, func(l *testLog) {
			l.records[storyAuthority].set("from", "2026-10-30T00:00:00Z")
		}, public},
		{"authority with an old time, after the fact", BackdatedAuthority, func(l *testLog) {
			l.records = append(l.records, l.records[storyAuthority].clone())
			l.records[len(l.records)-1].set("authority", "A-2")
		}, public},
		{"authority signed after its time", BackdatedAuthority, func(l *testLog) {
			l.records[storyAuthority].set("signed.at.1", "2026-11-01T09:00:00Z")
		}, public},
		{"look under an authority that nobody granted", BackdatedAuthority, func(l *testLog) { l.records[storyLooks].set("authority", "A-2") }, public},
		{"look after the authority ended", BackdatedAuthority, func(l *testLog) {
			l.records[storyAuthority].set("until", "2026-11-01T08:00:20Z")
		}, public},
		{"number left out", MissingSequence, func(l *testLog) { l.records[storyLooks+1].set("seq.sensor", "4") }, public},
		{"number twice", MissingSequence, func(l *testLog) { l.records[storyLooks+1].set("seq.sensor", "1") }, public},
		{"last look left out, the count has it", MissingSequence, func(l *testLog) { l.records[storyCount].set("last.sensor", "S-1=4") }, public},
		{"no count for a while", MissingSequence, func(l *testLog) { l.records[storyCount].set("at", "2026-11-01T08:02:00.000000000Z") }, public},
		{"huge number", MissingSequence, func(l *testLog) { l.records[storyLooks+2].set("seq.sensor", "9007199254740991") }, public},
		{"one person", OnePerson, func(l *testLog) { l.records[storyAuthority].drop("signed.2") }, public},
		{"one person twice", OnePerson, func(l *testLog) { approve(l.records[storyAuthority], ana, ana) }, public},
		{"two of one unit", OnePerson, func(l *testLog) { approve(l.records[storyAuthority], ana, caro) }, public},
		{"two on one device", OnePerson, func(l *testLog) {
			b := beto
			b.device = ana.device
			l.records[2].set("device", ana.device)
			for _, i := range []int{3, storyPolicy, storyAuthority} {
				approve(l.records[i], ana, b)
			}
		}, public},
		{"somebody without a registered key", OnePerson, func(l *testLog) {
			approve(l.records[storyAuthority], ana, person{"P-9", "U-9", "D-9"})
		}, public},
		{"somebody's key under another name", OnePerson, func(l *testLog) {
			r := l.records[storyAuthority]
			caro.approve(r, 2)
			r.set("signed.2", strings.Replace(r.get("signed.2"), "P-3 U-navy D-3", "P-2 U-law D-2", 1))
		}, public},
		{"signed something else", OnePerson, func(l *testLog) { l.records[storyAuthority].set("content", hexOf("other")) }, public},
		{"a key that nobody approved", OnePerson, func(l *testLog) { l.records[3].drop("signed.1") }, public},
		{"signed with a key that was revoked", OnePerson, func(l *testLog) {
			l.endKey(beto, "owner")
			approve(l.add(96*time.Hour, "policy", "p2", "policy", hexOf("laxer"), "content", hexOf("laxer")), ana, beto)
		}, public},
		{"a revoked key registered again", OnePerson, func(l *testLog) {
			l.endKey(caro, "owner")
			again := l.records[3].clone()
			l.records = append(l.records, again)
			approve(l.add(96*time.Hour, "policy", "p2", "policy", hexOf("laxer"), "content", hexOf("laxer")), beto, caro)
		}, public},
		{"a key that nobody approved, when others were revoked", OnePerson, func(l *testLog) {
			l.endKey(ana, "owner")
			l.endKey(beto, "owner")
			p := person{"P-9", "U-9", "D-9"}
			l.add(96*time.Hour, "key", "k9", "person", p.name, "unit", p.unit, "device", p.device, "key", p.public())
		}, public},
		{"one person revoked another's key", OnePerson, func(l *testLog) { l.endKey(beto, "two"); ana.approve(l.records[len(l.records)-1], 1) }, public},
		{"one person revoked another's key as their own", OnePerson, func(l *testLog) { l.endKey(beto, "owner").set("operator", ana.name) }, court},
		{"emergency without review", OnePerson, func(l *testLog) {
			l.records[storyAuthority].set("emergency", "yes")
			l.records[storyAuthority].drop("signed.2")
		}, public},
		{"policy of the acts was never recorded", UnrecordedPolicy, func(l *testLog) {
			for i := range 3 {
				l.records[storyLooks+i].set("policy", hexOf("laxer"))
			}
		}, public},
		{"policy changed while the program was down", UnrecordedPolicy, func(l *testLog) { l.records[storyRestart].set("policy", hexOf("laxer")) }, public},
		{"no purge in time", OverduePurge, func(l *testLog) { l.records[storyPurge].set("until", "2026-11-01T09:00:00Z") }, public},
		{"a purge that came late", OverduePurge, func(l *testLog) {
			l.records[storyPurge].set("at", "2026-11-05T09:00:00.000000000Z")
		}, public},
		{"not opened in time", OverdueOpening, func(l *testLog) { l.records[storyOpened].set("instrument", "I-2") }, public},
		{"opened late", OverdueOpening, func(l *testLog) { l.records[storySealed].set("opens", "2026-11-05T01:00:00Z") }, public},
		{"another content than the sealed one", OverdueOpening, func(l *testLog) { l.records[storyOpened].set("content", hexOf("milder")) }, public},
		{"safe act before its record", LateSafeAct, func(l *testLog) { l.records[storySafeAct].set("late", "yes") }, public},
		{"weapon command", WeaponCommand, func(l *testLog) { l.records[storyCommand].set("command", "release") }, court},
		{"weapon command under another name", WeaponCommand, func(l *testLog) { l.records[storyCommand].set("command.mavlink", "183") }, court},
		{"a use that the sensor counted", SkippedLook, func(l *testLog) {
			l.records[storyLooks+2].set("counter.before", "5")
			l.records[storyLooks+2].set("counter.after", "7")
		}, court},
		{"uses before a restart of the sensor", SkippedLook, func(l *testLog) { l.records[storyLooks+2].set("counter.boot", "2") }, court},
		{"told twice, with another position", EditedPosition, func(l *testLog) {
			r := l.records[storyLooks].clone()
			r.set("look.pose", "-16.3000000,-68.8000000")
			r.drop("seq.sensor")
			r.drop("counter.before")
			l.records = append(l.records, r)
		}, court},
		{"a correction of a position", EditedPosition, func(l *testLog) {
			l.add(95*time.Hour, "correction", "x", "corrects", "look.pose", "ordered.by", "P-1")
		}, public},
		{"outside the area, called inside", OutsideFence, func(l *testLog) { l.records[storyLooks].set("look.footprint", footprint) }, court},
		{"too near to the area's edge for what is uncertain", OutsideFence, func(l *testLog) { l.records[storyLooks].set("look.grow", "1100") }, court},
		{"no-look zone", OutsideFence, func(l *testLog) {
			l.records[storyLooks].set("look.footprint", "-16.3900000,-68.6000000 -16.3900000,-68.5900000 -16.4100000,-68.5900000 -16.4100000,-68.6000000 -16.3900000,-68.6000000")
			l.records[storyLooks].set("class.pe", "10-50")
		}, court},
		{"distance class too far", WrongVerdict, func(l *testLog) { l.records[storyLooks].set("class.pe", ">50") }, court},
		{"distance class that does not exist", WrongVerdict, func(l *testLog) { l.records[storyLooks].set("class.pe", "far") }, court},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := story()
			tc.cheat(l)
			expect(t, check(t, l.export(t, "public", tc.show), Options{Keys: testKeys(t), Now: storyEnd()}), tc.want)
		})
	}
}

// Keys are revoked by who has them or by two others, and what they signed before
// goes on to hold.
func TestRevokedKeysHold(t *testing.T) {
	l := story()
	approve(l.endKey(caro, "two"), ana, beto)
	l.endKey(beto, "owner").set("operator", beto.name)
	for _, show := range []func(*testRecord) func(string) bool{public, court} {
		expect(t, check(t, l.export(t, "public", show), Options{Keys: testKeys(t), Now: storyEnd()}))
	}
}

// An act that failed and is tried again keeps its number; an exercise may have
// no authorities.
func TestTriedAgainHolds(t *testing.T) {
	l := story()
	l.records = append(l.records[:storyCommand], append([]*testRecord{l.records[storyLooks+2].clone()}, l.records[storyCommand:]...)...)
	l.records[storyLooks].set("authority", "not-judged")
	expect(t, check(t, l.export(t, "public", public), Options{Keys: testKeys(t), Now: storyEnd()}))
}

// What is done to the files of an export, not to the log.
func TestTamperedExports(t *testing.T) {
	w := witnessKey("witness.example/a")
	l := story()
	flip := func(name string, at int) func(fstest.MapFS) {
		return func(d fstest.MapFS) {
			data := slices.Clone(d[name].Data)
			data[at] ^= 1
			d[name] = &fstest.MapFile{Data: data}
		}
	}
	replace := func(name, before, after string) func(fstest.MapFS) {
		return func(d fstest.MapFS) {
			d[name] = &fstest.MapFile{Data: bytes.Replace(d[name].Data, []byte(before), []byte(after), 1)}
		}
	}
	lines := func(edit func([]string) []string) func(fstest.MapFS) {
		return func(d fstest.MapFS) {
			ls := strings.SplitAfter(string(d["openings.jsonl"].Data), "\n")
			d["openings.jsonl"] = &fstest.MapFile{Data: []byte(strings.Join(edit(ls), ""))}
		}
	}
	for _, tc := range []struct {
		name string
		want []string
		do   func(fstest.MapFS)
	}{
		{"origin", []string{BadSignature}, replace("checkpoint", testOrigin, "atalaya.example/tess")},
		{"size", []string{BadSignature}, replace("checkpoint", "\n21\n", "\n20\n")},
		{"entry", []string{BadProof}, flip("tile/entries/000.p/21", 40)},
		{"length of an entry", []string{BadProof}, flip("tile/entries/000.p/21", 1)},
		{"hash tile", []string{BadProof}, flip("tile/0/000.p/21", 3)},
		{"no hash tile", []string{BadProof}, func(d fstest.MapFS) { delete(d, "tile/0/000.p/21") }},
		{"no entries", []string{BadProof}, func(d fstest.MapFS) { delete(d, "tile/entries/000.p/21") }},
		{"no openings", []string{MissingSequence}, func(d fstest.MapFS) { delete(d, "openings.jsonl") }},
		{"an opening left out", []string{MissingSequence}, lines(func(l []string) []string { return slices.Delete(l, 3, 4) })},
		{"openings swapped", []string{BadProof, MissingSequence}, lines(func(l []string) []string { l[1], l[2] = l[2], l[1]; return l })},
		{"an opening twice", []string{BadProof}, lines(func(l []string) []string { return slices.Insert(l, 1, l[0]) })},
		{"of another entry", []string{BadProof, MissingSequence}, lines(func(l []string) []string {
			l[2] = strings.Replace(l[2], `"index":2`, `"index":1`, 1)
			return slices.Delete(l, 1, 2)
		})},
		{"beyond the log", []string{BadProof}, lines(func(l []string) []string {
			return append(l, strings.Replace(l[20], `"index":20`, `"index":21`, 1))
		})},
		{"no JSON", []string{BadProof, MissingSequence}, lines(func(l []string) []string { l[3] = "{\n"; return l })},
		{"gone before its time", []string{MissingSequence}, lines(func(l []string) []string { l[20] = `{"index":20,"gone":true}` + "\n"; return l })},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := l.export(t, "public", public, w)
			tc.do(dir)
			got := check(t, dir, Options{Keys: testKeys(t, w), Now: storyEnd()})
			if tc.name == "no openings" || strings.HasPrefix(tc.name, "gone") || strings.HasPrefix(tc.name, "no JSON") || strings.HasPrefix(tc.name, "openings swapped") || strings.HasPrefix(tc.name, "an opening left") || strings.HasPrefix(tc.name, "of another") {
				// The records that are lost are missing to other rules as well.
				got = slices.DeleteFunc(got, func(f Finding) bool { return !slices.Contains(tc.want, f.Kind) })
			}
			expect(t, got, tc.want...)
		})
	}
}

// What is purged may be gone, once a purge reached it.
func TestGoneHolds(t *testing.T) {
	l := story()
	l.add(91*time.Hour, "purge", "u2", "class", "ledger", "until", "2026-11-02T00:00:00Z", "items", "1")
	dir := l.export(t, "public", public)
	ls := strings.SplitAfter(string(dir["openings.jsonl"].Data), "\n")
	ls[storySafeAct] = fmt.Sprintf(`{"index":%d,"gone":true}`+"\n", storySafeAct)
	l.records[storyCount].set("last.aircraft", "B-1=1")
	dir["openings.jsonl"] = &fstest.MapFile{Data: []byte(strings.Join(ls, ""))}
	got := check(t, dir, Options{Keys: testKeys(t), Now: storyEnd()})
	for _, f := range got {
		if f.Where == entryName(storySafeAct) {
			t.Errorf("found %v", f)
		}
	}
}

func TestWithheldClass(t *testing.T) {
	l := story()
	show := func(r *testRecord) func(string) bool {
		return func(name string) bool { return public(r)(name) || name == "class.pe" && r.get("id") != "look-1" }
	}
	expect(t, check(t, l.export(t, "liaison:pe", show), Options{Keys: testKeys(t), Now: storyEnd()}), MissingSequence)
}

func TestWitnesses(t *testing.T) {
	a, b := witnessKey("witness.example/a"), witnessKey("witness.example/b")
	l := story()
	// b is trusted and did not cosign.
	expect(t, check(t, l.export(t, "public", public, a), Options{Keys: testKeys(t, a, b), Now: storyEnd()}), BadSignature)
	// One of two is enough when the overseer says so.
	keys := testKeys(t, a, b)
	keys.Quorum = 1
	expect(t, check(t, l.export(t, "public", public, a), Options{Keys: keys, Now: storyEnd()}))
	// A false cosignature is worse than none.
	dir := l.export(t, "public", public, a)
	forged := witnessKey("witness.example/other")
	text, _, _ := strings.Cut(string(dir["checkpoint"].Data), "\n\n")
	other := forged.sign(text+"\n", 1)
	_, sig, _ := strings.Cut(a.sign(text+"\n", 2), "/a ")
	dir["checkpoint"] = &fstest.MapFile{Data: []byte(text + "\n\n" + logKey(testOrigin).sign(text+"\n", 0) + other + "— witness.example/a " + strings.Replace(sig, "AAAA", "AAAB", 1))}
	expect(t, check(t, dir, Options{Keys: keys, Now: storyEnd()}), BadSignature)
}

func TestForkAndRollback(t *testing.T) {
	keys := testKeys(t)
	full, forked, short := story(), story(), story()
	forked.records[storyLooks].set("look.pose", "-16.3000000,-68.8000000")
	forked.add(100*time.Hour, "note", "n")
	short.records = short.records[:15]
	compare := func(one, two *testLog, made ...string) []Finding {
		t.Helper()
		a, b := one.export(t, "public", public), two.export(t, "public", public)
		for i, m := range made {
			[]fstest.MapFS{a, b}[i]["about.json"] = &fstest.MapFile{Data: fmt.Appendf(nil, `{"made":%q}`, m)}
		}
		f, err := Compare(a, b, keys)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	expect(t, compare(full, full))
	expect(t, compare(short, full))
	expect(t, compare(full, short), Rollback)
	expect(t, compare(full, short, "2026-11-09T00:00:00Z", "2026-11-08T00:00:00Z"))
	expect(t, compare(short, full, "2026-11-09T00:00:00Z", "2026-11-08T00:00:00Z"), Rollback)
	got := compare(full, forked)
	expect(t, got, Fork)
	if got[0].Where != entryName(storyLooks) {
		t.Errorf("found at %s, want the first entry that differs", got[0].Where)
	}
	// The same against a checkpoint that was kept.
	o := Options{Keys: keys, Now: storyEnd(), Last: full.checkpoint(t, 21)}
	expect(t, check(t, forked.export(t, "public", public), o), Fork)
	findings := check(t, short.export(t, "public", public), o)
	if !slices.Contains(kinds(findings), Rollback) {
		t.Errorf("found %v, want a rollback", findings)
	}
}

func TestBundle(t *testing.T) {
	keys := testKeys(t)
	l := story()
	data := l.bundle(t, "court", nil, 8, 9, 10, storyLooks, storyCommand)
	s, findings, err := CheckBundle(data, keys)
	if err != nil || len(findings) > 0 || s.Entries != 5 || s.Checkpoint.Size != 21 {
		t.Fatalf("%+v %v %v", s, findings, err)
	}
	bundle := func(l *testLog, edit func(string) string, indexes ...int) []Finding {
		t.Helper()
		data := string(l.bundle(t, "court", nil, indexes...))
		if edit != nil {
			data = edit(data)
		}
		_, findings, err := CheckBundle([]byte(data), keys)
		if err != nil {
			t.Fatal(err)
		}
		return findings
	}
	// The operator edits a position in the store, and discloses that.
	edited := story()
	edited.records[storyLooks].set("look.pose", "-16.3000000,-68.8000000")
	honest := string(l.bundle(t, "court", nil, storyLooks))
	cheat := string(edited.bundle(t, "court", nil, storyLooks))
	_, proofs, _ := strings.Cut(honest, `"proof"`)
	before, _, _ := strings.Cut(cheat, `"proof"`)
	_, findings, err = CheckBundle([]byte(before+`"proof"`+proofs), keys)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, findings, EditedPosition)
	// Outside, called inside; a weapon; a false class.
	out := story()
	out.records[storyLooks].set("look.footprint", footprint)
	expect(t, bundle(out, nil, 8, 9, 10, storyLooks), OutsideFence)
	weapon := story()
	weapon.records[storyCommand].set("command", "release")
	expect(t, bundle(weapon, nil, storyCommand), WeaponCommand)
	skipped := story()
	skipped.records[storyLooks+1].set("counter.before", "3")
	expect(t, bundle(skipped, nil, storyLooks, storyLooks+1), SkippedLook)
	// Order, form, and nothing at all.
	expect(t, bundle(l, nil, storyCommand, storyCommand), BadProof)
	expect(t, bundle(l, nil), BadProof)
	expect(t, bundle(l, func(s string) string { return strings.Replace(s, "index 14", "index 13", 1) }, storyCommand), BadProof)
	if _, _, err := CheckBundle([]byte(`{"format":"other"}`), keys); err == nil {
		t.Error("a file of another format is taken for a bundle")
	}
}
