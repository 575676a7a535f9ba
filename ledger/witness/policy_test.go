package witness

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

func testKey(t testing.TB, name string) Key {
	t.Helper()
	k, err := NewKey(name, bytes.Repeat([]byte(name[len(name)-1:]), 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestKeys(t *testing.T) {
	k := testKey(t, "w.example/a")
	again, err := ParseKey(k.Secret())
	if err != nil || again.String() != k.String() {
		t.Errorf("%v: %s, %s", err, again, k)
	}
	if _, err := ParseCosigner(k.String()); err != nil {
		t.Error(err)
	}
	log := newBook(t, "w.example/a").vkey
	for _, bad := range []string{"", "+", "a+b+c", strings.Replace(k.String(), "w.example/a", "w.example/b", 1), k.String() + "=", log} {
		if _, err := ParseCosigner(bad); err == nil {
			t.Errorf("%q is a witness's key", bad)
		}
	}
	for _, name := range []string{"", "a b", "a+b", "a\n"} {
		if _, err := NewKey(name, make([]byte, 32)); err == nil {
			t.Errorf("a witness is called %q", name)
		}
	}
}

// TestPolicy: the example of C2SP tlog-policy, and everything that it forbids.
func TestPolicy(t *testing.T) {
	log := newBook(t, "log.example/a")
	var head strings.Builder
	fmt.Fprintf(&head, "# a comment\nlog %s https://log.example\n\n", log.vkey)
	for _, n := range []string{"X1", "X2", "X3", "Y4", "Y5"} {
		fmt.Fprintf(&head, "\twitness  %s\t%s\n", n, testKey(t, "w.example/"+n))
	}
	text := head.String() + "group X 2 X1 X2 X3\ngroup Y any Y4 Y5\ngroup both all X Y\nquorum both\n"
	p, err := ParsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	for signed, want := range map[string]bool{"": false, "123": false, "14": false, "124": true, "235": true, "12": false, "45": false, "12345": true} {
		got := p.Held(func(v note.Verifier) bool { return strings.Contains(signed, v.Name()[len(v.Name())-1:]) })
		if got != want {
			t.Errorf("signed by %s: %v", signed, got)
		}
	}
	none, err := ParsePolicy("quorum none")
	if err != nil || !none.Held(func(note.Verifier) bool { return false }) || none.Quorum() {
		t.Errorf("none: %v", err)
	}
	for name, bad := range map[string]string{
		"no quorum":         head.String(),
		"empty":             "",
		"two quorums":       "quorum none\nquorum none",
		"unknown quorum":    "quorum X",
		"unknown word":      head.String() + "wittness X\nquorum none",
		"member not before": head.String() + "group G any H\nquorum none",
		"member twice":      head.String() + "group G any X1\ngroup H any X1\nquorum G",
		"too many needed":   head.String() + "group G 3 X1 X2\nquorum G",
		"none needed":       head.String() + "group G 0 X1 X2\nquorum G",
		"odd number":        head.String() + "group G +1 X1 X2\nquorum G",
		"no members":        head.String() + "group G any\nquorum G",
		"name taken":        head.String() + "group X1 any X2\nquorum X1",
		"named none":        head.String() + "group none any X2\nquorum X1",
		"none as member":    head.String() + "group G any none\nquorum G",
		"witness's key twice": head.String() + "witness Z " +
			testKey(t, "w.example/X1").String() + "\nquorum none",
		"log's key twice":    head.String() + "log " + log.vkey + "\nquorum none",
		"log as witness":     "witness Z " + log.vkey + "\nquorum Z",
		"witness as log":     "log " + testKey(t, "w.example/X1").String() + "\nquorum none",
		"carriage returns":   strings.ReplaceAll(text, "\n", "\r\n"),
		"quorum of two":      head.String() + "quorum X1 X2",
		"comment after line": head.String() + "quorum X1 # this",
	} {
		if _, err := ParsePolicy(bad); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if logs, err := ParseLogs("log " + log.vkey); err != nil || len(logs) != 1 {
		t.Errorf("logs: %v, %v", logs, err)
	}
	if _, err := ParseLogs("quorum none"); err == nil {
		t.Error("no log, and taken")
	}
}

func FuzzPolicy(f *testing.F) {
	f.Add("log a+b+c\nquorum none")
	f.Add("witness X " + testKey(f, "w.example/X1").String() + "\ngroup G any X\nquorum G\n")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePolicy(s)
		if err != nil {
			return
		}
		if !p.Held(func(note.Verifier) bool { return true }) {
			t.Error("all signed, and the quorum is not held")
		}
	})
}
