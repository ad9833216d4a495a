#!/usr/bin/env bash
# Builds the fuzzer and runs its targets, each for SECONDS (30):
#     tests/fuzz/run.sh [SECONDS] [TARGET...]
# FUZZ_SEED=N makes a run draw the same inputs again (0, the default: others each time).
# Needs a C++ compiler beside what the project needs; no nightly toolchain: the
# coverage is asked of LLVM itself, and the memory is Rust's own to guard.
# What it finds is kept in tests/fuzz/corpus (ignored by git), what breaks in
# tests/fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-30}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(lines json windows audit tables frames packed index evtx rules pipelines small query formats config cases)

host=$(rustc -vV | sed -n 's/^host: //p')
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module \
-Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
# --target keeps the flags away from build scripts, which cannot link them
# the versions of the project's own dependencies
cp ../../Cargo.lock Cargo.lock
cargo build -q --release --target "$host" --target-dir ../../target/fuzz
fuzzer=../../target/fuzz/$host/release/secstream-fuzz

failed=0
for t in "${targets[@]}"; do
    mkdir -p "corpus/$t" "artifacts/$t"
    seeds=()
    [ ! -d "seeds/$t" ] || seeds=("seeds/$t")
    [ "$t" != rules ] || seeds+=(../../rules)
    dict=()
    [ ! -f "seeds/$t.dict" ] || dict=("-dict=seeds/$t.dict")
    # an exported case is longer than anything else that is tried
    longest=8192
    [ "$t" != cases ] || longest=65536
    log=$(mktemp)
    if FUZZ_TARGET=$t "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=$longest -seed="${FUZZ_SEED:-0}" \
        -artifact_prefix="artifacts/$t/" "${dict[@]}" "corpus/$t" "${seeds[@]}" >"$log" 2>&1; then
        echo "fuzz $t: $(grep -c . "$log") lines of log, $(grep -E '^Done' "$log" || echo done)"
    else
        failed=1
        echo "fuzz $t: FAILED"
        tail -40 "$log"
    fi
    rm -f "$log"
done
exit $failed
