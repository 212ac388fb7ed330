#!/usr/bin/env bash
# Does what a new owner does: takes a bare Debian 12, clones this checkout into
# it and says `make`, with a clock running. Each target gets a fresh root of its
# own, so each pays for the whole set-up; then set-up runs once more, to show
# what a second run adds.
#
#   scripts/bare.sh DIR                    make test, make demo
#   scripts/bare.sh DIR TARGET...          these targets
#   scripts/bare.sh --user DIR TARGET...   as an ordinary user with sudo
#   scripts/bare.sh --carry FILE DIR ...   with FILE of this machine at its place
#
# Run it as root on a Debian with debootstrap, curl and git. DIR takes about
# 8 GB a target: DIR/base is the bare root, made once; DIR/TARGET what became of
# it; DIR/log what was said. Only committed work is cloned. Of this machine the
# root gets resolv.conf, the certificates added here, and the variables named
# below, so that mirrors and proxies work as they do here; --carry adds files,
# such as a proxy in /etc/apt/apt.conf.d.
#
# All runs in mount and process namespaces of their own: whatever ends the
# script ends what it started and unmounts what it mounted. The network is
# shared, so the demo's page can be looked at from outside while it runs.
#
# shellcheck disable=SC2317 # judges is run by name, by until_true
set -euo pipefail

readonly PASS='https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY|SSL_CERT_FILE|NODE_EXTRA_CA_CERTS|PIP_(CERT|INDEX_URL|EXTRA_INDEX_URL|PROXY|DEFAULT_TIMEOUT)|NPM_CONFIG_[A-Z_]+|npm_config_[a-z_]+|GOPROXY|GONOPROXY|GOSUMDB|GONOSUMDB|GOPRIVATE'
readonly PAGE=http://127.0.0.1:8080
readonly WATCH_S=${WATCH_S:-60} # how long the demo is watched once it judges

die() { echo "bare.sh: $*" >&2; exit 1; }
usage() { sed -n '2,/^# shellcheck/{/^# shellcheck/!s/^# \{0,1\}//p}' "$0"; exit "${1:-2}"; }

user=root carry=() all=("$@")
while [ $# -gt 0 ]; do
  case $1 in
    --user) user=owner ;;
    --carry) carry+=("${2:?--carry wants a file}"); shift ;;
    --help | -h) usage 0 ;;
    -*) usage ;;
    *) break ;;
  esac
  shift
