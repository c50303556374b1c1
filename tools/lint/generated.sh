#!/bin/sh
# Runs the generators and fails when one of the files named as arguments was
# not what they write. It compares with the working tree, not with the last
# commit, so that it also judges work in progress.
set -eu

before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
trap 'exit 130' INT TERM

for file in "$@"; do
  mkdir -p "$before/$(dirname "$file")"
  if [ -e "$file" ]; then cp "$file" "$before/$file"; fi
done

"${MAKE:-make}" --no-print-directory generate

stale=
for file in "$@"; do
  diff -u "$before/$file" "$file" || stale="$stale $file"
done
if [ -n "$stale" ]; then
  echo "generated: these files were stale and have been rewritten, commit them:$stale" >&2
  exit 1
fi
