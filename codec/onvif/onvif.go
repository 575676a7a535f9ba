// Package onvif reads and writes the messages by which a pan-tilt-zoom camera
// is asked and turned: ONVIF over SOAP 1.2, with WS-UsernameToken digests.
//
// Supported, in both directions:
//
//	device  GetSystemDateAndTime GetDeviceInformation GetServices GetCapabilities
//	media   GetProfiles (of a profile: token, name, PTZ configuration)
//	ptz     GetNodes GetConfigurations GetPresets GetStatus
//	        AbsoluteMove RelativeMove ContinuousMove Stop
//	SOAP    Fault
//
// Types are named as in the schemas (ONVIF Core and PTZ Service Specification;
// onvif.xsd, devicemgmt.wsdl, media.wsdl, ptz.wsdl). What a message says
// beyond them is skipped. There are no messages here that change a camera's
// configuration, its presets or its clock, and none that begins a recording.
//
// A message is one HTTP body, so that there is no stream to find again:
// Decode takes it whole. Its size, depth and number of elements are bounded;
// document types, processing instructions and all but the five entities that
// XML itself has are refused, and nothing is fetched.
package onvif

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"reflect"

	"atalaya/codec"
)

// Bounds of one message.
const (
	MaxBytes    = 1 << 20 // profiles of a recorder with many cameras take some 200 kB
	maxDepth    = 32
	maxElements = 50_000
	maxAttrs    = 64 // of one element
)

// Namespaces.
const (
	soapNS   = "http://www.w3.org/2003/05/soap-envelope"
	soap11NS = "http://schemas.xmlsoap.org/soap/envelope/"
	wsseNS   = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
	wsuNS    = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"

	// Names of services, as GetServices tells them.
	DeviceService = "http://www.onvif.org/ver10/device/wsdl"
	MediaService  = "http://www.onvif.org/ver10/media/wsdl"
	PTZService    = "http://www.onvif.org/ver20/ptz/wsdl"
)

// Message is the body of an envelope: one of the pointer types of Body.
type Message any

// Envelope is one SOAP message.
type Envelope struct {
	// Token says who asks; nil: nobody says.
	Token *UsernameToken
	// Message is a pointer to one of the message types of this package.
	Message Message
}

type wireEnvelope struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2003/05/soap-envelope Envelope"`
	Header  *wireHeader `xml:"http://www.w3.org/2003/05/soap-envelope Header"`
	Body    []Body      `xml:"http://www.w3.org/2003/05/soap-envelope Body"`
}

type wireHeader struct {
	Security []wireSecurity `xml:"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd Security"`
}

