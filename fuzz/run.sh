#!/bin/sh
# Runs each fuzzer for so many seconds on seeds from the fixtures, and says how often it ran: fuzz/run.sh SECONDS [TARGET...]
# Where there is no nightly compiler or no cargo-fuzz, it says so, and the property tests (tests/it/strangers.rs) have to do.
set -eu

main() {
    seconds=$1
    shift
    cd "$(dirname "$0")/.."
    if ! cargo +nightly --version >/dev/null 2>&1 || ! cargo fuzz --version >/dev/null 2>&1; then
        echo "fuzz: skipped, for it needs 'rustup toolchain install nightly' and 'cargo install cargo-fuzz'"
        return
    fi
    # Names have no blanks.
    # shellcheck disable=SC2046
    [ $# -gt 0 ] || set -- $(sed -n 's/^pub fn \([a-z_]*\)(data: &\[u8\]).*/\1/p' fuzz/src/lib.rs)
    export LD_LIBRARY_PATH="${DUCKDB_LIB_DIR:-}"
    # Safe code needs no sanitizer of addresses, and without one the C parts need no second build.
    cargo +nightly fuzz build --sanitizer none
    node fuzz/seed.mjs fuzz/seeds
    for target in "$@"; do
        mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target"
        echo "fuzz: $target"
        "$(program "$target")" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=8192 -print_final_stats=1 \
            -artifact_prefix="fuzz/artifacts/$target/" "fuzz/corpus/$target" "fuzz/seeds/$target" >"fuzz/artifacts/$target.log" 2>&1 ||
            { tail -n 30 "fuzz/artifacts/$target.log"; exit 1; }
        sed -n 's/^stat::\(number_of_executed_units\|peak_rss_mb\): */    \1 /p' "fuzz/artifacts/$target.log"
    done
}

program() { echo fuzz/target/*/release/"$1"; }

main "$@"
