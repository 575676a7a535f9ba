package codec

import (
	"encoding/json"
	"testing"
	"time"
	"unicode/utf8"
)

func TestObject(t *testing.T) {
	o := NewObject([]byte("x"))
	o.Text("none", "")
	o.Text("text", "a\"b\\c\nd\x01\u00e9\xe9\u20ac")
	o.Int("int", -5)
	o.Number("whole", 7, 3)
	o.Number("rounded", 0.12345, 4)
	o.Number("zero", -0.00001, 3)
	o.Number("tens", 120, 0)
	o.Flag("flag", true)
	o.Hex("hex", []byte{0x0a, 0xff})
	o.Time("none", time.Time{})
	o.Time("time", time.Date(2026, 3, 1, 12, 0, 0, 5e8, time.FixedZone("", 3600)))
	got := string(o.Close())
	want := `x{"text":"a\"b\\c\nd\u0001é\u00e9€","int":-5,"whole":7,"rounded":0.1235,"zero":0,"tens":120,"flag":true,"hex":"0aff","time":"2026-03-01T11:00:00.5Z"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\"b\\c\nd\x01\u00e9\xe9\u20ac\u2028\x7f")
	f.Fuzz(func(t *testing.T, s string) {
		o := NewObject(nil)
		o.Text("k", s+"x")
		var got map[string]string
		b := o.Close()
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		var want []rune
		for rest := s; len(rest) > 0; {
			r, n := utf8.DecodeRuneInString(rest)
			if n == 1 { // ASCII, or no UTF-8
				r = rune(rest[0])
			}
			want, rest = append(want, r), rest[n:]
		}
		if got["k"] != string(want)+"x" {
			t.Fatalf("%q, want %q", got["k"], string(want)+"x")
		}
	})
}

func TestOpt(t *testing.T) {
	var none Opt[float64]
	if none.Known() || none != SomeIf(3.0, false) || none.Or(2) != 2 || Some(3.0).Or(2) != 3 || Some(0.0) == none {
		t.Error("absence and zero are confused")
	}
	b, err := json.Marshal(struct {
		A Opt[int] `json:"a,omitzero"`
		B Opt[int] `json:"b"`
		C Opt[int] `json:"c,omitzero"`
	}{C: Some(0)})
	if err != nil || string(b) != `{"b":null,"c":0}` {
		t.Errorf("%s %v", b, err)
	}
}
