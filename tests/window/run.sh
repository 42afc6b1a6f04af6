#!/usr/bin/env bash
# The real window under Xvfb: reads the first steps, opens the demo study, waits for its grades, clicks a cell, scrolls,
# drags a window, measures, finds a command by name, exports, quits; opens it again from the worklist, with its
# measurement. Needs the packages that README names for the window, and xdotool, openbox and imagemagick.
# usage: tests/window/run.sh PROGRAM [FOLDER FOR SCREENSHOTS]
set -euo pipefail

program=$(realpath "$1")
pictures=${2:-$(mktemp -d)}
mkdir -p "$pictures"
fail() { echo "tests/window/run.sh: $*" >&2; import -window root "$pictures/failed.png" 2>/dev/null || true; exit 1; }
for tool in Xvfb xdotool openbox import compare zenity; do
    command -v "$tool" > /dev/null || { echo "tests/window/run.sh: $tool is missing" >&2; exit 1; }
done

# 1. Without a display: one clear line that names the way without a window, and its own exit code.
set +e
said=$(env -u DISPLAY -u WAYLAND_DISPLAY -u WAYLAND_SOCKET "$program" 2>&1)
code=$?
set -e
[ "$code" = 7 ] || { echo "tests/window/run.sh: exit code $code without a display, 7 was expected" >&2; exit 1; }
grep -q 'foramen grade' <<< "$said" || { echo "tests/window/run.sh: no word of foramen grade: $said" >&2; exit 1; }

# 2. With one.
number=${FORAMEN_TEST_DISPLAY:-93}
export DISPLAY=:$number LIBGL_ALWAYS_SOFTWARE=1 HOME=$pictures/home GTK_USE_PORTAL=0
export FORAMEN_CONFIG_DIR=$HOME/config FORAMEN_DATA_DIR=$HOME/data
rm -rf "$pictures/home"
mkdir -p "$HOME"
Xvfb ":$number" -screen 0 1440x900x24 > /dev/null 2>&1 &
server=$!
trap 'kill "$app" "$manager" 2> /dev/null || true; kill "$server" 2> /dev/null || true' EXIT
app='' manager=''
for _ in $(seq 50); do xdotool getdisplaygeometry > /dev/null 2>&1 && break; sleep 0.2; done
openbox > /dev/null 2>&1 &
manager=$!
# kill -0 takes a dead child for alive until it is waited for.
is_alive() { readlink "/proc/$app/exe" > /dev/null 2>&1; }
window=''
start() {
    "$program" 2>> "$pictures/stderr.txt" &
    app=$!
    window=''
    for _ in $(seq 150); do
        window=$(xdotool search --onlyvisible --name '^Foramen$' 2> /dev/null | tail -n 1) && [ -n "$window" ] && break
        is_alive || fail "it ended at once: $(cat "$pictures/stderr.txt")"
        sleep 0.2
    done
    [ -n "$window" ] || fail "no window came up"
    xdotool windowmove "$window" 0 0 windowsize "$window" 1440 870
}
: > "$pictures/stderr.txt"
start
shoot() { import -window "$window" "$pictures/$1.png"; }
# How many pixels of two screenshots differ.
differ() { compare -metric AE -fuzz 2% "$pictures/$1.png" "$pictures/$2.png" null: 2>&1 | grep -oE '^[0-9.e+]+' || true; }
changed() {
    local count
    count=$(differ "$1" "$2")
    awk -v n="$count" -v least="$3" 'BEGIN { exit !(n + 0 >= least) }' || fail "$4: only $count pixels changed from $1 to $2"
}

# The first steps stand over the images once, and Esc closes them.
sleep 3
shoot 0-first-steps
xdotool key Escape
sleep 1
shoot 0-read
changed 0-first-steps 0-read 3000 "Esc over the first steps"

# The table has its grades when a picture stays the same for four seconds: no progress bar moves any more.
sleep 5
shoot wait0
for i in $(seq 60); do
    sleep 4
    shoot "wait$i"
    [ "$(differ "wait$((i - 1))" "wait$i")" = 0 ] && break
    [ "$i" -lt 60 ] || fail "it was still busy after four minutes"
done
cp "$pictures/wait$i.png" "$pictures/1-graded.png"
rm -f "$pictures"/wait*.png
shown() { convert "$pictures/$1.png" -unique-colors -format '%w' info:; }
[ "$(shown 1-graded)" -gt 200 ] || fail "the window is empty"

