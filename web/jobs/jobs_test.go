package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"atalaya/web/jobs"
)

func book(t *testing.T, cfg jobs.Config) *jobs.Book {
	t.Helper()
	cfg.Clock, cfg.Log = time.Now, slog.New(slog.DiscardHandler)
	b := jobs.New(cfg)
	t.Cleanup(b.Close)
	return b
}

// until works until it is told to end.
func until(end <-chan struct{}) jobs.Work {
	return func(ctx context.Context, tell func(float64)) (any, error) {
		tell(0.5)
		select {
		case <-end:
			return "done", nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// TestFault: a fault in a job ends the job, not the program, and the next runs.
func TestFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := book(t, jobs.Config{})
		job, err := b.Start("ana", "viewshed", func(context.Context, func(float64)) (any, error) {
			var none []int
			return none[len(none)], nil
		})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		got, ok := b.Wait(t.Context(), "ana", job.ID, time.Second)
		if !ok || got.State != jobs.Failed || got.Trouble == "" {
			t.Errorf("%+v, %v", got, ok)
		}
		end := make(chan struct{})
		close(end)
		if _, err := b.Start("ana", "viewshed", until(end)); err != nil {
			t.Error(err)
		}
		synctest.Wait()
	})
}

func TestOneRunsAndTheNextWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := book(t, jobs.Config{})
		end := make(chan struct{})
		first, err := b.Start("ana", "viewshed", until(end))
		if err != nil {
			t.Fatal(err)
		}
		second, err := b.Start("leo", "viewshed", func(context.Context, func(float64)) (any, error) {
			return nil, errors.New("too steep: choose another place")
		})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if j, _ := b.Wait(t.Context(), "ana", first.ID, 0); j.State != jobs.Running || j.Progress != 0.5 {
			t.Errorf("the first: %+v", j)
		}
		if j, _ := b.Wait(t.Context(), "leo", second.ID, time.Second); j.State != jobs.Waiting {
			t.Errorf("the second: %+v", j)
		}
		if _, err := b.Start("ana", "viewshed", until(end)); !errors.Is(err, jobs.ErrYours) {
			t.Errorf("two of one kind by one person: %v", err)
		}
		if _, ok := b.Wait(t.Context(), "leo", first.ID, 0); ok {
			t.Error("a job is seen by somebody else")
		}
		close(end)
		if j, _ := b.Wait(t.Context(), "ana", first.ID, time.Minute); j.State != jobs.Done || j.Result != "done" || j.Progress != 1 {
			t.Errorf("the first: %+v", j)
		}
		if j, _ := b.Wait(t.Context(), "leo", second.ID, time.Minute); j.State != jobs.Failed || j.Trouble != "too steep: choose another place" {
			t.Errorf("the second: %+v", j)
		}
	})
}

func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := book(t, jobs.Config{})
		never := make(chan struct{})
		running, _ := b.Start("ana", "a", until(never))
		waiting, _ := b.Start("ana", "b", until(never))
		if b.Cancel("leo", running.ID) {
			t.Error("somebody else cancelled it")
		}
		for _, id := range []string{waiting.ID, running.ID} {
			if !b.Cancel("ana", id) {
				t.Error("there is no such job")
			}
			if j, _ := b.Wait(t.Context(), "ana", id, time.Minute); j.State != jobs.Cancelled {
				t.Errorf("%+v", j)
			}
		}
		if !b.Cancel("ana", running.ID) {
			t.Error("one that is over is not forgotten")
		}
		if _, ok := b.Wait(t.Context(), "ana", running.ID, 0); ok {
			t.Error("it was forgotten, and is there")
		}
	})
}

func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := book(t, jobs.Config{Waiting: 2, Kept: 3, Keep: time.Hour})
		never := make(chan struct{})
		for i := range 3 {
			if _, err := b.Start("ana", fmt.Sprint(i), until(never)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if _, err := b.Start("ana", "3", until(never)); !errors.Is(err, jobs.ErrMany) {
			t.Errorf("a third one waits: %v", err)
		}
		close(never)
		synctest.Wait()
		var ids []string
		quick := func(context.Context, func(float64)) (any, error) { return 1, nil }
		for i := range 5 {
			j, err := b.Start("ana", fmt.Sprint("quick", i), quick)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			ids = append(ids, j.ID)
		}
		kept := 0
		for _, id := range ids {
			if _, ok := b.Wait(t.Context(), "ana", id, 0); ok {
				kept++
			}
		}
		if kept != 3 {
			t.Errorf("%d are kept, not 3", kept)
		}
		time.Sleep(2 * time.Hour)
		if _, err := b.Start("ana", "later", quick); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if _, ok := b.Wait(t.Context(), "ana", ids[4], 0); ok {
			t.Error("it is kept after its time")
		}
	})
}

func TestCloseEndsThem(t *testing.T) {
	b := jobs.New(jobs.Config{Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	j, err := b.Start("ana", "a", until(make(chan struct{})))
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
	if j, _ := b.Wait(t.Context(), "ana", j.ID, 0); j.State != jobs.Cancelled {
		t.Errorf("%+v", j)
	}
	if _, err := b.Start("ana", "b", until(nil)); err == nil {
		t.Error("it starts jobs after its end")
	}
}
