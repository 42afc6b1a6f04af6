"""What the parts of speed.py share: rounds in turn, medians with their spread, tables in Markdown."""

import datetime
import functools
import statistics
import sys

import peers


def say(text):
    print(f"{datetime.datetime.now():%H:%M:%S} {text}", file=sys.stderr, flush=True)


def turns(runs, programs):
    """peers.measure, which says which round is on."""
    rounds = iter(range(runs + 1))

    def first(program):
        say(f"round {next(rounds)} of {runs}")
        return program()

    name = next(iter(programs))
    return peers.measure(runs, {**programs, name: functools.partial(first, programs[name])})


def spread(values, unit="", digits=2):
    """`median unit (least to most)`"""
    middle, least, most = (f"{v:.{digits}f}" for v in (statistics.median(values), min(values), max(values)))
    return f"{middle}{unit} ({least} to {most})"


def relation(theirs, ours):
    """How many times as fast, round by round."""
    return [a / b for a, b in zip(theirs, ours)]


def goal(work, against, text, values, unit, met, digits=2):
    """A line of the summary; `met` looks at the median."""
    answer = "-" if met is None else "yes" if met(statistics.median(values)) else "no"
    return [work, against, text, spread(values, unit, digits), answer]


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
