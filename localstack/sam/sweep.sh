# Ends what a run has left: sweep.sh DIRECTORY [DAEMON-DIRECTORY]. Its containers are told from another SAM's by what is mounted
# in them, which lies in the run's own directory. SAM itself comes first, because it starts containers; the daemon last.
status=0
limit=100 # tenths of a second: what SAM takes to end is about one

# ours PID WORD: a number that a file kept may be another process's by now. That one's command line lacks the word.
ours() {
  case $(if [ -e "/proc/$1" ]; then tr '\0' ' ' <"/proc/$1/cmdline"; else ps -ww -o args= -p "$1"; fi 2>/dev/null) in
  *"$2"*) return 0 ;;
  esac
  return 1
}

gone_or_killed() {
  n=0
  while kill -s 0 -- "$1" 2>/dev/null && [ "$n" -lt "$2" ]; do
    sleep 0.1
    n=$((n + 1))
  done
  kill -s KILL -- "$1" 2>/dev/null
}

if pid=$(cat "$1/pid" 2>/dev/null); then
  if ours "$pid" "$1/"; then
    kill -s TERM -- "-$pid" 2>/dev/null
    gone_or_killed "-$pid" "$limit"
  fi
  rm -f "$1/pid"
fi

# A daemon that does not answer holds nobody up.
bounded() {
  if command -v timeout >/dev/null; then timeout 20 "$@"; else "$@"; fi
}

containers=$(bounded docker ps --all --no-trunc --filter label=sam.cli.container.type=lambda --format '{{.ID}} {{.Mounts}}') || status=1
printf '%s\n' "$containers" | {
  failed=0
  while read -r id mounts; do
    case $mounts in
    *"$1/"*) docker rm --force "$id" >/dev/null || failed=1 ;;
    esac
  done
  exit "$failed"
} || status=1

rm -f "$1/variables.json"

# daemons DIRECTORY: those whose command line says that they are this directory's. The pattern is not in grep's own.
daemons() {
  for line in $(printf '%s\n' "mercato.state=$1" | grep -lF -f - /proc/[0-9]*/cmdline 2>/dev/null); do
    if tr '\0' '\n' <"$line" | grep -qxF -e "mercato.state=$1"; then
      line=${line#/proc/}
      echo "${line%/cmdline}"
    fi
  done 2>/dev/null
}

if [ -n "${2-}" ]; then
  for pid in $(daemons "$2"); do
    kill -s TERM "$pid" 2>/dev/null
    gone_or_killed "$pid" 200
  done
fi

exit "$status"
