#!/usr/bin/env bash
# Runs what this repository says about SAM against SAM itself: its commands, the
# events that its gateway makes, the black-box tests behind `localstack sam`, and
# that nothing is left of a run, however it ends. Needs what make build and make
# stack have made. Every name and port is this run's own, but for what README's
# commands write: .aws-sam/.
set -euo pipefail
cd "$(dirname "$0")/../.."

# In the checkout: `sam build` links the functions, which no other disk can.
mkdir -p .local
home=$(mktemp -d "$PWD/.local/test-sam.XXXXXX")
state=$home/state
export MERCATO_HOME=$state
sam=tools/sam/sam.sh
stack=
passed=0
skipped=0
failed=0
began=$SECONDS

finish() {
  if [ -n "$stack" ]; then kill -s TERM "$stack" 2>/dev/null && wait "$stack" || true; fi
  .local/bin/localstack reset >/dev/null 2>&1 || true
  rm -rf "$home"
}
trap finish EXIT
trap 'exit 130' INT TERM

# What the template is told about this machine; a function for another one gives no answer.
case $(uname -m) in
arm64 | aarch64) architecture=arm64 ;;
*) architecture=x86_64 ;;
esac
here=(--parameter-overrides "Stage=local Architecture=$architecture")

# check WHAT COMMAND...: one case, with its output when it fails.
check() {
  local what=$1
  shift
  if "$@" >"$home/output" 2>&1; then
    passed=$((passed + 1))
    echo "ok    $what ($((SECONDS - began)) s)"
  else
    failed=$((failed + 1))
    echo "FAIL  $what"
    tail -n 40 "$home/output"
  fi
}

# suite WHAT COMMAND...: Go tests, counted one by one.
suite() {
  local what=$1
  shift
  "$@" >"$home/output" 2>&1 || true
  local p s f
  p=$(grep -cE '^ *--- PASS' "$home/output" || true)
  s=$(grep -cE '^ *--- SKIP' "$home/output" || true)
  f=$(grep -cE '^ *--- FAIL|^FAIL' "$home/output" || true)
  if [ "$p" = 0 ]; then f=$((f + 1)); fi
  passed=$((passed + p)) skipped=$((skipped + s)) failed=$((failed + f))
  echo "$([ "$f" = 0 ] && echo ok || echo FAIL)    $what: $p passed, $s skipped ($((SECONDS - began)) s)"
  # A failed test's own words stand before its verdict.
  if [ "$f" != 0 ]; then grep -E -B 8 '^ *--- FAIL' "$home/output" || tail -n 40 "$home/output"; fi
}

