#!/bin/bash
# What comes from outside into a deterministic run is recorded, and the record gives the same run again without anybody
# who types.
. "$(dirname "$0")/lib.sh"

# Types as a person does: the next line when the guest has answered to the last one.
types() {
  local line
  for line in "$@"; do
    for _ in $(seq 1200); do
      if [ "$(grep -c '^/ # ' "$work/out" 2>/dev/null)" -gt "${typed:-0}" ]; then break; fi
      sleep 0.1
    done
    typed=$(grep -c '^/ # ' "$work/out")
    echo "$line"
  done
}

: >"$work/out"
status=0
types 'echo answer $((6*7))' 'exit' |
  "$cmma" boot --timeout 240 --deterministic --memory 64M --record-input "$work/input" >"$work/out" 2>"$work/err" || status=$?
check 'the guest ends when it is told to' [ "$status" -eq 0 ]
check_out '^answer 42'
first=$(unseed)
cp "$work/out" "$work/first"
check 'something was recorded' [ -s "$work/input" ]

boots 0 --deterministic --memory 64M --replay-input "$work/input"
check_out '^answer 42'
check 'the same console' cmp "$work/out" "$work/first"
check 'the same run' [ "$(unseed)" = "$first" ]

boots 0 --deterministic --memory 64M --replay-input "$work/input" --seed 9
check 'another seed, another run' [ "$(unseed)" != "$first" ]
