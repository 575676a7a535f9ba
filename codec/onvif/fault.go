package onvif

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// Subcodes of faults (Core Specification, 5.11.2), without prefix.
const (
	NotAuthorized      = "NotAuthorized"
	ActionNotSupported = "ActionNotSupported"
	InvalidArgVal      = "InvalidArgVal"
	NoProfile          = "NoProfile"
	InvalidPosition    = "InvalidPosition"
)

// Fault is a refusal (SOAP 1.2 part 1, 5.4).
type Fault struct {
	Code FaultCode `xml:"http://www.w3.org/2003/05/soap-envelope Code"`
	// Reason for people, the first where it is told in several languages.
	Reason []FaultText `xml:"http://www.w3.org/2003/05/soap-envelope Reason>Text"`
}

// FaultCode is a code, and what it comes to.
type FaultCode struct {
	Value   QName        `xml:"http://www.w3.org/2003/05/soap-envelope Value"`
	Subcode *FaultDetail `xml:"http://www.w3.org/2003/05/soap-envelope Subcode"`
}

// FaultDetail is what a code comes to. There may be one of its own.
type FaultDetail struct {
	Value   QName        `xml:"http://www.w3.org/2003/05/soap-envelope Value"`
	Subcode *FaultDetail `xml:"http://www.w3.org/2003/05/soap-envelope Subcode"`
}

// FaultText is a reason in one language.
type FaultText struct {
	Lang string `xml:"http://www.w3.org/XML/1998/namespace lang,attr,omitempty"`
	Text string `xml:",chardata"`
}

// QName is a name that stands as text. Its prefix is dropped when it is read:
// cameras declare it where they like, or forget it, and the names are unique
// without.
type QName string

// Prefixes that a written fault declares.
const errorsNS = "http://www.onvif.org/ver10/error"

// UnmarshalText implements encoding.TextUnmarshaler.
func (q *QName) UnmarshalText(text []byte) error {
	s := string(trim(text))
	if _, local, ok := strings.Cut(s, ":"); ok {
		s = local
	}
	*q = QName(s)
	return nil
}

// MarshalXML implements xml.Marshaler: codes of SOAP itself and those of ONVIF
// are of different namespaces.
func (q QName) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	space, prefix := errorsNS, "ter"
	if q == "Sender" || q == "Receiver" {
		space, prefix = soapNS, "s"
	}
	start.Attr = append(start.Attr, xml.Attr{Name: xml.Name{Local: "xmlns:" + prefix}, Value: space})
	if err := e.EncodeElement(prefix+":"+string(q), start); err != nil {
		return fmt.Errorf("encode a fault's code: %w", err)
	}
	return nil
}

// NewFault makes a refusal with its subcodes, the general one first.
func NewFault(code QName, reason string, subcodes ...QName) *Fault {
	f := &Fault{Code: FaultCode{Value: code}, Reason: []FaultText{{Lang: "en", Text: reason}}}
	at := &f.Code.Subcode
	for _, s := range subcodes {
		*at = &FaultDetail{Value: s}
		at = &(*at).Subcode
	}
	return f
}

// Has reports whether the fault has this subcode.
func (f *Fault) Has(subcode QName) bool {
	for d := f.Code.Subcode; d != nil; d = d.Subcode {
		if d.Value == subcode {
			return true
		}
	}
	return false
}

// Error tells the fault.
func (f *Fault) Error() string {
	said := make([]string, 0, 4)
	said = append(said, string(f.Code.Value))
	for d := f.Code.Subcode; d != nil; d = d.Subcode {
		said = append(said, string(d.Value))
	}
	out := strings.Join(said, "/")
	if len(f.Reason) > 0 {
		if r := strings.TrimSpace(f.Reason[0].Text); r != "" {
			out += ": " + r
		}
	}
	const most = 300
	if len(out) > most {
		out = strings.ToValidUTF8(out[:most], "") + "…"
	}
	return out
}
