package onvif_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"atalaya/codec"
	"atalaya/codec/onvif"
)

// messages has one of every type, for round trips and as seeds.
func messages() []onvif.Message {
	yes := true
	five := onvif.Duration(5 * time.Second)
	moves := uint64(17)
	at := onvif.PTZVector{
		PanTilt: &onvif.Vector2D{X: -0.5, Y: 0.25, Space: onvif.PanTiltGeneric},
		Zoom:    &onvif.Vector1D{X: 0.125, Space: onvif.ZoomGeneric},
	}
	config := onvif.PTZConfiguration{
		Token: "c", Name: "head", UseCount: 1, NodeToken: "n", DefaultAbsolutePantTiltPositionSpace: onvif.PanTiltGeneric,
		DefaultPTZTimeout: &five,
		PanTiltLimits:     &onvif.PanTiltLimits{Range: onvif.Space2DDescription{URI: onvif.PanTiltGeneric, XRange: onvif.FloatRange{Min: -1, Max: 1}, YRange: onvif.FloatRange{Min: -1, Max: 1}}},
	}
	return []onvif.Message{
		&onvif.GetSystemDateAndTime{},
		&onvif.GetSystemDateAndTimeResponse{SystemDateAndTime: onvif.SystemDateTime{DateTimeType: "NTP", UTCDateTime: onvif.Clock(time.Date(2026, 3, 1, 23, 59, 58, 0, time.UTC))}},
		&onvif.GetDeviceInformation{},
		&onvif.GetDeviceInformationResponse{Manufacturer: "Señal & <Luz>", Model: "m", FirmwareVersion: "1", SerialNumber: "2", HardwareID: "3"},
		&onvif.GetServices{},
		&onvif.GetServicesResponse{Service: []onvif.Service{{Namespace: onvif.PTZService, XAddr: "http://127.0.0.1/ptz", Version: onvif.Version{Major: 2, Minor: 5}}}},
		&onvif.GetCapabilities{Category: []string{"All"}},
		&onvif.GetCapabilitiesResponse{Capabilities: onvif.Capabilities{PTZ: &onvif.XAddr{XAddr: "http://127.0.0.1/ptz"}, Media: &onvif.MediaXAddr{XAddr: onvif.XAddr{XAddr: "http://127.0.0.1/media"}}}},
		&onvif.GetProfiles{},
		&onvif.GetProfilesResponse{Profiles: []onvif.Profile{{Token: "p", Name: "main", PTZConfiguration: &config}}},
		&onvif.GetNodes{},
		&onvif.GetNodesResponse{PTZNode: []onvif.PTZNode{{Token: "n", Name: "head", SupportedPTZSpaces: onvif.PTZSpaces{
			AbsoluteZoomPositionSpace: []onvif.Space1DDescription{{URI: onvif.ZoomGeneric, XRange: onvif.FloatRange{Max: 1}}},
		}}}},
		&onvif.GetConfigurations{},
		&onvif.GetConfigurationsResponse{PTZConfiguration: []onvif.PTZConfiguration{config}},
		&onvif.GetPresets{ProfileToken: "p"},
		&onvif.GetPresetsResponse{Preset: []onvif.PTZPreset{{Token: "1", Name: "muelle", PTZPosition: &at}}},
		&onvif.GetStatus{ProfileToken: "p"},
		&onvif.GetStatusResponse{PTZStatus: onvif.PTZStatus{
			Position: &at, MoveStatus: &onvif.PTZMoveStatus{PanTilt: onvif.Moving, Zoom: onvif.Idle},
			UtcTime: onvif.DateTime{Time: time.Date(2026, 3, 1, 12, 0, 0, 250e6, time.UTC)}, Moves: &moves, Boot: "b",
		}},
		&onvif.AbsoluteMove{ProfileToken: "p", Position: at},
		&onvif.AbsoluteMoveResponse{},
		&onvif.RelativeMove{ProfileToken: "p", Translation: at, Speed: &at},
		&onvif.RelativeMoveResponse{},
		&onvif.ContinuousMove{ProfileToken: "p", Velocity: at, Timeout: &five},
		&onvif.ContinuousMoveResponse{},
		&onvif.Stop{ProfileToken: "p", PanTilt: &yes},
		&onvif.StopResponse{},
		onvif.NewFault("Sender", "no", onvif.NotAuthorized),
		onvif.NewFault("Sender", "no such profile", onvif.InvalidArgVal, onvif.NoProfile),
	}
}