done
[ $# -ge 1 ] || usage
[ "$(id -u)" = 0 ] || die "only root may change roots: run it as root"
for tool in debootstrap curl git unshare; do
  command -v $tool >/dev/null || die "$tool is missing: apt-get install debootstrap curl git util-linux"
done
if [ -z "${BARE_INSIDE:-}" ]; then
  BARE_INSIDE=1 exec unshare --mount --pid --fork --kill-child --mount-proc "$0" "${all[@]}"
fi

mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- test demo
cd "$(dirname "$0")/.."
mkdir -p "$dir/log"

# base makes the bare root, once.
base() {
  [ ! -e "$dir/base.done" ] || return 0
  rm -rf "$dir/base"
  echo "bare.sh: a bare Debian 12 into $dir/base"
  debootstrap --variant=minbase --include=make,git,ca-certificates bookworm "$dir/base" >"$dir/log/debootstrap.log" 2>&1 ||
    die "debootstrap failed: $(tail -n 3 "$dir/log/debootstrap.log"); look into $dir/log/debootstrap.log, mend, run again"
  touch "$dir/base.done"
}

# fresh NAME: a copy of the bare root with this checkout's HEAD in ~/linesman.
fresh() {
  root=$dir/$1
  rm -rf --one-file-system "$root"
  cp -a "$dir/base" "$root"
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  cat /etc/resolv.conf >"$root/etc/resolv.conf"
  echo "127.0.0.1 localhost $(uname -n)" >"$root/etc/hosts"
  local f
  for f in /usr/local/share/ca-certificates/*.crt "${carry[@]}"; do
    [ ! -e "$f" ] || install -D -m 644 "$f" "$root$f"
  done
  chroot "$root" update-ca-certificates >/dev/null 2>&1
  if [ $user != root ]; then
    root=$root inside root 'apt-get update && apt-get install -y --no-install-recommends sudo && useradd --create-home --shell /bin/bash owner && echo "owner ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/owner' >"$dir/log/$1-user.log" 2>&1 ||
      die "no user with sudo came about: look into $dir/log/$1-user.log"
  fi
  # shellcheck disable=SC2046 # no branch, no word
  git bundle create -q "$root/var/tmp/linesman.bundle" HEAD $(git branch --show-current)
  inside $user 'git clone -q /var/tmp/linesman.bundle linesman'
}

# inside USER COMMAND: runs it in the root, in the user's home, with nothing of
# this machine's environment but what PASS names.
inside() {
  local home=/root pass=()
  [ "$1" = root ] || home=/home/$1
  mapfile -t pass < <(env | grep -E "^($PASS)=" || true)
  chroot --userspec="$1:$1" --groups="$(chroot "$root" id -G "$1" | tr ' ' ,)" "$root" /usr/bin/env -i \
    HOME="$home" USER="$1" LANG=C.UTF-8 TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    "${pass[@]}" bash -c "cd && $2"
}

took() { printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); }
say() { printf 'bare.sh: %s\n' "$*" | tee -a "$dir/log/summary"; }

# target NAME: make NAME, timed, then set-up again.
target() {
  local since=$SECONDS TIMEFORMAT='%U %S'
  if { time inside $user "cd linesman && make $1" >"$dir/log/$1.log" 2>&1; } 2>"$dir/log/$1.cpu"; then
    say "make $1 as $user: passes, $(took $((SECONDS - since))) with $(awk '{printf "%.1f", ($1 + $2) / 60}' "$dir/log/$1.cpu") processor minutes; of it $(setup_took "$1")"
  else
    tail -n 30 "$dir/log/$1.log" >&2
    say "make $1 as $user: FAILS after $(took $((SECONDS - since))); look into $dir/log/$1.log"
    return 1
  fi
}

setup_took() { grep -m 1 '^set-up is complete' "$dir/log/$1.log" || echo "no set-up"; }

again() {
  inside $user 'cd linesman && make setup' >"$dir/log/$1-again.log" 2>&1 || die "the second set-up fails: $dir/log/$1-again.log"
  say "set-up once more: $(setup_took "$1-again")"
}

# demo LOG: make demo; watches the page until it judges, then for a while.
demo() {
  local log=$dir/log/$1.log since=$SECONDS ready page judged port pid
  for port in 8080 8554 1502 1555; do
    ! (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || die "port $port is taken, the demo needs it: stop what listens there"
  done
  set -m
  inside $user 'cd linesman && exec make demo' >"$log" 2>&1 &
  pid=$!
  set +m
  until_true $pid "$log" grep -q '^set-up is complete' "$log"
  ready=$SECONDS
  until_true $pid "$log" curl -fs -o /dev/null "$PAGE/"
  page=$SECONDS
  until_true $pid "$log" judges
  judged=$SECONDS
  say "make demo as $user: $(setup_took "$1"); from there $((page - ready)) s to the page, $((judged - ready)) s to the first verdict; $(took $((judged - since))) in all"
  say "  it taught itself: $(grep -c '^teaching' "$log" || true) times; watching $PAGE for $WATCH_S s"
  sleep "$WATCH_S"
  curl -fs "$PAGE/api/v1/status" >"$dir/log/$1.json" || die "the page went away: $log"
  say "  $(grep -oE '"(state|pass|fail|inconclusive|late|rejects|confirmed|balanced|parts_per_minute)":[^,}]*' "$dir/log/$1.json" | tr '\n' ' ')"
  kill -TERM -- "-$pid"
  wait $pid || true
}

# judges tells whether the status names a verdict.
judges() { curl -fs "$PAGE/api/v1/status" | grep -qE '"(pass|fail|inconclusive)":[1-9]'; }

# until_true PID LOG COMMAND...: repeats it while the process lives.
until_true() {
  local pid=$1 log=$2
  shift 2
  until "$@"; do
    if ! kill -0 "$pid" 2>/dev/null; then
      tail -n 30 "$log" >&2
      die "make demo ended by itself: look into $log"
    fi
    sleep 0.2
  done
}

base
say "$(git log -1 --format='%h of %cs'), on $(nproc) cores"
bad=0
for name in "$@"; do
  fresh "$name"
  case $name in
    demo) demo demo && again demo && demo demo-again || bad=1 ;;
    *) target "$name" && again "$name" || bad=1 ;;
  esac
  umount --recursive --lazy "$root/dev" "$root/proc" # what a target left running may still look into them
done
exit $bad
