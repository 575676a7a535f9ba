// Package web serves the browser: pages, API, live picture.
package web

import "embed"

// dist is the built user interface (make ui, or npm run build in web/ui).
// Before it is built it holds .keep only, and the server says so.
//
//go:embed all:ui/dist
var dist embed.FS
