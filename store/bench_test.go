package store_test

import (
	"fmt"
	"testing"
	"time"

	"atalaya/store"
	"atalaya/store/storetest"
)

func BenchmarkRead(b *testing.B) {
	for _, boats := range []int{1000, 10000} {
		w := storetest.NewWorld(boats, store.Resume{}, time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
		for range 8 {
			w.Step()
		}
		t, err := store.NewTables()
		if err != nil {
			b.Fatal(err)
		}
		p, err := t.Packer()
		if err != nil {
			b.Fatal(err)
		}
		step := w.Step()
		step.Picture = w.Picture()
		events, err := p.Events(step)
		if err != nil {
			b.Fatal(err)
		}
		events = append([]byte{}, events...)
		picture, err := p.Picture(step)
		if err != nil {
			b.Fatal(err)
		}
		picture = append([]byte{}, picture...)
		b.Run(fmt.Sprintf("events/%d", boats), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := t.Events(step.N, events); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(events)), "B")
		})
		b.Run(fmt.Sprintf("ids/%d", boats), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := t.EventTracks(step.N, events); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("picture/%d", boats), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := t.Picture(step.N, picture); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(picture)), "B")
		})
	}
}
