#!/bin/sh
# Puts faketime in place for the tests of clocks that jump: Debian's package, where there is none yet.
set -eu
. "$(dirname "$0")/debian.sh"
if command -v faketime >/dev/null 2>&1; then
    exit 0
fi
need_debian "The tests of clocks" faketime faketime
add_packages faketime
