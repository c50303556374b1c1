#!/bin/sh
# Says where a function of template.yaml lies under functions/: name.sh OrdersCreate
# says orders-create. localstack/template has the same rule in Go; a test there
# holds the two together.
set -eu

printf '%s\n' "$1" | sed 's/\([A-Z]\)\([A-Z][a-z]\)/\1-\2/g; s/\([a-z0-9]\)\([A-Z]\)/\1-\2/g' | tr '[:upper:]' '[:lower:]'
