package onvif

// Spaces: in what a position, a translation or a velocity is told (PTZ Service
// Specification, 5.7). In the generic ones -1 and 1 are the ends of the range
// (zoom: 0 wide, 1 tele), x to the right and y up. Those in degrees are not in
// the specification's own list; many cameras have them.
const (
	PanTiltGeneric            = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/PositionGenericSpace"
	PanTiltDegrees            = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/SphericalPositionSpaceDegrees"
	ZoomGeneric               = "http://www.onvif.org/ver10/tptz/ZoomSpaces/PositionGenericSpace"
	PanTiltTranslationGeneric = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/TranslationGenericSpace"
	PanTiltTranslationDegrees = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/SphericalTranslationSpaceDegrees"
	ZoomTranslationGeneric    = "http://www.onvif.org/ver10/tptz/ZoomSpaces/TranslationGenericSpace"
	PanTiltVelocityGeneric    = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/VelocityGenericSpace"
	ZoomVelocityGeneric       = "http://www.onvif.org/ver10/tptz/ZoomSpaces/VelocityGenericSpace"
)

// Vector2D is for pan and tilt.
type Vector2D struct {
	X     Float  `xml:"x,attr"`
	Y     Float  `xml:"y,attr"`
	Space string `xml:"space,attr,omitempty"` // empty: the configuration's default
}

// Vector1D is for zoom.
type Vector1D struct {
	X     Float  `xml:"x,attr"`
	Space string `xml:"space,attr,omitempty"`
}

// PTZVector is a position, a translation or a velocity; nil parts stay as they
// are.
type PTZVector struct {
	PanTilt *Vector2D `xml:"http://www.onvif.org/ver10/schema PanTilt"`
	Zoom    *Vector1D `xml:"http://www.onvif.org/ver10/schema Zoom"`
}

// FloatRange is from Min to Max.
type FloatRange struct {
	Min Float `xml:"http://www.onvif.org/ver10/schema Min"`
	Max Float `xml:"http://www.onvif.org/ver10/schema Max"`
}

// Space2DDescription says how far a space reaches.
type Space2DDescription struct {
	URI    string     `xml:"http://www.onvif.org/ver10/schema URI"`
	XRange FloatRange `xml:"http://www.onvif.org/ver10/schema XRange"`
	YRange FloatRange `xml:"http://www.onvif.org/ver10/schema YRange"`
}

// Space1DDescription says how far a space reaches.
type Space1DDescription struct {
	URI    string     `xml:"http://www.onvif.org/ver10/schema URI"`
	XRange FloatRange `xml:"http://www.onvif.org/ver10/schema XRange"`
}

// GetNodes asks for the camera's heads.
type GetNodes struct{}

// GetNodesResponse tells them.
type GetNodesResponse struct {
	PTZNode []PTZNode `xml:"http://www.onvif.org/ver20/ptz/wsdl PTZNode"`
}

// PTZNode is one head and the spaces that it knows.
type PTZNode struct {
	Token                  string    `xml:"token,attr"`
	Name                   string    `xml:"http://www.onvif.org/ver10/schema Name,omitempty"`
	SupportedPTZSpaces     PTZSpaces `xml:"http://www.onvif.org/ver10/schema SupportedPTZSpaces"`
	MaximumNumberOfPresets int       `xml:"http://www.onvif.org/ver10/schema MaximumNumberOfPresets"`
	HomeSupported          bool      `xml:"http://www.onvif.org/ver10/schema HomeSupported"`
}

// PTZSpaces are the spaces that a head knows.
type PTZSpaces struct {
	AbsolutePanTiltPositionSpace    []Space2DDescription `xml:"http://www.onvif.org/ver10/schema AbsolutePanTiltPositionSpace"`
	AbsoluteZoomPositionSpace       []Space1DDescription `xml:"http://www.onvif.org/ver10/schema AbsoluteZoomPositionSpace"`
	RelativePanTiltTranslationSpace []Space2DDescription `xml:"http://www.onvif.org/ver10/schema RelativePanTiltTranslationSpace"`
	RelativeZoomTranslationSpace    []Space1DDescription `xml:"http://www.onvif.org/ver10/schema RelativeZoomTranslationSpace"`
	ContinuousPanTiltVelocitySpace  []Space2DDescription `xml:"http://www.onvif.org/ver10/schema ContinuousPanTiltVelocitySpace"`
	ContinuousZoomVelocitySpace     []Space1DDescription `xml:"http://www.onvif.org/ver10/schema ContinuousZoomVelocitySpace"`
}

// GetConfigurations asks how the heads are set up.
type GetConfigurations struct{}

// GetConfigurationsResponse tells it.
type GetConfigurationsResponse struct {
	PTZConfiguration []PTZConfiguration `xml:"http://www.onvif.org/ver20/ptz/wsdl PTZConfiguration"`
}

