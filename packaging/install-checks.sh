#!/usr/bin/env bash
# Installs a Foramen .deb, checks that everything in it is where a user expects it and works, and removes it again.
# For CI: root, apt, no desktop. An installed foramen is removed first.
# usage: packaging/install-checks.sh FILE.deb
set -euo pipefail

current="start"
step() {
    current=$*
    printf -- '-- %s\n' "$current"
}
fail() {
    echo "install: FAILED in step: $current: $*" >&2
    trap - ERR
    exit 1
}
trap 'echo "install: FAILED in step: $current" >&2' ERR

[ $# = 1 ] || fail "usage: packaging/install-checks.sh FILE.deb"
[ -f "$1" ] || fail "$1: no such file"
[ "$(id -u)" -eq 0 ] || fail "it must run as root"
deb=$(realpath "$1")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# The caller's own programs, folders and locale must not matter.
unset DISPLAY WAYLAND_DISPLAY WAYLAND_SOCKET MANPATH
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
export HOME=$tmp/home XDG_DATA_HOME=$tmp/home/.local/share XDG_DATA_DIRS=/usr/local/share:/usr/share
export FORAMEN_CONFIG_DIR=$tmp/config FORAMEN_DATA_DIR=$tmp/data
mkdir -p "$HOME"

# An apt error ends the script with the output of apt.
apt() {
    apt-get "$@" >"$tmp/apt" 2>&1 || { cat "$tmp/apt" >&2; fail "apt-get $*"; }
}

# Tools used by the checks; the last one holds the MIME database and its trigger, and must be installed first.
step "programs for the checks"
missing=()
for package in man-db desktop-file-utils bash-completion libglib2.0-bin shared-mime-info; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
    apt update
    apt install -y --no-install-recommends "${missing[@]}"
fi

step "the .deb"
[ "$(dpkg-deb -f "$deb" Package)" = foramen ] || fail "$deb is not a package named foramen"
version=$(dpkg-deb -f "$deb" Version)
# Also if only the settings of an earlier version are left.
if dpkg-query -W foramen >/dev/null 2>&1; then apt purge -y foramen; fi

step "apt-get install of $(basename "$deb"), version $version"
# Package lists may be old or absent if all required packages are already installed.
apt-get install -y "$deb" >"$tmp/apt" 2>&1 || { apt update; apt install -y "$deb"; }
dpkg -L foramen | while read -r path; do
    if [ -f "$path" ] || [ -L "$path" ]; then echo "$path"; fi
done >"$tmp/files"
[ -s "$tmp/files" ] || fail "the package has no files"

step "foramen --version"
said=$(/usr/bin/foramen --version)
case $version in
    "${said#foramen }" | "${said#foramen }"-*) ;;
    *) fail "it says '$said', the package is of version $version" ;;
esac
if ldd /usr/bin/foramen | grep 'not found'; then fail "libraries are missing"; fi

step "foramen without a display"
code=0
said=$(/usr/bin/foramen 2>&1) || code=$?
[ "$code" = 7 ] || fail "exit code $code, 7 was expected: $said"

step "foramen phantom, foramen grade"
foramen phantom --studies 1 --out "$tmp/phantom" >"$tmp/said" 2>&1 || fail "phantom: $(cat "$tmp/said")"
foramen grade "$tmp/phantom/train_images" --out "$tmp/grades.csv" 2>"$tmp/said" || fail "grade: $(cat "$tmp/said")"
grep -q 'Research use only - not for diagnosis' "$tmp/said" || fail "grade does not say what it is not for"
[ "$(head -n 1 "$tmp/grades.csv")" = 'row_id,normal_mild,moderate,severe' ] || fail "the CSV has another header"
lines=$(wc -l <"$tmp/grades.csv")
[ "$lines" = 26 ] || fail "the CSV has $lines lines; a header and 25 rows were expected"

step "man foramen"
if grep -rqs '^path-exclude.*/man' /etc/dpkg/dpkg.cfg /etc/dpkg/dpkg.cfg.d; then
    echo "   dpkg leaves manual pages out on this machine: not checked"
else
    page=$(man -w foramen) || fail "man finds no page"
    case $page in
        /usr/share/man/man1/foramen.1*) ;;
        *) fail "man finds $page" ;;
    esac
    text=$(MANWIDTH=100 man -P cat foramen | col -b)
    grep -q grade <<<"$text" || fail "the page does not speak of grade"
    while read -r page; do
        warnings=$(MANWIDTH=100 man --warnings -P cat -l "$page" 2>&1 >"$tmp/page") || fail "$page cannot be shown"
        [ -z "$warnings" ] || fail "$page: $warnings"
        [ -s "$tmp/page" ] || fail "$page is empty"
    done < <(grep '^/usr/share/man/' "$tmp/files")
