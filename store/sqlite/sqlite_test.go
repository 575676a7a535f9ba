package sqlite_test

import (
	"log/slog"
	"testing"

	"atalaya/store/sqlite"
	"atalaya/store/storetest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, cfg storetest.Config) func() storetest.Store {
		dir := t.TempDir()
		return func() storetest.Store {
			s, err := sqlite.Open(t.Context(), sqlite.Config{Dir: dir, Clock: cfg.Clock, Policy: cfg.Policy, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	})
}