// PTZConfiguration is how a head is set up.
type PTZConfiguration struct {
	Token     string `xml:"token,attr"`
	Name      string `xml:"http://www.onvif.org/ver10/schema Name"`
	UseCount  int    `xml:"http://www.onvif.org/ver10/schema UseCount"`
	NodeToken string `xml:"http://www.onvif.org/ver10/schema NodeToken"`
	// The schema's own spelling.
	DefaultAbsolutePantTiltPositionSpace string         `xml:"http://www.onvif.org/ver10/schema DefaultAbsolutePantTiltPositionSpace,omitempty"`
	DefaultAbsoluteZoomPositionSpace     string         `xml:"http://www.onvif.org/ver10/schema DefaultAbsoluteZoomPositionSpace,omitempty"`
	DefaultPTZTimeout                    *Duration      `xml:"http://www.onvif.org/ver10/schema DefaultPTZTimeout"`
	PanTiltLimits                        *PanTiltLimits `xml:"http://www.onvif.org/ver10/schema PanTiltLimits"`
	ZoomLimits                           *ZoomLimits    `xml:"http://www.onvif.org/ver10/schema ZoomLimits"`
}

// PanTiltLimits are narrower than what the head could.
type PanTiltLimits struct {
	Range Space2DDescription `xml:"http://www.onvif.org/ver10/schema Range"`
}

// ZoomLimits are narrower than what the head could.
type ZoomLimits struct {
	Range Space1DDescription `xml:"http://www.onvif.org/ver10/schema Range"`
}

// GetPresets asks for stored positions. There is no message to go to one: a
// move says where it goes, and a preset can be changed by others.
type GetPresets struct {
	ProfileToken string `xml:"http://www.onvif.org/ver20/ptz/wsdl ProfileToken"`
}

// GetPresetsResponse tells them.
type GetPresetsResponse struct {
	Preset []PTZPreset `xml:"http://www.onvif.org/ver20/ptz/wsdl Preset"`
}

// PTZPreset is a stored position.
type PTZPreset struct {
	Token       string     `xml:"token,attr,omitempty"`
	Name        string     `xml:"http://www.onvif.org/ver10/schema Name,omitempty"`
	PTZPosition *PTZVector `xml:"http://www.onvif.org/ver10/schema PTZPosition"`
}

// GetStatus asks where the head points.
type GetStatus struct {
	ProfileToken string `xml:"http://www.onvif.org/ver20/ptz/wsdl ProfileToken"`
}

// GetStatusResponse tells it.
type GetStatusResponse struct {
	PTZStatus PTZStatus `xml:"http://www.onvif.org/ver20/ptz/wsdl PTZStatus"`
}

// PTZStatus is where the head points.
type PTZStatus struct {
	Position   *PTZVector     `xml:"http://www.onvif.org/ver10/schema Position"`
	MoveStatus *PTZMoveStatus `xml:"http://www.onvif.org/ver10/schema MoveStatus"`
	Error      string         `xml:"http://www.onvif.org/ver10/schema Error,omitempty"`
	UtcTime    DateTime       `xml:"http://www.onvif.org/ver10/schema UtcTime"`
	// Moves counts the moves since the camera started. ONVIF has no such
	// counter: it is an extension of ours, where the schema lets extensions
	// stand, and nil for a camera without it.
	Moves *uint64 `xml:"urn:atalaya:ptz Moves"`
	// Boot is another at every start of such a camera: its count begins anew.
	Boot string `xml:"urn:atalaya:ptz Boot,omitempty"`
}

// How an axis moves.
const (
	Idle    = "IDLE"
	Moving  = "MOVING"
	Unknown = "UNKNOWN"
)

// PTZMoveStatus says which axis moves.
type PTZMoveStatus struct {
	PanTilt string `xml:"http://www.onvif.org/ver10/schema PanTilt,omitempty"`
	Zoom    string `xml:"http://www.onvif.org/ver10/schema Zoom,omitempty"`
}

// AbsoluteMove turns the head to a position.
type AbsoluteMove struct {
	ProfileToken string     `xml:"http://www.onvif.org/ver20/ptz/wsdl ProfileToken"`
	Position     PTZVector  `xml:"http://www.onvif.org/ver20/ptz/wsdl Position"`
	Speed        *PTZVector `xml:"http://www.onvif.org/ver20/ptz/wsdl Speed"`
}

// AbsoluteMoveResponse says that it turns.
type AbsoluteMoveResponse struct{}

// RelativeMove turns the head by a translation.
type RelativeMove struct {
	ProfileToken string     `xml:"http://www.onvif.org/ver20/ptz/wsdl ProfileToken"`
	Translation  PTZVector  `xml:"http://www.onvif.org/ver20/ptz/wsdl Translation"`
	Speed        *PTZVector `xml:"http://www.onvif.org/ver20/ptz/wsdl Speed"`
}

// RelativeMoveResponse says that it turns.
type RelativeMoveResponse struct{}

// ContinuousMove turns the head until Timeout or Stop.
type ContinuousMove struct {
	ProfileToken string    `xml:"http://www.onvif.org/ver20/ptz/wsdl ProfileToken"`
	Velocity     PTZVector `xml:"http://www.onvif.org/ver20/ptz/wsdl Velocity"`
	Timeout      *Duration `xml:"http://www.onvif.org/ver20/ptz/wsdl Timeout"`
}

// ContinuousMoveResponse says that it turns.
type ContinuousMoveResponse struct{}

// Stop ends moves; nil for both axes: of both.
type Stop struct {
	ProfileToken string `xml:"http://www.onvif.org/ver20/ptz/wsdl ProfileToken"`
	PanTilt      *bool  `xml:"http://www.onvif.org/ver20/ptz/wsdl PanTilt"`
	Zoom         *bool  `xml:"http://www.onvif.org/ver20/ptz/wsdl Zoom"`
}

// StopResponse says that it stops.
type StopResponse struct{}
