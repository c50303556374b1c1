#!/bin/sh
# Lints template.yaml with the cfn-lint that requirements.txt pins, which is
# what `sam validate --lint` runs. Installs it on first use, for this checkout
# only. Run it from the root of the repository.
set -eu

here=$(dirname "$0")
requirements=$here/requirements.txt

if ! python3 -m pip --version >/dev/null 2>&1; then
  if [ "${CI:-}" = true ]; then
    echo "cfn-lint: python3 with pip is missing" >&2
    exit 1
  fi
  echo "cfn-lint: SKIPPED, template.yaml was NOT linted: python3 with pip is missing" >&2
  exit 0
fi

# Keyed by the pins and by the Python: its compiled parts fit one version only.
key=$(python3 -c '
import hashlib, sys
pins = open(sys.argv[1], "rb").read()
print("py%d%d-%s" % (*sys.version_info[:2], hashlib.sha256(pins).hexdigest()[:12]))' "$requirements")
dir=.local/tools/cfn-lint-$key

if [ ! -d "$dir" ]; then
  echo "cfn-lint: installing into $dir (once, about 30 s)"
  rm -rf "$dir.part"
  python3 -m pip install --quiet --disable-pip-version-check --no-warn-conflicts \
    --root-user-action=ignore --target "$dir.part" -r "$requirements"
  mv "$dir.part" "$dir"
fi

exec env PYTHONPATH="$dir" python3 "$dir/bin/cfn-lint" --regions us-east-1 -- template.yaml
