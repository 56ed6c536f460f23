#!/bin/sh
# echo-client.sh URL AGENT
#   Answers Autobahn|Testsuite's fuzzing server at URL with `sockeye connect --echo`, one run for each case.
#   The other way to do it, without a process for each case, is the program in Client/.
# environment: SOCKEYE, the binary (default: .build/release/sockeye).
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
sockeye=${SOCKEYE:-$root/.build/release/sockeye}
url=$1 agent=$2
count=$("$sockeye" connect "$url/getCaseCount" --quiet --wait forever </dev/null)
case=1
while [ "$case" -le "$count" ]; do
    # How a case ends is the suite's to judge: many end with a broken protocol, on purpose.
    "$sockeye" connect "$url/runCase?case=$case&agent=$agent" --echo --compress --quiet </dev/null || true
    case=$((case + 1))
done
"$sockeye" connect "$url/updateReports?agent=$agent" --echo --quiet </dev/null
