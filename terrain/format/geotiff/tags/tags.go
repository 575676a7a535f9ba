// Package tags holds the numbers and names that stand in GeoTIFF files, for
// those who read and who write them.
package tags

// Tags of TIFF 6.0, of its supplements, of GeoTIFF 1.1 (OGC 19-008r4) and of
// GDAL.
const (
	NewSubfileType  = 254
	ImageWidth      = 256
	ImageLength     = 257
	BitsPerSample   = 258
	Compression     = 259
	Photometric     = 262
	FillOrder       = 266
	Description     = 270
	StripOffsets    = 273
	Orientation     = 274
	SamplesPerPixel = 277
	RowsPerStrip    = 278
	StripByteCounts = 279
	Planar          = 284
	Software        = 305
	Predictor       = 317
	TileWidth       = 322
	TileLength      = 323
	TileOffsets     = 324
	TileByteCounts  = 325
	SampleFormat    = 339
	PixelScale      = 33550
	Tiepoint        = 33922
	Transformation  = 34264
	GeoKeys         = 34735
	GeoDoubles      = 34736
	GeoTexts        = 34737
	GDALMetadata    = 42112
	GDALNoData      = 42113
)

// Types of a tag's values.
const (
	TypeByte   = 1
	TypeASCII  = 2
	TypeShort  = 3
	TypeLong   = 4
	TypeFloat  = 11
	TypeDouble = 12
	TypeLong8  = 16
	TypeIFD8   = 18
)

// Keys of GeoTIFF.
const (
	KeyModel            = 1024
	KeyRaster           = 1025
	KeyCitation         = 1026
	KeyGeographic       = 2048
	KeyGeogCitation     = 2049
	KeyGeogDatum        = 2050
	KeyPrimeMeridian    = 2051
	KeyAngularUnit      = 2054
	KeyMeridian         = 2061
	KeyProjected        = 3072
	KeyProjCitation     = 3073
	KeyConversion       = 3074
	KeyMethod           = 3075
	KeyLinearUnit       = 3076
	KeyLinearUnitSize   = 3077
	KeyStdParallel      = 3078
	KeyOriginLongitude  = 3080
	KeyOriginLatitude   = 3081
	KeyFalseEasting     = 3082
	KeyFalseNorthing    = 3083
	KeyScaleAtOrigin    = 3092
	KeyVertical         = 4096
	KeyVerticalCitation = 4097
	KeyVerticalDatum    = 4098
	KeyVerticalUnit     = 4099
)

// UserDefined is the code of what stands in other keys.
const UserDefined = 32767

// Items of GDAL_METADATA that we write, and read again; another is named
// terrain.Synthetic.
const (
	ItemName    = "ELEVATION"
	ItemSource  = "ELEVATION_SOURCE"
	ItemDatum   = "VERTICAL_DATUM"
	ItemSD      = "ELEVATION_SD_M"
	ItemDatumSD = "VERTICAL_DATUM_SD_M"
	// ItemReckoned says that the values are no heights of the ground, and what
	// they are.
	ItemReckoned = "RECKONED_FROM_ELEVATION"
)

// Compressions of TIFF.
const (
	CompressionNone       = 1
	CompressionLZW        = 5
	CompressionDeflate    = 8
	CompressionOldDeflate = 32946
	CompressionZstd       = 50000
)
