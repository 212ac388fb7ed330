#!/usr/bin/env bash
# Runs every Go test with the race detector.
#
# The detector makes a loop over pixels about ten times slower, and the tests of
# the line, its proof and its commands judge real pictures. So each room of
# pixels is watched in its own tests, and left unwatched below the tests of the
# others; locks, channels and goroutines are watched everywhere. (A loop of one
# goroutine that is marked go:norace is never watched.)
#
#   scripts/race.sh [flags of go test]
set -euo pipefail
cd "$(dirname "$0")/.."

codecs=(image image/color image/png compress/flate hash/adler32 hash/crc32 golang.org/x/image/draw)
pictures=(linesman/vision linesman/vision/cv linesman/vision/lanes linesman/vision/tamper linesman/vision/overlay linesman/sim/draw linesman/models/contrast)
models=(linesman/models/golden linesman/models/teach)

# race FLAGS UNWATCHED... -- PACKAGES... tests PACKAGES.
race() {
	local unwatched=()
	while [ "$1" != -- ]; do
		unwatched+=("-gcflags=$1=-race=false")
		shift
	done
	shift
	go test -race -timeout 40m "${flags[@]}" "${unwatched[@]}" "$@"
}

flags=("$@")
failed=0
mapfile -t others < <(go list ./... | grep -vxF "$(printf '%s\n' "${pictures[@]}" "${models[@]}")")
race "${codecs[@]}" "${pictures[@]}" "${models[@]}" -- "${others[@]}" || failed=1
race "${codecs[@]}" "${pictures[@]}" -- "${models[@]}" || failed=1
race "${codecs[@]}" -- "${pictures[@]}" || failed=1
exit $failed
