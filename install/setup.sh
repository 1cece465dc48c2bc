#!/bin/sh
# Chooses a Python and lets it make the environment. PYTHON names another one.
set -u
cd "$(dirname "$0")/.." || exit 2

fail() {
    echo "error: $1" >&2
    exit 2
}

# An environment that was once complete keeps its Python.
if [ -z "${PYTHON:-}" ] && [ -f .venv/installed ] && .venv/bin/python -c "" 2>/dev/null; then
    exec .venv/bin/python install/environment.py
fi

complaint=

# Run the installation under Python $1 and end, or note what is wrong with it.
try() {
    version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || return
    case $version in
    3.9 | 3.10 | 3.11 | 3.12)
        missing=$("$1" install/check.py 2>&1) && exec "$1" install/environment.py ;;
    *)
        missing="Theano 1.0.5 can be had on Python 3.9 to 3.12, this is $version" ;;
    esac
    complaint=${complaint:-$1: $missing}
}

if [ -n "${PYTHON:-}" ]; then
    try "$PYTHON"
    fail "${complaint:-PYTHON=$PYTHON does not run}"
fi
for python in python3.11 python3.12 python3.10 python3.9; do
    try "$python"
done
fail "${complaint:-no Python 3.9 to 3.12 found: install one (Debian: sudo apt-get install python3 python3-venv python3-dev) or name it: make setup PYTHON=/path/to/python}"
