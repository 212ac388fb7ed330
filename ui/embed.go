// Package ui holds the page that people see, built into the program. Its
// source is under src, with folders named like the rooms of the appliance.
package ui

import (
	"embed"
	"io/fs"
)

// dist is what `npm run build` makes. A checkout that never built it holds an
// empty placeholder there, so that the program compiles all the same.
//
//go:embed all:dist
var dist embed.FS

// Files returns the built page, index.html at its root. Where it was never
// built there is no index.html, and whoever serves it says so.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil { // only for a malformed name, and ours is a constant
		panic("ui: " + err.Error())
	}
	return files
}
