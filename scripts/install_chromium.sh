#!/bin/sh
# Puts a Chromium in place for the browser tests: Debian's package, where there is none yet.
set -eu
. "$(dirname "$0")/debian.sh"
if command -v chromium >/dev/null 2>&1; then
    exit 0
fi
need_debian "The browser tests" Chromium chromium
add_packages chromium fonts-dejavu-core
