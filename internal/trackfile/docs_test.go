package trackfile

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"atalaya/internal/peer"
)

func page(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(peer.Root(t), "docs", "tracking-files.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// blocks gives the code of a language on the page.
func blocks(page, language string) (out []string) {
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(page, -1) {
		out = append(out, m[1])
	}
	return out
}

// The examples of the page are read as they are written there.
func TestExamplesOfThePage(t *testing.T) {
	text, files := page(t), 0
	for _, file := range blocks(text, "json") {
		if !strings.Contains(file, "detections") || !strings.Contains(file, "header") {
			continue
		}
		scans, bad, err := read(t, file)
		if err != nil || len(bad) > 0 || len(scans) != strings.Count(file, "\n")-1 {
			t.Errorf("%s\nholds %d scans, %v %v", file, len(scans), bad, err)
		}
		files++
	}
	if files != 2 {
		t.Errorf("%d files of measurements on the page, want 2", files)
	}
	examples := blocks(text, "toml")
	if len(examples) != 1 {
		t.Fatalf("%d configurations on the page, want 1", len(examples))
	}
	k := known(t, examples[0])
	if err := k.Fits(Planar); err != nil || len(k.Sensors) != 3 || *k.Prior.Birth != 1e-9 || *k.Sensors["radar"].ClutterCount != 10 {
		t.Errorf("%v: %+v", err, k)
	}
}

// Every key is on the page.
func TestKeysOfThePage(t *testing.T) {
	text := page(t)
	for _, table := range []struct {
		prefix string
		form   any
	}{{"", Prior{}}, {"births.", BirthArea{}}, {"", Sensor{}}} {
		for field := range reflect.TypeOf(table.form).Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("toml"), ",")
			if key := "`" + table.prefix + name + "`"; name == "" || !strings.Contains(text, "| "+key) && !strings.Contains(text, ", "+key+" |") {
				t.Errorf("%s, %s is not in the tables of the page", field.Name, key)
			}
		}
	}
}
