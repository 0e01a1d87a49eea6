#!/usr/bin/env bash
# Measures leaklint on published packages.
#
#   benches/corpus.sh CACHE [NAME...]
#
# Fetches the packages of corpus.txt that are not yet in the directory CACHE (all, or those that are named) with
# `npm pack`, from the registry that npm is set up for, unpacks them to CACHE/<package>@<version>, and runs the bench
# on them. Nothing of a package is executed.
set -euo pipefail

[ $# -ge 1 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
mkdir -p "$1"
cache=$(cd "$1" && pwd)
shift
here=$(cd "$(dirname "$0")" && pwd)

is_wanted() {
  [ $# -gt 1 ] || return 0
  local package=$1 name
  shift
  for name in "$@"; do
    [ "${package%@*}" != "$name" ] || return 0
  done
  return 1
}

directories=()
failed=0
while read -r package; do
  is_wanted "$package" "$@" || continue
  directory=$cache/$package
  if [ ! -d "$directory" ]; then
    part=$(mktemp -d "$cache/.part.XXXXXX")
    if archive=$(npm pack --silent --ignore-scripts --pack-destination "$part" "$package") &&
      mkdir "$part/package" && tar -xzf "$part/$archive" -C "$part/package" --strip-components=1; then
      mkdir -p "$(dirname "$directory")"
      mv "$part/package" "$directory"
    else
      echo "could not be fetched: $package" >&2
      failed=$((failed + 1))
    fi
    rm -rf "$part"
  fi
  [ ! -d "$directory" ] || directories+=("$directory")
done <"$here/corpus.txt"

[ ${#directories[@]} -gt 0 ] || { echo "no package of corpus.txt has such a name" >&2; exit 2; }
[ $failed -eq 0 ] || echo "without $failed packages" >&2
cd "$here/.."
exec cargo bench --quiet --bench ratio -- "${directories[@]}"
