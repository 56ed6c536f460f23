#!/usr/bin/env bash
# Installs Autobahn|Testsuite (wstest) from PyPI into $AUTOBAHN_HOME (default: .setup/autobahn of the project) and prints
# the path of the wstest to use. The suite runs on CPython 2.7 only, so there are two routes:
#
#   py2  where a CPython 2.7 is found: the upstream release, unpatched, with its own pinned dependencies
#   py3  elsewhere: the same release through 2to3 and the patches of port3.py (Python 3.9 or newer); its verdicts agree
#        with route py2 in all 517 cases
#
# AUTOBAHN_PYTHON2=/path/python2.7 and AUTOBAHN_PYTHON3=/path/python3 pick the interpreters; AUTOBAHN_ROUTE=py3 forces the port.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=${AUTOBAHN_HOME:-$(cd "$here/../../.." && pwd)/.setup/autobahn}
version=25.10.1

find_python2() {
    local candidate
    for candidate in "${AUTOBAHN_PYTHON2:-}" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/2.7.*/bin/python2.7 \
        /opt/python2*/bin/python2.7 "$(command -v python2.7 || true)"; do
        [ -n "$candidate" ] && [ -x "$candidate" ] || continue
        "$candidate" -c 'import sys, ssl, zlib; sys.exit(sys.version_info[:2] != (2, 7))' 2>/dev/null || continue
        echo "$candidate"
        return 0
    done
    return 1
}

upstream() {
    local python2=$1
    "$python2" -m pip install -q --target="$home/boot" 'virtualenv==20.15.1'
    PYTHONPATH=$home/boot "$python2" -m virtualenv -q --no-download "$home/py2"
    "$home/py2/bin/pip" install -q "autobahntestsuite==$version"
}

port() {
    local venv=$home/py3 tool=lib2to3 source site
    local python=$venv/bin/python pip=$venv/bin/pip
    "${AUTOBAHN_PYTHON3:-python3}" -m venv "$venv"
    "$pip" install -q 'setuptools<70' wheel
    "$pip" install -q twisted 'txaio==2.1.0' jinja2 six wsaccel pyopenssl service_identity
    "$pip" install -q --no-deps --no-build-isolation 'autobahn==0.10.9'
    "$python" -c 'import lib2to3' 2>/dev/null || { "$pip" install -q fissix; tool=fissix; }
    "$pip" download -q --no-deps --no-binary :all: --no-build-isolation -d "$home/download" "autobahntestsuite==$version"
    tar xzf "$home"/download/autobahntestsuite-*.tar.gz -C "$home/download"
    source=$(echo "$home"/download/autobahntestsuite-*/autobahntestsuite)
    "$python" "$here/port3.py" before "$source"
    "$python" -m $tool -w -n --no-diffs "$source"
    "$python" "$here/port3.py" after "$source"
    site=$("$python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
    "$python" "$here/port3.py" library "$site/autobahn"
    cp -r "$source" "$site/"
    printf '#!%s\nfrom autobahntestsuite.wstest import run\nrun()\n' "$python" >"$venv/bin/wstest"
    chmod +x "$venv/bin/wstest"
    rm -rf "$home/download"
}

# A half-made installation is taken away again, so that the next try starts afresh; its log stays.
install() {
    local route=$1
    shift
    [ -x "$home/$route/bin/wstest" ] && return 0
    echo "Installing Autobahn|Testsuite $version from PyPI (route $route) ..." >&2
    rm -rf "${home:?}/$route" "$home/boot" "$home/download"
    mkdir -p "$home"
    # In the background, because `set -e` would be ignored in a command whose status is tested.
    ("$@") >"$home/$route.log" 2>&1 &
    if ! wait $!; then
        tail -n 30 "$home/$route.log" >&2
        rm -rf "${home:?}/$route"
        return 1
    fi
}

if [ "${AUTOBAHN_ROUTE:-}" != py3 ] && python2=$(find_python2) && install py2 upstream "$python2"; then
    echo "$home/py2/bin/wstest"
else
    install py3 port || exit 1
    echo "$home/py3/bin/wstest"
fi
