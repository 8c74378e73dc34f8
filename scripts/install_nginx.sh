#!/bin/sh
# Puts an nginx in place for the tests of several processes: Debian's package, where there is none
# yet. The tests start it themselves; as a service of the system it is neither started nor enabled.
set -eu
. "$(dirname "$0")/debian.sh"
if command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ]; then
    exit 0
fi
need_debian "The tests of several processes" nginx nginx
# Debian asks this file whether a service that is being installed may start; 101 is no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap '$as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
fi
add_packages nginx
if [ -d /run/systemd/system ]; then
    $as_root systemctl --quiet disable nginx
fi
