#!/bin/sh
# Puts a PostgreSQL in place for the tests: Debian's package, where there is none yet. No server is
# started and no cluster made; the tests make one of their own.
set -eu
for each in "$(command -v initdb || true)" /usr/lib/postgresql/*/bin/initdb; do
    if [ -x "$each" ]; then
        exit 0
    fi
done
if ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need PostgreSQL's server: install it and put 'initdb' on the PATH." >&2
    exit 1
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo"
fi
$as_root mkdir -p /etc/postgresql-common/createcluster.d
echo "create_main_cluster = false" |
    $as_root tee /etc/postgresql-common/createcluster.d/no_main_cluster.conf >/dev/null
$as_root apt-get update -qq
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    postgresql >/dev/null
