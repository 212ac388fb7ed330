#!/usr/bin/env bash
# Format, vet with and without C, staticcheck, shellcheck, types of the screens. It goes
# through all of them and fails at the end, so that one run tells everything.
#
# shellcheck disable=SC2317 # the functions are run by name, by check
set -uo pipefail
cd "$(dirname "$0")/.." || exit

readonly STATICCHECK=v0.8.2
readonly STATICCHECK_SUM="h1:+jPbCzuYxYrcoOvCecYUFDj+XJQRmzIhJmlbpps21Zk="
bad=0

# check NAME CURE COMMAND...
check() {
  local name=$1 cure=$2 since=$SECONDS
  shift 2
  if "$@"; then
    printf 'lint: %s: good, %d s\n' "$name" $((SECONDS - since))
  else
    printf 'lint: %s: NOT good; %s\n' "$name" "$cure" >&2
    bad=1
  fi
}

formatted() {
  local wrong
  wrong=$(git ls-files -z '*.go' | xargs -0 gofmt -l) || return
  [ -z "$wrong" ] || { echo "$wrong"; return 1; }
}

staticcheck_there() {
  local stamp=.tools/stamps/staticcheck have
  [ -x .tools/bin/staticcheck ] && [ "$(cat "$stamp" 2>/dev/null)" = "$STATICCHECK $(go env GOVERSION)" ] && return 0
  have=$(cd .tools/fetch && go mod download -json "honnef.co/go/tools@$STATICCHECK" | sed -n 's/.*"Sum": "\(.*\)".*/\1/p')
  [ "$have" = "$STATICCHECK_SUM" ] || { echo "hash of staticcheck $STATICCHECK: got ${have:-none}, want $STATICCHECK_SUM"; return 1; }
  GOBIN=$PWD/.tools/bin go install "honnef.co/go/tools/cmd/staticcheck@$STATICCHECK" && echo "$STATICCHECK $(go env GOVERSION)" >"$stamp"
}

pure_builds() { scripts/pure-packages.sh | CGO_ENABLED=0 xargs go build; }
pure_vet() { scripts/pure-packages.sh --tests | CGO_ENABLED=0 xargs go vet; }
static() { staticcheck_there && .tools/bin/staticcheck -checks 'all,-ST1000,-ST1005' ./...; }
shells() { git grep -lIzE '^#!.*\bbash$' | xargs -0 shellcheck; }
types() { (cd ui && npm run --silent types); }

check "gofmt" "make fmt" formatted
check "go vet" "mend what it names" go vet -tags measure ./...
check "build without C" "C belongs into the drivers named in layers_test.go" pure_builds
check "go vet without C" "C belongs into the drivers named in layers_test.go" pure_vet
check "staticcheck" "mend what it names" static
check "shellcheck" "mend what it names" shells
check "types of the screens" "mend what it names in ui/" types
exit $bad
