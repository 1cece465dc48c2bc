"""Compare the JSON lines of two versions of detect.py or run_video.py.

    python pipeline/run_video.py clip.mp4 --json before.jsonl   # with the one version
    python pipeline/run_video.py clip.mp4 --json after.jsonl    # with the other
    python experiments/bench/compare_lines.py before.jsonl after.jsonl

Prints how many lines are the same, and for every kind of number how far it differs at most.
Ends with code 1 where something other than a number differs, or a number by more than
--tolerance: another smiley, another number of faces, a missing line.
"""

import argparse
import json
import sys
from itertools import zip_longest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from common import cli


def differences(one, other, name=""):
    """Yield (name, difference) of each leaf; what is no pair of numbers differs by 0 or inf."""
    if isinstance(one, dict) and isinstance(other, dict) and set(one) == set(other):
        for key in one:
            yield from differences(one[key], other[key], f"{name}.{key}".lstrip("."))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for a, b in zip(one, other):
            yield from differences(a, b, name)
    elif all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in (one, other)):
        yield name, abs(one - other)
    else:
        yield name, 0.0 if one == other else float("inf")


def read_lines(path):
    """All lines of a JSON-lines file as values."""
    try:
        with open(path, encoding="utf-8") as file:
            return [json.loads(text) for text in file]
    except OSError as error:
        raise cli.UserError(f"cannot read {path}: {error.strerror}") from None
    except ValueError:
        raise cli.UserError(f"{path} is not made of lines of JSON") from None


def compare(before, after):
    """Largest difference by name, and how many lines do not differ at all.

    Parameters
    ----------
    before, after : list of JSON values
        One a line; where one list is longer, its last lines differ.

    Returns
    -------
    (dict of str to float, int)
    """
    largest, same = {}, 0
    for pair in zip_longest(before, after):
        found = list(differences(*pair))
        same += not any(value for _, value in found)
        for name, value in found:
            largest[name or "line"] = max(largest.get(name or "line", 0.0), value)
    return largest, same


def main(argv=None):
    """Compare and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    help_text = "largest difference of a number that counts as rounding (default 0)"
    parser.add_argument("--tolerance", type=float, default=0.0, help=help_text)
    args = parser.parse_args(argv)
    before, after = read_lines(args.before), read_lines(args.after)
    largest, same = compare(before, after)
    print(f"{same} of {max(len(before), len(after))} lines are the same")
    for name, value in largest.items():
        if value:
            print(f"{name}: {'another value' if value == float('inf') else f'{value:g} at most'}")
    return int(any(value > args.tolerance for value in largest.values()))


if __name__ == "__main__":
    cli.run(main)
