"""Prints the table of hint-cost.sh: hint-cost.py FOLDER NAME... (the first one is what the others are compared with)."""
import json
import re
import sys

STAGES = [("start", "read from disk"), ("read from disk", "read from cache"), ("mapping", "mapped"), ("mapped", "end"), ("start", "end")]
TITLES = ["read from disk", "read from cache", "map what is cached", "memory, and write files", "all"]


def run(folder, name):
    with open(f"{folder}/{name}.json", encoding="ascii") as file:
        marks = {mark["label"]: mark for mark in json.load(file)["marks"]}
    with open(f"{folder}/{name}.log", encoding="utf-8", errors="replace") as file:
        faults = {(kind, when): int(count) for kind, when, count in re.findall(r"(faults|major) (before|after) (\d+)", file.read())}
    return marks, faults


# Free pages change their state by the codes 1, 2 and 7 in any kernel.
def state_changes(mark):
    return sum(mark["counters"][f"essa_{orc}"] for orc in (3, 4, 5, 6))


def main():
    folder, *names = sys.argv[1:]
    base = None
    print(f"{'guest instructions, millions':28}" + "".join(f"{title:>24}" for title in TITLES))
    for name in names:
        marks, faults = run(folder, name)
        counts = [marks[end]["instructions"] - marks[begin]["instructions"] for begin, end in STAGES]
        base = base or counts
        print(f"{name:28}" + "".join(f"{count / 1e6:14.2f} ({count / first - 1:+7.2%})" for count, first in zip(counts, base)))
        minor = (faults["faults", "after"] - faults["faults", "before"]) - (faults["major", "after"] - faults["major", "before"])
        changes = [state_changes(marks[end]) - state_changes(marks[begin]) for begin, end in STAGES]
        print(f"{'  state changes by ESSA':28}" + "".join(f"{change:14} {'':9}" for change in changes).rstrip() + f"; {minor} minor faults while mapping")


main()