# eventually COMMAND...: within a minute.
eventually() {
  for _ in $(seq 300); do
    if "$@"; then return 0; fi
    sleep 0.2
  done
  return 1
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

summary() {
  echo "test-sam: $passed passed, $skipped skipped, $failed failed in $((SECONDS - began)) s"
  [ "$failed" = 0 ]
}

# skip: what needs Docker, where there can be none.
skip() {
  echo "SKIPPED: test-sam ran nothing in containers: $(tail -n 1 "$home/log")"
  skipped=$((skipped + 1))
  summary
  exit
}

# start: the stack, until it is ready. The first time, SAM is installed on the way.
start() {
  port=$(free_port)
  PORT=$port .local/bin/localstack sam >"$home/log" 2>&1 &
  stack=$!
  for _ in $(seq 1500); do
    if [ -e "$state/stack.json" ]; then return 0; fi
    if ! kill -s 0 "$stack" 2>/dev/null; then break; fi
    sleep 0.2
  done
  local status=0
  kill -s TERM "$stack" 2>/dev/null || true
  wait "$stack" || status=$?
  stack=
  if [ "$status" = 3 ]; then skip; fi
  echo "FAIL  localstack sam does not start (status $status):"
  tail -n 40 "$home/log"
  exit 1
}

# family: the stack's process and all that came from it.
family() {
  ps -A -o pid=,ppid= | awk -v root="$stack" '
    { parent[$1] = $2 }
    END {
      member[root] = 1
      do {
        grown = 0
        for (pid in parent) if (!(pid in member) && parent[pid] in member) { member[pid] = 1; grown = 1 }
      } while (grown)
      for (pid in member) print pid
    }' | paste -sd, -
}

# nothing_left PIDS: no process of these, no container, no file with passwords.
nothing_left() {
  local left
  left=$(ps -o pid=,stat=,args= -p "$1" | awk '$2 !~ /^Z/' || true)
  if docker version >/dev/null 2>&1; then
    left+=$(docker ps --all --no-trunc --filter label=sam.cli.container.type=lambda --format '{{.ID}} {{.Mounts}}' | grep -F "$state" || true)
  fi
  if [ -e "$state/sam/variables.json" ]; then left+=" variables.json"; fi
  [ -z "$left" ] || {
    echo "$left"
    return 1
  }
}

linked() {
  local directory
  for directory in "$home"/build/*/; do
    local id
    id=$(basename "$directory")
    local name
    name=$(echo "$id" | sed 's/\([a-z]\)\([A-Z]\)/\1-\2/g' | tr '[:upper:]' '[:lower:]')
    [ "$directory/bootstrap" -ef "dist/$name" ] || {
      echo "$directory/bootstrap is not dist/$name"
      return 1
    }
  done
  [ "$(find "$home/build" -name bootstrap | wc -l)" = "$(find functions -name main.go | wc -l)" ]
}

# readme COMMAND [PORT]: as it stands there, but for the port and, on another machine than most, the architecture.
readme() {
  grep -qxF "    $1" README.md || {
    echo "README.md has no line: $1"
    return 1
  }
  local words
  read -ra words <<<"${1/3001/${2-}}"
  if [ "$architecture" = arm64 ]; then words+=("${here[@]}"); fi
  exec "$sam" "${words[@]:1}"
}

build_by_hand() { (readme "sam build"); }

# An invocation that got no answer is a success to SAM: what counts is the answer.
invoke() {
  (readme "sam local invoke Health --event tools/sam/health.json") >"$home/answer"
  cat "$home/answer"
  grep -q '"statusCode": *200' "$home/answer"
}

# by_hand: SAM's own API, without what the local stack tells it.
by_hand() {
  local by_hand_port pid status=0
  by_hand_port=$(free_port)
  (readme "sam local start-api --port 3001" "$by_hand_port") &
  pid=$!
  eventually healthy "$by_hand_port" "$pid" || status=1
  kill -s TERM "$pid" 2>/dev/null || true
  wait "$pid" || true
  return "$status"
}

# healthy PORT PID: when the process is gone, nothing else is.
healthy() {
  kill -s 0 "$2" || return 1
  python3 -c 'import sys, urllib.request; assert urllib.request.urlopen(sys.argv[1]).read() == b"{\"status\":\"ok\"}\n"' "http://localhost:$1/health" 2>/dev/null
}

# killed_early: a daemon of our own that has just been started. MERCATO_HOME is then as good as new.
killed_early() {
  PORT=$(free_port) .local/bin/localstack sam >"$home/log" 2>&1 &
  stack=$!
  local status=0
  for _ in $(seq 300); do
    if [ -e "$state/docker/pid" ] || ! kill -s 0 "$stack" 2>/dev/null; then break; fi
    sleep 0.05
  done
  if [ ! -e "$state/docker/pid" ]; then
    kill -s TERM "$stack" 2>/dev/null || true
    wait "$stack" || status=$?
    stack=
    cat "$home/log"
    return 1
  fi
  local processes
  processes=$(family)
  kill -s KILL "$stack"
  wait "$stack" 2>/dev/null || true
  stack=
  eventually nothing_left "$processes" >"$home/left" || {
    tail -n 5 "$home/left"
    return 1
  }
  .local/bin/localstack reset
}

check "every function is linked once for each architecture" tools/sam/check.sh
if docker version >/dev/null 2>&1; then
  skipped=$((skipped + 1))
  echo "skipped: a kill while the daemon starts: this machine's own runs already"
elif [ "$(id -u)" = 0 ] && command -v docker >/dev/null && command -v dockerd >/dev/null && [ -z "${DOCKER_HOST-}" ]; then
  check "nothing is left after SIGKILL before SAM starts, and reset works" killed_early
fi

start
echo "ok    localstack sam is ready after $((SECONDS - began)) s"
check "sam validate --lint" "$sam" validate --lint
check "sam build" "$sam" build --build-dir "$home/build" "${here[@]}"
check "sam build has linked every function" linked
check "README: sam build" build_by_hand
check "README: sam local invoke" invoke
check "README: sam local start-api" by_hand
check "an order is completed" .local/bin/localstack demo
suite "black-box tests behind SAM" env TEST_HOST=sam TEST_BASE_URL="http://localhost:$port" go test -count=1 -v ./localstack/e2e

processes=$(family)
kill -s TERM "$stack"
check "it ends on SIGTERM" wait "$stack"
stack=
check "nothing is left after SIGTERM" nothing_left "$processes"

suite "SAM's events are the golden ones" env TEST_SAM=on go test -count=1 -v -run '^TestGolden' ./localstack/sam

start
python3 -c "import urllib.request; urllib.request.urlopen('http://localhost:$port/health')" # so that there are two containers
processes=$(family)
kill -s KILL "$stack"
wait "$stack" 2>/dev/null || true
stack=
check "nothing is left after SIGKILL" eventually nothing_left "$processes"

summary
