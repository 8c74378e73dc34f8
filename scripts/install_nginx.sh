#!/bin/sh
# Puts an nginx in place for the tests of several processes: Debian's package, where there is none
# yet. The tests start it themselves; as a service of the system it is neither started nor enabled.
set -eu
if command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ]; then
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests of several processes need nginx: install it and put 'nginx' on the PATH." >&2
    exit 1
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo"
fi
# Debian asks this file whether a service that is being installed may start; 101 is no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap '$as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
fi
$as_root apt-get update -qq
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    nginx >/dev/null
if [ -d /run/systemd/system ]; then
    $as_root systemctl --quiet disable nginx
fi
