package main

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"atalaya/internal/peer"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"atalaya": func() { os.Exit(run(context.Background(), os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})) },
	})
}

// TestScripts runs the command line as users do: see testdata/script.
func TestScripts(t *testing.T) {
	t.Parallel()
	data := peer.Data(t, "README.md")
	bucket := copernicus(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("DATA", data[:len(data)-len("/README.md")])
			env.Setenv("GLO30", bucket)
			return nil
		},
	})
}
