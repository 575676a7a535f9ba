package onvif_test

import (
	"bytes"
	"encoding/base64"
	"os/exec"
	"strings"
	"testing"

	"atalaya/codec/onvif"
	"atalaya/internal/peer"
)

// Every message that we write, asked or answered, is valid by the schemas of
// ONVIF that PyPI's onvif-zeep ships. (It ships none for SOAP 1.2 and for
// WS-Security: the test of link/onvif drives our camera with that client.)
func TestSchemasOfOnvifZeep(t *testing.T) {
	python := peer.Python(t)
	var in bytes.Buffer
	var sent []onvif.Message
	add := func(m onvif.Message) {
		sent = append(sent, m)
		in.WriteString(base64.StdEncoding.EncodeToString(encode(t, m, nil)) + "\n")
	}
	for _, m := range messages() {
		if _, fault := m.(*onvif.Fault); !fault { // of SOAP itself
			add(m)
		}
	}
	valid := len(sent)
	// The schemas see what is wrong.
	add(&onvif.GetServicesResponse{})
	add(&onvif.GetStatus{ProfileToken: strings.Repeat("p", 65)})
	cmd := exec.CommandContext(t.Context(), python, "testdata/schemas.py")
	cmd.Stdin = &in
	var trouble bytes.Buffer
	cmd.Stderr = &trouble
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, trouble.String())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(sent) {
		t.Fatalf("%d answers to %d messages: %s", len(lines), len(sent), out)
	}
	for i, line := range lines {
		if ok := line == "ok"; ok != (i < valid) {
			t.Errorf("%T: %s", sent[i], line)
		}
	}
}