fi

step "the menu's entry"
entry=/usr/share/applications/foramen.desktop
desktop-file-validate --no-hints "$entry" || fail "$entry is not valid"
grep -qx 'MimeType=.*application/dicom;.*' "$entry" || fail "$entry is not for application/dicom"
run=$(sed -n 's/^Exec=\([^ ]*\).*/\1/p' "$entry")
command -v "$run" >/dev/null || fail "$entry starts '$run', which is not there"

step "icons"
wanted=$(sed -n 's/^Icon=//p' "$entry")
[ "$wanted" = foramen ] || fail "$entry wants the icon '$wanted'"
for size in 16 32 48 128 256 512; do
    icon=/usr/share/icons/hicolor/${size}x$size/apps/foramen.png
    [ -f "$icon" ] || fail "$icon is missing"
    # Width and height are in bytes 16 to 23 of a PNG.
    read -r _ _ w1 w0 _ _ h1 h0 <<<"$(od -An -tu1 -j16 -N8 "$icon")"
    [ "$((w1 * 256 + w0))x$((h1 * 256 + h0))" = "${size}x$size" ] || fail "$icon has another size"
done
grep -q '<svg' /usr/share/icons/hicolor/scalable/apps/foramen.svg || fail "the scalable icon is missing"

step "the MIME database"
# gio only asks shared-mime-info, and needs no desktop.
type_of() {
    gio info -a standard::content-type "$1" | sed -n 's/.*standard::content-type: //p'
}
is_dicom() {
    local type
    type=$(type_of "$1")
    [ "$type" = application/dicom ] || fail "$2 is taken for '$type'"
}
mkdir "$tmp/mime"
images=("$tmp"/phantom/train_images/*/*/*)
cp "${images[0]}" "$tmp/mime/no-ending"
is_dicom "$tmp/mime/no-ending" "a DICOM file without an ending"
# Files recognised only by name; the extension of the second comes with this package.
for name in a.dcm b.dicom DICOMDIR; do
    head -c 300 /dev/zero >"$tmp/mime/$name"
    is_dicom "$tmp/mime/$name" "$name"
done
echo text >"$tmp/mime/note.txt"
[ "$(type_of "$tmp/mime/note.txt")" = text/plain ] || fail "a text is taken for '$(type_of "$tmp/mime/note.txt")'"
grep -q '^[0-9]*:application/dicom:\*\.dicom$' /usr/share/mime/globs2 || fail "foramen-dicom.xml is not in the database"

step "completions"
# Calls the function as bash does on Tab, with the words of a command line; the last is the one being typed.
cat >"$tmp/complete.sh" <<'EOF'
source /usr/share/bash-completion/completions/foramen || exit 1
made=$(complete -p foramen) || exit 1
function=$(sed -n 's/.* -F \([^ ]*\).*/\1/p' <<<"$made")
[ -n "$function" ] || { echo "no function in: $made" >&2; exit 1; }
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMP_TYPE=9 COMPREPLY=()
"$function" foramen "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
EOF
bash -c 'source /usr/share/bash-completion/completions/foramen; complete -p foramen' >"$tmp/said" || fail "no completion for bash"
for command in inspect grade report detect evaluate phantom dataset train calibrate bench; do
    answer=$(bash "$tmp/complete.sh" foramen "${command%?}") || fail "bash: foramen ${command%?}: nothing"
    grep -q "^$command *\$" <<<"$answer" || fail "bash: foramen ${command%?} becomes '$answer'"
done
answer=$(bash "$tmp/complete.sh" foramen grade --aggr) || fail "bash: foramen grade --aggr: nothing"
grep -q '^--aggregate[= ]*$' <<<"$answer" || fail "bash: foramen grade --aggr becomes '$answer'"
for other in /usr/share/zsh/vendor-completions/_foramen /usr/share/fish/vendor_completions.d/foramen.fish; do
    grep -q grade "$other" || fail "$other is missing or does not know grade"
done

step "documents"
if grep -rqs '^path-exclude.*/doc' /etc/dpkg/dpkg.cfg /etc/dpkg/dpkg.cfg.d; then
    echo "   dpkg leaves documents out on this machine: not checked"
else
    [ -n "$(ls -A /usr/share/doc/foramen)" ] || fail "/usr/share/doc/foramen is empty"
fi

step "apt-get remove"
apt remove -y foramen
left=$(while read -r path; do
    if [ -e "$path" ] || [ -L "$path" ]; then echo "$path"; fi
done <"$tmp/files")
[ -z "$left" ] || fail "still there: $left"
[ ! -e /usr/share/doc/foramen ] || fail "/usr/share/doc/foramen is still there"

echo "install: all passed"
