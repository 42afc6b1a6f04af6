#!/usr/bin/env bash
# Coverage-guided fuzzing on stable Rust: builds libFuzzer's program and runs each target for a while.
# usage: fuzz/run.sh [SECONDS A TARGET = 20] [TARGET...]
#
# New inputs stay in fuzz/corpus (ignored by git) and are used by the next run. An input that breaks something lies in
# fuzz/artifacts/TARGET; mend it and move it to fuzz/regressions/TARGET, which `cargo test --test fuzz` reads.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-20}
shift || true

# What cargo-fuzz passes, without its sanitizers: those need a nightly compiler, and this code is safe Rust.
flags="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
flags+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
flags+=" -Cllvm-args=-sanitizer-coverage-trace-compares"
host=$(rustc -vV | sed -n 's/^host: //p')
target_dir=${FORAMEN_FUZZ_TARGET_DIR:-target}
# With --target the flags are not for build scripts and macros.
RUSTFLAGS=$flags cargo build --release --locked --target "$host" --target-dir "$target_dir"
program=$target_dir/$host/release/fuzz

targets=("$@")
if [ "${#targets[@]}" -eq 0 ]; then
    targets=($(sed -n 's/^    ("\([a-z]*\)", [a-z]*),$/\1/p' src/targets.rs))
fi
[ "${#targets[@]}" -gt 0 ] || { echo "fuzz/run.sh: no targets found" >&2; exit 1; }
for target in "${targets[@]}"; do
    mkdir -p "corpus/$target" "artifacts/$target" "regressions/$target"
    FORAMEN_FUZZ=$target FORAMEN_SEEDS=corpus/$target "$program"
    log=$(mktemp)
    # Two seconds for one input are a hang for a user; this machine may be busy.
    if ! FORAMEN_FUZZ=$target RUST_BACKTRACE=1 "$program" "corpus/$target" "regressions/$target" \
        -artifact_prefix="artifacts/$target/" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=3000 \
        -max_len=262144 -print_final_stats=1 -verbosity=1 > "$log" 2>&1; then
        tail -n 60 "$log" >&2
        echo "fuzz/run.sh: $target: an input broke it: fuzz/artifacts/$target" >&2
        rm -f "$log"
        exit 1
    fi
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    covered=$(grep -oE 'cov: [0-9]+' "$log" | tail -n 1 || true)
    memory=$(sed -n 's/^stat::peak_rss_mb: *//p' "$log")
    printf '%-10s %9s inputs  %s  peak %s MB\n' "$target" "$runs" "$covered" "$memory"
    rm -f "$log"
done
