#!/bin/sh
# Brings a Python tool for this checkout alone: what tools/NAME/requirements.txt
# pins goes to a directory under .local/tools, whose path is the only line on
# standard output. Run it from the root of the repository: install.sh NAME [PYTHON]
set -eu

name=$1
python=${2:-python3}
requirements=tools/$name/requirements.txt

if ! "$python" -m pip --version >/dev/null 2>&1; then
  echo "$name: $python with pip is missing (apt-get install python3-pip)" >&2
  exit 1
fi

# Keyed by the pins and by the Python: compiled parts fit one version only.
key=$("$python" -c '
import hashlib, sys
pins = open(sys.argv[1], "rb").read()
print("py%d%d-%s" % (*sys.version_info[:2], hashlib.sha256(pins).hexdigest()[:12]))' "$requirements")
dir=.local/tools/$name-$key

if [ ! -d "$dir" ]; then
  echo "$name: installing into $dir (once, a minute at most)" >&2
  mkdir -p .local/tools
  # Two may come here at once: each has a place of its own, and the second to finish removes it.
  part=$(mktemp -d "$dir.part.XXXXXX")
  trap 'rm -rf "$part"' EXIT
  trap 'exit 130' INT TERM HUP
  chmod 755 "$part"
  "$python" -m pip install --quiet --disable-pip-version-check --no-warn-conflicts \
    --root-user-action=ignore --target "$part" -r "$requirements" >&2
  # Not mv, which would move it into one that is there.
  "$python" -c 'import os, sys; os.rename(*sys.argv[1:])' "$part" "$dir" 2>/dev/null || [ -d "$dir" ]
  find .local/tools -maxdepth 1 -name '*.part*' -mmin +60 -exec rm -rf {} + # of those that were killed
fi

echo "$dir"
