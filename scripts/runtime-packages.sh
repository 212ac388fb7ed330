#!/usr/bin/env bash
# Prints the Debian packages that a binary needs to run: those that own the
# libraries it names. What these need in turn is apt's business.
#
#   scripts/runtime-packages.sh bin/linesman
set -euo pipefail
binary=${1:?usage: scripts/runtime-packages.sh BINARY}

libraries=$(ldd "$binary")
if missing=$(grep 'not found' <<<"$libraries"); then
  echo "$binary: $missing: run scripts/setup.sh first" >&2
  exit 1
fi
readelf -d "$binary" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | while read -r name; do
  file=$(awk -v name="$name" '$1 == name {print $3}' <<<"$libraries")
  [ -n "$file" ] || continue # the loader itself
  # dpkg knows a library by the path it was installed under, before /lib became /usr/lib
  { dpkg -S "$(readlink -f "$file")" || dpkg -S "${file#/usr}" || dpkg -S "$file"; } 2>/dev/null | head -n 1 | cut -d: -f1
done | sort -u
