#!/usr/bin/env bash
# Runs every Go test with the race detector.
#
# The detector makes a loop over pixels about ten times slower, and the tests of
# the line, its proof and its commands judge real pictures. So each room of
# pixels is watched in its own tests, and left unwatched below the tests of the
# others; locks, channels and goroutines are watched everywhere. Rooms that begin
# no goroutine and hold no lock have nothing to be watched: that they are still so
# is looked at first. (A loop of one goroutine that is marked go:norace is never
# watched.)
#
#   scripts/race.sh [flags of go test]
set -euo pipefail
cd "$(dirname "$0")/.."

codecs=(image image/color image/png compress/flate hash/adler32 hash/crc32 golang.org/x/image/draw)
alone=(linesman/vision/cv linesman/vision/lanes linesman/vision/tamper linesman/vision/overlay)
pictures=(linesman/vision linesman/sim/draw linesman/models/contrast)
models=(linesman/models/golden linesman/models/teach)

if grep -nE '^[[:space:]]*go[[:space:]]|"sync|errgroup' "${alone[@]/linesman\//}" --include='*.go' --exclude='*_test.go' -r; then
	echo "race.sh: these begin goroutines or hold locks: take their room out of alone" >&2
	exit 1
fi

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
mapfile -t others < <(go list ./... | grep -vxF "$(printf '%s\n' "${alone[@]}" "${pictures[@]}" "${models[@]}")")
never=("${codecs[@]}" "${alone[@]}")
race "${never[@]}" "${pictures[@]}" "${models[@]}" -- "${others[@]}" || failed=1
race "${never[@]}" "${pictures[@]}" -- "${models[@]}" || failed=1
race "${never[@]}" -- "${pictures[@]}" "${alone[@]}" || failed=1
exit $failed