// Body has every message that is known. One of them is there.
type Body struct {
	Fault *Fault `xml:"http://www.w3.org/2003/05/soap-envelope Fault"`

	GetSystemDateAndTime         *GetSystemDateAndTime         `xml:"http://www.onvif.org/ver10/device/wsdl GetSystemDateAndTime"`
	GetSystemDateAndTimeResponse *GetSystemDateAndTimeResponse `xml:"http://www.onvif.org/ver10/device/wsdl GetSystemDateAndTimeResponse"`
	GetDeviceInformation         *GetDeviceInformation         `xml:"http://www.onvif.org/ver10/device/wsdl GetDeviceInformation"`
	GetDeviceInformationResponse *GetDeviceInformationResponse `xml:"http://www.onvif.org/ver10/device/wsdl GetDeviceInformationResponse"`
	GetServices                  *GetServices                  `xml:"http://www.onvif.org/ver10/device/wsdl GetServices"`
	GetServicesResponse          *GetServicesResponse          `xml:"http://www.onvif.org/ver10/device/wsdl GetServicesResponse"`
	GetCapabilities              *GetCapabilities              `xml:"http://www.onvif.org/ver10/device/wsdl GetCapabilities"`
	GetCapabilitiesResponse      *GetCapabilitiesResponse      `xml:"http://www.onvif.org/ver10/device/wsdl GetCapabilitiesResponse"`

	GetProfiles         *GetProfiles         `xml:"http://www.onvif.org/ver10/media/wsdl GetProfiles"`
	GetProfilesResponse *GetProfilesResponse `xml:"http://www.onvif.org/ver10/media/wsdl GetProfilesResponse"`

	GetNodes                  *GetNodes                  `xml:"http://www.onvif.org/ver20/ptz/wsdl GetNodes"`
	GetNodesResponse          *GetNodesResponse          `xml:"http://www.onvif.org/ver20/ptz/wsdl GetNodesResponse"`
	GetConfigurations         *GetConfigurations         `xml:"http://www.onvif.org/ver20/ptz/wsdl GetConfigurations"`
	GetConfigurationsResponse *GetConfigurationsResponse `xml:"http://www.onvif.org/ver20/ptz/wsdl GetConfigurationsResponse"`
	GetPresets                *GetPresets                `xml:"http://www.onvif.org/ver20/ptz/wsdl GetPresets"`
	GetPresetsResponse        *GetPresetsResponse        `xml:"http://www.onvif.org/ver20/ptz/wsdl GetPresetsResponse"`
	GetStatus                 *GetStatus                 `xml:"http://www.onvif.org/ver20/ptz/wsdl GetStatus"`
	GetStatusResponse         *GetStatusResponse         `xml:"http://www.onvif.org/ver20/ptz/wsdl GetStatusResponse"`
	AbsoluteMove              *AbsoluteMove              `xml:"http://www.onvif.org/ver20/ptz/wsdl AbsoluteMove"`
	AbsoluteMoveResponse      *AbsoluteMoveResponse      `xml:"http://www.onvif.org/ver20/ptz/wsdl AbsoluteMoveResponse"`
	RelativeMove              *RelativeMove              `xml:"http://www.onvif.org/ver20/ptz/wsdl RelativeMove"`
	RelativeMoveResponse      *RelativeMoveResponse      `xml:"http://www.onvif.org/ver20/ptz/wsdl RelativeMoveResponse"`
	ContinuousMove            *ContinuousMove            `xml:"http://www.onvif.org/ver20/ptz/wsdl ContinuousMove"`
	ContinuousMoveResponse    *ContinuousMoveResponse    `xml:"http://www.onvif.org/ver20/ptz/wsdl ContinuousMoveResponse"`
	Stop                      *Stop                      `xml:"http://www.onvif.org/ver20/ptz/wsdl Stop"`
	StopResponse              *StopResponse              `xml:"http://www.onvif.org/ver20/ptz/wsdl StopResponse"`

	Other []other `xml:",any"`
}

type other struct{ XMLName xml.Name }

// Encode writes an envelope.
func Encode(e Envelope) ([]byte, error) {
	var body Body
	into := reflect.ValueOf(&body).Elem()
	put := false
	for _, f := range into.Fields() {
		if f.Kind() == reflect.Pointer && f.Type() == reflect.TypeOf(e.Message) {
			f.Set(reflect.ValueOf(e.Message))
			put = !f.IsNil()
		}
	}
	if !put {
		return nil, fmt.Errorf("encode %T: it is no ONVIF message of this package", e.Message)
	}
	w := wireEnvelope{Body: []Body{body}}
	if e.Token != nil {
		w.Header = &wireHeader{Security: []wireSecurity{e.Token.wire()}}
	}
	out := bytes.NewBufferString(xml.Header)
	if err := xml.NewEncoder(out).Encode(w); err != nil {
		return nil, fmt.Errorf("encode %T: %w", e.Message, err)
	}
	return out.Bytes(), nil
}

// Decode reads an envelope. Its error is a *codec.Bad.
func Decode(data []byte) (Envelope, error) {
	if len(data) > MaxBytes {
		return Envelope{}, codec.NewBad(codec.Overlong, data, "a message of more than %d bytes", MaxBytes)
	}
	var w wireEnvelope
	in := &bounded{d: xml.NewDecoder(bytes.NewReader(data))}
	d := xml.NewTokenDecoder(in)
	if err := d.Decode(&w); err != nil {
		return Envelope{}, bad(data, in, err)
	}
	for { // nothing but space may follow
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Envelope{}, bad(data, in, err)
		}
		switch t := t.(type) {
		case xml.Comment:
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return Envelope{}, codec.NewBad(codec.Malformed, data, "text after the envelope")
			}
		default:
			return Envelope{}, codec.NewBad(codec.Malformed, data, "more after the envelope")
		}
	}
	if len(w.Body) != 1 {
		return Envelope{}, codec.NewBad(codec.Malformed, data, "an envelope with %d bodies: it has one", len(w.Body))
	}
	var out Envelope
	if w.Header != nil {
		switch len(w.Header.Security) {
		case 0:
		case 1:
			out.Token = w.Header.Security[0].token()
		default:
			return Envelope{}, codec.NewBad(codec.Malformed, data, "an envelope with %d security headers: it has one", len(w.Header.Security))
		}
	}
	message, why := w.Body[0].one()
	if message == nil {
		return Envelope{}, codec.NewBad(codec.Unsupported, data, "%s", why)
	}
	out.Message = message
	return out, nil
}

