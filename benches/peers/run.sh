#!/usr/bin/env bash
# Compares this engine with another one on the same rules and events:
#     benches/peers/run.sh speed [ROUNDS]    events per CPU second of both
#     benches/peers/run.sh agree             the same matches, event by event
# Both look for rules and events in ../shared/data beside the checkout, or where
# SECSTREAM_SHARED_DATA says; without them they say so and do nothing.
set -euo pipefail
cd "$(dirname "$0")"
# the versions of the project's own dependencies
cp ../../Cargo.lock Cargo.lock
cargo build -q --release --target-dir ../../target
exec ../../target/release/secstream-peers "$@"
