#!/usr/bin/env bash
# setup.sh build|test
#   Makes a Debian 12 machine ready to build Sockeye (build) or to run all its checks as well (test): checks the Swift
#   toolchain, installs the Debian packages that are missing, and for `test` creates .venv with pinned PyPI packages.
#   Says what it is going to install and why before it does. A stamp in .setup/ makes the next run instant.
set -euo pipefail
cd "$(dirname "$0")/.."
stage=${1:?usage: setup.sh build|test}

error() {
    echo "sockeye: error: $1" >&2
    shift
    local hint
    for hint in "$@"; do echo "sockeye: hint: $hint" >&2; done
    exit 1
}

# Swift itself is not a Debian package, so it is the one thing a person has to bring.
check_swift() {
    local tool=${SWIFT:-swift} version major minor
    tool=${tool##* }
    command -v "$tool" >/dev/null 2>&1 || error "there is no Swift toolchain in PATH" \
        "Sockeye is built with Swift 6.2 or newer: install it as told on https://www.swift.org/install/linux/" \
        "then put its usr/bin in PATH, e.g. export PATH=/opt/swift/usr/bin:\$PATH"
    version=$("$tool" --version 2>&1 | grep -oE 'Swift version [0-9]+\.[0-9]+' | grep -oE '[0-9]+\.[0-9]+' | head -n 1)
    major=${version%%.*} minor=${version##*.}
    if [ -z "$version" ] || [ "$major" -lt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -lt 2 ]; }; then
        error "Swift ${version:-of unknown version} is too old: $(command -v "$tool")" \
            "Sockeye needs Swift 6.2 or newer: https://www.swift.org/install/linux/"
    fi
}

# name|why
build_packages='
libssl-dev|OpenSSL headers: TLS and token signatures
libcurl4-openssl-dev|libcurl headers: requests to your own backend and to AI services
libsqlite3-dev|SQLite headers: the store for what must outlive the server
zlib1g-dev|zlib headers: permessage-deflate
libpcre2-dev|PCRE2 headers: the regular expressions of nginx configurations
libtomlplusplus-dev|toml++ headers: the configuration file and those of frp
libyaml-dev|libyaml headers: compose files, manifests and tunnels that the doctor reads
libstdc++-12-dev|the C++ library that toml++ is compiled against
libc6-dev|C headers and start files
binutils|linker and strip
make|runs the targets of the Makefile
'
test_packages='
python3-venv|an environment of its own for the test tools
nginx-light|the reverse proxy the tests go through
libnginx-mod-stream|nginx as a TCP proxy, in the cases of the doctor
haproxy|another proxy, in the cases of the doctor
apache2-bin|another proxy, in the cases of the doctor
chromium|the browser the built-in page is tested in
openssl|certificates for the TLS tests
gcc|load generator and benchmark floors
procps|looking at processes in the tests
util-linux|prlimit, for the descriptor limit tests
'

missing_of() {
    local name why
    while IFS='|' read -r name why; do
        [ -n "$name" ] || continue
        # nginx-light may be stood in for by any other flavour of nginx.
        [ "$name" = nginx-light ] && { command -v nginx || [ -x /usr/sbin/nginx ]; } >/dev/null 2>&1 && continue
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || printf '%s|%s\n' "$name" "$why"
    done <<<"$1"
}

install_packages() {
    local missing name why names=() sudo=()
    missing=$(missing_of "$1")
    [ -n "$missing" ] || return 0
    echo "Sockeye needs these Debian packages, which are not installed yet:" >&2
    while IFS='|' read -r name why; do
        printf '  %-22s %s\n' "$name" "$why" >&2
        names+=("$name")
    done <<<"$missing"
    command -v apt-get >/dev/null 2>&1 || error "there is no apt-get on this machine" \
        "install what corresponds to: ${names[*]}, then run: touch .setup/$stage"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 || error "installing packages needs root, and there is no sudo" \
            "as root: apt-get install ${names[*]}"
        sudo=(sudo)
    fi
    echo "Installing them with apt-get${sudo:+ through sudo} ..." >&2
    local log
    log=$(mktemp)
    # A package's own service must not start: the tests run nginx by themselves on free ports.
    if ! { "${sudo[@]}" apt-get update && "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install -y --no-install-recommends "${names[@]}"; } >"$log" 2>&1 </dev/null; then
        tail -n 25 "$log" >&2
        error "apt-get could not install: ${names[*]}" "the whole output is in $log"
    fi
    rm -f "$log"
}

make_venv() {
    local requirements=Tests/BlackBox/requirements.txt files=Tests/BlackBox/requirements-files.txt
    [ -x .venv/bin/python ] && cat "$requirements" "$files" | cmp -s - .venv/requirements.installed && return 0
    echo "Creating .venv with the packages of $requirements ..." >&2
    rm -rf .venv
    python3 -m venv .venv
    .venv/bin/pip install -q --disable-pip-version-check -r "$requirements"
    .venv/bin/pip install -q --disable-pip-version-check --no-deps -r "$files"
    cat "$requirements" "$files" >.venv/requirements.installed
}

mkdir -p .setup
check_swift
# The stamp holds the list it was made for, so a new entry in the list is noticed.
ready() { [ -f ".setup/$1" ] && [ "$(cat ".setup/$1")" = "$2" ]; }
if command -v dpkg-query >/dev/null 2>&1; then
    ready build "$build_packages" || { install_packages "$build_packages"; echo "$build_packages" >.setup/build; }
    if [ "$stage" = test ]; then
        ready test "$test_packages" || { install_packages "$test_packages"; echo "$test_packages" >.setup/test; }
    fi
elif [ ! -e ".setup/$stage" ]; then
    error "this is not a Debian machine, so nothing was installed" \
        "install these yourself, then run: mkdir -p .setup && touch .setup/$stage" \
        "$(echo "$build_packages" | cut -d'|' -f1 | xargs)"
fi
[ "$stage" = test ] && make_venv
exit 0
