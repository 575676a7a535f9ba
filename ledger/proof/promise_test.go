package proof

import (
	"encoding/hex"
	"testing"
	"time"
)

// Instruments, notices and draws are kept in time, or show.
func TestPromises(t *testing.T) {
	seed := testSeed("draw")
	const soon, late = "2026-11-01T12:00:00Z", "2026-11-09T12:00:00Z" // the log begins at 08:00, and is checked on the 5th
	draw := func(l *testLog) {
		l.add(time.Minute, "audit.draw", "d1", "draw", "D1", "content", drawCommitment(seed), "draws", "3", "within", "72")
	}
	reveal := func(l *testLog, seed []byte, opens string) {
		l.add(2*time.Minute, "audit.reveal", "d2", "draw", "D1", "seed", hex.EncodeToString(seed), "opens", opens)
	}
	for _, tc := range []struct {
		name string
		make func(l *testLog)
		want []string
	}{
		{"instrument still sealed", func(l *testLog) { l.add(0, "instrument", "a", "instrument", "I2", "content", "c", "opens", late) }, nil},
		{"instrument overdue", func(l *testLog) { l.add(0, "instrument", "a", "instrument", "I2", "content", "c", "opens", soon) }, []string{OverdueOpening}},
		{"instrument moved to a later date", func(l *testLog) {
			l.add(0, "instrument", "a", "instrument", "I2", "content", "c", "opens", soon)
			l.add(0, "instrument", "b", "instrument", "I2", "content", "c", "opens", late)
		}, []string{OverdueOpening}},
		{"instrument opened without its commitment", func(l *testLog) {
			l.add(0, "instrument", "a", "instrument", "I2", "content", "c", "opens", soon)
			l.add(time.Minute, "instrument.open", "b", "instrument", "I2")
		}, []string{OverdueOpening}},
		{"sealing failed", func(l *testLog) {
			l.add(0, "instrument", "a", "instrument", "I2", "content", "c", "opens", soon)
			l.add(0, "instrument", "a", "of", "0", "outcome", "failed").set("phase", "outcome")
		}, nil},
		{"opening failed", func(l *testLog) {
			l.add(0, "instrument", "a", "instrument", "I2", "content", "c", "opens", soon)
			l.add(time.Minute, "instrument.open", "b", "instrument", "I2", "content", "c")
			l.add(time.Minute, "instrument.open", "b", "of", "1", "outcome", "failed").set("phase", "outcome")
		}, []string{OverdueOpening}},
		{"notice given", func(l *testLog) {
			l.add(0, "notice", "a", "notice", "N1", "clock", "breach", "to", "pe", "due", soon)
			l.add(time.Minute, "notice.given", "b", "notice", "N1")
		}, nil},
		{"notice given late", func(l *testLog) {
			l.add(0, "notice", "a", "notice", "N1", "due", soon)
			l.add(20*time.Hour, "notice.given", "b", "notice", "N1")
		}, []string{OverdueOpening}},
		{"notice never given", func(l *testLog) { l.add(0, "notice", "a", "notice", "N1", "due", soon) }, []string{OverdueOpening}},
		{"sealed notice opened", func(l *testLog) {
			l.add(0, "notice", "a", "notice", "N1", "content", "c", "opens", soon)
			l.add(time.Minute, "notice.open", "b", "notice", "N1", "content", "c", "due", soon)
		}, nil},
		{"sealed notice never opened", func(l *testLog) {
			l.add(0, "notice", "a", "notice", "N1", "content", "c", "opens", soon)
			l.add(time.Minute, "notice.given", "b", "notice", "N1") // giving it opens nothing
		}, []string{OverdueOpening}},
		{"draw not revealed", draw, nil},
		{"draw answered", func(l *testLog) {
			draw(l)
			reveal(l, seed, "2026-11-04T08:00:00Z")
			l.add(3*time.Minute, "audit.answer", "d3", "draw", "D1")
		}, nil},
		{"draw not answered", func(l *testLog) { draw(l); reveal(l, seed, "2026-11-04T08:00:00Z") }, []string{OverdueOpening}},
		{"draw with more time than it said", func(l *testLog) { draw(l); reveal(l, seed, late) }, []string{OverdueOpening}},
		{"another seed", func(l *testLog) {
			draw(l)
			reveal(l, testSeed("kinder"), soon)
			l.add(3*time.Minute, "audit.answer", "d3", "draw", "D1")
		}, []string{BadProof}},
		{"seed without a draw", func(l *testLog) {
			reveal(l, seed, soon)
			l.add(3*time.Minute, "audit.answer", "d3", "draw", "D1")
		}, []string{BadProof}},
		{"draw committed to twice", func(l *testLog) {
			draw(l)
			l.add(time.Minute, "audit.draw", "d9", "draw", "D1", "content", hexOf("other"), "draws", "3", "within", "72")
		}, []string{BadProof}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l := newTestLog()
			tc.make(l)
			expect(t, check(t, l.export(t, "public", public), Options{Keys: testKeys(t), Now: storyEnd()}), tc.want...)
		})
	}
}
