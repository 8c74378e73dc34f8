#!/bin/sh
# Puts a PostgreSQL in place for the tests: Debian's package, where there is none yet. No server is
# started and no cluster made; the tests make one of their own.
set -eu
. "$(dirname "$0")/debian.sh"
for each in "$(command -v initdb || true)" /usr/lib/postgresql/*/bin/initdb; do
    if [ -x "$each" ]; then
        exit 0
    fi
done
need_debian "The tests" "PostgreSQL's server" initdb
$as_root mkdir -p /etc/postgresql-common/createcluster.d
echo "create_main_cluster = false" |
    $as_root tee /etc/postgresql-common/createcluster.d/no_main_cluster.conf >/dev/null
add_packages postgresql
