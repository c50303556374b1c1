#!/bin/sh
# Runs this checkout's own SAM command line: tools/sam/sam.sh build, local
# start-api and so on. A command that works on this machine alone is kept from
# waiting for AWS; any other runs with the caller's environment as it is.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)

# The first Python that the pinned packages have wheels for.
python=
for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
  if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "sam: Python 3.11, 3.12 or 3.13 is missing (apt-get install python3 python3-pip, brew install python@3.13)" >&2
  exit 1
fi

dir=$(cd "$root" && tools/install.sh sam "$python")
export PYTHONPATH="$root/$dir"
export SAM_CLI_TELEMETRY="${SAM_CLI_TELEMETRY:-0}"

case ${1:-} in
build | validate | local)
  # SAM asks AWS for the account's number and the machine for credentials, and
  # waits 8 to 12 s for each when nobody answers.
  export AWS_EC2_METADATA_DISABLED=true AWS_MAX_ATTEMPTS=1
  export AWS_ENDPOINT_URL_STS=http://127.0.0.1:1
  credentials=${AWS_SHARED_CREDENTIALS_FILE:-${HOME:-}/.aws/credentials}
  settings=${AWS_CONFIG_FILE:-${HOME:-}/.aws/config}
  if [ -z "${AWS_PROFILE:-}${AWS_ACCESS_KEY_ID:-}" ] && [ ! -e "$credentials" ] && [ ! -e "$settings" ]; then
    export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
    export AWS_DEFAULT_REGION="${AWS_REGION:-${AWS_DEFAULT_REGION:-us-east-1}}"
  fi
  ;;
esac

exec "$python" "$root/$dir/bin/sam" "$@"
