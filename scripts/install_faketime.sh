#!/bin/sh
# Puts faketime in place for the tests of clocks that jump: Debian's package, where there is none yet.
set -eu
if command -v faketime >/dev/null 2>&1; then
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests of clocks need faketime: install it and put 'faketime' on the PATH." >&2
    exit 1
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo"
fi
$as_root apt-get update -qq
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    faketime >/dev/null
