#!/usr/bin/env bash
# From an unpacked box to the first verdict of a new product, step after step as
# docs/first-verdict.md tells them, against a drawn line that runs as a process of
# its own: a camera and a controller on the network, nothing else. The box was never
# taught anything. Prints what each step takes: seconds of the machine as measured,
# seconds of the person as assumed.
#
#   scripts/first-verdict.sh [--product capsules|caps|tablets] [--seed N] [--keep DIR]
#
# One part in fifty on the belt is defective, while parts are gathered too. What is
# taught is what linesman itself takes: nobody here can look at the pictures, so the
# person's look costs its seconds and changes nothing. The drawn line's account of
# what went where is read once all is over, to say how good the first verdicts were.
# Exits 1 if a step fails, or all of it takes longer than LIMIT_S.
#
# shellcheck disable=SC2016 # the table is Markdown: its backquotes are meant
set -euo pipefail
cd "$(dirname "$0")/.."

readonly LIMIT_S=${LIMIT_S:-300} # what all of it may take
readonly WATCH_S=${WATCH_S:-60}  # how long verdicts are counted afterwards
readonly BIN=${LINESMAN:-bin/linesman}

die() { echo "first-verdict.sh: $*" >&2; exit 1; }

product=capsules seed=1 keep=
while [ $# -gt 0 ]; do
  case $1 in
    --product | --seed | --keep) declare "${1#--}=${2:?$1 wants a value}"; shift ;;
    *) sed -n '2,/^# shellcheck/{/^# shellcheck/!s/^# \{0,1\}//p}' "$0"; exit 2 ;;
  esac
  shift
done
[ -x "$BIN" ] || die "$BIN is missing: make build"

# What a caliper, a tape measure and the encoder's data sheet say of the drawn line.
case $product in
  capsules) part_mm=20 per_mm=10 ;;
  caps) part_mm=28 per_mm=4 ;;
  tablets) part_mm=9 per_mm=10 ;;
  *) die "--product $product: want capsules, caps or tablets" ;;
esac

box=$(mktemp -d) line='' run=''
site=$box/line/site.yaml log=$box/said
finish() {
  [ -z "$run" ] || kill "$run" 2>/dev/null || true
  [ -z "$line" ] || kill "$line" 2>/dev/null || true
  wait
  [ -z "$keep" ] || cp -r "$box" "$keep"
  rm -rf "$box"
}
trap finish EXIT

# free: a port that nobody listens at.
free() {
  local port
  while port=$((20000 + RANDOM % 20000)); (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}
plc=127.0.0.1:$(free) frames=127.0.0.1:$(free) page=127.0.0.1:$(free)

: >"$box/line.log"
"$BIN" sim --product "$product" --seed "$seed" --plc "$plc" --frames "$frames" --rtsp '' --control '' --report "$box/fates.jsonl" >"$box/line.log" 2>&1 &
line=$!
for _ in $(seq 100); do
  ! grep -q controller "$box/line.log" || break
  kill -0 $line 2>/dev/null || die "the drawn line did not start: $(cat "$box/line.log")"
  sleep 0.1
done

steps=0 machine=0 person=0
# step PERSON_S WHAT COMMAND...: does a step, and says what it took.
step() {
  local assumed=$1 what=$2 since=$EPOCHREALTIME took
  shift 2
  "$@" >"$log" 2>&1 || { cat "$log" >&2; die "step \"$what\" failed"; }
  took=$(seconds "$since")
  steps=$((steps + 1)) machine=$(sum "$machine" "$took") person=$((person + assumed))
  printf '| %d | %s | %s | %d |\n' $steps "$what" "$took" "$assumed"
}
seconds() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN {printf "%.1f", b - a}'; }
sum() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.1f", a + b}'; }

answers() {
  printf '%s\n' "$product" $part_mm "sim://$frames" "tcp://$plc" $per_mm 120 850 '' '' |
    "$BIN" init "$site" --listen "$page"
}
start() {
  "$BIN" run -c "$site" >"$box/run.log" 2>&1 &
  run=$!
  until_says '"connected":true'
}
release() {
  "$BIN" line release -c "$site" "$product-1"
  until_says '"(pass|fail|inconclusive)":[1-9]'
}
# until_says PATTERN: waits until the page's status matches.
until_says() {
  local _
  for _ in $(seq 600); do
    if curl -fs "http://$page/api/v1/status" | grep -qE "$1"; then return; fi
    kill -0 "$run" 2>/dev/null || { cat "$box/run.log"; return 1; }
    sleep 0.1
  done
  echo "the page at $page never said $1"
  return 1
}

echo "$product, on $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg); nothing was taught before"
echo
echo '| step | what the person does | machine, s | person, s, assumed |'
echo '|---|---|---|---|'
step 60 'measures a part by a caliper, two distances by a tape measure' true
step 50 'answers nine questions: `linesman init`' answers
step 10 'has parts gathered: `linesman gather`' "$BIN" gather -c "$site"
page_says=$(grep -oE '[0-9]+ parts are in .* left out' "$log" || true)
step 60 'looks through the parts on `look.html`, those that stand out first' test -s "$box/line/gathered/look.html"
step 10 'has them taught: `linesman teach`, as the page says' "$BIN" teach -c "$site" --good "$box/line/gathered"
step 10 'starts: `linesman run`' start
step 10 'presses release at the controller; the first part is judged' release
all=$(sum "$machine" "$person")
printf '| %d | **%s s in all** | %s | %d |\n\n' $steps "$all" "$machine" "$person"
echo "${page_says/$box\/line\//}"

sleep "$WATCH_S"
curl -fs "http://$page/api/v1/status" >"$log"
grep -oE '"(pass|fail|inconclusive|late)":[0-9]+' "$log" | head -4 | tr '\n' ' '
echo "judged in the $WATCH_S s after it; the line: $(grep -oE '"state":"[^"]*"(,"why":"[^"]*")?' "$log" | head -1)"
# What the drawn line saw of the parts after the first that passed: what went by
# before was rejected for want of a judge.
awk '/"side":"passed"/ {begun = 1}
  begun && /"kind":"good"/ {good++; if (/"rejected"/) lost++}
  begun && !/"kind":"good"/ {bad++; if (/"passed"/) escaped++}
  END {printf "by the drawn line'"'"'s account: of %d defective parts %d escaped, of %d good ones %d were rejected\n", bad, escaped, good, lost}' "$box/fates.jsonl"
awk -v all="$all" -v limit="$LIMIT_S" 'BEGIN {exit !(all <= limit)}' || die "$all s in all: more than $LIMIT_S"
