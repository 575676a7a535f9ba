package bus

import (
	"context"
	"log/slog"
	"testing"
	"time"
)

type note struct {
	N    int
	At   time.Time
	Text string
}

func open(t *testing.T) *Bus {
	t.Helper()
	b, err := Open(Config{Name: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func TestInOrderAndWhole(t *testing.T) {
	b := open(t)
	subject := NewSubject[note]("test.notes")
	got := make(chan note, 200)
	sub, err := Subscribe(b, subject, 200, func(n note) { got <- n })
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.UTC)
	for i := range 100 {
		if err := Publish(b, subject, note{i, at, "á"}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 100 {
		select {
		case n := <-got:
			if n.N != i || !n.At.Equal(at) || n.Text != "á" {
				t.Fatalf("message %d: got %+v", i, n)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("message %d did not come", i)
		}
	}
	if shed, bad, err := sub.Lost(); shed != 0 || bad != 0 || err != nil {
		t.Fatalf("lost %d, bad %d, %v", shed, bad, err)
	}
}

func TestSlowConsumerShedsAndSaysSo(t *testing.T) {
	b := open(t)
	subject := NewSubject[note]("test.slow")
	release := make(chan struct{})
	sub, err := Subscribe(b, subject, 10, func(note) { <-release })
	if err != nil {
		t.Fatal(err)
	}
	defer close(release)
	for i := range 1000 {
		if err := Publish(b, subject, note{N: i}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := b.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(5 * time.Second)
	for {
		shed, _, err := sub.Lost()
		if err != nil {
			t.Fatal(err)
		}
		if shed >= 900 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("only %d of 1000 messages were shed with a queue of 10", shed)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestStrangersMessageIsCounted(t *testing.T) {
	b := open(t)
	got := make(chan note, 1)
	sub, err := Subscribe(b, NewSubject[note]("test.type"), 10, func(n note) { got <- n })
	if err != nil {
		t.Fatal(err)
	}
	if err := Publish(b, NewSubject[string]("test.type"), "no note"); err != nil {
		t.Fatal(err)
	}
	if err := Publish(b, NewSubject[note]("test.type"), note{N: 7}); err != nil {
		t.Fatal(err)
	}
	if n := <-got; n.N != 7 {
		t.Fatalf("got %+v", n)
	}
	if _, bad, err := sub.Lost(); bad != 1 || err != nil {
		t.Fatalf("bad = %d, %v; want 1", bad, err)
	}
}
