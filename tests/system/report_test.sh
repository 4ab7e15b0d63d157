#!/bin/bash
# The page of `cmma report` in a real browser: it is drawn, complete, silent, and asks nobody for anything.
# NO_BROWSER=1 skips it; without a browser and without that word it fails.
# timeout: 600
. "$(dirname "$0")/lib.sh"
tools=$(cd "$(dirname "$0")" && pwd)

if [ "${NO_BROWSER-}" = 1 ]; then
  echo "NO_BROWSER=1: not tested in a browser"
  exit 77
fi
check "there is no chromium (NO_BROWSER=1 skips this test)" command -v chromium

# ---- a run with something to see ----
boots 0 --memory 256M --frames 96M --policy storm --seed 3 --append page_states=on --json "$work/report.json" \
  --overlay "$BUILD/programs/guest.cpio.gz" --run '
  set -e
  mark "after boot <b>"
  head -c 30000000 /dev/urandom >/tmp/one
  md5sum /tmp/one
  cat /tmp/one >/tmp/two
  md5sum /tmp/two
  rm /tmp/one /tmp/two
  mark "files & memory"'
check_report drops_unused -gt 0
page=$work/page.html
check "cmma report failed" "$cmma" report "$work/report.json" -o "$page"

# ---- errors are one line, and leave no page ----
# refuses STATUS TEXT ARGUMENT...
refuses() {
  local expected=$1 text=$2 status=0
  shift 2
  "$cmma" report "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
  [ "$status" -eq "$expected" ] || failed "status $status instead of $expected: cmma report $*"
  [ "$(wc -l <"$work/err")" -eq 1 ] || failed "more or less than one line: cmma report $*"
  check_err "$text"
}
sed 's/"schema": 2/"schema": 1/' "$work/report.json" >"$work/older.json"
echo 'no JSON' >"$work/other.json"
refuses 2 'missing\.json: No such file' "$work/missing.json"
refuses 2 'other\.json is not the report of a run' "$work/other.json"
refuses 2 'older\.json has schema 1; this program reads 2' "$work/older.json"
refuses 2 'is the report itself' "$work/report.json" -o "$work/report.json"
refuses 3 'no-folder/page\.html: No such file' "$work/report.json" -o "$work/no-folder/page.html"
check "a page was left behind" [ ! -e "$work/older.html" ]

# ---- the browser ----
# browse FILE ARGUMENT...: the answer goes to $work/out, what the page or the browser said to $work/err.
browse() {
  local file=$1
  shift
  HOME=$work timeout 120 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars \
    --disable-background-networking --disable-component-update --no-first-run --user-data-dir="$work/profile" \
    --enable-logging=stderr "$@" "file://$file" >"$work/out" 2>"$work/err" </dev/null || failed "chromium: status $?"
}

# The page's policy forbids requests, and the browser says so on its console: seen with a page that makes one.
sed 's|<main>|<main><img src="http://192.0.2.1/picture.png" alt=""/>|' "$page" >"$work/asking.html"
browse "$work/asking.html" --dump-dom
check_err 'CONSOLE.*Content Security Policy'

browse "$page" --dump-dom
if grep CONSOLE "$work/err"; then failed "the page has something to complain about"; fi
for part in marks states matrix addresses maps discards avoided left figures; do check_out " id=\"$part\""; done
check_out '<h1>report\.json</h1>'
check_out 'after boot &lt;b&gt;'
check_out 'files &amp; memory'
check_out '<td class="number">[0-9,]+</td><td>accesses of a CPU to a discarded block</td>'
check_no_out 'src=|<script|<link|parsererror'
charts=$(grep -o '<svg role="img" aria-label="[^"]' "$work/out" | wc -l)
check "only $charts charts" [ "$charts" -ge 10 ]

# ---- what is drawn: the colours of the blocks that were there, in both schemes, also on a phone ----
# draws WIDTH SCHEME COLOUR...
draws() {
  local width=$1 scheme=$2
  shift 2
  browse "$page" --window-size="$width,1800" --blink-settings=preferredColorScheme="$scheme" --screenshot="$work/page.png"
  check "in the picture of $width pixels" python3 "$tools/png-has-colours.py" "$work/page.png" "$@"
}
draws 1000 1 fbfbfa 1d6fb8 c9ced6
draws 1000 0 12161b 4aa3e8 48525f
draws 500 1 fbfbfa 1d6fb8 c9ced6
