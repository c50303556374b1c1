#!/bin/sh
# Expands template.yaml by SAM's own transform and holds the result to what the
# system promises; then breaks it in every way that a check is there for.
set -eu

dir=$(tools/install.sh cfn-lint) || {
  if [ "${CI:-}" = true ]; then exit 1; fi
  echo "template: SKIPPED, template.yaml was NOT expanded" >&2
  exit 0
}

exec env PYTHONPATH="$dir" PYTHONDONTWRITEBYTECODE=1 python3 -W ignore -m unittest discover -q -s tools/template -p '*_test.py'
