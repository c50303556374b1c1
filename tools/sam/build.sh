#!/bin/sh
# Puts one function where `sam build` wants it: build.sh ARCHITECTURE LOGICALID
# with ARTIFACTS_DIR, at the root of the repository. SAM asks for each function
# by a make of its own, many at once when it builds in parallel: the first asks
# Go to link them all, and the others wait for it.
set -eu

architecture=$1 id=$2
case $architecture in
x86_64) goarch=amd64 machine=3e00 ;; # machine: as the ELF header says it
arm64) goarch=arm64 machine=b700 ;;
*)
  echo "sam build: unknown architecture $architecture" >&2
  exit 1
  ;;
esac

name=$(tools/sam/name.sh "$id")

# SAM empties its build directory when it starts, and a round goes with it.
mkdir -p "$ARTIFACTS_DIR"
round=$(dirname "$ARTIFACTS_DIR")/.round

# No make of ours obeys the options of SAM's.
ours() { env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL GOOS=linux GOARCH="$goarch" make --no-print-directory "$@"; }

link() {
  ours build >&2 && ours where >"$round/where" && echo linked >>"$round/links"
}

# lead links for all that wait.
lead() {
  echo $$ >"$round/leader"
  mkdir "$round/$id"
  if link; then
    : >"$round/done"
  else
    : >"$round/failed"
    exit 1
  fi
}

# follow waits for the leader, 20 minutes at most: what a machine takes that has
# never built Go, several times over.
follow() {
  tries=6000
  until [ -e "$round/done" ]; do
    tries=$((tries - 1))
    if [ -e "$round/failed" ] || [ "$tries" -le 0 ] || gone; then
      echo "sam build: the functions were not linked" >&2
      exit 1
    fi
    sleep 0.2
  done
}

# gone says whether the leader has died without a word.
gone() {
  [ -s "$round/leader" ] && ! kill -0 "$(cat "$round/leader")" 2>/dev/null && [ ! -e "$round/done" ]
}

if mkdir "$round" 2>/dev/null; then
  lead
elif mkdir "$round/$id" 2>/dev/null; then
  follow
else
  link # asked again: the sources have changed since, as under sam sync --watch
fi

binary=$(cat "$round/where")/$name
if [ ! -e "$binary" ]; then
  echo "sam build: $id needs functions/$name, which is not there" >&2
  exit 1
fi
if [ "$(od -An -tx1 -j18 -N2 "$binary" | tr -d ' \n')" != "$machine" ]; then
  echo "sam build: $binary is not linked for $architecture" >&2
  exit 1
fi

# A link costs nothing where 60 copies are 0.8 GB; Go replaces what it links
# and never writes into it. Another file system takes a copy.
ln -f "$binary" "$ARTIFACTS_DIR/bootstrap" 2>/dev/null || cp -f "$binary" "$ARTIFACTS_DIR/bootstrap"
