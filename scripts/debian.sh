# Puts a package of Debian's in place, for the scripts beside it, which read this file.

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo"
fi

# Ends with one line where there is no Debian: which tests need what, and what to put on the PATH.
need_debian() {
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "$1 need $2: install it and put '$3' on the PATH." >&2
        exit 1
    fi
}

add_packages() {
    $as_root apt-get update -qq
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "$@" >/dev/null
}
