#!/usr/bin/env bash
# fuzz.sh build | targets | run [TARGET...]
#   build    builds the fuzz targets with libFuzzer into .build/fuzz (release).
#   targets  prints their names: the folders of Fuzz/Corpus.
#   run      runs each for FUZZ_SECONDS (60), two at a time, from the committed corpus; new inputs stay in .build/fuzz-work.
#            A crash, leak or time-out leaves the input there and makes the exit status 1. Closing line: 'N passed, N failed'.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-60}
jobs=${FUZZ_JOBS:-2}
work=.build/fuzz-work
binary=.build/fuzz/release/FuzzTargets
# libFuzzer is to meet a trap itself, and keep the input.
export SWIFT_BACKTRACE=enable=no

targets() { find Fuzz/Corpus -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort; }

one() {
    local target=$1 log=$work/$1.log
    mkdir -p "$work/$target" "$work/crashes"
    if "$binary" "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$work/crashes/$target-" "$work/$target" "Fuzz/Corpus/$target" >"$log" 2>&1 </dev/null; then
        awk -v t="$target" '/number_of_executed_units/ { n = $2 } END { printf "%-24s %d inputs, nothing found\n", t, n }' "$log"
    else
        echo "$target: FAILED, see $log"
        tail -n 30 "$log"
        return 1
    fi
}

case ${1:-} in
build)
    ${SWIFT:-swift} build -c release --scratch-path .build/fuzz --traits Fuzzing --product FuzzTargets \
        -Xswiftc -sanitize=fuzzer -Xcc -fsanitize=fuzzer-no-link -Xswiftc -use-ld=lld
    ;;
targets) targets ;;
run)
    shift
    mkdir -p "$work"
    [ $# -gt 0 ] || mapfile -t set < <(targets)
    [ $# -eq 0 ] || set=("$@")
    passed=0 failed=0 pids=()
    reap() { if wait "$1"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi; }
    for target in "${set[@]}"; do
        one "$target" &
        pids+=($!)
        if [ ${#pids[@]} -ge "$jobs" ]; then
            reap "${pids[0]}"
            pids=("${pids[@]:1}")
        fi
    done
    for pid in "${pids[@]}"; do reap "$pid"; done
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    ;;
*)
    sed -n '2,6p' "$0"
    exit 2
    ;;
esac
