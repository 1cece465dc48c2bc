#!/bin/sh
# Chooses a Python and lets it make the environment. PYTHON names another one.
set -u
cd "$(dirname "$0")/.." || exit 2

fail() {
    echo "error: $1" >&2
    exit 2
}

case $PWD in
*[[:space:],\'\"\\]*)
    fail "Theano cannot compile in '$PWD': move the project to a path without spaces, commas, quotes" ;;
esac

# An environment that was once complete keeps its Python.
if [ -z "${PYTHON:-}" ] && [ -f .venv/installed ] && .venv/bin/python -c "" 2>/dev/null; then
    exec .venv/bin/python install/environment.py
fi

complaint=
runs_at_all() { "$1" -c "" 2>/dev/null; }

try() {
    runs_at_all "$1" || return 0
    missing=$("$1" install/check.py 2>&1) && exec "$1" install/environment.py
    [ -n "$complaint" ] || complaint="$1: $missing"
}

if [ -n "${PYTHON:-}" ]; then
    try "$PYTHON"
    fail "${complaint:-PYTHON=$PYTHON does not run}"
fi
for python in python3.11 python3.12 python3.10 python3.9; do
    try "$python"
done
fail "${complaint:-no Python 3.9 to 3.12 found: install one (Debian: sudo apt-get install python3 python3-venv python3-dev) or name it: make setup PYTHON=/path/to/python}"
