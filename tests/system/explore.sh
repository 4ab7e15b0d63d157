# Shared by the tests of `cmma race explore` on the bare-metal guests of tests/guest/race; sourced after lib.sh, never run.
# shellcheck shell=bash disable=SC2154  # work, cmma and others are of lib.sh
images=$BUILD/cmake-gcc/tests/guest

# scenario NAME [CPUS [EVENTS [OPTIONS]]]: one in EVENTS events ends a turn.
scenario() {
  cat >"$work/$1.toml" <<EOT
name = "$1"
summary = "a bare-metal guest"
[boot]
kernel = "$images/$1.img"
memory = "64M"
cpus = ${2:-1}
options = ["--det-option", "events=${3:-16}"${4:+, $4}]
EOT
}

# explores STATUS NAME OPTION...: the results go to $work/$results, or to $work/NAME.jsonl.
explores() {
  local expected=$1 name=$2 status=0
  shift 2
  "$cmma" race explore "$work/$name.toml" --results "$work/${results:-$name.jsonl}" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
  [ "$status" -eq "$expected" ] || failed "status $status instead of $expected: cmma race explore $name $*"
}

# runs FILE: the lines of results, without the campaign's.
runs() { tail -n +2 "$1" | sort; }