// one gives the message of a body, or says why there is none.
func (b *Body) one() (Message, string) {
	var found Message
	for _, f := range reflect.ValueOf(b).Elem().Fields() {
		if f.Kind() != reflect.Pointer || f.IsNil() {
			continue
		}
		if found != nil {
			return nil, "a body with several messages"
		}
		found = f.Interface()
	}
	switch {
	case found != nil && len(b.Other) == 0:
		return found, ""
	case len(b.Other) > 0:
		return nil, fmt.Sprintf("message %.80s of %.120s", b.Other[0].XMLName.Local, b.Other[0].XMLName.Space)
	default:
		return nil, "an empty body"
	}
}

// bad says what is wrong with a message.
func bad(data []byte, in *bounded, err error) *codec.Bad {
	if in.bad != nil {
		return codec.NewBad(in.bad.Kind, data, "%s", in.bad.Detail)
	}
	var syntax *xml.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &syntax) && syntax.Msg == "unexpected EOF":
		return codec.NewBad(codec.Truncated, data, "it ends within the envelope")
	case in.root.Space == soap11NS:
		return codec.NewBad(codec.Unsupported, data, "SOAP 1.1: ONVIF asks for SOAP 1.2 (Core Specification, 5.1)")
	case in.root.Local != "" && in.root.Local != "Envelope":
		return codec.NewBad(codec.Malformed, data, "no SOAP message: it begins with %.80q", in.root.Local)
	}
	return codec.NewBad(codec.Malformed, data, "%.200s", err.Error())
}

// bounded gives the tokens of one message, and no more than may be.
type bounded struct {
	d        *xml.Decoder
	depth    int
	elements int
	root     xml.Name // as it is meant, as far as its own attributes tell
	bad      *codec.Bad
}

func (b *bounded) refuse(kind codec.Kind, format string, args ...any) (xml.Token, error) {
	b.bad = codec.NewBad(kind, nil, format, args...)
	return nil, b.bad
}

// Token implements xml.TokenReader.
func (b *bounded) Token() (xml.Token, error) {
	t, err := b.d.RawToken()
	if err != nil {
		return t, err //nolint:wrapcheck // bad words it
	}
	switch t := t.(type) {
	case xml.StartElement:
		b.depth++
		b.elements++
		switch {
		case b.depth > maxDepth:
			return b.refuse(codec.Overlong, "elements in elements, more than %d deep", maxDepth)
		case b.elements > maxElements:
			return b.refuse(codec.Overlong, "more than %d elements", maxElements)
		case len(t.Attr) > maxAttrs:
			return b.refuse(codec.Overlong, "an element with more than %d attributes", maxAttrs)
		}
		if b.elements == 1 {
			b.root = meant(t)
		}
	case xml.EndElement:
		b.depth--
	case xml.Directive:
		return b.refuse(codec.Malformed, "a document type: SOAP has none (SOAP 1.2 part 1, 5)")
	case xml.ProcInst:
		if t.Target != "xml" || b.elements > 0 {
			return b.refuse(codec.Malformed, "a processing instruction: SOAP has none (SOAP 1.2 part 1, 5)")
		}
	}
	return t, nil
}

// meant gives the name of a raw element, with its namespace.
func meant(t xml.StartElement) xml.Name {
	for _, a := range t.Attr {
		if a.Name.Space == "xmlns" && a.Name.Local == t.Name.Space || a.Name.Space == "" && a.Name.Local == "xmlns" && t.Name.Space == "" {
			return xml.Name{Space: a.Value, Local: t.Name.Local}
		}
	}
	return t.Name
}
