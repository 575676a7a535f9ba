package onvif

import "time"

// GetSystemDateAndTime asks for the camera's clock. It needs no token.
type GetSystemDateAndTime struct{}

// GetSystemDateAndTimeResponse tells it.
type GetSystemDateAndTimeResponse struct {
	SystemDateAndTime SystemDateTime `xml:"http://www.onvif.org/ver10/device/wsdl SystemDateAndTime"`
}

// SystemDateTime is a camera's clock.
type SystemDateTime struct {
	DateTimeType    string     `xml:"http://www.onvif.org/ver10/schema DateTimeType"` // Manual or NTP
	DaylightSavings bool       `xml:"http://www.onvif.org/ver10/schema DaylightSavings"`
	UTCDateTime     *ClockTime `xml:"http://www.onvif.org/ver10/schema UTCDateTime"`
}

// ClockTime is a date and a time in whole seconds.
type ClockTime struct {
	Hour   int `xml:"http://www.onvif.org/ver10/schema Time>Hour"`
	Minute int `xml:"http://www.onvif.org/ver10/schema Time>Minute"`
	Second int `xml:"http://www.onvif.org/ver10/schema Time>Second"`
	Year   int `xml:"http://www.onvif.org/ver10/schema Date>Year"`
	Month  int `xml:"http://www.onvif.org/ver10/schema Date>Month"`
	Day    int `xml:"http://www.onvif.org/ver10/schema Date>Day"`
}

// Clock makes the form of a time.
func Clock(t time.Time) *ClockTime {
	t = t.UTC()
	return &ClockTime{Hour: t.Hour(), Minute: t.Minute(), Second: t.Second(), Year: t.Year(), Month: int(t.Month()), Day: t.Day()}
}

// Time gives the time; false where there is none of that form.
func (c *ClockTime) Time() (time.Time, bool) {
	if c == nil || c.Year < 1970 || c.Year > 9999 || c.Second > 60 {
		return time.Time{}, false
	}
	t := time.Date(c.Year, time.Month(c.Month), c.Day, c.Hour, c.Minute, min(c.Second, 59), 0, time.UTC)
	ok := int(t.Month()) == c.Month && t.Day() == c.Day && t.Hour() == c.Hour && t.Minute() == c.Minute && c.Second >= 0
	return t, ok
}

// GetDeviceInformation asks what the camera is.
type GetDeviceInformation struct{}

// GetDeviceInformationResponse tells it.
type GetDeviceInformationResponse struct {
	Manufacturer    string `xml:"http://www.onvif.org/ver10/device/wsdl Manufacturer"`
	Model           string `xml:"http://www.onvif.org/ver10/device/wsdl Model"`
	FirmwareVersion string `xml:"http://www.onvif.org/ver10/device/wsdl FirmwareVersion"`
	SerialNumber    string `xml:"http://www.onvif.org/ver10/device/wsdl SerialNumber"`
	HardwareID      string `xml:"http://www.onvif.org/ver10/device/wsdl HardwareId"`
}

// GetServices asks for the addresses of services.
type GetServices struct {
	IncludeCapability bool `xml:"http://www.onvif.org/ver10/device/wsdl IncludeCapability"`
}

// GetServicesResponse tells them.
type GetServicesResponse struct {
	Service []Service `xml:"http://www.onvif.org/ver10/device/wsdl Service"`
}

// Service is where a service is.
type Service struct {
	Namespace string  `xml:"http://www.onvif.org/ver10/device/wsdl Namespace"`
	XAddr     string  `xml:"http://www.onvif.org/ver10/device/wsdl XAddr"`
	Version   Version `xml:"http://www.onvif.org/ver10/device/wsdl Version"`
}

// Version of a service.
type Version struct {
	Major int `xml:"http://www.onvif.org/ver10/schema Major"`
	Minor int `xml:"http://www.onvif.org/ver10/schema Minor"`
}

// GetCapabilities asks for the same, of cameras that know no GetServices.
type GetCapabilities struct {
	Category []string `xml:"http://www.onvif.org/ver10/device/wsdl Category"`
}

// GetCapabilitiesResponse tells them.
type GetCapabilitiesResponse struct {
	Capabilities Capabilities `xml:"http://www.onvif.org/ver10/device/wsdl Capabilities"`
}

// Capabilities are services with their addresses.
type Capabilities struct {
	Device *XAddr      `xml:"http://www.onvif.org/ver10/schema Device"`
	Media  *MediaXAddr `xml:"http://www.onvif.org/ver10/schema Media"`
	PTZ    *XAddr      `xml:"http://www.onvif.org/ver10/schema PTZ"`
}

// XAddr is the address of a service.
type XAddr struct {
	XAddr string `xml:"http://www.onvif.org/ver10/schema XAddr"`
}

// MediaXAddr is that of the media service.
type MediaXAddr struct {
	XAddr
	// StreamingCapabilities must be there, with all that is in it left out.
	StreamingCapabilities struct{} `xml:"http://www.onvif.org/ver10/schema StreamingCapabilities"`
}

// GetProfiles asks for the media profiles: what a move is told for.
type GetProfiles struct{}

// GetProfilesResponse tells them.
type GetProfilesResponse struct {
	Profiles []Profile `xml:"http://www.onvif.org/ver10/media/wsdl Profiles"`
}

// Profile is a combination of configurations.
type Profile struct {
	Token string `xml:"token,attr"`
	Name  string `xml:"http://www.onvif.org/ver10/schema Name"`
	// PTZConfiguration is nil for a profile that cannot be turned.
	PTZConfiguration *PTZConfiguration `xml:"http://www.onvif.org/ver10/schema PTZConfiguration"`
}
