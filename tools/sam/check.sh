#!/bin/sh
# Builds every function with SAM for this machine and for prod, one after the
# other and in parallel, and looks at what came out: one link run for all, hard
# links and no copies, the right architecture. Needs no Docker.
set -eu

cd "$(dirname "$0")/../.."
want=$(find functions -mindepth 2 -maxdepth 2 -name main.go | wc -l)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "sam build: $*" >&2
  exit 1
}

# check DIRECTORY DIST MACHINE: what SAM built there.
check() {
  runs=$(wc -l <"$1/.round/links")
  [ "$runs" -eq 1 ] || fail "$1: linked $runs times, not once"
  count=0
  for binary in "$1"/*/bootstrap; do
    machine=$(od -An -tx1 -j18 -N2 "$binary" | tr -d ' \n')
    [ "$machine" = "$3" ] || fail "$binary is for another machine: $machine"
    find "$2" -samefile "$binary" | grep -q . || fail "$binary is a copy"
    count=$((count + 1))
  done
  [ "$count" -eq "$want" ] || fail "$1: $count functions, not $want"
}

for environment in default dev staging prod; do
  AWS_REGION=${AWS_REGION:-us-east-1} tools/sam/sam.sh validate --lint --config-env "$environment" >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; fail "$environment is not valid"; }
done

sed 's/parallel = true/parallel = false/' samconfig.toml >"$work/sequential.toml"
for settings in "$PWD/samconfig.toml" "$work/sequential.toml"; do
  for environment in default prod; do
    tools/sam/sam.sh build --config-file "$settings" --config-env "$environment" >"$work/log" 2>&1 ||
      { cat "$work/log" >&2; fail "$environment does not build"; }
  done
  check .aws-sam/build "$(env GOOS=linux GOARCH=amd64 make --no-print-directory where)" 3e00
  check .aws-sam/prod "$(env GOOS=linux GOARCH=arm64 make --no-print-directory where)" b700
done
echo "sam build: $want functions for each of two architectures, each linked once, none copied"
