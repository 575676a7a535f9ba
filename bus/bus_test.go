package bus

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
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

// TestTwoPrograms: on an external cluster each program hears the other, and
// itself once.
func TestTwoPrograms(t *testing.T) {
	cluster, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	cluster.Start()
	defer cluster.Shutdown()
	if !cluster.ReadyForConnections(10 * time.Second) {
		t.Fatal("the cluster is not ready")
	}
	subject := NewSubject[note]("test.two")
	var programs [2]*Bus
	var heard [2]chan note
	for i := range programs {
		b, err := Open(Config{URL: cluster.ClientURL(), Name: "test", Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		programs[i], heard[i] = b, make(chan note, 10)
		if _, err := Subscribe(b, subject, 10, func(n note) { heard[i] <- n }); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, b := range programs { // the cluster knows all subscriptions
		if err := b.Flush(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for i, b := range programs {
		if err := Publish(b, subject, note{N: i}); err != nil {
			t.Fatal(err)
		}
		for k := range heard {
			if n := <-heard[k]; n.N != i {
				t.Errorf("program %d heard %d, want %d", k, n.N, i)
			}
		}
	}
	for i, b := range programs {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		select {
		case n := <-heard[i]:
			t.Errorf("program %d heard %d once more", i, n.N)
		default:
		}
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
