// Package asterix reads and writes ASTERIX, EUROCONTROL's format of surveillance
// data: radar plots and tracks (category 048), radar service messages (034),
// ADS-B reports (021) and system tracks (062).
//
// The format is that of EUROCONTROL Specification for Surveillance Data
// Exchange, Part 1 (SUR.ET1.ST05.2000-STD-01-01, EUROCONTROL-SPEC-0149); the
// categories are those of its parts
//
//	021  STD-12-01   (SPEC-0149-12)  editions 0.23 to 0.26 and 2.1 to 2.7
//	034  STD-02b-01  (SPEC-0149-2b)  editions 1.27 to 1.29
//	048  STD-04-01   (SPEC-0149-4)   editions 1.27 to 1.32
//	062  STD-09-01   (SPEC-0149-9)   editions 1.16 to 1.21
//
// which package spec holds as tables. The newest edition is read unless Config
// says otherwise: editions of a category differ little (021: editions 0.x and
// 2.x are two formats), so a station of an older edition than those here is
// read in the oldest here.
//
// # Reading
//
//	d := asterix.New(asterix.Config{Editions: map[string]string{"048": "1.30"}})
//	for m, err := range d.Datagram(datagram, received) { // a stream: d.Decode
//		if err != nil { // *codec.Bad: count it and go on
//			continue
//		}
//		if t, ok := m.Target(); ok { // a plot: t.RangeM, t.AzimuthDeg
//		}
//	}
//
// A Message is one record, its items found but not decoded. Target, Service,
// ADSB and System decode what a tracker needs, in SI units and without
// allocating; AppendJSON decodes everything. Times of day become times with
// CompleteTime.
//
// A broken record ends its data block, since where the next record would start
// is not known; the records before it are good, and so are the next blocks. The
// kinds of Bad are named beside Config. SpareBits alone is no loss: it comes
// after a record that was yielded, and mostly says that the station is of a
// newer edition.
//
// # Writing
//
// Encode makes a record of any category and edition from named values;
// TargetReport.Append and ServiceMessage.Append make those of 048 and 034
// from reports; AppendBlock makes the data block of records of one category.
//
// # JSON
//
//	{"category":48,"edition":"1.32","sac":25,"sic":201,"received":"...",
//	 "items":{"040":{"RHO":{"value":50,"unit":"NM"},"THETA":{"value":90,"unit":"°"}},
//	          "070":{...,"MODE3A":"7700"},"220":"3C4A12",
//	          "030":[{"value":5,"text":"Angel"}]},
//	 "raw":"9118..."}
//
// The names of items and of their parts are those of the documents, in the
// order of the record: sac and sic repeat item 010, raw is the record in
// hexadecimal. A value is
//
//	{"value":50,"unit":"NM"}       a quantity in the unit of the document
//	{"value":5,"text":"Angel"}     a number with a meaning; no text: not defined
//	12                             a number, or bits without further meaning (up to 23)
//	"3C4A12"                       24 bits or more, in hexadecimal; registers of
//	                               Mode S: 56 bits and the number of the register
//	"FAB 12"                       characters, without spaces after them; octal digits
//	{"value":"F?B","raw":"18f..."} the same where a code is no character
//	{...}                          the parts of a group, or those present
//	[...]                          repetitions
//
// Reserved expansion (RE) and special purpose fields (SP) are hexadecimal: their
// octets without the length. Spare bits are not shown.
//
// Where the older editions take a number for unsigned that the newest say is
// two's complement, it is two's complement here in all: I048/090 FL (1.32),
// I062/340 HEIGHT (1.19). The other half of the range means nothing.
//
// # Items
//
// All items of all editions are read and written. Those with a star are also in
// the reports, at least in part.
//
//	021/008  Aircraft Operational Status (editions 2.x)
//	021/010 *Data Source Identification
//	021/015 *Service Identification (editions 2.x)
//	021/016  Service Management (editions 2.x)
//	021/020 *Emitter Category
//	021/030 *Time of Day (editions 0.x)
//	021/032  Time of Day Accuracy (editions 0.x)
//	021/040 *Target Report Descriptor
//	021/070 *Mode 3/A Code in Octal Representation (from 0.26)
//	021/071 *Time of Applicability for Position (editions 2.x)
//	021/072 *Time of Applicability for Velocity (editions 2.x)
//	021/073 *Time of Message Reception for Position (editions 2.x)
//	021/074  Time of Message Reception of Position-High Precision (editions 2.x)
//	021/075 *Time of Message Reception for Velocity (editions 2.x)
//	021/076  Time of Message Reception of Velocity-High Precision (editions 2.x)
//	021/077 *Time of ASTERIX Report Transmission (editions 2.x)
//	021/080 *Target Address
//	021/090 *Quality Indicators (0.x: Figure of Merit, not in the report)
//	021/095  Velocity Accuracy (editions 0.x)
//	021/110  Trajectory Intent
//	021/130 *Position in WGS-84 Co-ordinates
//	021/131 *High-Resolution Position in WGS-84 Co-ordinates (0.26: Signal Amplitude)
//	021/132 *Message Amplitude (editions 2.x)
//	021/140 *Geometric Height
//	021/145 *Flight Level
//	021/146  Selected Altitude
//	021/148  Final State Selected Altitude
//	021/150  Air Speed
//	021/151  True Airspeed
//	021/152 *Magnetic Heading
//	021/155 *Barometric Vertical Rate
//	021/157 *Geometric Vertical Rate
//	021/160 *Airborne Ground Vector
//	021/161 *Track Number (editions 2.x)
//	021/165  Track Angle Rate (0.x: Rate Of Turn)
//	021/170 *Target Identification
//	021/200 *Target Status
//	021/210 *MOPS Version (0.x: Link Technology Indicator)
//	021/220  Met Information
//	021/230  Roll Angle
//	021/250  Mode S MB Data (editions 2.x)
//	021/260  ACAS Resolution Advisory Report (editions 2.x)
//	021/271  Surface Capabilities and Characteristics (editions 2.x)
//	021/295  Data Ages (editions 2.x)
//	021/400  Receiver ID (editions 2.x)
//	021/RE   Reserved Expansion Field
//	021/SP   Special Purpose Field
//	034/000 *Message Type
//	034/010 *Data Source Identifier
//	034/020 *Sector Number
//	034/030 *Time of Day
//	034/041 *Antenna Rotation Speed
//	034/050 *System Configuration and Status
//	034/060  System Processing Mode
//	034/070 *Message Count Values
//	034/090 *Collimation Error
//	034/100 *Generic Polar Window
//	034/110 *Data Filter
//	034/120 *3D-Position Of Data Source
//	034/RE   Reserved Expansion Field
//	034/SP   Special Purpose Field
//	048/010 *Data Source Identifier
//	048/020 *Target Report Descriptor
//	048/030 *Warning/Error Conditions and Target Classification
//	048/040 *Measured Position in Polar Co-ordinates
//	048/042 *Calculated Position in Cartesian Co-ordinates
//	048/050  Mode-2 Code in Octal Representation
//	048/055  Mode-1 Code in Octal Representation
//	048/060  Mode-2 Code Confidence Indicator
//	048/065  Mode-1 Code Confidence Indicator
//	048/070 *Mode-3/A Code in Octal Representation
//	048/080  Mode-3/A Code Confidence Indicator
//	048/090 *Flight Level in Binary Representation
//	048/100  Mode-C Code and Code Confidence Indicator
//	048/110 *Height Measured by a 3D Radar
//	048/120 *Radial Doppler Speed
//	048/130 *Radar Plot Characteristics
//	048/140 *Time of Day
//	048/161 *Track Number
//	048/170 *Track Status
//	048/200 *Calculated Track Velocity in Polar Co-ordinates
//	048/210 *Track Quality
//	048/220 *Aircraft Address
//	048/230 *Communications/ACAS Capability and Flight Status
//	048/240 *Aircraft Identification
//	048/250  BDS Register Data
//	048/260  ACAS Resolution Advisory Report
//	048/RE   Reserved Expansion Field
//	048/SP   Special Purpose Field
//	062/010 *Data Source Identifier
//	062/015 *Service Identification
//	062/040 *Track Number
//	062/060 *Track Mode 3/A Code
//	062/070 *Time Of Track Information
//	062/080 *Track Status
//	062/100 *Calculated Track Position (Cartesian)
//	062/105 *Calculated Position In WGS-84 Co-ordinates
//	062/110  Mode 5 Data Reports and Extended Mode 1 Code
//	062/120  Track Mode 2 Code
//	062/130 *Calculated Track Geometric Altitude
//	062/135 *Calculated Track Barometric Altitude
//	062/136 *Measured Flight Level
//	062/185 *Calculated Track Velocity (Cartesian)
//	062/200 *Mode of Movement
//	062/210 *Calculated Acceleration (Cartesian)
//	062/220 *Calculated Rate of Climb/Descent
//	062/245 *Target Identification
//	062/270 *Target Size and Orientation
//	062/290 *System Track Update Ages
//	062/295  Track Data Ages
//	062/300 *Vehicle Fleet Identification
//	062/340 *Measured Information
//	062/380 *Aircraft Derived Data
//	062/390 *Flight Plan Related Data
//	062/500 *Estimated Accuracies
//	062/510  Composed Track Number
//	062/RE   Reserved Expansion Field
//	062/SP   Special Purpose Field
package asterix
