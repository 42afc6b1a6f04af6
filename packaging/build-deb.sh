#!/usr/bin/env bash
# Makes the Debian package from a built program, which generates its own man pages and completions.
# usage: packaging/build-deb.sh [PROFILE = dist] [FOLDER FOR THE .deb = target/debian]
# Needs cargo-deb (cargo install cargo-deb) and dpkg-dev. The last line printed is the package's path.
set -euo pipefail
cd "$(dirname "$0")/.."
profile=${1:-dist}
out=${2:-${CARGO_TARGET_DIR:-target}/debian}
folder=$profile
[ "$profile" = dev ] && folder=debug
program=${CARGO_TARGET_DIR:-target}/$folder/foramen
[ -x "$program" ] || { echo "packaging/build-deb.sh: $program is missing: cargo build --profile $profile" >&2; exit 1; }

generated=packaging/generated
rm -rf "$generated"
mkdir -p "$generated/man" "$generated/completions" "$out"
"$program" man --out "$generated/man"
"$program" completions bash > "$generated/completions/foramen"
"$program" completions zsh > "$generated/completions/_foramen"
"$program" completions fish > "$generated/completions/foramen.fish"
fast=()
# A build without optimisation is for testing, and large.
[ "$profile" = dev ] && fast=(--compress-type gzip --strip)
cargo deb --quiet --no-build --profile "$profile" --output "$out/" "${fast[@]}" > /dev/null
ls -t "$out"/foramen_*.deb | head -n 1