# A cell: the pane goes to its box.
xdotool mousemove --window "$window" 1200 258 click 1
sleep 2
shoot 2-cell
changed 1-graded 2-cell 3000 "a click on a cell"
# Scroll the first pane.
xdotool mousemove --window "$window" 360 450
for _ in 1 2 3; do xdotool click 5; sleep 0.3; done
sleep 1
shoot 3-scrolled
changed 2-cell 3-scrolled 3000 "the wheel"
# Drag a window.
xdotool mousedown 1; for x in 380 400 420 440; do xdotool mousemove --window "$window" "$x" 470; sleep 0.1; done; xdotool mouseup 1
sleep 1
shoot 4-windowed
changed 3-scrolled 4-windowed 3000 "a drag for window and level"
# Hide what is painted over the images, and show it again.
xdotool key h; sleep 1; shoot 5-hidden
changed 4-windowed 5-hidden 300 "H"
xdotool key h; sleep 1
# Measure a length with the tool, and mirror the image by the name of the command.
xdotool key d
xdotool mousemove --window "$window" 330 420 mousedown 1
for x in 350 370 390 410; do xdotool mousemove --window "$window" "$x" 430; sleep 0.1; done
xdotool mouseup 1
sleep 1
shoot 6-measured
changed 4-windowed 6-measured 100 "a length"
xdotool key ctrl+k; sleep 1
xdotool type --delay 40 "flip horiz"; sleep 0.5
xdotool key Return; sleep 1
shoot 7-flipped
changed 6-measured 7-flipped 3000 "flip by its name"
xdotool key v
# Export through the desktop's own dialog (zenity, where there is no portal).
rm -f "$HOME/grades.csv"
xdotool key ctrl+e
dialog=''
for _ in $(seq 50); do
    dialog=$(xdotool search --onlyvisible --class zenity 2> /dev/null | tail -n 1) && [ -n "$dialog" ] && break
    sleep 0.2
done
[ -n "$dialog" ] || fail "no dialog for the export"
xdotool windowfocus --sync "$dialog" || true
sleep 1
xdotool key ctrl+a
xdotool type --delay 20 "$HOME/grades.csv"
xdotool key Return
for _ in $(seq 50); do [ -s "$HOME/grades.csv" ] && break; sleep 0.2; done
[ -s "$HOME/grades.csv" ] || fail "the export wrote nothing"
[ "$(wc -l < "$HOME/grades.csv")" = 26 ] || fail "the CSV has $(wc -l < "$HOME/grades.csv") lines; 26 were expected"
sleep 1; shoot 8-exported
quit() {
    xdotool windowfocus --sync "$window" || true
    xdotool key ctrl+q
    for _ in $(seq 75); do is_alive || break; sleep 0.2; done
    ! is_alive || fail "Ctrl+Q did not end it"
    wait "$app" || fail "it ended with code $?"
    app=''
}
# Two decisions by key, then the hardest end there is: nothing that was decided is lost.
xdotool windowfocus --sync "$window" || true
xdotool mousemove --window "$window" 1200 258 click 1; sleep 1
xdotool key 8; sleep 1
xdotool key Return; sleep 1
shoot 8-decided
changed 8-exported 8-decided 300 "two decisions"
kill -9 "$app"
wait "$app" || true
app=''
# What is kept: one study with its measurement and the two acts, readable by its owner only.
kept=$(python3 - "$FORAMEN_DATA_DIR/library.sqlite" << 'END'
import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
studies = db.execute("SELECT count(*) FROM study").fetchone()[0]
marks = " ".join(row[0] for row in db.execute("SELECT text FROM document"))
acts = db.execute("SELECT what, who FROM act ORDER BY seq").fetchall()
print(studies, [what for what, who in acts if who] == ["decision"] * 2, "length" in marks.lower(), os.stat(sys.argv[1]).st_mode & 0o77)
END
)
[ "$kept" = "1 True True 0" ] || fail "the list of studies holds: $kept (studies, two acts, a length, rights of others)"

# 3. Once more: no first steps, the study in the worklist, its measurement on the image.
start
sleep 8
shoot 9-again
xdotool key ctrl+l; sleep 2
shoot 10-worklist
changed 9-again 10-worklist 3000 "the worklist"
xdotool key Escape; sleep 1
quit
! grep -qiE 'panicked|error' "$pictures/stderr.txt" || fail "it said: $(cat "$pictures/stderr.txt")"
echo "window: opened, graded, clicked, scrolled, windowed, hid, measured, found, exported, decided, killed, remembered, quit: 1 passed, 0 failed"
