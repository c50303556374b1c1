# Ends what a run has left: sweep.sh DIRECTORY [DAEMON-PID]. Its containers are told from another SAM's by what is mounted
# in them, which lies in the run's own directory. SAM itself comes first, because it starts containers.
status=0
limit=100 # tenths of a second: what SAM takes to end is about one

gone_or_killed() {
  n=0
  while kill -s 0 -- "$1" 2>/dev/null && [ "$n" -lt "$2" ]; do
    sleep 0.1
    n=$((n + 1))
  done
  kill -s KILL -- "$1" 2>/dev/null
}

if pid=$(cat "$1/pid" 2>/dev/null); then
  kill -s TERM -- "-$pid" 2>/dev/null
  gone_or_killed "-$pid" "$limit"
  rm -f "$1/pid"
fi

containers=$(docker ps --all --no-trunc --filter label=sam.cli.container.type=lambda --format '{{.ID}} {{.Mounts}}') || status=1
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

if [ -n "${2-}" ]; then
  kill -s TERM "$2" 2>/dev/null
  gone_or_killed "$2" 200
fi

exit "$status"
