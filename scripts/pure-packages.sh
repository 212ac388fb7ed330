#!/usr/bin/env bash
# Prints our packages that need no C: neither they nor what they import use cgo.
#
#   scripts/pure-packages.sh          packages that build with CGO_ENABLED=0
#   scripts/pure-packages.sh --tests  those whose tests do, too
#
# It asks the go command, so a package that slips into C shows up here by
# being absent; layers_test.go says which may.
set -euo pipefail
cd "$(dirname "$0")/.."

# Everything that the build or the tests pull in, each after what it imports:
# path, number of files with cgo, whether it is ours, what it imports.
go list -deps -test -f '{{if not .Standard}}{{if not .ForTest}}{{.ImportPath}}|{{len .CgoFiles}}|{{with .Module}}{{.Main}}{{end}}|{{join .Imports ","}}|{{join .TestImports ","}},{{join .XTestImports ","}}{{end}}{{end}}' ./... |
  awk -F '|' -v tests="${1:-}" '
    $1 ~ /\.test$/ { next }
    { n = split($4, imports, ","); c[$1] = $2 > 0
      for (i = 1; i <= n; i++) if (c[imports[i]]) c[$1] = 1
      if ($3 == "true" && !c[$1]) { ours[++m] = $1; needs[$1] = $5 } }
    END { for (i = 1; i <= m; i++) {
            ok = 1; n = split(needs[ours[i]], t, ",")
            if (tests != "") for (j = 1; j <= n; j++) if (c[t[j]]) ok = 0
            if (ok) print ours[i] } }'
