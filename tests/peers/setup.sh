#!/bin/sh
# Makes or completes the Python environment of the peer tests and prints its python, last line.
# Versions: Ultralytics, torch and what belongs to them are those that `foramen train` installs, read from
# PACKAGES in src/training/python.rs; the rest is needed by tests alone and pinned here.
# Where: ${XDG_CACHE_HOME:-~/.cache}/foramen/venv, the folder that `foramen train` uses.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
trained_with=$(sed -n '/^const PACKAGES/,/^];/s/^ *"\([^"]*\)",$/\1/p' "$here/../../src/training/python.rs")
tested_with="
pycocotools==2.0.11
scikit-learn==1.9.1
pydicom==3.0.2
highdicom==0.28.2
ray==2.60.0
pylibjpeg==2.1.0
pylibjpeg-libjpeg==2.5.0
pylibjpeg-openjpeg==2.6.0
"
case $trained_with in
    *ultralytics==*torch==*) ;;
    *) echo "setup.sh: PACKAGES was not found in src/training/python.rs" >&2; exit 1 ;;
esac

venv=${XDG_CACHE_HOME:-$HOME/.cache}/foramen/venv
[ -x "$venv/bin/python" ] || python3 -m venv "$venv" >&2
# Says nothing and asks no server when everything is there already.
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check $trained_with $tested_with >&2

# A library of ONNX Runtime that is too old for us: it must be refused in words.
old=$venv/../onnxruntime-1.20.1
if [ ! -f "$old/onnxruntime/capi/libonnxruntime.so.1.20.1" ]; then
    "$venv/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --dest "$old" onnxruntime==1.20.1 >&2
    "$venv/bin/python" -m zipfile -e "$old"/onnxruntime-1.20.1-*.whl "$old"
fi
echo "$venv/bin/python"
