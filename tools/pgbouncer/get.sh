#!/usr/bin/env bash
# Brings a PgBouncer that keeps track of prepared statements (1.21 or later) for the tests of named statements. Where the
# system has one, nothing is done. Debian 12 has 1.18: there the program of Debian 13 is unpacked into
# node_modules/.cache/pgbouncer, with the libraries that it was built against. Nothing of the system changes. apt
# compares what it downloads with Debian's signature.
set -euo pipefail
cd "$(dirname "$0")/../.."

keeps_track() { # PROGRAM
  [ -n "$1" ] && [ -x "$1" ] || return 1
  local version
  version=$("$1" --version | sed -n '1s/^PgBouncer //p')
  [ -n "$version" ] && [ "$(printf '%s\n' 1.21 "$version" | sort --version-sort | head -n 1)" = 1.21 ]
}

folder=$PWD/node_modules/.cache/pgbouncer
for program in "$folder/pgbouncer" /usr/sbin/pgbouncer "$(command -v pgbouncer || true)"; do
  if keeps_track "$program"; then
    echo "$program keeps track of prepared statements."
    exit 0
  fi
done

uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)
if [ -z "$uri" ]; then
  echo 'No PgBouncer of version 1.21 or later is installed, and apt knows no Debian to get one from. Install one.' >&2
  exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # apt downloads as an account of its own
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
printf 'Types: deb\nURIs: %s\nSuites: trixie\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
  "$uri" >"$work/debian-13.sources"
apt() {
  apt-get -qq -o "Dir::Etc::sourcelist=$work/debian-13.sources" -o Dir::Etc::sourceparts=/dev/null \
    -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o Acquire::Retries=3 -o Acquire::Languages=none \
    -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false -o APT::Sandbox::User=root "$@"
}
apt update
(cd "$work" && apt download pgbouncer libc6 libcares2 libevent-2.1-7t64 libpam0g libssl3t64 libsystemd0)
for package in "$work"/*.deb; do dpkg-deb --extract "$package" "$work/root"; done

rm -rf "$folder"
mkdir -p "$folder/lib"
cp "$work/root/usr/sbin/pgbouncer" "$folder/program"
# The libraries stand in a folder that is named after the processor. The loader is one of them. gconv only converts texts.
find "$work/root" -path '*-linux-gnu/*' -name '*.so*' -not -path '*/gconv/*' -exec cp -P {} "$folder/lib/" \;
loader=$(basename "$(find "$folder/lib" -name 'ld-linux-*.so.*' | head -n 1)")
printf '#!/bin/sh\nexec "%s/lib/%s" --library-path "%s/lib" "%s/program" "$@"\n' \
  "$folder" "$loader" "$folder" "$folder" >"$folder/pgbouncer"
chmod 755 "$folder/pgbouncer"
keeps_track "$folder/pgbouncer"
echo "$("$folder/pgbouncer" --version | head -n 1) of Debian 13 is in node_modules/.cache/pgbouncer."
