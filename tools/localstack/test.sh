#!/bin/sh
# Runs every test that wants another AWS than the stand-ins of this repository,
# against TEST_AWS_ENDPOINT_URL, and ends with a count. Run it from the root of
# the repository: .local/bin/localstack with-aws -- tools/localstack/test.sh
set -u

log=$(mktemp)
trap 'rm -f "$log"' EXIT

go test -v -count=1 -run '_emulator$' \
  ./shared/platform/aws/awstest ./localstack ./localstack/provision ./localstack/e2e >"$log" 2>&1
status=$?

if [ $status != 0 ]; then cat "$log"; fi

# A test with subtests is not one more test. What is skipped says why in the
# line above the verdict of its parent, or its own.
awk '
/^=== RUN/ { n = split($3, part, "/"); if (n > 1) parent[part[1]] = 1 }
/^ *--- (PASS|FAIL|SKIP):/ { verdict[$3] = substr($2, 1, 4) }
END {
  for (name in verdict) if (!(name in parent)) { count[verdict[name]]++; if (verdict[name] == "SKIP") print "skipped: " name | "sort" }
  close("sort")
  printf "test-localstack: %d passed, %d skipped, %d failed\n", count["PASS"], count["SKIP"], count["FAIL"]
  if (count["PASS"] == 0) exit 1
}' "$log" || status=1
exit $status