func encode(t testing.TB, m onvif.Message, token *onvif.UsernameToken) []byte {
	t.Helper()
	out, err := onvif.Encode(onvif.Envelope{Token: token, Message: m})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEveryMessageComesBack(t *testing.T) {
	token := onvif.Sign("ana", "s3creto", []byte("nonce"), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	seen := map[reflect.Type]bool{}
	for _, m := range messages() {
		seen[reflect.TypeOf(m)] = true
		data := encode(t, m, token)
		got, err := onvif.Decode(data)
		if err != nil {
			t.Errorf("%T: %v\n%s", m, err, data)
			continue
		}
		if !reflect.DeepEqual(got.Message, m) {
			t.Errorf("%T came back as %+v\n%s", m, got.Message, data)
		}
		if !reflect.DeepEqual(got.Token, token) {
			t.Errorf("%T: token %+v", m, got.Token)
		}
	}
	for f := range reflect.TypeFor[onvif.Body]().Fields() {
		if f.Type.Kind() == reflect.Pointer && !seen[f.Type] {
			t.Errorf("%v is not tried", f.Type)
		}
	}
}

func TestOnlyMessagesAreEncoded(t *testing.T) {
	for _, m := range []onvif.Message{nil, onvif.Stop{}, (*onvif.Stop)(nil), "x", &onvif.PTZVector{}} {
		if out, err := onvif.Encode(onvif.Envelope{Message: m}); err == nil {
			t.Errorf("%T was encoded: %s", m, out)
		}
	}
	inf := onvif.Float(1e300)
	inf *= inf
	if out, err := onvif.Encode(onvif.Envelope{Message: &onvif.AbsoluteMove{Position: onvif.PTZVector{Zoom: &onvif.Vector1D{X: inf}}}}); err == nil {
		t.Errorf("an infinite zoom was encoded: %s", out)
	}
}

// The example of the profile has no numbers; this one is of the ONVIF Core
// Specification's application note on the digest: nonce, date and password as
// text, and the digest that they give.
func TestDigest(t *testing.T) {
	const created = "2010-09-16T07:50:45Z"
	nonce := "LKqI6G/AikKCQrN0zqZFlg=="
	data := `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Header>` +
		`<Security xmlns="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"><UsernameToken>` +
		`<Username>user</Username>` +
		`<Password Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest">tuOSpGlFlIXsozq4HFNeeGeFLEI=</Password>` +
		`<Nonce>` + nonce + `</Nonce>` +
		`<Created xmlns="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd">` + created + `</Created>` +
		`</UsernameToken></Security></e:Header><e:Body><GetNodes xmlns="http://www.onvif.org/ver20/ptz/wsdl"/></e:Body></e:Envelope>`
	e, err := onvif.Decode([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	if !e.Token.Signed("userpassword") {
		t.Error("the digest of the specification's example is refused")
	}
	if e.Token.Signed("userpasswore") {
		t.Error("another password is taken")
	}
	clear := strings.Replace(data, "#PasswordDigest", "#PasswordText", 1)
	if e, err := onvif.Decode([]byte(clear)); err != nil || e.Token != nil {
		t.Errorf("a password in clear is a token: %+v, %v", e.Token, err)
	}
}

func TestBadMessages(t *testing.T) {
	envelope := func(body string) string {
		return `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>` + body + `</s:Body></s:Envelope>`
	}
	const ptz = ` xmlns="http://www.onvif.org/ver20/ptz/wsdl"`
	position := func(attrs string) string {
		return envelope(`<AbsoluteMove` + ptz + `><Position><PanTilt xmlns="http://www.onvif.org/ver10/schema" ` + attrs + `/></Position></AbsoluteMove>`)
	}
	for _, c := range []struct {
		name, data string
		kind       codec.Kind
		says       string
	}{
		{"nothing", "", codec.Truncated, ""},
		{"cut", envelope("")[:80], codec.Truncated, ""},
		{"HTML", "<html><body>401</body></html>", codec.Malformed, `begins with "html"`},
		{"JSON", `{"error":1}`, codec.Truncated, ""},
		{"SOAP 1.1", strings.ReplaceAll(envelope(""), "http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/"), codec.Unsupported, "SOAP 1.1"},
		{"no body", `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"/>`, codec.Malformed, "0 bodies"},
		{"two bodies", `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body/><s:Body/></s:Envelope>`, codec.Malformed, "2 bodies"},
		{"empty body", envelope(""), codec.Unsupported, "empty"},
		{"two messages", envelope(`<GetNodes` + ptz + `/><Stop` + ptz + `/>`), codec.Unsupported, "several"},
		{"unknown", envelope(`<SetPreset` + ptz + `/>`), codec.Unsupported, "SetPreset"},
		{"wrong namespace", envelope(`<Stop xmlns="urn:x"/>`), codec.Unsupported, "urn:x"},
		{"document type", `<!DOCTYPE a [<!ENTITY b "c">]>` + envelope(`<GetNodes`+ptz+`/>`), codec.Malformed, "document type"},
		{"entity", envelope(`<GetStatus` + ptz + `><ProfileToken>&b;</ProfileToken></GetStatus>`), codec.Malformed, "entity"},
		{"instruction", `<?xml-stylesheet href="file:///etc/passwd"?>` + envelope(`<GetNodes`+ptz+`/>`), codec.Malformed, "processing instruction"},
		{"encoding", `<?xml version="1.0" encoding="utf-16"?>` + envelope(`<GetNodes`+ptz+`/>`), codec.Malformed, "encoding"},
		{"after", envelope(`<GetNodes`+ptz+`/>`) + "x", codec.Malformed, "after"},
		{"second", envelope(`<GetNodes`+ptz+`/>`) + "<a/>", codec.Malformed, "after"},
		{"deep", envelope(strings.Repeat("<a>", 40) + strings.Repeat("</a>", 40)), codec.Overlong, "deep"},
		{"wide", envelope(strings.Repeat("<a/>", 60_000)), codec.Overlong, "elements"},
		{"long", envelope(strings.Repeat(" ", onvif.MaxBytes)), codec.Overlong, "bytes"},
		{"many attributes", envelope(`<GetNodes` + ptz + strings.Repeat(` a="b"`, 100) + `/>`), codec.Overlong, "attributes"},
		{"not a number", position(`x="NaN" y="0"`), codec.Malformed, "no number"},
		{"infinite", position(`x="INF" y="0"`), codec.Malformed, "no number"},
		{"hexadecimal", position(`x="0x1p3" y="0"`), codec.Malformed, "no number"},
		{"too large", position(`x="1e40" y="0"`), codec.Malformed, "no number"},
		{"months", envelope(`<ContinuousMove` + ptz + `><Timeout>P1M</Timeout></ContinuousMove>`), codec.Malformed, "no duration"},
		{"no seconds", envelope(`<ContinuousMove` + ptz + `><Timeout>PT</Timeout></ContinuousMove>`), codec.Malformed, "no duration"},
	} {
		e, err := onvif.Decode([]byte(c.data))
		var bad *codec.Bad
		switch {
		case err == nil:
			t.Errorf("%s: read as %+v", c.name, e.Message)
		case !errors.As(err, &bad):
			t.Errorf("%s: %T, not a *codec.Bad", c.name, err)
		case bad.Kind != c.kind || !strings.Contains(bad.Detail, c.says):
			t.Errorf("%s: %v, and not %s with %q", c.name, err, c.kind, c.says)
		}
	}
}

// A bomb of entities costs nothing: it is refused at the first.
func TestNothingIsExpanded(t *testing.T) {
	bomb := `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l "lol">`
	for i := range 9 {
		bomb += fmt.Sprintf(`<!ENTITY l%d "%s">`, i, strings.Repeat("&l;", 10))
	}
	bomb += `]><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>&l8;</s:Body></s:Envelope>`
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := onvif.Decode([]byte(bomb)); err == nil {
		t.Error("it is read")
	}
	runtime.ReadMemStats(&after)
	if grew := after.TotalAlloc - before.TotalAlloc; grew > 1<<20 {
		t.Errorf("%d bytes were taken", grew)
	}
}

func TestValues(t *testing.T) {
	for text, want := range map[string]time.Duration{"PT5S": 5 * time.Second, "PT0.25S": 250 * time.Millisecond, " P1DT1H1M1S ": 25*time.Hour + 61*time.Second, "PT2M": 2 * time.Minute} {
		var d onvif.Duration
		if err := d.UnmarshalText([]byte(text)); err != nil || time.Duration(d) != want {
			t.Errorf("%q is %s, %v", text, time.Duration(d), err)
		}
	}
	want := time.Date(2026, 3, 1, 12, 0, 0, 500e6, time.UTC)
	for _, text := range []string{"2026-03-01T12:00:00.5Z", "2026-03-01T12:00:00.5", "2026-03-01T08:00:00.500-04:00"} {
		var d onvif.DateTime
		if err := d.UnmarshalText([]byte(text)); err != nil || !d.Equal(want) {
			t.Errorf("%q is %s, %v", text, d, err)
		}
	}
	for _, c := range []onvif.ClockTime{{}, {Year: 2026, Month: 13, Day: 1}, {Year: 2026, Month: 2, Day: 30}, {Year: 2026, Month: 2, Day: 1, Hour: 24}, {Year: 2026, Month: 2, Day: 1, Second: -1}} {
		if at, ok := c.Time(); ok {
			t.Errorf("%+v is %s", c, at)
		}
	}
}

func TestFaultSays(t *testing.T) {
	f := onvif.NewFault("Sender", "no such profile", onvif.InvalidArgVal, onvif.NoProfile)
	if got := f.Error(); got != "Sender/InvalidArgVal/NoProfile: no such profile" {
		t.Error(got)
	}
	if !f.Has(onvif.NoProfile) || f.Has(onvif.NotAuthorized) {
		t.Error("subcodes")
	}
	if long := onvif.NewFault("Receiver", strings.Repeat("ñ", 1000)).Error(); len(long) > 310 {
		t.Errorf("%d bytes", len(long))
	}
}

// What cameras and clients of others sent is read.
func TestSamples(t *testing.T) {
	samples, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(samples) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, name := range samples {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := onvif.Decode(data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzDecode: nothing makes it fail, and what is read can be written and read
// again as the same.
func FuzzDecode(f *testing.F) {
	token := onvif.Sign("ana", "s3creto", []byte("nonce"), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	for _, m := range messages() {
		f.Add(encode(f, m, token))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := onvif.Decode(data)
		if err != nil {
			if _, ok := errors.AsType[*codec.Bad](err); !ok {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		again, err := onvif.Encode(e)
		if err != nil {
			t.Fatalf("%T cannot be written: %v", e.Message, err)
		}
		back, err := onvif.Decode(again)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, again)
		}
		third, err := onvif.Encode(back)
		if err != nil || string(third) != string(again) {
			t.Fatalf("%T changes: %v\n%s\n%s", e.Message, err, again, third)
		}
	})
}
