#!/bin/sh
# Chooses a Python and lets it make the environment. PYTHON names another one.
set -u
cd "$(dirname "$0")/.." || exit 2

# What the project is tested on; the first that has all it needs is taken.
VERSIONS="3.14 3.13 3.12 3.11 3.10 3.9"
tested="Python ${VERSIONS##* } to ${VERSIONS%% *}"

fail() {
    echo "error: $1" >&2
    exit 2
}

# An environment that was once complete keeps its Python.
if [ -z "${PYTHON:-}" ] && [ -f .venv/installed ] && .venv/bin/python -c "" 2>/dev/null; then
    exec .venv/bin/python install/environment.py
fi

incomplete= # what the first Python of a tested version lacks
untested=   # a Python of another version

# Run the installation under Python $1 and end, or note what is wrong with it.
try() {
    version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || return
    case " $VERSIONS " in
    *" $version "*)
        missing=$("$1" install/check.py 2>&1) && exec "$1" install/environment.py
        incomplete=${incomplete:-$1 (Python $version): $missing} ;;
    *)
        untested=${untested:-"$1 is Python $version, and the project is tested on $tested"} ;;
    esac
}

if [ -n "${PYTHON:-}" ]; then
    try "$PYTHON"
    fail "${incomplete:-${untested:-PYTHON=$PYTHON does not run}}"
fi
for version in $VERSIONS; do
    try "python$version"
done
try python3
[ -z "$incomplete" ] || fail "$incomplete"

if command -v apt-get >/dev/null; then
    how="apt-get install python3 python3-venv python3-dev"
elif command -v dnf >/dev/null; then
    how="dnf install python${VERSIONS%% *} python${VERSIONS%% *}-devel"
elif command -v brew >/dev/null; then
    how="brew install python@${VERSIONS%% *}"
else
    how="see python.org"
fi
fail "${untested:-there is no Python here, and the project needs $tested}: \
install one ($how), or name it: make setup PYTHON=/path/to/python"
